"""The order of vertices within layers, so that few edges cross: sweeps by medians, then exchanges of neighbours.

After Gansner, Koutsofios, North and Vo, "A technique for drawing directed graphs" (1993). Every edge joins two layers
that follow each other.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

WORK = 12_000
"""Vertices that all sweeps over a graph may visit, from either start; a small graph is swept `SWEEPS` times."""

SWEEPS = 24

Layers = list[list[int]]
Neighbours = Mapping[int, Sequence[int]]


def ordered(layers: Layers, above: Neighbours, below: Neighbours) -> Layers:
    """Give the layers in an order with few crossings of edges; the same graph always gives the same order."""
    found = _improved(_by_search(layers, below, above), above, below)
    if not crossings(found, below):
        return found
    return min(found, _improved(layers, above, below), key=lambda order: crossings(order, below))


def _improved(start: Layers, above: Neighbours, below: Neighbours) -> Layers:
    best = [list(layer) for layer in start]
    fewest = crossings(best, below)
    current = [list(layer) for layer in best]
    size = sum(map(len, start)) or 1
    for sweep in range(max(2, min(SWEEPS, WORK // size))):
        if not fewest:
            break
        before = [list(layer) for layer in current]
        _sweep(current, above if sweep % 2 == 0 else below, backwards=sweep % 2 == 1)
        _exchange(current, above, below)
        found = crossings(current, below)
        if found < fewest:
            best, fewest = [list(layer) for layer in current], found
        if sweep % 2 and current == before:
            break
    return best


def crossings(layers: Layers, below: Neighbours) -> int:
    """Give how many pairs of edges cross."""
    return sum(_crossings(upper, _places(lower), below) for upper, lower in pairwise(layers))


def _crossings(upper: Sequence[int], places: Mapping[int, int], below: Neighbours) -> int:
    seen: list[int] = []
    total = 0
    for vertex in upper:
        ends = sorted(places[end] for end in below.get(vertex, ()))
        total += sum(len(seen) - bisect_right(seen, end) for end in ends)
        for end in ends:
            insort(seen, end)
    return total


def _places(layer: Iterable[int]) -> dict[int, int]:
    return {vertex: place for place, vertex in enumerate(layer)}


def _by_search(layers: Layers, below: Neighbours, above: Neighbours) -> Layers:
    """Give the layers in the order in which a search through the graph meets their vertices, so that branches part."""
    met: dict[int, None] = {}
    for start in (vertex for layer in layers for vertex in layer):
        waiting = [start]
        while waiting:
            vertex = waiting.pop()
            if vertex not in met:
                met[vertex] = None
                waiting += reversed([*below.get(vertex, ()), *above.get(vertex, ())])
    place = _places(met)
    return [sorted(layer, key=place.__getitem__) for layer in layers]


def _sweep(layers: Layers, towards: Neighbours, *, backwards: bool) -> None:
    """Order each layer by the medians of its neighbours in the layer before it; what has none there stays in place."""
    numbers = range(len(layers) - 2, -1, -1) if backwards else range(1, len(layers))
    for number in numbers:
        places = _places(layers[number + 1 if backwards else number - 1])
        layer = layers[number]
        medians = {vertex: _median([places[end] for end in towards.get(vertex, ())]) for vertex in layer}
        movable = iter(sorted((v for v in layer if medians[v] >= 0), key=medians.__getitem__))
        layers[number] = [next(movable) if medians[vertex] >= 0 else vertex for vertex in layer]


def _median(places: list[int]) -> float:
    if not places:
        return -1.0
    places.sort()
    middle = len(places) // 2
    return float(places[middle]) if len(places) % 2 else (places[middle - 1] + places[middle]) / 2


def _exchange(layers: Layers, above: Neighbours, below: Neighbours) -> None:
    """Exchange neighbours within a layer wherever that saves a crossing."""
    for number, layer in enumerate(layers):
        sides = [
            (_places(layers[other]), towards)
            for other, towards in ((number - 1, above), (number + 1, below))
            if 0 <= other < len(layers)
        ]
        for place in range(len(layer) - 1):
            left, right = layer[place], layer[place + 1]
            if sum(_saved(left, right, places, towards) for places, towards in sides) > 0:
                layer[place], layer[place + 1] = right, left


def _saved(left: int, right: int, places: Mapping[int, int], towards: Neighbours) -> int:
    """Give how many crossings two neighbours have less once they are exchanged."""
    ends = [[places[end] for end in towards.get(vertex, ())] for vertex in (left, right)]
    pairs = [(one, other) for one in ends[0] for other in ends[1]]
    return sum(one > other for one, other in pairs) - sum(one < other for one, other in pairs)
