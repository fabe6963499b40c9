"""What a run is held against: budgets for figures of ours, and how far ahead of a peer a figure is to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.measuring import OURS, Figure

LARGE = 100_000


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so much for an operation, where a registry holds between `least` and `most` models."""

    operation: str
    at_most: float
    least: int = 0
    most: int = 10_000
    p95: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """A peer's figure is to be at least so many times ours, at one number of models.

    Where ours does `count` things at once, each is held against one that the peer does by the `other` operation.
    """

    operation: str
    peer: str
    times: float
    models: int = 10_000
    other: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was asked of a figure, what it is, and whether that is enough."""

    asked: str
    found: str
    met: bool


BUDGETS: Sequence[Budget] = (
    Budget("register a new model", 5),
    Budget("get a model", 0.5, 10_000, LARGE),
    Budget("get a model, read before", 0.5, 10_000, LARGE),
    Budget("search: all of the five", 5),
    Budget("search: all of the five", 25, p95=True),
    Budget("list by a filter, first page", 3, 10_000, LARGE),
    Budget("process, cold", 6, 1_000, 1_000),
    Budget("process, unchanged", 1, 1_000, 1_000),
    Budget("import model_registry", 300),
    Budget("server start to tools/list", 1_000),
    Budget("memory, serving", 130),
    Budget("process, cold", 600, LARGE, LARGE),
    Budget("open, to the first page", 1_000, LARGE, LARGE),
    Budget("memory, after a get and a search", 500, LARGE, LARGE),
    Budget("search: one word", 20, LARGE, LARGE),
)
"""Most are those of the design, for up to 10,000 models; the last four are for a registry ten times as large."""

LEADS: Sequence[Lead] = (
    Lead("register a new model", "MLflow", 2),
    Lead("register 64 models at once", "MLflow", 2, other="register a new model", count=64),
    Lead("get a model", "MLflow", 5),
    Lead("search by name", "MLflow", 5),
    Lead("search by tag", "MLflow", 5),
    Lead("list everything", "MLflow", 10),
    Lead("memory, after a get and a search", "MLflow", 2),
    Lead("start of a process to the first page", "MLflow", 3),
    Lead("register a new model", "GTO", 100, 1_000),
)

THREE_TIMES = 3
"""A model of a thousand versions may take so many times what one of a single version takes."""


def verdicts(measured: Sequence[Figure]) -> Iterator[Verdict]:
    """Hold a run against what is asked; what was not measured is passed over."""
    for figure in measured:
        for budget in BUDGETS:
            if figure.who == OURS and _concerns(budget, figure):
                value = figure.p95 if budget.p95 else figure.value
                what = f"{figure.operation}{' (p95)' if budget.p95 else ''}{_at(figure.models)}"
                asked = f"{what} at most {budget.at_most:g} {figure.unit}"
                yield Verdict(asked, f"{value:.3g} {figure.unit}", value <= budget.at_most)
    for lead in LEADS:
        ours = _find(measured, lead.operation, lead.models, OURS)
        theirs = _find(measured, lead.other or lead.operation, lead.models, lead.peer)
        if ours and theirs:
            ratio = theirs.value / ours.value * lead.count
            which = f"{lead.operation}, each," if lead.count > 1 else lead.operation
            asked = f"{which}{_at(lead.models)}: {lead.times:g} times as good as {lead.peer}"
            yield Verdict(asked, f"{ratio:.3g} times", ratio >= lead.times)
    yield from _histories(measured)


def _histories(measured: Sequence[Figure]) -> Iterator[Verdict]:
    for figure in measured:
        single = _find(measured, figure.operation, figure.models, "one version")
        if single and figure.who == OURS:
            asked = f"{figure.operation}: at most {THREE_TIMES} times one of a single version"
            ratio = figure.value / single.value
            yield Verdict(asked, f"{ratio:.3g} times", ratio <= THREE_TIMES)


def _concerns(budget: Budget, figure: Figure) -> bool:
    return budget.operation == figure.operation and budget.least <= figure.models <= budget.most


def _find(measured: Sequence[Figure], operation: str, models: int, who: str) -> Figure | None:
    asked = (operation, models, who)
    return next((each for each in measured if (each.operation, each.models, each.who) == asked), None)


def _at(models: int) -> str:
    return f" at {models:,}" if models else ""
