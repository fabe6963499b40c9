"""The factor graphs of models as files, each with a mark of what it was drawn from, so that none is drawn twice."""

from __future__ import annotations

from collections.abc import Mapping

from model_registry.pictures import factor_graph
from model_registry.report.contents import Card, Picture

FOLDER = "graphs"
"""The folder of the drawings, beside the reports."""

DRAWING = 1
"""The number of the way graphs are drawn; it grows when the same model gives another picture."""


def drawn(card: Card) -> bool:
    """Tell whether the graph of a model is drawn: its text is there, and it has connections."""
    return card.reading is not None and bool(card.reading.model.connections)


def file_of(model_id: str) -> str:
    """Give the file of a model's graph, from the folder of the reports."""
    return f"{FOLDER}/{model_id}.svg"


def mark_of(card: Card) -> str:
    """Give the first line of a model's graph: a file that begins with it shows this very text."""
    return f"<!-- model-registry graph {DRAWING} of {card.digest} -->\n"


def to_draw(picture: Picture) -> Mapping[str, Card]:
    """Give the models whose graphs are drawn, by file."""
    return {file_of(card.model_id): card for card in picture.cards if drawn(card)}


def draw(card: Card) -> str:
    """Give the graph of a model as a file."""
    assert card.reading is not None, "only models with a text are drawn"
    return f"{mark_of(card)}{factor_graph(card.reading.model, standalone=True)}\n"
