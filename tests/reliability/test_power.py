"""Power cuts, simulated: whatever of the unsynced writes reached the disk, what was acknowledged is there."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from model_registry.bootstrap import open_registry
from reliability.crash_driver import PLAIN
from reliability.power import BLOCK, Call, Disk, Killed, RecordingFiles, put
from reliability.power_driver import run
from texts import coin, source

BASE = Path("/base")


@pytest.mark.parametrize(
    ("step", "chances", "kills", "least"), [(9, 2, 5, 80), pytest.param(1, 8, 30, 5_000, marks=pytest.mark.long)]
)
def test_no_power_cut_loses_what_was_acknowledged_or_leaves_half_of_anything(
    quick_folder: Path, step: int, chances: int, kills: int, least: int
) -> None:
    tally = run(quick_folder, step, chances, kills)
    print(f"{tally.states} states, {tally.acknowledged} acknowledged operations looked for")
    assert tally.faults == []
    assert tally.states >= least


LAST_CALLS = {
    "a folder of sources": lambda call: call.name == "folder" and call.path.parent.name == "sources",
    "the name of a source": lambda call: call.name == "rename" and "sources" in str(call.target),
    "the line": lambda call: call.name == "append" and call.path.parent.name == "log",
    "the format": lambda call: call.name == "rename" and "format.json" in str(call.target),
    "the folder of the registry": lambda call: call.name == "folder" and call.path.name == "registry",
    "the folder above the registry": lambda call: call.name == "folder" and call.path.name == "models",
}


@pytest.mark.parametrize("last", LAST_CALLS)
def test_what_a_writer_that_died_had_not_synced_is_settled_by_the_next(quick_folder: Path, last: str) -> None:
    base, journal = quick_folder / "base", list[Call]()
    place = base / "models" / "registry"
    base.mkdir()
    dying = RecordingFiles(base, journal, deadly=LAST_CALLS[last])
    with pytest.raises(Killed):
        open_registry(place, PLAIN, files=dying).register_model(source(coin("Coin")), op_id="call")
    open_registry(place, PLAIN, files=RecordingFiles(base, journal)).register_model(source(coin("Coin")), op_id="call")
    (quick_folder / "left").mkdir()
    put(Disk(base, journal).after_power_cut(None), base, quick_folder / "left")
    left = open_registry(quick_folder / "left" / "models" / "registry", PLAIN)
    assert left.get_model_source("coin")["text"] == coin("Coin")
    assert [event.op_id for event in left.events()] == ["call"]


def test_a_backup_survives_in_a_folder_that_a_copy_had_left_out(quick_folder: Path) -> None:
    place, journal = quick_folder / "registry", list[Call]()
    open_registry(place, PLAIN, files=RecordingFiles(quick_folder, journal)).register_model(source(coin("Coin")))
    (place / "backups").rmdir()
    journal += [Call("remove", place / "backups"), Call("sync", place)]
    backup = open_registry(place, PLAIN, files=RecordingFiles(quick_folder, journal)).backup_registry()["backup"]
    assert place / backup in Disk(quick_folder, journal).after_power_cut(None)


class TestTheModelOfADisk:
    """The simulation is worth no more than its disk: it loses what real ones may lose, and keeps what they keep."""

    FILE = BASE / "file"

    def states(self, *calls: Call) -> set[bytes | None]:
        disk = Disk(BASE, calls)
        return {disk.after_power_cut(Random(seed)).get(self.FILE) for seed in range(300)}

    def test_a_file_is_there_for_sure_once_it_and_its_folder_are_synced(self) -> None:
        written = Call("write", self.FILE, b"text")
        assert self.states(written, Call("sync", self.FILE), Call("sync", BASE)) == {b"text"}
        assert self.states(written, Call("sync", self.FILE)) == {None, b"text"}
        assert self.states(written, Call("sync", BASE)) >= {b"", b"text"}

    def test_blocks_of_one_write_come_and_go_by_themselves(self) -> None:
        settled = [Call("write", self.FILE, b"a"), Call("sync", self.FILE), Call("sync", BASE)]
        appended = Call("append", self.FILE, b"b" * BLOCK)
        left = self.states(*settled, appended)
        whole = b"a" + b"b" * BLOCK
        assert left == {b"a", whole, b"a" + bytes(BLOCK - 1) + b"b", whole[:BLOCK] + b"\0", b"a" + bytes(BLOCK)}

    def test_a_renamed_file_is_the_old_one_or_the_new_one(self) -> None:
        old = [Call("write", self.FILE, b"old"), Call("sync", self.FILE), Call("sync", BASE)]
        other = BASE / "other"
        new = [Call("write", other, b"new"), Call("sync", other), Call("rename", other, target=self.FILE)]
        assert self.states(*old, *new) == {b"old", b"new"}
