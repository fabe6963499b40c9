"""Where the vertices and strands of a connected graph lie: layers, order, places, and a way for each strand.

Coordinates go `across` the flow of the graph and `along` it, so that one layout serves both ways of drawing. A strand
runs straight through the layers it passes, where its place is kept free, and bends only between layers: it never meets
a box that it does not join.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from model_registry.pictures.layers import Edge, downward, ranks
from model_registry.pictures.ordering import ordered
from model_registry.pictures.placing import Pull, placed, straightened
from model_registry.pictures.shapes import inset

STEM = 8.0
"""How far a strand runs straight before and after a layer; an arrow head fits in."""

CROWD = 7
"""So many strands of one kind that meet in one vertex share their way to it."""

_BEND, _HIGHEST_BEND = 16.0, 64.0
_PORT = 15.0
_SHARE = 0.72
_STRAIGHT = 6.0
_LOOSE = 0.1


@dataclass(frozen=True, slots=True)
class Box:
    """A vertex: half its size across, its size along, more room kept beyond it across, and its outline.

    A box without an outline is a point that strands run into.
    """

    half: float
    along: float
    room: float = 0.0
    outline: str = ""


@dataclass(frozen=True, slots=True)
class Strand:
    """A line from one vertex to another, over so many ranks at least; only strands of one kind share their way.

    A strand that goes `onward` is the second half of the line that the one before it begins.
    """

    source: int
    target: int
    length: int
    kind: str = ""
    onward: bool = False


@dataclass(frozen=True, slots=True)
class Station:
    """A straight part of a strand: its place across, where it begins and where it ends along."""

    across: float
    begin: float
    end: float

    def moved(self, across: float, along: float) -> Station:
        """Give the station moved by so much."""
        return Station(self.across + across, self.begin + along, self.end + along)


Way = tuple[Station, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The middle of each box, the way of each strand from source to target, the size of all, and of each layer where
    it begins and ends along."""

    centres: tuple[tuple[float, float], ...]
    ways: tuple[Way, ...]
    across: float
    along: float
    bands: tuple[tuple[float, float], ...]

    def moved(self, across: float, along: float) -> Layout:
        """Give the layout moved by so much; it reaches so much further along."""
        return Layout(
            tuple((x + across, y + along) for x, y in self.centres),
            tuple(tuple(station.moved(across, along) for station in way) for way in self.ways),
            self.across,
            self.along + along,
            self.bands,
        )


def turn(here: Station, there: Station) -> float:
    """Give how far along the bend between two stations reaches: halfway to the other, or beyond both to turn round."""
    down = here.end > here.begin
    if down is (there.end > there.begin):
        return (here.end + there.begin) / 2
    depth = _BEND + 0.1 * abs(here.across - there.across)
    return max(here.end, there.begin) + depth if down else min(here.end, there.begin) - depth


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The layers of a connected graph, each in its order, and the chain of each strand from top to bottom.

    A chain is the upper vertex, a passage in each layer between, and the lower vertex. Passages are vertices too; where
    many strands of one kind meet in one vertex, they share them. `turned` tells of each strand whether it runs up.
    """

    layers: tuple[tuple[int, ...], ...]
    chains: tuple[tuple[int, ...], ...]
    turned: tuple[bool, ...]


def arranged(points: Sequence[bool], strands: Sequence[Strand]) -> Skeleton:
    """Give layers and order of a connected graph; `points` tells of each vertex whether it is only a point."""
    edges = downward(len(points), [Edge(s.source, s.target, s.length, s.onward) for s in strands])
    rank = ranks(len(points), edges, [int(not point) for point in points])
    used = {number: place for place, number in enumerate(sorted(set(rank)))}
    level = [used[number] for number in rank]
    layers: list[list[int]] = [[] for _ in used]
    for vertex, place in enumerate(level):
        layers[place].append(vertex)
    trunks = _trunks(edges, strands)
    passages: dict[object, int] = {}
    chains = []
    for number, edge in enumerate(edges):
        chain = [edge.upper]
        for place in range(level[edge.upper] + 1, level[edge.lower]):
            key = (trunks.get(number, number), place)
            if key not in passages:
                passages[key] = len(points) + len(passages)
                layers[place].append(passages[key])
            chain.append(passages[key])
        chains.append((*chain, edge.lower))
    above, below = _neighbours(chains)
    turned = tuple(edge.upper != strand.source for edge, strand in zip(edges, strands, strict=True))
    return Skeleton(tuple(map(tuple, ordered(layers, above, below))), tuple(chains), turned)


def _trunks(edges: Sequence[Edge], strands: Sequence[Strand]) -> dict[int, object]:
    """Give what the passages of a strand are shared by: the vertex where many strands of its kind meet."""
    meeting: dict[tuple[str, int, bool, str], list[int]] = {}
    for number, (edge, strand) in enumerate(zip(edges, strands, strict=True)):
        turned = edge.upper != strand.source
        meeting.setdefault(("from", edge.upper, turned, strand.kind), []).append(number)
        meeting.setdefault(("to", edge.lower, turned, strand.kind), []).append(number)
    crowded = sorted((key for key in meeting if len(meeting[key]) >= CROWD), key=lambda key: len(meeting[key]))
    return {number: key for key in crowded for number in meeting[key]}


def _neighbours(chains: Iterable[Sequence[int]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Give the vertices that are joined to each from the layer above and from that below."""
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for upper, lower in dict.fromkeys(link for chain in chains for link in pairwise(chain)):
        below.setdefault(upper, []).append(lower)
        above.setdefault(lower, []).append(upper)
    return above, below


def laid_out(skeleton: Skeleton, boxes: Sequence[Box]) -> Layout:
    """Give the layout of a connected graph once the sizes of its vertices are known."""
    passages = [Box(0.0, 0.0)] * (sum(map(len, skeleton.layers)) - len(boxes))
    drawing = _Drawing(skeleton, [*boxes, *passages], len(boxes))
    drawing.place()
    return drawing.layout()


@dataclass(slots=True)
class _Drawing:
    """A layout while it is worked out."""

    skeleton: Skeleton
    boxes: list[Box]
    count: int
    places: dict[int, float] = field(default_factory=dict)
    loose: frozenset[int] = frozenset()
    ports: dict[tuple[int, int], float] = field(default_factory=dict)

    def place(self) -> None:
        self.loose = frozenset(self._loose())
        above: dict[int, list[Pull]] = {}
        below: dict[int, list[Pull]] = {}
        for upper, lower in self._links():
            strength = (1.0, 2.0, _STRAIGHT)[(not self.boxes[upper].outline) + (not self.boxes[lower].outline)]
            below.setdefault(upper, []).append((lower, strength * self._pull(lower)))
            above.setdefault(lower, []).append((upper, strength * self._pull(upper)))
        self.places = placed(self.skeleton.layers, above, below, self._distance)
        self._place_ports()
        self._straighten()
        first = min(self.places[vertex] - self.boxes[vertex].half for vertex in self.places)
        self.places = {vertex: place - first for vertex, place in self.places.items()}
        self._place_ports()

    def layout(self) -> Layout:
        bands = self._bands()
        level = {vertex: number for number, layer in enumerate(self.skeleton.layers) for vertex in layer}
        ways = []
        for number, (chain, turned) in enumerate(zip(self.skeleton.chains, self.skeleton.turned, strict=True)):
            way = tuple(self._way(number, [bands[level[vertex]] for vertex in chain]))
            ways.append(_turned(way) if turned else way)
        return Layout(
            tuple((self.places[vertex], sum(bands[level[vertex]]) / 2) for vertex in range(self.count)),
            tuple(ways),
            max(self.places[vertex] + self.boxes[vertex].half + self.boxes[vertex].room for vertex in self.places),
            bands[-1][1],
            tuple(bands),
        )

    def _loose(self) -> Iterator[int]:
        """Give the vertices that nothing but one strand holds, and those between such a one and one other."""
        joined: dict[int, list[int]] = {}
        for chain in self.skeleton.chains:
            joined.setdefault(chain[0], []).append(chain[-1])
            joined.setdefault(chain[-1], []).append(chain[0])
        ends = {vertex for vertex, others in joined.items() if len(others) == 1}
        yield from ends
        yield from (v for v, others in joined.items() if len(others) == 2 and not ends.isdisjoint(others))

    def _pull(self, vertex: int) -> float:
        """Give how strongly a vertex draws others: little where it can follow them."""
        return _LOOSE if vertex in self.loose else 1.0

    def _links(self) -> Iterator[tuple[int, int]]:
        """Give each pair of vertices that a strand joins between two layers, once."""
        return iter(dict.fromkeys(link for chain in self.skeleton.chains for link in pairwise(chain)))

    def _distance(self, left: int, right: int) -> float:
        one, other = self.boxes[left], self.boxes[right]
        gap = (12.0, 18.0, 24.0)[bool(one.outline or one.room) + bool(other.outline or other.room)]
        return one.half + one.room + gap + other.half

    def _place_ports(self) -> None:
        """Spread the strands of each side of a box over it, in the order of where they come from."""
        sides: dict[tuple[int, int], dict[int, list[int]]] = {}
        for number, chain in enumerate(self.skeleton.chains):
            for vertex, side, other in ((chain[0], 1, chain[1]), (chain[-1], -1, chain[-2])):
                shared = other if other >= self.count else -1 - number
                sides.setdefault((vertex, side), {}).setdefault(shared, []).append(number)
        for (vertex, side), ends in sides.items():
            ordered_ends = sorted(ends.values(), key=lambda numbers: self._towards(numbers[0], side))
            middle = self._middle([self._far_end(numbers[0], side) for numbers in ordered_ends])
            box = self.boxes[vertex]
            usable = box.half * _SHARE if box.outline else 0.0
            step = min(_PORT, usable / max(0.5, middle, len(ends) - 1 - middle))
            for place, numbers in enumerate(ordered_ends):
                for number in numbers:
                    self.ports[number, side] = (place - middle) * step

    def _middle(self, others: Sequence[int]) -> float:
        """Give which of the strands on a side leaves from its middle: the only one that leads on, if there is one."""
        firm = [place for place, other in enumerate(others) if other not in self.loose]
        return float(firm[0]) if len(firm) == 1 else (len(others) - 1) / 2

    def _far_end(self, number: int, side: int) -> int:
        chain = self.skeleton.chains[number]
        return chain[-1] if side > 0 else chain[0]

    def _towards(self, number: int, side: int) -> tuple[float, int]:
        chain = self.skeleton.chains[number]
        return self.places[chain[1] if side > 0 else chain[-2]], number

    def _straighten(self) -> None:
        """Slide boxes, and the passages of each strand as one, to where the strands that meet there are straight."""
        ends: dict[int, list[tuple[int, float]]] = {}
        for number, chain in enumerate(self.skeleton.chains):
            offsets = {chain[0]: self.ports[number, 1], chain[-1]: self.ports[number, -1]}
            for upper, lower in pairwise(chain):
                gap = offsets.get(upper, 0.0) - offsets.get(lower, 0.0)
                ends.setdefault(upper, []).append((lower, -gap))
                ends.setdefault(lower, []).append((upper, gap))
        passages = self._passages()
        single = [[vertex] for layer in self.skeleton.layers for vertex in layer if vertex < self.count]

        def wishes(now: Mapping[int, float], part: Sequence[int]) -> list[tuple[float, float]]:
            return [
                (now[other] + gap, (2.0 if other >= self.count else 1.0) * self._pull(other))
                for vertex in part
                for other, gap in ends.get(vertex, ())
                if other not in part
            ]

        self.places = straightened(
            self.skeleton.layers,
            self.places,
            [*passages, *single, *self._runs(), *map(self._without_points, self._runs())],
            wishes,
            self._distance,
        )

    def _runs(self) -> list[list[int]]:
        """Give the vertices that follow each other without a branch between them, two or more."""
        above, below = _neighbours(self.skeleton.chains)
        after = {upper: ends[0] for upper, ends in below.items() if len(ends) == len(above[ends[0]]) == 1}
        runs = []
        for first in sorted(after.keys() - set(after.values())):
            run = [first]
            while run[-1] in after:
                run.append(after[run[-1]])
            runs.append(run)
        return runs

    def _without_points(self, run: Sequence[int]) -> list[int]:
        """Give the end of a run from its last point on: two boxes look better in line than a box and a point."""
        last = max((place for place, vertex in enumerate(run[:-1]) if not self.boxes[vertex].outline), default=-1)
        return list(run[last + 1 :])

    def _passages(self) -> list[list[int]]:
        """Give the passages of each strand, the longest first; what is shared belongs to the first."""
        taken: set[int] = set()
        passages = []
        for chain in sorted(self.skeleton.chains, key=len, reverse=True):
            passages.append([vertex for vertex in chain[1:-1] if vertex not in taken])
            taken.update(passages[-1])
        return [passage for passage in passages if passage]

    def _bands(self) -> list[tuple[float, float]]:
        """Give where each layer begins and ends along; the space between two grows with how far strands go across."""
        bands: list[tuple[float, float]] = []
        below = self._reach()
        begin = 0.0
        for number, layer in enumerate(self.skeleton.layers):
            thickness = max(self.boxes[vertex].along for vertex in layer)
            bands.append((begin, begin + thickness))
            begin += thickness + 2 * STEM + below[number]
        return bands

    def _reach(self) -> list[float]:
        level = {vertex: number for number, layer in enumerate(self.skeleton.layers) for vertex in layer}
        furthest = [0.0] * len(self.skeleton.layers)
        for upper, lower in self._links():
            gap = abs(self.places[upper] - self.places[lower])
            furthest[level[upper]] = max(furthest[level[upper]], gap)
        return [min(_HIGHEST_BEND, _BEND + 0.1 * gap) for gap in furthest]

    def _way(self, number: int, bands: Sequence[tuple[float, float]]) -> Iterator[Station]:
        """Give the way of a strand from top to bottom, through these bands."""
        upper, *passed, lower = self.skeleton.chains[number]
        across, edge = self._end(number, upper, 1, bands[0])
        yield Station(across, edge, bands[0][1] + STEM)
        for vertex, (begin, end) in zip(passed, bands[1:-1], strict=True):
            yield Station(self.places[vertex], begin - STEM, end + STEM)
        across, edge = self._end(number, lower, -1, bands[-1])
        yield Station(across, bands[-1][0] - STEM, edge)

    def _end(self, number: int, vertex: int, side: int, band: tuple[float, float]) -> tuple[float, float]:
        """Give the point where a strand meets the lower (1) or the upper (-1) side of a box."""
        box, middle = self.boxes[vertex], sum(band) / 2
        offset = self.ports[number, side]
        if not box.outline:
            return self.places[vertex], middle
        into = inset(box.outline, offset, side=2 * box.half, depth=box.along)
        return self.places[vertex] + offset, middle + side * (box.along / 2 - into)


def _turned(way: Way) -> Way:
    return tuple(Station(station.across, station.end, station.begin) for station in reversed(way))


def shelved(sizes: Mapping[int, tuple[float, float]], breadth: float, gap: float) -> dict[int, tuple[float, float]]:
    """Give the left and top of boxes put side by side on shelves no broader than `breadth`, where one box is not."""
    corners: dict[int, tuple[float, float]] = {}
    left = top = shelf = 0.0
    for key, (width, height) in sizes.items():
        if left and left + width > breadth:
            left, top, shelf = 0.0, top + shelf + gap, 0.0
        corners[key] = (left, top)
        left += width + gap
        shelf = max(shelf, height)
    return corners
