"""What has changed between two models, by name and kind, never by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from model_registry.gnn.canonical import Form, endpoint_name, read_form, read_names
from model_registry.gnn.changes import KINDS, Change
from model_registry.gnn.declared import mapping_changes, parameter_changes, variable_changes
from model_registry.gnn.edges import edge_changes, pairs_of
from model_registry.gnn.model import GNNModel
from model_registry.gnn.prose import prose_changes
from model_registry.gnn.renames import Renaming, find_renamings, rename_map
from model_registry.gnn.stated import equation_changes, label_changes, setting_changes, time_changes

LONGEST = 200
"""How many characters of a name or a value a change shows."""


def diff(old: GNNModel, new: GNNModel) -> tuple[Change, ...]:
    """Give every change from one model to another, in the order of `changes.KINDS`, then by name.

    Layout, order of declarations and spelling of numbers are no change. A variable that only goes by another name is
    told as renamed once, and nothing else is told of it that stayed the same.
    """
    before, after, renamings = aligned(old, new)
    changes = [_renamed(pair) for pair in renamings]
    changes += [change for part in _PARTS for change in part(before, after)]
    order = {kind: place for place, kind in enumerate(KINDS)}
    ordered = sorted(changes, key=lambda change: (order[change.kind], change.name, str(change.before)))
    return tuple(map(_short, ordered))


def graph_summary(old: GNNModel, new: GNNModel) -> dict[str, Any]:
    """Give how the graph differs: nodes and edges before and after, and the nodes whose parents changed.

    A hyperedge counts as the product of its sides (see `edges.pairs_of`); parents are the sources of directed edges.
    """
    before, after, _ = aligned(old, new)
    parents = [_parents(form) for form in (before, after)]
    moved = [name for name in sorted({*parents[0], *parents[1]}) if parents[0].get(name) != parents[1].get(name)]
    return {
        "nodes": {"before": len(_nodes(before)), "after": len(_nodes(after))},
        "edges": {"before": _edge_count(before), "after": _edge_count(after)},
        "parents": [
            {"name": name, "before": sorted(parents[0].get(name, ())), "after": sorted(parents[1].get(name, ()))}
            for name in moved
        ],
    }


def aligned(old: GNNModel, new: GNNModel) -> tuple[Form, Form, tuple[Renaming, ...]]:
    """Give both models under one reading of names, the old one with the names of the new, and what was renamed."""
    names = replace(read_names(old), kept=read_names(old).kept | read_names(new).kept)
    before, after = read_form(old, names), read_form(new, names)
    renamings = find_renamings(before, after)
    if renamings:
        before = read_form(old, replace(names, renamed=rename_map(renamings)))
    return before, after, renamings


def _renamed(pair: Renaming) -> Change:
    return Change("variable-renamed", pair.after, pair.before, pair.after, {"confidence": pair.confidence})


def _short(change: Change) -> Change:
    return replace(change, name=_cut(change.name), before=_shortened(change.before), after=_shortened(change.after))


def _shortened(value: Any) -> Any:
    """Give a value as it is where it is short, else the start of its text."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return value if len(text) <= LONGEST else _cut(text)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


_PARTS: tuple[Callable[[Form, Form], Iterator[Change]], ...] = (
    variable_changes,
    edge_changes,
    parameter_changes,
    mapping_changes,
    time_changes,
    setting_changes,
    equation_changes,
    label_changes,
    prose_changes,
)


def _nodes(form: Form) -> set[str]:
    return {*form.variables, *(endpoint_name(end) for edge in form.edges for end in (*edge.sources, *edge.targets))}


def _edge_count(form: Form) -> int:
    return len({(edge.directed, *pair) for edge in form.edges for pair in pairs_of(edge)})


def _parents(form: Form) -> Mapping[str, set[str]]:
    parents: dict[str, set[str]] = {}
    for edge in (edge for edge in form.edges if edge.directed):
        for source, target in pairs_of(edge):
            parents.setdefault(target, set()).add(source)
    return parents
