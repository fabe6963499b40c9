"""The JSON metadata of a directory store: one file a model, as it stands now, for people and other programs to read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model_registry.adapters.directory.place import Place
from model_registry.domain.entry import ModelEntry
from model_registry.domain.events import Position

NOTE_BYTES = 384
"""The note of the place in the log is filled up to this, so that a new one covers the whole of the last: written in its
place it costs no file, and lies in one block of the disk."""


class Snapshots:
    """A projection: `models/<id>.json`, and in `checkpoint/position.json` the place in the log they stand for.

    That place is also a witness: a log that does not reach it has lost events. Nothing here is synced; the note tells
    in which run of the system it was made, and after another start every snapshot is held to be out of date.
    """

    def __init__(self, place: Place, show: Callable[[ModelEntry], Mapping[str, Any]]) -> None:
        self._place = place
        self._show = show
        self._folder = place.root / "models"
        self._witness = place.root / "checkpoint" / "position.json"

    def position(self) -> int:
        """Give the sequence number of the last event the snapshots surely show."""
        noted, boot = self._noted()
        known = noted and noted.log_id == self._place.log_id and boot == self._place.files.boot()
        return noted.seq if noted and known else 0

    def seen(self) -> Position | None:
        """Give the place in the log the snapshots stand for; None when they are missing, damaged or of another log."""
        noted, _ = self._noted()
        return noted if noted and noted.log_id == self._place.log_id else None

    def power_may_have_failed(self) -> bool:
        """Tell whether the system was started anew since the last event was noted, or nothing is noted."""
        noted, boot = self._noted()
        return noted is None or boot != self._place.files.boot()

    def update(self, changed: Iterable[ModelEntry], position: Position) -> None:
        """Write the models that changed, then the place they stand for."""
        self._place.replace_all({self._path(entry.id): self._render(entry) for entry in changed}, durable=False)
        note = asdict(position) | {"boot": self._place.files.boot()}
        self._place.files.overwrite(self._witness, _line(note | {"checksum": _checksum(note)}).ljust(NOTE_BYTES))

    def stale(self, entries: Iterable[ModelEntry]) -> list[str]:
        """Give the ids of the entries whose snapshot is missing or says something else."""
        return [entry.id for entry in entries if self._shown(entry.id) != json.loads(self._render(entry))]

    def revisions(self) -> dict[str, int]:
        """Give the revision that the snapshot of each model shows, unless they are known to be those of another log."""
        if self._noted()[0] != self.seen():
            return {}
        names = self._place.files.names(self._folder)
        ids = [name.removesuffix(".json") for name in names if name.endswith(".json")]
        return {model_id: self._revision(model_id) for model_id in ids}

    def _noted(self) -> tuple[Position | None, str]:
        """Read the place the snapshots stand for, and the run of the system in which it was noted."""
        data = self._place.files.read(self._witness)
        try:
            note = json.loads(data or b"")
            if note.pop("checksum", None) not in {None, _checksum(note)}:
                return None, ""
            boot = note.pop("boot", "")
            return Position(str(note["log_id"]), int(note["seq"]), str(note["hash"])), boot
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
            return None, ""

    def _revision(self, model_id: str) -> int:
        try:
            return int(self._shown(model_id)["revision"])
        except (ValueError, TypeError, LookupError):
            return 0

    def _shown(self, model_id: str) -> Any:
        """Give what stands in the snapshot of a model; None where there is none that can be read."""
        try:
            return json.loads(self._place.files.read(self._path(model_id)) or b"")
        except (ValueError, RecursionError):
            return None

    def _path(self, model_id: str) -> Path:
        return self._folder / f"{model_id}.json"

    def _render(self, entry: ModelEntry) -> bytes:
        """Give a model as JSON, a line for each key."""
        rows = (f" {_json(key)}: {_json(value)}" for key, value in sorted(self._show(entry).items()))
        return ("{\n" + ",\n".join(rows) + "\n}\n").encode()


_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def _line(note: Mapping[str, Any]) -> bytes:
    return json.dumps(note).encode() + b"\n"


def _checksum(note: Mapping[str, Any]) -> int:
    return zlib.crc32(_line(note))
