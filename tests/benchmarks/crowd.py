"""Several writers at once, and readers beside a writer, each a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from benchmarks.measuring import OURS, Figure, call, figures
from benchmarks.stage import SURROUNDINGS, Stage

WRITES = 50
READS = 60

WRITER = """
import sys
from benchmarks.corpora import new_texts
from model_registry.bootstrap import open_registry
registry = open_registry(sys.argv[1], actor="writer")
texts = [text.registration.source for text in new_texts(int(sys.argv[3]), int(sys.argv[2]))]
registry.catalogue()
print("ready", flush=True)
sys.stdin.readline()
for text in texts:
    registry.register_model(text)
print("done", flush=True)
"""

FIRST_TURN = 100_000
"""Writers write models of turns of their own."""


class Writer:
    """A process that registers models, one durable call after the other."""

    def __init__(self, place: Path, turn: int, count: int) -> None:
        asked = [sys.executable, "-c", WRITER, str(place), str(turn), str(count)]
        self._process = subprocess.Popen(
            asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=SURROUNDINGS
        )

    def __enter__(self) -> Writer:
        self.wait_for("ready")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def wait_for(self, word: str) -> None:
        """Wait until it says a word."""
        assert self._process.stdout
        if self._process.stdout.readline().strip() != word:
            raise SystemExit("a writer ended early")


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure registrations a second of one, two and four writers, and reads while one writes."""
    turn = FIRST_TURN + stage.models
    before = len(stage.registry.catalogue().entries)
    for count in (1, 2, 4):
        with ExitStack() as running:
            writers = [running.enter_context(Writer(stage.place, turn + each, WRITES)) for each in range(count)]
            began = perf_counter()
            for writer in writers:
                writer.go()
            for writer in writers:
                writer.wait_for("done")
            took = perf_counter() - began
        turn += count
        title = f"{count} writer{'s' if count > 1 else ''}"
        yield Figure(f"registrations of {title}", stage.models, OURS, count * WRITES / took, "a second")
    written = len(stage.registry.catalogue().entries) - before
    if written != 7 * WRITES:
        raise SystemExit(f"writers registered {written} models, not {7 * WRITES}")
    known = list(stage.registry.catalogue().entries)[: READS + 1]
    with Writer(stage.place, turn, READS) as writer:
        writer.go()
        reads = {OURS: call(lambda number: stage.registry.get_model_info(known[number]))}
        yield from figures("get a model beside a writer", stage.models, reads, READS)
        writer.wait_for("done")
