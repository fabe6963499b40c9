"""Eight processes at once on models they share: nothing lost, no number twice, readers never held up.

    python tests/reliability/processes_driver.py [--processes 8] [--operations 500] [--readers 2] [--folder FOLDER]

All of them open a registry that does not exist yet. Each mixes registering, releasing, changing metadata, moving
through the lifecycle, reading and searching; readers read meanwhile, snapshots included, and hold what they read
against the rules. Prints one line of JSON: operations, refusals of each kind, how long writes and reads
took, and every promise broken.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model_registry.bootstrap import memory_registry, open_registry
from model_registry.errors import RegistryError, StorageError
from model_registry.registry import Registry
from reliability.kill_driver import SHARED, broken_promises, move, register, release, update

WRITES: tuple[Callable[[Registry, Random, str], str], ...] = (register, register, release, update, move)


@dataclass
class Notes:
    """What one process saw."""

    done: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    writing: list[float] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)

    @contextmanager
    def timed(self, waits: list[float]) -> Iterator[None]:
        """Note how long something took, and how it was refused if it was."""
        started = monotonic()
        try:
            yield
        except StorageError as error:
            self.faults.append(f"{error.code}: {error.message}")
        except RegistryError as error:
            self.refused[error.code] += 1
        waits.append(monotonic() - started)


def write(folder: Path, number: int, operations: int) -> None:
    """Mix writes and reads, and tell what was seen."""
    notes, chance = Notes(), Random(number)
    register(memory_registry(), chance, "warming up")  # what is imported at the first call is no wait for others
    registry = open_registry(folder / "registry", actor=f"writer-{number}")
    for step in range(operations):
        if chance.random() < 0.3:
            with notes.timed(notes.reading):
                read(registry, chance, notes)
            continue
        with notes.timed(notes.writing):
            told = chance.choice(WRITES)(registry, chance, f"w{number}-{step}")
            notes.done += [told] if told else []
    tell(folder / f"writer-{number}.json", notes)


def read(registry: Registry, chance: Random, notes: Notes) -> None:
    """Ask something of one of the models."""
    model_id = f"shared-{chance.randrange(SHARED)}"
    info = registry.get_model_info(model_id, versions=3)
    revisions = [event["revision"] for event in registry.get_audit_trail(model_id, limit=20)["items"]]
    if revisions != list(range(revisions[0], revisions[0] - len(revisions), -1)):
        notes.faults.append(f"{model_id} was shown with revisions {revisions}")
    if chance.random() < 0.2 and model_id not in {hit["id"] for hit in registry.search_models("shared")["items"]}:
        notes.faults.append(f"{model_id} revision {info['revision']} was not found")


def watch(folder: Path, number: int, stop: Any) -> None:
    """Read until told to stop, from the registry and from the snapshots, whose revisions never go back."""
    notes, chance, seen = Notes(), Random(-number), Counter[str]()
    registry = open_registry(folder / "registry", {"index_enabled": False})
    while not stop.is_set():
        with notes.timed(notes.reading):
            for row in registry.list_models()["items"]:
                registry.get_model_source(row["id"])
        for path in (folder / "registry" / "models").glob("*.json"):
            revision = _revision(path, notes)
            if revision < seen[path.stem]:
                notes.faults.append(f"{path.name} went back from {seen[path.stem]} to {revision}")
            seen[path.stem] = revision
        chance.random()
    tell(folder / f"reader-{number}.json", notes)


def _revision(path: Path, notes: Notes) -> int:
    try:
        return int(json.loads(path.read_bytes())["revision"])
    except (ValueError, LookupError) as error:
        notes.faults.append(f"{path.name} was torn: {error}")
        return 0


def tell(path: Path, notes: Notes) -> None:
    """Write down what a process saw."""
    path.write_text(json.dumps(vars(notes)))


def run(folder: Path, processes: int, operations: int, readers: int) -> dict[str, Any]:
    """Let them work, and hold what they say against what is there."""
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    writers = [spawn.Process(target=write, args=(folder, number, operations)) for number in range(processes)]
    watchers = [spawn.Process(target=watch, args=(folder, number, stop)) for number in range(readers)]
    for process in [*writers, *watchers]:
        process.start()
    for process in writers:
        process.join()
    stop.set()
    for process in watchers:
        process.join()
    codes = [process.exitcode for process in [*writers, *watchers]]
    told = [json.loads(path.read_text()) for path in sorted(folder.glob("*-*.json"))]
    done = [op_id for each in told for op_id in each["done"]]
    faults = [fault for each in told for fault in each["faults"]] + broken_promises(folder / "registry", done)
    return {
        "operations": sum(len(each["writing"]) + len(each["reading"]) for each in told),
        "acknowledged": len(done),
        "refused": dict(sum((Counter(each["refused"]) for each in told), Counter[str]())),
        "writing": waits([wait for each in told for wait in each["writing"]]),
        "reading": waits([wait for each in told for wait in each["reading"]]),
        "faults": faults + [f"a process ended with {code}" for code in codes if code],
    }


def waits(seconds: list[float]) -> dict[str, float]:
    """Give the median, the 99th of a hundred and the longest of some waits, in seconds."""
    ordered = sorted(seconds)
    places = {"median": len(ordered) // 2, "p99": len(ordered) * 99 // 100, "longest": -1}
    return {name: round(ordered[place], 3) for name, place in places.items()}


def main() -> None:
    """Try and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--operations", type=int, default=500)
    parser.add_argument("--readers", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        print(json.dumps(run(given.folder or Path(scratch), given.processes, given.operations, given.readers)))


if __name__ == "__main__":
    main()
