"""What the registry needs of the outside: small ports, each with a contract suite under tests/contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from model_registry.domain.anatomy import Anatomy
from model_registry.domain.backup import Manifest, Saved
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.events import Damage, Draft, Event, Position
from model_registry.domain.found import Found, Numbering, Numbers
from model_registry.domain.inside import Inside
from model_registry.domain.query import Query
from model_registry.domain.retention import Stored
from model_registry.domain.search import Document
from model_registry.domain.usage import Use
from model_registry.domain.values import Kept

Clock = Callable[[], datetime]
"""Tells the time."""


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
    def lineage(self) -> object:
        """Give what is another object as soon as events read earlier no longer count: another log was put in force, or
        a writer took back what it could not bring to the disk."""
        ...

    @property
    def settled(self) -> bool:
        """Tell whether every event read so far is known to be durable; under the lock it is."""
        ...

    @property
    def damage(self) -> Damage | None:
        """Give where the log stops being whole, as far as it was read; None while nothing was found."""
        ...

    @property
    def end(self) -> str:
        """Give where the events read so far end, as people look for it."""
        ...

    def read(self, after: int = 0) -> Iterator[Event]:
        """Read the committed events after a sequence number, oldest first; takes no lock."""
        ...

    @property
    def witnessed(self) -> Position | None:
        """Give the last place in this log that something beside it has noted; a log that ends before it lost events."""
        ...

    def forget(self) -> None:
        """Forget what was read, to read it again: `lineage` is another from then on."""
        ...

    def leftovers(self) -> list[tuple[str, str]]:
        """Give what dead writers left behind, where and what: never acknowledged, and in nobody's way."""
        ...

    def clear_leftovers(self) -> None:
        """Put it in order as the next writer would."""
        ...

    def pack(self) -> int:
        """Store what is closed for ever in less room; gives how many bytes that saved."""
        ...

    def exclusive(self) -> AbstractContextManager[Appender]:
        """Wait for the right to write; nobody else writes until the context ends."""
        ...


class SourceStore(Protocol):
    """Texts of models, addressed by the SHA-256 of their bytes."""

    def put(self, data: bytes) -> str:
        """Store the bytes durably and give their digest; bytes that are there already are left alone."""
        ...

    def put_all(self, texts: Sequence[bytes]) -> list[str]:
        """Store several texts durably and give their digests: all together wait for the disk as one does."""
        ...

    def get(self, digest: str) -> bytes:
        """Read the bytes of a digest, checked against it; NotFoundError if they are not there."""
        ...

    def has(self, digest: str) -> bool:
        """Tell whether the bytes of a digest are there."""
        ...


class SourceKeeper(SourceStore, Protocol):
    """A store of sources that can be tidied."""

    def stored(self) -> Iterator[Stored]:
        """Give every digest that is there, and since when: storing bytes again makes them young again."""
        ...

    def remove(self, digest: str) -> None:
        """Let the bytes of a digest go; what is gone already is no fault."""
        ...

    def pack(self, digest: str) -> int:
        """Store the bytes of a digest in less room, if that can be; gives how many bytes it saved."""
        ...

    def altered(self, digest: str) -> bool:
        """Tell whether what lies there was changed although its content is whole."""
        ...


class Checkpoints(Protocol):
    """A cache of the fold, so that opening need not read the whole log."""

    def load(self) -> Catalogue | None:
        """Give the catalogue at some position of the log; None to fold the log from its start."""
        ...

    def peek(self) -> Catalogue | None:
        """Give what `load` would, only to look at it."""
        ...

    def drop(self) -> None:
        """Let the checkpoint go, so that the next opening folds the whole log."""
        ...

    def keep(self, catalogue: Catalogue, *, at_rest: bool = False) -> None:
        """Take the catalogue, which stands at the end of the log, if a new checkpoint is due; sooner `at_rest`, when
        much was written and nothing follows."""
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

    def revisions(self) -> Mapping[str, int]:
        """Give the revision this picture shows of each model, those the log no longer knows included."""
        ...


class Backups(Protocol):
    """Where copies are put aside before something is taken away."""

    def save(
        self, name: str, manifest: Manifest, log: Iterable[bytes], sources: Iterable[str], read: Callable[[str], bytes]
    ) -> Saved:
        """Put the lines of a log and sources aside as one verified archive, durably.

        `read` gives the bytes of a source; those it cannot give are noted as missing.
        """
        ...

    def find(self, digest: str) -> tuple[str, bytes] | None:
        """Give the bytes of a source that some backup holds, and where it lies; None when none does."""
        ...

    def latest(self) -> str:
        """Give where the newest backup of the whole registry lies; "" when there is none."""
        ...

    def damaged(self) -> Iterator[tuple[str, str]]:
        """Give where backups lie that cannot be read back, and why."""
        ...


class Usage(Protocol):
    """Counts how much models are used. Best effort, outside the log: it may lose counts, but never fails or waits."""

    def count(self, *, reads: Iterable[str] = (), hits: Iterable[str] = ()) -> None:
        """Count one read, or one search hit, of each of these models."""
        ...

    def used(self) -> Mapping[str, Use]:
        """Give the use of every model that anybody has used."""
        ...


class SearchIndex(Protocol):
    """Finds models by words. A projection: it may lag, and deleting it loses nothing."""

    def position(self) -> Position | None:
        """Give the place in the log this index has read up to; None when it is empty or cannot be used."""
        ...

    def is_empty(self) -> bool:
        """Tell whether nothing was ever written to this index."""
        ...

    def update(self, documents: Iterable[Document], removed: Iterable[str], position: Position) -> None:
        """Replace these documents, drop the removed ids, and remember the position, in one step."""
        ...

    def rebuild(self, documents: Iterable[Document], position: Position) -> None:
        """Start over from these documents, which are all there are, each of another id; they are taken one by one."""
        ...

    def tidy(self) -> bool:
        """Put a bounded piece of what many updates left in order; tells whether there may be more of it."""
        ...

    def search(self, query: Query, models: Numbering) -> Found:
        """Give every model that fits and has a number, and how well (comparable within one answer only)."""
        ...

    def fields(self, query: Query, models: Numbering, numbers: Numbers) -> Mapping[int, tuple[str, ...]]:
        """Give the fields in which the wanted words stand, for each of the models of these numbers that has them.

        It follows a search, and may look where that one looked.
        """
        ...

    def spelling(self, word: str) -> str:
        """Give the commonest word spelled nearly so; "" when some model has the word itself, or none is near.

        It follows a search, as `fields` does.
        """
        ...


class Insides(Protocol):
    """Keeps what texts tell when they are read and checked, by their digest. A cache: deleting it loses nothing."""

    def find(self, digest: str) -> Inside | None:
        """Give what is kept of a text; None where nothing is."""
        ...

    def keep(self, found: Mapping[str, Inside]) -> None:
        """Keep what texts tell; what cannot be written is made anew another time."""
        ...

    def retain(self, digests: Set[str]) -> None:
        """Let go of what is kept of all other texts, and of what is kept in a form of the past."""
        ...


class Columns(Protocol):
    """Keeps what many models have in a column, by the name of the column. A cache: deleting it loses nothing."""

    def find(self, name: str) -> Kept | None:
        """Give what is kept of a column; None where nothing is."""
        ...

    def keep(self, name: str, column: Kept) -> None:
        """Keep a column in the place of what was kept; what cannot be written is read anew another time."""
        ...

    def drop(self) -> None:
        """Let everything go, to be read anew."""
        ...


class Anatomies(Protocol):
    """Keeps what models are made of, by the digest of their text. A cache: deleting it loses nothing."""

    def find(self, digest: str) -> Anatomy | None:
        """Give what is kept of a text; None where nothing is."""
        ...

    def keep(self, found: Mapping[str, Anatomy]) -> None:
        """Keep what texts are made of; what cannot be written is made anew another time."""
        ...

    def retain(self, digests: Set[str]) -> None:
        """Let go of what is kept of all other texts, and of what is kept in a form of the past."""
        ...
