"""Which edge of one model has become which edge of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

from model_registry.gnn.canonical import Edge, Form, canonical_text, endpoint_name
from model_registry.gnn.changes import Change

MOST_PAIRS = 100_000
"""Beyond so many pairs of a lost and a gained edge at one end, no edges are taken for each other."""

LARGEST_GROUP = 10_000
"""A hyperedge of more pairs is not taken apart."""

SHOWN_MEMBERS = 20
"""How many members that joined or left a group are named."""

_SIGNS = {"directed": ">", "undirected": "-", "bidirectional": "<->", "conditional": "|"}


def edge_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give what became of the edges: an edge lost and an edge gained that resemble each other are one change."""
    lost = [edge for edge in before.edges if edge not in after.edges]
    gained = [edge for edge in after.edges if edge not in before.edges]
    pairs = _pairs(lost, gained)
    for old, new in pairs:
        yield Change(_kind(old, new), edge_text(new._replace(label="")), *_shown(old, new), _membership(old, new))
        was, now = before.edges[old].description, after.edges[new].description
        if canonical_text(was) != canonical_text(now):
            yield Change("edge-description", edge_text(new), was or None, now or None)
    paired_old, paired_new = {old for old, _ in pairs}, {new for _, new in pairs}
    for edge in (edge for edge in lost if edge not in paired_old):
        yield Change("edge-removed", edge_text(edge), edge_text(edge))
    for edge in (edge for edge in gained if edge not in paired_new):
        yield Change("edge-added", edge_text(edge), None, edge_text(edge))


def edge_text(edge: Edge) -> str:
    """Give an edge as one writes it, `(s, u)>B:label`."""
    label = f":{edge.label}" if edge.label else ""
    return f"{_group(edge.sources)}{_SIGNS[edge.relation]}{_group(edge.targets)}{label}"


def pairs_of(edge: Edge) -> Iterator[tuple[str, str]]:
    """Give the (source, target) names of an edge: a hyperedge is the product of its sides, unless that is too large."""
    if len(edge.sources) * len(edge.targets) > LARGEST_GROUP:
        return iter(())
    return product(map(endpoint_name, edge.sources), map(endpoint_name, edge.targets))


def _relabelled(old: Edge, new: Edge) -> bool:
    return old[:3] == new[:3]


def _another_sort(old: Edge, new: Edge) -> bool:
    same = old.directed is new.directed
    return same and (old.sources, old.targets, old.label) == (new.sources, new.targets, new.label)


def _reversed(old: Edge, new: Edge) -> bool:
    return old.directed and old == new._replace(sources=new.targets, targets=new.sources)


def _turned(old: Edge, new: Edge) -> bool:
    ends = sorted((old.sources, old.targets)) == sorted((new.sources, new.targets))
    return ends and old.directed is not new.directed and old.label == new.label


def _extended(old: Edge, new: Edge) -> bool:
    if (old.relation, old.label) != (new.relation, new.label):
        return False
    sides = [(new.sources, new.targets)] + ([] if new.directed else [(new.targets, new.sources)])
    return any({*old.sources} <= {*sources} and {*old.targets} <= {*targets} for sources, targets in sides)


def _reduced(old: Edge, new: Edge) -> bool:
    return _extended(new, old)


_RESEMBLANCES: Mapping[str, Callable[[Edge, Edge], bool]] = {
    "edge-label": _relabelled,
    "edge-operator": _another_sort,
    "edge-reversed": _reversed,
    "edge-directedness": _turned,
    "edge-extended": _extended,
    "edge-reduced": _reduced,
}
"""How an edge may have become another, the closest first."""

_CLOSENESS = dict(zip(_RESEMBLANCES, (0, 1, 2, 3, 4, 4), strict=True))


def _pairs(lost: Sequence[Edge], gained: Sequence[Edge]) -> list[tuple[Edge, Edge]]:
    """Give which lost edge became which gained one, each at most once, the closest first.

    The order does not depend on which side is older.
    """
    alike = [(old, new) for old, new in _candidates(lost, gained) if _kind(old, new)]
    taken: set[tuple[str, Edge]] = set()
    pairs = []
    for old, new in sorted(alike, key=lambda pair: (_CLOSENESS[_kind(*pair)], sorted(pair))):
        if taken.isdisjoint({("old", old), ("new", new)}):
            taken |= {("old", old), ("new", new)}
            pairs.append((old, new))
    return pairs


def _candidates(lost: Sequence[Edge], gained: Sequence[Edge]) -> Iterator[tuple[Edge, Edge]]:
    """Give the pairs that share an end, as edges that resemble each other do."""
    before, after = _by_end(lost), _by_end(gained)
    if sum(len(edges) * len(after.get(end, ())) for end, edges in before.items()) > MOST_PAIRS:
        return iter(())
    places = {pair for end, edges in before.items() for pair in product(edges, after.get(end, ()))}
    return ((lost[old], gained[new]) for old, new in places)


def _by_end(edges: Sequence[Edge]) -> Mapping[str, Sequence[int]]:
    """Give for each end the places of the edges that have it."""
    found: dict[str, list[int]] = {}
    for place, edge in enumerate(edges):
        for end in {*edge.sources, *edge.targets}:
            found.setdefault(end, []).append(place)
    return found


def _kind(old: Edge, new: Edge) -> str:
    return next((kind for kind, resembles in _RESEMBLANCES.items() if resembles(old, new)), "")


def _shown(old: Edge, new: Edge) -> tuple[str | None, str | None]:
    if _relabelled(old, new):
        return old.label or None, new.label or None
    return edge_text(old), edge_text(new)


def _membership(old: Edge, new: Edge) -> dict[str, list[str]]:
    """Give the members that joined and left a group, where any did."""
    members = [{*edge.sources, *edge.targets} for edge in (old, new)]
    moves = {"joined": sorted(members[1] - members[0]), "left": sorted(members[0] - members[1])}
    return {move: names[:SHOWN_MEMBERS] for move, names in moves.items() if names}


def _group(ends: tuple[str, ...]) -> str:
    return ends[0] if len(ends) == 1 else f"({', '.join(ends)})"
