"""That work grows with the size of a text, no faster: counted in calls, which no other load on a machine changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from model_registry.gnn.canonical import fingerprint, structure_fingerprint
from model_registry.gnn.diff import diff, graph_summary
from model_registry.gnn.model import GNNModel
from model_registry.gnn.parser import parse
from model_registry.gnn.rules import check

SMALL, LARGE = 60, 600
"""How many variables the two texts have."""

MOST_GROWTH = 11.0
"""By how much the calls may grow where the text grows tenfold."""


def ring(size: int, stem: str = "s", share: float = 0.25) -> str:
    """A ring of variables: as many lines in each section as it has members."""
    names = [f"{stem}{number}" for number in range(size)]
    return "\n".join(
        [
            "## ModelName",
            "Ring",
            "## StateSpaceBlock",
            *(f"{name}[2,1,type=float]  # buoy {name}" for name in names),
            "## Connections",
            *(f"{name} > {following}" for name, following in zip(names, [*names[1:], names[0]], strict=True)),
            "## InitialParameterization",
            *(f"{name}={{({share}, {1 - share})}}" for name in names),
            "## Equations",
            *(f"{name} = f({name})" for name in names),
            "## Time",
            "Dynamic",
            "## ActInfOntologyAnnotation",
            *(f"{name}=HiddenState" for name in names),
            "## ModelParameters",
            *(f"gain_{name}: 1" for name in names),
        ]
    )


def turned(text: str) -> str:
    """The same ring, every edge the other way round."""
    return text.replace(" > ", " < ")


def calls(action: Callable[[], object]) -> int:
    """Count the Python functions and the built-in ones that an action calls."""
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return counted


def growth(prepare: Callable[[int], Callable[[], object]]) -> float:
    """Give by how much the calls grow; what is remembered between calls is remembered for both sizes."""
    prepare(SMALL)(), prepare(LARGE)()
    return calls(prepare(LARGE)) / calls(prepare(SMALL))


def test_reading_is_linear() -> None:
    def prepare(size: int) -> Callable[[], object]:
        text = ring(size)
        return lambda: parse(text)

    assert growth(prepare) <= MOST_GROWTH


@pytest.mark.parametrize("work", [check, fingerprint, structure_fingerprint])
def test_judging_is_linear(work: Callable[[GNNModel], object]) -> None:
    def prepare(size: int) -> Callable[[], object]:
        model = parse(ring(size))
        return lambda: work(model)

    assert growth(prepare) <= MOST_GROWTH


@pytest.mark.parametrize("work", [diff, graph_summary])
@pytest.mark.parametrize(
    "change",
    [
        lambda size: ring(size),
        lambda size: ring(size, share=0.5),
        lambda size: turned(ring(size)),
        lambda size: ring(size, stem="q"),
    ],
    ids=["nothing", "values", "edges", "names"],
)
def test_comparing_is_linear(work: Callable[[GNNModel, GNNModel], object], change: Callable[[int], str]) -> None:
    def prepare(size: int) -> Callable[[], object]:
        old, new = parse(ring(size)), parse(change(size))
        return lambda: work(old, new)

    assert growth(prepare) <= MOST_GROWTH


def test_work_that_grows_faster_would_be_noticed() -> None:
    def prepare(size: int) -> Callable[[], object]:
        return lambda: [abs(one - other) for one in range(size) for other in range(size)]

    assert growth(prepare) > MOST_GROWTH
