"""Cut the power at every point of what writers do, in many of the states a disk may be left in, and see what is there.

    python tests/reliability/power_driver.py FOLDER [--step 1] [--chances 8] [--kills 20]

First one writer does all its operations. Then a writer is killed on its way, another does them again, and then the
power fails: what the second one was told is done must be there although the first one never synced it. Prints one line
of JSON: states looked at, operations acknowledged before them, and every promise broken.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model_registry.adapters.files import Files
from model_registry.bootstrap import open_registry
from model_registry.errors import StorageError
from reliability.crash_driver import PLAIN, broken_promises, operations
from reliability.power import Call, Disk, Killed, RecordingFiles, put, states

PLACE = Path("models") / "registry"

AGAIN = 5
"""In one of so many states all operations are done again, in the others one new one is."""


class Unsynced(Files):
    """Waits for no disk: what is looked at here is not cut off again."""

    def sync(self, path: Path) -> None:
        """Do nothing."""

    def boot(self) -> str:
        """Give another run of the system than the one before the power cut."""
        return "after the power cut"


@dataclass
class Tally:
    """What was looked at."""

    states: int = 0
    acknowledged: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)


def write(base: Path, journal: list[Call], last: int | None = None) -> bool:
    """Carry out the operations, noting each that returned; tell whether the writer lived to the end."""
    try:
        registry = open_registry(base / PLACE, PLAIN, files=RecordingFiles(base, journal, last))
        for name, operation in operations(registry):
            operation()
            journal.append(Call("acknowledged", Path(name)))
    except Killed:
        return False
    return True


def histories(folder: Path, kills: int) -> Iterator[tuple[str, Path, list[Call]]]:
    """Give what each writer, or pair of writers, did to a folder of its own."""
    base, whole = folder / "whole", list[Call]()
    base.mkdir(parents=True)
    write(base, whole)
    yield "one writer", base, whole
    for number in range(kills):
        last = 1 + number * len(whole) // max(kills, 1)
        base, journal = folder / f"killed-{last}", list[Call]()
        base.mkdir(parents=True)
        write(base, journal, last)
        write(base, journal)
        yield f"killed at {last}, done again", base, journal


def examine(title: str, base: Path, journal: list[Call], points: range, chances: int, tally: Tally) -> None:
    """Cut the power after each of these calls, and look at every state once."""
    seen = set()
    for point in points:
        calls = journal[:point]
        acknowledged = [str(call.path) for call in calls if call.name == "acknowledged"]
        for number, state in enumerate(states(Disk(base, calls), point, chances)):
            key = hash((tuple(sorted(state.items())), len(acknowledged)))
            if key in seen:
                continue
            seen.add(key)
            place = base.parent / f"state-{tally.states}"
            place.mkdir()
            put(state, base, place)
            tally.states += 1
            tally.acknowledged += len(acknowledged)
            where = f"{title}, power cut at call {point} of {len(journal)}, state {number}"
            tally.faults += [f"{where}: {fault}" for fault in _faults(place / PLACE, acknowledged, tally)]
            shutil.rmtree(place, ignore_errors=True)


def _faults(place: Path, acknowledged: list[str], tally: Tally) -> list[str]:
    """Give what is broken; a log that refuses to go on is counted apart. In some states the old writer comes back."""
    try:
        return broken_promises(place, acknowledged, PLAIN, Unsynced(), again=tally.states % AGAIN == 0)
    except StorageError as error:
        tally.refused += 1
        return [f"refused: {error.code}: {error.message}"]


def run(folder: Path, step: int, chances: int, kills: int) -> Tally:
    """Cut the power after every `step`-th call of each history."""
    tally = Tally()
    for title, base, journal in histories(folder, kills):
        first = 1 if title == "one writer" else len(journal) // 2
        examine(title, base, journal, range(first, len(journal) + 1, step), chances, tally)
    return tally


def main() -> None:
    """Try and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--chances", type=int, default=8)
    parser.add_argument("--kills", type=int, default=20)
    given = parser.parse_args()
    print(json.dumps(vars(run(given.folder, given.step, given.chances, given.kills))))


if __name__ == "__main__":
    main()
