"""The values that models have in one column, each combination of them once, and how they are found and counted."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from model_registry.domain.columns import Column, Subject, Value
from model_registry.domain.conditions import Condition
from model_registry.domain.events import Position
from model_registry.domain.found import Mask, Numbers


class Combinations(NamedTuple):
    """Values of many models in few arrays, to be kept: the different `values`; `sizes` and `codes` of combinations of
    them (how many each has, and their places among the values, one behind the other); the combination of each model
    by its place, `UNREAD` for one that was not read.
    """

    values: tuple[Value, ...]
    sizes: npt.NDArray[np.int32]
    codes: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]


class Kept(NamedTuple):
    """A column as it was when an event was the last: of models in an order that a digest of their ids tells."""

    position: Position
    models: str
    read: Combinations


class Ranked:
    """Numbers by their keys, the smallest first."""

    def __init__(self, keys: Iterable[tuple[Any, int]] = ()) -> None:
        ranked = sorted(keys)
        self.keys = [key for key, _ in ranked]
        self._numbers = array("i", [number for _, number in ranked])

    def numbers(self, first: int = 0, last: int | None = None) -> npt.NDArray[np.int32]:
        """Give a copy of the numbers, in order."""
        return np.frombuffer(self._numbers, np.int32)[first:last].copy()

    def put(self, key: Any, number: int) -> None:
        """Put a number in its place."""
        place = bisect_left(self.keys, key)
        self.keys.insert(place, key)
        self._numbers.insert(place, number)

    def take(self, key: Any) -> None:
        """Take out the number of a key that no other has."""
        place = bisect_left(self.keys, key)
        del self.keys[place], self._numbers[place]


UNREAD = -1
"""The place of a model whose values were not read yet."""

MOST_WORN = 1_000
"""Combinations of values of the past that are kept beyond what the models of now may have."""


class Values:
    """The values of one column, read when they are first asked for.

    Many models have the same values: each combination of values is kept once, and a model by the place of its own.
    `waiting` tells of how many the values were not read yet.
    """

    def __init__(self, column: Column) -> None:
        self._values_of = column
        self._sets: list[tuple[Value, ...]] = []
        self._sizes = array("i")
        self._places: dict[tuple[Value, ...], int] = {}
        self._holding: dict[Value, array[int]] = {}
        self._ranked: Ranked | None = None
        self._of = array("i")
        self.waiting = 0
        self._codes: dict[Value, int] = {}
        self._named: list[Value] = []
        self._coded = np.empty(0, np.int32)
        self._repeated = np.empty(0, np.int32)

    def is_worn(self, models: int) -> bool:
        """Tell whether most of the combinations kept are of the past."""
        return len(self._sets) > 2 * models + MOST_WORN

    def grow(self, models: int) -> None:
        """Make room for so many models."""
        self.waiting += models - len(self._of)
        self._of.extend([UNREAD] * (models - len(self._of)))

    def renew(self, number: int) -> None:
        """Take note that the model of this number changed."""
        if number < len(self._of) and self._of[number] != UNREAD:
            self._of[number] = UNREAD
            self.waiting += 1

    def unread(self, numbers: Numbers) -> Mask:
        """Tell which of these models were not read since they changed."""
        mask: Mask = self._placed(numbers) == UNREAD
        return mask

    def read(self, number: int, subject: Subject) -> None:
        """Read the values of a model, unless that was done."""
        if self._of[number] == UNREAD:
            values = tuple(self._values_of(subject))
            self._of[number] = self._placing(values)
            self.waiting -= 1

    def _placing(self, values: tuple[Value, ...]) -> int:
        """Give the place of a combination, which is added when it is new."""
        place = self._places.setdefault(values, len(self._sets))
        if place == len(self._sets):
            self._add(values, place)
        return place

    def combinations(self, without: Iterable[int] = ()) -> Combinations:
        """Give all that was read of models other than some, but for combinations of the past, which none has now."""
        self._code()
        placed = self._placed(slice(None)).copy()
        placed[list(without)] = UNREAD
        used = np.zeros(len(self._sets), np.bool_)
        used[placed[placed != UNREAD]] = True
        renumbered = np.append(np.cumsum(used, dtype=np.int32) - 1, UNREAD)  # UNREAD is the last place
        present, codes = np.unique(self._coded[np.repeat(used, self._repeated)], return_inverse=True)
        values = tuple(map(self._named.__getitem__, present.tolist()))
        return Combinations(values, self._repeated[used], codes.astype(np.int32), renumbered[placed].astype(np.int32))

    def take(self, read: Combinations, numbers: Numbers) -> None:
        """Take over what was read before, by another process, of the models of these numbers; first of all."""
        ends = np.concatenate([[0], np.cumsum(read.sizes)]).tolist()
        codes = read.codes.tolist()
        for start, end in pairwise(ends):
            self._placing(tuple(read.values[code] for code in codes[start:end]))
        places = np.frombuffer(self._of, np.int32)
        places[numbers] = read.places[numbers]
        self.waiting = int(np.count_nonzero(places == UNREAD))

    def having(self, condition: Condition, numbers: Numbers | slice) -> Mask:
        """Tell which of these models have a wanted value."""
        wanted = np.zeros(len(self._sets), np.bool_)
        wanted[self._meeting(condition)] = True
        found: Mask = wanted[self._placed(numbers)]
        return found

    def commonest(self, numbers: Numbers, most: int) -> dict[Value, int]:
        """Count the values of these models, and give the commonest of them, of equal ones the smaller first."""
        self._code()
        models = np.bincount(self._placed(numbers), minlength=len(self._sets))
        counts = np.bincount(self._coded, np.repeat(models, self._repeated), len(self._codes)).astype(np.intp)
        least = max(1, np.partition(counts, -most)[-most]) if counts.size > most else 1
        codes = np.flatnonzero(counts >= least)
        rows = sorted(zip((-counts[codes]).tolist(), map(self._named.__getitem__, codes.tolist()), strict=True))
        return {value: -count for count, value in rows[:most]}

    def _code(self) -> None:
        """Note the values of each combination as numbers, one behind the other, as far as that was not done."""
        fresh = self._sets[len(self._repeated) :]
        if fresh:
            codes = [self._codes.setdefault(value, len(self._codes)) for values in fresh for value in values]
            self._coded = np.concatenate([self._coded, np.array(codes, np.int32)])
            self._repeated = np.array(self._sizes, np.int32)
            self._named = list(self._codes)

    def shares(self, values: frozenset[Value], numbers: Numbers) -> npt.NDArray[np.float64]:
        """Give for each of these models the share of values it has in common with these, of all that either has."""
        common = np.bincount(self._places_of(values & self._holding.keys()), minlength=len(self._sets))
        either = np.array(self._sizes, np.int32) + len(values) - common
        shares: npt.NDArray[np.float64] = (common / np.maximum(either, 1))[self._placed(numbers)]
        return shares

    def _meeting(self, condition: Condition) -> npt.NDArray[np.int32]:
        """Give the combinations that meet a condition."""
        if condition.between is not None:
            return self._inside(*condition.between)
        values = condition.values if condition.test is None else filter(condition.test, self._holding)
        return self._places_of(value for value in values if value in self._holding)

    def _places_of(self, values: Iterable[Value]) -> npt.NDArray[np.int32]:
        """Give the combinations that hold each of some values, one value after the other."""
        held = [np.frombuffer(self._holding[value], np.int32) for value in values]
        return np.concatenate([np.empty(0, np.int32), *held])

    def _inside(self, low: Value, high: Value) -> npt.NDArray[np.int32]:
        """Give the combinations with a value from `low` on that is below `high`; None for no bound."""
        if self._ranked is None:
            self._ranked = Ranked((value, place) for value, places in self._holding.items() for place in places)
        keys = self._ranked.keys
        return self._ranked.numbers(
            0 if low is None else bisect_left(keys, low), len(keys) if high is None else bisect_left(keys, high)
        )

    def _add(self, values: tuple[Value, ...], place: int) -> None:
        self._sets.append(values)
        self._sizes.append(len(values))
        for value in dict.fromkeys(values):
            self._holding.setdefault(value, array("i")).append(place)
            if self._ranked is not None:
                self._ranked.put(value, place)

    def _placed(self, numbers: Numbers | slice) -> npt.NDArray[np.int32]:
        """Give the places of models; nothing keeps a view of them, which would keep them from growing."""
        return np.frombuffer(self._of, np.int32)[numbers]
