"""The trail: paged at flat cost, filtered, read as of the past, and proved."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.adapters.files import Files
from model_registry.bootstrap import memory_registry, open_registry
from model_registry.domain.events import canonical_json, decode
from model_registry.domain.proof import MOST_BYTES, read_proof, verify_proof
from model_registry.errors import NotFoundError, ProofError, SearchError
from model_registry.registry import Registry
from texts import coin, source

Change = Callable[[dict[str, Any]], object]


class HourlyClock:
    """A clock that goes on by an hour each time it is asked."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 30, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "registry"


@pytest.fixture(params=["memory", "directory"])
def registry(request: pytest.FixtureRequest, place: Path) -> Registry:
    return memory_registry(actor="ada") if request.param == "memory" else open_registry(place, actor="ada")


def fill(registry: Registry, models: int = 3, rounds: int = 3) -> None:
    """Let some models get some versions, in turns."""
    for turn in range(rounds):
        for number in range(models):
            registry.register_model(source(coin(f"Coin {number}", heads=0.5 + turn / 20)))


def seqs(page: dict[str, Any]) -> list[int]:
    return [event["seq"] for event in page["items"]]


class TestPaging:
    def test_all_events_come_newest_first_and_each_once(self, registry: Registry) -> None:
        fill(registry)
        found, cursor = [], ""
        while True:
            page = registry.get_audit_trail(limit=4, cursor=cursor)
            assert page["total"] == 9
            found += seqs(page)
            cursor = page["next_cursor"]
            if not cursor:
                break
        assert found == list(range(9, 0, -1))

    @pytest.mark.parametrize("asked", [{"model_id": "coin-1"}, {"actor": "grace"}, {"kind": "version_registered"}])
    def test_a_cursor_stays_where_it_was_while_others_write(self, registry: Registry, asked: dict[str, Any]) -> None:
        fill(registry)
        for turn in range(4):
            registry.register_model(source(coin("Coin 1", heads=0.7 + turn / 20)), actor="grace")
        everything = seqs(registry.get_audit_trail(**asked))
        first = registry.get_audit_trail(**asked, limit=2)
        registry.register_model(source(coin("Coin 1", heads=0.3)), actor="grace")
        rest = registry.get_audit_trail(**asked, cursor=first["next_cursor"])
        assert seqs(first) + seqs(rest) == everything

    def test_one_model_is_told_apart_from_the_others(self, registry: Registry) -> None:
        fill(registry)
        page = registry.get_audit_trail("coin-1")
        assert (seqs(page), page["total"]) == ([8, 5, 2], 3)
        assert {event["model"] for event in page["items"]} == {"coin-1"}

    def test_a_page_reads_a_piece_of_the_log_however_long_it_is(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("model_registry.adapters.directory.checkpoint.LEAST_TAIL", 50)
        monkeypatch.setattr("model_registry.adapters.directory.marks.STRIDE", 8)
        monkeypatch.setattr("model_registry.adapters.directory.log.STRIDE", 8)
        monkeypatch.setattr("model_registry.adapters.directory.log.FIRST_BLOCK", 4_096)
        fill(open_registry(place), models=20, rounds=10)
        read: list[int] = []

        class Counting(Files):
            def read(self, path: Path, offset: int = 0, size: int = -1) -> bytes | None:
                data = super().read(path, offset, size)
                if path.parent.name == "log":
                    read.append(len(data or b""))
                return data

        reopened = open_registry(place, files=Counting())
        reopened.list_models()
        whole = (place / "log" / "000001.jsonl").stat().st_size
        for asked in ("", "coin-3"):
            cursor, pages = "", 0
            while pages == 0 or cursor:
                read.clear()
                page = reopened.get_audit_trail(asked, limit=20 if not asked else 2, cursor=cursor)
                cursor, pages = page["next_cursor"], pages + 1
                assert sum(read) < whole / 4
            assert pages == (10 if not asked else 5)


class TestFilters:
    @pytest.fixture
    def dated(self, place: Path) -> Registry:
        """Give a registry with an event an hour, from 30 January 21:00 on, six in all."""
        registry = open_registry(place, actor="ada", clock=HourlyClock(), config={"index_enabled": False})
        fill(registry, models=1, rounds=6)
        ats = [event["at"][8:13] for event in registry.get_audit_trail()["items"]]
        assert len(ats) == 6
        return registry

    def test_times_are_taken_as_moments_or_dates(self, dated: Registry) -> None:
        at = {event["seq"]: event["at"] for event in dated.get_audit_trail()["items"]}
        first_day = [seq for seq in sorted(at, reverse=True) if at[seq] < "2026-01-31"]
        assert 0 < len(first_day) < 6
        assert seqs(dated.get_audit_trail(until="2026-01-30")) == first_day
        assert seqs(dated.get_audit_trail(since="2026-01-30", until="2026-01-30")) == first_day
        assert seqs(dated.get_audit_trail(since="2026-01-31")) == [s for s in range(6, 0, -1) if s not in first_day]
        assert seqs(dated.get_audit_trail(since=at[3], until=at[5])) == [4, 3]
        assert seqs(dated.get_audit_trail("coin-0", since=at[5])) == [6, 5]
        assert dated.get_audit_trail(until="9999-12-31")["total"] == 6

    def test_an_offset_is_understood(self, dated: Registry) -> None:
        at = datetime.fromisoformat(dated.get_audit_trail(limit=4)["items"][-1]["at"])
        east = at.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+05:30").tzinfo).isoformat()
        assert seqs(dated.get_audit_trail(since=east)) == [6, 5, 4, 3]

    @pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-1-1", "12:00", "0001-01-01T00:00:00+09:00"])
    @pytest.mark.parametrize("name", ["since", "until"])
    def test_what_is_no_moment_is_refused_with_the_form_of_one(self, registry: Registry, name: str, text: str) -> None:
        asked: dict[str, Any] = {name: text}
        with pytest.raises(SearchError, match="is no moment") as refused:
            registry.get_audit_trail(**asked)
        assert (refused.value.code, refused.value.where) == ("bad_moment", name)
        assert "2026-01-31T12:00:00Z" in refused.value.hint

    def test_actor_and_kind_narrow_it_down(self, registry: Registry) -> None:
        fill(registry, models=2, rounds=2)
        registry.archive_model("coin-0", actor="grace")
        assert registry.get_audit_trail(kind="model_registered")["total"] == 2
        assert registry.get_audit_trail("coin-0", kind="model_registered")["total"] == 1
        assert [event["kind"] for event in registry.get_audit_trail(actor="grace")["items"]] == ["model_archived"]
        assert registry.get_audit_trail(actor="grace", kind="model_registered")["items"] == []

    def test_an_unknown_kind_names_the_nearest(self, registry: Registry) -> None:
        with pytest.raises(SearchError, match="no kind of event") as refused:
            registry.get_audit_trail(kind="model_archive")
        assert refused.value.hint == "Did you mean model_archived?"


class TestThePast:
    def test_it_can_be_asked_for_in_any_order(self, registry: Registry) -> None:
        fill(registry, models=1, rounds=5)
        for seq in (3, 5, 1, 4, 4, 2, 9):
            shown = registry.get_model_info("coin-0", as_of=seq)
            assert shown["revision"] == min(seq, 5), seq
        assert registry.list_models(as_of=0)["total"] == 0

    def test_a_moment_means_what_had_happened_by_then(self, registry: Registry) -> None:
        fill(registry, models=1, rounds=3)
        at = registry.get_audit_trail()["items"][1]["at"]
        revision = registry.get_model_info("coin-0", as_of=at)["revision"]
        assert registry.get_audit_trail()["items"][3 - revision]["at"] == at
        assert registry.get_model_info("coin-0", as_of="2999-01-01")["revision"] == 3
        assert registry.get_model_info("coin-0", as_of="2")["revision"] == 2
        with pytest.raises(NotFoundError):
            registry.get_model_info("coin-0", as_of="2000-01-01T00:00:00+02:00")

    def test_what_was_asked_of_the_past_does_not_move_with_the_present(self, registry: Registry) -> None:
        fill(registry, models=1, rounds=2)
        before = registry.generate_registry_statistics(as_of=9)
        fill(registry, models=2, rounds=4)
        assert registry.generate_registry_statistics(as_of=2) == before
        assert registry.generate_registry_statistics(as_of=9)["position"] > 2

    def test_what_is_no_moment_is_refused(self, registry: Registry) -> None:
        with pytest.raises(SearchError, match="is no moment") as refused:
            registry.list_models(as_of="last week")
        assert refused.value.where == "as_of"


class TestFieldHistory:
    def test_each_field_tells_how_it_came_to_be_what_it_is(self, registry: Registry) -> None:
        registry.register_model(source(coin()), {"tags": ["toy"], "performance": 0.5, "dependencies": ["base@^1"]})
        registry.update_model_metadata("coin-judge", {"tags": ["toy", "coin"]}, reason="easier to find", actor="grace")
        registry.register_model(source(coin(annotation="Judges a coin by many tosses.")))
        registry.update_model_metadata("coin-judge", {"performance": 0.9, "lab": "north"})
        told = registry.get_metadata_history("coin-judge")
        fields = told["fields"]
        assert [(row["before"], row["after"]) for row in fields["tags"]] == [(["toy"], ["toy", "coin"]), ([], ["toy"])]
        newest = fields["tags"][0]
        assert (newest["actor"], newest["reason"], newest["revision"]) == ("grace", "easier to find", 2)
        assert fields["description"][0]["after"] == "Judges a coin by many tosses."
        assert [row["after"] for row in fields["performance"]] == [{"score": 0.9}, {"score": 0.5}]
        assert [(row["before"], row["after"]) for row in fields["dependencies"]] == [([], ["base@^1"])]
        assert fields["lab"][0]["version"] == "1.0.1"
        assert told["totals"]["tags"] == 2

    def test_the_newest_after_is_what_the_model_says_now(self, registry: Registry) -> None:
        fill(registry, models=1, rounds=3)
        registry.update_model_metadata("coin-0", {"tags": ["a"], "author": "Grace Example"})
        info = registry.get_model_info("coin-0")
        for name, rows in registry.get_metadata_history("coin-0")["fields"].items():
            assert rows[0]["after"] == info["metadata"][name]

    def test_it_is_bounded_and_can_be_asked_for_one_field(self, registry: Registry) -> None:
        registry.register_model(source(coin()))
        for number in range(25):
            registry.update_model_metadata("coin-judge", {"tags": [f"t{number}"]})
        told = registry.get_metadata_history("coin-judge", field="tags")
        assert list(told["fields"]) == ["tags"]
        assert (len(told["fields"]["tags"]), told["totals"]["tags"]) == (20, 25)
        assert told["fields"]["tags"][0]["after"] == ["t24"]

    def test_an_unknown_field_names_the_known_ones(self, registry: Registry) -> None:
        registry.register_model(source(coin()))
        with pytest.raises(SearchError, match="no history of 'colour'") as refused:
            registry.get_metadata_history("coin-judge", field="colour")
        assert "description" in refused.value.hint

    def test_measurements_are_told_over_all_versions(self, registry: Registry) -> None:
        registry.register_model(source(coin()), {"performance": 0.5})
        registry.register_model(source(coin(heads=0.6)))
        registry.register_model(source(coin(heads=0.7)), {"performance": {"score": 0.8, "loss": 3}})
        told = registry.get_model_info("coin-judge", versions=1)["performance_history"]
        assert [(row["version"], row["performance"]) for row in told] == [
            ("1.2.0", {"score": 0.8, "loss": 3}),
            ("1.0.0", {"score": 0.5}),
        ]


def pinned(registry: Registry) -> str:
    head = registry.head()
    return f"{head['size']}:{head['root']}"


class TestProofs:
    def test_every_version_is_proved_against_the_head_alone(self, registry: Registry) -> None:
        fill(registry)
        registry.archive_model("coin-0")
        head = pinned(registry)
        for model_id in ("coin-0", "coin-1", "coin-2"):
            for row in registry.get_model_versions(model_id)["items"]:
                proof = read_proof(json.dumps(registry.prove(f"{model_id}@{row['version']}")).encode())
                told = verify_proof(proof, head)
                assert (told["model_id"], told["version"], told["digest"]) == (model_id, row["version"], row["digest"])
                assert verify_proof(proof, head.partition(":")[2]) == told
                assert len(proof["path"]) <= 4

    def test_the_head_is_the_same_after_reopening_from_a_checkpoint(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("model_registry.adapters.directory.checkpoint.LEAST_TAIL", 5)
        registry = open_registry(place)
        fill(registry, models=4, rounds=4)
        assert open_registry(place).head() == registry.head()
        (place / "checkpoint" / "state").unlink()
        assert open_registry(place).head() == registry.head()
        assert open_registry(place).prove("coin-0")["root"] == registry.head()["root"]

    @pytest.mark.parametrize(
        "forge",
        [
            lambda proof: proof["event"]["data"].update(version="9.9.9"),
            lambda proof: proof["event"].update(hash="0" * 64),
            lambda proof: proof["event"].update(seq=True),
            lambda proof: proof["event"].update(extra=1),
            lambda proof: proof.update(event=None),
            lambda proof: proof.update(event=[1]),
            lambda proof: proof.update(index=1),
            lambda proof: proof.update(index=-1),
            lambda proof: proof.update(index=True),
            lambda proof: proof.update(size=10**30),
            lambda proof: proof.update(size="9"),
            lambda proof: proof.update(path=proof["path"][:-1]),
            lambda proof: proof.update(path=proof["path"] * 40),
            lambda proof: proof.update(path="0" * 64),
            lambda proof: proof.update(path=["x" * 64]),
            lambda proof: proof.update(path=[None]),
            lambda proof: proof.update(format="another"),
            lambda proof: proof.clear(),
        ],
    )
    def test_a_forged_proof_is_refused(self, forge: Change) -> None:
        registry = memory_registry()
        fill(registry)
        proof = json.loads(json.dumps(registry.prove("coin-2@1.0.0")))
        forge(proof)
        with pytest.raises(ProofError) as refused:
            verify_proof(proof, pinned(registry))
        assert refused.value.code in {"bad_proof", "proof_fails"}

    def test_a_forged_event_with_a_fitting_hash_is_not_in_the_log(self) -> None:
        registry = memory_registry()
        fill(registry)
        proof = registry.prove("coin-2@1.0.0")
        other = memory_registry()
        fill(other)
        proof["event"] = other.prove("coin-2@1.0.0")["event"]
        assert decode(canonical_json(proof["event"])).seq == proof["index"] + 1
        with pytest.raises(ProofError, match="does not lead"):
            verify_proof(proof, pinned(registry))

    def test_the_root_a_proof_names_itself_is_not_believed(self) -> None:
        registry = memory_registry()
        fill(registry)
        proof = registry.prove("coin-1")
        with pytest.raises(ProofError) as refused:
            verify_proof(proof, f"{proof['size']}:{'0' * 64}")
        assert refused.value.code == "proof_fails"
        with pytest.raises(ProofError, match="about a log of 9 events, the head about 8"):
            verify_proof(proof, f"8:{proof['root']}")

    @given(st.binary(max_size=200))
    def test_any_bytes_are_a_proof_or_refused(self, data: bytes) -> None:
        with pytest.raises(ProofError):
            verify_proof(read_proof(data), "0" * 64)

    @pytest.mark.parametrize("data", [b"[" * 100_000, b" " * (MOST_BYTES + 1), b'{"size":' + b"9" * 9_000 + b"}"])
    def test_a_hostile_file_is_refused(self, data: bytes) -> None:
        with pytest.raises(ProofError):
            verify_proof(read_proof(data), "0" * 64)

    @pytest.mark.parametrize("head", ["", "9", "9:abc", f"-1:{'0' * 64}", "z" * 64, f"{'9' * 40}:{'0' * 64}"])
    def test_what_is_no_head_is_refused(self, registry: Registry, head: str) -> None:
        fill(registry, models=1, rounds=1)
        with pytest.raises(ProofError) as refused:
            verify_proof(registry.prove("coin-0"), head)
        assert refused.value.code == "bad_head"
        if head:
            with pytest.raises(ProofError):
                registry.validate_registry(head=head)


class TestPinnedHeads:
    def test_a_log_that_only_grew_holds_every_earlier_head(self, registry: Registry) -> None:
        heads = [pinned(registry)]
        for turn in range(1, 4):
            fill(registry, rounds=turn)
            heads.append(pinned(registry))
        for head in heads:
            assert registry.validate_registry(head=head)["ok"], head

    def test_a_log_cut_with_all_its_witnesses_is_found(self, place: Path) -> None:
        registry = open_registry(place)
        fill(registry)
        head = pinned(registry)
        log = place / "log" / "000001.jsonl"
        log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-2]))
        for witness in [*(place / "checkpoint").iterdir(), *(place / "models").iterdir()]:
            witness.unlink()
        cut = open_registry(place)
        cut.validate_registry(repair=True)
        assert cut.validate_registry()["ok"], "nothing that is left has seen what was cut off"
        found = cut.validate_registry(head=head)
        assert not found["ok"]
        assert ("log_cut", "event 8") in {(row["code"], row["where"]) for row in found["findings"]}

    def test_a_history_written_anew_is_found(self, place: Path, tmp_path: Path) -> None:
        registry = open_registry(place)
        fill(registry)
        head = pinned(registry)
        other = open_registry(tmp_path / "other")
        fill(other, rounds=4)
        codes = {row["code"] for row in other.validate_registry(head=head)["findings"]}
        assert codes == {"log_rewritten"}
        assert not other.validate_registry(head=head.partition(":")[2])["ok"]
        assert registry.validate_registry(head=head.partition(":")[2])["ok"]
