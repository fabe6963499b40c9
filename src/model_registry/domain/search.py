"""What is searched and what a search gives; where the words of a document stand, and what they weigh there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from math import log1p
from typing import NamedTuple

from model_registry.domain.events import Position as Position
from model_registry.domain.words import Token, stem, tokens
from model_registry.errors import SearchError


@dataclass(frozen=True, slots=True)
class Document:
    """A model as the search engine sees it: the words of its newest version, by where they stand.

    `comment` holds what the text says of its variables and parameters, `inside` what else is known of the model: its
    kinds, its section, extra metadata.
    """

    id: str
    name: str
    description: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    ontology: tuple[str, ...] = ()
    comment: str = ""
    equation: str = ""
    inside: str = ""


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
    _Field("tag", 1.5, lambda document: document.tags),
    _Field("description", 0.8, lambda document: (document.description,)),
    _Field("author", 0.8, lambda document: (document.author,)),
    _Field("id", 0.5, lambda document: (document.id,)),
    _Field("variable", 0.4, lambda document: document.variables),
    _Field("ontology", 0.4, lambda document: document.ontology),
    _Field("comment", 0.2, lambda document: (document.comment,)),
    _Field("equation", 0.2, lambda document: (document.equation,)),
    _Field("inside", 0.2, lambda document: (document.inside,)),
)
_NAMES = tuple(field.name for field in _FIELDS)
_ROOM = 1 << 20  # positions per field, so that a position tells its field
_STEM_WEIGHT = 0.6
_LEAST_TOLD = 0.25  # a common word in a name still tells more than the same word in the text
FUZZY_WEIGHT = 0.2
_SHORT = 40  # characters of a text that is likely to come again
_K1, _LENGTH_MATTERS, _MEAN_LENGTH, _LONGEST = 1.2, 0.25, 150, 1_500


def reach(field: str | None) -> range:
    """Give the positions that belong to a field, or all of them for None."""
    if field is None:
        return range(_ROOM * len(_FIELDS))
    index = _NAMES.index(field)
    first = _NAMES.index("variable") if field == "inside" else index
    return range(_ROOM * first, _ROOM * (index + 1))


def field_of(position: int) -> str:
    """Give the field that a position belongs to."""
    return _NAMES[position // _ROOM]


def postings(document: Document) -> dict[str, Posting]:
    """Give every term of a document; texts of one field stand apart, so that no phrase spans two.

    A weight is the term part of BM25 (Robertson and Zaragoza 2009, with the usual k1), where the mean length is fixed,
    so that a document weighs the same whatever else is indexed; and what the fields tell that have the term, each once:
    a word of the name says more than a word that is often in the text.
    """
    counts: defaultdict[str, float] = defaultdict(float)
    told: defaultdict[str, float] = defaultdict(float)
    positions: defaultdict[str, list[int]] = defaultdict(list)
    length = 0
    for index, field in enumerate(_FIELDS):
        closest: dict[str, float] = {}
        for term, place, closeness in _occurrences(field.texts(document)):
            counts[term] += closeness
            closest[term] = max(closest.get(term, 0.0), closeness)
            positions[term].append(_ROOM * index + place)
            length += 1
        for term, closeness in closest.items():
            told[term] += closeness * field.weight
    norm = _K1 * (1 - _LENGTH_MATTERS + _LENGTH_MATTERS * min(length, _LONGEST) / _MEAN_LENGTH)
    return {
        term: Posting((_K1 + 1) * count / (count + norm) + told[term], tuple(positions[term]))
        for term, count in counts.items()
    }


def likeliest(counts: Mapping[str, int]) -> str:
    """Give the word that most documents have, of terms and how many have them; "" for none.

    Stems are terms as well: where the likeliest term is one, the commonest of the words it stands for is given.
    """
    order = sorted(counts, key=lambda term: (-counts[term], term))
    if not order:
        return ""
    return next((word for word in order if word != order[0] and stem(word) == order[0]), order[0])


def rarity(documents: int, having: int) -> float:
    """Give what a term that this many documents have tells: the idf of BM25, and a little for words that all have."""
    return _LEAST_TOLD + log1p((documents - having + 0.5) / (having + 0.5))


def _occurrences(texts: tuple[str, ...]) -> Iterator[tuple[str, int, float]]:
    """Give every term of a field with its place there, and how close it is to the word that stands there."""
    for place, word in takewhile(_has_room, _words(texts)):
        yield word, place, 1.0
        root = stem(word)
        if root != word:
            yield root, place, _STEM_WEIGHT


def _has_room(word: tuple[int, str]) -> bool:
    return word[0] < _ROOM


def _words(texts: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    start = 0
    for text in texts:
        last = start
        for token in _short_tokens(text) if len(text) <= _SHORT else tokens(text):
            last = start + token.position
            yield last, token.word
        start = last + 2


@lru_cache(maxsize=4_096)
def _short_tokens(text: str) -> tuple[Token, ...]:
    """Give the words of the name of a variable, an author and the like, which many documents share."""
    return tuple(tokens(text))
