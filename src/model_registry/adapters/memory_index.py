"""The plain search engine: reads every document for every query. It says what the others must find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from model_registry.domain.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Word
from model_registry.domain.search import FUZZY_WEIGHT, Document, Hit, Position, Posting, postings, rarity, reach
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

    def search(self, query: Query, limit: int | None = None) -> list[Hit]:
        """Give the best hits first, ties by id; every hit when there is no limit."""
        rarities = _rarities(self._entries.values())
        scores = {id_: _score(query, entry, rarities) for id_, entry in self._entries.items()}
        hits = [Hit(id_, score) for id_, score in scores.items() if score is not None]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]


def _rarities(entries: Collection[_Entry]) -> dict[str, float]:
    having = Counter(term for entry in entries for term in entry)
    return {term: rarity(len(entries), count) for term, count in having.items()}


def _score(query: Query, entry: _Entry, rarities: dict[str, float]) -> float | None:
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
        case _:
            found = [weight * rarities[term] for term, weight in _fit(query, entry)]
            total = max if isinstance(query, Prefix | Fuzzy) else sum  # of several spellings the best one counts
            return total(found) if found else None


def _fit(leaf: Word | Phrase | Prefix | Fuzzy, entry: _Entry) -> Iterator[tuple[str, float]]:
    """Give the terms that make an entry fit, with the weight of each."""
    where = reach(leaf.field)
    match leaf:
        case Word(text):
            yield from chain.from_iterable(_row(words, entry, where) for words in readings(text))
        case Phrase(words):
            yield from chain.from_iterable(_row(row, entry, where) for row in readings(" ".join(words))[:1])
        case Prefix(text):
            yield from ((term, entry[term].weight) for term in _beginning(joined(text), entry, where))
        case Fuzzy(text):
            yield from _near(joined(text), entry, where)


def _beginning(start: str, entry: _Entry, where: range) -> Iterator[str]:
    """Give the terms that begin so (none begins with nothing) and stand in the field."""
    for term, posting in entry.items():
        if start and term.startswith(start) and any(position in where for position in posting.positions):
            yield term


def _near(word: str, entry: _Entry, where: range) -> Iterator[tuple[str, float]]:
    for term in _beginning(word[:1], entry, where):
        if is_near(word, term):
            yield term, entry[term].weight * (1.0 if term == word else FUZZY_WEIGHT)


def _row(words: tuple[str, ...], entry: _Entry, where: range) -> Iterator[tuple[str, float]]:
    """Give the words if they stand in a row somewhere, in any form; the very spelling counts once more."""
    roots = [stem(word) for word in words]
    places = [set(entry[root].positions if root in entry else ()) for root in roots]
    if any(at in where and all(at + step in later for step, later in enumerate(places)) for at in places[0]):
        yield from ((term, entry[term].weight) for term in {*roots, *words} if term in entry)
