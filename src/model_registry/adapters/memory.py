"""A registry that lives in memory: the plain reference of every port, for tests and for trying things."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from model_registry.domain.events import Damage, Draft, Event, genesis, seal
from model_registry.errors import NotFoundError


class MemoryLog:
    """A log in a list."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.log_id = uuid.uuid4().hex
        self._clock = clock
        self._events: list[Event] = []
        self._lock = threading.Lock()

    @property
    def damage(self) -> Damage | None:
        """Give None: memory does not decay."""
        return None

    def read(self, after: int = 0) -> Iterator[Event]:
        """Read the committed events after a sequence number, oldest first."""
        return iter(self._events[after:])

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

    def __init__(self) -> None:
        self._data: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        """Store the bytes and give their digest."""
        digest = hashlib.sha256(data).hexdigest()
        self._data[digest] = data
        return digest

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


class MemoryBackups:
    """Archives in a dict."""

    def __init__(self) -> None:
        self.archives: dict[str, dict[str, bytes]] = {}

    def save(self, name: str, files: Iterable[tuple[str, bytes]]) -> str:
        """Put files aside and give their name."""
        self.archives[name] = dict(files)
        return name
