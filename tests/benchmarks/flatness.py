"""Whether a write costs the same however long the history of its model is.

    python tests/benchmarks/flatness.py [--rounds 500] [--folder FOLDER]

Carries out rounds of twenty operations on one single model, two of which add a version (500 rounds are ten thousand
operations and a thousand versions), and prints for each kind what the first hundred and the last hundred cost. Times
are medians; calls and bytes, counted in the file seam, are means, so that work put off to every so many writes shows.
Deleting is not among the operations: by its promise it puts the whole model aside first.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from counting import Cost, CountingFiles
from model_registry.adapters.directory.usage import UsageFiles
from model_registry.bootstrap import open_registry
from model_registry.registry import Registry
from texts import coin, source

SAMPLE = 100
"""Operations of one kind at either end that are compared."""

MODEL = "coin-judge"

Operation = Callable[[Registry, int], object]


def text_of(number: int) -> str:
    """Give a text in which a probability differs from that of the numbers near it."""
    return coin(heads=round(0.1 + number * 37 % 800 / 1000, 3))


def newest(registry: Registry, back: int = 0) -> str:
    """Give the number of the version registered last, or of one so many before it."""
    versions = registry.catalogue().entries[MODEL].versions
    return versions[max(0, len(versions) - 1 - back)].version


def measure(registry: Registry, number: int) -> object:
    """State the performance of the current version, under an op_id."""
    return registry.update_model_metadata(MODEL, {"performance": {"score": number / 1e6}}, op_id=f"measured-{number}")


def count_a_use(registry: Registry) -> None:
    """Read the model, and write the count of it."""
    registry.get_model_source(MODEL)
    assert isinstance(registry._usage, UsageFiles)
    registry._usage.flush()


OPERATIONS: Mapping[str, Operation] = {
    "register a changed text": lambda registry, number: registry.register_model(source(text_of(number))),
    "register it again": lambda registry, number: registry.register_model(source(text_of(number))),
    "update metadata": lambda registry, number: registry.update_model_metadata(MODEL, {"tags": [f"round-{number}"]}),
    "measure": measure,
    "measure again (replayed)": lambda registry, number: measure(registry, number // 2),
    "require": lambda registry, number: registry.update_model_metadata(MODEL, {"dependencies": [f"pypi:n>={number}"]}),
    "set an alias": lambda registry, number: registry.set_model_alias(MODEL, "best", newest(registry)),
    "move an alias": lambda registry, number: registry.set_model_alias(MODEL, "best", newest(registry, 1)),
    "remove an alias": lambda registry, number: registry.set_model_alias(MODEL, "best"),
    "release anew": lambda registry, number: registry.create_model_version(MODEL),
    "roll back": lambda registry, number: registry.rollback_model(MODEL, newest(registry, 1)),
    "roll forward": lambda registry, number: registry.rollback_model(MODEL, newest(registry)),
    "yank": lambda registry, number: registry.yank_model_version(MODEL, newest(registry), "a trial"),
    "take a yank back": lambda registry, number: registry.yank_model_version(MODEL, newest(registry), undo=True),
    "deprecate": lambda registry, number: registry.deprecate_model(MODEL, f"reason {number}"),
    "renew the notice": lambda registry, number: registry.deprecate_model(MODEL, f"better reason {number}"),
    "restore a deprecated": lambda registry, number: registry.restore_model(MODEL),
    "archive": lambda registry, number: registry.archive_model(MODEL),
    "restore an archived": lambda registry, number: registry.restore_model(MODEL),
    "count a use": lambda registry, number: count_a_use(registry),
}
"""What is done in each round, in this order."""


@dataclass(slots=True)
class Series:
    """What the operations of one kind cost, in order."""

    seconds: list[float] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)


def play(registry: Registry, files: CountingFiles, rounds: int) -> dict[str, Series]:
    """Carry out the rounds and give what each kind of operation cost."""
    table: dict[str, Series] = defaultdict(Series)
    for number in range(rounds):
        for title, operation in OPERATIONS.items():
            before, started = files.cost, perf_counter()
            operation(registry, number)
            table[title].seconds.append(perf_counter() - started)
            table[title].costs.append(files.cost - before)
    return table


def lines(table: Mapping[str, Series]) -> Iterator[str]:
    """Give the table, a line for each kind of operation: first and last, and how the last compares."""
    yield f"{'':26}" + "".join(f"{head:>24}" for head in ("median ms", "calls", "bytes read", "bytes written"))
    for title, series in table.items():
        costs = [
            (cost.calls for cost in series.costs),
            (cost.read for cost in series.costs),
            (cost.written for cost in series.costs),
        ]
        cells = [ends([1_000 * spent for spent in series.seconds], median, ".2f")]
        cells += [ends(list(column), fmean, ".0f") for column in costs]
        yield f"{title:26}" + "".join(f"{cell:>24}" for cell in cells)


def ends(values: list[float] | list[int], middle: Callable[[Iterable[float]], float], form: str) -> str:
    """Give the middle of the first and of the last of the values, and the ratio of the two."""
    first, last = middle(values[:SAMPLE]), middle(values[-SAMPLE:])
    ratio = f"x{last / first:.2f}" if first else ""
    return f"{first:{form}} {last:{form}} {ratio:>6}"


def main() -> None:
    """Run in a folder, or in one that is removed afterwards, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        files, started = CountingFiles(), perf_counter()
        registry = open_registry((given.folder or Path(scratch)) / "registry", files=files, actor="bench")
        table = play(registry, files, given.rounds)
        print("\n".join(lines(table)))
        writes = sum(len(series.seconds) for series in table.values())
        print(f"{writes} operations on one model in {perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
