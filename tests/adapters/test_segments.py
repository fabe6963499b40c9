"""Packed segments of a log: read like plain ones, put in place without a moment in which events are missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from model_registry.adapters.directory import log as log_module
from model_registry.adapters.files import Files
from model_registry.bootstrap import open_registry, restore_registry
from model_registry.errors import RegistryError, StorageError
from model_registry.registry import Registry
from reliability.power import Call, Disk, Killed, RecordingFiles, put, states
from reliability.power_driver import Unsynced
from texts import coin, source

PLAIN = {"index_enabled": False}


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "SEGMENT_BYTES", 2_000)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    filled(open_registry(tmp_path / "registry", PLAIN))
    return tmp_path / "registry"


def filled(registry: Registry) -> Registry:
    for number in range(8):
        registry.register_model(source(coin(f"Coin {number}")))
    return registry


def segments(place: Path) -> list[str]:
    return sorted(path.name for path in (place / "log").iterdir())


def packed(place: Path) -> Registry:
    registry = open_registry(place, PLAIN)
    assert registry.cleanup_registry(dry_run=False)["packed_bytes"] > 0
    return registry


def test_cleaning_up_packs_all_segments_but_the_last(place: Path) -> None:
    before = segments(place)
    assert len(before) > 2
    packed(place)
    assert segments(place) == [*(f"{name}.gz" for name in before[:-1]), before[-1]]
    assert open_registry(place, PLAIN).cleanup_registry(dry_run=False)["packed_bytes"] == 0


def test_a_packed_log_tells_what_the_plain_one_told_and_goes_on(place: Path) -> None:
    head = open_registry(place, PLAIN).head()
    registry = packed(place)
    assert registry.head() == open_registry(place, PLAIN).head() == head
    assert [event.seq for event in open_registry(place, PLAIN).events()] == list(range(1, 9))
    registry.register_model(source(coin("Another Coin")))
    anew = open_registry(place, PLAIN)
    assert anew.get_audit_trail()["total"] == 9
    assert anew.validate_registry()["findings"] == []


def test_who_was_reading_when_a_segment_was_packed_reads_on(place: Path) -> None:
    events = open_registry(place, PLAIN).events()
    first = next(events)
    packed(place)
    assert [first.seq, *(event.seq for event in events)] == list(range(1, 9))


def test_who_had_the_registry_open_goes_on_reading_and_writing(place: Path) -> None:
    reader, writer = open_registry(place, PLAIN), open_registry(place, PLAIN)
    assert reader.get_audit_trail()["total"] == 8
    packed(place)
    writer.register_model(source(coin("Another Coin")))
    assert reader.get_audit_trail()["total"] == 9
    assert [event["seq"] for event in reader.get_audit_trail("coin-0")["items"]] == [1]


def test_a_program_that_knows_no_packed_segments_is_kept_out_before_there_are_any(place: Path) -> None:
    assert json.loads((place / "format.json").read_bytes())["format"] == 1
    packed(place)
    assert json.loads((place / "format.json").read_bytes())["format"] == 2


def test_backups_and_restoring_know_packed_segments(place: Path, tmp_path: Path) -> None:
    backup = packed(place).backup_registry()["backup"]
    restore_registry(place / backup, tmp_path / "new")
    assert open_registry(tmp_path / "new", PLAIN).list_models()["total"] == 8
    restore_registry(place / backup, place, force=True)
    assert open_registry(place, PLAIN).list_models()["total"] == 8
    assert open_registry(place, PLAIN).validate_registry()["ok"]


def test_a_packed_segment_that_cannot_be_read_back_leaves_the_plain_one(place: Path) -> None:
    class Forgetful(Files):
        def read(self, path: Path, offset: int = 0, size: int = -1) -> bytes | None:
            return b"" if path.suffix == ".gz" else super().read(path, offset, size)

    before = segments(place)
    with pytest.raises(StorageError, match="cannot be packed"):
        open_registry(place, PLAIN, files=Forgetful()).cleanup_registry(dry_run=False)
    assert segments(place) == before


def test_a_piece_that_is_cut_off_before_the_next_segment_is_damage_there(place: Path) -> None:
    path = place / "log" / "000001.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    findings = open_registry(place, PLAIN).validate_registry()["findings"]
    assert findings[0]["where"].startswith("log/000001.jsonl, line ")


@pytest.mark.parametrize("offset", [4, 40, 200])
def test_any_byte_altered_in_a_packed_segment_is_found(place: Path, offset: int) -> None:
    packed(place)
    path = place / "log" / "000001.jsonl.gz"
    data = bytearray(path.read_bytes())
    data[offset] ^= 4
    path.write_bytes(bytes(data))
    findings = open_registry(place, PLAIN).validate_registry()["findings"]
    assert findings[0]["where"].startswith("log/000001.jsonl")


def test_what_was_altered_around_a_packed_segment_is_mended(place: Path) -> None:
    packed(place)
    path = place / "log" / "000001.jsonl.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"\1" + whole[5:])
    assert open_registry(place, PLAIN).validate_registry(repair=True)["ok"]
    assert path.read_bytes() == whole


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_segment_that_is_missing_is_damage_whatever_has_seen_it(place: Path, number: int, suffix: str) -> None:
    if suffix:
        packed(place)
    (place / "log" / f"{number:06d}.jsonl{suffix}").unlink()
    shutil.rmtree(place / "checkpoint")
    shutil.rmtree(place / "models")
    registry = open_registry(place, PLAIN)
    assert f"{number:06d}.jsonl is missing" in registry.validate_registry()["findings"][0]["message"]
    with pytest.raises(RegistryError, match="is missing"):
        registry.register_model(source(coin("Another Coin")))


def test_packing_survives_death_and_power_cuts_at_every_point(quick_folder: Path) -> None:
    base, journal = quick_folder / "base", list[Call]()
    base.mkdir()
    files = RecordingFiles(base, journal)
    filled(open_registry(base / "registry", PLAIN, files=files))
    filling = len(journal)
    open_registry(base / "registry", PLAIN, files=files).cleanup_registry(dry_run=False)
    for point in range(filling, len(journal) + 1):
        for number, state in enumerate(states(Disk(base, journal[:point]), point, 3)):
            place = quick_folder / f"{point}-{number}"
            place.mkdir()
            put(state, base, place)
            look_at(place / "registry")
    assert len(journal) - filling > 15


def test_dying_while_packing_leaves_work_for_the_next_one(place: Path, tmp_path: Path) -> None:
    for last in range(0, 60, 3):
        copy = shutil.copytree(place, tmp_path / f"copy-{last}")
        try:
            registry = open_registry(copy, PLAIN, files=RecordingFiles(copy, [], last))
            registry.cleanup_registry(dry_run=False)
        except Killed:
            look_at(copy)
        else:
            break
    assert last > 15


def look_at(place: Path) -> None:
    registry = open_registry(place, PLAIN, files=Unsynced())
    assert [event.seq for event in registry.events()] == list(range(1, 9))
    registry.cleanup_registry(dry_run=False)
    registry.register_model(source(coin("Another Coin")))
    assert [finding for finding in registry.validate_registry()["findings"] if finding["code"] != "leftover"] == []
    assert registry.get_audit_trail()["total"] == 9
