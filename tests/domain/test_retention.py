"""What cleaning up finds due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.bootstrap import memory_registry
from model_registry.domain.retention import Action, Stored, due, needed_digests, unreferenced
from model_registry.registry import Registry
from texts import coin, source

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def registry(**settings: Any) -> Registry:
    return memory_registry(settings, clock=lambda: START)


def versions(of: Registry, name: str, count: int) -> None:
    for step in range(count):
        of.register_model(source(coin(name, heads=0.1 + step / 100)))


def found(of: Registry, days: float = 0) -> list[tuple[str, str, tuple[str, ...]]]:
    actions = due(of.catalogue(), of.config, START + days * DAY)
    return [(action.action, action.id, action.versions) for action in actions]


def test_a_young_registry_has_nothing_due() -> None:
    fresh = registry()
    versions(fresh, "Coin", 3)
    assert found(fresh) == []


@pytest.mark.parametrize(("days", "expected"), [(30, []), (31.5, [("archive", "coin", ())])])
def test_a_model_without_an_event_for_long_is_archived(days: float, expected: list[Any]) -> None:
    idle = registry(archive_after_days=31)
    versions(idle, "Coin", 1)
    assert found(idle, days) == expected


@pytest.mark.parametrize(("days", "expected"), [(9, []), (10, [("archive", "coin", ())])])
def test_a_model_is_archived_the_day_after_its_sunset(days: float, expected: list[Any]) -> None:
    setting = registry()
    versions(setting, "Coin", 1)
    setting.deprecate_model("coin", "old", sunset="2026-01-10")
    assert found(setting, days) == expected


@pytest.mark.parametrize(("days", "expected"), [(30, []), (30.5, [("purge", "coin", ())])])
def test_a_deleted_model_is_purged_after_the_retention_time(days: float, expected: list[Any]) -> None:
    deleted = registry(retention_days=30)
    versions(deleted, "Coin", 1)
    deleted.delete_model("coin")
    assert found(deleted, days) == expected


def test_an_archived_model_stays_as_it_is() -> None:
    archived = registry(max_versions=1)
    versions(archived, "Coin", 3)
    archived.archive_model("coin")
    assert found(archived, 10_000) == []


def test_old_versions_are_pruned_but_for_those_an_alias_names_or_somebody_requires_or_is_current() -> None:
    busy = registry(max_versions=2)
    versions(busy, "Coin", 7)
    busy.set_model_alias("coin", "production", "1.1.0")
    busy.register_model(source(coin("Other")), {"dependencies": ["coin@~1.2.0"]})
    assert found(busy) == [("prune", "coin", ("1.0.0", "1.3.0", "1.4.0"))]
    busy.rollback_model("coin", "1.3.0")
    assert found(busy) == [("prune", "coin", ("1.0.0", "1.4.0"))]


def test_bytes_that_a_kept_version_shares_are_no_reason_to_prune() -> None:
    sharing = registry(max_versions=1)
    versions(sharing, "Coin", 2)
    sharing.register_model(source(coin("Coin", heads=0.1)))
    assert found(sharing) == [("prune", "coin", ("1.1.0",))]


def test_a_source_is_loose_when_nobody_needs_it_and_no_write_can_be_on_its_way() -> None:
    tidy = registry()
    versions(tidy, "Coin", 1)
    used = next(iter(needed_digests(tidy.catalogue())))
    stored = [Stored(used, START - DAY), Stored("a" * 64, START - DAY), Stored("b" * 64, START - timedelta(minutes=59))]
    assert [action.id for action in unreferenced(tidy.catalogue(), stored, START)] == ["a" * 64]


@st.composite
def histories(draw: st.DrawFn) -> Registry:
    """Give a registry after some random operations on three models."""
    made = registry(max_versions=draw(st.integers(1, 4)), archive_after_days=50, retention_days=20)
    for name in ("one", "two", "three"):
        for heads in draw(st.lists(st.integers(1, 6), min_size=1, max_size=7)):
            made.register_model(source(coin(name, heads=heads / 10)))
    for name, deed in draw(
        st.lists(st.tuples(st.sampled_from(("one", "two", "three")), st.integers(0, 3)), max_size=3)
    ):
        entry = made.catalogue().entries[name]
        if entry.state != "active":
            continue
        if deed == 0:
            made.delete_model(name, force=True)
        elif deed == 1:
            made.set_model_alias(name, "stable", entry.versions[0].version)
        elif deed == 2:
            made.deprecate_model(name, "old", sunset="2026-01-15")
        else:
            made.update_model_metadata(
                name, {"dependencies": ["external-thing", "three@<=1.1"]}, force=True, reason="x"
            )
    return made


@settings(max_examples=40, deadline=None)
@given(histories(), st.sampled_from([0, 21, 60]))
def test_after_cleaning_up_nothing_is_due_and_what_anybody_may_read_is_still_there(made: Registry, days: int) -> None:
    later = START + days * DAY
    made._clock = lambda: later
    before = {entry.id: [v.version for v in entry.versions] for entry in made.catalogue().entries.values()}
    planned = made.cleanup_registry(dry_run=True)["actions"]
    assert made.cleanup_registry(dry_run=False)["actions"] == planned
    assert due(made.catalogue(), made.config, later) == ()
    assert {entry.id: [v.version for v in entry.versions] for entry in made.catalogue().entries.values()} == before
    assert made.validate_registry()["ok"]


def test_an_action_tells_what_why_and_which_versions() -> None:
    action = Action("prune", "coin", "too old", ("1.0.0",), revision=3)
    assert action.to_dict() == {"action": "prune", "id": "coin", "why": "too old", "versions": ["1.0.0"]}
