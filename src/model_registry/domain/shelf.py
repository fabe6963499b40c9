"""The models of a catalogue arranged for finding: by the values they have, and in order.

It follows the catalogue by the models that changed, so that what it costs depends on what is asked and on what was
written since, hardly on how many models there are. Models are numbered as they come; a set of them is a mask, an array
with a place for each.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from hashlib import sha256
from itertools import repeat
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from model_registry.domain.anatomy import Anatomy
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.columns import COLUMNS, Subject, Value, beside, column
from model_registry.domain.conditions import Condition
from model_registry.domain.entries import Entries
from model_registry.domain.entry import Brief, ModelEntry
from model_registry.domain.events import Position
from model_registry.domain.found import Mask, Numbers, Part
from model_registry.domain.values import Kept, Ranked, Values

LEAST_KEPT = 1_000
"""A column of which one process read so many models is kept for others; of fewer it is read as fast."""

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


class Keeper(Protocol):
    """Keeps columns for other processes. A cache: what is lost is read again."""

    def find(self, name: str, position: Position) -> Kept | None:
        """Give a column if it is kept, and as it was at an event on the way to a position; else None."""
        ...

    def keep(self, name: str, column: Kept) -> None:
        """Keep a column."""
        ...


class Page(NamedTuple):
    """A piece of a list: its models, how many stand before it, how many there are in all, and the key of its last."""

    ids: list[str]
    start: int
    total: int
    last: Key | None


class Shelf:
    """Keeps the models of a registry arranged; safe to share between threads."""

    def __init__(self, anatomy_of: Callable[[ModelEntry], Anatomy | None], keeper: Keeper | None = None) -> None:
        self._anatomy_of = anatomy_of
        self._keeper = keeper
        self._models = _Models(anatomy_of, Entries(), keeper)
        self._guard = threading.Lock()

    def look(self, catalogue: Catalogue) -> Look:
        """Give the models of a catalogue to look at, with every change it knows of."""
        with self._guard:
            if catalogue.entries is not self._models.entries:  # read anew: numbers may stand for other events now
                self._models = _Models(self._anatomy_of, catalogue.entries, self._keeper)
            return Look(self._models, self._models.follow(catalogue.position))


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
        conditions, models = tuple(wanted), slice(self.count)
        with self._models.guard:
            columns = self._models.columns([condition.column for condition in conditions])
            masks = [columns[condition.column].having(condition, models) for condition in conditions]
        return reduce(np.logical_and, masks) if masks else self.all()

    def unread(self, name: str) -> int:
        """Give how many models have yet to be looked into for a column."""
        with self._models.guard:
            return self._models.waiting(name)

    def read(self, names: Iterable[str]) -> None:
        """Look into all models for some columns, so that who asks for them next need not."""
        with self._models.guard:
            self._models.columns(names)

    def which(self, numbers: Numbers, wanted: Condition) -> Mask:
        """Tell which of some models meet a condition."""
        with self._models.guard:
            values = self._models.columns([wanted.column], numbers)[wanted.column]
            return values.having(wanted, numbers)

    def commonest(self, names: Iterable[str], numbers: Numbers, most: int) -> dict[str, dict[Value, int]]:
        """Count the values that some models have in some columns, and give the commonest of each column."""
        with self._models.guard:
            columns = self._models.columns(names, numbers)
            return {name: values.commonest(numbers, most) for name, values in columns.items()}

    def shares(self, name: str, values: Iterable[Value], numbers: Numbers | None = None) -> npt.NDArray[np.float64]:
        """Give how much the values of these models, or of all, and these have in common (Jaccard): 1 for the same."""
        with self._models.guard:
            wanted = np.arange(self.count) if numbers is None else numbers
            return self._models.columns([name], wanted)[name].shares(frozenset(values), wanted)

    def numbers(self, ids: Iterable[str]) -> Numbers:
        """Give the numbers of models by their ids, -1 for those that are not here."""
        found = self._models.numbered(ids)
        return np.where(found < self.count, found, -1)

    def places(self, part: Part, ids: Callable[[], Iterable[str]]) -> Numbers:
        """Give the numbers of models by their ids in a part of an index, -1 for those that are not here."""
        with self._models.guard:
            found = self._models.places(part, ids)
            return found if self.count == len(self._models.ids) else np.where(found < self.count, found, -1)

    def ids(self, numbers: Numbers) -> list[str]:
        """Give the ids of models by their numbers."""
        return list(map(self._models.ids.__getitem__, numbers.tolist()))

    def newest_first(self, mask: Mask) -> Numbers:
        """Give the models of a mask, the one that changed last first."""
        with self._models.guard:
            numbers = self._models.order("updated").numbers(self.count)
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

    def __init__(
        self, anatomy_of: Callable[[ModelEntry], Anatomy | None], entries: Entries, keeper: Keeper | None
    ) -> None:
        self.entries = entries
        self._keeper = keeper
        self._position = Position("", 0, "")
        self.guard = threading.RLock()
        self.ids: list[str] = []
        self.numbers: dict[str, int] = {}
        self._anatomy_of = anatomy_of
        self._briefs: list[Brief] = []
        self._columns: dict[str, Values] = {}
        self._orders: dict[str, _Order] = {}
        self._digests: dict[int, str] = {}
        self._lost: set[int] = set()  # whose text could not be read: others may find it mended
        self._parts: WeakKeyDictionary[Part, Numbers] = WeakKeyDictionary()

    def follow(self, position: Position) -> int:
        """Take in the models that changed since the last look, up to an event, and give how many there are."""
        with self.guard:
            if position.seq > self._position.seq:
                for brief in self.entries.briefs(self._position.seq):
                    self._take(brief)
                self._position = position
            return len(self.ids)

    def numbered(self, ids: Iterable[str]) -> Numbers:
        """Give the numbers of models by their ids, -1 for those that are not here."""
        return np.fromiter(map(self.numbers.get, ids, repeat(-1)), np.int32)

    def places(self, part: Part, ids: Callable[[], Iterable[str]]) -> Numbers:
        """Give the same of a part of an index, looked up once for all its models that are known by now."""
        known = self._parts.get(part)
        if known is None or known.min(initial=0) < 0:
            known = self._parts[part] = self.numbered(ids())
        return known

    def columns(self, names: Iterable[str], numbers: Numbers | None = None) -> dict[str, Values]:
        """Give columns with the values of these models, or of all, read; each model is looked into once for all."""
        columns = {name: self._column(name) for name in names}
        if any(values.waiting for values in columns.values()):
            wanted = np.arange(len(self.ids)) if numbers is None else numbers
            unread = np.sort(wanted[np.logical_or.reduce([values.unread(wanted) for values in columns.values()])])
            if unread.size:
                self._read(columns, unread)
        return columns

    def waiting(self, name: str) -> int:
        """Give of how many models a column was not read."""
        return self._column(name).waiting

    def _read(self, columns: Mapping[str, Values], numbers: Numbers) -> None:
        """Read columns, and those that stand beside them, of some models: in the order in which they came and lie."""
        read = {**{name: self._column(name) for name in beside(columns) - columns.keys()}, **columns}
        for number in numbers.tolist():
            subject = self._subject(number)
            for values in read.values():
                values.read(number, subject)
            if subject.is_lost:
                self._lost.add(number)
        if numbers.size >= LEAST_KEPT:
            self._keep(read)

    def _column(self, name: str) -> Values:
        if name not in self._columns or self._columns[name].is_worn(len(self.ids)):
            self._columns[name] = values = Values(column(name))
            values.grow(len(self.ids))
            self._recall(name, values)
        self._columns[name].grow(len(self.ids))
        return self._columns[name]

    def _recall(self, name: str, values: Values) -> None:
        """Take over what others kept of a column, but for the models that changed since."""
        if self._keeper is None or name not in COLUMNS or len(self.ids) < LEAST_KEPT:
            return
        kept = self._keeper.find(name, self._position)
        count = len(kept.read.places) if kept else 0
        if kept and count <= len(self.ids) and kept.models == self._digest(count):
            seqs = np.fromiter((brief.seq for brief in self._briefs[:count]), np.int64, count)
            values.take(kept.read, np.flatnonzero(seqs <= kept.position.seq))

    def _keep(self, columns: Mapping[str, Values]) -> None:
        for name, values in columns.items():
            if self._keeper is not None and name in COLUMNS:
                self._keeper.keep(
                    name, Kept(self._position, self._digest(len(self.ids)), values.combinations(self._lost))
                )

    def _digest(self, count: int) -> str:
        """Give what tells the first models, in their order, from any others."""
        if count not in self._digests:
            self._digests = {count: sha256("\n".join(self.ids[:count]).encode()).hexdigest()}
        return self._digests[count]

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


class _Order:
    """All models by a key that no two have in common."""

    def __init__(self, key_of: Callable[[Subject], Key], models: Iterable[Subject]) -> None:
        self._key_of = key_of
        self._keys = [key_of(model) for model in models]
        self._ranked = Ranked(zip(self._keys, range(len(self._keys)), strict=True))
        self._numbers: Numbers | None = None

    def numbers(self, below: int | None = None) -> Numbers:
        """Give the numbers of all models, or of those below one, in order; nobody may write to them."""
        if self._numbers is None:
            self._numbers = self._ranked.numbers().astype(np.intp)
        return self._numbers if below in (None, len(self._keys)) else self._numbers[self._numbers < below]

    def key(self, number: int) -> Key:
        return self._keys[number]

    def seen(self, key: Key, *, descending: bool) -> slice:
        """Give the places of the models that are listed up to a key, with it."""
        keys = self._ranked.keys
        return slice(bisect_left(keys, key), None) if descending else slice(bisect_right(keys, key))

    def renew(self, number: int, model: Subject) -> None:
        self._numbers = None
        key = self._key_of(model)
        if number < len(self._keys):
            self._ranked.take(self._keys[number])
            self._keys[number] = key
        else:
            self._keys.append(key)
        self._ranked.put(key, number)
