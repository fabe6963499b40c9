"""What a factor graph shows: nodes and links of a model, or of two compared, within bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from model_registry.gnn.facts import Facts
from model_registry.gnn.model import Connection, GNNModel, Variable
from model_registry.gnn.roles import Role
from model_registry.pictures.difference import GraphDifference, Mark

NODES = 160
"""Nodes a picture shows; the connected ones come first."""

ENDS = 480
"""Ends of links a picture shows; a link joins two or more."""


@dataclass(frozen=True, slots=True)
class Node:
    """A variable, or a name that only stands in connections; `told` is what is said of it, line by line."""

    name: str
    size: str = ""
    told: tuple[str, ...] = ()
    role: Role | None = None
    declared: bool = True
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A connection between nodes by name; `kind` is directed, undirected, bidirectional or conditional."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    kind: str = "directed"
    label: str = ""
    told: tuple[str, ...] = ()
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """The part of a graph that is shown, and how many nodes and links are left out."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    nodes_left: int = 0
    links_left: int = 0


def read_graph(model: GNNModel, compared: GraphDifference | None = None) -> Graph:
    """Give the graph of a model; with a difference, what was removed is in it too, and everything is marked."""
    found = [*_links(model, compared or GraphDifference())]
    if compared:
        gone = GraphDifference(connections=dict.fromkeys(compared.gone.connections, Mark.REMOVED))
        found += _links(compared.gone, gone)
    links = tuple(dict.fromkeys(found))
    nodes: dict[str, Node] = {}
    for node in _nodes(model, links, compared):
        nodes.setdefault(node.name, node)
    return _bounded(_linked_first(nodes, links), links)


def _nodes(model: GNNModel, links: Iterable[Link], compared: GraphDifference | None) -> Iterator[Node]:
    """Give the nodes of a picture; of those with one name the first counts."""
    for node in _declared(model):
        mark = compared.variables.get(node.name) if compared else None
        notes = compared.notes.get(node.name, ()) if compared else ()
        yield replace(node, mark=mark, told=(*node.told, *notes))
    if compared:
        yield from (replace(node, mark=Mark.REMOVED) for node in _declared(compared.gone))
    yield from (Node(name, declared=False, told=(name, "not declared")) for link in links for name in _ends(link))


def _declared(model: GNNModel) -> Iterator[Node]:
    roles = model.roles
    terms = dict(reversed(model.ontology))
    for variable in {variable.name: variable for variable in model.variables}.values():
        role = roles[variable.name]
        yield Node(variable.name, " × ".join(variable.dims), tuple(_told(variable, terms, role)), role)


def _told(variable: Variable, terms: Mapping[str, str], role: Role) -> Iterator[str]:
    size = f" [{', '.join(variable.dims)}]" if variable.dims else ""
    yield f"{variable.name}{size}{f', {variable.type}' if variable.type else ''}"
    yield variable.description
    yield terms.get(variable.name, "")
    yield "" if role is Role.OTHER else role.value.replace("_", " ")


def _links(model: GNNModel, compared: GraphDifference) -> Iterator[Link]:
    facts = Facts(model)
    for connection in model.connections:
        sources, targets = (
            tuple(dict.fromkeys(map(facts.referred, side))) for side in (connection.sources, connection.targets)
        )
        yield Link(
            sources,
            targets,
            _kind(connection),
            _label(connection),
            (_written(connection), connection.description, *compared.notes.get(connection, ())),
            compared.connections.get(connection),
        )


def _kind(connection: Connection) -> str:
    if not connection.directed:
        return "bidirectional" if connection.operator == "<->" else "undirected"
    return "conditional" if connection.operator == "|" else "directed"


def _label(connection: Connection) -> str:
    """Give the label of a connection, else the indices of its ends (`t-1 → t` for `x[t-1]>x[t]`)."""
    if connection.label:
        return connection.label
    sides = [
        ", ".join(dict.fromkeys(filter(None, map(_index, side)))) for side in (connection.sources, connection.targets)
    ]
    return " → ".join(filter(None, sides))


def _index(endpoint: str) -> str:
    return endpoint.partition("[")[2].rstrip("]")


def _written(connection: Connection) -> str:
    """Give a connection in words that can be read aloud and found in the text."""
    sign = {"<->": "↔", "|": "|"}.get(connection.operator, "→" if connection.directed else "–")
    label = f": {connection.label}" if connection.label else ""
    return f"{', '.join(connection.sources)} {sign} {', '.join(connection.targets)}{label}"


def _ends(link: Link) -> tuple[str, ...]:
    return (*link.sources, *link.targets)


def _linked_first(nodes: Mapping[str, Node], links: Iterable[Link]) -> list[Node]:
    linked = {name for link in links for name in _ends(link)}
    return sorted(nodes.values(), key=lambda node: node.name not in linked)


def _bounded(nodes: list[Node], links: tuple[Link, ...]) -> Graph:
    shown = nodes[:NODES]
    names = {node.name for node in shown}
    drawn: list[Link] = []
    room = ENDS
    for link in links:
        kept = _within(link, names)
        if kept and len(_ends(kept)) <= room:
            room -= len(_ends(kept))
            drawn.append(kept)
    return Graph(tuple(shown), tuple(drawn), len(nodes) - len(shown), len(links) - len(drawn))


def _within(link: Link, names: Set[str]) -> Link | None:
    """Give a link without the ends that are not shown, None where a side of it is gone."""
    sources, targets = (tuple(name for name in side if name in names) for side in (link.sources, link.targets))
    return replace(link, sources=sources, targets=targets) if sources and targets else None
