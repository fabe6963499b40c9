"""How a tensor is laid out as matrices, which of its axes is which, and how its numbers are coloured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np

from model_registry.gnn.axes import Axis, squeezed
from model_registry.gnn.facts import Facts
from model_registry.gnn.model import GNNModel, Parameter, Tensor
from model_registry.gnn.roles import Role, counted
from model_registry.pictures.style import SIDE, STEPS

_VECTORS = {
    Role.PRIOR: "state",
    Role.PREFERENCE: "outcome",
    Role.HABIT: "policy",
    Role.MEAN: "state",
    Role.STATE: "state",
    Role.OBSERVATION: "outcome",
    Role.POLICY: "policy",
}
"""What the only axis of a vector of a role runs over."""

_MATRICES = {
    Role.DYNAMICS: ("next", "previous"),
    Role.READOUT: ("output", "state"),
    Role.CONTROL: ("state", "control"),
}
"""What the axes of a matrix of a role run over, by the usual notation of linear systems."""

_PROBABILITIES = frozenset({Role.LIKELIHOOD, Role.TRANSITION, Role.PRIOR, Role.HABIT, Role.POLICY})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is known of a tensor: its name, its axes by name ("" where that cannot be told), whether it holds
    probabilities."""

    name: str
    axes: tuple[str, ...]
    probabilities: bool = False


def meaning_of(model: GNNModel, parameter: Parameter) -> Meaning:
    """Give what is known of a parameter's value without axes of length 1."""
    facts = Facts(model)
    value = squeezed(parameter)
    rank = 0 if value is None else value.ndim
    axes = _axes(facts, parameter, rank)
    chances = facts.roles.get(parameter.name) in _PROBABILITIES and value is not None and _are_chances(value)
    return Meaning(parameter.name, axes if len(axes) == rank else ("",) * rank, chances)


def _axes(facts: Facts, parameter: Parameter, rank: int) -> tuple[str, ...]:
    role = facts.roles.get(parameter.name, Role.OTHER)
    if role in {Role.LIKELIHOOD, Role.TRANSITION} and rank > 1 and parameter.name in facts.values:
        return tuple(axis.value if axis else "" for axis in facts.axes(parameter).axes)
    base = facts.parameters.get(counted(parameter.name)) if role is Role.DIRICHLET else None
    if base is not None and base.value is not None and squeezed(base) is not None:
        return _axes(facts, base, np.squeeze(base.value).ndim)
    if rank == 1:
        return (_VECTORS.get(role, ""),)
    return _MATRICES.get(role, ()) if rank == 2 else ()


def _are_chances(value: Tensor) -> bool:
    return bool(np.all((value >= 0) & (value <= 1)))


@dataclass(frozen=True, slots=True)
class Slice:
    """One matrix of a tensor: its place on the other axes, and its numbers."""

    place: tuple[int, ...]
    cells: Tensor


@dataclass(frozen=True, slots=True)
class Sliced:
    """A tensor as matrices: which axes are rows and columns (None for a single row), which the rest, and the slices."""

    rows: int | None
    columns: int | None
    others: tuple[int, ...]
    slices: tuple[Slice, ...]

    def index(self, place: Sequence[int], row: int, column: int) -> tuple[int, ...]:
        """Give the index of a cell in the tensor."""
        found = dict(zip(self.others, place, strict=True))
        found |= {axis: at for axis, at in ((self.rows, row), (self.columns, column)) if axis is not None}
        return tuple(found[axis] for axis in sorted(found))


def sliced(value: Tensor, axes: Sequence[str], most: int) -> Sliced:
    """Give a tensor as at most so many matrices: next by previous state, outcome by state, else its last two axes."""
    rows, columns = _matrix(value.ndim, axes)
    others = tuple(axis for axis in range(value.ndim) if axis not in {rows, columns})
    turned = value.transpose([*others, *(axis for axis in (rows, columns) if axis is not None)])
    cells = turned.reshape(*turned.shape[: len(others)], *(1,) * max(0, 2 - value.ndim), *turned.shape[len(others) :])
    places = product(*(range(size) for size in cells.shape[: len(others)]))
    slices = [Slice(place, cells[place]) for _, place in zip(range(most), places, strict=False)]
    return Sliced(rows, columns, others, tuple(slices))


def _matrix(rank: int, axes: Sequence[str]) -> tuple[int | None, int | None]:
    if rank < 2:
        return None, rank - 1 if rank else None
    for row, column in ((Axis.NEXT, Axis.PREVIOUS), (Axis.OUTCOME, Axis.STATE)):
        if row.value in axes and column.value in axes:
            return list(axes).index(row.value), list(axes).index(column.value)
    return rank - 2, rank - 1


class Scale(Protocol):
    """Gives numbers their colours."""

    def step(self, number: float) -> str:
        """Give the class of a finite number."""

    def samples(self) -> Iterator[tuple[str, float]]:
        """Give each class, and the number in the middle of it."""


@dataclass(frozen=True, slots=True)
class Sequential:
    """From 0 to the largest number."""

    largest: float

    def step(self, number: float) -> str:
        """Give the class of a number from 0 up."""
        return f"seq-{min(STEPS - 1, int(number / self.largest * STEPS))}"

    def samples(self) -> Iterator[tuple[str, float]]:
        """Give each class, and the number in the middle of it."""
        return ((f"seq-{step}", (step + 0.5) / STEPS * self.largest) for step in range(STEPS))


@dataclass(frozen=True, slots=True)
class Diverging:
    """From the negative of the largest number over 0 to that number."""

    largest: float

    def step(self, number: float) -> str:
        """Give the class of a number; only 0 has that of the middle."""
        away = min(SIDE, max(1, round(abs(number) / self.largest * SIDE))) if number else 0
        return f"div-n{away}" if number < 0 else f"div-p{away}"

    def samples(self) -> Iterator[tuple[str, float]]:
        """Give each class, and the number in the middle of it."""
        for step in range(-SIDE, SIDE + 1):
            yield f"div-{'n' if step < 0 else 'p'}{abs(step)}", step / SIDE * self.largest


def scale_of(value: Tensor, *, probabilities: bool = False) -> Scale:
    """Give the scale that fits a tensor: 0 to 1 for probabilities, diverging where there is a negative number."""
    finite = value[np.isfinite(value)]
    largest = float(np.abs(finite).max(initial=0.0)) or 1.0
    if finite.size and float(finite.min()) < 0:
        return Diverging(largest)
    return Sequential(1.0 if probabilities else largest)
