"""What is searched and what a search gives; where the words of a document stand, and what they weigh there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from math import log1p
from typing import NamedTuple

from model_registry.domain.events import Position as Position
from model_registry.domain.words import stem, tokens
from model_registry.errors import SearchError


@dataclass(frozen=True, slots=True)
class Document:
    """A model as the search engine sees it: the words of its newest version, by where they stand.

    `inside` holds what the model declares beyond the names of its variables and its ontology terms: their
    descriptions, kinds, equations.
    """

    id: str
    name: str
    description: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    ontology: tuple[str, ...] = ()
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A model found, and how well it fits (comparable within one answer only)."""

    id: str
    score: float


class IndexUnavailable(SearchError):  # noqa: N818 - a state of the index, which its callers mend
    """The index cannot answer: missing, damaged, busy or not ours. The registry rebuilds it or does without."""

    code = "index_unavailable"


class Posting(NamedTuple):
    """How much a document says of a term, and where: the terms of a document are its words and their stems."""

    weight: float
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    weight: float
    texts: Callable[[Document], tuple[str, ...]]


# A word in a name tells more about a model than one in its equations. Fields that `inside:` covers stand together.
_FIELDS = (
    _Field("name", 3.0, lambda document: (document.name,)),
    _Field("tag", 2.0, lambda document: document.tags),
    _Field("description", 1.0, lambda document: (document.description,)),
    _Field("author", 1.0, lambda document: (document.author,)),
    _Field("id", 1.0, lambda document: (document.id,)),
    _Field("variable", 0.6, lambda document: document.variables),
    _Field("ontology", 0.6, lambda document: document.ontology),
    _Field("inside", 0.6, lambda document: (document.inside,)),
)
_ROOM = 1 << 20  # positions per field, so that a position tells its field
_STEM_WEIGHT = 0.6
FUZZY_WEIGHT = 0.2
_K1, _LENGTH_MATTERS, _MEAN_LENGTH, _LONGEST = 1.2, 0.25, 150, 1_500


def reach(field: str | None) -> range:
    """Give the positions that belong to a field, or all of them for None."""
    if field is None:
        return range(_ROOM * len(_FIELDS))
    index = [each.name for each in _FIELDS].index(field)
    first = index - 2 if field == "inside" else index
    return range(_ROOM * first, _ROOM * (index + 1))


def postings(document: Document) -> dict[str, Posting]:
    """Give every term of a document; texts of one field stand apart, so that no phrase spans two.

    Weights are the term part of BM25 (Robertson and Zaragoza 2009, with the usual k1), where a count is a sum over
    places and the mean length is fixed, so that a document weighs the same whatever else is indexed.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    positions: defaultdict[str, list[int]] = defaultdict(list)
    length = 0
    for term, position, weight in _occurrences(document):
        weights[term] += weight
        positions[term].append(position)
        length += 1
    norm = _K1 * (1 - _LENGTH_MATTERS + _LENGTH_MATTERS * min(length, _LONGEST) / _MEAN_LENGTH)
    return {
        term: Posting((_K1 + 1) * weight / (weight + norm), tuple(positions[term])) for term, weight in weights.items()
    }


def rarity(documents: int, having: int) -> float:
    """Give what a term that this many documents have tells (the idf of BM25, never negative)."""
    return log1p((documents - having + 0.5) / (having + 0.5))


def _occurrences(document: Document) -> Iterator[tuple[str, int, float]]:
    for index, field in enumerate(_FIELDS):
        for place, word in takewhile(_has_room, _words(field.texts(document))):
            position = _ROOM * index + place
            yield word, position, field.weight
            root = stem(word)
            if root != word:
                yield root, position, field.weight * _STEM_WEIGHT


def _has_room(word: tuple[int, str]) -> bool:
    return word[0] < _ROOM


def _words(texts: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    start = 0
    for text in texts:
        last = start
        for token in tokens(text):
            last = start + token.position
            yield last, token.word
        start = last + 2
