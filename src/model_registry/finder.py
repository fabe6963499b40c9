"""Finding models by words: keeps the search index up with the log, and does without it when it must."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from logging import getLogger

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.events import Position
from model_registry.domain.lifecycle import State
from model_registry.domain.query import Query
from model_registry.domain.search import Document, Hit, IndexUnavailable
from model_registry.errors import RegistryError
from model_registry.gnn.model import GNNModel
from model_registry.ledger import Ledger
from model_registry.ports import SearchIndex

Progress = Callable[[int, int, str, str], None]
"""Called after each model: how many are done, of how many, its id, what was done with it."""

logger = getLogger("model_registry")


class Finder:
    """Answers queries from an index that has read every event committed before the question.

    The index is a cache: when it is missing, damaged or of another log it is built anew, and when that fails too the
    catalogue answers from what it holds of each model (`complete` is then False).
    """

    def __init__(self, ledger: Ledger, index: SearchIndex | None, spare: type[SearchIndex]) -> None:
        self._ledger = ledger
        self._index = index
        self._spare = spare

    def search(self, catalogue: Catalogue, query: Query, limit: int | None = None) -> tuple[list[Hit], bool]:
        """Give the best hits first, and whether the texts of the models were searched too."""
        if not catalogue.entries:
            return [], True
        if self._index is not None:
            try:
                self.catch_up(catalogue)
                return self._index.search(query, limit), True
            except (IndexUnavailable, RegistryError) as error:
                logger.warning("the search index is unavailable, the catalogue answers: %s", error)
        return self._without_index(catalogue, query, limit), False

    def catch_up(self, catalogue: Catalogue) -> None:
        """Let the index read what was committed since it last did."""
        if self._index is None:
            return
        seen = self._index.position()
        if seen is None or seen.log_id != catalogue.position.log_id or seen.seq > catalogue.position.seq:
            self.rebuild(catalogue)
        elif seen.seq < catalogue.position.seq:
            changed = [entry for entry in list(catalogue.entries.values()) if entry.seq > seen.seq]
            gone = [entry.id for entry in changed if entry.state is State.DELETED]
            kept = (entry for entry in changed if entry.state is not State.DELETED)
            self._index.update(self._documents(kept), gone, catalogue.position)

    def rebuild(self, catalogue: Catalogue, progress: Progress | None = None) -> int:
        """Build the index anew from the catalogue and the sources; gives how many models it holds.

        What `progress` raises ends it between two models and leaves the old index in place.
        """
        if self._index is None:
            return 0
        entries = [entry for entry in list(catalogue.entries.values()) if entry.state is not State.DELETED]
        self._index.rebuild(list(self._read(entries, progress)), catalogue.position)
        return len(entries)

    def position(self) -> Position | None:
        """Give the place in the log the index has read up to; None without a usable index."""
        return self._index.position() if self._index else None

    def _read(self, entries: Sequence[ModelEntry], progress: Progress | None) -> Iterator[Document]:
        for done, entry in enumerate(entries, 1):
            yield document(entry, self._model(entry))
            if progress:
                progress(done, len(entries), entry.id, "read")

    def _documents(self, entries: Iterable[ModelEntry]) -> list[Document]:
        return [document(entry, self._model(entry)) for entry in entries]

    def _model(self, entry: ModelEntry) -> GNNModel | None:
        try:
            return self._ledger.reading_of(entry.current_version).model
        except RegistryError as error:
            logger.warning("the text of %s cannot be indexed: %s", entry.id, error.message)
            return None

    def _without_index(self, catalogue: Catalogue, query: Query, limit: int | None) -> list[Hit]:
        spare = self._spare()
        entries = [entry for entry in list(catalogue.entries.values()) if entry.state is not State.DELETED]
        spare.update([document(entry, None) for entry in entries], [], catalogue.position)
        return spare.search(query, limit)


def document(entry: ModelEntry, model: GNNModel | None) -> Document:
    """Give the words of a model: what is on record of it, and what its text declares."""
    metadata = entry.metadata
    extra = " ".join(f"{key} {value}" for key, value in metadata.extra.items())
    return Document(
        id=entry.id,
        name=f"{metadata.name} {entry.model_name}" if metadata.name != entry.model_name else metadata.name,
        description=metadata.description,
        author=metadata.author,
        tags=metadata.tags,
        variables=tuple(variable.name for variable in model.variables) if model else (),
        ontology=tuple(term for _, term in model.ontology) if model else (),
        inside=" ".join([*entry.current_version.kinds, extra, *(_inside(model) if model else ())]),
    )


def _inside(model: GNNModel) -> list[str]:
    return [model.section, *(variable.description for variable in model.variables), model.equations]
