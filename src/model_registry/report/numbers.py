"""A registry in numbers, as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from model_registry.report.contents import View
from model_registry.report.markdown import code, escape, table

ROWS = 20
"""Rows of a tally; registry_statistics.json has them all."""

_NUMBERS = (
    ("models", "Models"),
    ("versions", "Versions"),
    ("variables", "Variables"),
    ("connections", "Connections"),
    ("source_bytes", "Bytes of source"),
)
_TALLIES = (
    ("states", "State"),
    ("kinds", "Kind"),
    ("findings", "Finding"),
    ("bumps", "Step"),
    ("authors", "Author"),
    ("tags", "Tag"),
)
_RANKINGS = (
    ("largest", "Largest model", {"variables": "Variables"}, 1),
    ("most_versions", "Most versions", {"versions": "Versions"}, 2),
    ("most_used", "Most used", {"reads": "Times read", "hits": "Times found", "last_used": "Last"}, 0),
)
"""Key, title, columns, and from which first number on a row is worth telling."""


def section(statistics: View) -> Iterator[str]:
    """Give the tables of a registry's statistics; what a statistics lacks is left out."""
    yield table(("What", "How many"), [(title, _told(statistics[key])) for key, title in _NUMBERS if key in statistics])
    for key, title in _TALLIES:
        yield _tally(title, statistics.get(key) or {})
    yield _growth(statistics.get("growth") or {})
    for key, title, columns, least in _RANKINGS:
        rows = [row for row in statistics.get(key) or () if row[next(iter(columns))] >= least]
        yield table(
            (title, *columns.values()), [(code(row["id"]), *(_told(row[name]) for name in columns)) for row in rows]
        )


def _tally(title: str, counts: Mapping[str, int]) -> str:
    rows = [(escape(name, 60), _told(count)) for name, count in counts.items() if count]
    return table((title, "How many"), rows[:ROWS])


def _growth(months: Mapping[str, int]) -> str:
    """Give the new versions of each month, and how many there were at its end."""
    totals = accumulate(months.values())
    rows = [(month, _told(count), _told(total)) for (month, count), total in zip(months.items(), totals, strict=True)]
    return table(("Month", "New versions", "In all"), rows[-ROWS:])


def _told(value: Any) -> str:
    """Give a number with its thousands apart, or the day of a moment."""
    return f"{value:,}" if isinstance(value, int) else str(value or "")[:10]
