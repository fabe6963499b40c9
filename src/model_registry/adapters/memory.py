"""A registry that lives in memory: the plain reference of every port, for tests and for trying things."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from model_registry.domain.backup import REGISTRY, Manifest, Saved
from model_registry.domain.events import Damage, Draft, Event, Position, genesis, seal
from model_registry.domain.retention import Stored
from model_registry.errors import NotFoundError


class MemoryLog:
    """A log in a list."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.log_id = uuid.uuid4().hex
        self._clock = clock
        self._events: list[Event] = []
        self._lock = threading.Lock()

    @property
    def lineage(self) -> object:
        """Give this log: what is in memory is never taken back."""
        return self

    @property
    def settled(self) -> bool:
        """Give True: there is nothing more durable here than memory."""
        return True

    @property
    def damage(self) -> Damage | None:
        """Give None: memory does not decay."""
        return None

    @property
    def end(self) -> str:
        """Give where the next event would stand."""
        return f"event {len(self._events) + 1}"

    def read(self, after: int = 0) -> Iterator[Event]:
        """Read the committed events after a sequence number, oldest first."""
        return iter(self._events[after:])

    @property
    def witnessed(self) -> Position | None:
        """Give None: nothing stands beside memory."""
        return None

    def forget(self) -> None:
        """Do nothing: reading begins anew each time."""

    def leftovers(self) -> list[tuple[str, str]]:
        """Give nothing: what dies here takes the log with it."""
        return []

    def pack(self) -> int:
        """Give 0: memory keeps its events as they are."""
        return 0

    def clear_leftovers(self) -> None:
        """Do nothing."""

    @contextmanager
    def exclusive(self) -> Iterator[_Appender]:
        """Wait for the right to write."""
        with self._lock:
            yield _Appender(self)

    def _commit(self, drafts: Sequence[Draft]) -> list[Event]:
        now = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        events: list[Event] = []
        for seq, draft in enumerate(drafts, len(self._events) + 1):
            last = events[-1] if events else self._events[-1] if self._events else None
            at, prev = (max(now, last.at), last.hash) if last else (now, genesis(self.log_id))
            events.append(seal(draft, seq=seq, at=at, prev=prev))
        self._events += events
        return events


class _Appender:
    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    def commit(self, drafts: Sequence[Draft]) -> list[Event]:
        """Number, date and chain the drafts."""
        return self._log._commit(drafts)


class MemorySources:
    """Sources in a dict."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._data: dict[str, bytes] = {}
        self._since: dict[str, datetime] = {}

    def put(self, data: bytes) -> str:
        """Store the bytes and give their digest."""
        digest = hashlib.sha256(data).hexdigest()
        self._data[digest] = data
        self._since[digest] = self._clock()
        return digest

    def put_all(self, texts: Sequence[bytes]) -> list[str]:
        """Store several texts and give their digests."""
        return [self.put(data) for data in texts]

    def get(self, digest: str) -> bytes:
        """Give the bytes of a digest; NotFoundError if they are not there."""
        try:
            return self._data[digest]
        except KeyError:
            raise NotFoundError(
                f"the source {digest[:12]} is not stored", code="source_gone", where=digest, hint="Register it again."
            ) from None

    def has(self, digest: str) -> bool:
        """Tell whether the bytes of a digest are there."""
        return digest in self._data

    def stored(self) -> Iterator[Stored]:
        """Give every digest that is there, and since when."""
        return (Stored(digest, since) for digest, since in list(self._since.items()))

    def remove(self, digest: str) -> None:
        """Let the bytes of a digest go."""
        self._data.pop(digest, None)
        self._since.pop(digest, None)

    def pack(self, digest: str) -> int:
        """Give 0: memory keeps its sources as they are."""
        return 0

    def altered(self, digest: str) -> bool:
        """Give False: nobody but this store can reach its bytes."""
        return False


class MemoryBackups:
    """Backups in a dict."""

    def __init__(self) -> None:
        self.archives: dict[str, dict[str, bytes]] = {}

    def save(
        self, name: str, manifest: Manifest, log: Iterable[bytes], sources: Iterable[str], read: Callable[[str], bytes]
    ) -> Saved:
        """Put the lines of a log and sources aside under a name."""
        held = {digest: read(digest) for digest in sources}
        self.archives[name] = {**held, "log.jsonl": b"".join(line + b"\n" for line in log)}
        size = sum(map(len, self.archives[name].values()))
        return Saved(name, size, replace(manifest, sources=dict.fromkeys(held, name)), len(held))

    def find(self, digest: str) -> tuple[str, bytes] | None:
        """Give the bytes of a source that some backup holds, and its name."""
        holding = ((name, parts[digest]) for name, parts in self.archives.items() if digest in parts)
        return next(holding, None)

    def latest(self) -> str:
        """Give the name of the newest backup of the whole registry."""
        return max((name for name in self.archives if name.startswith(REGISTRY)), default="")

    def damaged(self) -> Iterator[tuple[str, str]]:
        """Give nothing: memory does not decay."""
        return iter(())
