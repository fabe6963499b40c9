"""What a query finds in postings: which documents have its words, where they stand there, and how much that tells.

The postings lie in segments, whatever keeps them; documents have the numbers of all segments together.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from model_registry.domain.found import Found, Mask, Numbers, all_of, any_of, nothing, put, put_best
from model_registry.domain.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Text, Where, Word
from model_registry.domain.search import FUZZY_WEIGHT, rarity, reach
from model_registry.domain.words import joined, readings, stem
from model_registry.errors import SearchError

_MOST_EXPANDED = 512  # terms of one prefix or fuzzy word

Spots = npt.NDArray[np.int64]
"""Places in documents: the number of the document above `PLACES` bits, the position below."""

_PLACE_BITS, _LAST_PLACE = 32, (1 << 32) - 1


class Standing(NamedTuple):
    """Where a term stands: the documents that have it, in order; where the places of each begin, and all end; places.

    In as few bytes as hold them, for what is read of common words is kept.
    """

    numbers: npt.NDArray[np.int32]
    begins: npt.NDArray[np.uint32]
    places: npt.NDArray[np.uint32]

    def among(self, numbers: Numbers) -> Standing:
        """Give what there is of it in some documents, which are in order."""
        at = _places_of(numbers, self.numbers)
        first = self.begins[at]
        counts = self.begins[at + 1] - first
        begins = np.concatenate([_START, np.cumsum(counts, dtype=np.uint32)])
        shifts = np.repeat(first - begins[:-1], counts)
        return Standing(self.numbers[at], begins, self.places[np.arange(shifts.size, dtype=np.uint32) + shifts])

    def spots(self) -> Spots:
        """Give every place, in order."""
        documents = np.repeat(self.numbers.astype(np.int64) << _PLACE_BITS, np.diff(self.begins))
        return documents + self.places.astype(np.int64)

    def inside(self, field: range) -> Mask:
        """Tell for each of the documents whether the term stands in a field."""
        at = np.flatnonzero((self.places >= field.start) & (self.places < field.stop))
        inside = np.zeros(self.numbers.size, np.bool_)
        inside[np.searchsorted(self.begins, at, side="right") - 1] = True
        return inside


_START, _NONE = np.zeros(1, np.uint32), np.empty(0, np.int32)


class Segment(Protocol):
    """A part of the postings, whose documents have the numbers from `offset` on; what it gives is never written to."""

    offset: int
    count: int

    def weights(self, term: str) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """Give the documents that have a term, in order, and its weight in each; they are counted from 0."""
        ...

    def standing(self, term: str) -> Standing:
        """Give where a term stands; documents are counted from 0."""
        ...

    def beginning(self, start: str) -> list[str]:
        """Give the terms that begin so."""
        ...

    def near(self, word: str) -> list[str]:
        """Give the terms that are spelled nearly as a word."""
        ...


class PostingsSearch:
    """One search: what each part of the query finds among the documents, deleted ones among them."""

    def __init__(self, segments: Sequence[Segment], count: int, deadline: float) -> None:
        self._segments = segments
        self._count = count
        self._deadline = deadline

    def find(self, query: Query) -> Found:
        """Give the documents that fit, with their scores."""
        match query:
            case Everything():
                return Found(np.ones(self._count, np.bool_), np.ones(self._count))
            case And(parts):
                return all_of(map(self.find, parts)) if parts else nothing(self._count)
            case Or(parts):
                return any_of(map(self.find, parts), self._count)
            case Not(part):
                return Found(~self.find(part).mask, np.zeros(self._count))
            case Where():
                raise TypeError(f"no engine knows {query.field}")
            case _:
                return self._leaf(query)

    def spots(self, leaf: Text, numbers: Numbers) -> Iterator[tuple[int, int]]:
        """Give each place at which one of these documents, which are in order, has what a leaf looks for."""
        rows, field = list(self._rows(leaf)), reach(leaf.field)
        for segment in self._segments:
            first, last = np.searchsorted(numbers, (segment.offset, segment.offset + segment.count))
            wanted = numbers[first:last] - segment.offset
            for row in self._met(segment, rows, wanted):
                standing = [segment.standing(term).among(wanted) for term in row]
                spots = (standing[0].spots() if len(row) == 1 else _in_a_row(standing)).tolist()
                places = ((segment.offset + (spot >> _PLACE_BITS), spot & _LAST_PLACE) for spot in spots)
                yield from ((document, place) for document, place in places if place in field)

    def near(self, word: str) -> list[str]:
        """Give the terms that are spelled nearly as a word."""
        return sorted({term for segment in self._segments for term in segment.near(word)}) if word else []

    def having(self, term: str) -> Numbers:
        """Give the documents that have a term."""
        return np.concatenate([_NONE, *(each.weights(term)[0] + each.offset for each in self._segments)])

    def _rows(self, leaf: Text) -> Iterator[list[str]]:
        """Give the rows of terms that a leaf may stand for."""
        match leaf:
            case Word(text):
                yield from ([stem(word) for word in words] for words in readings(text))
            case Phrase(words):
                yield from ([stem(word) for word in row] for row in readings(" ".join(words))[:1])
            case Prefix(text):
                yield from ([term] for term in self._shortest(joined(text)))
            case Fuzzy(text):
                yield from ([term] for term in self.near(joined(text)))

    def _leaf(self, leaf: Text) -> Found:
        where = leaf.field
        match leaf:
            case Word(text):
                return any_of((self._row(words, where) for words in readings(text)), self._count)
            case Phrase(words):
                return any_of((self._row(row, where) for row in readings(" ".join(words))[:1]), self._count)
            case Prefix(text):
                return self._best(dict.fromkeys(self._shortest(joined(text)), 1.0), where)
            case Fuzzy(text):
                word = joined(text)
                return self._best({term: 1.0 if term == word else FUZZY_WEIGHT for term in self.near(word)}, where)

    def _shortest(self, start: str) -> list[str]:
        terms = {term for segment in self._segments for term in segment.beginning(start)} if start else ()
        return nsmallest(_MOST_EXPANDED, terms, key=lambda term: (len(term), term))

    def _row(self, words: tuple[str, ...], field: str | None) -> Found:
        """Find where words stand in a row, in any form; the very spelling counts once more."""
        roots = [stem(word) for word in words]
        anywhere = len(roots) == 1 and field is None  # a document that has a word has its stem
        having = None if anywhere else self._having(roots, reach(field))
        spelled = nothing(self._count)
        for term in dict.fromkeys((*roots, *words)):
            self._score(spelled, term, having)
        return spelled

    def _best(self, terms: dict[str, float], field: str | None) -> Found:
        """Find any of some terms; of several spellings of a word in a document, the best one counts."""
        best = nothing(self._count)
        weighed = [[self._weights(segment, term) for term in terms] for segment in self._segments if terms]
        told = [
            factor * rarity(self._count, sum(len(numbers) for numbers, _ in parts))
            for factor, parts in zip(terms.values(), zip(*weighed, strict=True), strict=False)
        ]
        for segment, parts in zip(self._segments, weighed, strict=False):
            numbers, weights = map(np.concatenate, zip(*parts, strict=True))
            scores = weights * np.repeat(told, [len(each) for each, _ in parts])
            if field is not None:
                inside = np.concatenate([segment.standing(term).inside(reach(field)) for term in terms])
                numbers, scores = numbers[inside], scores[inside]
            put_best(_piece(best, segment), numbers, scores)
        return best

    def _met(self, segment: Segment, rows: list[list[str]], wanted: Numbers) -> list[list[str]]:
        """Give those of many rows whose first term any of these documents of a segment has."""
        if len(rows) < 2:
            return rows
        having = [self._weights(segment, row[0])[0] for row in rows]
        mask = np.zeros(segment.count, np.bool_)
        mask[wanted] = True
        places = np.repeat(np.arange(len(rows)), [len(each) for each in having])
        return [rows[place] for place in np.unique(places[mask[np.concatenate(having)]]).tolist()]

    def _having(self, row: Sequence[str], field: range) -> Mask:
        """Give the documents in a field of which terms stand in a row."""
        mask = np.zeros(self._count, np.bool_)
        for segment in self._segments:
            self._refuse_late()
            standing = [segment.standing(term) for term in row]
            if len(row) == 1:
                documents: Numbers = standing[0].numbers[standing[0].inside(field)]
            else:
                spots = _in_a_row(standing)
                places = spots & _LAST_PLACE
                documents = spots[(places >= field.start) & (places < field.stop)] >> _PLACE_BITS
            mask[segment.offset + documents] = True
        return mask

    def _score(self, found: Found, term: str, among: Mask | None) -> None:
        """Write into `found` who has a term, of the documents of a mask if there is one, and what it tells there."""
        weighed = [self._weights(segment, term) for segment in self._segments]
        told = rarity(self._count, sum(len(numbers) for numbers, _ in weighed))
        for segment, (numbers, weights) in zip(self._segments, weighed, strict=True):
            inside = slice(None) if among is None else np.flatnonzero(among[segment.offset :][numbers])
            put(_piece(found, segment), numbers[inside], told * weights[inside].astype(np.float64))

    def _weights(self, segment: Segment, term: str) -> tuple[Numbers, npt.NDArray[np.float32]]:
        self._refuse_late()
        return segment.weights(term)

    def _refuse_late(self) -> None:
        if time.monotonic() > self._deadline:
            raise SearchError("the query takes too long", code="query_too_slow", hint="use fewer or longer prefixes")


def _piece(found: Found, segment: Segment) -> Found:
    """Give what was found in a segment, to be read and written."""
    piece = slice(segment.offset, segment.offset + segment.count)
    return Found(found.mask[piece], found.scores[piece])


def _in_a_row(standing: Sequence[Standing]) -> Spots:
    """Give the spots where the first of some terms stands, and the others behind it, one after the other.

    It begins with the rarest, and of the others looks only into the documents that are left if those are few.
    """
    base = min(range(len(standing)), key=lambda step: standing[step].places.size)
    found = standing[base].spots() - base
    for step, each in enumerate(standing):
        if step != base:
            left = _different(found >> _PLACE_BITS)
            known = each.among(left) if 2 * left.size < each.numbers.size else each
            found = found[_among(found + step, known.spots())]
    return found


def _among(wanted: Spots, known: Spots) -> Mask:
    """Tell which of the wanted spots are known; both are in order."""
    if not known.size:
        return np.zeros(wanted.shape, np.bool_)
    return np.equal(known[np.minimum(np.searchsorted(known, wanted), known.size - 1)], wanted)


def _places_of(wanted: Numbers, known: Numbers) -> Numbers:
    """Give the places of wanted numbers among the known, of those that are there; both are in order."""
    at = np.searchsorted(known, wanted)
    at = at[at < known.size]
    places: Numbers = at[known[at] == wanted[: at.size]]
    return places


def _different(numbers: Numbers) -> Numbers:
    """Give numbers that are in order each once."""
    different: Numbers = numbers[np.concatenate([np.ones(1, np.bool_), numbers[1:] != numbers[:-1]])[: numbers.size]]
    return different
