"""The log of a directory store: segments of JSON lines, appended under the lock, read without it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from model_registry.adapters.directory.marks import STRIDE, Mark, Marks
from model_registry.adapters.directory.place import Place
from model_registry.adapters.directory.segments import Segments
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

BLOCK = 512
"""Bytes that a disk writes whole or not at all."""

Clock = Callable[[], datetime]


class Witness(Protocol):
    """What stands beside the log and has seen it grow."""

    def seen(self) -> Position | None:
        """Give the last place in this log it has noted."""
        ...

    def power_may_have_failed(self) -> bool:
        """Tell whether the system was started anew since it noted that place, or it noted none."""
        ...


class SegmentLog:
    """The truth of a directory store.

    An unfinished tail was never acknowledged: readers ignore it, the next writer cuts it off and keeps it under
    `backups/`. It is a last line without its end, or, after a power cut, a piece with blocks that never reached the
    disk. A terminated line that does not fit the chain is damage, and so is a log that does not reach what its
    `witness` has seen: reading goes on up to there, writing is refused.

    What is read without the lock may be taken back by a writer whose disk fails. Whoever takes the lock therefore makes
    sure that the last event it knows is still there, and that all before it is on the disk.
    """

    def __init__(self, place: Place, clock: Clock, witness: Witness) -> None:
        self._place = place
        self._files = place.files
        self._segments = Segments(place)
        self._clock = clock
        self._witness = witness
        self._known: tuple[str, Marks] | None = None
        self._settled: Mark | None = None
        self._guard = threading.RLock()
        self._damage: Damage | None = None

    @property
    def log_id(self) -> str:
        """Give the identity of this log, "" while it does not exist."""
        return self._place.log_id

    @property
    def lineage(self) -> object:
        """Give what is another object as soon as events read earlier no longer count."""
        return self._marks

    @property
    def settled(self) -> bool:
        """Tell whether every event read so far is known to be on the disk."""
        tail = self.tail
        return tail.seq == 0 or tail == self._settled

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
        """Begin reading at the places a checkpoint knows: what led to them was on the disk when it was written."""
        known = self._marks
        for mark in marks:
            known.add(mark)
            self._settled = mark

    def read(self, after: int = 0) -> Iterator[Event]:
        """Read the committed events after a sequence number, oldest first."""
        if not self.log_id:
            return
        with self._guard:
            marks = self._marks
            mark, known = marks.before(after), max(marks.last.seq, self._settled.seq if self._settled else 0)
        while True:
            newest = self._segments.newest()  # before the lines are read: while they are, others may begin a new one
            for event, behind in self._lines(marks, mark):
                mark = behind
                if event.seq > after:
                    yield event
            if mark.segment < newest and not self._damage:
                self._check_closed(mark)
            if self._damage or mark.segment >= newest:
                break
            mark = replace(mark, segment=mark.segment + 1, offset=0)
            self._remember(marks, mark)
        if mark.seq < known and not self._damage:
            self._report(mark, f"the log is shorter than it was: it ends before event {known}, which was there")

    def _check_closed(self, mark: Mark) -> None:
        """Report a segment that others follow and that is missing or goes on behind its last whole line."""
        if not self._segments.is_there(mark.segment):
            self._report(mark, f"{self._segments.path(mark.segment).name} is missing")
        elif self._segments.size(mark.segment) > mark.offset:
            self._report(mark, "what follows is no event, although the log goes on in another file")

    @property
    def witnessed(self) -> Position | None:
        """Give the last place in this log that the snapshots have seen."""
        return self._witness.seen()

    def forget(self) -> None:
        """Forget what was read, to read it again; not what was on the disk, for that cannot be taken back."""
        with self._guard:
            self._known = (self.log_id, self._beginning())
            self._damage = None

    def leftovers(self) -> list[tuple[str, str]]:
        """Give the unfinished last line and the temporary files that dead writers left behind."""
        tail = self.tail
        torn = None if self._damage or not self.log_id else self._torn(tail)
        found = [(str(self._segment(tail)), f"an unfinished tail of {len(torn)} bytes")] if torn else []
        found += [(self._name(number), "altered; what is packed in it is whole") for number in self._altered()]
        return found + [(name, "a temporary file whose writer is gone") for name in self._place.leftovers()]

    def clear_leftovers(self) -> None:
        """Cut the unfinished tail off, keeping it under `backups/`, and remove the temporary files."""
        with self.exclusive():
            self._place.sweep()
        self._pack(self._altered())

    def pack(self) -> int:
        """Compress the closed segments; gives how many bytes that saved.

        Others read and write meanwhile. A program that knows no packed segments no longer opens the registry.
        """
        with self.exclusive():
            closed = range(1, self.tail.segment)
            if closed:
                self._place.allow_packing()
        return self._pack(closed)

    def _pack(self, numbers: Iterable[int]) -> int:
        log_id, saved = self.log_id, 0
        for number in numbers:
            packed = self._segments.packed(number)
            with self._place.locked():
                if packed and self.log_id == log_id:
                    saved += self._segments.put(number, *packed)
        return saved

    def _altered(self) -> list[int]:
        """Give the packed segments of which something around the content was changed."""
        closed = range(1, self.tail.segment if self.log_id else 1)
        plain = (number for number in closed if self._files.size(self._segments.path(number)) is not None)
        return [number for number in {*closed} - {*plain} if self._segments.packed(number)]

    @contextmanager
    def exclusive(self) -> Iterator[_Appender]:
        """Wait for the right to write, and recover what a dead writer left."""
        with self._place.locked():
            self._catch_up()
            self._confirm()
            tail = self.tail
            self._refuse_damage(tail)
            self._cut_torn_tail(tail)
            self._settle(tail)
            yield _Appender(self)

    @property
    def _marks(self) -> Marks:
        log_id = self.log_id
        with self._guard:
            if self._known is None or self._known[0] != log_id:
                self._known = (log_id, self._beginning())
                self._settled = self._damage = None
            return self._known[1]

    def _beginning(self) -> Marks:
        return Marks(Mark(0, genesis(self.log_id), "", 1, 0))

    def _catch_up(self) -> None:
        for _ in self.read(self.tail.seq):
            pass

    def _confirm(self) -> None:
        """Make sure, under the lock, that the last event known is there; if not, read the whole log again.

        A writer may have taken back what this one had read already, because it could not be brought to the disk.
        """
        tail = self.tail
        if tail.seq and not self.settled:
            last = next(self.read(tail.seq - 1), None)
            if last is None or last.hash != tail.hash:
                self.forget()
                self._catch_up()

    def _settle(self, tail: Mark) -> None:
        """Wait until all events read so far are on the disk: whoever wrote the last ones may have died before."""
        known = self._settled
        path = self._segment(tail)
        if tail != known and self._files.size(path) is not None:
            self._files.sync(path)
            if known is None or known.segment != tail.segment:
                self._files.sync(path.parent)
        self._settled = tail

    def _remember(self, marks: Marks, mark: Mark) -> None:
        with self._guard:
            marks.add(mark)

    def _lines(self, marks: Marks, mark: Mark) -> Iterator[tuple[Event, Mark]]:
        """Read the whole lines of one segment from a place on, each with the place after it; stop at damage."""
        size = self._segments.size(mark.segment)
        if size < mark.offset:
            self._report(mark, "the log is shorter than it was")
        for line in self._terminated(mark.segment, mark.offset) if size > mark.offset else ():
            try:
                event = self._next_event(line, mark)
            except DamagedEventError as error:
                if not self._is_unfinished(mark):
                    self._report(mark, str(error))
                break
            mark = Mark(event.seq, event.hash, event.at, mark.segment, mark.offset + len(line))
            if event.seq % STRIDE == 0:
                self._remember(marks, mark)
            yield event, mark
        self._remember(marks, mark)

    def _next_event(self, line: bytes, mark: Mark) -> Event:
        event, settled = decode(line), self._settled
        if event.seq != mark.seq + 1 or event.prev != mark.hash:
            raise DamagedEventError(f"event {event.seq} does not follow event {mark.seq}")
        if settled and event.seq == settled.seq and event.hash != settled.hash:
            raise DamagedEventError(f"event {event.seq} is not the one that was there")
        return event

    def _terminated(self, segment: int, offset: int) -> Iterator[bytes]:
        """Read the lines of a segment that have their newline, block by block."""
        rest, size = b"", FIRST_BLOCK
        while block := self._segments.read(segment, offset, size):
            offset += len(block)
            *lines, rest = (rest + block).split(b"\n")
            yield from (line + b"\n" for line in lines)
            if len(block) < size:
                return
            size = min(2 * size, LARGEST_BLOCK)

    def _commit(self, drafts: Sequence[Draft]) -> list[Event]:
        """Write all lines at once and wait until they are on the disk: the commit point.

        Nothing is read afterwards, so that nothing can fail any more.
        """
        marks = self._marks
        mark = marks.last
        lines = [encode(event) + b"\n" for event in self._sealed(mark, drafts)]
        if mark.offset >= SEGMENT_BYTES:
            mark = replace(mark, segment=mark.segment + 1, offset=0)
        path = self._segment(mark)
        try:
            self._files.append(path, b"".join(lines))
            self._files.sync(path)
            if mark.offset == 0:
                self._files.sync(path.parent)
        except StorageError as error:
            self._undo(path, mark.offset, error)
            raise
        events = [decode(line) for line in lines]
        for event, line in zip(events, lines, strict=True):
            mark = Mark(event.seq, event.hash, event.at, mark.segment, mark.offset + len(line))
            if event.seq % STRIDE == 0:
                self._remember(marks, mark)
        self._remember(marks, mark)
        self._settled = mark
        return events

    def _sealed(self, tail: Mark, drafts: Sequence[Draft]) -> list[Event]:
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
            if (self._files.size(path) or 0) > offset:
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
        behind = self._segments.size(tail.segment) > tail.offset
        return self._segments.read(tail.segment, tail.offset) if behind else b""

    def _is_unfinished(self, mark: Mark) -> bool:
        """Tell whether what follows a place is what a power cut left of a write that was never acknowledged.

        A block that did not reach the disk reads as zeros, which no event holds. Where the power has not failed since
        the last commit was noted, or the note tells of an event from here on, zeros are damage like any other.
        """
        seen = self._witness.seen()
        if (seen and seen.seq > mark.seq) or not self._witness.power_may_have_failed():
            return False
        following = self._segments.size(mark.segment + 1)
        return not following and _has_empty_block(self._segments.read(mark.segment, mark.offset), mark.offset)

    def _cut_torn_tail(self, mark: Mark) -> None:
        if torn := self._torn(mark):
            path = self._segment(mark)
            self._place.replace(self._place.root / "backups" / f"torn-{mark.seq + 1}", torn, durable=True)
            self._files.truncate(path, mark.offset)
            self._files.sync(path)

    def _report(self, mark: Mark, message: str) -> None:
        self._damage = Damage(self._where(mark), message)

    def _where(self, mark: Mark) -> str:
        line = self._segments.read(mark.segment, 0, mark.offset).count(b"\n") + 1
        return f"{self._name(mark.segment)}, line {line} (event {mark.seq + 1}, byte {mark.offset})"

    def _name(self, number: int) -> str:
        path = self._segments.path(number)
        return f"{path.parent.name}/{path.name}"

    def _refuse_damage(self, tail: Mark) -> None:
        seen = self._witness.seen()
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
        return self._segments.path(mark.segment)


class _Appender:
    """The right to write, while the lock is held."""

    def __init__(self, log: SegmentLog) -> None:
        self._log = log

    def commit(self, drafts: Sequence[Draft]) -> list[Event]:
        """Number, date, chain and durably store the drafts, all or none, and give the events they became."""
        return self._log._commit(drafts)


def _has_empty_block(data: bytes, offset: int) -> bool:
    """Tell whether a block of the disk holds nothing but zeros, as far as it lies in a piece that begins there."""
    first = BLOCK - offset % BLOCK
    pieces = [data[:first], *(data[start : start + BLOCK] for start in range(first, len(data), BLOCK))]
    return any(piece and not piece.strip(b"\0") for piece in pieces)
