"""The directory store beyond its ports: recovery, damage, faults, rights, upgrades."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from model_registry.adapters import files as files_module
from model_registry.adapters.directory import checkpoint as checkpoint_module
from model_registry.adapters.directory import log as log_module
from model_registry.adapters.files import Files
from model_registry.bootstrap import open_registry
from model_registry.domain import entries as entries_module
from model_registry.domain.packed import Known, unpacked
from model_registry.errors import ConfigError, NotFoundError, OutcomeUnknownError, StorageError
from model_registry.registry import Registration, Registry
from texts import coin, source


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "registry"


@pytest.fixture
def registry(place: Path) -> Registry:
    opened = open_registry(place, actor="ada")
    opened.register_model(source(coin("First Coin")))
    opened.register_model(source(coin("Second Coin", heads=0.6)))
    return opened


def segment(place: Path, number: int = 1) -> Path:
    return place / "log" / f"{number:06d}.jsonl"


def names(registry: Registry) -> list[str]:
    return [row["id"] for row in registry.list_models()["items"]]


def test_reading_a_registry_that_is_not_there_makes_nothing(place: Path) -> None:
    assert names(open_registry(place)) == []
    assert not place.exists()


def test_files_and_folders_are_their_owners_alone(registry: Registry, place: Path) -> None:
    registry.search_models("coin")
    for folder, _, files in os.walk(place):
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700, folder
        if Path(folder).is_relative_to(place / "index"):
            continue
        for name in files:
            assert stat.S_IMODE((Path(folder) / name).stat().st_mode) == 0o600, name


def test_a_torn_last_line_is_ignored_by_readers_and_put_aside_by_the_next_writer(
    registry: Registry, place: Path
) -> None:
    whole = segment(place).read_bytes()
    torn = b'{"actor":"ada","at":"2026'
    segment(place).write_bytes(whole + torn)
    reopened = open_registry(place)
    assert names(reopened) == ["first-coin", "second-coin"]
    assert segment(place).read_bytes() == whole + torn
    reopened.register_model(source(coin("Third Coin")))
    assert (place / "backups" / "torn-3").read_bytes() == torn
    assert segment(place).read_bytes().startswith(whole)
    assert names(open_registry(place)) == ["first-coin", "second-coin", "third-coin"]
    assert reopened.validate_registry()["ok"]


@pytest.mark.parametrize("offset", [5, 200, -40, -2])
def test_a_flipped_byte_is_damage_that_stops_writing_and_is_named(registry: Registry, place: Path, offset: int) -> None:
    data = bytearray(segment(place).read_bytes())
    data[offset] ^= 1
    segment(place).write_bytes(bytes(data))
    (place / "checkpoint" / "position.json").unlink()
    reopened = open_registry(place)
    report = reopened.validate_registry()
    assert not report["ok"]
    assert report["findings"][0]["code"] == "damaged_log"
    assert report["findings"][0]["where"].startswith("log/000001.jsonl")
    with pytest.raises(StorageError) as refused:
        reopened.register_model(source(coin("Third Coin")))
    assert refused.value.code == "damaged_log"


def test_a_lost_tail_is_found_by_what_the_snapshots_have_seen(registry: Registry, place: Path) -> None:
    first_line = segment(place).read_bytes().partition(b"\n")[0] + b"\n"
    segment(place).write_bytes(first_line)
    reopened = open_registry(place)
    assert names(reopened) == ["first-coin"]
    with pytest.raises(StorageError, match="have seen event 2"):
        reopened.register_model(source(coin("Third Coin")))
    assert segment(place).read_bytes() == first_line


def test_a_damaged_source_is_named_and_not_given_out(registry: Registry, place: Path) -> None:
    digest = registry.get_model_source("first-coin")["digest"]
    (place / "sources" / digest[:2] / digest).write_bytes(b"something else")
    report = open_registry(place).validate_registry()
    assert [finding["code"] for finding in report["findings"]] == ["damaged_source"]
    with pytest.raises(StorageError):
        open_registry(place).get_model_source("first-coin")


def test_what_is_no_digest_leads_out_of_no_folder(registry: Registry, place: Path) -> None:
    (place.parent / "secret").write_text("kept")
    sources = registry._ledger.sources
    for ask in (sources.has, sources.get, sources.remove, sources.pack):
        with pytest.raises(NotFoundError, match="is not a digest"):
            ask("../secret")
    assert (place.parent / "secret").read_text() == "kept"


def test_snapshots_are_json_metadata_that_agrees_with_the_registry(registry: Registry, place: Path) -> None:
    stored = json.loads((place / "models" / "first-coin.json").read_text())
    info = registry.get_model_info("first-coin")
    for key in ("id", "name", "description", "author", "current_version", "revision", "state"):
        assert stored[key] == info[key]


def test_a_lost_or_wrong_snapshot_is_found_and_written_anew(registry: Registry, place: Path) -> None:
    snapshot = place / "models" / "first-coin.json"
    whole = snapshot.read_bytes()
    snapshot.write_bytes(b"{}")
    report = registry.validate_registry()
    assert [finding["where"] for finding in report["findings"]] == ["models/first-coin.json"]
    registry.validate_registry(repair=True)
    assert snapshot.read_bytes() == whole
    assert registry.validate_registry()["findings"] == []


def test_snapshots_that_lag_are_rewritten_by_the_next_writer(registry: Registry, place: Path) -> None:
    for path in [*(place / "models").iterdir(), place / "checkpoint" / "position.json"]:
        path.unlink()
    open_registry(place).register_model(source(coin("Third Coin")))
    assert sorted(path.stem for path in (place / "models").iterdir()) == ["first-coin", "second-coin", "third-coin"]
    assert open_registry(place).validate_registry()["findings"] == []


def test_a_newer_format_is_refused(registry: Registry, place: Path) -> None:
    (place / "format.json").write_text(json.dumps({"format": 99, "log_id": "x"}))
    with pytest.raises(ConfigError) as refused:
        open_registry(place)
    assert refused.value.code == "newer_format"


def test_a_log_without_its_format_is_not_taken_for_an_empty_registry(registry: Registry, place: Path) -> None:
    (place / "format.json").unlink()
    with pytest.raises(StorageError, match=r"no format\.json"):
        open_registry(place)


@pytest.mark.parametrize("call", [fcntl.F_GETFD, 2**31 - 1], ids=["known", "unknown to the file system"])
def test_where_there_is_a_stronger_sync_it_is_used_and_its_lack_made_up_for(
    place: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(files_module, "FULL_SYNC", call)
    monkeypatch.setattr(os, "fsync", synced.append)
    open_registry(place).register_model(source())
    assert bool(synced) is (call != fcntl.F_GETFD)


@pytest.mark.parametrize(("kind", "warned"), [("nfs4", True), ("9p", True), ("ext4", False)])
def test_a_registry_on_a_network_file_system_is_warned_of(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str, warned: bool
) -> None:
    mounts = place.parent / "mounts"
    mounts.write_text(f"dev / ext4 rw 0 0\nhost:/export {place.parent} {kind} rw 0 0\nproc /proc proc rw 0 0\n")
    monkeypatch.setattr(files_module, "MOUNTS", mounts)
    open_registry(place)
    assert ("network file system" in caplog.text) is warned


def test_a_registry_made_while_somebody_looks_is_not_taken_for_one_that_lost_its_format(place: Path) -> None:
    class Looking(Files):
        def names(self, folder: Path) -> list[str]:
            if folder.name == "log" and not place.exists():
                open_registry(place).register_model(source())
            return super().names(folder)

    assert names(open_registry(place, files=Looking())) == ["coin-judge"]


def test_a_file_in_the_place_of_the_registry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(StorageError) as refused:
        open_registry(tmp_path / "file").register_model(source())
    assert refused.value.code == "not_a_directory"


def test_segments_follow_each_other(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_module, "SEGMENT_BYTES", 2_000)
    registry = open_registry(place)
    for number in range(8):
        registry.register_model(source(coin(f"Coin {number}")))
    assert len(list((place / "log").iterdir())) > 2
    assert len(names(open_registry(place))) == 8
    assert open_registry(place).validate_registry()["ok"]


def test_leftovers_of_dead_writers_are_swept_and_those_of_live_ones_kept(registry: Registry, place: Path) -> None:
    dead, alive = place / ".tmp" / "999999999-0.tmp", place / ".tmp" / f"{os.getppid()}-0.tmp"
    for path in (dead, alive):
        path.write_bytes(b"half")
    open_registry(place).register_model(source(coin("Third Coin")))
    assert not dead.exists()
    assert alive.exists()


class FailingFiles(Files):
    """Fails one operation on paths that hold a text, with one errno, until it is told to stop."""

    def __init__(self, operation: str, part: str, number: int) -> None:
        self.failing = True
        self.operation, self.part, self.number = operation, part, number

    def _maybe_fail(self, operation: str, path: Path) -> None:
        if self.failing and operation == self.operation and self.part in str(path):
            raise StorageError(os.strerror(self.number), code="disk_full", where=str(path))

    def append(self, path: Path, data: bytes) -> None:
        if self.failing and self.operation == "append" and self.part in str(path):
            super().append(path, data[: len(data) // 2])
        self._maybe_fail("append", path)
        super().append(path, data)

    def sync(self, path: Path) -> None:
        self._maybe_fail("sync", path)
        super().sync(path)

    def write(self, path: Path, data: bytes) -> None:
        self._maybe_fail("write", path)
        super().write(path, data)

    def truncate(self, path: Path, size: int) -> None:
        self._maybe_fail("truncate", path)
        super().truncate(path, size)


@pytest.mark.parametrize(("operation", "part"), [("append", "log/"), ("sync", ".jsonl"), ("write", ".tmp")])
def test_a_full_disk_stores_nothing_and_works_again_when_there_is_room(
    registry: Registry, place: Path, operation: str, part: str
) -> None:
    before = segment(place).read_bytes()
    files = FailingFiles(operation, part, errno.ENOSPC)
    full = open_registry(place, files=files)
    if operation == "sync":
        full.search_models("")
    with pytest.raises(StorageError):
        full.register_model(source(coin("Third Coin")))
    files.failing = False
    assert segment(place).read_bytes() == before
    assert full.register_model(source(coin("Third Coin")))["outcome"] == "created"
    assert names(open_registry(place)) == ["first-coin", "second-coin", "third-coin"]
    assert list((place / ".tmp").iterdir()) == []


class BrokenDisk(FailingFiles):
    """A disk that can neither sync nor take back what was written."""

    def _maybe_fail(self, operation: str, path: Path) -> None:
        if self.failing and operation in {"sync", "truncate"} and path.suffix == ".jsonl":
            raise StorageError("input/output error", code="disk_error", where=str(path))


def test_a_write_that_cannot_be_taken_back_has_an_unknown_outcome_and_can_be_repeated(
    registry: Registry, place: Path
) -> None:
    files = BrokenDisk("", "", errno.EIO)
    files.failing = False
    broken = open_registry(place, files=files)
    broken.register_model(source(coin("Second Coin", heads=0.6)))
    files.failing = True
    wish: dict[str, Any] = {"op_id": "the-same-call"}
    with pytest.raises(OutcomeUnknownError):
        broken.register_model(source(coin("Third Coin")), **wish)
    files.failing = False
    again = open_registry(place).register_model(source(coin("Third Coin")), **wish)
    assert (again["outcome"], again["version"]) == ("created", "1.0.0")
    assert names(open_registry(place)).count("third-coin") == 1


def test_opening_reads_the_checkpoint_and_a_tail(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_registry.adapters.directory.checkpoint.LEAST_TAIL", 5)
    registry = open_registry(place)
    for number in range(20):
        registry.register_model(source(coin(f"Coin {number}")))
    read: list[int] = []

    class Counting(Files):
        def read(self, path: Path, offset: int = 0, size: int = -1) -> bytes | None:
            data = super().read(path, offset, size)
            if path.suffix == ".jsonl" and path.parent.name == "log":
                read.append(len(data or b""))
            return data

    reopened = open_registry(place, files=Counting())
    assert len(names(reopened)) == 20
    assert sum(read) < segment(place).stat().st_size / 2
    assert reopened.list_models()["items"] == registry.list_models()["items"]
    assert reopened.get_audit_trail()["total"] == 20


def test_the_first_page_by_name_reads_no_entry_but_its_own(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_module, "LEAST_TAIL", 0)
    monkeypatch.setattr(checkpoint_module, "BYTES_AN_EVENT", 1 << 30)
    registry = open_registry(place)
    for number, name in enumerate(("Étage", "a\tb", "Zebra", "aardvark", "Ångström")):
        registry.register_model(source(coin(f"Coin {number}")), {"name": name})
    read: list[str] = []

    def noting(data: bytes) -> Known:
        known = unpacked(data)
        read.append(known[0].id)
        return known

    monkeypatch.setattr(entries_module, "unpacked", noting)
    told = open_registry(place).list_models(limit=2)["items"]
    assert told == registry.list_models(limit=2)["items"]
    assert len(read) <= 2 < len(registry.catalogue().entries)


def test_a_batch_waits_for_each_text_each_folder_and_once_for_the_log(place: Path) -> None:
    waited: list[Path] = []

    class Counting(Files):
        def sync(self, path: Path) -> None:
            waited.append(path)
            super().sync(path)

    registry = open_registry(place, files=Counting())
    registry.register_model(source(coin("First")))
    waited.clear()
    registry.register_models([Registration(source(coin(f"Coin {number}"))) for number in range(20)])
    folders = [path for path in waited if path.parent.name == "sources"]
    assert len(folders) == len(set(folders))
    assert sum(path.suffix == ".tmp" for path in waited) == 20
    assert sum(path.suffix == ".jsonl" for path in waited) == 1
    assert len(waited) <= 20 + len(folders) + 2


@pytest.mark.parametrize("damage", [b"", b"noise\n", b"{}\n"])
def test_a_checkpoint_that_cannot_be_believed_is_done_without(
    place: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    monkeypatch.setattr("model_registry.adapters.directory.checkpoint.LEAST_TAIL", 2)
    registry = open_registry(place)
    for number in range(6):
        registry.register_model(source(coin(f"Coin {number}")))
    (place / "checkpoint" / "state").write_bytes(damage)
    assert len(names(open_registry(place))) == 6


def test_a_checkpoint_takes_the_place_of_one_of_a_former_format(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_module, "LEAST_TAIL", 2)
    former = place / "checkpoint" / "state.jsonl"
    former.parent.mkdir(parents=True)
    former.write_bytes(b'{"format":5}\n')
    registry = open_registry(place)
    for number in range(6):
        registry.register_model(source(coin(f"Coin {number}")))
    assert not former.exists()
    assert len(names(open_registry(place))) == 6


def test_a_note_of_the_place_that_became_longer_is_made_good_by_the_next_write(registry: Registry, place: Path) -> None:
    note = place / "checkpoint" / "position.json"
    note.write_bytes(note.read_bytes() + b"x" * 99)
    registry.register_model(source(coin("Third Coin")))
    assert registry._ledger.log.witnessed == registry.catalogue().position
