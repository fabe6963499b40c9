"""The checkpoint of a directory store: the whole fold at a position, so that opening reads it and a tail of the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model_registry.adapters.directory.marks import Mark
from model_registry.adapters.directory.place import Place
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import from_dict, to_dict
from model_registry.domain.events import Position
from model_registry.domain.merkle import Tree

CHECKPOINT_FORMAT = 2
LEAST_TAIL = 1_000
BYTES_AN_EVENT = 4_096
"""A checkpoint is written when the tail behind the last one is longer than so many events, and than one event for each
so many bytes of it: what it costs for each event stays the same, however many models and versions there are."""


class Checkpoint:
    """A cache of the catalogue: `checkpoint/state.jsonl`, a header line and a line for each model with its trail.

    The header holds the places of the log from which reading can begin (the last of them is where the catalogue
    stands), the Merkle tree over the events so far, and a digest of all the rest.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._seq = 0
        self._bytes = 0

    def load(self) -> tuple[Catalogue, list[Mark]] | None:
        """Read the catalogue and places of its log; None when there is no checkpoint, or none to be believed."""
        data = self._place.files.read(self._path)
        if not data:
            return None
        try:
            head, _, body = data.partition(b"\n")
            header = json.loads(head)
            if not self._believed(header, body):
                return None
            marks = [Mark(**mark) for mark in header["marks"]]
            catalogue = self._revive(header, marks[-1], body)
        except (ValueError, LookupError, TypeError):
            return None
        self._seq, self._bytes = catalogue.position.seq, len(data)
        return catalogue, marks

    def due(self, catalogue: Catalogue) -> bool:
        """Tell whether the tail has grown long enough for the next checkpoint."""
        return catalogue.position.seq - self._seq > max(LEAST_TAIL, self._bytes // BYTES_AN_EVENT)

    def save(self, catalogue: Catalogue, marks: Sequence[Mark]) -> None:
        """Write the catalogue as it stands at the last of the marks."""
        entries = list(catalogue.entries.values())
        body = b"".join(_line([to_dict(entry), [*catalogue.trail(entry.id)][::-1]]) for entry in entries)
        header = {
            "format": CHECKPOINT_FORMAT,
            "log_id": catalogue.position.log_id,
            "marks": [asdict(mark) for mark in marks],
            "tree": {"size": catalogue.tree.size, "peaks": [peak.hex() for peak in catalogue.tree.peaks]},
            "operations": catalogue.operations,
        }
        data = _line(header | {"digest": _digest(header, body)}) + body
        self._place.replace(self._path, data, durable=False)
        self._seq, self._bytes = catalogue.position.seq, len(data)

    def drop(self) -> None:
        """Remove the checkpoint."""
        self._place.files.remove(self._path)
        self._seq, self._bytes = 0, 0

    def _believed(self, header: dict[str, Any], body: bytes) -> bool:
        digest = header.pop("digest")
        stated = (header["format"], header["log_id"], digest)
        return stated == (CHECKPOINT_FORMAT, self._place.log_id, _digest(header, body))

    def _revive(self, header: dict[str, Any], mark: Mark, body: bytes) -> Catalogue:
        catalogue = Catalogue(Position(header["log_id"], mark.seq, mark.hash))
        catalogue.last_at = mark.at
        catalogue.tree = Tree(header["tree"]["size"], tuple(map(bytes.fromhex, header["tree"]["peaks"])))
        catalogue.operations = dict(header["operations"])
        for line in body.splitlines():
            stored, trail = json.loads(line)
            entry = from_dict(stored)
            catalogue.add(entry)
            catalogue.trace(entry.id, trail)
        return catalogue

    @property
    def _path(self) -> Path:
        return self._place.root / "checkpoint" / "state.jsonl"


def _digest(header: dict[str, Any], body: bytes) -> str:
    return hashlib.sha256(_line(header) + body).hexdigest()


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
