"""The models of a catalogue by id, each with its trail; what a checkpoint holds of one is read when it is asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter

from model_registry.domain.entry import Brief, ModelEntry

Trail = tuple[int, "Trail | None"]
"""The sequence numbers of a model's events, newest first: the last one, and the trail before it."""

Known = tuple[ModelEntry, Trail | None]
Written = tuple[Brief, memoryview]
Read = Callable[[memoryview], Known]


MOST_CHANGES = 8_192
"""How many of the last changes are known."""


class Entries(Mapping[str, ModelEntry]):
    """A mapping of id to entry. Whoever looks at all of them sees those there were when the look began.

    `written` are entries as a checkpoint has them, each with what is told of it before it is read: pieces of one block
    of memory that goes when the last of them was read; `read` understands one. Opening a registry of many models then
    costs as much as finding where each begins, and a process that asks for one model reads that one.
    """

    def __init__(self, written: Mapping[str, Written] | None = None, read: Read | None = None) -> None:
        self._kept: dict[str, Known | Written] = dict(written or {})
        self._read = read
        self._changes: list[tuple[int, str]] = []
        self._known_since = max((brief.seq for brief, _ in written.values()), default=0) if written else 0

    def fork(self) -> Entries:
        """Give a mapping that begins as this one and goes its own way."""
        other = Entries(read=self._read)
        other._kept = self._kept.copy()
        other._changes, other._known_since = self._changes.copy(), self._known_since
        return other

    def __getitem__(self, model_id: str) -> ModelEntry:
        return self._known(model_id)[0]

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

    def told(self, tell: Callable[[ModelEntry, Trail | None], bytes]) -> Iterator[Written]:
        """Give every entry as a checkpoint has it: what was not read since stands as it stood there."""
        for first, second in list(self._kept.values()):
            if isinstance(first, Brief):
                assert isinstance(second, memoryview)
                yield first, second
            else:
                assert not isinstance(second, memoryview)
                yield first.brief, memoryview(tell(first, second))

    def _known(self, model_id: str) -> Known:
        first, second = self._kept[model_id]
        if isinstance(second, memoryview):
            assert self._read is not None, "what is written can be read"
            first, second = self._kept[model_id] = self._read(second)
        assert isinstance(first, ModelEntry)
        return first, second
