"""How much a model is used: how often it was read, how often a search showed it, and when last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_USED = 10
"""Models named in the statistics."""


@dataclass(frozen=True, slots=True)
class Use:
    """Counted reads and search hits of one model, and the moment of the last of them ("" for never)."""

    reads: int = 0
    hits: int = 0
    last_used: str = ""

    def __add__(self, other: Use) -> Use:
        return Use(self.reads + other.reads, self.hits + other.hits, max(self.last_used, other.last_used))


NEVER = Use()
"""The use of a model that nobody used."""


def use_view(use: Use) -> dict[str, Any]:
    """Give the use of a model: reads, hits, last_used (null for never)."""
    return {"reads": use.reads, "hits": use.hits, "last_used": use.last_used or None}


def most_used(uses: Iterable[tuple[str, Use]], most: int = MOST_USED) -> list[dict[str, Any]]:
    """Give the models read and found most, each with its use; those never used are left out."""
    used = [(model_id, use) for model_id, use in uses if use.reads or use.hits]
    used.sort(key=lambda row: (-row[1].reads, -row[1].hits, row[0]))
    return [{"id": model_id, **use_view(use)} for model_id, use in used[:most]]
