"""Finding models by words, facts and texts: keeps the search index up with the log, or does without it if it must."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from logging import getLogger
from time import monotonic
from typing import TypeVar

import numpy as np

from model_registry.domain.anatomy import Anatomy
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.columns import OFTEN
from model_registry.domain.conditions import condition
from model_registry.domain.entry import ModelEntry
from model_registry.domain.events import Position
from model_registry.domain.found import Found, Mask, Numbers
from model_registry.domain.inside import Inside
from model_registry.domain.lifecycle import State
from model_registry.domain.matching import Senses, find
from model_registry.domain.query import SOURCE, Or, Phrase, Prefix, Query, Text, Where
from model_registry.domain.query_parser import leaves
from model_registry.domain.search import Document, IndexUnavailable
from model_registry.domain.shelf import LEAST_KEPT, Look, Shelf
from model_registry.domain.values import Kept
from model_registry.errors import RegistryError, StorageError
from model_registry.ledger import Ledger
from model_registry.ports import Columns, SearchIndex

T = TypeVar("T")

Progress = Callable[[int, int, str, str], None]
"""Called after each model: how many are done, of how many, its id, what was done with it."""

BUILT_AT_ONCE = 500
"""A missing index of no more models than these is built before a search is answered, a larger one beside it."""

TEXT_SECONDS = 2.0
"""How long one search may read texts for `source:`."""

logger = getLogger("model_registry")


class Finder:
    """Answers queries from an index that has read every event committed before the question.

    The index is a cache: when it is missing, damaged or of another log it is built anew, and while that lasts, or when
    it fails, the catalogue answers from what it holds of each model (the answer is then not complete).
    """

    def __init__(
        self, ledger: Ledger, index: SearchIndex | None, spare: type[SearchIndex], columns: Columns | None = None
    ) -> None:
        self._ledger = ledger
        self._index = index
        self._spare = spare
        self._columns = columns
        self.shelf = self._arranged()
        self._standing_in: SearchIndex | None = None
        self._ready: Position | None = None
        self._builder: threading.Thread | None = None
        self._guard = threading.Lock()

    def find(self, catalogue: Catalogue, look: Look, query: Query, among: Mask) -> tuple[Found, bool]:
        """Give the models among these that a query means, with their scores, and whether all could be looked into."""
        search = _Search(self, catalogue, look)
        return find(query, among, Senses(search.words, search.fact, search.source)), search.complete

    def fields(self, catalogue: Catalogue, look: Look, query: Query, numbers: Numbers) -> Mapping[int, tuple[str, ...]]:
        """Give the fields in which the words of a query stand, for each of the models of these numbers."""
        words = tuple(leaf for leaf in leaves(query) if leaf.field != SOURCE)
        return self.ask(catalogue, lambda index: index.fields(Or(words), look, numbers))[0] if words else {}

    def spelling(self, catalogue: Catalogue, word: str) -> str:
        """Give the commonest word spelled nearly as one that no model has; "" where some model has it."""
        return self.ask(catalogue, lambda index: index.spelling(word))[0]

    def ask(self, catalogue: Catalogue, question: Callable[[SearchIndex], T]) -> tuple[T, bool]:
        """Give what an index answers, and whether it knows the texts of the models as well.

        An index that has just been lost or damaged is asked once more, having been built anew.
        """
        for _ in range(2 if catalogue.entries and self._index else 0):
            try:
                return question(self._made_ready(catalogue)), True
            except (IndexUnavailable, StorageError) as error:
                logger.info("the search index is unavailable: %s", error)
                self._ready = None
        return question(self._without_index(catalogue)), not catalogue.entries

    def text_of(self, entry: ModelEntry) -> str | None:
        """Give the text of the current version of a model; None where it is gone or damaged."""
        try:
            return self._ledger.source_of(entry.current_version).data.decode("utf-8", "replace")
        except RegistryError as error:
            _warn(entry, error)
            return None

    def anatomy_of(self, entry: ModelEntry) -> Anatomy:
        """Give what the current version of a model is made of; nothing where its text is gone."""
        return self._anatomy_of(entry) or Anatomy()

    def _anatomy_of(self, entry: ModelEntry) -> Anatomy | None:
        try:
            return self._ledger.anatomy_of(entry.current_version)
        except RegistryError as error:
            _warn(entry, error)
            return None

    def state(self) -> str:
        """Tell how the index stands: ready, rebuilding, or off."""
        if self._index is None:
            return "off"
        return "rebuilding" if self._is_building() else "ready"

    def catch_up(self, catalogue: Catalogue) -> None:
        """Let the index read what was committed since it last did."""
        if self._index is None:
            return
        seen = self._index.position()
        if seen and seen.seq > catalogue.position.seq:  # somebody wrote, and indexed it, since the catalogue was read
            catalogue = self._ledger.catalogue()
        if seen is None or not self._leads_to(seen, catalogue.position):
            self.rebuild(catalogue)
        elif seen.seq < catalogue.position.seq:
            kept, gone = _changed(catalogue, seen)
            self._index.update([self._document(entry) for entry in kept], gone, catalogue.position)

    def prepare(self, catalogue: Catalogue) -> None:
        """Make the index ready for a search, or begin to build it where it is lost; what fails is logged."""
        try:
            if self._index is not None:
                self._made_ready(catalogue)
        except (IndexUnavailable, StorageError) as error:
            logger.info("the search index is not ready: %s", error)

    def _leads_to(self, seen: Position, position: Position) -> bool:
        """Tell whether a place lies on the way to another: in the same log, and at an event that is still there."""
        if seen.log_id != position.log_id or seen.seq > position.seq:
            return False
        return seen == position or self._ledger.hash_at(seen.seq) == seen.hash

    def rebuild(self, catalogue: Catalogue, progress: Progress | None = None) -> int:
        """Build the index anew from the catalogue and the sources; gives how many models it holds.

        What is kept of columns goes too. What `progress` raises ends it between two models and leaves the old index in
        place.
        """
        if self._columns:
            self._columns.drop()
        if self._index is None:
            return 0
        entries = _living(catalogue)
        self._index.rebuild(self._read(entries, progress), catalogue.position)
        return len(entries)

    def tidy(self) -> bool:
        """Put a bounded piece of what many updates left of the index in order; tells whether there may be more."""
        return self._index.tidy() if self._index else False

    def warm(self, catalogue: Catalogue) -> None:
        """Look into many models for what is asked of them most, and keep it for who asks first, but not in memory."""
        if self._columns and len(catalogue.entries) >= LEAST_KEPT:
            self._arranged().look(catalogue).read(OFTEN)

    def _arranged(self) -> Shelf:
        return Shelf(self._anatomy_of, _Columns(self._columns, self._leads_to) if self._columns else None)

    def position(self) -> Position | None:
        """Give the place in the log the index has read up to; None without a usable index."""
        return self._index.position() if self._index else None

    def has_index(self) -> bool:
        """Tell whether there is an index, usable or not."""
        return self._index is not None and not self._index.is_empty()

    def _made_ready(self, catalogue: Catalogue) -> SearchIndex:
        """Give the index once it has read the log as far as the catalogue; IndexUnavailable while it cannot."""
        if self._index is None or self._is_building():
            raise IndexUnavailable("the search index is off or being built")
        if self._ready != catalogue.position:
            if self._index.position() is None and len(catalogue.entries) > BUILT_AT_ONCE:
                self._build_beside(catalogue)
                raise IndexUnavailable("the search index is being built")
            self.catch_up(catalogue)
            self._ready = catalogue.position
        return self._index

    def _is_building(self) -> bool:
        return self._builder is not None and self._builder.is_alive()

    def _build_beside(self, catalogue: Catalogue) -> None:
        with self._guard:
            if not self._is_building():
                self._builder = threading.Thread(target=self._build, args=(catalogue,), name="search index")
                self._builder.start()

    def _build(self, catalogue: Catalogue) -> None:
        try:
            self.rebuild(catalogue)
        except RegistryError as error:
            logger.warning("the search index could not be built: %s", error)

    def _without_index(self, catalogue: Catalogue) -> SearchIndex:
        """Give an index in memory of what the catalogue knows of each model."""
        with self._guard:
            spare, seen = self._standing_in, self._standing_in.position() if self._standing_in else None
            if spare is None or seen is None or not self._leads_to(seen, catalogue.position):
                spare = self._standing_in = self._spare()
                spare.rebuild([document(entry, None) for entry in _living(catalogue)], catalogue.position)
            elif seen.seq < catalogue.position.seq:
                kept, gone = _changed(catalogue, seen)
                spare.update([document(entry, None) for entry in kept], gone, catalogue.position)
            return spare

    def _read(self, entries: Sequence[ModelEntry], progress: Progress | None) -> Iterator[Document]:
        for done, entry in enumerate(entries, 1):
            yield self._document(entry)
            if progress:
                progress(done, len(entries), entry.id, "read")

    def _document(self, entry: ModelEntry) -> Document:
        try:
            return document(entry, self._ledger.inside_of(entry.current_version))
        except RegistryError as error:
            _warn(entry, error)
            return document(entry, None)


class _Columns:
    """The columns that are kept, as far as they are of this log."""

    def __init__(self, columns: Columns, leads_to: Callable[[Position, Position], bool]) -> None:
        self._columns = columns
        self._leads_to = leads_to

    def find(self, name: str, position: Position) -> Kept | None:
        """Give a column if it is kept, and as it was at an event on the way to a position."""
        kept = self._columns.find(name)
        try:
            return kept if kept and self._leads_to(kept.position, position) else None
        except RegistryError as error:
            logger.debug("whether the column %s is of this log cannot be told: %s", name, error.message)
            return None

    def keep(self, name: str, column: Kept) -> None:
        """Keep a column."""
        self._columns.keep(name, column)


class _Search:
    """One search, which remembers whether everything could be looked into."""

    def __init__(self, finder: Finder, catalogue: Catalogue, look: Look) -> None:
        self._finder = finder
        self._catalogue = catalogue
        self._look = look
        self._deadline = monotonic() + TEXT_SECONDS
        self.complete = True

    def words(self, query: Query) -> Found:
        """Ask the index."""
        found, complete = self._finder.ask(self._catalogue, lambda index: index.search(query, self._look))
        self.complete &= complete
        return found

    def fact(self, where: Where) -> Mask:
        """Ask the values on record."""
        return self._look.find([condition(where)])

    def source(self, leaf: Text, among: Mask) -> Mask:
        """Read the texts of these models, as many as there is time for, for words as they are written."""
        pattern, found = _as_written(leaf), np.zeros(self._look.count, np.bool_)
        numbers = np.flatnonzero(among)
        for number, model_id in zip(numbers.tolist(), self._look.ids(numbers), strict=True):
            if monotonic() > self._deadline:
                self.complete = False
                break
            text = self._finder.text_of(self._catalogue.entries[model_id])
            self.complete &= text is not None
            found[number] = pattern.search(text or "") is not None
        return found


def _as_written(leaf: Text) -> re.Pattern[str]:
    words = leaf.words if isinstance(leaf, Phrase) else (leaf.text,)
    ending = "" if isinstance(leaf, Prefix) else r"(?!\w)"
    return re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, words)) + ending, re.IGNORECASE)


def _changed(catalogue: Catalogue, since: Position) -> tuple[list[ModelEntry], list[str]]:
    """Give the models that changed since a position, and the ids of those that were deleted."""
    changed = catalogue.entries.changed(since.seq)
    gone = [entry.id for entry in changed if entry.state is State.DELETED]
    return [entry for entry in changed if entry.state is not State.DELETED], gone


def _living(catalogue: Catalogue) -> list[ModelEntry]:
    return [entry for entry in list(catalogue.entries.values()) if entry.state is not State.DELETED]


def document(entry: ModelEntry, inside: Inside | None) -> Document:
    """Give the words of a model: what is on record of it, and what its text declares."""
    metadata = entry.metadata
    extra = " ".join(f"{key} {value}" for key, value in metadata.extra.items())
    structure, words = (inside["structure"], inside["words"]) if inside else ({}, {})
    return Document(
        id=entry.id,
        name=f"{metadata.name} {entry.model_name}" if metadata.name != entry.model_name else metadata.name,
        description=metadata.description,
        author=metadata.author,
        tags=metadata.tags,
        variables=tuple(row["name"] for row in structure.get("variables", ())),
        ontology=tuple(term for _, term in structure.get("ontology", ())),
        comment=words.get("comment", ""),
        equation=words.get("equation", ""),
        inside=" ".join([*entry.current_version.kinds, extra, words.get("section", "")]),
    )


def _warn(entry: ModelEntry, error: RegistryError) -> None:
    logger.warning("the text of %s cannot be read: %s", entry.id, error.message)
