"""What differs between the graphs of two models, for drawing both in one picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from model_registry.gnn.canonical import Form, canonical_edge, endpoint_name
from model_registry.gnn.changes import KINDS, Change
from model_registry.gnn.declared import mapping_changes, parameter_changes, variable_changes
from model_registry.gnn.diff import aligned
from model_registry.gnn.edges import edge_changes, edge_text
from model_registry.gnn.model import Connection, GNNModel


class Mark(StrEnum):
    """What became of a node or an edge."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class GraphDifference:
    """The marks of variables by name and of connections, for a newer model drawn over an older one.

    `notes` says in words what changed of a variable (its declaration, its numbers, its term) or of a connection. `gone`
    holds what only the older model has, under the names of the newer one where a variable was renamed. What stayed has
    no mark.
    """

    variables: Mapping[str, Mark] = field(default_factory=dict)
    connections: Mapping[Connection, Mark] = field(default_factory=dict)
    notes: Mapping[str | Connection, tuple[str, ...]] = field(default_factory=dict)
    gone: GNNModel = field(default_factory=GNNModel)


def graph_difference(old: GNNModel, new: GNNModel) -> GraphDifference:
    """Give what differs between the graphs of two models, as `diff` tells it: renamed variables are changed ones."""
    before, after, renamings = aligned(old, new)
    written = {key: variable.name for key, variable in after.variables.items()}
    notes: dict[str | Connection, list[str]] = {}
    for pair in renamings:
        notes.setdefault(written[pair.after], []).append(f"renamed from {pair.before}")
    for change in _changes(before, after):
        if change.name in written:
            notes.setdefault(written[change.name], []).append(f"changed: {KINDS[change.kind]}")
    added = {name: Mark.ADDED for key, name in written.items() if key not in before.variables}
    changed = {name: Mark.CHANGED for name in written.values() if name in notes and name not in added}
    edges = dict(_marks(before, after))
    notes |= {connection: [told] for connection, (mark, told) in edges.items() if mark is Mark.CHANGED}
    return GraphDifference(
        added | changed,
        {connection: mark for connection, (mark, _) in edges.items()},
        {part: tuple(dict.fromkeys(told)) for part, told in notes.items() if part not in added},
        _gone(before, after, written),
    )


def _changes(before: Form, after: Form) -> Iterator[Change]:
    for part in (variable_changes, parameter_changes, mapping_changes):
        yield from part(before, after)


def _marks(before: Form, after: Form) -> Iterator[tuple[Connection, tuple[Mark, str]]]:
    """Give the mark of each connection that is new, or that has become of another one, and what became of it."""
    changes = [change for change in edge_changes(before, after) if change.kind != "edge-description"]
    added = {change.after for change in changes if change.kind == "edge-added"}
    became = {change.name: change for change in changes}
    for connection in after.model.connections:
        edge = canonical_edge(connection, after.names)
        change = became.get(edge_text(edge._replace(label="")))
        if edge_text(edge) in added:
            yield connection, (Mark.ADDED, "")
        elif edge not in before.edges and change:
            was = f"; before: {change.before}" if change.before else ""
            yield connection, (Mark.CHANGED, f"changed: {KINDS[change.kind]}{was}")


def _gone(before: Form, after: Form, written: Mapping[str, str]) -> GNNModel:
    """Give what is left of the older model once all that the newer one has is taken away."""
    removed = {change.before for change in edge_changes(before, after) if change.kind == "edge-removed"}
    variables = [variable for key, variable in before.variables.items() if key not in after.variables]
    connections = [connection for edge, connection in before.edges.items() if edge_text(edge) in removed]
    return replace(
        before.model,
        variables=tuple(variables),
        connections=tuple(_renamed(connection, before, written) for connection in connections),
    )


def _renamed(connection: Connection, before: Form, written: Mapping[str, str]) -> Connection:
    def named(endpoint: str) -> str:
        name = endpoint_name(endpoint)
        return written.get(before.names.of(name), name) + endpoint[len(name) :]

    sources, targets = (tuple(map(named, side)) for side in (connection.sources, connection.targets))
    return replace(connection, sources=sources, targets=targets)
