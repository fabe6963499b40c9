"""Asks a search index by the ids of models, as a test wants to; an index answers in the numbers of who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from model_registry.domain.found import Numbers, Part
from model_registry.domain.query import Query
from model_registry.ports import SearchIndex


class Roll:
    """Numbers models as they come, up to a thousand of them."""

    count = 1_000

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def numbers(self, ids: Iterable[str]) -> Numbers:
        """Give the numbers of models."""
        return np.array([self._numbers.setdefault(id_, len(self._numbers)) for id_ in ids], np.intp)

    def places(self, part: Part, ids: Callable[[], Iterable[str]]) -> Numbers:
        """Give those of all documents of a part."""
        return self.numbers(ids())

    def id(self, number: int) -> str:
        """Give the id of a model."""
        return list(self._numbers)[number]


def scores(index: SearchIndex, query: Query) -> dict[str, float]:
    """Give what an index finds, with the scores."""
    roll = Roll()
    found = index.search(query, roll)
    numbers = np.flatnonzero(found.mask)
    return {
        roll.id(number): score for number, score in zip(numbers.tolist(), found.scores[numbers].tolist(), strict=True)
    }


def fields(index: SearchIndex, query: Query, ids: Iterable[str]) -> dict[str, set[str]]:
    """Give the fields of models in which the words of a query stand."""
    roll = Roll()
    told = index.fields(query, roll, roll.numbers(ids))
    return {roll.id(number): set(names) for number, names in told.items()}
