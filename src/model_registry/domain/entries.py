"""The models of a catalogue by id, each with its trail, held in little memory: packed, and read when asked for."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from operator import itemgetter

from model_registry.domain.entry import Brief, ModelEntry
from model_registry.domain.packed import Known, Trail, packed, unpacked

Written = tuple[Brief, bytes]
"""What is told of an entry before it is read, and the entry itself, packed."""

MOST_CHANGES = 8_192
"""How many of the last changes are known."""

MOST_READ = 16_384
"""How many versions are kept, in all, of entries that were read."""


class Entries(Mapping[str, ModelEntry]):
    """A mapping of id to entry. Whoever looks at all of them sees those there were when the look began.

    `written` are entries as a checkpoint has them. One is read when it is asked for, and kept as long as others are not
    asked for more: an entry in use takes five times what it takes packed. One that changed is kept until it is written.
    The same entry read twice is equal, not identical.
    """

    def __init__(self, written: Mapping[str, Written] | None = None) -> None:
        self._kept: dict[str, Known | Written] = dict(written or {})
        self._read = _Read()
        self._changes: list[tuple[int, str]] = []
        self._known_since = max((brief.seq for brief, _ in written.values()), default=0) if written else 0

    def fork(self) -> Entries:
        """Give a mapping that begins as this one and goes its own way."""
        other = Entries()
        other._kept, other._read = self._kept.copy(), self._read
        other._changes, other._known_since = self._changes.copy(), self._known_since
        return other

    def __getitem__(self, model_id: str) -> ModelEntry:
        return self._known(model_id)[0]

    def glance(self, model_id: str) -> ModelEntry:
        """Give an entry for a look in passing, as at each of many: what is read for that is not kept."""
        second = self._kept[model_id][1]
        known = (self._read.find(second) or unpacked(second)) if isinstance(second, bytes) else self._known(model_id)
        return known[0]

    def __setitem__(self, model_id: str, entry: ModelEntry) -> None:
        self._kept[model_id] = (entry, self.trail(model_id))
        self._changes.append((entry.seq, model_id))
        if len(self._changes) > MOST_CHANGES:
            self._known_since = self._changes[MOST_CHANGES // 2][0]
            self._changes = self._changes[MOST_CHANGES // 2 + 1 :]

    def __contains__(self, model_id: object) -> bool:
        return model_id in self._kept

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def trail(self, model_id: str) -> Trail | None:
        """Give the sequence numbers of a model's events."""
        return self._known(model_id)[1] if model_id in self._kept else None

    def trace(self, model_id: str, seq: int) -> None:
        """Add to them the next one."""
        entry, trail = self._known(model_id)
        self._kept[model_id] = (entry, (seq, trail))

    def briefs(self, since: int = 0) -> list[Brief]:
        """Give what can be told without reading it of every entry with an event after a sequence number.

        What changed lately is known: then it costs nothing that there are many others.
        """
        if since >= self._known_since:
            changed = self._changes[bisect_right(self._changes, since, key=itemgetter(0)) :]
            found = [self._kept[model_id][0] for model_id in dict.fromkeys(model_id for _, model_id in changed)]
        else:
            found = [first for first, _ in list(self._kept.values()) if first.seq > since]
        return [first if isinstance(first, Brief) else first.brief for first in found]

    def changed(self, since: int) -> list[ModelEntry]:
        """Give the entries with an event after a sequence number; the others are not read."""
        return [self[brief.id] for brief in self.briefs(since)]

    def settled(self) -> Iterator[Written]:
        """Give every entry as a checkpoint has it, and keep it so from now on: what was not changed since stands as it
        stood there."""
        for kept in list(self._kept.values()):
            first, second = kept
            if isinstance(first, ModelEntry):
                assert not isinstance(second, bytes)
                written = first.brief, packed(first, second)
                if self._kept[first.id] is kept:
                    self._kept[first.id] = written
                yield written
            else:
                assert isinstance(second, bytes)
                yield first, second

    def _known(self, model_id: str) -> Known:
        first, second = self._kept[model_id]
        if isinstance(second, bytes):
            known = self._read.find(second)
            if known is None:
                known = unpacked(second)
                self._read.keep(second, known)
            return known
        assert isinstance(first, ModelEntry)
        return first, second


class _Read:
    """What entries were read to, by what they are packed to; the least used go first. Threads may share it."""

    def __init__(self) -> None:
        self._room = MOST_READ
        self._kept: OrderedDict[bytes, Known] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, data: bytes) -> Known | None:
        """Give what is kept."""
        with self._guard:
            known = self._kept.get(data)
            if known is not None:
                self._kept.move_to_end(data)
            return known

    def keep(self, data: bytes, known: Known) -> None:
        """Keep what was read, also where it is the only one there is room for."""
        with self._guard:
            if data not in self._kept:
                self._kept[data] = known
                self._room -= len(known[0].versions)
            while self._room < 0 and len(self._kept) > 1:
                _, (entry, _) = self._kept.popitem(last=False)
                self._room += len(entry.versions)
