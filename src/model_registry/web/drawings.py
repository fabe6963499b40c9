"""Pictures as they stand in pages: each in the order and the bounds in which a page shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from model_registry.gnn.diff import diff
from model_registry.gnn.model import GNNModel
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

View = Mapping[str, Any]
Tensor = tuple[str, Markup]
"""The name of a parameter, and its picture; "" for one that has no room on the page."""


def graph(model: GNNModel) -> Markup:
    """Give the factor graph of a model."""
    return ours(factor_graph(model))


def tensors(model: GNNModel) -> list[Tensor]:
    """Give the parameters of a model that are numbers, as heat maps."""
    names = dict.fromkeys(part.name for part in model.parameters if part.value is not None and part.value.size)
    return list(_within_bounds((name, heat_maps(model, name)) for name in names))


def compared_graph(old: GNNModel, new: GNNModel) -> Markup:
    """Give the factor graph of a model with what differs from an older one."""
    return ours(factor_graph(new, compared=graph_difference(old, new)))


def compared_tensors(old: GNNModel, new: GNNModel) -> list[Tensor]:
    """Give the parameters whose numbers differ between two models, as heat maps of the difference."""
    names = dict.fromkeys(change.name for change in diff(old, new) if change.kind.startswith("parameter-"))
    return list(_within_bounds((name, heat_differences(old, new, name)) for name in names))


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
    """Give how many versions there were at the end of each month, as a line; "" before the second month."""
    total, points = 0, []
    for month, count in by_month.items():
        total += count
        points.append((month, float(total)))
    return ours(line_plot({"versions": points}, title="Versions by month")) if len(points) > 1 else ""


def _within_bounds(pictures: Iterator[tuple[str, str]]) -> Iterator[Tensor]:
    room = TENSORS
    for name, picture in pictures:
        room -= len(picture)
        if picture:
            yield name, ours(picture if room >= 0 else "")
