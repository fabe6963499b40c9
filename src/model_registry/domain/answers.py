"""Answers to queries, kept for as long as the log stands where it stood: asked again, or page by page."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model_registry.domain.found import Mask, Numbers, Scores

DEPRECATED_COUNTS = 0.8
"""What a hit of a deprecated model counts, beside one of an active one."""

EQUAL = 1e-6
"""Scores that differ by less are equal."""

MOST_VALUES = 20
"""Values counted of one facet, the commonest."""

FACETS = ("kinds", "tags", "author", "state", "ontology", "time")
"""The columns whose values are counted over all hits (see `domain.columns`)."""

MOST_HITS = 250_000
"""Hits of all the answers that are kept together."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found at a position of the log: every model, best first, with its score; and what is told of all."""

    position: int
    numbers: Numbers
    scores: Scores
    facets: Mapping[str, Mapping[str, int]]
    relaxed: bool = False
    complete: bool = True
    suggestions: tuple[str, ...] = ()


class Answers:
    """The answers given last, the least used given up first; safe to share between threads."""

    def __init__(self, most: int = MOST_HITS) -> None:
        self._room = most
        self._kept: OrderedDict[object, Answer] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, key: object) -> Answer | None:
        """Give the answer to a question that was asked before."""
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: object, answer: Answer) -> None:
        """Keep an answer, also where it is the only one there is room for."""
        with self._guard:
            if key not in self._kept:
                self._kept[key] = answer
                self._room -= _size(answer)
            while self._room < 0 and len(self._kept) > 1:
                self._room += _size(self._kept.popitem(last=False)[1])


def _size(answer: Answer) -> int:
    return len(answer.numbers) + 100


def weighed(scores: Scores, deprecated: Mask) -> Scores:
    """Give the scores of hits, of which some are deprecated models and count less."""
    return np.where(deprecated, DEPRECATED_COUNTS * scores, scores)


def ordered(scores: Scores, uses: Numbers) -> Numbers:
    """Give the places of hits, best first: by score, of equal ones the more used, else as they stand.

    Score and place are put together into one number, which sorts ten times as fast as keeping the order of equal ones.
    """
    used = np.flatnonzero(uses)
    by_use = np.arange(len(uses))
    if used.size:
        by_use = np.concatenate([used[np.argsort(-uses[used], kind="stable")], np.flatnonzero(uses == 0)])
    steps = np.round(scores[by_use] / EQUAL).astype(np.int64)
    bits = len(steps).bit_length()
    keys = np.sort(((steps.max(initial=0) - steps) << bits) | np.arange(len(steps)))
    best: Numbers = by_use[keys & ((1 << bits) - 1)]
    return best


def page_of(answer: Answer, last: int, start: int, size: int) -> tuple[int, Numbers]:
    """Give where a page begins, and its models: `size` of them behind the first `start`, of which `last` was the last.

    Where it is no longer, because the answer was found anew, the page begins behind where it stands now.
    """
    numbers = answer.numbers
    if start and numbers[start - 1 : start].tolist() != [last]:
        behind = np.flatnonzero(numbers == last) + 1
        start = int(behind[0]) if behind.size else min(start, len(numbers))
    return start, numbers[start : start + size]
