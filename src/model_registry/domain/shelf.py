"""The models of a catalogue arranged for finding: by the values they have, and in order.

It follows the catalogue by the models that changed, so that what it costs depends on what is asked and on what was
written since, hardly on how many models there are. Models are numbered as they come; a set of them is a mask, an array
with a place for each.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from model_registry.domain.anatomy import Anatomy
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.columns import Column, Subject, Value, beside, column
from model_registry.domain.conditions import Condition
from model_registry.domain.entries import Entries
from model_registry.domain.entry import Brief, ModelEntry
from model_registry.domain.found import Mask, Numbers

Key = tuple[Any, ...]
"""What an order goes by; no two models have the same."""

SORTS: Mapping[str, tuple[Callable[[Subject], Key], bool]] = {
    "id": (lambda model: (model.brief.id,), False),
    "name": (lambda model: (model.brief.called, model.brief.id), False),
    "updated": (lambda model: (model.brief.seq,), True),
    "created": (lambda model: (model.entry.versions[0].seq,), True),
    "versions": (lambda model: (len(model.entry.versions), model.brief.id), True),
}
"""Sort name -> key, different for each model, and whether the largest comes first."""


class Page(NamedTuple):
    """A piece of a list: its models, how many stand before it, how many there are in all, and the key of its last."""

    ids: list[str]
    start: int
    total: int
    last: Key | None


class Shelf:
    """Keeps the models of a registry arranged; safe to share between threads."""

    def __init__(self, anatomy_of: Callable[[ModelEntry], Anatomy]) -> None:
        self._anatomy_of = anatomy_of
        self._models = _Models(anatomy_of, Entries())
        self._guard = threading.Lock()

    def look(self, catalogue: Catalogue) -> Look:
        """Give the models of a catalogue to look at, with every change it knows of."""
        with self._guard:
            if catalogue.entries is not self._models.entries:  # read anew: numbers may stand for other events now
                self._models = _Models(self._anatomy_of, catalogue.entries)
            return Look(self._models, self._models.follow(catalogue.position.seq))


class Look:
    """As many models as there were when it was taken; what others write meanwhile may show in their values."""

    def __init__(self, models: _Models, count: int) -> None:
        self._models = models
        self.count = count

    @property
    def of(self) -> object:
        """Give what is another object where the models were read anew, and what was found among them counts no more."""
        return self._models

    def all(self) -> Mask:
        """Give every model."""
        return np.ones(self.count, np.bool_)

    def find(self, wanted: Iterable[Condition]) -> Mask:
        """Give the models that meet every condition; all of them when there is none."""
        conditions = tuple(wanted)
        found = self.all()
        with self._models.guard:
            columns = self._models.columns([condition.column for condition in conditions])
            for condition in conditions:
                found &= columns[condition.column].having(condition)[: self.count]
        return found

    def counts(self, names: Iterable[str], numbers: Numbers) -> dict[str, Counter[Value]]:
        """Count the values that some models have in some columns."""
        with self._models.guard:
            columns = self._models.columns(names, numbers)
            return {name: values.counted(numbers) for name, values in columns.items()}

    def shares(self, name: str, values: Iterable[Value]) -> npt.NDArray[np.float64]:
        """Give for each model how much its values in a column and these have in common (Jaccard): 1 for the same."""
        with self._models.guard:
            return self._models.columns([name])[name].shares(frozenset(values))[: self.count]

    def numbers(self, ids: Iterable[str]) -> Numbers:
        """Give the numbers of models by their ids, -1 for those that are not here."""
        found = np.fromiter(map(self._models.numbers.get, ids, repeat(-1)), np.intp)
        return np.where(found < self.count, found, -1)

    def ids(self, numbers: Numbers) -> list[str]:
        """Give the ids of models by their numbers."""
        return list(map(self._models.ids.__getitem__, numbers.tolist()))

    def newest_first(self, mask: Mask) -> Numbers:
        """Give the models of a mask, the one that changed last first."""
        with self._models.guard:
            numbers = self._models.order("updated").numbers()
        numbers = numbers[numbers < self.count]
        return numbers[mask[numbers]][::-1]

    def page(self, mask: Mask, sort: str, after: Key | None, size: int) -> Page:
        """Give the page of a list of the models of a mask that begins behind a key; the first one for None.

        TypeError for a key that cannot be compared with those of the order.
        """
        descending = SORTS[sort][1]
        with self._models.guard:
            order = self._models.order(sort)
            numbers = order.numbers()
            shown = numbers < self.count
            shown[shown] = mask[numbers[shown]]
            seen = slice(0) if after is None else order.seen(after, descending=descending)
            listed, start = numbers[shown], int(shown[seen].sum())
            page = (listed[::-1] if descending else listed)[start : start + size]
            keys = [order.key(number) for number in page.tolist()[-1:]]
        return Page(self.ids(page), start, len(listed), keys[0] if keys else None)


class _Models:
    """The models of some entries, numbered as they came, with the columns and orders that were asked for."""

    def __init__(self, anatomy_of: Callable[[ModelEntry], Anatomy], entries: Entries) -> None:
        self.entries = entries
        self._seq = 0
        self.guard = threading.RLock()
        self.ids: list[str] = []
        self.numbers: dict[str, int] = {}
        self._anatomy_of = anatomy_of
        self._briefs: list[Brief] = []
        self._columns: dict[str, _Values] = {}
        self._orders: dict[str, _Order] = {}

    def follow(self, seq: int) -> int:
        """Take in the models that changed since the last look, up to an event, and give how many there are."""
        with self.guard:
            if seq > self._seq:
                for brief in self.entries.briefs(self._seq):
                    self._take(brief)
                self._seq = seq
            return len(self.ids)

    def columns(self, names: Iterable[str], numbers: Numbers | None = None) -> dict[str, _Values]:
        """Give columns with the values of these models, or of all, read; each model is looked into once for all."""
        columns = {name: self._column(name) for name in names}
        wanted = np.arange(len(self.ids)) if numbers is None else numbers
        unread = np.zeros(len(wanted), np.bool_)
        for values in columns.values():
            unread |= values.unread(wanted)
        if unread.any():
            read = [self._column(name) for name in beside(columns)]
            for number in np.sort(wanted[unread]).tolist():  # as they came, and so as they lie
                subject = self._subject(number)
                for values in read:
                    values.read(number, subject)
        return columns

    def _column(self, name: str) -> _Values:
        if name not in self._columns or self._columns[name].is_worn(len(self.ids)):
            self._columns[name] = _Values(column(name))
        self._columns[name].grow(len(self.ids))
        return self._columns[name]

    def order(self, sort: str) -> _Order:
        """Give an order."""
        if sort not in self._orders:
            self._orders[sort] = _Order(SORTS[sort][0], map(self._subject, range(len(self.ids))))
        return self._orders[sort]

    def _subject(self, number: int) -> Subject:
        return Subject(self._briefs[number], self.entries, self._anatomy_of)

    def _take(self, brief: Brief) -> None:
        number = self.numbers.setdefault(brief.id, len(self.ids))
        if number == len(self.ids):
            self.ids.append(brief.id)
            self._briefs.append(brief)
        self._briefs[number] = brief
        for values in self._columns.values():
            values.renew(number)
        for order in self._orders.values():
            order.renew(number, self._subject(number))


class _Ranked:
    """Numbers by their keys, the smallest first."""

    def __init__(self, keys: Iterable[tuple[Any, int]] = ()) -> None:
        ranked = sorted(keys)
        self.keys = [key for key, _ in ranked]
        self._numbers = array("i", [number for _, number in ranked])

    def numbers(self, first: int = 0, last: int | None = None) -> npt.NDArray[np.int32]:
        """Give a copy of the numbers, in order."""
        return np.array(self._numbers[first:last], np.int32)

    def put(self, key: Any, number: int) -> None:
        place = bisect_left(self.keys, key)
        self.keys.insert(place, key)
        self._numbers.insert(place, number)

    def take(self, key: Any) -> None:
        place = bisect_left(self.keys, key)
        del self.keys[place], self._numbers[place]


class _Order:
    """All models by a key that no two have in common."""

    def __init__(self, key_of: Callable[[Subject], Key], models: Iterable[Subject]) -> None:
        self._key_of = key_of
        self._keys = [key_of(model) for model in models]
        self._ranked = _Ranked(zip(self._keys, range(len(self._keys)), strict=True))

    def numbers(self) -> Numbers:
        return self._ranked.numbers().astype(np.intp)

    def key(self, number: int) -> Key:
        return self._keys[number]

    def seen(self, key: Key, *, descending: bool) -> slice:
        """Give the places of the models that are listed up to a key, with it."""
        keys = self._ranked.keys
        return slice(bisect_left(keys, key), None) if descending else slice(bisect_right(keys, key))

    def renew(self, number: int, model: Subject) -> None:
        key = self._key_of(model)
        if number < len(self._keys):
            self._ranked.take(self._keys[number])
            self._keys[number] = key
        else:
            self._keys.append(key)
        self._ranked.put(key, number)


UNREAD = -1
"""The place of a model whose values were not read yet."""

MOST_WORN = 1_000
"""Combinations of values of the past that are kept beyond what the models of now may have."""


class _Values:
    """The values of one column, read when they are first asked for.

    Many models have the same values: each combination of values is kept once, and a model by the place of its own.
    """

    def __init__(self, column: Column) -> None:
        self._values_of = column
        self._sets: list[tuple[Value, ...]] = []
        self._sizes = array("i")
        self._places: dict[tuple[Value, ...], int] = {}
        self._holding: dict[Value, array[int]] = {}
        self._ranked: _Ranked | None = None
        self._of = array("i")

    def is_worn(self, models: int) -> bool:
        """Tell whether most of the combinations kept are of the past."""
        return len(self._sets) > 2 * models + MOST_WORN

    def grow(self, models: int) -> None:
        """Make room for so many models."""
        self._of.extend([UNREAD] * (models - len(self._of)))

    def renew(self, number: int) -> None:
        """Take note that the model of this number changed."""
        if number < len(self._of):
            self._of[number] = UNREAD

    def unread(self, numbers: Numbers) -> Mask:
        """Tell which of these models were not read since they changed."""
        mask: Mask = self._array()[numbers] == UNREAD
        return mask

    def read(self, number: int, subject: Subject) -> None:
        """Read the values of a model, unless that was done."""
        if self._of[number] == UNREAD:
            values = tuple(self._values_of(subject))
            self._of[number] = place = self._places.setdefault(values, len(self._sets))
            if place == len(self._sets):
                self._add(values, place)

    def having(self, condition: Condition) -> Mask:
        """Give the models that have a wanted value."""
        wanted = np.zeros(len(self._sets), np.bool_)
        wanted[self._meeting(condition)] = True
        found: Mask = wanted[self._array()]
        return found

    def counted(self, numbers: Numbers) -> Counter[Value]:
        """Count the values of the models of these numbers."""
        counts = np.bincount(self._array()[numbers], minlength=1)
        total: Counter[Value] = Counter()
        for place in np.flatnonzero(counts).tolist():
            for value in self._sets[place]:
                total[value] += int(counts[place])
        return total

    def shares(self, values: frozenset[Value]) -> npt.NDArray[np.float64]:
        """Give for each model the share of values that it has in common with these, of all that either has."""
        common = np.zeros(len(self._sets))
        for value in values & self._holding.keys():
            common[np.frombuffer(self._holding[value], np.int32)] += 1
        either = np.array(self._sizes, np.int32) + len(values) - common
        shares: npt.NDArray[np.float64] = (common / np.maximum(either, 1))[self._array()]
        return shares

    def _meeting(self, condition: Condition) -> npt.NDArray[np.int32]:
        """Give the combinations that meet a condition."""
        if condition.between is not None:
            return self._inside(*condition.between)
        values = condition.values if condition.test is None else filter(condition.test, self._holding)
        held = [np.frombuffer(self._holding[value], np.int32) for value in values if value in self._holding]
        return np.concatenate([np.empty(0, np.int32), *held])

    def _inside(self, low: Value, high: Value) -> npt.NDArray[np.int32]:
        """Give the combinations with a value from `low` on that is below `high`; None for no bound."""
        if self._ranked is None:
            self._ranked = _Ranked((value, place) for value, places in self._holding.items() for place in places)
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

    def _array(self) -> npt.NDArray[np.int32]:
        return np.array(self._of, np.int32)
