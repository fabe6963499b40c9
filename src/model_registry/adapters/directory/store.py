"""The parts of a directory store, wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from model_registry.adapters.directory.anatomies import AnatomyFile
from model_registry.adapters.directory.backups import BackupFiles
from model_registry.adapters.directory.checkpoint import Checkpoint
from model_registry.adapters.directory.columns import ColumnFiles
from model_registry.adapters.directory.insides import InsideFiles
from model_registry.adapters.directory.log import Clock, SegmentLog
from model_registry.adapters.directory.place import Place
from model_registry.adapters.directory.snapshots import Snapshots
from model_registry.adapters.directory.sources import SourceFiles
from model_registry.adapters.directory.usage import UsageFiles
from model_registry.adapters.files import Files
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry

Show = Callable[[ModelEntry], Mapping[str, Any]]


def now() -> datetime:
    """Give the time of the system's clock, in UTC."""
    return datetime.now(UTC)


class DirectoryStore:
    """A registry's directory: the log, the sources, and the pictures kept beside them.

    Many processes may use it at once. Readers take no lock; writers wait for each other.
    """

    def __init__(self, root: Path, show: Show, *, files: Files | None = None, clock: Clock = now) -> None:
        self.place = Place(root, files or Files())
        self.sources = SourceFiles(self.place)
        self.snapshots = Snapshots(self.place, show)
        self.log = SegmentLog(self.place, clock, self.snapshots)
        self.backups = BackupFiles(self.place)
        self.anatomies = AnatomyFile(self.place)
        self.columns = ColumnFiles(self.place)
        self.insides = InsideFiles(self.place)
        self.usage = UsageFiles(self.place, clock)
        self._checkpoint = Checkpoint(self.place)

    @property
    def root(self) -> Path:
        """Give the directory."""
        return self.place.root

    def load(self) -> Catalogue | None:
        """Give the catalogue of the last checkpoint and let the log be read from there; None to read it all."""
        if not self.place.log_id:
            return None
        found = self._checkpoint.load()
        if found is None:
            return None
        catalogue, marks = found
        self.log.resume(marks)
        return catalogue

    def peek(self) -> Catalogue | None:
        """Give the catalogue of the last checkpoint, only to look at it."""
        found = self._checkpoint.load() if self.place.log_id else None
        return found[0] if found else None

    def drop(self) -> None:
        """Let the checkpoint go."""
        self._checkpoint.drop()

    def keep(self, catalogue: Catalogue, *, at_rest: bool = False) -> None:
        """Write a checkpoint of the catalogue when one is due; it must stand at the end of the log."""
        if self._checkpoint.due(catalogue, at_rest=at_rest) and catalogue.position.seq == self.log.tail.seq:
            self._checkpoint.save(catalogue, self.log.places)
