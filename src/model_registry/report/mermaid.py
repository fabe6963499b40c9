"""Pictures as Mermaid text, which code hosts draw: a model's factor graph, and what models require of each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from model_registry.domain.printable import printable
from model_registry.gnn.model import Connection, GNNModel, Variable
from model_registry.pictures.groups import GROUPS

NODES = 40
"""Nodes a picture shows; more cannot be read."""

_ENTITIES = str.maketrans(
    {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;", "|": "#124;"}
)


def factor_graph(model: GNNModel) -> str:
    """Give the factor graph of a model: variables grouped by role, an edge for each connection.

    Undirected edges have no arrow. At most 40 nodes are drawn, the connected ones first; a note counts the rest.
    """
    edges = [edge for connection in model.connections for edge in _edges(connection)]
    names = _drawn(model, edges)
    nodes = {name: f"n{number}" for number, name in enumerate(names[:NODES])}
    lines = [*_grouped(model, nodes), *_drawn_edges(edges, nodes)]
    return _picture("flowchart LR", lines, len(names) - len(nodes))


def dependency_graph(models: Iterable[Mapping[str, Any]]) -> str:
    """Give which model requires which, "" when none does; an unresolved requirement is drawn with a dotted line."""
    edges = [
        (model["id"], required["id"], required["requirement"].partition("@")[2], bool(required["resolved"]))
        for model in models
        for required in model["dependencies"]["requires"]
    ]
    names = list(dict.fromkeys(name for edge in edges for name in edge[:2]))
    nodes = {name: f"n{number}" for number, name in enumerate(names[:NODES])}
    lines = [f'  {node}["{label(name)}"]' for name, node in nodes.items()]
    lines += [
        f"  {nodes[source]} {'-->' if resolved else '-.->'}{_edge_label(wanted)} {nodes[target]}"
        for source, target, wanted, resolved in edges
        if source in nodes and target in nodes
    ]
    return _picture("flowchart LR", lines, len(names) - len(nodes)) if edges else ""


def label(text: object) -> str:
    """Give a text as it may stand between the quotes of a Mermaid label."""
    return printable(text, 60).translate(_ENTITIES)


def _edges(connection: Connection) -> Iterator[tuple[str, str, str, bool]]:
    """Give (source, target, label, directed) of each pair; an index (`x[t-1]`) moves from the name to the label."""
    for source in connection.sources:
        for target in connection.targets:
            start, _, before = source.partition("[")
            end, _, after = target.partition("[")
            indices = ", ".join(index.rstrip("]") for index in (before, after) if index)
            yield start, end, connection.label or indices, connection.directed


def _drawn(model: GNNModel, edges: Iterable[tuple[str, str, str, bool]]) -> list[str]:
    """Give the names to draw: those with an edge first, then the others, in the order declared."""
    connected = {name for edge in edges for name in edge[:2]}
    declared = list(dict.fromkeys(variable.name for variable in model.variables))
    first = [name for name in declared if name in connected]
    return [*dict.fromkeys([*first, *sorted(connected - set(first)), *declared])]


def _grouped(model: GNNModel, nodes: Mapping[str, str]) -> Iterator[str]:
    roles = model.roles
    variables = {variable.name: variable for variable in model.variables}
    grouped: set[str] = set()
    for number, group in enumerate(GROUPS):
        names = [name for name in nodes if roles.get(name) in group.roles]
        if names:
            yield f'  subgraph g{number}["{group.title}"]'
            yield from (f"    {_node(name, nodes[name], variables.get(name))}" for name in names)
            yield "  end"
            grouped.update(names)
    yield from (f"  {_node(name, node, variables.get(name))}" for name, node in nodes.items() if name not in grouped)


def _node(name: str, node: str, variable: Variable | None) -> str:
    size = " × ".join(variable.dims) if variable else ""
    return f'{node}["{label(name)}{f"<br/>{label(size)}" if size else ""}"]'


def _drawn_edges(edges: Iterable[tuple[str, str, str, bool]], nodes: Mapping[str, str]) -> Iterator[str]:
    for source, target, text, directed in dict.fromkeys(edges):
        if source in nodes and target in nodes:
            yield f"  {nodes[source]} {'-->' if directed else '---'}{_edge_label(text)} {nodes[target]}"


def _edge_label(text: str) -> str:
    return f'|"{label(text)}"|' if text else ""


def _picture(kind: str, lines: Iterable[str], left_out: int) -> str:
    drawing = "\n".join(["```mermaid", kind, *lines, "```"])
    return f"{drawing}\n\n{left_out} more nodes are not drawn." if left_out > 0 else drawing
