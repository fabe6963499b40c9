"""The checkpoint of a directory store: the whole fold at a position, so that opening reads it and a tail of the log."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model_registry.adapters.directory.marks import Mark
from model_registry.adapters.directory.place import Place
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import from_dict, to_dict
from model_registry.domain.events import Position

CHECKPOINT_FORMAT = 1
LEAST_TAIL = 1_000
"""A checkpoint is written when the tail behind the last one is longer than this and than half of its models, so that its
cost for each event stays the same however large the registry grows."""


class Checkpoint:
    """A cache of the catalogue: `checkpoint/state.jsonl`, a header line and a line for each model."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._seq = 0
        self._size = 0

    def load(self) -> tuple[Catalogue, Mark] | None:
        """Read the catalogue and its place in the log; None when there is none, or none that can be believed."""
        data = self._place.files.read(self._path)
        if not data:
            return None
        try:
            head, _, body = data.partition(b"\n")
            header = json.loads(head)
            if not self._believed(header, body):
                return None
            catalogue = self._revive(header, body)
            mark = Mark(**header["mark"])
        except (ValueError, KeyError, TypeError):
            return None
        self._seq, self._size = mark.seq, len(catalogue.entries)
        return catalogue, mark

    def due(self, catalogue: Catalogue) -> bool:
        """Tell whether the tail has grown long enough for the next checkpoint."""
        return catalogue.position.seq - self._seq > max(LEAST_TAIL, self._size // 2)

    def save(self, catalogue: Catalogue, mark: Mark) -> None:
        """Write the catalogue as it stands at the mark."""
        entries = list(catalogue.entries.values())
        body = b"".join(_line(to_dict(entry)) for entry in entries)
        header = {
            "format": CHECKPOINT_FORMAT,
            "log_id": catalogue.position.log_id,
            "mark": asdict(mark),
            "operations": catalogue.operations,
            "digest": hashlib.sha256(body).hexdigest(),
        }
        self._place.replace(self._path, _line(header) + body, durable=False)
        self._seq, self._size = mark.seq, len(entries)

    def _believed(self, header: dict[str, Any], body: bytes) -> bool:
        stated = (header["format"], header["log_id"], header["digest"])
        return stated == (CHECKPOINT_FORMAT, self._place.log_id, hashlib.sha256(body).hexdigest())

    def _revive(self, header: dict[str, Any], body: bytes) -> Catalogue:
        mark = header["mark"]
        catalogue = Catalogue(Position(header["log_id"], mark["seq"], mark["hash"]))
        catalogue.last_at = mark["at"]
        catalogue.operations = dict(header["operations"])
        for line in body.splitlines():
            catalogue.add(from_dict(json.loads(line)))
        return catalogue

    @property
    def _path(self) -> Path:
        return self._place.root / "checkpoint" / "state.jsonl"


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
