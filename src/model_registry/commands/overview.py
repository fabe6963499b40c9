"""How the registry as a whole is shown: in numbers, in what models require of each other, in how fields changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_registry.commands import phrases
from model_registry.commands.screen import Column, Screen
from model_registry.domain.printable import printable

View = Mapping[str, Any]

_NUMBERS = ("registry", "position", "models", "versions", "variables", "connections", "source_bytes")
_TALLIES = ("states", "kinds", "findings", "bumps", "authors", "tags", "growth")
_RANKINGS = (("largest (variables)", "largest", "variables", 1), ("most versions", "most_versions", "versions", 2))
"""Title, key, what is counted, and from which count on it is worth telling."""

MOST_COUNTS = 20
"""Rows shown of a tally; --json gives them all."""


def statistics(screen: Screen, view: View) -> None:
    """Show the registry in numbers."""
    screen.facts({name.replace("_", " "): _number(view[name]) for name in _NUMBERS})
    for name in _TALLIES:
        _tally(screen, name, view[name])
    for title, name, what, least in _RANKINGS:
        _tally(screen, title, {row["id"]: row[what] for row in view[name] if row[what] >= least})
    used = {row["id"]: phrases.use(row) for row in view["most_used"]}
    if used:
        screen.heading("most used")
    screen.facts(used)


def _tally(screen: Screen, title: str, counts: Mapping[str, int]) -> None:
    rows = [(printable(name), f"{count:,}") for name, count in counts.items() if count]
    if rows:
        screen.heading(title)
    screen.facts(dict(rows[:MOST_COUNTS]))
    if len(rows) > MOST_COUNTS:
        screen.line(f"{len(rows) - MOST_COUNTS} more")


def _number(value: Any) -> Any:
    return f"{value:,}" if isinstance(value, int) else value


def dependencies(screen: Screen, view: View) -> None:
    """Show what a model requires and which models require it."""
    rows = [("requires", row["id"], row) for row in view["requires"]]
    rows += [("required by", row["id"], row) for row in view["dependents"]]
    columns = (Column(""), Column("model", whole=True), Column("requirement"), Column("version"), Column("problem"))
    screen.table(
        columns,
        [(way, other, row["requirement"], row["resolved"], row.get("problem")) for way, other, row in rows]
        + [("requires", "", foreign, "", "") for foreign in view["external"]],
    )
    if not rows and not view["external"]:
        screen.line(f"{view['model_id']} requires nothing, and nothing requires it")


def history(screen: Screen, view: View) -> None:
    """Show how each field came to be what it is, newest change first."""
    columns = (Column("when", whole=True), Column("version", whole=True), Column("before"), Column("after"))
    for name, changes in view["fields"].items():
        screen.heading(name)
        rows = [_change(row) for row in changes]
        screen.table((*columns, Column("by"), Column("why")), rows)
        if view["totals"][name] > len(changes):
            screen.line(f"{len(changes)} of {view['totals'][name]}; --limit shows more")


def _change(row: View) -> tuple[Any, ...]:
    when = row["at"][:16].replace("T", " ")
    return when, row["version"], phrases.brief(row["before"]), phrases.brief(row["after"]), row["actor"], row["reason"]
