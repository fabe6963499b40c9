"""What a measurement is: medians of calls made in turn, beside one fsync of the same disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from statistics import fmean, median, quantiles
from time import perf_counter
from typing import Any

OURS = "this registry"

Call = Callable[[int], float]
"""Does its n-th piece of work and gives the milliseconds it took."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one participant needs for one operation at one size: the median of its runs, and the 95th percentile.

    `fsync` is the median of one fsync between the same runs, for writes that wait for the disk; else 0.
    """

    operation: str
    models: int
    who: str
    value: float
    unit: str = "ms"
    p95: float = 0.0
    fsync: float = 0.0


def timed(work: Callable[[], object]) -> float:
    """Give the milliseconds a piece of work takes."""
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1_000


def call(work: Callable[[int], object]) -> Call:
    """Make a call of a piece of work that does not time itself."""
    return lambda number: timed(lambda: work(number))


def in_turn(calls: Mapping[str, Call], rounds: int, *, warm: int = 1) -> dict[str, list[float]]:
    """Let each do its work, round by round, so that what else the machine does falls on all alike."""
    for number in range(-warm, 0):
        for work in calls.values():
            work(number)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds):
        for name, work in calls.items():
            times[name].append(work(number))
    return times


def figures(
    operation: str, models: int, calls: Mapping[str, Call], rounds: int, *, warm: int = 1, disk: Disk | None = None
) -> Iterator[Figure]:
    """Measure an operation of several participants in turn; with a `disk`, an fsync of it in every round too."""
    probe = {"": disk.call} if disk else {}
    times = in_turn({**calls, **probe}, rounds, warm=warm)
    fsync = median(times.pop("", [0.0]))
    for who, seen in times.items():
        yield Figure(operation, models, who, median(seen), p95=percentile(seen), fsync=fsync)


def percentile(times: Sequence[float], of: int = 95) -> float:
    """Give a percentile of some times."""
    return quantiles(times, n=100, method="inclusive")[of - 1] if len(times) > 1 else max(times, default=0.0)


class Disk:
    """An fsync of a few kilobytes on the disk that holds a folder: the least a durable write can take."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "fsync-probe"

    def call(self, _: int) -> float:
        """Append to a file and wait until it is on the disk; gives the milliseconds of both."""
        with self._path.open("ab", buffering=0) as file:
            began = perf_counter()
            file.write(b"x" * 2_000)
            os.fsync(file.fileno())
            return (perf_counter() - began) * 1_000


def exponent(sizes: Mapping[int, float]) -> float:
    """Give the power of the number of models with which a figure grows: the slope of a straight line, log over log."""
    points = [(log(models), log(value)) for models, value in sizes.items() if value > 0]
    x, y = fmean(at for at, _ in points), fmean(value for _, value in points)
    return sum((at - x) * (value - y) for at, value in points) / sum((at - x) ** 2 for at, _ in points)


def growth(measured: Iterable[Figure]) -> dict[str, dict[int, float]]:
    """Give for each operation of ours its figure at every size, where there are at least two."""
    found: dict[str, dict[int, float]] = {}
    for figure in measured:
        if figure.who == OURS:
            found.setdefault(figure.operation, {})[figure.models] = figure.value
    return {operation: sizes for operation, sizes in found.items() if len(sizes) > 1}


def agree(what: str, answers: Mapping[str, Any]) -> None:
    """End the run when participants did not do the same work."""
    first, *others = answers.values()
    if any(other != first for other in others):
        told = "; ".join(f"{who}: {answer!r:.200}" for who, answer in answers.items())
        raise SystemExit(f"{what}: the participants disagree: {told}")
