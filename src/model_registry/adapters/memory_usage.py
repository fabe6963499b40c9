"""Counters of use in memory: the plain reference of the port, gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from model_registry.domain.usage import Use


class MemoryUsage:
    """Counters in a dict."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._counts: dict[str, Use] = {}
        self._lock = threading.Lock()

    def count(self, *, reads: Iterable[str] = (), hits: Iterable[str] = ()) -> None:
        """Count reads and search hits of models."""
        at = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        counted = [(name, Use(reads=1, last_used=at)) for name in reads]
        counted += [(name, Use(hits=1, last_used=at)) for name in hits]
        with self._lock:
            for name, use in counted:
                self._counts[name] = self._counts.get(name, Use()) + use

    def used(self) -> dict[str, Use]:
        """Give the use of every model that anybody has used."""
        with self._lock:
            return dict(self._counts)
