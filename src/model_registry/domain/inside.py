"""What only the text of a model tells: its structure and the findings in it, as they are shown."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from model_registry.domain.source import Reading
from model_registry.domain.views import diagnostics_view, structure_view
from model_registry.gnn.rules import RULES

INSIDE_VERSION = 1
"""Raised when the same text would be told otherwise by the same rules, so that what is kept of it is made anew."""

Inside = Mapping[str, Any]


def inside_view(reading: Reading) -> Inside:
    """Give the structure of a model and the findings in its text."""
    return {
        "structure": structure_view(reading.model),
        "diagnostics": diagnostics_view(reading.diagnostics),
    }


@cache
def inside_version() -> str:
    """Give what changes whenever texts are told otherwise: the number above, and a digest of the rules."""
    rules = "\n".join(f"{rule.id} {rule.severity} {rule.explanation} {rule.hint}" for rule in RULES)
    return f"{INSIDE_VERSION}-{hashlib.sha256(rules.encode()).hexdigest()[:12]}"
