"""Pictures as they stand in pages: each in the order and the bounds in which a page shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from markupsafe import Markup

from model_registry.gnn.axes import Evidence
from model_registry.gnn.diff import diff
from model_registry.gnn.facts import Facts
from model_registry.gnn.model import GNNModel
from model_registry.gnn.roles import Role
from model_registry.pictures import (
    bar_plot,
    factor_graph,
    graph_difference,
    heat_differences,
    heat_maps,
    line_plot,
)
from model_registry.web.rendering import ours

TENSORS = 400_000
"""Characters of pictures of numbers on one page; the parameters behind them are named only."""

EVIDENCE: Mapping[Evidence, str] = {
    Evidence.DECLARED: "as declared",
    Evidence.COMMENT: "as a comment says",
    Evidence.SHAPE: "by its shape",
    Evidence.SUMS: "by what sums to 1",
    Evidence.AMBIGUOUS: "several orders of axes fit",
    Evidence.NONE: "no order of axes fits its shape and sums",
}
"""What settled an order of axes, in words."""

WIDEST_FITTED = 1_600
"""Pixels; in a picture that is wider, and made to fit a page, names could not be read."""

SYMMETRIC = "the same in either order of axes"

View = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A parameter: its size, the order of its axes and how that is known, and its picture ("" for want of room)."""

    name: str
    size: str
    axes: str
    picture: Markup | str


def graph(model: GNNModel) -> Markup:
    """Give the factor graph of a model."""
    return ours(factor_graph(model))


def is_vast(picture: str) -> bool:
    """Tell whether a picture is so wide that it is moved about in rather than made to fit."""
    width = re.search(r'\bwidth="(\d+)', picture)
    return width is not None and int(width[1]) > WIDEST_FITTED


def tensors(model: GNNModel) -> list[Tensor]:
    """Give the parameters of a model that are tables of numbers, as heat maps."""
    names = dict.fromkeys(part.name for part in model.parameters if part.value is not None and part.value.size > 1)
    return list(_within_bounds(model, ((name, heat_maps(model, name)) for name in names)))


def single_values(model: GNNModel) -> list[tuple[str, str]]:
    """Give the other parameters of a model: one number each, or a text."""
    parts = (part for part in model.parameters if part.value is None or part.value.size < 2)
    return [(part.name, part.text or "" if part.value is None else f"{part.value.sum():g}") for part in parts]


def compared_graph(old: GNNModel, new: GNNModel) -> Markup:
    """Give the factor graph of a model with what differs from an older one."""
    return ours(factor_graph(new, compared=graph_difference(old, new)))


def compared_tensors(old: GNNModel, new: GNNModel) -> list[Tensor]:
    """Give the parameters whose numbers differ between two models, as heat maps of the difference."""
    names = dict.fromkeys(change.name for change in diff(old, new) if change.kind.startswith("parameter-"))
    return list(_within_bounds(new, ((name, heat_differences(old, new, name)) for name in names)))


def performance(history: Sequence[View]) -> Markup | str:
    """Give measurements over versions, oldest first, as lines; "" where there are not two of any."""
    series: dict[str, list[tuple[str, float]]] = {}
    for row in reversed(history):
        for metric, measured in row["performance"].items():
            value = measured["value"] if isinstance(measured, Mapping) else measured
            series.setdefault(metric, []).append((row["version"], float(value)))
    if max(map(len, series.values()), default=0) < 2:
        return ""
    return ours(line_plot(series, title="Performance over versions", x_label="version"))


def counts(counted: Mapping[str, int], title: str) -> Markup | str:
    """Give how many there are of each, as bars; "" where there is nothing."""
    return ours(bar_plot(counted, title=title)) if any(counted.values()) else ""


def growth(by_month: Mapping[str, int]) -> Markup | str:
    """Give how many versions there were at the end of each month, as a line; in the first month as a bar."""
    if len(by_month) < 2:
        return counts(by_month, "Versions by month")
    totals = accumulate(by_month.values())
    return ours(
        line_plot({"versions": list(zip(by_month, map(float, totals), strict=True))}, title="Versions by month")
    )


def _within_bounds(model: GNNModel, pictures: Iterator[tuple[str, str]]) -> Iterator[Tensor]:
    room, facts = TENSORS, Facts(model)
    for name, picture in pictures:
        room -= len(picture)
        if picture:
            yield Tensor(name, _size(facts, name), _axes(facts, name), ours(picture if room >= 0 else ""))


def _size(facts: Facts, name: str) -> str:
    parameter = facts.parameters.get(name)
    return " × ".join(map(str, parameter.effective_shape or parameter.shape or ())) if parameter else ""


def _axes(facts: Facts, name: str) -> str:
    """Give the order of the axes of a likelihood or a transition, and what settled it; "" for any other parameter."""
    if facts.roles.get(name) not in {Role.LIKELIHOOD, Role.TRANSITION} or name not in facts.values:
        return ""
    order = facts.axes(facts.parameters[name])
    if not any(order.axes):
        return EVIDENCE[order.evidence] if order.matters else SYMMETRIC
    written = ", ".join(axis.value if axis else "?" for axis in order.axes)
    return f"[{written}] {EVIDENCE[order.evidence]}"
