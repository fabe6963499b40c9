"""What was found among numbered things, and how well each fits: sets and scores in arrays, joined at once.

Every array has one place for each thing there is, so that joining costs the same whatever was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.integer[Any]]
Scores = npt.NDArray[np.float64]


class Found(NamedTuple):
    """Which things were found (`mask`), and how well each of them fits; `scores` are 0 where nothing was found."""

    mask: Mask
    scores: Scores


class Part:
    """Stands for a piece of a search index whose documents never change, nor their order."""


class Numbering(Protocol):
    """The numbers that somebody gave to models, in which a search engine answers."""

    count: int

    def numbers(self, ids: Iterable[str]) -> Numbers:
        """Give the numbers of models by their ids, -1 for those that have none."""
        ...

    def places(self, part: Part, ids: Callable[[], Iterable[str]]) -> Numbers:
        """Give the same for all documents of a part; the ids are asked for where that was not told before."""
        ...


def nothing(count: int) -> Found:
    """Give none of so many things."""
    return Found(np.zeros(count, np.bool_), np.zeros(count))


def unscored(mask: Mask) -> Found:
    """Give what a mask says, all of it with the score 0."""
    return Found(mask, np.zeros(len(mask)))


def within(found: Found, mask: Mask) -> Found:
    """Give what was found of what a mask says."""
    kept = found.mask & mask
    return Found(kept, np.where(kept, found.scores, 0.0))


def all_of(parts: Iterable[Found]) -> Found:
    """Give what every part found; scores add up. There is at least one part."""
    return reduce(lambda a, b: within(Found(b.mask, a.scores + b.scores), a.mask), parts)


def any_of(parts: Iterable[Found], count: int) -> Found:
    """Give what any part found of so many things; scores add up."""
    found = list(parts)
    return reduce(lambda a, b: Found(a.mask | b.mask, a.scores + b.scores), found) if found else nothing(count)


def put(found: Found, numbers: Numbers, scores: Scores) -> None:
    """Write into `found` that things of different numbers were found; their scores add to those they have."""
    found.mask[numbers] = True
    found.scores[numbers] += scores


def put_best(found: Found, numbers: Numbers, scores: Scores) -> None:
    """Write into `found` that things were found, some more than once; each keeps the best of its scores."""
    found.mask[numbers] = True
    np.maximum.at(found.scores, numbers, scores)
