"""The only file that knows Whoosh: one folder of postings, written and read.

Whoosh keeps the terms, the postings, the segments and their merging; what a query means is decided here, because the
registry wants every hit (to filter and count them), and Whoosh's own matchers take several times as long for that.
Importing it takes a tenth of a second, so the index imports this file when it is first used.
"""

from __future__ import annotations

import time
import warnings
import weakref
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from heapq import nsmallest
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # invalid escapes in Whoosh, reported where no compiled files are
    import whoosh
    from whoosh import fields, formats, reading
    from whoosh.codec.whoosh3 import W3Codec  # else imported, with its warning, by the first writer
    from whoosh.filedb.filestore import FileStorage
    from whoosh.matching import ListMatcher

from model_registry.domain.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Text, Where, Word
from model_registry.domain.query_parser import leaves
from model_registry.domain.search import (
    FUZZY_WEIGHT,
    Document,
    IndexUnavailable,
    Posting,
    field_of,
    likeliest,
    postings,
    rarity,
    reach,
)
from model_registry.domain.words import is_near, joined, readings, stem
from model_registry.errors import SearchError

if whoosh.__version__ != (2, 7, 4):
    raise IndexUnavailable(
        f"full-text search needs Whoosh 2.7.4, found {'.'.join(map(str, whoosh.__version__))}",
        hint="pip install --force-reinstall Whoosh==2.7.4, and uninstall its forks: they share the folder `whoosh`",
    )

_MOST_EXPANDED = 512  # terms of one prefix or fuzzy word
_MOST_SEGMENTS = 12
_MOST_MERGED = 250  # documents rewritten by one commit; more once segments pile up all the same
_WRITER_MB = 32
_KEPT_POSTINGS = 200_000  # of the terms that queries asked for, until there are more of them
_BLOCK = 2_048  # postings that lie together; common words are read half as fast in the 128 of Whoosh

Spots = npt.NDArray[np.int64]
"""Places in documents: the number of the document above `_PLACES` bits, the position below."""

_PLACES, _LAST_PLACE, _POSITION_BYTES = 32, (1 << 32) - 1, 4


class _Weighted(formats.Format):  # type: ignore[misc]  # Whoosh has no types
    """Postings as the domain weighs them: the weight, and as value the positions in four bytes each."""

    posting_size = -1  # values differ in length

    def word_values(
        self, value: tuple[tuple[str, Posting], ...], analyzer: None, **_: Any
    ) -> Iterator[tuple[Any, ...]]:
        for term, (weight, positions) in value:
            yield term, len(positions), weight, array("I", positions).tobytes()


def _schema() -> Any:
    text = fields.FieldType(format=_Weighted(), analyzer=None, scorable=True)  # else Whoosh looks for lengths in vain
    return fields.Schema(id=fields.ID(unique=True, sortable=True), text=text)


def _storage(folder: Path) -> Any:
    return FileStorage(str(folder), supports_mmap=False)  # mapped files take 30 ms and 100 MB more to open


def create(folder: Path) -> None:
    """Make an empty index in a folder."""
    _storage(folder).create_index(_schema())


def write(
    folder: Path, documents: Iterable[Document], removed: Iterable[str], before_commit: Callable[[int], None]
) -> int:
    """Replace documents and drop ids in one commit and give its number, which `before_commit` is told before."""
    index = _storage(folder).open_index(schema=_schema())
    writer = index.writer(limitmb=_WRITER_MB, codec=W3Codec(blocklimit=_BLOCK, compression=1))
    try:
        newest = {document.id: document for document in documents}
        _delete(index, writer, {*newest, *removed})
        for document in newest.values():
            writer.add_document(id=document.id, text=tuple(postings(document).items()))
        before_commit(writer.generation)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(mergetype=_merge)
    return int(writer.generation)


def _delete(index: Any, writer: Any, ids: set[str]) -> None:
    with index.reader() as reader:
        for id_ in ids:
            if ("id", id_) in reader:
                for number in reader.postings("id", id_).all_ids():
                    writer.delete_document(number)


def _merge(writer: Any, segments: list[Any]) -> list[Any]:
    """Keep searches fast without a commit ever taking long: join the smallest segments once there are many."""
    if len(segments) < _MOST_SEGMENTS:
        return segments
    kept, room = [], _MOST_MERGED * (len(segments) // _MOST_SEGMENTS) ** 2
    for segment in sorted(segments, key=lambda each: each.doc_count()):
        room -= segment.doc_count()
        if room < 0:
            kept.append(segment)
            continue
        reader = reading.SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return kept


class Engine:
    """One commit of an index, open for reading by one thread."""

    def __init__(self, folder: Path) -> None:
        self._reader = _storage(folder).open_index(schema=_schema()).reader()
        weakref.finalize(self, self._reader.close)  # with the thread that held it
        self._ids = _Ids(self._reader)
        self._postings = _Postings(self._reader)
        self._deleted = {
            offset + number
            for leaf, offset in self._reader.leaf_readers()
            if leaf.has_deletions()
            for number in leaf.segment().deleted_docs()
        }

    def search(self, query: Query, *, seconds: float) -> dict[str, float]:
        """Give every model that fits, and how well; SearchError when it takes longer than that."""
        scores = _Search(self._reader, self._postings, time.monotonic() + seconds).find(query)
        for number in self._deleted.intersection(scores):
            del scores[number]
        return dict(zip(map(self._ids.__getitem__, scores), scores.values(), strict=True))

    def fields(self, query: Query, ids: Iterable[str], *, seconds: float) -> dict[str, tuple[str, ...]]:
        """Give the fields in which the wanted words stand, for each of these models."""
        search = _Search(self._reader, self._postings, time.monotonic() + seconds)
        numbers = {number: id_ for id_ in ids for number in self._numbers(id_)}
        found: dict[str, dict[str, None]] = {}
        for leaf in leaves(query):
            for number, at in search.spots(leaf, numbers):
                found.setdefault(numbers[number], {})[field_of(at)] = None
        return {id_: tuple(names) for id_, names in found.items()}

    def spelling(self, word: str, *, seconds: float) -> str:
        """Give the commonest word spelled nearly so; "" when some model has the word itself, or none is near."""
        search = _Search(self._reader, self._postings, time.monotonic() + seconds)
        if search.find(Word(word)).keys() - self._deleted:
            return ""
        counts = {term: len(search.having(term) - self._deleted) for term in search.near(joined(word))}
        return likeliest({term: count for term, count in counts.items() if count})

    def _numbers(self, id_: str) -> list[int]:
        if id_ in self._ids.numbers:
            return [self._ids.numbers[id_]]
        if ("id", id_) not in self._reader:
            return []
        return [number for number in self._reader.postings("id", id_).all_ids() if number not in self._deleted]


class _Ids(dict[int, str]):
    """The ids of living documents by number, each read from the disk once; `numbers` holds the way back."""

    def __init__(self, reader: Any) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}
        self._column = reader.column_reader("id") if reader.doc_count_all() else {}

    def __missing__(self, number: int) -> str:
        id_ = self.setdefault(number, self._column[number])
        self.numbers[id_] = number
        return id_


class _Postings(dict[str, "list[_Block]"]):
    """The postings of terms, each read from the disk once, as long as there is room for them."""

    def __init__(self, reader: Any) -> None:
        super().__init__()
        self._leaves = [(leaf, offset) for leaf, offset in reader.leaf_readers()]
        self._room = _KEPT_POSTINGS

    def __missing__(self, term: str) -> list[_Block]:
        leaves = ((leaf, offset) for leaf, offset in self._leaves if ("text", term) in leaf)
        blocks = [block for leaf, offset in leaves for block in _blocks(leaf, offset, term)]
        self._room -= sum(len(block.numbers) for block in blocks)
        if self._room < 0:
            self.clear()
            self._room = _KEPT_POSTINGS
        return self.setdefault(term, blocks)


class _Search:
    """One search: sets of document numbers with their scores, joined as the query says."""

    def __init__(self, reader: Any, postings: _Postings, deadline: float) -> None:
        self._reader = reader
        self._leaves = [(leaf, offset) for leaf, offset in reader.leaf_readers()]
        self._postings = postings
        self._deadline = deadline

    def find(self, query: Query) -> dict[int, float]:
        """Give the documents that fit, deleted ones among them, with their scores."""
        match query:
            case Everything():
                return dict.fromkeys(range(self._reader.doc_count_all()), 1.0)
            case And(parts):
                return self._all(parts)
            case Or(parts):
                return _sums(self.find(part) for part in parts)
            case Not():
                return self._all((query,))
            case Where():
                raise TypeError(f"no engine knows {query.field}")
            case _:
                return self._leaf(query)

    def spots(self, leaf: Text, numbers: Collection[int]) -> Iterator[tuple[int, int]]:
        """Give each place at which one of these documents has what a leaf looks for."""
        for row in self._rows(leaf):
            spots = self._standing(row, reach(leaf.field))
            for spot in spots[np.isin(spots >> _PLACES, list(numbers))].tolist():
                yield spot >> _PLACES, spot & _LAST_PLACE

    def near(self, word: str) -> list[str]:
        """Give the terms that are spelled nearly as a word."""
        return [term for term in self._beginning(word[:1]) if is_near(word, term)]

    def having(self, term: str) -> Set[int]:
        """Give the documents that have a term, deleted ones among them."""
        return self._weights(term).keys()

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

    def _all(self, parts: tuple[Query, ...]) -> dict[int, float]:
        wanted = [self.find(part) for part in parts if not isinstance(part, Not)]
        if not wanted:
            wanted = [dict.fromkeys(range(self._reader.doc_count_all()), 0.0)]
        common = set(wanted[0]).intersection(*wanted[1:])
        for part in parts:
            if isinstance(part, Not):
                common.difference_update(self.find(part.part))
        return {number: sum(scores[number] for scores in wanted) for number in common}

    def _leaf(self, leaf: Text) -> dict[int, float]:
        where = leaf.field
        match leaf:
            case Word(text):
                return _sums(self._row(words, where) for words in readings(text))
            case Phrase(words):
                return _sums(self._row(row, where) for row in readings(" ".join(words))[:1])
            case Prefix(text):
                return _best(self._term(term, where) for term in self._shortest(joined(text)))
            case Fuzzy(text):
                word = joined(text)
                return _best(self._term(term, where, 1.0 if term == word else FUZZY_WEIGHT) for term in self.near(word))

    def _shortest(self, start: str) -> list[str]:
        return nsmallest(_MOST_EXPANDED, self._beginning(start), key=lambda term: (len(term), term))

    def _row(self, words: tuple[str, ...], field: str | None) -> dict[int, float]:
        """Find where words stand in a row, in any form; the very spelling counts once more."""
        roots = [stem(word) for word in words]
        spelled = _sums(self._scores(term) for term in dict.fromkeys((*roots, *words)))
        if len(roots) == 1 and field is None:
            return spelled  # a document that has a word has its stem
        return {number: spelled[number] for number in _documents(self._standing(roots, reach(field)))}

    def _standing(self, row: Sequence[str], where: range) -> Spots:
        """Give the spots of a field where terms stand in a row."""
        found = self._spots(row[0])
        for step, term in enumerate(row[1:], 1):
            found = found[_among(found + step, self._spots(term))]
        places = found & _LAST_PLACE
        return found[(places >= where.start) & (places < where.stop)]

    def _term(self, term: str, field: str | None, factor: float = 1.0) -> dict[int, float]:
        scores = self._scores(term)
        kept = _documents(self._standing([term], reach(field))) if field else scores
        return {number: factor * scores[number] for number in kept}

    def _scores(self, term: str) -> dict[int, float]:
        weights = self._weights(term)
        told = rarity(self._reader.doc_count_all(), len(weights))
        return {number: told * weight for number, weight in weights.items()}

    def _weights(self, term: str) -> dict[int, float]:
        pairs = (zip(block.numbers, block.weights, strict=True) for block in self._blocks(term))
        return dict(chain.from_iterable(pairs))

    def _spots(self, term: str) -> Spots:
        """Give every place at which a term stands, each with the number of its document."""
        spots = [_spotted(block) for block in self._blocks(term)]
        return np.concatenate(spots) if spots else np.empty(0, np.int64)

    def _blocks(self, term: str) -> list[_Block]:
        if time.monotonic() > self._deadline:
            raise SearchError("the query takes too long", code="query_too_slow", hint="use fewer or longer prefixes")
        return self._postings[term]

    def _beginning(self, start: str) -> set[str]:
        if not start:
            return set()
        return {term.decode() for leaf, _ in self._leaves for term in leaf.expand_prefix("text", start)}


class _Block(NamedTuple):
    """Postings of a term as they lie on disk."""

    numbers: Sequence[int]
    weights: Sequence[float]
    values: Sequence[bytes]


def _blocks(leaf: Any, offset: int, term: str) -> Iterator[_Block]:
    """Read the postings of a term block by block, deleted documents among them; five times as fast as one by one.

    It reads private attributes, which the pinned version allows: `_ids`, `_weights` and `_values` are filled on demand.
    """
    matcher = leaf.postings("text", term)
    matcher = getattr(matcher, "child", matcher)  # of the filter that hides deleted documents
    matcher.reset()
    while matcher.is_active():
        matcher.id(), matcher.weight(), matcher.value()
        yield _Block([offset + number for number in matcher._ids], matcher._weights, matcher._values)
        if isinstance(matcher, ListMatcher):
            return
        matcher._next_block()


def _spotted(block: _Block) -> Spots:
    places = np.frombuffer(b"".join(block.values), np.uint32).astype(np.int64)
    counts = [len(value) // _POSITION_BYTES for value in block.values]
    return (np.repeat(np.array(block.numbers, np.int64), counts) << _PLACES) | places


def _among(wanted: Spots, known: Spots) -> npt.NDArray[np.bool_]:
    """Tell which of the wanted spots are known; both are in order."""
    if not known.size:
        return np.zeros(wanted.shape, np.bool_)
    return np.equal(known[np.minimum(np.searchsorted(known, wanted), known.size - 1)], wanted)


def _documents(spots: Spots) -> set[int]:
    return set((spots >> _PLACES).tolist())


def _sums(parts: Iterable[dict[int, float]]) -> dict[int, float]:
    total: dict[int, float] = {}
    for part in parts:
        if not total:
            total = dict(part)
            continue
        for number, score in part.items():
            total[number] = total.get(number, 0.0) + score
    return total


def _best(parts: Iterable[dict[int, float]]) -> dict[int, float]:
    """Give each document the best of its scores: of several spellings of a word, one counts."""
    best: dict[int, float] = {}
    for part in parts:
        for number, score in part.items():
            if score > best.get(number, -1.0):
                best[number] = score
    return best
