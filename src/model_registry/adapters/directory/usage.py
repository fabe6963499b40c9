"""The counters of a directory store: kept in memory, written now and then, one file for each process that counts.

Best effort: what cannot be written or read is passed over, so that no reader waits or fails because of its counting.
"""

from __future__ import annotations

import json
import os
import threading
import uuid
import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from logging import getLogger

from model_registry.adapters.directory.place import Place
from model_registry.domain.usage import Use
from model_registry.errors import RegistryError

FLUSH_SECONDS = 10.0
"""How long a count may wait in memory; the end of the process writes it in any case."""

MOST_FILES = 16
"""Whoever writes and finds more files than this merges them into its own."""

logger = getLogger("model_registry")

Counts = dict[str, Use]


class UsageFiles:
    """Counts how often models are read and found, for all processes that share the directory."""

    def __init__(self, place: Place, clock: Callable[[], datetime]) -> None:
        self._counter = _Counter(place)
        self._clock = clock
        self._at_exit = weakref.finalize(self, self._counter.flush)

    def count(self, *, reads: Iterable[str] = (), hits: Iterable[str] = ()) -> None:
        """Count reads and search hits of models; they are written in the background."""
        at = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._counter.add(reads, Use(reads=1, last_used=at))
        self._counter.add(hits, Use(hits=1, last_used=at))

    def used(self) -> dict[str, Use]:
        """Give the use of every model that anybody has used, as far as the processes that counted have told."""
        return self._counter.used()

    def flush(self) -> None:
        """Write what was counted."""
        self._counter.flush()


class _Counter:
    """What outlives its UsageFiles by one last flush.

    `_kept` is what this process's file holds, `_fresh` what was counted since, `_used` all files and `_fresh` together.
    A file that has vanished was merged by somebody, who counts it from then on. A forked child begins a file of its
    own, with nothing counted yet.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._folder = place.root / "usage"
        self._begin()
        _COUNTERS.add(self)

    def _begin(self) -> None:
        self._path = self._folder / f"{uuid.uuid4().hex}.json"
        self._guard = threading.Lock()
        self._kept: Counts = {}
        self._fresh: Counts = {}
        self._used: Counts = {}
        self._stamp: object = None
        self._timer: threading.Timer | None = None

    def add(self, model_ids: Iterable[str], use: Use) -> None:
        with self._guard:
            for model_id in model_ids:
                for counts in (self._fresh, self._used):
                    counts[model_id] = counts[model_id] + use if model_id in counts else use
            if self._fresh and self._timer is None:
                self._timer = threading.Timer(FLUSH_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def used(self) -> Counts:
        """Give what all files hold and what is fresh; files are read again only when one of them was replaced."""
        with self._guard:
            try:
                stamp = self._place.files.stamp(self._folder)
                if stamp != self._stamp:
                    self._used = _sum([*map(self._load, self._names()), self._fresh])
                    self._stamp = stamp
            except RegistryError as error:
                logger.debug("usage was not read: %s", error.message)
            return dict(self._used)

    def flush(self) -> None:
        """Write this process's file, if there is anything new and a registry to write it to."""
        with self._guard:
            if self._timer:
                self._timer.cancel()
            fresh, self._fresh, self._timer = self._fresh, {}, None
        try:
            if fresh and self._may_write():
                self._write(fresh)
        except RegistryError as error:
            logger.debug("usage was not written: %s", error.message)
            with self._guard:
                self._fresh = _sum([fresh, self._fresh])

    def _may_write(self) -> bool:
        return bool(self._place.log_id) and self._place.files.writable(self._place.root)

    def _write(self, fresh: Counts) -> None:
        files = self._place.files
        files.make_folder(self._folder)
        with files.lock(self._folder / "lock"):
            kept = self._kept if files.size(self._path) is not None else {}
            others = [name for name in self._names() if name != self._path.name]
            merged = others if len(others) >= MOST_FILES else []
            self._kept = _sum([kept, fresh, *map(self._load, merged)])
            self._place.replace(self._path, _encode(self._kept), durable=False)
            for name in merged:
                files.remove(self._folder / name)
            self._stamp = None

    def _names(self) -> list[str]:
        return [name for name in self._place.files.names(self._folder) if name.endswith(".json")]

    def _load(self, name: str) -> Counts:
        return _decode(self._place.files.read(self._folder / name) or b"")


_COUNTERS: weakref.WeakSet[_Counter] = weakref.WeakSet()


def _begin_in_child() -> None:
    for counter in list(_COUNTERS):
        counter._begin()


os.register_at_fork(after_in_child=_begin_in_child)


def _sum(parts: Iterable[Mapping[str, Use]]) -> Counts:
    total: Counts = {}
    for part in parts:
        for model_id, use in part.items():
            total[model_id] = total.get(model_id, Use()) + use
    return total


def _encode(counts: Counts) -> bytes:
    rows = {model_id: [use.reads, use.hits, use.last_used] for model_id, use in sorted(counts.items())}
    return json.dumps(rows, separators=(",", ":")).encode() + b"\n"


def _decode(data: bytes) -> Counts:
    """Read a file of counts; one that is damaged counts for nothing."""
    try:
        rows = json.loads(data)
        return {str(model_id): _use(*row) for model_id, row in rows.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _use(reads: int, hits: int, last_used: str) -> Use:
    if not (isinstance(reads, int) and isinstance(hits, int) and min(reads, hits) >= 0 and isinstance(last_used, str)):
        raise ValueError("not a count")
    return Use(reads, hits, last_used)
