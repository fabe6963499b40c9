"""The text of a model as it came in, and what was read from it."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

from model_registry.errors import SourceError
from model_registry.gnn.formats import read_model
from model_registry.gnn.model import Diagnostic, GNNModel
from model_registry.gnn.rules import check

KEPT_BYTES = 4_000_000
"""Sources understood lately are kept at hand, up to this many bytes of text (understood, eight times as many)."""


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes of a model file. `filename` tells its format; `origin` says where it came from, if anywhere.

    An origin is {"path": relative to the discovery root, and where known "commit": the git commit of the work tree}.
    """

    data: bytes
    filename: str = ""
    origin: Mapping[str, Any] | None = None

    @property
    def stem(self) -> str:
        """Give the file's name without its endings (`name.gnn.md` is `name`)."""
        return PurePath(self.filename).name.split(".")[0]


@dataclass(frozen=True)
class Reading:
    """A source understood: its digest and the model."""

    digest: str
    model: GNNModel

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Give everything found wrong in reading and checking it, by line; checked when it is first asked for."""
        return tuple(sorted((*self.model.diagnostics, *check(self.model)), key=lambda found: found.line))

    @property
    def findings(self) -> dict[str, int]:
        """Count the diagnostics by severity."""
        counts: dict[str, int] = {}
        for diagnostic in self.diagnostics:
            counts[diagnostic.severity.value] = counts.get(diagnostic.severity.value, 0) + 1
        return counts


def understand(source: Source, *, require_variables: bool = True) -> Reading:
    """Read a source; SourceError when it is no model at all."""
    model = read_model(source.data, source.filename, require_variables=require_variables)
    return Reading(hashlib.sha256(source.data).hexdigest(), model)


def refuse_large(source: Source, limit: int) -> None:
    """Refuse a source above a size in bytes."""
    if len(source.data) > limit:
        raise SourceError(
            f"{source.filename or 'the source'} has {len(source.data):,} bytes, at most {limit:,} are accepted",
            code="too_large",
            where=source.filename,
            hint="Split the model, or raise max_source_bytes.",
        )


class Readings:
    """Readings kept at hand by digest, the least used given up first; safe to share between threads."""

    def __init__(self, room: int = KEPT_BYTES) -> None:
        self._room = room
        self._free = room
        self._kept: OrderedDict[str, tuple[Reading, int]] = OrderedDict()
        self._guard = threading.Lock()

    def find(self, digest: str) -> Reading | None:
        """Give the reading of a digest, if it is at hand."""
        with self._guard:
            if digest not in self._kept:
                return None
            self._kept.move_to_end(digest)
            return self._kept[digest][0]

    def keep(self, reading: Reading, size: int) -> None:
        """Keep a reading whose text has `size` bytes."""
        with self._guard:
            if size > self._room or reading.digest in self._kept:
                return
            self._free -= size
            self._kept[reading.digest] = (reading, size)
            while self._free < 0:
                _, (_, freed) = self._kept.popitem(last=False)
                self._free += freed
