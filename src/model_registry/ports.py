"""What the registry needs of the outside: small ports, each with a contract suite under tests/contracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.events import Damage, Draft, Event, Position
from model_registry.domain.query import Query
from model_registry.domain.search import Document, Hit


class Appender(Protocol):
    """The right to write, held while its context lasts."""

    def commit(self, drafts: Sequence[Draft]) -> list[Event]:
        """Number, date, chain and durably store the drafts, all or none, and give the events they became."""
        ...


class EventLog(Protocol):
    """The truth: events in order, each chained to the one before."""

    @property
    def log_id(self) -> str:
        """Give the identity of this log ("" while it does not exist yet)."""
        ...

    @property
    def damage(self) -> Damage | None:
        """Give where the log stops being whole, as far as it was read; None while nothing was found."""
        ...

    def read(self, after: int = 0) -> Iterator[Event]:
        """Read the committed events after a sequence number, oldest first; takes no lock."""
        ...

    def exclusive(self) -> AbstractContextManager[Appender]:
        """Wait for the right to write; nobody else writes until the context ends."""
        ...


class SourceStore(Protocol):
    """Texts of models, addressed by the SHA-256 of their bytes."""

    def put(self, data: bytes) -> str:
        """Store the bytes durably and give their digest; bytes that are there already are left alone."""
        ...

    def get(self, digest: str) -> bytes:
        """Read the bytes of a digest, checked against it; NotFoundError if they are not there."""
        ...

    def has(self, digest: str) -> bool:
        """Tell whether the bytes of a digest are there."""
        ...


class Checkpoints(Protocol):
    """A cache of the fold, so that opening need not read the whole log."""

    def load(self) -> Catalogue | None:
        """Give the catalogue at some position of the log; None to fold the log from its start."""
        ...

    def keep(self, catalogue: Catalogue) -> None:
        """Take the catalogue, which stands at the end of the log, if a new checkpoint is due."""
        ...


class Projection(Protocol):
    """A picture of the registry kept beside the log; it may lag, may be deleted, and is never believed over the log."""

    def position(self) -> int:
        """Give the sequence number of the last event this picture shows (0 for none)."""
        ...

    def update(self, changed: Iterable[ModelEntry], position: Position) -> None:
        """Show these entries as they stand at that position."""
        ...

    def stale(self, entries: Iterable[ModelEntry]) -> list[str]:
        """Give the ids of the entries that this picture does not show as they are."""
        ...


class Backups(Protocol):
    """Where copies are put aside before something is taken away."""

    def save(self, name: str, files: Iterable[tuple[str, bytes]]) -> str:
        """Put files aside as one verified archive, durably, and give where it lies."""
        ...


class SearchIndex(Protocol):
    """Finds models by words. A projection: it may lag, and deleting it loses nothing."""

    def position(self) -> Position | None:
        """Give the place in the log this index has read up to; None when it is empty or cannot be used."""
        ...

    def update(self, documents: Iterable[Document], removed: Iterable[str], position: Position) -> None:
        """Replace these documents, drop the removed ids, and remember the position, in one step."""
        ...

    def rebuild(self, documents: Iterable[Document], position: Position) -> None:
        """Start over from these documents, which are all there are."""
        ...

    def search(self, query: Query, limit: int | None = None) -> list[Hit]:
        """Give the best hits first, ties by id; every hit when there is no limit."""
        ...
