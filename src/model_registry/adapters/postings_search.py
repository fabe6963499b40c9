"""What a query finds in postings: which documents have its words, where they stand there, and how much that tells.

The postings lie in segments, whatever keeps them; documents have the numbers of all segments together.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from typing import Protocol

import numpy as np
import numpy.typing as npt

from model_registry.domain.found import Found, Mask, Numbers, Scores, all_of, any_of, nothing, put, put_best, within
from model_registry.domain.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Text, Where, Word
from model_registry.domain.search import FUZZY_WEIGHT, rarity, reach
from model_registry.domain.words import joined, readings, stem
from model_registry.errors import SearchError

_MOST_EXPANDED = 512  # terms of one prefix or fuzzy word

Spots = npt.NDArray[np.int64]
"""Places in documents: the number of the document above `PLACES` bits, the position below."""

PLACES, _LAST_PLACE = 32, (1 << 32) - 1


class Segment(Protocol):
    """A part of the postings; what it gives is never written to."""

    def weights(self, term: str) -> tuple[Numbers, Scores]:
        """Give the documents that have a term, in order, and its weight in each."""
        ...

    def spots(self, term: str) -> Spots:
        """Give every place at which a term stands, in order."""
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

    def spots(self, leaf: Text, numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Give each place at which one of these documents has what a leaf looks for."""
        for row in self._rows(leaf):
            spots = self._standing(row, reach(leaf.field))
            first = np.searchsorted(spots, [number << PLACES for number in numbers])
            last = np.searchsorted(spots, [(number + 1) << PLACES for number in numbers])
            for number, start, end in zip(numbers, first.tolist(), last.tolist(), strict=True):
                yield from ((number, spot & _LAST_PLACE) for spot in spots[start:end].tolist())

    def near(self, word: str) -> list[str]:
        """Give the terms that are spelled nearly as a word."""
        return sorted({term for segment in self._segments for term in segment.near(word)}) if word else []

    def having(self, term: str) -> Numbers:
        """Give the documents that have a term."""
        return self._weights(term)[0]

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
        spelled = nothing(self._count)
        for term in dict.fromkeys((*roots, *words)):
            put(spelled, *self._scored(term))
        if len(roots) == 1 and field is None:
            return spelled  # a document that has a word has its stem
        return within(spelled, self._mask(_documents(self._standing(roots, reach(field)))))

    def _best(self, terms: dict[str, float], field: str | None) -> Found:
        """Find any of some terms; of several spellings of a word in a document, the best one counts."""
        found = nothing(self._count)
        for term, factor in terms.items():
            numbers, scores = self._scored(term)
            if field is not None:
                inside = self._mask(_documents(self._standing([term], reach(field))))[numbers]
                numbers, scores = numbers[inside], scores[inside]
            put_best(found, numbers, factor * scores)
        return found

    def _mask(self, numbers: Numbers) -> Mask:
        mask = np.zeros(self._count, np.bool_)
        mask[numbers] = True
        return mask

    def _standing(self, row: Sequence[str], where: range) -> Spots:
        """Give the spots of a field where terms stand in a row, in order."""
        found = self._spots(row[0])
        for step, term in enumerate(row[1:], 1):
            found = found[_among(found + step, self._spots(term))]
        places = found & _LAST_PLACE
        return found[(places >= where.start) & (places < where.stop)]

    def _scored(self, term: str) -> tuple[Numbers, Scores]:
        numbers, weights = self._weights(term)
        return numbers, rarity(self._count, len(numbers)) * weights

    def _weights(self, term: str) -> tuple[Numbers, Scores]:
        self._refuse_late()
        parts = [segment.weights(term) for segment in self._segments]
        if len(parts) == 1:
            return parts[0]
        numbers, weights = zip(*parts, strict=True) if parts else ((), ())
        return np.concatenate([np.empty(0, np.intp), *numbers]), np.concatenate([np.empty(0), *weights])

    def _spots(self, term: str) -> Spots:
        """Give every place at which a term stands, each with the number of its document, in order."""
        self._refuse_late()
        parts = [segment.spots(term) for segment in self._segments]
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.int64), *parts])

    def _refuse_late(self) -> None:
        if time.monotonic() > self._deadline:
            raise SearchError("the query takes too long", code="query_too_slow", hint="use fewer or longer prefixes")


def _among(wanted: Spots, known: Spots) -> Mask:
    """Tell which of the wanted spots are known; both are in order."""
    if not known.size:
        return np.zeros(wanted.shape, np.bool_)
    return np.equal(known[np.minimum(np.searchsorted(known, wanted), known.size - 1)], wanted)


def _documents(spots: Spots) -> Numbers:
    return (spots >> PLACES).astype(np.intp)
