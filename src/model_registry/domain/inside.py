"""What only the text of a model tells: its structure and the findings in it, as they are shown, and its words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from model_registry.domain.source import Reading
from model_registry.domain.views import diagnostics_view, structure_view
from model_registry.gnn.model import GNNModel
from model_registry.gnn.rules import RULES

INSIDE_VERSION = 2
"""Raised when the same text would be told otherwise by the same rules, so that what is kept of it is made anew."""

MOST_COMMENTS = 4_000
"""How many characters of a model's comments are indexed."""

Inside = Mapping[str, Any]

SHOWN = ("structure", "diagnostics")
"""What is shown of it; the rest is for the index."""


def inside_view(reading: Reading) -> Inside:
    """Give the structure of a model, the findings in its text, and those of its words that no structure holds."""
    model = reading.model
    return {
        "structure": structure_view(model),
        "diagnostics": diagnostics_view(reading.diagnostics),
        "words": {
            "comment": " ".join(_comments(model))[:MOST_COMMENTS],
            "equation": model.equations,
            "section": model.section,
        },
    }


def _comments(model: GNNModel) -> Iterator[str]:
    yield from (variable.description for variable in model.variables if variable.description)
    yield from (parameter.comment for parameter in model.parameters if parameter.comment)
    yield from (comment.text for comment in model.comments)


@cache
def inside_version() -> str:
    """Give what changes whenever texts are told otherwise: the number above, and a digest of the rules."""
    rules = "\n".join(f"{rule.id} {rule.severity} {rule.explanation} {rule.hint}" for rule in RULES)
    return f"{INSIDE_VERSION}-{hashlib.sha256(rules.encode()).hexdigest()[:12]}"
