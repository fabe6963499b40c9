"""Pictures as they stand in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from model_registry.gnn.model import GNNModel

View = Mapping[str, Any]


def graph(model: GNNModel) -> Markup:
    return Markup("")


def tensors(model: GNNModel) -> Markup:
    return Markup("")


def timeline(versions: Sequence[View]) -> Markup:
    return Markup("")


def performance(history: Sequence[View]) -> Markup:
    return Markup("")


def compared_graph(old: GNNModel, new: GNNModel) -> Markup:
    return Markup("")


def compared_tensors(old: GNNModel, new: GNNModel) -> Markup:
    return Markup("")


def counts(counted: Mapping[str, int], title: str) -> Markup:
    return Markup("")


def growth(by_month: Mapping[str, int]) -> Markup:
    return Markup("")
