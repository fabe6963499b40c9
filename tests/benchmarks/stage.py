"""What a theme of the benchmark works with, and the processes it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.budgets import LARGE
from benchmarks.corpora import Corpus, Text, new_texts
from benchmarks.measuring import Disk, Figure
from benchmarks.peers import Peer
from model_registry.registry import Registry

TESTS = Path(__file__).resolve().parents[1]
SRC = TESTS.parent / "src"
SURROUNDINGS = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (SRC, TESTS)))}

_turns = count()


@dataclass(frozen=True)
class Stage:
    """A registry filled with a corpus, and peers filled with the same models, unless it has too many to be `beside`."""

    corpus: Corpus
    place: Path
    registry: Registry
    scratch: Path
    peers: dict[str, Peer] = field(default_factory=dict)
    beside: bool = True

    @property
    def models(self) -> int:
        """Give how many models there are."""
        return self.corpus.count

    def rounds(self, usual: int) -> int:
        """Give how often to repeat what looks at every model: once where there are very many."""
        return usual if self.models < LARGE else 1

    @property
    def disk(self) -> Disk:
        """Give the disk that the registry lies on."""
        return Disk(self.scratch)

    def peer(self, title: str) -> dict[str, Peer]:
        """Give a peer by its title, if it takes part."""
        return {title: self.peers[title]} if title in self.peers else {}


Theme = Callable[[Stage], Iterator[Figure]]


def fresh(count: int) -> list[Text]:
    """Give models that are registered nowhere yet."""
    return new_texts(count, next(_turns))


def python(script: str, *arguments: object) -> Any:
    """Run a script in a process of its own and give the JSON it prints last."""
    done = run([sys.executable, "-c", script, *map(str, arguments)])
    return json.loads(done.splitlines()[-1])


def run(command: Sequence[str]) -> str:
    """Run a command to its end and give what it printed."""
    done = subprocess.run(command, env=SURROUNDINGS, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)[:200]} failed:\n{done.stderr[-2_000:]}")
    return done.stdout
