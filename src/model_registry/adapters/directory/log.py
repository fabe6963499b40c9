"""The log of a directory store: segments of JSON lines, appended under the lock, read without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from model_registry.adapters.directory.marks import STRIDE, Mark, Marks
from model_registry.adapters.directory.place import Place
from model_registry.domain.events import (
    Damage,
    DamagedEventError,
    Draft,
    Event,
    Position,
    decode,
    encode,
    genesis,
    seal,
)
from model_registry.errors import OutcomeUnknownError, StorageError

SEGMENT_BYTES = 8_000_000
"""A segment that has reached this size is closed, and the next event opens another."""

FIRST_BLOCK, LARGEST_BLOCK = 16_384, 262_144
"""A segment is read in pieces, each twice as large as the one before: who wants one event reads little, who wants all
of them reads few pieces."""

Clock = Callable[[], datetime]


class SegmentLog:
    """The truth of a directory store.

    An unterminated last line was never acknowledged: readers ignore it, the next writer cuts it off and keeps it under
    `backups/`. A terminated line that does not fit the chain is damage, and so is a log that does not reach what its
    `witness` has seen: reading goes on up to there, writing is refused.
    """

    def __init__(self, place: Place, clock: Clock, witness: Callable[[], Position | None]) -> None:
        self._place = place
        self._files = place.files
        self._clock = clock
        self._witness = witness
        self._known: tuple[str, Marks] | None = None
        self._guard = threading.RLock()
        self._damage: Damage | None = None

    @property
    def log_id(self) -> str:
        """Give the identity of this log, "" while it does not exist."""
        return self._place.log_id

    @property
    def damage(self) -> Damage | None:
        """Give where the log stops being whole, as far as it has been read; None while nothing was found."""
        return self._damage

    @property
    def end(self) -> str:
        """Give where the next event would stand, as people look for it."""
        return self._where(self.tail)

    @property
    def tail(self) -> Mark:
        """Give the place after the last event read so far."""
        return self._marks.last

    @property
    def places(self) -> list[Mark]:
        """Give the places from which reading can begin, the tail last."""
        return self._marks.sparse()

    def resume(self, marks: Iterable[Mark]) -> None:
        """Begin reading at the places a checkpoint knows."""
        for mark in marks:
            self._marks.add(mark)

    def read(self, after: int = 0) -> Iterator[Event]:
        """Read the committed events after a sequence number, oldest first."""
        log_id = self.log_id
        if not log_id:
            return
        with self._guard:
            marks = self._marks_of(log_id)
            mark, known = marks.before(after), marks.last
        while True:
            for event, behind in self._lines(mark, marks):
                mark = behind
                if event.seq > after:
                    yield event
            following = replace(mark, segment=mark.segment + 1, offset=0)
            if self._damage or self._files.size(self._segment(following)) is None:
                break
            mark = following
            self._remember(mark, marks)
        if mark.seq < known.seq and not self._damage:
            self._report(mark, f"the log is shorter than it was: it ends before event {known.seq}, which was there")

    @property
    def witnessed(self) -> Position | None:
        """Give the last place in this log that the snapshots have seen."""
        return self._witness()

    def leftovers(self) -> list[tuple[str, str]]:
        """Give the unfinished last line and the temporary files that dead writers left behind."""
        tail = self.tail
        torn = None if self._damage or not self.log_id else self._torn(tail)
        found = [(str(self._segment(tail)), f"an unfinished line of {len(torn)} bytes")] if torn else []
        return found + [(name, "a temporary file whose writer is gone") for name in self._place.leftovers()]

    def clear_leftovers(self) -> None:
        """Cut the unfinished line off, keeping it under `backups/`, and remove the temporary files."""
        with self.exclusive():
            self._place.sweep()

    @contextmanager
    def exclusive(self) -> Iterator[_Appender]:
        """Wait for the right to write, and recover what a dead writer left."""
        with self._place.locked():
            self._catch_up()
            self._refuse_damage()
            self._cut_torn_line()
            yield _Appender(self)

    @property
    def _marks(self) -> Marks:
        return self._marks_of(self.log_id)

    def _marks_of(self, log_id: str) -> Marks:
        with self._guard:
            if self._known is None or self._known[0] != log_id:
                self._known = (log_id, Marks(Mark(0, genesis(log_id), "", 1, 0)))
                self._damage = None
            return self._known[1]

    def _catch_up(self) -> None:
        for _ in self.read(self.tail.seq):
            pass

    def _remember(self, mark: Mark, marks: Marks) -> None:
        with self._guard:
            marks.add(mark)

    def _lines(self, mark: Mark, marks: Marks) -> Iterator[tuple[Event, Mark]]:
        """Read the whole lines of one segment from a place on, each with the place after it; stop at damage."""
        path, first = self._segment(mark), mark
        for line in self._terminated(path, mark.offset):
            try:
                event = _next_event(line, mark)
            except DamagedEventError as error:
                self._report(mark, str(error))
                break
            mark = Mark(event.seq, event.hash, event.at, mark.segment, mark.offset + len(line))
            if event.seq % STRIDE == 0:
                self._remember(mark, marks)
            yield event, mark
        if mark is first and (self._files.size(path) or 0) < mark.offset:
            self._report(mark, "the log is shorter than it was")
        self._remember(mark, marks)

    def _terminated(self, path: Path, offset: int) -> Iterator[bytes]:
        """Read the lines of a file that have their newline, block by block."""
        rest, size = b"", FIRST_BLOCK
        while block := self._files.read(path, offset, size):
            offset += len(block)
            *lines, rest = (rest + block).split(b"\n")
            yield from (line + b"\n" for line in lines)
            if len(block) < size:
                return
            size = min(2 * size, LARGEST_BLOCK)

    def _commit(self, drafts: Sequence[Draft]) -> list[Event]:
        """Write all lines at once and wait until they are on the disk: the commit point."""
        mark = self.tail
        events = self._sealed(drafts, mark)
        if mark.offset >= SEGMENT_BYTES:
            mark = replace(mark, segment=mark.segment + 1, offset=0)
        path = self._segment(mark)
        try:
            self._files.append(path, b"".join(encode(event) + b"\n" for event in events))
            self._files.sync(path)
            if mark.offset == 0:
                self._files.sync(path.parent)
        except StorageError as error:
            self._undo(path, mark.offset, error)
            raise
        self._catch_up()
        return events

    def _sealed(self, drafts: Sequence[Draft], tail: Mark) -> list[Event]:
        prev = tail.hash
        now = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        events: list[Event] = []
        for seq, draft in enumerate(drafts, tail.seq + 1):
            events.append(seal(draft, seq=seq, at=max(now, tail.at), prev=prev))
            prev = events[-1].hash
        return events

    def _undo(self, path: Path, offset: int, cause: StorageError) -> None:
        """Take back lines that may not have reached the disk, so that nothing unacknowledged comes to light later."""
        try:
            if self._files.size(path) is not None:
                self._files.truncate(path, offset)
                self._files.sync(path)
        except StorageError as error:
            raise OutcomeUnknownError(
                f"the write may or may not have happened: {cause.message}",
                where=str(path),
                hint="Check the disk, then repeat the call with the same op_id.",
            ) from error

    def _torn(self, tail: Mark) -> bytes:
        """Give what stands behind the last whole line."""
        return self._files.read(self._segment(tail), tail.offset) or b""

    def _cut_torn_line(self) -> None:
        mark = self.tail
        torn = self._torn(mark)
        path = self._segment(mark)
        if torn:
            self._place.replace(self._place.root / "backups" / f"torn-{mark.seq + 1}", torn, durable=False)
            self._files.truncate(path, mark.offset)
            self._files.sync(path)

    def _report(self, mark: Mark, message: str) -> None:
        self._damage = Damage(self._where(mark), message)

    def _where(self, mark: Mark) -> str:
        path = self._segment(mark)
        line = (self._files.read(path, 0, mark.offset) or b"").count(b"\n") + 1
        return f"{path.parent.name}/{path.name}, line {line} (event {mark.seq + 1}, byte {mark.offset})"

    def _refuse_damage(self) -> None:
        seen, tail = self._witness(), self.tail
        if seen and (seen.seq > tail.seq or (seen.seq == tail.seq and seen.hash != tail.hash)):
            self._report(tail, f"the snapshots have seen event {seen.seq}, the log ends before it or has another")
        if self._damage:
            raise StorageError(
                f"the log is damaged at {self._damage.where}: {self._damage.message}",
                code="damaged_log",
                where=self._damage.where,
                hint="Reading goes on; run `model-registry doctor`, and restore a backup to write again.",
            )

    def _segment(self, mark: Mark) -> Path:
        return self._place.log / f"{mark.segment:06d}.jsonl"


class _Appender:
    """The right to write, while the lock is held."""

    def __init__(self, log: SegmentLog) -> None:
        self._log = log

    def commit(self, drafts: Sequence[Draft]) -> list[Event]:
        """Number, date, chain and durably store the drafts, all or none, and give the events they became."""
        return self._log._commit(drafts)


def _next_event(line: bytes, mark: Mark) -> Event:
    event = decode(line)
    if event.seq != mark.seq + 1 or event.prev != mark.hash:
        raise DamagedEventError(f"event {event.seq} does not follow event {mark.seq}")
    return event
