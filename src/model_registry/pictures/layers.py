"""Layers of a directed graph: every edge points down, no layer is too broad, edges are short.

The first two steps of the method of Sugiyama, Tagawa and Toda (1981): cycles are broken, vertices get ranks.
Vertices are numbers from 0; an edge says how many ranks it spans at least.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from math import inf, sqrt
from typing import NamedTuple

ROUNDS = 8
"""How often edges are shortened before the ranks stand."""

BREADTH = 2.2
"""A layer holds at most so many times the square root of the number of vertices, and never fewer than `NARROWEST`."""

NARROWEST = 8


class Edge(NamedTuple):
    """An edge from a vertex to one on a lower layer, at least `length` ranks below.

    Two edges that follow each other are parts of one line where the second goes `onward` from the end of the first.
    """

    upper: int
    lower: int
    length: int
    onward: bool = False


def downward(count: int, edges: Sequence[Edge]) -> list[Edge]:
    """Give the edges so that none closes a cycle: one that would, given those before it, is turned round."""
    below: list[set[int]] = [set() for _ in range(count)]
    turned: list[Edge] = []
    turn = False
    for number, edge in enumerate(edges):
        if not edge.onward:
            last = edges[number + 1] if number + 1 < len(edges) and edges[number + 1].onward else edge
            turn = _reaches(below, last.lower, edge.upper)
        turned.append(edge._replace(upper=edge.lower, lower=edge.upper) if turn else edge)
        below[turned[-1].upper].add(turned[-1].lower)
    return turned


def ranks(count: int, edges: Sequence[Edge], weights: Sequence[int]) -> list[int]:
    """Give each vertex its rank, 0 at the top; `weights` tells what counts for the breadth of a layer (1 or 0)."""
    places = _Places(count, edges)
    places.shorten(late=frozenset(vertex for vertex, weight in enumerate(weights) if not weight))
    places.shorten()
    places.narrow(weights)
    lowest = min(places.rank, default=0)
    return [rank - lowest for rank in places.rank]


def _reaches(below: Sequence[set[int]], start: int, goal: int) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        vertex = waiting.pop()
        if vertex == goal:
            return True
        fresh = below[vertex] - seen
        seen |= fresh
        waiting.extend(fresh)
    return False


class _Places:
    """Ranks while they are worked out."""

    def __init__(self, count: int, edges: Sequence[Edge]) -> None:
        self.above: list[list[Edge]] = [[] for _ in range(count)]
        self.below: list[list[Edge]] = [[] for _ in range(count)]
        for edge in edges:
            self.above[edge.lower].append(edge)
            self.below[edge.upper].append(edge)
        self.order = self._topological()
        self.rank = [0] * count
        for vertex in self.order:
            self.rank[vertex] = int(max(0, self._earliest(vertex)))

    def shorten(self, late: Set[int] = frozenset()) -> None:
        """Move vertices to where their edges are shortest, the `late` ones as far down as can be.

        Once points have made room, what leads to them alone can follow.
        """
        for _ in range(ROUNDS):
            moved = [self._settle(vertex, late) for vertex in [*reversed(self.order), *self.order]]
            if not any(moved):
                return

    def narrow(self, weights: Sequence[int]) -> None:
        """Move vertices of layers that are too broad down by two ranks, those first that push the fewest others."""
        most = max(NARROWEST, int(BREADTH * sqrt(sum(weights))))
        layer, lowest = min(self.rank, default=0), max(self.rank, default=0)
        while layer <= lowest:
            here = [vertex for vertex in self.order if self.rank[vertex] == layer and weights[vertex]]
            here.sort(key=lambda vertex: (len(self.below[vertex]) > 0, layer - self._latest(vertex)))
            for vertex in here[: max(0, len(here) - most)]:
                self.rank[vertex] += 2
            self._push()
            layer, lowest = layer + 1, max(self.rank)

    def _push(self) -> None:
        for vertex in self.order:
            self.rank[vertex] = int(max(self.rank[vertex], self._earliest(vertex)))

    def _settle(self, vertex: int, late: Set[int]) -> bool:
        above, below = len(self.above[vertex]), len(self.below[vertex])
        if vertex in late and below:
            above = 0
        wanted = self._latest(vertex) if below > above else self._earliest(vertex) if above > below else None
        if wanted is None or wanted == self.rank[vertex]:
            return False
        self.rank[vertex] = int(wanted)
        return True

    def _earliest(self, vertex: int) -> float:
        return max((self.rank[edge.upper] + edge.length for edge in self.above[vertex]), default=-inf)

    def _latest(self, vertex: int) -> float:
        return min((self.rank[edge.lower] - edge.length for edge in self.below[vertex]), default=inf)

    def _topological(self) -> list[int]:
        waiting = [len(edges) for edges in self.above]
        ready = [vertex for vertex, left in enumerate(waiting) if not left]
        for vertex in ready:
            for edge in self.below[vertex]:
                waiting[edge.lower] -= 1
                if not waiting[edge.lower]:
                    ready.append(edge.lower)
        return ready
