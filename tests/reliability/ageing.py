"""What a registry costs when it has grown old: opening, committing, room on the disk, memory, descriptors.

    python tests/reliability/ageing.py [--events 200000] [--models 2000] [--folder FOLDER]
    python tests/reliability/ageing.py --soak 600 [--folder FOLDER]

The first fills a registry in batches and prints what an opening and a commit cost then and on a new one (calls of the
file seam, bytes read and written), the bytes for each model and version, and what packing the closed segments saved.
The second writes, reads, searches and reopens for so many seconds, and prints memory and descriptors ten times, and at
last those of a new process at the same registry: what grows in both is the registry, what grows in one alone is a leak.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from counting import Cost, CountingFiles
from model_registry.bootstrap import open_registry
from model_registry.registry import Registration, Registry
from reliability.crash_driver import PLAIN
from texts import coin, source

BATCH = 500

FRESH_SECONDS = 20
"""How long a new process works before it is compared with one that has worked for long."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Age:
    """What a registry of some age costs."""

    events: int
    opening: Cost
    commit: Cost
    log_bytes: int
    packed_log_bytes: int
    source_bytes: int
    snapshot_bytes: int
    checkpoint_bytes: int
    models: int
    versions: int

    def told(self) -> dict[str, Any]:
        """Give it for people and programs."""
        every = self.log_bytes + self.source_bytes + self.snapshot_bytes + self.checkpoint_bytes
        return asdict(self) | {"bytes_per_model": every // self.models, "bytes_per_version": every // self.versions}


def filled(place: Path, events: int, models: int) -> Registry:
    """Give a registry in which so much has happened to so many models: each tenth time a version, else metadata."""
    registry, size = open_registry(place, PLAIN, actor="age"), min(BATCH, models)
    for first in range(0, events, size):
        numbers = range(first, min(events, first + size))
        registry.register_models([_wish(number % models, number // models) for number in numbers])
    return registry


def _wish(model: int, times: int) -> Registration:
    """Give what is asked for a model the n-th time: a changed probability, or the same text with another tag."""
    text = coin(f"Aged {model}", heads=round(0.1 + times // 10 * 37 % 800 / 1000, 3))
    return Registration(source(text), {"tags": [f"time-{times}"]})


def measure(place: Path) -> Age:
    """Tell what a registry costs that lies there."""
    files = CountingFiles()
    opening = files.cost_of(lambda: open_registry(place, PLAIN, files=files).catalogue())
    registry = open_registry(place, PLAIN, files=files)
    update = registry.update_model_metadata
    commits = [files.cost_of(partial(update, "aged-1", {"tags": [tag]})) for tag in ("one", "two", "three")]
    entries = registry.catalogue().entries.values()
    plain = size_of(place / "log")
    registry._ledger.log.pack()
    return Age(
        events=registry.catalogue().position.seq,
        opening=opening,
        commit=commits[-1],
        log_bytes=plain,
        packed_log_bytes=size_of(place / "log"),
        source_bytes=size_of(place / "sources"),
        snapshot_bytes=size_of(place / "models"),
        checkpoint_bytes=size_of(place / "checkpoint"),
        models=len(entries),
        versions=sum(len(entry.versions) for entry in entries),
    )


def size_of(folder: Path) -> int:
    """Give the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def soak(place: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """Work on a registry for so long, and tell ten times what the process holds."""
    registry, chance, rounds = open_registry(place, actor="soak"), Random(0), 0
    registry.register_models([Registration(source(coin(f"Soaked {number}"))) for number in range(20)])
    for tenth in range(1, 11):
        until = monotonic() + seconds / 10
        while monotonic() < until:
            rounds += 1
            work(registry, chance, rounds)
            if rounds % 50 == 0:
                work(open_registry(place, actor="soak"), chance, rounds)
        yield {"tenth": tenth, "rounds": rounds, "resident_mb": resident(), "descriptors": descriptors()}


def fresh(place: Path) -> dict[str, Any]:
    """Give what a process holds that begins to work on a registry as it lies, for a little while."""
    command = [sys.executable, __file__, "--soak", str(FRESH_SECONDS), "--folder", str(place.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


def work(registry: Registry, chance: Random, round_: int) -> None:
    """Write once or twice and ask a few things."""
    name = f"Soaked {chance.randrange(20)}"
    if round_ % 5 == 0:
        registry.register_model(source(coin(name, heads=chance.randrange(1, 50) / 100)))
    model_id = name.lower().replace(" ", "-")
    registry.update_model_metadata(model_id, {"tags": [f"round-{round_ % 7}"]})
    registry.search_models("coin OR toss", {"tags": [f"round-{round_ % 7}"]})
    registry.get_model_info(model_id, versions=3)
    registry.get_audit_trail(model_id, limit=5)


def resident() -> float:
    """Give the resident memory of this process in megabytes."""
    return round(int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6, 1)


def descriptors() -> int:
    """Give how many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    """Fill and measure, or soak, and print a line of JSON for each result."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--models", type=int, default=2_000)
    parser.add_argument("--soak", type=float, default=0)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        place = (given.folder or Path(scratch)) / "registry"
        if given.soak:
            for told in soak(place, given.soak):
                print(json.dumps(told), flush=True)
            if given.soak > FRESH_SECONDS:
                print(json.dumps({"a new process": fresh(place)}))
            return
        filled(place.with_name("new"), 100, 100)
        print(json.dumps({"new": measure(place.with_name("new")).told()}), flush=True)
        started = monotonic()
        filled(place, given.events, given.models)
        print(json.dumps({"filled_in_seconds": round(monotonic() - started)}), flush=True)
        print(json.dumps({"old": measure(place).told()}))


if __name__ == "__main__":
    main()
