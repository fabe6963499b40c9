"""Places of vertices along their layers: near their neighbours, long edges straight, and never too close.

Each layer is placed by least squares under the distances it must keep, which pooling adjacent violators solves exactly
(Ayer and others, 1955); sweeps over the layers pass the places on. Then vertices slide, within the room that is left,
to where their edges are straight, and what belongs to one long edge slides as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf

SWEEPS = 14
WORK = 20_000
"""Sweeps over the layers of a small graph, and vertices that all sweeps over a large one may visit."""

Pull = tuple[int, float]
"""A neighbour, and how strongly it draws."""


def placed(
    layers: Sequence[Sequence[int]],
    above: Mapping[int, Sequence[Pull]],
    below: Mapping[int, Sequence[Pull]],
    distance: Callable[[int, int], float],
) -> dict[int, float]:
    """Give each vertex its place; two neighbours of a layer are at least their `distance` apart."""
    places = {vertex: place for layer in layers for vertex, place in _packed(layer, distance)}
    sweeps = max(6, min(SWEEPS, WORK // (len(places) or 1)))
    for sweep in range(sweeps):
        pulls = (above, below) if sweep >= sweeps - 4 else (above,) if sweep % 2 == 0 else (below,)
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = [_wanted(vertex, pulls, places) for vertex in layer]
            places.update(zip(layer, _spaced(layer, wanted, distance), strict=True))
    return places


def _packed(layer: Sequence[int], distance: Callable[[int, int], float]) -> Iterable[tuple[int, float]]:
    """Give the vertices of a layer side by side, its middle at 0."""
    offsets = _offsets(layer, distance)
    middle = (offsets[0] + offsets[-1]) / 2 if offsets else 0.0
    return [(vertex, offset - middle) for vertex, offset in zip(layer, offsets, strict=True)]


def _offsets(layer: Sequence[int], distance: Callable[[int, int], float]) -> list[float]:
    offsets: list[float] = []
    for place, vertex in enumerate(layer):
        offsets.append(offsets[-1] + distance(layer[place - 1], vertex) if place else 0.0)
    return offsets


def _wanted(
    vertex: int, pulls: Iterable[Mapping[int, Sequence[Pull]]], places: Mapping[int, float]
) -> tuple[float, float]:
    """Give where a vertex is drawn to, and how strongly; one without neighbours there weakly stays where it is."""
    drawn = [pull for side in pulls for pull in side.get(vertex, ())]
    weight = sum(strength for _, strength in drawn)
    if not weight:
        return places[vertex], 0.05
    return sum(places[other] * strength for other, strength in drawn) / weight, weight


def _spaced(
    layer: Sequence[int], wanted: Sequence[tuple[float, float]], distance: Callable[[int, int], float]
) -> list[float]:
    """Give the places nearest to the wanted ones (weighted squares) that keep order and distances."""
    offsets = _offsets(layer, distance)
    pools: list[tuple[float, float, int]] = []
    for (place, weight), offset in zip(wanted, offsets, strict=True):
        pool = (place - offset, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            before = pools.pop()
            total = before[1] + pool[1]
            pool = ((before[0] * before[1] + pool[0] * pool[1]) / total, total, before[2] + pool[2])
        pools.append(pool)
    pooled = [mean for mean, _, size in pools for _ in range(size)]
    return [mean + offset for mean, offset in zip(pooled, offsets, strict=True)]


Chain = Sequence[int]
"""Vertices, each on the layer below that of the one before it, that are to stand in one line."""


def straightened(
    layers: Sequence[Sequence[int]],
    places: Mapping[int, float],
    chains: Sequence[Chain],
    wishes: Callable[[Mapping[int, float], Chain], Sequence[tuple[float, float]]],
    distance: Callable[[int, int], float],
) -> dict[int, float]:
    """Give the places once each chain has slid to where it is wished (places and weights), as far as there is room."""
    now = dict(places)
    sides = {
        vertex: (layer[place - 1] if place else None, layer[place + 1] if place + 1 < len(layer) else None)
        for layer in layers
        for place, vertex in enumerate(layer)
    }
    for _ in range(max(1, min(SLIDES, WORK // (len(now) or 1)))):
        for chain in chains:
            for part in _straight_parts(chain, now, sides, distance):
                low, high = _room(part, now, sides, distance)
                place = min(max(_median(wishes(now, part), now[part[0]]), low), high)
                now.update(dict.fromkeys(part, place))
    return now


SLIDES = 12

Sides = Mapping[int, tuple[int | None, int | None]]


def _straight_parts(
    chain: Chain, now: Mapping[int, float], sides: Sides, distance: Callable[[int, int], float]
) -> Iterable[list[int]]:
    """Give the chain in as few parts as can each stand in one line."""
    part: list[int] = []
    low, high = -inf, inf
    for vertex in chain:
        least, most = _room([vertex], now, sides, distance)
        if part and max(low, least) > min(high, most):
            yield part
            part, low, high = [], -inf, inf
        part.append(vertex)
        low, high = max(low, least), min(high, most)
    yield part


def _room(
    part: Chain, now: Mapping[int, float], sides: Sides, distance: Callable[[int, int], float]
) -> tuple[float, float]:
    """Give between which places all vertices of a part may stand."""
    low, high = -inf, inf
    for vertex in part:
        left, right = sides[vertex]
        low = max(low, now[left] + distance(left, vertex)) if left is not None else low
        high = min(high, now[right] - distance(vertex, right)) if right is not None else high
    return low, high


def _median(wishes: Sequence[tuple[float, float]], now: float) -> float:
    """Give the weighted median of some places; where a whole stretch is as good, the end of it that is nearer."""
    ordered = sorted(wishes)
    half = sum(weight for _, weight in ordered) / 2
    passed = 0.0
    for place, (value, weight) in enumerate(ordered):
        passed += weight
        if passed > half:
            return value
        if passed == half:
            return min((value, ordered[place + 1][0]), key=lambda end: abs(end - now))
    return now
