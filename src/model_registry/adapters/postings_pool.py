"""Postings on their way into a segment: gathered by term, in little memory however many there are."""

from __future__ import annotations

import heapq
import marshal
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import IO

Term = tuple[str, bytes]
"""A field and a term of it."""

Item = tuple[str, bytes, int, float, bytes | None]
"""One posting as Whoosh hands it on: field, term, number of the document, weight, value."""

_TERM_BYTES = 600  # that a term takes, with its containers and what they have in reserve
_POSTING_BYTES = 16  # that a posting takes beside its value


@dataclass(slots=True)
class Postings:
    """The postings of one term, by ascending number of the document."""

    numbers: array[int] = field(default_factory=lambda: array("I"))
    weights: array[float] = field(default_factory=lambda: array("f"))
    sizes: array[int] = field(default_factory=lambda: array("I"))
    joined: bytearray = field(default_factory=bytearray)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def values(self) -> list[bytes]:
        """Give the value of each posting that has one."""
        whole = bytes(self.joined)
        return [whole[start:end] for start, end in pairwise(accumulate(self.sizes, initial=0)) if end > start]

    def extend(self, later: Postings) -> None:
        """Add postings of documents that come later."""
        self.numbers += later.numbers
        self.weights += later.weights
        self.sizes += later.sizes
        self.joined += later.joined


class PostingsPool:
    """Takes postings document by document, and gives them term by term.

    What would take more than `limit` bytes is put aside in files without a name, which vanish with the process.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._size = 0
        self._terms: dict[Term, Postings] = {}
        self._runs: list[IO[bytes]] = []

    def add(self, item: Item) -> None:
        """Take a posting; of each term those of earlier documents come first."""
        name, term, number, weight, value = item
        postings = self._terms.get((name, term))
        if postings is None:
            if self._size > self._limit:
                self._put_aside()
            postings = self._terms[name, term] = Postings()
            self._size += _TERM_BYTES
        value = value or b""
        postings.numbers.append(number)
        postings.weights.append(weight)
        postings.sizes.append(len(value))
        postings.joined += value
        self._size += _POSTING_BYTES + len(value)

    def terms(self) -> Iterator[tuple[Term, Postings]]:
        """Give every term in order with its postings."""
        if not self._runs:
            yield from sorted(self._terms.items())
            return
        self._put_aside()
        last: tuple[Term, Postings] | None = None
        for term, postings in heapq.merge(*map(_read, self._runs), key=lambda each: each[0]):
            if last and last[0] == term:
                last[1].extend(postings)
                continue
            if last:
                yield last
            last = term, postings
        if last:
            yield last

    def cleanup(self) -> None:
        """Let go of everything."""
        for run in self._runs:
            run.close()
        self._runs, self._terms, self._size = [], {}, 0

    def _put_aside(self) -> None:
        run = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - read and closed later
        self._runs.append(run)
        for term, each in sorted(self._terms.items()):
            parts = each.numbers.tobytes(), each.weights.tobytes(), each.sizes.tobytes(), bytes(each.joined)
            marshal.dump((*term, *parts), run)
        self._terms, self._size = {}, 0


def _read(run: IO[bytes]) -> Iterator[tuple[Term, Postings]]:
    run.seek(0)
    while True:
        try:
            name, term, numbers, weights, sizes, joined = marshal.load(run)  # noqa: S302 - our own, without a name
        except EOFError:
            return
        yield (name, term), Postings(array("I", numbers), array("f", weights), array("I", sizes), bytearray(joined))
