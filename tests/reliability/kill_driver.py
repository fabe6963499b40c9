"""Kill one, three or eight writers with SIGKILL at a moment left to chance, and see what is there, again and again.

    python tests/reliability/kill_driver.py FOLDER [--kills 40] [--seed 0]

The writers register, release, change metadata, move through the lifecycle and register batches, on models they share.
Each tells an operation through a pipe once it has returned; when enough are told, all are killed. Ten rounds go on in
one registry. Prints one line of JSON: kills, operations acknowledged, events found, and every promise broken.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model_registry.bootstrap import open_registry
from model_registry.domain.events import Event
from model_registry.errors import RegistryError, StorageError
from model_registry.registry import Registration, Registry
from reliability.crash_driver import PLAIN
from texts import coin, source

PROCESSES = (1, 3, 8)
ROUNDS = 10
"""Rounds in one registry, before another is begun."""

SHARED = 4
"""Models that all writers work on."""


@dataclass
class Tally:
    """What was seen."""

    kills: int = 0
    processes: int = 0
    acknowledged: int = 0
    events: int = 0
    faults: list[str] = field(default_factory=list)


def register(registry: Registry, chance: Random, op_id: str) -> str:
    """Register one of the shared models, with another probability in it."""
    text = coin(f"Shared {chance.randrange(SHARED)}", heads=chance.randrange(1, 999) / 1000)
    return op_id if registry.register_model(source(text), op_id=op_id)["outcome"] != "unchanged" else ""


def release(registry: Registry, chance: Random, op_id: str) -> str:
    """Make a version of one of them."""
    registry.create_model_version(f"shared-{chance.randrange(SHARED)}", op_id=op_id)
    return op_id


def update(registry: Registry, chance: Random, op_id: str) -> str:
    """Tag one of them with the name of the operation."""
    registry.update_model_metadata(f"shared-{chance.randrange(SHARED)}", {"tags": [op_id]}, op_id=op_id)
    return op_id


def move(registry: Registry, chance: Random, op_id: str) -> str:
    """Deprecate one of them for another reason than before."""
    registry.deprecate_model(f"shared-{chance.randrange(SHARED)}", op_id, op_id=op_id)
    return op_id


def batch(registry: Registry, chance: Random, op_id: str) -> str:
    """Register three models in one commit; they are named after the operation."""
    registry.register_models([Registration(source(coin(f"Batch {op_id} {number}"))) for number in range(3)])
    return f"batch {op_id}"


OPERATIONS: tuple[Callable[[Registry, Random, str], str], ...] = (register, register, release, update, move, batch)


def write_until_death(place: Path, name: str, pipe: int) -> None:
    """Carry out operations and tell each that returned; never comes back."""
    registry, chance = open_registry(place, PLAIN, actor=name), Random(name)
    for number in range(100_000):
        try:
            told = chance.choice(OPERATIONS)(registry, chance, f"{name}-{number}")
        except StorageError as error:
            told = f"fault {error.code}: {error.message}"
        except RegistryError:
            continue
        if told:
            os.write(pipe, f"{told}\n".encode())
    os._exit(0)


def killed_while_writing(place: Path, round_: int, writers: int, enough: int) -> list[str]:
    """Let writers work until they have told so much, kill them all, and give what was told."""
    reader, writer = os.pipe()
    children = []
    for number in range(writers):
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                write_until_death(place, f"w{round_}-{number}", writer)
            except BaseException as error:  # noqa: BLE001 - a child tells of anything, and never goes on as its parent
                os.write(writer, f"fault {error!r:.500}\n".encode())
            os._exit(1)
        children.append(child)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = [line for _ in range(enough) if (line := pipe.readline().rstrip("\n"))]
        for child in children:
            os.kill(child, signal.SIGKILL)
        told += pipe.read().split("\n")[:-1]
    for child in children:
        os.waitpid(child, 0)
    return told


def broken_promises(place: Path, told: list[str]) -> list[str]:
    """Give what is not as it was told, first as a reader finds it, then as the next writer leaves it."""
    faults = [line for line in told if line.startswith("fault")]
    events = list(open_registry(place, PLAIN).events())
    times = Counter(event.op_id for event in events)
    faults += [f"{times[op_id]} times there: {op_id}" for op_id in told if " " not in op_id and times[op_id] != 1]
    faults += [f"done twice: {op_id}" for op_id, many in times.items() if many > 1]
    faults += _gaps(events)
    registry = open_registry(place)
    registry.register_model(source(coin("Written After", heads=len(events) % 997 / 1000)))
    entries = registry.catalogue().entries
    batches = [line.replace(" ", "-") for line in told if line.startswith("batch ")]
    faults += [f"lost: {name}-{n}" for name in batches for n in range(3) if f"{name}-{n}" not in entries]
    findings = registry.validate_registry()["findings"]
    faults += [f"{finding['code']} {finding['where']}: {finding['message']}" for finding in findings]
    return faults + _search_faults(registry)


def _gaps(events: list[Event]) -> list[str]:
    """Give the models whose revisions are not counted through, or whose versions share a number."""
    revisions: dict[str, list[int]] = defaultdict(list)
    numbers: dict[str, list[Any]] = defaultdict(list)
    for event in events:
        revisions[event.model or ""].append(event.revision)
        if event.kind in {"model_registered", "version_registered"}:
            numbers[event.model or ""].append(event.data["version"])
    gaps = [name for name, counted in revisions.items() if counted != list(range(1, len(counted) + 1))]
    twice = [name for name, given in numbers.items() if len(set(map(str, given))) != len(given)]
    return [f"revisions of {name}" for name in gaps] + [f"numbers of {name}" for name in twice]


def _search_faults(registry: Registry) -> list[str]:
    """Give where the search and the list disagree."""
    listed = {entry.id for entry in registry.catalogue().visible()}
    found = {hit["id"] for hit in registry.search_models("coin", limit=None)["items"]}
    faults = [f"the search disagrees with the list: {sorted(listed ^ found)[:5]}"] if listed != found else []
    for number in range(SHARED):
        entry = registry.catalogue().entries.get(f"shared-{number}")
        for tag in entry.metadata.tags if entry else ():
            hits = [hit["id"] for hit in registry.search_models(f'tag:"{tag}"')["items"]]
            faults += [] if f"shared-{number}" in hits else [f"{tag} is not found"]
    return faults


def run(folder: Path, kills: int, seed: int) -> Tally:
    """Go through so many rounds."""
    tally, told, chance = Tally(), list[str](), Random(seed)
    for round_ in range(kills):
        place = folder / f"registry-{round_ // ROUNDS}"
        told = [] if round_ % ROUNDS == 0 else told
        writers = PROCESSES[round_ % len(PROCESSES)]
        told += killed_while_writing(place, round_, writers, chance.randrange(1, 6 * writers))
        tally.kills, tally.processes = tally.kills + 1, tally.processes + writers
        tally.faults += [f"round {round_}: {fault}" for fault in broken_promises(place, told)]
        if round_ % ROUNDS == ROUNDS - 1 or round_ == kills - 1:
            tally.acknowledged += len(told)
            tally.events += open_registry(place, PLAIN).catalogue().position.seq
    return tally


def main() -> None:
    """Try and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        print(json.dumps(vars(run(given.folder or Path(scratch), given.kills, given.seed))))


if __name__ == "__main__":
    main()
