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
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nlargest, nsmallest
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # invalid escapes in Whoosh, reported where no compiled files are
    import whoosh
    import whoosh.codec.whoosh3  # else imported, with its warning, by the first writer
    from whoosh import fields, formats, reading
    from whoosh.filedb.filestore import FileStorage
    from whoosh.matching import ListMatcher

from model_registry.domain.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Word
from model_registry.domain.search import (
    FUZZY_WEIGHT,
    Document,
    Hit,
    IndexUnavailable,
    Posting,
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
    writer = index.writer(limitmb=_WRITER_MB)
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
        self._deleted = {
            offset + number
            for leaf, offset in self._reader.leaf_readers()
            if leaf.has_deletions()
            for number in leaf.segment().deleted_docs()
        }

    def search(self, query: Query, limit: int | None, *, seconds: float) -> list[Hit]:
        """Give the best hits first, ties by id; SearchError when it takes longer than that."""
        scores = _Search(self._reader, time.monotonic() + seconds).find(query)
        best = list(scores.keys() - self._deleted)
        if limit is not None and 0 < limit < len(best):
            least = nlargest(limit, (scores[number] for number in best))[-1]
            best = [number for number in best if scores[number] >= least]
        ranked = sorted((-scores[number], self._ids[number]) for number in best)
        return [Hit(id_, -score) for score, id_ in ranked[:limit]]


class _Ids(dict[int, str]):
    """The ids of documents by number, each read from the disk once."""

    def __init__(self, reader: Any) -> None:
        super().__init__()
        self._column = reader.column_reader("id") if reader.doc_count_all() else {}

    def __missing__(self, number: int) -> str:
        return self.setdefault(number, self._column[number])


class _Search:
    """One search: sets of document numbers with their scores, joined as the query says."""

    def __init__(self, reader: Any, deadline: float) -> None:
        self._reader = reader
        self._leaves = [(leaf, offset) for leaf, offset in reader.leaf_readers()]
        self._deadline = deadline
        self._read: dict[str, list[_Block]] = {}

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
            case _:
                return self._leaf(query)

    def _all(self, parts: tuple[Query, ...]) -> dict[int, float]:
        wanted = [self.find(part) for part in parts if not isinstance(part, Not)]
        if not wanted:
            wanted = [dict.fromkeys(range(self._reader.doc_count_all()), 0.0)]
        common = set(wanted[0]).intersection(*wanted[1:])
        for part in parts:
            if isinstance(part, Not):
                common.difference_update(self.find(part.part))
        return {number: sum(scores[number] for scores in wanted) for number in common}

    def _leaf(self, leaf: Word | Phrase | Prefix | Fuzzy) -> dict[int, float]:
        where = leaf.field
        match leaf:
            case Word(text):
                return _sums(self._row(words, where) for words in readings(text))
            case Phrase(words):
                return _sums(self._row(row, where) for row in readings(" ".join(words))[:1])
            case Prefix(text):
                shortest = nsmallest(_MOST_EXPANDED, self._beginning(joined(text)), key=lambda term: (len(term), term))
                return _best(self._term(term, where) for term in shortest)
            case Fuzzy(text):
                word = joined(text)
                near = [term for term in self._beginning(word[:1]) if is_near(word, term)]
                return _best(self._term(term, where, 1.0 if term == word else FUZZY_WEIGHT) for term in near)

    def _row(self, words: tuple[str, ...], field: str | None) -> dict[int, float]:
        """Find where words stand in a row, in any form; the very spelling counts once more."""
        roots = [stem(word) for word in words]
        spelled = _sums(self._scores(term) for term in dict.fromkeys((*roots, *words)))
        if len(roots) == 1 and field is None:
            return spelled  # a document that has a word has its stem
        found = self._standing(self._weights(roots[0]), roots, reach(field))
        return {number: spelled[number] for number in found}

    def _standing(self, numbers: Iterable[int], roots: list[str], where: range) -> set[int]:
        places = [self._places(root) for root in roots]
        common = set(numbers).intersection(*places)
        return {number for number in common if _in_a_row([place[number] for place in places], where)}

    def _term(self, term: str, field: str | None, factor: float = 1.0) -> dict[int, float]:
        scores = self._scores(term)
        kept = self._standing(scores, [term], reach(field)) if field else scores
        return {number: factor * scores[number] for number in kept}

    def _scores(self, term: str) -> dict[int, float]:
        weights = self._weights(term)
        told = rarity(self._reader.doc_count_all(), len(weights))
        return {number: told * weight for number, weight in weights.items()}

    def _weights(self, term: str) -> dict[int, float]:
        pairs = (zip(block.numbers, block.weights, strict=True) for block in self._blocks(term))
        return dict(chain.from_iterable(pairs))

    def _places(self, term: str) -> dict[int, bytes]:
        pairs = (zip(block.numbers, block.values, strict=True) for block in self._blocks(term))
        return dict(chain.from_iterable(pairs))

    def _blocks(self, term: str) -> list[_Block]:
        if time.monotonic() > self._deadline:
            raise SearchError("the query takes too long", code="query_too_slow", hint="use fewer or longer prefixes")
        if term not in self._read:
            leaves = ((leaf, offset) for leaf, offset in self._leaves if ("text", term) in leaf)
            self._read[term] = [block for leaf, offset in leaves for block in _blocks(leaf, offset, term)]
        return self._read[term]

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


def _in_a_row(values: list[bytes], where: range) -> bool:
    first, *others = (array("I", value) for value in values)
    return any(at in where and all(at + step in later for step, later in enumerate(others, 1)) for at in first)


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
