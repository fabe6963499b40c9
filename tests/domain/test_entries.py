"""What a checkpoint holds of a model is read when it is asked for, and not before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model_registry.bootstrap import memory_registry
from model_registry.domain import entries as module
from model_registry.domain.entries import Entries, Known
from model_registry.domain.entry import ModelEntry, from_dict, to_dict
from texts import coin, source


@pytest.fixture
def entries() -> dict[str, ModelEntry]:
    registry = memory_registry()
    for name in ("One", "Two", "Three"):
        registry.register_model(source(coin(name)))
    return dict(registry.catalogue().entries)


class Reading:
    """Reads entries that are written as their ids, and notes which."""

    def __init__(self, entries: dict[str, ModelEntry]) -> None:
        self.entries = entries
        self.read: list[str] = []

    def __call__(self, written: memoryview) -> Known:
        model_id = bytes(written).decode()
        self.read.append(model_id)
        return self.entries[model_id], (7, None)


def written(entries: dict[str, ModelEntry]) -> tuple[Entries, Reading]:
    reading = Reading(entries)
    stored = {model_id: (entry.brief, memoryview(model_id.encode())) for model_id, entry in entries.items()}
    return Entries(stored, reading), reading


def test_counting_naming_and_looking_for_one_reads_none(entries: dict[str, ModelEntry]) -> None:
    found, reading = written(entries)
    assert len(found) == 3
    assert list(found) == list(entries)
    assert "two" in found
    assert "four" not in found
    assert found.get("four") is None
    assert reading.read == []


def test_one_is_read_once(entries: dict[str, ModelEntry]) -> None:
    found, reading = written(entries)
    assert found["two"] is found["two"] is entries["two"]
    assert found.trail("two") == (7, None)
    assert reading.read == ["two"]
    assert found.trail("four") is None


def test_all_are_those_of_a_plain_mapping(entries: dict[str, ModelEntry]) -> None:
    found, reading = written(entries)
    assert found == entries
    assert list(found.values()) == list(entries.values())
    assert sorted(reading.read) == sorted(entries)


def test_what_changed_is_known_without_reading_the_others(entries: dict[str, ModelEntry]) -> None:
    found, reading = written(entries)
    assert found.briefs() == [entry.brief for entry in entries.values()]
    assert found.changed(entries["two"].seq) == [entries["three"]]
    assert reading.read == ["three"]
    assert found.briefs() == [entry.brief for entry in entries.values()]


def test_what_changed_lately_and_long_ago_is_told_alike(
    entries: dict[str, ModelEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CHANGES", 6)
    found, _ = written(entries)
    last = max(entry.seq for entry in entries.values())
    for seq in range(last + 1, last + 30):
        model_id = list(entries)[seq % 3]
        found[model_id] = replace(entries[model_id], seq=seq)
        for since in range(seq + 1):
            expected = {entry.id for entry in found.values() if entry.seq > since}
            assert {brief.id for brief in found.briefs(since)} == expected
            assert [brief.seq for brief in found.briefs(since)] == [found[b.id].seq for b in found.briefs(since)]


def test_a_fork_goes_its_own_way(entries: dict[str, ModelEntry]) -> None:
    found, _ = written(entries)
    other = found.fork()
    other["two"] = entries["one"]
    other.trace("two", 8)
    assert (other["two"], other.trail("two")) == (entries["one"], (8, (7, None)))
    assert (found["two"], found.trail("two")) == (entries["two"], (7, None))


def test_who_looks_at_all_is_not_disturbed_by_what_comes(entries: dict[str, ModelEntry]) -> None:
    found, _ = written(entries)
    seen = []
    for model_id in found:
        found[f"{model_id}-too"] = found[model_id]
        seen.append(model_id)
    assert seen == list(entries)


def test_what_was_not_read_stands_as_it_stood(entries: dict[str, ModelEntry]) -> None:
    found, reading = written(entries)
    found.trace("two", 9)
    told = {brief.id: text for brief, text in found.told(lambda entry, trail: f"{entry.id} {trail}".encode())}
    assert told == {"one": b"one", "two": b"two (9, (7, None))", "three": b"three"}
    assert reading.read == ["two"]


def test_what_many_have_in_common_is_kept_once(entries: dict[str, ModelEntry]) -> None:
    one, two = (from_dict(to_dict(entries[model_id])) for model_id in ("one", "two"))
    assert (one, two) == (entries["one"], entries["two"])
    assert one.metadata is one.newest.metadata
    for name in ("counts", "kinds", "author", "bump", "summary"):
        assert getattr(one.newest, name) is getattr(two.newest, name), name
