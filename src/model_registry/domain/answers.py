"""Answers to queries, kept for as long as the log stands where it stood: asked again, or page by page."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from heapq import nlargest

from model_registry.domain.matching import Scores

DEPRECATED_COUNTS = 0.8
"""What a hit of a deprecated model counts, beside one of an active one."""

EQUAL = 1e-6
"""Scores that differ by less are equal."""

MOST_VALUES = 20
"""Values counted of one facet, the commonest."""

FACETS = ("kinds", "tags", "author", "state", "ontology", "time")
"""The columns whose values are counted over all hits (see `domain.columns`)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query found at a position of the log: every model with its score, and what is told of them together.

    `ties` decide between equal scores: how often each model was read, then when it last changed.
    """

    position: int
    scores: Scores
    ties: Mapping[str, tuple[int, int]]
    facets: Mapping[str, Mapping[str, int]]
    relaxed: bool = False
    complete: bool = True
    suggestions: tuple[str, ...] = ()


class Answers:
    """The answers given last, the least used given up first; safe to share between threads."""

    def __init__(self, room: int = 64) -> None:
        self._room = room
        self._kept: OrderedDict[object, Answer] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, key: object) -> Answer | None:
        """Give the answer to a question that was asked before."""
        with self._guard:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: object, answer: Answer) -> None:
        """Keep an answer."""
        with self._guard:
            self._kept[key] = answer
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)


def weighed(scores: Scores, deprecated: Set[str]) -> Scores:
    """Give scores with those of deprecated models counting less."""
    return scores | {model_id: DEPRECATED_COUNTS * scores[model_id] for model_id in deprecated & scores.keys()}


def page_of(answer: Answer, last: str, start: int, size: int) -> tuple[int, list[str]]:
    """Give where a page begins, and its models: `size` of them behind the first `start`, of which `last` was the last.

    Where it is no longer, because the answer was found anew, the page begins behind where it stands now.
    """
    ids = best(answer, start + size)
    if start and ids[start - 1 : start] != [last]:
        ids = best(answer, len(answer.scores))
        start = ids.index(last) + 1 if last in ids else min(start, len(ids))
    return start, ids[start : start + size]


def best(answer: Answer, first: int) -> list[str]:
    """Give the `first` best models of an answer, best first.

    Only those that may be among the first are put in order: the others of a large answer cost next to nothing.
    """
    scores, ties = answer.scores, answer.ties
    least = nlargest(first, scores.values())[-1] if 0 < first < len(scores) else 0.0
    top = [model_id for model_id, score in scores.items() if score >= least - EQUAL]
    return nlargest(first, top, key=lambda each: (round(scores[each] / EQUAL), ties[each]))
