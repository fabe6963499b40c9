"""Two tensors of one shape compared as numbers: how much differs, how far, and what that means for probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_registry.gnn.axes import ROUNDED, TOLERANCE, stochastic_axes
from model_registry.gnn.model import Tensor

FIRST_CELLS = 5
"""How many changed cells are shown."""

WORST_COLUMNS = 8
"""How many distributions are shown, those that moved most first."""

_FLOAT = 1e-9


@dataclass(frozen=True, slots=True)
class Difference:
    """How two tensors differ: `beyond` rounding or not, and the numbers.

    `detail` holds `changed` and `beyond` (cells), `cells` (all), `max_abs` (None where infinite), `first` (the first
    changed cells, as index, before and after), `normalised` (before, after: whether it sums to 1 over some axis) and
    `kl` (see `divergence`; None where either side is no distribution).
    """

    beyond: bool
    detail: Mapping[str, Any]


def difference(before: Tensor, after: Tensor, *, probabilities: bool = True) -> Difference | None:
    """Give how two tensors of one shape differ, None where they are equal.

    Cells differ beyond rounding by more than 1e-3 in a tensor that sums to 1 over an axis on either side, by more than
    1e-3 of the larger of the two elsewhere. `probabilities` is False for what sums to 1 only by chance.
    """
    changed = ~((before == after) | (np.isnan(before) & np.isnan(after)))
    if not changed.any():
        return None
    gap = _gap(before, after)
    axes = [stochastic_axes(side, ROUNDED) if probabilities and side.ndim else frozenset() for side in (before, after)]
    beyond = changed & ~(gap <= (TOLERANCE if any(axes) else _relative(before, after)) * (1 + _FLOAT))
    largest = float(gap[changed].max())
    detail = {
        "changed": int(changed.sum()),
        "beyond": int(beyond.sum()),
        "cells": int(before.size),
        "max_abs": _number(largest) if np.isfinite(largest) else None,
        "first": list(_first(before, after, changed)),
        "normalised": {"before": bool(axes[0]), "after": bool(axes[1])},
        "kl": divergence(before, after, min(axes[0] & axes[1])) if axes[0] & axes[1] else None,
    }
    return Difference(bool(beyond.any()), detail)


def divergence(before: Tensor, after: Tensor, axis: int) -> dict[str, Any] | None:
    """Give the Kullback-Leibler divergences, in nats, of the distributions that lie along an axis.

    Shape (n0, n1, ...) holds one distribution for each index of the other axes. `forward` is D(before || after),
    `backward` D(after || before): their largest values, None where infinite (`infinite` says so), and `columns` the
    distributions that moved most, each with its index (":" along the axis). None where a cell is negative.
    D(p || q) = sum p ln(p / q), with 0 ln 0 = 0 and infinite where q is 0 and p is not (Kullback and Leibler, 1951).
    """
    if (before < 0).any() or (after < 0).any():
        return None
    forward, backward = _divergence(before, after, axis), _divergence(after, before, axis)
    moved = np.maximum(forward, backward)
    return {
        "axis": axis,
        "moved": int((moved > 0).sum()),
        "of": int(moved.size),
        "forward": _finite(float(forward.max())),
        "backward": _finite(float(backward.max())),
        "infinite": bool(np.isinf(moved).any()),
        "columns": list(_worst(forward, backward, moved, axis)),
    }


def shown(value: Tensor) -> str:
    """Give a value in a few words: the numbers of a short one, the shape of any other."""
    value = np.squeeze(value)
    if value.ndim == 0:
        return f"{float(value):g}"
    if value.ndim == 1 and value.size <= FIRST_CELLS:
        return f"({', '.join(f'{cell:g}' for cell in value.tolist())})"
    return f"{'x'.join(map(str, value.shape))} numbers"


def _gap(before: Tensor, after: Tensor) -> Tensor:
    """Give |before - after|, infinite where either is not finite."""
    finite = np.isfinite(before) & np.isfinite(after)
    gap = np.full(before.shape, np.inf)
    with np.errstate(over="ignore"):
        np.abs(np.subtract(before, after, out=gap, where=finite), out=gap)
    return gap


def _relative(before: Tensor, after: Tensor) -> Tensor:
    """Give what counts as rounding: a thousandth of the larger cell, nothing beside an infinite one."""
    largest = np.maximum(np.abs(before), np.abs(after))
    return np.where(np.isfinite(largest), largest * TOLERANCE, 0.0)


def _first(before: Tensor, after: Tensor, changed: NDArray[np.bool_]) -> Iterator[dict[str, Any]]:
    for place in np.flatnonzero(changed)[:FIRST_CELLS]:
        index = [int(axis) for axis in np.unravel_index(place, before.shape)]
        yield {"index": index, "before": _number(before.flat[place]), "after": _number(after.flat[place])}


def _divergence(p: Tensor, q: Tensor, axis: int) -> Tensor:
    """Give D(p || q) along an axis, never below 0: both sides may miss 1 by rounding."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        terms = np.where(p > 0, p * np.log(p / q), 0.0)
    total: Tensor = np.where((p == q).all(axis=axis), 0.0, np.maximum(terms.sum(axis=axis), 0.0))
    return total


def _worst(forward: Tensor, backward: Tensor, moved: Tensor, axis: int) -> Iterator[dict[str, Any]]:
    order = np.argsort(-moved, axis=None, kind="stable")[:WORST_COLUMNS]
    for place in (place for place in order if moved.flat[place] > 0):
        index: list[int | str] = [int(part) for part in np.unravel_index(place, moved.shape)]
        index.insert(axis, ":")
        yield {
            "column": index,
            "forward": _finite(float(forward.flat[place])),
            "backward": _finite(float(backward.flat[place])),
        }


def _finite(number: float) -> float | None:
    return _number(number) if np.isfinite(number) else None


def _number(cell: float) -> Any:
    """Give a cell as JSON can hold it: twelve digits, an infinite one as text."""
    return float(f"{cell:.12g}") if np.isfinite(cell) else str(float(cell))
