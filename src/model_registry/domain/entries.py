"""The models of a catalogue by id, each with its trail; what a checkpoint holds of one is read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from model_registry.domain.entry import Brief, ModelEntry

Trail = tuple[int, "Trail | None"]
"""The sequence numbers of a model's events, newest first: the last one, and the trail before it."""

Known = tuple[ModelEntry, Trail | None]
Written = tuple[Brief, memoryview]
Read = Callable[[memoryview], Known]


class Entries(Mapping[str, ModelEntry]):
    """A mapping of id to entry. Whoever looks at all of them sees those there were when the look began.

    `written` are entries as a checkpoint has them, each with what is told of it before it is read: pieces of one block
    of memory that goes when the last of them was read; `read` understands one. Opening a registry of many models then
    costs as much as finding where each begins, and a process that asks for one model reads that one.
    """

    def __init__(self, written: Mapping[str, Written] | None = None, read: Read | None = None) -> None:
        self._kept: dict[str, Known | Written] = dict(written or {})
        self._read = read

    def fork(self) -> Entries:
        """Give a mapping that begins as this one and goes its own way."""
        other = Entries(read=self._read)
        other._kept = self._kept.copy()
        return other

    def __getitem__(self, model_id: str) -> ModelEntry:
        return self._known(model_id)[0]

    def __setitem__(self, model_id: str, entry: ModelEntry) -> None:
        self._kept[model_id] = (entry, self.trail(model_id))

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

    def briefs(self) -> list[Brief]:
        """Give what can be told of every entry without reading it."""
        return [first if isinstance(first, Brief) else first.brief for first, _ in list(self._kept.values())]

    def changed(self, since: int) -> list[ModelEntry]:
        """Give the entries with an event after a sequence number; the others are not read."""
        return [self[brief.id] for brief in self.briefs() if brief.seq > since]

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
