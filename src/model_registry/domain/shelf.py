"""The models of a catalogue arranged for finding: by the values they have, and in order.

It follows the catalogue by the models that changed, so that what it costs depends on what is asked and on what was
written since, hardly on how many models there are.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from model_registry.domain.anatomy import Anatomy
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.columns import Subject, Value, column
from model_registry.domain.conditions import Condition
from model_registry.domain.entry import ModelEntry

SORTS: Mapping[str, tuple[Callable[[ModelEntry], tuple[Any, ...]], bool]] = {
    "id": (lambda entry: (entry.id,), False),
    "name": (lambda entry: (entry.metadata.name.casefold(), entry.id), False),
    "updated": (lambda entry: (entry.seq,), True),
    "created": (lambda entry: (entry.versions[0].seq,), True),
    "versions": (lambda entry: (len(entry.versions), entry.id), True),
}
"""Sort name -> key, different for each model, and whether the largest comes first."""

Place = tuple[tuple[Any, ...], str]
"""Where a model stands in an order: its key, and its id."""


class Shelf:
    """Models by what they have and in order; safe to share between threads."""

    def __init__(self, anatomy_of: Callable[[ModelEntry], Anatomy]) -> None:
        self._anatomy_of = anatomy_of
        self._guard = threading.RLock()
        self._log_id = ""
        self._seq = 0
        self._entries: dict[str, ModelEntry] = {}
        self._ids: list[str] = []
        self._numbers: dict[str, int] = {}
        self._columns: dict[str, _Values] = {}
        self._orders: dict[str, list[Place]] = {}

    def find(self, catalogue: Catalogue, wanted: Iterable[Condition]) -> set[str]:
        """Give the ids of the models that meet every condition; of all of them when there is none."""
        with self._guard:
            self._follow(catalogue)
            found = [self._values(condition.column).having(condition) for condition in wanted]
            return set.intersection(*sorted(found, key=len)) if found else set(self._entries)

    def count(self, catalogue: Catalogue, names: Iterable[str], ids: Collection[str]) -> dict[str, Counter[Value]]:
        """Count the values that these models have in some columns."""
        with self._guard:
            self._follow(catalogue)
            numbers = np.fromiter(map(self._numbers.__getitem__, ids), np.intp, len(ids))
            return {name: self._values(name).counted(numbers) for name in names}

    def ordered(self, catalogue: Catalogue, sort: str) -> Sequence[Place]:
        """Give all models in an order (see `SORTS`), the smallest key first."""
        with self._guard:
            self._follow(catalogue)
            if sort not in self._orders:
                key = SORTS[sort][0]
                self._orders[sort] = sorted((key(entry), entry.id) for entry in self._entries.values())
            return self._orders[sort][:]

    def _follow(self, catalogue: Catalogue) -> None:
        """Take in the models that changed since the last look."""
        position = catalogue.position
        if position.log_id != self._log_id or position.seq < self._seq:
            self._log_id, self._seq = position.log_id, 0
            self._entries, self._ids, self._numbers, self._columns, self._orders = {}, [], {}, {}, {}
        elif position.seq == self._seq:
            return
        for entry in [entry for entry in list(catalogue.entries.values()) if entry.seq > self._seq]:
            self._take(entry)
        self._seq = position.seq

    def _take(self, entry: ModelEntry) -> None:
        before = self._entries.get(entry.id)
        self._entries[entry.id] = entry
        if before is None:
            self._numbers[entry.id] = len(self._ids)
            self._ids.append(entry.id)
        for values in self._columns.values():
            values.renew(self._numbers[entry.id])
        for sort, places in self._orders.items():
            key = SORTS[sort][0]
            if before is not None:
                del places[bisect_left(places, (key(before), entry.id))]
            insort(places, (key(entry), entry.id))

    def _values(self, name: str) -> _Values:
        if name not in self._columns or self._columns[name].is_worn():
            self._columns[name] = _Values(partial(self._read, name), self._ids)
        return self._columns[name]

    def _read(self, name: str, model_id: str) -> tuple[Value, ...]:
        entry = self._entries[model_id]
        return tuple(column(name)(Subject(entry, partial(self._anatomy_of, entry))))


UNREAD = -1
"""The place of a model whose values were not read yet."""

MOST_WORN = 1_000
"""Combinations of values of the past that are kept beyond what the models of now may have."""


class _Values:
    """The values of one column, read when they are first asked for: by model, and the models by value.

    Many models have the same values: each combination of values is kept once, and a model by the place of its own.
    """

    def __init__(self, read: Callable[[str], tuple[Value, ...]], ids: Sequence[str]) -> None:
        self._read = read
        self._ids = ids
        self._sets: list[tuple[Value, ...]] = []
        self._places: dict[tuple[Value, ...], int] = {}
        self._of = array("i")
        self._models: dict[Value, set[str]] | None = None

    def is_worn(self) -> bool:
        """Tell whether most of the combinations kept are of the past."""
        return len(self._sets) > 2 * len(self._ids) + MOST_WORN

    def renew(self, number: int) -> None:
        """Take note that the model of this number changed."""
        self._grow()
        if self._models is not None and self._of[number] != UNREAD:
            for value in self._sets[self._of[number]]:
                self._models[value].discard(self._ids[number])
        self._of[number] = UNREAD

    def having(self, condition: Condition) -> set[str]:
        """Give the models that have a wanted value."""
        models = self._by_value()
        wanted = condition.values if condition.test is None else filter(condition.test, models)
        found = [models[value] for value in wanted if value in models]
        return found[0] if len(found) == 1 else set().union(*found)

    def counted(self, numbers: npt.NDArray[np.intp]) -> Counter[Value]:
        """Count the values of the models of these numbers."""
        self._grow()
        self._read_those(numbers[np.frombuffer(self._of, np.int32)[numbers] == UNREAD].tolist())
        counts = np.bincount(np.frombuffer(self._of, np.int32)[numbers], minlength=1)
        total: Counter[Value] = Counter()
        for place in np.flatnonzero(counts).tolist():
            for value in self._sets[place]:
                total[value] += int(counts[place])
        return total

    def _by_value(self) -> dict[Value, set[str]]:
        self._grow()
        if self._models is None:
            self._models = {}
            for model_id, place in zip(self._ids, self._of, strict=True):
                for value in self._sets[place] if place != UNREAD else ():
                    self._models.setdefault(value, set()).add(model_id)
        self._read_those(np.flatnonzero(np.frombuffer(self._of, np.int32) == UNREAD).tolist())
        return self._models

    def _read_those(self, unread: Iterable[int]) -> None:
        for number in unread:
            model_id = self._ids[number]
            values = self._read(model_id)
            place = self._places.setdefault(values, len(self._sets))
            if place == len(self._sets):
                self._sets.append(values)
            self._of[number] = place
            for value in values if self._models is not None else ():
                self._models.setdefault(value, set()).add(model_id)  # type: ignore[union-attr]

    def _grow(self) -> None:
        self._of.extend([UNREAD] * (len(self._ids) - len(self._of)))
