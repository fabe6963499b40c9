"""The only file that knows Whoosh: one folder of postings, written and read.

Whoosh keeps the terms, the postings, the segments and their merging; what a query finds in them is worked out by
`postings_search`, because the registry wants every hit (to filter and count them), and Whoosh's own matchers take
several times as long for that. Importing it takes a tenth of a second, so the index imports this file when it is first
used.
"""

from __future__ import annotations

import threading
import time
import warnings
import weakref
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # invalid escapes in Whoosh, reported where no compiled files are
    import whoosh
    from whoosh import fields, formats, reading, writing
    from whoosh.codec.whoosh3 import W3Codec  # else imported, with its warning, by the first writer
    from whoosh.filedb.filestore import FileStorage
    from whoosh.matching import ListMatcher

from model_registry.adapters.postings_pool import Postings, PostingsPool
from model_registry.adapters.postings_search import PostingsSearch, Standing
from model_registry.domain.found import Found, Mask, Numbering, Numbers, Part, nothing, put
from model_registry.domain.lexicon import Lexicon
from model_registry.domain.query import Query, Word
from model_registry.domain.query_parser import leaves
from model_registry.domain.search import (
    Document,
    IndexUnavailable,
    Posting,
    field_of,
    likeliest,
    postings,
)
from model_registry.domain.words import joined

if whoosh.__version__ != (2, 7, 4):
    raise IndexUnavailable(
        f"full-text search needs Whoosh 2.7.4, found {'.'.join(map(str, whoosh.__version__))}",
        hint="pip install --force-reinstall Whoosh==2.7.4, and uninstall its forks: they share the folder `whoosh`",
    )

_MOST_SEGMENTS = 12  # left by those who write and go away
_MOST_MERGED = 250  # documents rewritten by one commit; more once segments pile up all the same
_FEW_SEGMENTS = 3  # left by who stays and has time
_MOST_TIDIED = 1_000  # documents rewritten by one commit of theirs, within half a second
_WRITER_BYTES = 32_000_000
_KEPT_BYTES = 16_000_000  # of what queries had read, the least used given up first
_WORD_BYTES = 100  # that a word of a lexicon takes, about
_POSITION_BYTES = 4
_NUMBER_BYTES = 4
_NOBODY = np.empty(0, np.int32)
_BLOCK = 2_048  # postings that lie together; common words are read half as fast in the 128 of Whoosh

T = TypeVar("T")


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


Join = Callable[[Any, list[Any]], list[Any]]
"""What a commit does of the segments it finds: joins some by its writer, and gives the others."""


def write(
    folder: Path,
    documents: Iterable[Document],
    removed: Iterable[str],
    before_commit: Callable[[int], None],
    *,
    join: Join | None = None,
) -> int:
    """Drop ids and add documents, each of another id, in one commit, and give its number.

    `before_commit` is told that number before. Documents are taken one by one: there may be many.
    """
    index = _storage(folder).open_index(schema=_schema())
    writer = _Writer(index)
    try:
        _delete(index, writer, removed)
        for document in documents:
            writer.add_document(id=document.id, text=tuple(postings(document).items()))
        before_commit(writer.generation)
    except BaseException:
        writer.cancel()
        raise
    writer.commit(mergetype=join or _join_some)
    return int(writer.generation)


class _Writer(writing.SegmentWriter):  # type: ignore[misc]  # Whoosh has no types
    """Whoosh's writer, but for the postings: sorted by term rather than one by one, and written by the block.

    That takes a third of the time, and the pinned version allows to call what Whoosh keeps private. Lengths of fields
    are left out of the postings: they serve its own scores.
    """

    def __init__(self, index: Any) -> None:
        super().__init__(index, codec=W3Codec(blocklimit=_BLOCK, compression=1))
        self.pool = PostingsPool(Path(self.storage.folder), _WRITER_BYTES)

    def _flush_segment(self) -> None:
        self.perdocwriter.close()
        for name, terms in groupby(self.pool.terms(), key=lambda each: each[0][0]):
            self.fieldwriter.start_field(name, self.schema[name])
            for (_, term), found in terms:
                self.fieldwriter.start_term(term)
                _fill(self.fieldwriter._postwriter, found)
                self.fieldwriter.finish_term()
            self.fieldwriter.finish_field()
        self.fieldwriter.close()


def _fill(writer: Any, found: Postings) -> None:
    """Hand over the postings of a term by the block; the last one is written as the term is finished."""
    values = found.values
    for start in range(0, len(found), _BLOCK):
        if start:
            writer._write_block()
        block = slice(start, start + _BLOCK)
        writer._ids, writer._weights = found.numbers[block], found.weights[block]
        writer._values, writer._maxweight = values[block], max(writer._weights)


def _delete(index: Any, writer: Any, ids: Iterable[str]) -> None:
    with index.reader() as reader:
        for id_ in ids:
            if ("id", id_) in reader:
                for number in reader.postings("id", id_).all_ids():
                    writer.delete_document(number)


def _join_some(writer: Any, segments: list[Any]) -> list[Any]:
    """Keep searches fast without a commit ever taking long: join the smallest segments once there are many."""
    if len(segments) < _MOST_SEGMENTS:
        return segments
    return _join(writer, segments, _MOST_MERGED * (len(segments) // _MOST_SEGMENTS) ** 2)


def tidier(folder: Path) -> Join | None:
    """Give how to join a bounded piece of what many commits left; None where there is nothing to join."""
    segments = _storage(folder).open_index(schema=_schema())._segments()
    if len(segments) <= _FEW_SEGMENTS or len(_smallest(segments, _MOST_TIDIED)) < 2:
        return None
    return lambda writer, found: _join(writer, found, _MOST_TIDIED)


def _join(writer: Any, segments: list[Any], most: int) -> list[Any]:
    """Join the smallest segments, as many as have that many documents together, and give the others."""
    joined_now = _smallest(segments, most)
    for segment in joined_now:
        reader = reading.SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    return [segment for segment in segments if segment not in joined_now]


def _smallest(segments: list[Any], most: int) -> list[Any]:
    found = []
    for segment in sorted(segments, key=lambda each: each.doc_count()):
        most -= segment.doc_count()
        if most < 0:
            break
        found.append(segment)
    return found


class Kept:
    """What was read from segments, for the commits to come as well: a segment never changes.

    Whoosh reads wrongly where threads share a file, so that one reads at a time, under `guard`; what is kept is never
    written to.
    """

    def __init__(self, room: int = _KEPT_BYTES) -> None:
        self.guard = threading.RLock()
        self._room = room
        self._parts: OrderedDict[object, tuple[Any, int]] = OrderedDict()

    def take(self, key: object, read: Callable[[], T], size: Callable[[T], int]) -> T:
        """Give what is kept under a key, which is read when it is not; `size` tells how many bytes it takes."""
        with self.guard:
            if key in self._parts:
                self._parts.move_to_end(key)
                found: T = self._parts[key][0]
                return found
            found = read()
            self._parts[key] = found, size(found)
            self._room -= self._parts[key][1]
            while self._room < 0 and len(self._parts) > 1:
                self._room += self._parts.popitem(last=False)[1][1]
            return found


class Engine:
    """One commit of an index, open for reading by one process; threads may share it."""

    def __init__(self, folder: Path, kept: Kept) -> None:
        reader = _storage(folder).open_index(schema=_schema()).reader()
        weakref.finalize(self, reader.close)
        self._segments = [_Segment(leaf, offset, kept) for leaf, offset in reader.leaf_readers()]
        self._count = int(reader.doc_count_all())
        self._living = np.ones(self._count, np.bool_)
        for segment in self._segments:
            self._living[segment.deleted] = False

    def search(self, query: Query, models: Numbering, *, seconds: float) -> Found:
        """Give every model that fits and has a number, and how well; SearchError when it takes longer than that."""
        fitting = self._asked(seconds).find(query)
        found = nothing(models.count)
        for segment in self._segments:
            piece = slice(segment.offset, segment.offset + segment.count)
            numbers, documents = segment.numbered(models, fitting.mask[piece] & self._living[piece])
            put(found, numbers, fitting.scores[piece][documents])
        return found

    def fields(
        self, query: Query, models: Numbering, numbers: Numbers, *, seconds: float
    ) -> dict[int, tuple[str, ...]]:
        """Give the fields in which the wanted words stand, for each of the models of these numbers."""
        wanted = np.zeros(models.count + 1, np.bool_)  # the last place is for models that are not here
        wanted[numbers] = True
        told = np.concatenate([_NOBODY, *(segment.places(models) for segment in self._segments)])
        documents = np.flatnonzero(wanted[told] & self._living)
        search, number_of = self._asked(seconds), dict(zip(documents.tolist(), told[documents].tolist(), strict=True))
        found: dict[int, dict[str, None]] = {}
        for leaf in leaves(query):
            for document, at in search.spots(leaf, documents):
                found.setdefault(number_of[document], {})[field_of(at)] = None
        return {number: tuple(names) for number, names in found.items()}

    def spelling(self, word: str, *, seconds: float) -> str:
        """Give the commonest word spelled nearly so; "" when some model has the word itself, or none is near."""
        search = self._asked(seconds)
        if np.any(search.find(Word(word)).mask & self._living):
            return ""
        counts = {term: int(self._living[search.having(term)].sum()) for term in search.near(joined(word))}
        return likeliest({term: count for term, count in counts.items() if count})

    def _asked(self, seconds: float) -> PostingsSearch:
        return PostingsSearch(self._segments, self._count, time.monotonic() + seconds)


class _Segment:
    """A file of postings that never changes; what was deleted of it since is told by `deleted`.

    Documents have the numbers of the commit, which begin at `offset`; what is kept of a segment counts from 0.
    """

    def __init__(self, reader: Any, offset: int, kept: Kept) -> None:
        self._reader = reader
        self._name = reader.segment().segment_id()
        self._kept = kept
        self.offset = offset
        self.count = int(reader.doc_count_all())
        self.deleted = offset + np.array(sorted(reader.segment().deleted_docs()), np.intp)

    def places(self, models: Numbering) -> Numbers:
        """Give the number of the model that each document tells of; -1 where it has none."""
        part = self._take("part", "", Part, lambda _: _NUMBER_BYTES * self.count)
        return models.places(part, self._ids)

    def numbered(self, models: Numbering, inside: Mask) -> tuple[Numbers, Numbers]:
        """Give the numbers of the models that some documents tell of, and those of the documents."""
        documents = np.flatnonzero(inside)
        numbers = self.places(models)[documents]
        known = numbers >= 0
        return numbers[known], documents[known]

    def weights(self, term: str) -> tuple[Numbers, npt.NDArray[np.float32]]:
        """Give the documents that have a term, deleted ones among them, and its weight in each."""
        return self._take(
            "weights", term, lambda: self._read_weights(term), lambda arrays: sum(each.nbytes for each in arrays)
        )

    def standing(self, term: str) -> Standing:
        """Give where a term stands, in deleted documents too."""
        return self._take(
            "standing", term, lambda: self._read_standing(term), lambda arrays: sum(each.nbytes for each in arrays)
        )

    def beginning(self, start: str) -> list[str]:
        """Give the terms that begin so."""
        return self._take("terms", start, lambda: self._read_terms(start), lambda terms: _WORD_BYTES * len(terms))

    def near(self, word: str) -> list[str]:
        """Give the terms that are spelled nearly as a word."""
        start = word[:1]
        lexicon = self._take(
            "lexicon", start, lambda: Lexicon(self._read_terms(start)), lambda each: _WORD_BYTES * len(each)
        )
        return lexicon.near(word)

    def _take(self, kind: str, term: str, read: Callable[[], T], size: Callable[[T], int]) -> T:
        return self._kept.take((self._name, kind, term), read, size)

    def _ids(self) -> list[str]:
        """Give the ids of its documents, deleted ones among them.

        They lie one behind the other in what Whoosh keeps private, and are read at once; one by one takes longer.
        """
        with self._kept.guard:
            column = self._reader.column_reader("id", translate=False)
            ends = [0, *accumulate(column._lengths)]
            text = column._dbfile.get(column._basepos, ends[-1]).decode("ascii")
        return [text[start:end] for start, end in pairwise(ends)]

    def _read_weights(self, term: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        numbers, weights = [np.empty(0, np.int32)], [np.empty(0, np.float32)]
        for matcher in self._blocks(term):
            matcher.id(), matcher.weight()
            numbers.append(np.array(matcher._ids, np.int32))
            weights.append(np.array(matcher._weights, np.float32))
        return np.concatenate(numbers), np.concatenate(weights)

    def _read_standing(self, term: str) -> Standing:
        numbers: list[int] = []
        values: list[bytes] = []
        for matcher in self._blocks(term):
            matcher.id(), matcher.value()
            numbers += matcher._ids
            values += matcher._values
        ends = np.cumsum([0, *map(len, values)]) // _POSITION_BYTES
        places = np.frombuffer(b"".join(values), np.uint32)
        return Standing(np.array(numbers, np.int32), ends.astype(np.uint32), places)

    def _read_terms(self, start: str) -> list[str]:
        return [term.decode() for term in self._reader.expand_prefix("text", start)]

    def _blocks(self, term: str) -> Iterator[Any]:
        """Stand on the postings of a term block by block; five times as fast as one by one.

        The pinned version allows to read what Whoosh keeps private: asking for an id, a weight or a value fills
        `_ids`, `_weights` or `_values` with those of the whole block.
        """
        if ("text", term) not in self._reader:
            return
        matcher = self._reader.postings("text", term)
        matcher = getattr(matcher, "child", matcher)  # of the filter that hides deleted documents
        matcher.reset()
        while matcher.is_active():
            yield matcher
            if isinstance(matcher, ListMatcher):
                return
            matcher._next_block()
