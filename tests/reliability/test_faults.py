"""A disk that is full, read-only, forbidden or failing, and a process with too many open files.

A fault begins at the k-th call it can strike and lasts until it is taken away. While it lasts an operation either is
done, durably, or raises a StorageError that says what to do; afterwards the same open registry works again.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from model_registry.adapters.files import Files, storage_errors
from model_registry.bootstrap import open_registry
from model_registry.errors import OutcomeUnknownError, StorageError
from model_registry.registry import Registration, Registry
from texts import coin, source

PLAIN = {"index_enabled": False}

CHANGING = frozenset({"write", "append", "overwrite", "add_folder", "rename"})
OPENING = frozenset({"read", "write", "append", "overwrite", "sync", "lock", "names"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What a cause strikes, and how the error tells it."""

    number: int
    code: str
    strikes: frozenset[str]


FAULTS = {
    "full disk": Fault(errno.ENOSPC, "disk_full", CHANGING | {"sync"}),
    "used up quota": Fault(errno.EDQUOT, "disk_full", CHANGING),
    "too large a file": Fault(errno.EFBIG, "disk_full", frozenset({"write", "append"})),
    "read-only file system": Fault(errno.EROFS, "read_only", CHANGING | {"remove", "truncate", "lock"}),
    "lost permission": Fault(errno.EACCES, "no_permission", CHANGING | OPENING | {"remove"}),
    "failing disk": Fault(errno.EIO, "disk_error", CHANGING | {"sync"}),
    "disk that fails to read": Fault(errno.EIO, "disk_error", frozenset({"read"})),
    "too many open files": Fault(errno.EMFILE, "too_many_files", OPENING),
}

KEEPS_ITS_TEMPORARY_FILES = {"read-only file system", "lost permission"}
"""Where a file on its way cannot even be removed: it stays in `.tmp`, for the next process to sweep."""

OPERATIONS: dict[str, Callable[[Registry], object]] = {
    "register": lambda registry: registry.register_model(source(coin("Third Coin")), op_id="the-call"),
    "version": lambda registry: registry.register_model(source(coin("First Coin", heads=0.9)), op_id="the-call"),
    "metadata": lambda registry: registry.update_model_metadata("first-coin", {"tags": ["x"]}, op_id="the-call"),
    "deprecate": lambda registry: registry.deprecate_model("first-coin", "old", op_id="the-call"),
    "delete": lambda registry: registry.delete_model("second-coin", op_id="the-call"),
}


class FaultyFiles(Files):
    """Lets a fault strike from its k-th chance on, until it is taken away; a write that fails is half done."""

    def __init__(self, fault: Fault, left: int) -> None:
        self.fault, self.left, self.lasting, self.struck = fault, left, True, False

    def __getattribute__(self, name: str) -> Any:
        whole = super().__getattribute__(name)
        if name.startswith("_") or name not in CHANGING | OPENING | {"remove", "truncate"}:
            return whole

        def called(path: Path, *rest: Any, **options: Any) -> Any:
            if self.lasting and name in self.fault.strikes:
                self.left -= 1
                if self.left < 0:
                    self.struck = True
                    if name in {"write", "append", "overwrite"} and self.fault.code in {"disk_full", "disk_error"}:
                        whole(path, rest[0][: len(rest[0]) // 2])
                    with storage_errors(path):
                        raise OSError(self.fault.number, os.strerror(self.fault.number))
            return whole(path, *rest, **options)

        return called


@pytest.fixture
def place(quick_folder: Path) -> Path:
    registry = open_registry(quick_folder / "registry", PLAIN, actor="ada")
    registry.register_model(source(coin("First Coin")))
    registry.register_model(source(coin("Second Coin", heads=0.6)))
    return quick_folder / "registry"


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("cause", FAULTS)
def test_what_cannot_be_done_is_told_and_can_be_done_when_the_cause_is_gone(
    place: Path, cause: str, operation: str
) -> None:
    fault, do = FAULTS[cause], OPERATIONS[operation]
    for left in range(0, 40, 3):
        copy = copied(place, left)
        files = FaultyFiles(fault, left)
        files.lasting = False
        registry = open_registry(copy, PLAIN, files=files)
        registry.register_model(source(coin("First Coin")))
        files.lasting = True
        done = attempted(registry, do, fault)
        files.lasting = False
        assert has_happened(copy) in ({True} if done else {True, False} if done is None else {False})
        do(registry)
        registry.register_model(source(coin("Written After")))
        look_at(copy, temporary=cause in KEEPS_ITS_TEMPORARY_FILES)
        if not files.struck:
            break
    assert left > 0


def copied(place: Path, number: int) -> Path:
    return Path(shutil.copytree(place, place.with_name(f"copy-{number}")))


def attempted(registry: Registry, do: Callable[[Registry], object], fault: Fault) -> bool | None:
    """Tell whether an operation was acknowledged, None where its outcome is told to be unknown."""
    errors: list[StorageError] = []
    try:
        do(registry)
    except StorageError as error:
        errors.append(error)
    assert all(error.hint and error.where for error in errors)
    if any(isinstance(error, OutcomeUnknownError) for error in errors):
        return None
    assert all(error.code == fault.code for error in errors)
    return not errors


def has_happened(place: Path) -> bool:
    return any(event.op_id == "the-call" for event in open_registry(place, PLAIN).events())


def look_at(place: Path, *, temporary: bool) -> None:
    registry = open_registry(place, PLAIN)
    assert [event.op_id for event in registry.events()].count("the-call") == 1
    assert [f for f in registry.validate_registry()["findings"] if f["severity"] != "info"] == []
    assert temporary or list((place / ".tmp").iterdir()) == []
    assert [path.name for path in place.rglob("*.tmp") if path.is_file() and path.parent.name != ".tmp"] == []


def test_a_batch_that_fails_is_not_there_by_half(place: Path) -> None:
    wishes = [Registration(source(coin(f"Batch {number}"))) for number in range(40)]
    files = FaultyFiles(FAULTS["full disk"], 10**9)
    registry = open_registry(place, PLAIN, files=files)
    registry.register_models(wishes[:1])
    files.fault = Fault(errno.ENOSPC, "disk_full", frozenset({"append"}))
    files.left = 0
    with pytest.raises(StorageError):
        registry.register_models(wishes)
    assert open_registry(place, PLAIN).list_models()["total"] == 3
    files.lasting = False
    assert len(registry.register_models(wishes)) == 40
    assert open_registry(place, PLAIN).list_models()["total"] == 42


@pytest.mark.parametrize("cause", ["full disk", "read-only file system"])
def test_reading_needs_no_room_and_no_right_to_write(place: Path, cause: str) -> None:
    registry = open_registry(place, PLAIN, files=FaultyFiles(FAULTS[cause], 0))
    assert registry.list_models()["total"] == 2
    assert registry.get_model_info("first-coin")["id"] == "first-coin"
    assert registry.search_models("coin")["total"] == 2
    assert registry.validate_registry()["ok"]


def test_a_backup_that_finds_no_room_leaves_nothing_and_hides_nothing(place: Path) -> None:
    for left in range(4):
        files = FaultyFiles(FAULTS["full disk"], left)
        with pytest.raises(StorageError) as refused:
            open_registry(place, PLAIN, files=files).backup_registry()
        assert refused.value.code == "disk_full"
        assert list((place / "backups").iterdir()) == list((place / ".tmp").iterdir()) == []


class TakenBack(Files):
    """A disk that cannot be synced for a while; what is written meanwhile is there to be read, and then taken back."""

    def __init__(self) -> None:
        self.failing = False
        self.seen: Callable[[], object] = lambda: None

    def sync(self, path: Path) -> None:
        if self.failing and path.suffix == ".jsonl":
            self.failing = False
            self.seen()
            with storage_errors(path):
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(path)


def third_coin_taken_back(place: Path) -> tuple[Registry, Registry]:
    """Give who wrote an event that could not be brought to the disk, and who has read, listed and found it before."""
    files = TakenBack()
    writer, reader = open_registry(place, PLAIN, files=files), open_registry(place, PLAIN)
    writer.register_model(source(coin("First Coin")))

    def seen() -> None:
        assert reader.list_models()["total"] == reader.search_models("coin")["total"] == 3

    files.failing, files.seen = True, seen
    with pytest.raises(StorageError):
        writer.register_model(source(coin("Third Coin")))
    return writer, reader


def test_who_has_read_what_was_taken_back_forgets_it(place: Path) -> None:
    _, reader = third_coin_taken_back(place)
    assert reader.list_models()["total"] == reader.search_models("coin")["total"] == 2
    reader.register_model(source(coin("Fourth Coin")))
    assert [row["id"] for row in reader.list_models(sort="id")["items"]] == ["first-coin", "fourth-coin", "second-coin"]
    assert open_registry(place, PLAIN).validate_registry()["ok"]


def test_who_has_read_what_was_taken_back_and_written_anew_writes_behind_the_new_one(place: Path) -> None:
    writer, reader = third_coin_taken_back(place)
    for name in ("Other Coin", "Later Coin"):
        writer.register_model(source(coin(name)))
    listed, found = reader.list_models(sort="id"), reader.search_models("coin", limit=None)
    ids = ["first-coin", "later-coin", "other-coin", "second-coin"]
    assert [row["id"] for row in listed["items"]] == sorted(row["id"] for row in found["items"]) == ids
    reader.register_model(source(coin("Fourth Coin")))
    anew = open_registry(place, PLAIN)
    assert anew.list_models()["total"] == 5
    assert anew.validate_registry()["ok"]


def test_who_has_read_what_another_event_of_its_length_replaced_writes_behind_that(place: Path) -> None:
    writer, reader = third_coin_taken_back(place)
    writer.register_model(source(coin("Other Coin")))
    reader.register_model(source(coin("Fourth Coin")))
    anew = open_registry(place, PLAIN)
    assert [row["id"] for row in anew.list_models(sort="id")["items"]] == [
        "first-coin",
        "fourth-coin",
        "other-coin",
        "second-coin",
    ]
    assert anew.validate_registry()["ok"]


def test_what_was_taken_back_after_a_search_is_found_no_more(place: Path) -> None:
    files = TakenBack()
    writer, reader = open_registry(place, PLAIN, files=files), open_registry(place)
    writer.register_model(source(coin("First Coin")))
    files.failing, files.seen = True, lambda: reader.search_models("coin")
    with pytest.raises(StorageError):
        writer.update_model_metadata("first-coin", {"tags": ["phantom"]})
    writer.update_model_metadata("second-coin", {"tags": ["genuine"]})
    writer.register_model(source(coin("Later Coin")))
    for each in (reader, open_registry(place)):
        assert [hit["id"] for hit in each.search_models("phantom")["items"]] == []
        assert [hit["id"] for hit in each.search_models("genuine")["items"]] == ["second-coin"]


def test_what_was_indexed_and_then_taken_back_is_not_found(place: Path) -> None:
    files = TakenBack()
    writer, reader = open_registry(place, PLAIN, files=files), open_registry(place)
    writer.register_model(source(coin("First Coin")))
    files.failing, files.seen = True, lambda: reader.search_models("coin")
    with pytest.raises(StorageError):
        writer.register_model(source(coin("Third Coin")))
    writer.register_model(source(coin("Fourth Coin")))
    writer.register_model(source(coin("Fifth Coin")))
    found = {hit["id"] for hit in open_registry(place).search_models("coin", limit=None)["items"]}
    assert found == {"first-coin", "second-coin", "fourth-coin", "fifth-coin"}


def test_nothing_is_told_of_an_event_that_cannot_be_brought_to_the_disk(place: Path) -> None:
    files = TakenBack()
    other = open_registry(place, PLAIN, files=files)
    files.failing = True
    with pytest.raises(StorageError):
        other.register_model(source(coin("Second Coin", heads=0.6)))
    assert other.register_model(source(coin("Second Coin", heads=0.6)))["outcome"] == "unchanged"


LIMITED = """
import os, resource, sys
from pathlib import Path
from model_registry.bootstrap import open_registry
from model_registry.errors import StorageError
sys.path.insert(0, sys.argv[2])
from texts import coin, source

registry = open_registry(sys.argv[1], {"index_enabled": False})
registry.register_model(source(coin("First Coin")))
limit = resource.RLIMIT_NOFILE if sys.argv[3] == "files" else resource.RLIMIT_FSIZE
lowest = max(map(int, os.listdir("/proc/self/fd"))) if sys.argv[3] == "files" else 1000
before = resource.getrlimit(limit)
resource.setrlimit(limit, (lowest, before[1]))
try:
    registry.register_model(source(coin("Third Coin")))
except StorageError as error:
    print(error.code)
resource.setrlimit(limit, before)
print(registry.register_model(source(coin("Third Coin")))["outcome"])
"""


@pytest.mark.skipif(
    not Path("/proc/self/fd").is_dir(), reason="the open descriptors of a process cannot be listed here"
)
@pytest.mark.parametrize(("limit", "code"), [("files", "too_many_files"), ("size", "disk_full")])
def test_the_limits_of_a_real_process_are_told_and_survived(place: Path, limit: str, code: str) -> None:
    command = [sys.executable, "-c", LIMITED, str(place), str(Path(__file__).parents[1]), limit]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [code, "created"]
    assert open_registry(place, PLAIN).validate_registry()["findings"] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_folder_that_may_not_be_written_is_told(place: Path) -> None:
    (place / "log" / "000001.jsonl").chmod(0o400)
    with pytest.raises(StorageError) as refused:
        open_registry(place, PLAIN).register_model(source(coin("Third Coin")))
    assert refused.value.code == "no_permission"
