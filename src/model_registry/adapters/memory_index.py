"""The plain search engine: reads every document for every query. It says what the others must find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from model_registry.domain.found import Found, Numbering, Numbers, nothing
from model_registry.domain.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Text, Where, Word
from model_registry.domain.query_parser import leaves
from model_registry.domain.search import (
    FUZZY_WEIGHT,
    Document,
    Position,
    Posting,
    field_of,
    likeliest,
    postings,
    rarity,
    reach,
)
from model_registry.domain.words import is_near, joined, readings, stem

_Entry = dict[str, Posting]


class MemoryIndex:
    """Finds models by words with nothing on disk; its position is gone with the process."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._position: Position | None = None

    def position(self) -> Position | None:
        """Give the place in the log this index has read up to; None before the first update."""
        return self._position

    def is_empty(self) -> bool:
        """Tell whether nothing was ever written to this index."""
        return self.position() is None

    def update(self, documents: Iterable[Document], removed: Iterable[str], position: Position) -> None:
        """Replace these documents, drop the removed ids; nothing happens if the index has read as far already."""
        if self._position and self._position.log_id == position.log_id and self._position.seq >= position.seq:
            return
        dropped = dict.fromkeys(removed)
        kept = {id_: entry for id_, entry in self._entries.items() if id_ not in dropped}
        self._entries = kept | {document.id: postings(document) for document in documents}
        self._position = position

    def rebuild(self, documents: Iterable[Document], position: Position) -> None:
        """Start over from these documents, which are all there are."""
        self._entries = {document.id: postings(document) for document in documents}
        self._position = position

    def tidy(self) -> bool:
        """Do nothing: updates leave nothing to be put in order."""
        return False

    def search(self, query: Query, models: Numbering) -> Found:
        """Give every model that fits and has a number, and how well (comparable within one answer only)."""
        rarities = _rarities(self._entries.values())
        found = nothing(models.count)
        for number, entry in self._numbered(models):
            score = _score(query, entry, rarities)
            if score is not None:
                found.mask[number], found.scores[number] = True, score
        return found

    def fields(self, query: Query, models: Numbering, numbers: Numbers) -> dict[int, tuple[str, ...]]:
        """Give the fields in which the wanted words stand, for each of the models of these numbers."""
        wanted = set(numbers.tolist())
        found = {number: _fields(query, entry) for number, entry in self._numbered(models) if number in wanted}
        return {number: names for number, names in found.items() if names}

    def spelling(self, word: str) -> str:
        """Give the commonest word spelled nearly so; "" when some model has the word itself, or none is near."""
        if any(_score(Word(word), entry, Counter()) is not None for entry in self._entries.values()):
            return ""
        wanted = joined(word)
        return likeliest(Counter(term for entry in self._entries.values() for term in entry if is_near(wanted, term)))

    def _numbered(self, models: Numbering) -> Iterator[tuple[int, _Entry]]:
        numbered = zip(models.numbers(self._entries).tolist(), self._entries.values(), strict=True)
        return ((number, entry) for number, entry in numbered if number >= 0)


def _rarities(entries: Collection[_Entry]) -> dict[str, float]:
    having = Counter(term for entry in entries for term in entry)
    return {term: rarity(len(entries), count) for term, count in having.items()}


def _score(query: Query, entry: _Entry, rarities: Mapping[str, float]) -> float | None:
    """Give how well an entry fits, None if it does not."""
    match query:
        case Everything():
            return 1.0
        case And(parts):
            scores = [_score(part, entry, rarities) for part in parts]
            return None if None in scores else sum(filter(None, scores))
        case Or(parts):
            found = [score for part in parts if (score := _score(part, entry, rarities)) is not None]
            return sum(found) if found else None
        case Not(part):
            return 0.0 if _score(part, entry, rarities) is None else None
        case Where():
            raise TypeError(f"no engine knows {query.field}")
        case _:
            found = [weight * rarities[term] for term, weight in _fit(query, entry)]
            total = max if isinstance(query, Prefix | Fuzzy) else sum  # of several spellings the best one counts
            return total(found) if found else None


def _fields(query: Query, entry: _Entry) -> tuple[str, ...]:
    rows = ((leaf, row) for leaf in leaves(query) for row in _rows(leaf, entry))
    return tuple(dict.fromkeys(field_of(at) for leaf, row in rows for at in _starts(row, entry, leaf)))


def _fit(leaf: Text, entry: _Entry) -> Iterator[tuple[str, float]]:
    """Give the terms that make an entry fit, with the weight of each; the very spelling of a word counts once more."""
    for row in _rows(leaf, entry):
        if any(True for _ in _starts(row, entry, leaf)):
            for term in {*_roots(row, leaf), *row}:
                if term in entry:
                    yield term, entry[term].weight * _closeness(leaf, term)


def _rows(leaf: Text, entry: _Entry) -> Iterator[tuple[str, ...]]:
    """Give the rows of terms that a leaf may stand for in an entry."""
    match leaf:
        case Word(text):
            yield from readings(text)
        case Phrase(words):
            yield from readings(" ".join(words))[:1]
        case Prefix(text):
            start = joined(text)
            yield from ((term,) for term in entry if start and term.startswith(start))
        case Fuzzy(text):
            yield from ((term,) for term in entry if is_near(joined(text), term))


def _roots(row: tuple[str, ...], leaf: Text) -> tuple[str, ...]:
    return row if isinstance(leaf, Prefix | Fuzzy) else tuple(map(stem, row))


def _closeness(leaf: Text, term: str) -> float:
    return FUZZY_WEIGHT if isinstance(leaf, Fuzzy) and term != joined(leaf.text) else 1.0


def _starts(row: tuple[str, ...], entry: _Entry, leaf: Text) -> Iterator[int]:
    """Give the places in the field where the words stand in a row, in any form."""
    where = reach(leaf.field)
    places = [entry[root].positions if root in entry else () for root in _roots(row, leaf)]
    for at in places[0]:
        if at in where and all(at + step in later for step, later in enumerate(places)):
            yield at
