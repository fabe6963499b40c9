"""Whole lives of models, from their registration to their purge and back."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from model_registry.bootstrap import memory_registry, open_registry
from model_registry.domain.retention import LARGE
from model_registry.errors import DependencyError, LifecycleError, NotFoundError, RegistryError, VersionError
from model_registry.registry import Registry
from texts import coin, source

LONG_TEXT = coin("Large Coin") + "\n## Footer\n" + "A long comment, much like the ones before it.\n" * (LARGE // 40)


class Calendar:
    """A clock that is set by hand; files keep the time of the system, so it begins there."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, days: float) -> None:
        self.now += timedelta(days=days)

    def date(self, days: int) -> str:
        return (self.now + timedelta(days=days)).strftime("%Y-%m-%d")


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture(params=["memory", "directory"])
def registry(request: pytest.FixtureRequest, tmp_path: Path, calendar: Calendar) -> Registry:
    if request.param == "memory":
        return memory_registry(actor="ada", clock=calendar)
    return open_registry(tmp_path / "registry", actor="ada", clock=calendar)


@pytest.fixture
def stored(tmp_path: Path, calendar: Calendar) -> Registry:
    return open_registry(tmp_path / "stored", actor="ada", clock=calendar)


def kinds(registry: Registry, model_id: str) -> list[str]:
    return [event["kind"] for event in registry.get_audit_trail(model_id)["items"]][::-1]


def files_of(registry: Registry, digest: str) -> list[Path]:
    return sorted((Path(registry.place) / "sources").rglob(f"{digest}*"))


class TestDeprecation:
    def test_a_notice_names_reason_replacement_sunset_and_the_way_there(
        self, registry: Registry, calendar: Calendar
    ) -> None:
        registry.register_model(source(coin("Old Coin")))
        registry.register_model(source(coin("New Coin").replace("D[2,type", "D[2,1,type")))
        told = registry.deprecate_model(
            "old-coin", "superseded", replacement="new-coin", sunset=calendar.date(30), actor="grace"
        )
        assert (told["state"], told["reason"], told["replacement"]) == ("deprecated", "superseded", "new-coin")
        assert any("D" in note for note in told["migration_notes"])
        shown = registry.get_model_info("old-coin")["deprecation"]
        assert {name: shown[name] for name in ("reason", "replacement", "sunset", "migration_notes")} == {
            name: told[name] for name in ("reason", "replacement", "sunset", "migration_notes")
        }
        assert registry.get_audit_trail("old-coin")["items"][0]["actor"] == "grace"

    def test_likely_alternatives_are_named_when_no_replacement_is(self, registry: Registry) -> None:
        registry.register_model(source(coin("Old Coin")))
        registry.register_model(source(coin("Like Coin")))
        told = registry.deprecate_model("old-coin", "old")
        assert (told["replacement"], told["alternatives"]) == (None, ["like-coin"])

    def test_a_notice_changes_no_resolution_and_hides_nothing(self, registry: Registry) -> None:
        registry.register_model(source(coin("Old Coin")))
        registry.deprecate_model("old-coin", "old")
        assert registry.register_model(source(coin("Old Coin", heads=0.7)))["version"] == "1.1.0"
        assert registry.get_model_info("old-coin@^1")["shown_version"] == "1.1.0"
        assert registry.search_models("coin")["total"] == 1

    @pytest.mark.parametrize("replacement", ["old-coin", "mid-coin", "gone-coin"])
    def test_a_replacement_that_leads_back_or_is_not_in_use_is_refused(
        self, registry: Registry, replacement: str
    ) -> None:
        for name in ("Old Coin", "Mid Coin", "Gone Coin"):
            registry.register_model(source(coin(name)))
        registry.deprecate_model("mid-coin", "old", replacement="old-coin")
        registry.archive_model("gone-coin")
        with pytest.raises(LifecycleError) as refused:
            registry.deprecate_model("old-coin", "old", replacement=replacement)
        assert refused.value.code == "bad_replacement"

    def test_a_replacement_must_exist(self, registry: Registry) -> None:
        registry.register_model(source(coin("Old Coin")))
        with pytest.raises(NotFoundError):
            registry.deprecate_model("old-coin", "old", replacement="new-coin")

    def test_after_the_sunset_cleaning_up_archives(self, registry: Registry, calendar: Calendar) -> None:
        registry.register_model(source(coin("Old Coin")))
        registry.deprecate_model("old-coin", "old", sunset=calendar.date(5))
        calendar.later(5)
        assert registry.cleanup_registry(dry_run=False)["actions"] == []
        calendar.later(1)
        assert [action["action"] for action in registry.cleanup_registry(dry_run=False)["actions"]] == ["archive"]
        assert registry.get_model_info("old-coin")["state"] == "archived"
        assert registry.get_audit_trail("old-coin")["items"][0]["reason"].startswith("cleanup: its sunset was")
        assert registry.restore_model("old-coin")["state"] == "deprecated"
        assert registry.restore_model("old-coin")["state"] == "active"
        assert registry.get_model_info("old-coin")["deprecation"] is None


WRITES: dict[str, Callable[[Registry], object]] = {
    "register": lambda registry: registry.register_model(source(coin(heads=0.7))),
    "release": lambda registry: registry.create_model_version("coin-judge"),
    "yank": lambda registry: registry.yank_model_version("coin-judge", "1.0.0"),
    "update": lambda registry: registry.update_model_metadata("coin-judge", {"tags": ["x"]}),
    "alias": lambda registry: registry.set_model_alias("coin-judge", "stable", "1.0.0"),
    "rollback": lambda registry: registry.rollback_model("coin-judge", "1.0.0"),
}


class TestArchiving:
    @pytest.mark.parametrize("write", WRITES)
    @pytest.mark.parametrize("state", ["archive", "delete"])
    def test_who_is_out_of_use_takes_no_writes_and_says_how_to_come_back(
        self, registry: Registry, state: str, write: str
    ) -> None:
        registry.register_model(source(coin()))
        getattr(registry, f"{state}_model")("coin-judge")
        with pytest.raises(LifecycleError, match="takes no changes") as refused:
            WRITES[write](registry)
        assert "restore" in refused.value.hint.lower()
        assert registry.search_models("coin")["total"] == 0

    def test_large_sources_are_compressed_and_read_as_before(self, stored: Registry) -> None:
        stored.register_model(source(LONG_TEXT))
        known = stored.get_model_source("large-coin")
        stored.archive_model("large-coin")
        packed = files_of(stored, known["digest"])
        assert [path.suffix for path in packed] == [".gz"]
        assert gzip.decompress(packed[0].read_bytes()).decode() == known["text"]
        assert packed[0].stat().st_size < len(known["text"]) / 10
        assert stored.get_model_source("large-coin") == known
        assert stored.validate_registry()["findings"] == []
        stored.restore_model("large-coin")
        assert stored.get_model_source("large-coin") == known

    def test_small_sources_and_those_that_a_model_in_use_shares_are_left(self, stored: Registry) -> None:
        stored.register_model(source(coin("Small Coin")))
        stored.register_model(source(LONG_TEXT))
        stored.register_model(source(LONG_TEXT), model_id="twin")
        for model_id in ("small-coin", "large-coin"):
            digest = stored.get_model_source(model_id)["digest"]
            stored.archive_model(model_id)
            assert [path.suffix for path in files_of(stored, digest)] == [""]

    def test_a_damaged_compressed_source_is_named_and_not_given_out(self, stored: Registry) -> None:
        stored.register_model(source(LONG_TEXT))
        stored.archive_model("large-coin")
        (packed,) = files_of(stored, stored.get_model_info("large-coin")["versions"][0]["digest"])
        whole = packed.read_bytes()
        for place in range(10, len(whole), 7):
            packed.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
            assert _text_or_code(stored, "large-coin") in {LONG_TEXT, "damaged_source"}
            assert stored.validate_registry()["ok"] is (_text_or_code(stored, "large-coin") == LONG_TEXT)
        packed.write_bytes(whole[: len(whole) // 2])
        assert [finding["code"] for finding in stored.validate_registry()["findings"]] == ["damaged_source"]


def _text_or_code(registry: Registry, reference: str) -> str:
    try:
        return str(registry.get_model_source(reference)["text"])
    except RegistryError as error:
        return error.code


class TestDeletion:
    def test_who_is_required_is_deleted_only_by_force(self, registry: Registry) -> None:
        registry.register_model(source(coin("Coin")))
        registry.register_model(source(coin("Needing")), {"dependencies": ["coin@^1"]})
        with pytest.raises(DependencyError, match="needing") as refused:
            registry.delete_model("coin")
        assert refused.value.facts["dependents"] == ["needing"]
        assert registry.get_model_info("coin")["state"] == "active"
        registry.delete_model("coin", force=True)
        deleted = registry.get_audit_trail("coin")["items"][0]
        assert (deleted["data"]["forced"], deleted["data"]["dependents"]) == (True, ["needing"])

    def test_a_whole_life_ends_with_a_purge_and_can_begin_again(self, registry: Registry, calendar: Calendar) -> None:
        registry.register_model(source(coin("Coin")))
        registry.register_model(source(coin("Coin", heads=0.6)))
        before = registry.get_model_info("coin")
        texts = [registry.get_model_source(f"coin@{number}") for number in ("1.0.0", "1.1.0")]
        registry.deprecate_model("coin", "old")
        registry.archive_model("coin", "older")
        registry.delete_model("coin", reason="not needed")

        calendar.later(registry.config.retention_days + 1)
        done = registry.cleanup_registry(dry_run=False, actor="carl")
        assert [(action["action"], action["id"]) for action in done["actions"]] == [("purge", "coin")]
        assert done["removed_sources"] == 2
        with pytest.raises(NotFoundError):
            registry.get_model_source("coin")
        assert [view["version"] for view in registry.get_model_versions("coin")["items"]] == ["1.1.0", "1.0.0"]
        assert registry.get_audit_trail("coin")["items"][0]["actor"] == "carl"
        assert registry.validate_registry()["findings"] == []

        assert [registry.restore_model("coin")["state"] for _ in range(3)] == ["archived", "deprecated", "active"]
        after = registry.get_model_info("coin")
        for name in ("name", "current_version", "version_count", "versions", "structure", "state"):
            assert after[name] == before[name]
        assert [registry.get_model_source(f"coin@{number}") for number in ("1.0.0", "1.1.0")] == texts
        assert kinds(registry, "coin") == [
            "model_registered",
            "version_registered",
            "model_deprecated",
            "model_archived",
            "model_deleted",
            "model_purged",
            "model_restored",
            "model_restored",
            "model_restored",
        ]

    def test_a_number_once_given_is_not_given_again(self, registry: Registry) -> None:
        registry.register_model(source(coin("Coin")))
        registry.delete_model("coin")
        registry.restore_model("coin")
        with pytest.raises(VersionError):
            registry.create_model_version("coin", "1.0.0")

    def test_a_purged_model_without_any_backup_says_which_one_it_needs(
        self, stored: Registry, calendar: Calendar
    ) -> None:
        stored.register_model(source(coin("Coin")))
        stored.delete_model("coin")
        calendar.later(100)
        backup = stored.cleanup_registry(dry_run=False)["backup"]
        for archive in (Path(stored.place) / "backups").glob("*.zip"):
            archive.rename(archive.with_suffix(".elsewhere"))
        with pytest.raises(LifecycleError, match=r"no backup holds the source of 1\.0\.0") as refused:
            stored.restore_model("coin")
        assert backup in refused.value.hint
        for archive in (Path(stored.place) / "backups").glob("*.elsewhere"):
            archive.rename(archive.with_suffix(".zip"))
        assert stored.restore_model("coin")["state"] == "active"

    def test_a_source_that_another_model_has_outlives_the_purge(self, stored: Registry, calendar: Calendar) -> None:
        stored.register_model(source(coin("Coin")))
        stored.register_model(source(coin("Coin")), model_id="twin")
        stored.delete_model("coin")
        calendar.later(100)
        stored.cleanup_registry(dry_run=False)
        assert stored.get_model_source("twin")["text"] == coin("Coin")
        assert stored.validate_registry()["findings"] == []

    def test_every_move_is_in_the_trail_with_who_and_why(self, registry: Registry) -> None:
        registry.register_model(source(coin("Coin")))
        moves: dict[str, Any] = {
            "model_deprecated": registry.deprecate_model,
            "model_archived": registry.archive_model,
            "model_restored": registry.restore_model,
        }
        for kind, move in moves.items():
            move("coin", reason=f"because of {kind}", actor="grace")
            event = registry.get_audit_trail("coin")["items"][0]
            assert (event["kind"], event["actor"], event["reason"]) == (kind, "grace", f"because of {kind}")
