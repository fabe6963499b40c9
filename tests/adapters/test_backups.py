"""Backups of a directory store: what they hold, what they copy again, and what is refused as one."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.adapters.directory import archives
from model_registry.adapters.files import Files
from model_registry.bootstrap import open_registry, restore_registry
from model_registry.domain.events import Draft, Event, encode, genesis, seal
from model_registry.errors import ConfigError, StorageError
from model_registry.registry import Registry
from texts import coin, source

Parts = dict[str, bytes]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    opened = open_registry(tmp_path / "registry", actor="ada")
    for heads in (0.5, 0.6):
        opened.register_model(source(coin("First Coin", heads=heads)))
    opened.register_model(source(coin("Second Coin", heads=0.7)))
    return opened


def saved(registry: Registry) -> Path:
    return Path(registry.place) / str(registry.backup_registry()["backup"])


def parts(archive: Path) -> Parts:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def packed(path: Path, content: Parts, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


class TestSaving:
    def test_a_backup_tells_where_it_is_and_what_it_holds(self, registry: Registry) -> None:
        told = registry.backup_registry()
        path = Path(registry.place) / told["backup"]
        assert told | {"size": path.stat().st_size} == told
        assert (told["events"], told["models"], told["sources"], told["copied"], told["missing"]) == (3, 2, 3, 3, [])
        assert told["head"] == f"3:{registry.head()['root']}"
        assert sorted(parts(path))[:2] == ["log.jsonl", "manifest.json"]

    def test_the_log_is_put_aside_byte_by_byte(self, registry: Registry) -> None:
        log = (Path(registry.place) / "log" / "000001.jsonl").read_bytes()
        assert parts(saved(registry))["log.jsonl"] == log

    def test_the_same_content_is_not_written_again(self, registry: Registry) -> None:
        first = saved(registry)
        written = first.stat().st_mtime_ns
        assert saved(registry) == first
        assert first.stat().st_mtime_ns == written

    def test_only_sources_that_no_backup_holds_are_copied(self, registry: Registry) -> None:
        saved(registry)
        registry.register_model(source(coin("Third Coin", heads=0.8)))
        told = registry.backup_registry()
        assert (told["sources"], told["copied"]) == (4, 1)
        assert sum(name.startswith("sources/") for name in parts(Path(registry.place) / told["backup"])) == 1

    def test_sources_are_copied_again_when_the_archive_that_held_them_is_gone(self, registry: Registry) -> None:
        saved(registry).unlink()
        registry.register_model(source(coin("Third Coin", heads=0.8)))
        assert registry.backup_registry()["copied"] == 4

    def test_a_damaged_backup_is_neither_taken_for_whole_nor_overwritten(self, registry: Registry) -> None:
        first = saved(registry)
        first.write_bytes(first.read_bytes()[:-60])
        second = saved(registry)
        assert second.name == "registry-000000003-2.zip"
        assert first.exists()

    def test_settings_belong_to_the_backup(self, registry: Registry) -> None:
        (Path(registry.place) / "config.json").write_text('{"max_versions": 7}')
        assert json.loads(parts(saved(registry))["config.json"]) == {"max_versions": 7}

    def test_a_source_that_is_lost_is_noted_and_the_rest_is_saved(self, registry: Registry) -> None:
        digest = registry.get_model_source("second-coin")["digest"]
        (Path(registry.place) / "sources" / digest[:2] / digest).unlink()
        told = registry.backup_registry()
        assert (told["missing"], told["sources"]) == ([digest], 2)

    def test_no_temporary_file_is_left(self, registry: Registry) -> None:
        saved(registry)
        assert list((Path(registry.place) / ".tmp").iterdir()) == []


class TestRestoring:
    def test_into_an_empty_place_all_is_as_it_was(self, registry: Registry, tmp_path: Path) -> None:
        told = restore_registry(saved(registry), tmp_path / "new", actor="grace", reason="moved")
        new = open_registry(tmp_path / "new")
        assert (told["models"], told["events"], told["sources"], told["replaced"]) == (2, 4, 3, None)
        assert new.catalogue().position.log_id != registry.catalogue().position.log_id
        assert new.get_model_info("first-coin", versions=None) == registry.get_model_info("first-coin", versions=None)
        assert new.get_model_source("first-coin@1.0.0") == registry.get_model_source("first-coin@1.0.0")
        assert new.validate_registry()["findings"] == []

    def test_the_first_event_tells_which_log_it_was(self, registry: Registry, tmp_path: Path) -> None:
        restore_registry(saved(registry), tmp_path / "new", actor="grace", reason="moved")
        first, *carried = open_registry(tmp_path / "new").events()
        old = registry.catalogue().position
        assert (first.kind, first.actor, first.reason) == ("registry_restored", "grace", "moved")
        assert (first.data["log_id"], first.data["events"], first.data["head"]) == (old.log_id, 3, old.hash)
        kept = ("op_id", "at", "actor", "kind", "model", "revision", "data", "reason")
        assert [[getattr(event, name) for name in kept] for event in carried] == [
            [getattr(event, name) for name in kept] for event in registry.events()
        ]

    def test_a_registry_is_replaced_only_by_force_and_backed_up_before(self, registry: Registry) -> None:
        backup = saved(registry)
        registry.register_model(source(coin("Third Coin")))
        with pytest.raises(ConfigError, match="holds a registry") as refused:
            restore_registry(backup, registry.place)
        assert refused.value.code == "not_empty"
        told = restore_registry(backup, registry.place, force=True)
        assert [row["id"] for row in registry.list_models()["items"]] == ["first-coin", "second-coin"]
        assert registry.search_models("third")["total"] == 0
        restore_registry(Path(registry.place) / told["replaced"], registry.place, force=True)
        assert registry.list_models()["total"] == 3
        assert registry.validate_registry()["findings"] == []

    def test_who_had_it_open_goes_on_with_the_restored_one(self, registry: Registry) -> None:
        backup = saved(registry)
        registry.register_model(source(coin("Third Coin")))
        restore_registry(backup, registry.place, force=True)
        assert registry.register_model(source(coin("Fourth Coin")))["revision"] == 1
        assert [event.seq for event in registry.events()] == [1, 2, 3, 4, 5]
        assert not (Path(registry.place) / "models" / "third-coin.json").exists()

    def test_a_registry_that_can_no_longer_be_read_is_put_aside_as_it_lies(self, registry: Registry) -> None:
        backup, log = saved(registry), Path(registry.place) / "log" / "000001.jsonl"
        broken = log.read_bytes().replace(b'"actor":"ada"', b'"actor":"eve"', 1)
        log.write_bytes(broken)
        told = restore_registry(backup, registry.place, force=True)
        assert parts(Path(registry.place) / told["replaced"])["log/000001.jsonl"] == broken
        assert open_registry(registry.place).validate_registry()["findings"] == []

    def test_a_lost_format_file_is_no_obstacle(self, registry: Registry) -> None:
        backup = saved(registry)
        (Path(registry.place) / "format.json").unlink()
        restore_registry(backup, registry.place, force=True)
        assert open_registry(registry.place).list_models()["total"] == 2

    def test_a_directory_of_other_things_is_refused(self, registry: Registry, tmp_path: Path) -> None:
        (tmp_path / "home").mkdir()
        (tmp_path / "home" / "letter.txt").write_text("dear")
        with pytest.raises(ConfigError) as refused:
            restore_registry(saved(registry), tmp_path / "home", force=True)
        assert refused.value.code == "not_a_registry"
        assert (tmp_path / "home" / "letter.txt").read_text() == "dear"

    def test_restoring_twice_keeps_both_origins_provable(self, registry: Registry, tmp_path: Path) -> None:
        restore_registry(saved(registry), tmp_path / "one")
        one = open_registry(tmp_path / "one")
        restore_registry(saved(one), tmp_path / "two")
        two = open_registry(tmp_path / "two")
        assert [event.kind for event in two.events()][:3] == [
            "registry_restored",
            "registry_restored",
            "model_registered",
        ]
        assert two.validate_registry()["findings"] == []

    def test_what_a_retried_call_did_is_still_known(self, registry: Registry, tmp_path: Path) -> None:
        registry.register_model(source(coin("Third Coin")), op_id="once")
        restore_registry(saved(registry), tmp_path / "new")
        again = open_registry(tmp_path / "new").register_model(source(coin("Third Coin")), op_id="once")
        assert again["replayed"] is True

    def test_a_log_that_does_not_lead_back_to_the_head_it_states_is_found(
        self, registry: Registry, tmp_path: Path
    ) -> None:
        restore_registry(saved(registry), tmp_path / "new")
        log = next((tmp_path / "new").glob("log-*/000001.jsonl"))
        first, *rest = open_registry(tmp_path / "new").events()
        forged = [Draft(e.kind, e.model, e.revision, e.data, "eve", e.op_id, e.reason) for e in rest]
        log.write_bytes(
            b"".join(encode(event) + b"\n" for event in chained([first, *forged], log_id_of(tmp_path / "new")))
        )
        (tmp_path / "new" / "checkpoint" / "position.json").unlink()
        codes = {finding["code"] for finding in open_registry(tmp_path / "new").validate_registry()["findings"]}
        assert "false_origin" in codes


def log_id_of(place: Path) -> str:
    return str(json.loads((place / "format.json").read_text())["log_id"])


def chained(drafts: list[Any], log_id: str) -> list[Event]:
    """Chain drafts (events stay as they are) to a log without a flaw."""
    events: list[Event] = []
    for seq, draft in enumerate(drafts, 1):
        prev = events[-1].hash if events else genesis(log_id)
        at = "2026-12-31T00:00:00.000000Z"
        events.append(draft if isinstance(draft, Event) else seal(draft, seq=seq, at=at, prev=prev))
    return events


def forged(drafts: list[Draft]) -> Parts:
    """Give the parts of a backup whose chain is whole, whatever its events say."""
    events = chained(list(drafts), "x" * 32)
    manifest = {"format": 1, "kind": "registry", "log_id": "x" * 32, "events": len(events), "models": 1}
    manifest |= {"head": events[-1].hash if events else "", "sources": {}, "missing": []}
    return {
        "log.jsonl": b"".join(encode(event) + b"\n" for event in events),
        "manifest.json": json.dumps(manifest).encode(),
    }


HOSTILE: dict[str, Callable[[Parts], Parts]] = {
    "no manifest": lambda held: {name: data for name, data in held.items() if name != "manifest.json"},
    "no log": lambda held: {name: data for name, data in held.items() if name != "log.jsonl"},
    "a manifest that is a list": lambda held: {**held, "manifest.json": b"[]"},
    "a manifest of depth": lambda held: {**held, "manifest.json": b"[" * 100_000},
    "a newer manifest": lambda held: {**held, "manifest.json": held["manifest.json"].replace(b'": 1', b'": 99', 1)},
    "a source elsewhere": lambda held: {
        **held,
        "manifest.json": held["manifest.json"].replace(b"registry-000000003.zip", b"../../../etc/passwd.zip"),
    },
    "settings that are none": lambda held: {**held, "config.json": b"[1, 2"},
    "a log cut short": lambda held: {**held, "log.jsonl": held["log.jsonl"].partition(b"\n")[0] + b"\n"},
    "a log without an end": lambda held: {**held, "log.jsonl": held["log.jsonl"][:-1]},
    "a log of noughts": lambda held: {**held, "log.jsonl": bytes(1_000_000)},
    "another event": lambda held: {**held, "log.jsonl": held["log.jsonl"].replace(b'"ada"', b'"eve"')},
    "a model that is a path": lambda held: forged([Draft("model_registered", "../../x", 1, {}, "eve", "1")]),
    "an event of nothing": lambda held: forged([Draft("model_registered", "x", 1, {}, "eve", "1")]),
    "an event of nobody": lambda held: forged([Draft("alias_set", "x", 1, {"alias": "a", "version": "1"}, "eve", "1")]),
    "an unknown kind": lambda held: forged([Draft("model_cloned", "x", 1, {}, "eve", "1")]),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(registry: Registry, tmp_path: Path, case: str) -> None:
    archive = packed(tmp_path / "hostile.zip", HOSTILE[case](parts(saved(registry))))
    with pytest.raises(StorageError) as refused:
        restore_registry(archive, tmp_path / "new")
    assert refused.value.code == "bad_backup"
    assert refused.value.hint
    assert not list(tmp_path.glob("new/*"))


def test_an_archive_that_would_unpack_without_bounds_is_refused(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST_BYTES", 100_000)
    archive = packed(tmp_path / "bomb.zip", {**parts(saved(registry)), "sources/" + "0" * 64: bytes(10_000_000)})
    with pytest.raises(StorageError, match="far more"):
        restore_registry(archive, tmp_path / "new")


def test_the_bundle_of_a_model_is_not_restored_as_a_registry(registry: Registry, tmp_path: Path) -> None:
    registry.delete_model("second-coin")
    bundle = next((Path(registry.place) / "backups").glob("second-coin-*.zip"))
    with pytest.raises(StorageError, match="bundle of one model"):
        restore_registry(bundle, tmp_path / "new")


def test_a_source_that_is_another_in_an_archive_is_not_restored(registry: Registry, tmp_path: Path) -> None:
    held = parts(saved(registry))
    one, other, _ = sorted(name for name in held if name.startswith("sources/"))
    archive = packed(tmp_path / "changed.zip", {**held, one: held[other]})
    told = restore_registry(archive, tmp_path / "new")
    assert told["missing"] == [one.removeprefix("sources/")]
    found = open_registry(tmp_path / "new").validate_registry()["findings"]
    assert [finding["code"] for finding in found] == ["source_gone"]


def test_a_backup_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        restore_registry(tmp_path / "nowhere.zip", tmp_path / "new")


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_byte_changed_in_an_archive_is_found_or_changes_nothing(
    registry: Registry, tmp_path: Path, data: st.DataObject
) -> None:
    whole = saved(registry).read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    archive = tmp_path / "changed.zip"
    archive.write_bytes(bytes(changed))
    target = tmp_path / f"new-{place}-{changed[place]}"
    try:
        restored = restore_registry(archive, target, force=True)
    except StorageError:
        return
    new = open_registry(target)
    assert {e.id: e.revision for e in new.catalogue().entries.values()} == {"first-coin": 2, "second-coin": 1}
    assert new.validate_registry()["ok"] or restored["missing"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400) | st.dictionaries(st.text(max_size=30), st.binary(max_size=200), max_size=4))
def test_whatever_is_no_backup_is_refused_as_one(tmp_path: Path, content: bytes | dict[str, bytes]) -> None:
    archive = tmp_path / "any.zip"
    if isinstance(content, bytes):
        archive.write_bytes(content)
    else:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as made:
            for name, data in {name.partition("\0")[0] or "x": data for name, data in content.items()}.items():
                made.writestr(name, data)
        archive.write_bytes(buffer.getvalue())
    with pytest.raises(StorageError):
        restore_registry(archive, tmp_path / "new")


class BreakingFiles(Files):
    """Fails the k-th call that changes the disk, and every one after it, as a process that died would."""

    CHANGING = ("write", "append", "overwrite", "sync", "rename", "truncate", "remove", "make_folder")

    def __init__(self, left: int) -> None:
        self.left = left

    def __getattribute__(self, name: str) -> Any:
        if name in BreakingFiles.CHANGING:
            self.left -= 1
            if self.left < 0:
                raise StorageError("the process is gone", code="gone")
        return super().__getattribute__(name)


def test_a_restore_that_ends_anywhere_leaves_the_old_registry_or_the_new_one(
    registry: Registry, tmp_path: Path
) -> None:
    backup = saved(registry)
    registry.register_model(source(coin("Third Coin")))
    seen = set()
    for calls in range(400):
        place = tmp_path / f"place-{calls}"
        shutil.copytree(registry.place, place)
        try:
            restore_registry(place / "backups" / backup.name, place, force=True, files=BreakingFiles(calls))
        except StorageError:
            left = open_registry(place)
            models = left.list_models()["total"]
            seen.add(models)
            assert [f for f in left.validate_registry()["findings"] if f["severity"] == "error"] == [], calls
            left.register_model(source(coin("Fourth Coin")))
            assert open_registry(place).list_models()["total"] == models + 1
        else:
            break
    assert calls > 20
    assert seen == {2, 3}
