"""Places of vertices along their layers: near their neighbours, long edges straight, and never too close.

Each layer is placed by least squares under the distances it must keep, which pooling adjacent violators solves exactly
(Ayer and others, 1955); sweeps over the layers pass the places on. Then vertices slide, within the room that is left,
to where their edges are straight, and what belongs to one long edge slides as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

_STILL = 0.05

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


SLIDES = 12
"""How often each chain of a small graph may slide."""

Chain = Sequence[int]
"""Vertices, each on the layer below that of the one before it, that are to stand in one line."""

Wishes = Callable[[Mapping[int, float], Chain], Sequence[tuple[float, float]]]
"""Gives for some vertices the places they are wished at, each with its weight."""


def straightened(
    layers: Sequence[Sequence[int]],
    places: Mapping[int, float],
    chains: Sequence[Chain],
    wishes: Wishes,
    distance: Callable[[int, int], float],
) -> dict[int, float]:
    """Give the places once each chain has slid to where it is wished, as far as there is room."""
    slides = _Slides(dict(places), wishes, {}, {})
    for layer in layers:
        for left, right in pairwise(layer):
            slides.left[right], slides.right[left] = (left, distance(left, right)), (right, distance(left, right))
    for _ in range(max(1, min(SLIDES, WORK // (len(places) or 1)))):
        moved = [slides.slide(chain) for chain in chains]
        if not any(moved):
            break
    return slides.places


@dataclass(slots=True)
class _Slides:
    """Places while chains slide; `left` and `right` are the neighbours within a layer and the distances to keep."""

    places: dict[int, float]
    wishes: Wishes
    left: dict[int, tuple[int, float]]
    right: dict[int, tuple[int, float]]

    def slide(self, chain: Chain) -> bool:
        """Move a chain, in as few parts as can each stand in one line, and tell whether it has moved."""
        moved = False
        for part, low, high in self._parts(chain):
            place = min(max(_median(self.wishes(self.places, part), self.places[part[0]]), low), high)
            moved = moved or any(abs(self.places[vertex] - place) > _STILL for vertex in part)
            self.places.update(dict.fromkeys(part, place))
        return moved

    def _parts(self, chain: Chain) -> Iterator[tuple[list[int], float, float]]:
        """Give the parts, and between which places each may stand."""
        part: list[int] = []
        low, high = -inf, inf
        for vertex in chain:
            least, most = self._room(vertex)
            if part and max(low, least) > min(high, most):
                yield part, low, high
                part, low, high = [], -inf, inf
            part.append(vertex)
            low, high = max(low, least), min(high, most)
        yield part, low, high

    def _room(self, vertex: int) -> tuple[float, float]:
        left, right = self.left.get(vertex), self.right.get(vertex)
        return self.places[left[0]] + left[1] if left else -inf, self.places[right[0]] - right[1] if right else inf


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
