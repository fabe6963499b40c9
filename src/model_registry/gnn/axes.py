"""Which axis of a tensor is which: detected from what the text says and from what the numbers do, never assumed.

The specification writes a likelihood as [outcome, state, ...] and a transition as [next, previous, action]; most real
transitions are written with the action first. Nothing here renormalises or reorders a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

import numpy as np

from model_registry.gnn.commentary import Commentary, commentary
from model_registry.gnn.model import GNNModel, Parameter, Tensor

TOLERANCE = 1e-3
"""How far a sum of probabilities may be from 1: files round to 0.333 and 0.33333."""

ROUNDED = 0.02
"""How far it may be when the numbers were merely written too short (three times 0.33)."""

_FLOAT = 1e-9


class Axis(StrEnum):
    """What an axis of a likelihood or a transition runs over."""

    OUTCOME = "outcome"
    STATE = "state"
    NEXT = "next"
    PREVIOUS = "previous"
    ACTION = "action"


class Evidence(StrEnum):
    """What settled an order of axes, the strongest first."""

    DECLARED = "declared"
    """`b_tensor_order` in ModelParameters says so, and the sums agree."""
    COMMENT = "comment"
    """A comment on the tensor says so, and the sums agree."""
    SHAPE = "shape"
    SUMS = "sums"
    AMBIGUOUS = "ambiguous"
    """Several orders fit: an axis that differs among them is None."""
    NONE = "none"
    """No order fits both the shape and the sums."""


Order = tuple[Axis, ...]

LIKELIHOOD_ORDER: Order = (Axis.OUTCOME, Axis.STATE)
TRANSITION_ORDER: Order = (Axis.NEXT, Axis.PREVIOUS, Axis.ACTION)

_USUAL: Mapping[int, tuple[Order, ...]] = {
    2: ((Axis.NEXT, Axis.PREVIOUS), (Axis.PREVIOUS, Axis.NEXT)),
    3: (
        TRANSITION_ORDER,
        (Axis.ACTION, Axis.NEXT, Axis.PREVIOUS),
        (Axis.ACTION, Axis.PREVIOUS, Axis.NEXT),
    ),
}
"""The orders found in practice, by rank; any other is believed only if none of these fits."""


@dataclass(frozen=True, slots=True)
class AxisOrder:
    """The order of a tensor's axes as detected, and how sure it is.

    `axes` has one entry for each axis of the value without axes of length 1, None where it cannot be told.
    `stochastic` are the axes over which the value sums to 1. `stated` is the order that the text claims, `contradicted`
    tells whether shape and sums refute it, and `evidence` what settled `axes`. Where several orders fit, `matters`
    tells whether they read different numbers (symmetric slices read the same either way).
    """

    axes: tuple[Axis | None, ...]
    evidence: Evidence
    stochastic: frozenset[int] = frozenset()
    stated: Order | None = None
    contradicted: bool = False
    matters: bool = True

    @property
    def certain(self) -> bool:
        """Tell whether each axis is known."""
        return bool(self.axes) and None not in self.axes and self.evidence is not Evidence.NONE


def squeezed(parameter: Parameter) -> Tensor | None:
    """Give the value without axes of length 1, or None where it is no number."""
    return None if parameter.value is None else np.squeeze(parameter.value)


def stochastic_axes(value: Tensor, tolerance: float = TOLERANCE) -> frozenset[int]:
    """Give the axes over which a value sums to 1 everywhere.

    The sum over axis k of an array of shape (n0, n1, ...) has that shape without nk.
    """
    return within(deviations(value), tolerance)


def deviations(value: Tensor) -> tuple[float, ...]:
    """Give for each axis how far the sums over it are from 1 at most, NaN where one of them is."""
    with np.errstate(over="ignore", invalid="ignore"):
        return tuple(float(abs(value.sum(axis=axis) - 1.0).max(initial=0.0)) for axis in range(value.ndim))


def within(distances: Sequence[float], tolerance: float) -> frozenset[int]:
    """Give the axes with a deviation within a tolerance."""
    return frozenset(axis for axis, distance in enumerate(distances) if distance <= tolerance + _FLOAT)


def transition_axes(
    model: GNNModel, parameter: Parameter, said: Commentary | None = None, *, sums: frozenset[int] | None = None
) -> AxisOrder:
    """Give the order of next state, previous state and action in a transition tensor of rank 2 or 3.

    Order of evidence: `b_tensor_order`, the comments on the tensor, the shape (the axis that differs from two equal
    ones is the action), the sums (the axis that sums to 1 is the next state); else ambiguous. A caller who knows them
    hands over the `commentary` of the model, and the `stochastic_axes` of the value without axes of length 1.
    """
    value = squeezed(parameter)
    if value is None or value.ndim not in {2, 3}:
        return AxisOrder((), Evidence.NONE)
    declared = read_order(str(model.model_parameters.get("b_tensor_order", "")), value.ndim)
    claims = [(Evidence.DECLARED, declared)] if declared else []
    comments = (said or commentary(model)).about(parameter)
    claims += [(Evidence.COMMENT, order) for order in _stated_orders(comments, TRANSITION_ORDER[: value.ndim])]
    shaped = [order for order in permutations(TRANSITION_ORDER[: value.ndim]) if _square(value.shape, order)]
    sums = stochastic_axes(value) if sums is None else sums
    return _detect(value, sums, shaped=shaped, usual=_USUAL[value.ndim], claims=claims, summed=Axis.NEXT)


def likelihood_axes(
    model: GNNModel,
    parameter: Parameter,
    said: Commentary | None = None,
    *,
    outcomes: int | None = None,
    sums: frozenset[int] | None = None,
) -> AxisOrder:
    """Give which axis of a likelihood runs over outcomes; the others run over state factors.

    Order of evidence: the comments on the tensor, the shape (where the number of `outcomes` is known and one axis alone
    has it), the sums; else ambiguous. `said` and `sums` as for `transition_axes`.
    """
    value = squeezed(parameter)
    if value is None or value.ndim < 2:
        return AxisOrder((), Evidence.NONE)
    orders = [_outcome_at(axis, value.ndim) for axis in range(value.ndim)]
    shaped = [order for order in orders if outcomes in {None, value.shape[order.index(Axis.OUTCOME)]}] or orders
    comments = (said or commentary(model)).about(parameter) if value.ndim == 2 else ()
    claims = [(Evidence.COMMENT, order) for order in _stated_orders(comments, LIKELIHOOD_ORDER)]
    sums = stochastic_axes(value) if sums is None else sums
    return _detect(value, sums, shaped=shaped, usual=orders, claims=claims, summed=Axis.OUTCOME)


def read_order(text: str, rank: int) -> Order | None:
    """Read an order of transition axes such as `next_state_previous_state_action`, if it names each axis once."""
    return _in_order(text, TRANSITION_ORDER[:rank])


def _detect(
    value: Tensor,
    sums: frozenset[int],
    *,
    shaped: Sequence[Order],
    usual: Sequence[Order],
    claims: Sequence[tuple[Evidence, Order]],
    summed: Axis,
) -> AxisOrder:
    """Take the first claim that shape and sums bear out, else the usual orders that they leave over."""
    stated = claims[0][1] if claims else None
    fitting = [order for order in shaped if order.index(summed) in sums]
    if not fitting:
        return AxisOrder(_agreed([stated] if stated else shaped), Evidence.NONE, sums, stated)
    contradicted = stated is not None and stated not in fitting
    for evidence, order in claims:
        if order in fitting:
            return AxisOrder(order, evidence, sums, stated, contradicted)
    left = [order for order in fitting if order in usual] or fitting
    axes = _agreed(left)
    return AxisOrder(axes, _evidence(axes, shaped), sums, stated, contradicted, _differ(value, left))


def _evidence(axes: tuple[Axis | None, ...], shaped: Sequence[Order]) -> Evidence:
    if None in axes:
        return Evidence.AMBIGUOUS
    return Evidence.SHAPE if len(shaped) == 1 else Evidence.SUMS


def _differ(value: Tensor, orders: Sequence[Order]) -> bool:
    """Tell whether reading a value in several orders gives different tensors."""
    readings = [value.transpose(sorted(range(value.ndim), key=order.__getitem__)) for order in orders]
    return any(not np.array_equal(reading, readings[0]) for reading in readings[1:])


def _agreed(orders: Sequence[Order]) -> tuple[Axis | None, ...]:
    """Give for each axis what all orders say it is, None where they differ."""
    if not orders:
        return ()
    return tuple(axes[0] if len(set(axes)) == 1 else None for axes in zip(*orders, strict=True))


def _square(shape: tuple[int, ...], order: Order) -> bool:
    return shape[order.index(Axis.NEXT)] == shape[order.index(Axis.PREVIOUS)]


def _outcome_at(position: int, rank: int) -> Order:
    return tuple(Axis.OUTCOME if axis == position else Axis.STATE for axis in range(rank))


_WORDS: tuple[tuple[str, Axis], ...] = (
    ("next", Axis.NEXT),
    ("previous|prev|current|present", Axis.PREVIOUS),
    ("action|control", Axis.ACTION),
    ("outcome|obs", Axis.OUTCOME),
    ("state|context|factor", Axis.STATE),
)
_WORD = re.compile("|".join(f"(?P<{axis}>{words})" for words, axis in _WORDS), re.IGNORECASE)
_LIST = re.compile(r"\[([^\[\]]*(?:\]\s*\[[^\[\]]*)*)\]|:\s*([^()\[\]:]*)$")
_ROW = re.compile(r"\brows?\b(?P<said>[^,;.]*)", re.IGNORECASE)
_COLUMN = re.compile(r"\bcolumns?\b(?P<said>[^,;.]*)", re.IGNORECASE)


def _stated_orders(comments: Iterable[str], axes: Order) -> Iterator[Order]:
    """Give the orders that comments state."""
    for comment in comments:
        for found in _LIST.finditer(comment):
            order = _in_order(found[1] or found[2], axes)
            if order is not None:
                yield order
        matrix = _rows_and_columns(comment, axes)
        if matrix is not None:
            yield matrix


def _in_order(text: str, axes: Order) -> Order | None:
    """Give the axes in the order in which a text names them, if it names each exactly once."""
    named = tuple(axis for axis in _named(text) if axis in axes)
    return named if sorted(named) == sorted(axes) else None


def _named(text: str) -> Iterator[Axis]:
    return (Axis(str(found.lastgroup)) for found in _WORD.finditer(text))


def _rows_and_columns(comment: str, axes: Order) -> Order | None:
    """Read `rows are previous states, columns next ones`: the last two axes, behind one slice for each action."""
    row, column = (_first(pattern, comment, axes) for pattern in (_ROW, _COLUMN))
    rest = set(axes) - {row, column}
    if len(axes) == 2 and len(rest) == 1:
        return (row or rest.pop(), column or rest.pop())
    if row is None or column is None or row is column:
        return None
    return (*rest, row, column)


def _first(pattern: re.Pattern[str], comment: str, axes: Order) -> Axis | None:
    found = pattern.search(comment)
    return next((axis for axis in _named(found["said"]) if axis in axes), None) if found else None
