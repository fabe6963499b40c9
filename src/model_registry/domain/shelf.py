"""The models of a catalogue arranged for finding: by the values they have, and in order.

It follows the catalogue by the models that changed, so that what it costs depends on what is asked and on what was
written since, hardly on how many models there are.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

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
        self._columns: dict[str, _Values] = {}
        self._orders: dict[str, list[Place]] = {}

    def find(self, catalogue: Catalogue, wanted: Iterable[Condition]) -> set[str]:
        """Give the ids of the models that meet every condition; of all of them when there is none."""
        with self._guard:
            self._follow(catalogue)
            found = [self._whole(condition.column).having(condition) for condition in wanted]
            return set.intersection(*sorted(found, key=len)) if found else set(self._entries)

    def count(self, catalogue: Catalogue, name: str, ids: Collection[str]) -> Counter[Value]:
        """Count the values that these models have in a column."""
        with self._guard:
            self._follow(catalogue)
            return self._values(name).counted(ids)

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
            self._log_id, self._entries, self._columns, self._orders = position.log_id, {}, {}, {}
            self._seq = 0
        elif position.seq == self._seq:
            return
        for entry in [entry for entry in list(catalogue.entries.values()) if entry.seq > self._seq]:
            self._take(entry)
        self._seq = position.seq

    def _take(self, entry: ModelEntry) -> None:
        before = self._entries.get(entry.id)
        self._entries[entry.id] = entry
        for values in self._columns.values():
            values.renew(entry.id)
        for sort, places in self._orders.items():
            key = SORTS[sort][0]
            if before is not None:
                del places[bisect_left(places, (key(before), entry.id))]
            insort(places, (key(entry), entry.id))

    def _values(self, name: str) -> _Values:
        if name not in self._columns:
            self._columns[name] = _Values(partial(self._read, name))
        return self._columns[name]

    def _whole(self, name: str) -> _Values:
        values = self._values(name)
        values.complete(self._entries)
        return values

    def _read(self, name: str, model_id: str) -> tuple[Value, ...]:
        entry = self._entries[model_id]
        return tuple(column(name)(Subject(entry, partial(self._anatomy_of, entry))))


class _Values:
    """The values of one column, read when they are first asked for: by model, and the models by value."""

    def __init__(self, read: Callable[[str], tuple[Value, ...]]) -> None:
        self._read = read
        self._by_model: dict[str, tuple[Value, ...]] = {}
        self._models: dict[Value, set[str]] | None = None

    def of(self, model_id: str) -> tuple[Value, ...]:
        """Give the values of a model."""
        known = self._by_model.get(model_id)
        if known is None:
            known = self._by_model[model_id] = self._read(model_id)
            self._enter(model_id, known)
        return known

    def counted(self, ids: Collection[str]) -> Counter[Value]:
        """Count the values of some models; many have the same ones, which are counted together."""
        for model_id in set(ids).difference(self._by_model):
            self.of(model_id)
        total: Counter[Value] = Counter()
        for values, models in Counter(map(self._by_model.__getitem__, ids)).items():
            for value in values:
                total[value] += models
        return total

    def renew(self, model_id: str) -> None:
        """Read the values of a model anew, if they were read."""
        for value in self._by_model.pop(model_id, ()):
            if self._models is not None:
                self._models[value].discard(model_id)
        if self._models is not None:
            self.of(model_id)

    def complete(self, ids: Collection[str]) -> None:
        """Read what is not read yet, so that models can be found by value."""
        if self._models is None:
            self._models = {}
            for model_id, values in self._by_model.items():
                self._enter(model_id, values)
        if len(self._by_model) < len(ids):
            for model_id in ids:
                self.of(model_id)

    def having(self, condition: Condition) -> set[str]:
        """Give the models that have a wanted value."""
        models = self._models or {}
        wanted = condition.values if condition.test is None else filter(condition.test, models)
        found = [models[value] for value in wanted if value in models]
        return found[0] if len(found) == 1 else set().union(*found)

    def _enter(self, model_id: str, values: Iterable[Value]) -> None:
        if self._models is not None:
            for value in values:
                self._models.setdefault(value, set()).add(model_id)
