"""Keeping a registry in order: cleaning up, checking, mending, putting back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.bootstrap import memory_registry, open_registry, restore_registry
from model_registry.domain.source import Source
from model_registry.errors import LifecycleError, NotFoundError, RegistryError
from model_registry.registry import Registry
from texts import coin, source

START = datetime(2026, 1, 1, tzinfo=UTC)


class Calendar:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def later(self, days: float) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture(params=["memory", "directory"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, calendar: Calendar) -> Callable[..., Registry]:
    """Give a function that opens a registry with settings."""

    def opened(**settings: Any) -> Registry:
        if request.param == "memory":
            return memory_registry(settings, actor="ada", clock=calendar)
        return open_registry(tmp_path / "registry", settings, actor="ada", clock=calendar)

    return opened


def filled(registry: Registry, versions: int = 1, name: str = "Coin") -> Registry:
    for step in range(versions):
        registry.register_model(source(coin(name, heads=0.1 + step / 100)))
    return registry


def aged(registry: Registry) -> None:
    """Let every stored source look as old as the registry."""
    if Path(registry.place).is_absolute():
        for path in (Path(registry.place) / "sources").rglob("*"):
            os.utime(path, (0, 0))


class TestCleaningUp:
    def test_a_dry_run_writes_nothing(self, opened: Callable[..., Registry], calendar: Calendar) -> None:
        registry = filled(opened(max_versions=1), 3)
        calendar.later(1)
        planned = registry.cleanup_registry()
        assert planned["dry_run"] is True
        assert [action["versions"] for action in planned["actions"]] == [["1.0.0", "1.1.0"]]
        assert registry.get_audit_trail()["total"] == 3

    def test_pruned_versions_keep_their_facts_and_say_where_their_bytes_are(
        self, opened: Callable[..., Registry], calendar: Calendar
    ) -> None:
        registry = filled(opened(max_versions=1), 3)
        aged(registry)
        calendar.later(1)
        done = registry.cleanup_registry(dry_run=False, actor="carl")
        event = registry.get_audit_trail(kind="versions_pruned")["items"][0]
        assert (event["actor"], event["data"]["backup"]) == ("carl", done["backup"])
        assert event["reason"].startswith("cleanup: beyond the newest 1")
        assert done["removed_sources"] == 2
        states = {view["version"]: view["state"] for view in registry.get_model_versions("coin")["items"]}
        assert states == {"1.2.0": "registered", "1.1.0": "pruned", "1.0.0": "pruned"}
        with pytest.raises(NotFoundError, match="pruned") as refused:
            registry.get_model_source("coin@1.0.0")
        assert refused.value.code == "source_pruned"
        assert registry.validate_registry()["findings"] == []

    @pytest.mark.parametrize(
        "point",
        [lambda r: r.set_model_alias("coin", "stable", "1.0.0"), lambda r: r.rollback_model("coin", "1.0.0")],
        ids=["alias", "rollback"],
    )
    def test_nothing_is_pointed_at_a_pruned_version(
        self, opened: Callable[..., Registry], calendar: Calendar, point: Callable[[Registry], object]
    ) -> None:
        registry = filled(opened(max_versions=1), 2)
        calendar.later(1)
        registry.cleanup_registry(dry_run=False)
        with pytest.raises(LifecycleError, match="was pruned"):
            point(registry)

    def test_a_source_of_a_write_that_may_be_on_its_way_is_spared(
        self, opened: Callable[..., Registry], calendar: Calendar
    ) -> None:
        registry = filled(opened())
        registry._ledger.sources.put(b"on its way")
        assert registry.cleanup_registry()["actions"] == []
        calendar.now = max(datetime.now(UTC), calendar.now) + timedelta(hours=2)
        assert [action["action"] for action in registry.cleanup_registry(dry_run=False)["actions"]] == ["remove"]
        assert registry.validate_registry()["findings"] == []

    def test_storing_a_loose_source_again_makes_it_young(
        self, opened: Callable[..., Registry], calendar: Calendar
    ) -> None:
        registry = filled(opened())
        registry._ledger.sources.put(b"on its way")
        aged(registry)
        calendar.now = datetime.now(UTC)
        registry._ledger.sources.put(b"on its way")
        assert registry.cleanup_registry(dry_run=False)["removed_sources"] == 0

    def test_what_changes_between_plan_and_deed_waits(
        self, opened: Callable[..., Registry], calendar: Calendar
    ) -> None:
        registry = filled(opened(archive_after_days=10))
        calendar.later(11)
        planned = registry.cleanup_registry()["actions"]
        filled(registry, 1, "Other")
        registry.update_model_metadata("coin", {"tags": ["used"]})
        assert [action["id"] for action in planned] == ["coin"]
        assert registry.cleanup_registry(dry_run=False)["actions"] == []


@pytest.fixture
def place(tmp_path: Path) -> Path:
    registry = open_registry(tmp_path / "registry", {"index_enabled": False}, actor="ada")
    filled(registry, 2)
    filled(registry, 1, "Second Coin")
    return tmp_path / "registry"


def codes(place: Path, *, repair: bool = False) -> dict[str, str]:
    findings = open_registry(place).validate_registry(repair=repair)["findings"]
    return {finding["code"]: finding["severity"] for finding in findings}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_of_the_log_is_found(place: Path, data: st.DataObject) -> None:
    log = place / "log" / "000001.jsonl"
    whole = log.read_bytes()
    changed = bytearray(whole)
    changed[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    log.write_bytes(bytes(changed))
    report = open_registry(place).validate_registry()
    log.write_bytes(whole)
    assert not report["ok"]
    assert {finding["code"] for finding in report["findings"]} & {"damaged_log", "lost_events"}


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[0], *lines[2:]],
        lambda lines: lines[:-1],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [lines[0], lines[2], lines[1]],
        lambda lines: [lines[0], lines[0], *lines[1:]],
        lambda lines: [],
    ],
    ids=["first gone", "middle gone", "last gone", "swapped", "last swapped", "doubled", "all gone"],
)
def test_any_line_of_the_log_deleted_swapped_or_doubled_is_found(
    place: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    log = place / "log" / "000001.jsonl"
    log.write_bytes(b"".join(change(log.read_bytes().splitlines(keepends=True))))
    report = open_registry(place).validate_registry()
    assert not report["ok"]
    assert {finding["code"] for finding in report["findings"]} & {"damaged_log", "lost_events"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_of_a_source_is_found(place: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(path for path in (place / "sources").rglob("*") if path.is_file())))
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(changed))
    found = codes(place)
    path.write_bytes(whole)
    assert found == {"damaged_source": "error"}


def test_two_sources_swapped_are_both_found(place: Path) -> None:
    one, other, *_ = sorted(path for path in (place / "sources").rglob("*") if path.is_file())
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    report = open_registry(place).validate_registry()
    assert [finding["code"] for finding in report["findings"]] == ["damaged_source"] * 2


@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_a_source_that_a_backup_holds_is_brought_back(place: Path, harm: str) -> None:
    registry = open_registry(place)
    backup = registry.backup_registry()["backup"]
    known = registry.get_model_source("coin")
    path = place / "sources" / known["digest"][:2] / known["digest"]
    path.write_bytes(bytes(path.stat().st_size)) if harm == "damaged" else path.unlink()
    finding = open_registry(place).validate_registry()["findings"][0]
    assert (finding["where"], backup in finding["hint"]) == ("coin@1.1.0", True)
    report = open_registry(place).validate_registry(repair=True)
    assert (report["ok"], report["findings"][0]["mended"]) == (True, True)
    assert open_registry(place).get_model_source("coin") == known
    assert codes(place) == {}


def test_a_source_that_nobody_holds_stays_a_fault(place: Path) -> None:
    digest = open_registry(place).get_model_source("coin")["digest"]
    (place / "sources" / digest[:2] / digest).unlink()
    assert codes(place, repair=True) == {"source_gone": "error"}
    assert codes(place) == {"source_gone": "error"}


def test_damage_of_the_log_names_the_backup_that_mends_it(place: Path) -> None:
    backup = open_registry(place).backup_registry()["backup"]
    log = place / "log" / "000001.jsonl"
    log.write_bytes(log.read_bytes().replace(b"ada", b"eve", 1))
    assert f"restore-backup {backup} --force" in open_registry(place).validate_registry()["findings"][0]["hint"]


def test_a_false_checkpoint_is_found_and_let_go(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_registry.adapters.directory.checkpoint.LEAST_TAIL", 0)
    honest, false = open_registry(place), open_registry(place)
    entry = false.catalogue().entries["coin"]
    false.catalogue().entries["coin"] = type(entry)(**{**_fields(entry), "current": "1.0.0"})
    false.register_model(source(coin("Third Coin")))
    assert open_registry(place).get_model_info("coin")["current_version"] == "1.0.0"
    assert codes(place)["false_checkpoint"] == "error"
    assert open_registry(place).validate_registry(repair=True)["ok"]
    assert open_registry(place).get_model_info("coin")["current_version"] == "1.1.0"
    assert codes(place) == {}
    assert honest.get_model_info("coin")["current_version"] == "1.1.0"


def _fields(entry: Any) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in entry.__dataclass_fields__}


def test_what_dead_writers_left_is_told_and_cleared(place: Path) -> None:
    log = place / "log" / "000001.jsonl"
    with log.open("ab") as file:
        file.write(b'{"torn')
    (place / ".tmp" / "999999999-1.tmp").write_bytes(b"half")
    assert codes(place) == {"leftover": "info"}
    open_registry(place).validate_registry(repair=True)
    assert codes(place) == {}
    assert list((place / ".tmp").iterdir()) == []
    assert (place / "backups" / "torn-4").read_bytes() == b'{"torn'


def test_an_index_of_another_log_is_told_and_built_anew(place: Path, tmp_path: Path) -> None:
    other = open_registry(tmp_path / "other")
    filled(other)
    other.search_models("coin")
    (tmp_path / "other" / "index").rename(place / "index")
    assert codes(place) == {"foreign_index": "info"}
    assert codes(place, repair=True) == {"foreign_index": "info"}
    assert codes(place) == {}


def test_a_loose_source_is_told_as_a_matter_of_course(place: Path) -> None:
    registry = open_registry(place)
    registry._ledger.sources.put(b"loose")
    assert codes(place) == {}
    aged(registry)
    assert codes(place) == {"unreferenced_source": "info"}


def answers(registry: Registry) -> dict[str, Any]:
    """Give what a registry says of everything in it, but for its own place, position and use."""
    told: dict[str, Any] = {"list": registry.list_models(limit=100), "search": registry.search_models("coin")["items"]}
    states = ["active", "deprecated", "archived", "deleted"]
    told["all"] = [row["id"] for row in registry.list_models({"state": states}, limit=100)["items"]]
    for model_id in told["all"]:
        told[model_id] = {**registry.get_model_info(model_id, versions=None), "usage": None}
        for version in told[model_id]["versions"]:
            told[f"{model_id}@{version['version']}"] = _source(registry, f"{model_id}@{version['version']}")
    told["operations"] = sorted(registry.catalogue().operations)
    return told


def _source(registry: Registry, reference: str) -> Any:
    try:
        return registry.get_model_source(reference)
    except RegistryError as error:
        return error.code


NAMES = ("Coin", "Dice", "Urn")
DEEDS: dict[str, Callable[[Registry, str, int], object]] = {
    "register": lambda r, name, n: r.register_model(source(coin(name, heads=n / 10)), op_id=f"{name}-{n}"),
    "metadata": lambda r, name, n: r.update_model_metadata(name.lower(), {"tags": [f"t{n}"]}, reason="a test"),
    "alias": lambda r, name, n: r.set_model_alias(name.lower(), "stable", "1.0.0"),
    "yank": lambda r, name, n: r.yank_model_version(name.lower(), "1.0.0", "a test"),
    "deprecate": lambda r, name, n: r.deprecate_model(name.lower(), "old", sunset=f"2030-01-0{n}"),
    "archive": lambda r, name, n: r.archive_model(name.lower()),
    "delete": lambda r, name, n: r.delete_model(name.lower(), force=True),
    "restore": lambda r, name, n: r.restore_model(name.lower()),
    "cleanup": lambda r, name, n: r.cleanup_registry(dry_run=False),
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(DEEDS)), st.sampled_from(NAMES), st.integers(1, 8)), max_size=14))
def test_a_restored_backup_answers_every_question_as_the_registry_did(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("restored")
    registry = open_registry(folder / "old", {"max_versions": 2}, actor="ada")
    for deed, name, number in [("register", "Coin", 5), *deeds]:
        try:
            DEEDS[deed](registry, name, number)
        except RegistryError:
            continue
    restore_registry(folder / "old" / registry.backup_registry()["backup"], folder / "new")
    new = open_registry(folder / "new", {"max_versions": 2})
    assert answers(new) == answers(registry)
    assert new.validate_registry()["findings"] == registry.validate_registry()["findings"]


def test_a_backup_made_while_others_write_stands_at_one_event(place: Path, tmp_path: Path) -> None:
    registry, other = open_registry(place), open_registry(place)
    reading = registry._ledger.sources.get

    def get(digest: str) -> bytes:
        other.register_model(Source(coin(f"Coin {digest[:6]}").encode(), "coin.md"))
        return reading(digest)

    registry._ledger.sources.get = get  # type: ignore[method-assign]
    told = registry.backup_registry()
    restore_registry(place / told["backup"], tmp_path / "new")
    assert (told["events"], told["models"]) == (3, 2)
    assert sorted(open_registry(tmp_path / "new").catalogue().entries) == ["coin", "second-coin"]
    assert json.loads((tmp_path / "new" / "format.json").read_text())["log"].startswith("log-")
    assert open_registry(tmp_path / "new").validate_registry()["findings"] == []
