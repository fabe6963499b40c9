"""A sparse index of a log: places between events from which reading can begin."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

STRIDE = 64
"""Old places are kept this many events apart."""

RECENT = 64
"""The newest places are all kept, so that whoever lags a little re-reads nothing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place between two events: what came before it, and where in which segment the next one begins."""

    seq: int
    hash: str
    at: str
    segment: int
    offset: int


class Marks:
    """The places known of one log, in order; memory grows with the log by one place for each 64 events."""

    def __init__(self, first: Mark) -> None:
        self._kept = [first]
        self._recent: deque[Mark] = deque()

    @property
    def last(self) -> Mark:
        """Give the place after everything read so far."""
        return self._recent[-1] if self._recent else self._kept[-1]

    def add(self, mark: Mark) -> None:
        """Remember a place, if it lies beyond all known ones."""
        if (mark.seq, mark.segment) <= (self.last.seq, self.last.segment):
            return
        self._recent.append(mark)
        if len(self._recent) > RECENT:
            old = self._recent.popleft()
            if old.seq - self._kept[-1].seq >= STRIDE or old.segment > self._kept[-1].segment:
                self._kept.append(old)

    def sparse(self) -> list[Mark]:
        """Give known places about a stride apart, and the last one."""
        places = list(self._kept)
        for mark in self._recent:
            if mark.seq - places[-1].seq >= STRIDE or mark.segment > places[-1].segment:
                places.append(mark)
        return places if places[-1] == self.last else [*places, self.last]

    def before(self, seq: int) -> Mark:
        """Give the latest known place that has no event after `seq` before it."""
        if self._recent and self._recent[0].seq <= seq:
            return next(mark for mark in reversed(self._recent) if mark.seq <= seq)
        return self._kept[max(0, bisect_right(self._kept, seq, key=lambda mark: mark.seq) - 1)]
