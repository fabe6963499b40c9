"""Altered, lost and swapped bytes: whatever is done to the log or to a source, `validate_registry` finds and names it.

A small registry is damaged in one place, opened anew and checked. Its events carry awkward text (escapes, exponents),
so that a byte can change without its value changing, and one of its sources lies packed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.bootstrap import open_registry
from model_registry.registry import Registry
from texts import coin, source

LONG_TALE = "A long tale of coins, told again and again. " * 500
"""Enough prose to make a source worth packing."""

PLAIN = {"index_enabled": False}

WITNESSES = {
    "the place the snapshots stand for": ["models/*", "checkpoint/state"],
    "the snapshots themselves": ["checkpoint/*"],
    "the checkpoint": ["models/*", "checkpoint/position.json"],
}
"""What has seen the events -> the files that are gone, so that nothing else has."""


@dataclass(frozen=True, slots=True)
class Victim:
    """A registry on disk, whole: its log, and of each file of a source the models and versions it is."""

    place: Path
    head: str
    log: bytes
    sources: dict[Path, str]

    @property
    def log_file(self) -> Path:
        """Give the only segment of the log."""
        return self.place / "log" / "000001.jsonl"

    @property
    def lines(self) -> list[bytes]:
        """Give the lines of the log, with their ends."""
        return self.log.splitlines(keepends=True)

    def findings(self, head: str = "") -> list[dict[str, Any]]:
        """Give what a newly opened registry finds."""
        return list(open_registry(self.place, PLAIN).validate_registry(head=head)["findings"])

    def found_in_log(self, data: bytes | None) -> str:
        """Give where the first fault is found when these bytes are the log, or none are."""
        with instead(self.log_file, data):
            return next((str(finding["where"]) for finding in self.findings()), "nowhere")

    def found_in_source(self, path: Path, data: bytes | None) -> set[str]:
        """Give where faults are found when these bytes are the file of a source, or none are."""
        with instead(path, data):
            return {str(finding["where"]) for finding in self.findings()}


@contextmanager
def instead(path: Path, data: bytes | None) -> Iterator[None]:
    """Let other bytes, or none, stand in the place of a file."""
    whole = path.read_bytes()
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    yield
    path.write_bytes(whole)


def fill(registry: Registry) -> None:
    """Let five things happen."""
    registry.register_model(source(coin()), {"tags": ["\x1b[0m", "äöü", 'quo"ted']}, reason="a tab\there")
    registry.register_model(source(coin(heads=0.7)), {"performance": {"loss": 1.5e-7, "score": 0.5}})
    registry.register_model(source(coin("Tale", annotation=LONG_TALE)))
    registry.archive_model("tale")
    registry.set_model_alias("coin-judge", "paper", "1.0.0")


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Victim:
    place = tmp_path_factory.mktemp("damage") / "registry"
    registry = open_registry(place, PLAIN, actor="ada")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model_registry.adapters.directory.checkpoint.LEAST_TAIL", 0)
        patch.setattr("model_registry.adapters.directory.checkpoint.BYTES_AN_EVENT", 10**9)
        fill(registry)
    named = {v.digest: f"{e.id}@{v.version}" for e in registry.catalogue().entries.values() for v in e.versions}
    files = {path: named[path.stem] for path in (place / "sources").rglob("*") if path.is_file()}
    assert sorted(path.suffix for path in files) == ["", "", ".gz"]
    head = registry.head()
    return Victim(place, f"{head['size']}:{head['root']}", (place / "log" / "000001.jsonl").read_bytes(), files)


def line_of(whole: bytes, offset: int) -> str:
    """Give how a finding in the log begins that names the line of that byte."""
    return line(whole.count(b"\n", 0, offset) + 1)


def line(number: int) -> str:
    """Give how a finding in the log begins that names the line of that number."""
    return f"log/000001.jsonl, line {number} "


def altered(whole: bytes, offset: int, mask: int) -> bytes:
    """Give the bytes with some bits of one of them flipped."""
    return whole[:offset] + bytes([whole[offset] ^ mask]) + whole[offset + 1 :]


def test_the_whole_registry_has_no_fault(victim: Victim) -> None:
    assert victim.findings(victim.head) == []


@settings(max_examples=150, deadline=None)
@given(data=st.data(), mask=st.integers(1, 255))
def test_a_byte_altered_in_the_log_is_found_in_its_line(victim: Victim, data: st.DataObject, mask: int) -> None:
    offset = data.draw(st.integers(0, len(victim.log) - 1))
    assert victim.found_in_log(altered(victim.log, offset, mask)).startswith(line_of(victim.log, offset))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), added=st.binary(max_size=2))
def test_a_byte_lost_from_the_log_or_put_into_it_is_found_in_its_line(
    victim: Victim, data: st.DataObject, added: bytes
) -> None:
    offset = data.draw(st.integers(0, len(victim.log) - 1))
    changed = victim.log[:offset] + added + victim.log[offset + (not added) :]
    first = next((i for i, (a, b) in enumerate(zip(victim.log, changed, strict=False)) if a != b), len(changed))
    assert victim.found_in_log(changed).startswith(line_of(victim.log, first))


EVENTS = range(5)


@pytest.mark.parametrize("place", EVENTS)
def test_a_line_deleted_emptied_or_told_twice_is_found_there(victim: Victim, place: int) -> None:
    before, told, after = victim.lines[:place], victim.lines[place], victim.lines[place + 1 :]
    assert victim.found_in_log(b"".join([*before, *after])).startswith(line(place + 1))
    assert victim.found_in_log(b"".join([*before, b"\n", *after])).startswith(line(place + 1))
    assert victim.found_in_log(b"".join([*before, told, told, *after])).startswith(line(place + 2))


@pytest.mark.parametrize(("one", "other"), [(one, other) for other in EVENTS for one in range(other)])
def test_lines_that_changed_places_are_found_at_the_first_of_them(victim: Victim, one: int, other: int) -> None:
    lines = victim.lines
    lines[one], lines[other] = lines[other], lines[one]
    assert victim.found_in_log(b"".join(lines)).startswith(line(one + 1))


@pytest.mark.parametrize("place", EVENTS)
def test_a_line_that_is_whole_and_of_another_log_is_found_there(victim: Victim, tmp_path: Path, place: int) -> None:
    fill(open_registry(tmp_path / "other", PLAIN, actor="ada"))
    theirs = (tmp_path / "other" / "log" / "000001.jsonl").read_bytes().splitlines(keepends=True)
    lines = victim.lines
    lines[place] = theirs[place]
    assert victim.found_in_log(b"".join(lines)).startswith(line(place + 1))


@pytest.mark.parametrize("left", [None, b""], ids=["removed", "emptied"])
def test_a_log_that_is_gone_is_found(victim: Victim, left: bytes | None) -> None:
    assert victim.found_in_log(left).startswith(line(1))


def lost_tail(victim: Victim, place: Path, kept: int, gone: Iterable[str]) -> Victim:
    """Give a copy of the registry with only so many events, and without some of what has seen the others."""
    shutil.copytree(victim.place, place)
    for pattern in gone:
        for witness in place.glob(pattern):
            witness.unlink()
    (place / "log" / "000001.jsonl").write_bytes(b"".join(victim.lines[:kept]))
    return replace(victim, place=place)


@pytest.mark.parametrize("gone", WITNESSES.values(), ids=WITNESSES.keys())
@pytest.mark.parametrize("kept", EVENTS)
def test_a_lost_tail_is_found_by_whatever_has_seen_it(
    victim: Victim, tmp_path: Path, kept: int, gone: list[str]
) -> None:
    cut = lost_tail(victim, tmp_path / "cut", kept, gone)
    assert not open_registry(cut.place, PLAIN).validate_registry(repair=True)["ok"]
    assert not open_registry(cut.place, PLAIN).validate_registry()["ok"], "no repair wipes out the traces"
    named = [finding["where"] for finding in cut.findings() if finding["code"] in {"lost_events", "damaged_log"}]
    assert any(where.startswith((line(kept + 1), "models/")) for where in named), named


@pytest.mark.parametrize("kept", EVENTS)
def test_a_lost_tail_that_nothing_here_has_seen_is_found_by_a_pinned_head(
    victim: Victim, tmp_path: Path, kept: int
) -> None:
    cut = lost_tail(victim, tmp_path / "cut", kept, ["models/*", "checkpoint/*"])
    errors = [finding["code"] for finding in cut.findings(victim.head) if finding["severity"] == "error"]
    assert errors == ["log_cut"]


@settings(max_examples=120, deadline=None)
@given(data=st.data(), mask=st.integers(0, 255), added=st.binary(max_size=1))
def test_a_byte_altered_in_a_source_lost_from_it_or_put_into_it_is_found_at_its_version(
    victim: Victim, data: st.DataObject, mask: int, added: bytes
) -> None:
    path = data.draw(st.sampled_from(sorted(victim.sources)))
    whole = path.read_bytes()
    offset = data.draw(st.integers(0, len(whole) - 1))
    changed = altered(whole, offset, mask) if mask else whole[:offset] + added + whole[offset + (not added) :]
    assert victim.found_in_source(path, changed) == {victim.sources[path]}


def test_a_source_that_is_gone_or_emptied_is_found_at_its_version(victim: Victim) -> None:
    for path, version in victim.sources.items():
        assert victim.found_in_source(path, None) == {version}
        assert victim.found_in_source(path, b"") == {version}


@pytest.mark.parametrize("left", [None, b"", b"something else"], ids=["removed", "emptied", "replaced"])
def test_a_source_that_no_backup_holds_comes_back_when_it_is_registered_again(
    victim: Victim, tmp_path: Path, left: bytes | None
) -> None:
    copy = shutil.copytree(victim.place, tmp_path / "copy")
    registry = open_registry(copy, PLAIN)
    text = registry.get_model_source("coin-judge")["text"]
    (path,) = (path for path, name in victim.sources.items() if name == "coin-judge@1.1.0")
    (copy / path.relative_to(victim.place)).unlink()
    if left is not None:
        (copy / path.relative_to(victim.place)).write_bytes(left)
    assert not open_registry(copy, PLAIN).validate_registry()["ok"]
    assert registry.register_model(source(text))["outcome"] == "unchanged"
    assert open_registry(copy, PLAIN).validate_registry()["findings"] == []


def test_sources_that_changed_places_are_both_found(victim: Victim) -> None:
    one, other = (path for path in victim.sources if not path.suffix)
    with instead(one, other.read_bytes()):
        assert victim.found_in_source(other, one.read_bytes()) == {victim.sources[one]}
    with instead(one, victim.log):
        assert victim.found_in_source(other, victim.log) == {victim.sources[one], victim.sources[other]}


def test_what_was_altered_around_a_text_that_is_whole_is_mended(victim: Victim, tmp_path: Path) -> None:
    (packed,) = (path for path in victim.sources if path.suffix)
    copy = shutil.copytree(victim.place, tmp_path / "copy")
    in_copy = copy / packed.relative_to(victim.place)
    in_copy.write_bytes(altered(packed.read_bytes(), 4, 1))
    registry = open_registry(copy, PLAIN)
    (finding,) = registry.validate_registry()["findings"]
    assert (finding["code"], finding["severity"], finding["where"]) == ("altered_source", "warning", "tale@1.0.0")
    assert LONG_TALE.strip() in registry.get_model_source("tale")["text"]
    registry.validate_registry(repair=True)
    assert registry.validate_registry()["findings"] == []


@pytest.mark.long
@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_each_byte_altered_in_the_log_is_found_in_its_line(victim: Victim, mask: int) -> None:
    for offset in range(len(victim.log)):
        where = victim.found_in_log(altered(victim.log, offset, mask))
        assert where.startswith(line_of(victim.log, offset)), (offset, where)


@pytest.mark.long
@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_each_byte_altered_in_a_source_is_found_at_its_version(victim: Victim, mask: int) -> None:
    for path, version in victim.sources.items():
        whole = path.read_bytes()
        for offset in range(len(whole)):
            assert victim.found_in_source(path, altered(whole, offset, mask)) == {version}, (path.name, offset)
