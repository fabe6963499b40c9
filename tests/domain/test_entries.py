"""What a checkpoint holds of a model is read when it is asked for, and not before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from model_registry.bootstrap import memory_registry
from model_registry.domain import entries as module
from model_registry.domain.entries import Entries
from model_registry.domain.entry import ModelEntry, from_dict, to_dict
from model_registry.domain.packed import Known, packed, unpacked
from texts import coin, source


@pytest.fixture
def entries() -> dict[str, ModelEntry]:
    registry = memory_registry()
    for name in ("One", "Two", "Three"):
        registry.register_model(source(coin(name)))
    return dict(registry.catalogue().entries)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notes the ids of what is read."""
    ids: list[str] = []

    def noting(data: bytes) -> Known:
        known = unpacked(data)
        ids.append(known[0].id)
        return known

    monkeypatch.setattr(module, "unpacked", noting)
    return ids


def written(entries: dict[str, ModelEntry]) -> Entries:
    return Entries({model_id: (entry.brief, packed(entry, (7, None))) for model_id, entry in entries.items()})


def test_counting_naming_and_looking_for_one_reads_none(entries: dict[str, ModelEntry], read: list[str]) -> None:
    found = written(entries)
    assert len(found) == 3
    assert list(found) == list(entries)
    assert "two" in found
    assert "four" not in found
    assert found.get("four") is None
    assert read == []


def test_one_is_read_once(entries: dict[str, ModelEntry], read: list[str]) -> None:
    found = written(entries)
    assert found["two"] is found["two"]
    assert found["two"] == entries["two"]
    assert found.trail("two") == (7, None)
    assert read == ["two"]
    assert found.trail("four") is None


def test_all_are_those_of_a_plain_mapping(entries: dict[str, ModelEntry], read: list[str]) -> None:
    found = written(entries)
    assert found == entries
    assert list(found.values()) == list(entries.values())
    assert sorted(read) == sorted(entries)


def test_what_changed_is_known_without_reading_the_others(entries: dict[str, ModelEntry], read: list[str]) -> None:
    found = written(entries)
    assert found.briefs() == [entry.brief for entry in entries.values()]
    assert found.changed(entries["two"].seq) == [entries["three"]]
    assert read == ["three"]
    assert found.briefs() == [entry.brief for entry in entries.values()]


def test_what_changed_lately_and_long_ago_is_told_alike(
    entries: dict[str, ModelEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CHANGES", 6)
    found = written(entries)
    last = max(entry.seq for entry in entries.values())
    for seq in range(last + 1, last + 30):
        model_id = list(entries)[seq % 3]
        found[model_id] = replace(entries[model_id], seq=seq)
        for since in range(seq + 1):
            expected = {entry.id for entry in found.values() if entry.seq > since}
            assert {brief.id for brief in found.briefs(since)} == expected
            assert [brief.seq for brief in found.briefs(since)] == [found[b.id].seq for b in found.briefs(since)]


def test_a_fork_goes_its_own_way(entries: dict[str, ModelEntry]) -> None:
    found = written(entries)
    other = found.fork()
    other["two"] = entries["one"]
    other.trace("two", 8)
    assert (other["two"], other.trail("two")) == (entries["one"], (8, (7, None)))
    assert (found["two"], found.trail("two")) == (entries["two"], (7, None))


def test_who_looks_at_all_is_not_disturbed_by_what_comes(entries: dict[str, ModelEntry]) -> None:
    found = written(entries)
    seen = []
    for model_id in found:
        found[f"{model_id}-too"] = found[model_id]
        seen.append(model_id)
    assert seen == list(entries)


def test_what_was_not_changed_stands_as_it_stood(entries: dict[str, ModelEntry], read: list[str]) -> None:
    found = written(entries)
    before = dict(found.settled())
    found.trace("two", 9)
    read.clear()
    after = dict(found.settled())
    assert read == []
    assert [after[brief] is data for brief, data in before.items()] == [True, False, True]
    assert unpacked(after[entries["two"].brief]) == (entries["two"], (9, (7, None)))


def test_what_is_written_is_kept_as_it_is_written(entries: dict[str, ModelEntry], read: list[str]) -> None:
    found = Entries()
    for model_id, entry in entries.items():
        found[model_id] = entry
        found.trace(model_id, entry.seq)
    told = found.briefs()
    list(found.settled())
    assert found.briefs() == told
    assert read == []
    assert found == entries
    assert sorted(read) == sorted(entries)
    assert found.trail("two") == (entries["two"].seq, None)


def test_no_more_is_kept_of_what_was_read_than_there_is_room_for(
    entries: dict[str, ModelEntry], read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_READ", 2)
    found = written(entries)
    for model_id in ("one", "two", "one", "three", "one", "two"):
        assert found[model_id] == entries[model_id]
    assert read == ["one", "two", "three", "two"]


def test_what_is_read_in_passing_is_not_kept(entries: dict[str, ModelEntry], read: list[str]) -> None:
    found = written(entries)
    assert [found.glance("two"), found.glance("two")] == [entries["two"], entries["two"]]
    assert read == ["two", "two"]
    assert found["two"] is found.glance("two")
    found["two"] = entries["one"]
    assert found.glance("two") is entries["one"]
    assert read == ["two", "two", "two"]


def test_an_entry_of_more_versions_than_there_is_room_for_is_read_once(
    entries: dict[str, ModelEntry], read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_READ", 2)
    long = replace(entries["one"], versions=3 * entries["one"].versions)
    found = written(entries | {"one": long})
    assert [found["two"], found["one"], found["one"]] == [entries["two"], long, long]
    assert read == ["two", "one"]


def test_threads_that_read_at_once_find_what_is_there(
    entries: dict[str, ModelEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_READ", 1)
    found = written(entries)
    asked = list(entries) * 300
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(found.__getitem__, asked)) == [entries[model_id] for model_id in asked]


def test_what_many_have_in_common_is_kept_once(entries: dict[str, ModelEntry]) -> None:
    one, two = (from_dict(to_dict(entries[model_id])) for model_id in ("one", "two"))
    assert (one, two) == (entries["one"], entries["two"])
    assert one.metadata is one.newest.metadata
    for name in ("counts", "kinds", "author", "bump", "summary"):
        assert getattr(one.newest, name) is getattr(two.newest, name), name
