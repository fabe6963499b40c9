"""The checkpoint of a directory store: the whole fold at a position, so that opening reads it and a tail of the log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from model_registry.adapters.directory.marks import Mark
from model_registry.adapters.directory.place import Place
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entries import Entries, Written
from model_registry.domain.entry import Brief
from model_registry.domain.events import Position
from model_registry.domain.lifecycle import State
from model_registry.domain.lookups import Lookups, Settled
from model_registry.domain.merkle import Tree

CHECKPOINT_FORMAT = 7
LOOKUP_BYTES = 12
LEAST_TAIL = 1_000
BYTES_AN_EVENT = 4_096
"""A checkpoint is written when the tail behind the last one is longer than so many events, and than one event for each
so many bytes of it: what it costs for each event stays the same, however many models and versions there are."""


class Checkpoint:
    """A cache of the catalogue: `checkpoint/state`, a header line and then each model.

    Of that there is a line with its id, its last event, its state, how many bytes its entry takes, and its name; then
    the entry itself, packed (see `domain.packed`), which is understood when it is asked for. Behind the last model
    stand the lookups (see `domain.lookups`).

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
            end = data.index(b"\n") + 1
            header = json.loads(data[:end])
            if not self._believed(header, memoryview(data)[end:]):
                return None
            marks = [Mark(**mark) for mark in header["marks"]]
            lookups = len(data) - header["lookups"] * LOOKUP_BYTES
            written = dict(_written(data, end, lookups))
            settled = Settled.read(data[lookups:], header["lookups"])
            catalogue = _revived(header, marks[-1], Entries(written), Lookups(settled, tuple(written)))
        except (ValueError, LookupError, TypeError):
            return None
        self._seq, self._bytes = catalogue.position.seq, len(data)
        return catalogue, marks

    def due(self, catalogue: Catalogue, *, at_rest: bool = False) -> bool:
        """Tell whether the tail has grown long enough for the next checkpoint; `at_rest` the least length will do."""
        enough = LEAST_TAIL if at_rest else max(LEAST_TAIL, self._bytes // BYTES_AN_EVENT)
        return catalogue.position.seq - self._seq > enough

    def save(self, catalogue: Catalogue, marks: Sequence[Mark]) -> None:
        """Write the catalogue as it stands at the last of the marks."""
        stored = [_stored(*written) for written in catalogue.entries.settled()]
        lookups = catalogue.lookups.settle(tuple(catalogue.entries))
        body = b"".join((*stored, lookups.written()))
        header = {
            "format": CHECKPOINT_FORMAT,
            "log_id": catalogue.position.log_id,
            "marks": [asdict(mark) for mark in marks],
            "tree": {"size": catalogue.tree.size, "peaks": [peak.hex() for peak in catalogue.tree.peaks]},
            "operations": catalogue.operations,
            "required": catalogue.required,
            "lookups": len(lookups.keys),
        }
        data = _line(header | {"digest": _digest(header, body)}) + body
        self._place.replace(self._path, data, durable=False)
        self._place.files.remove(self._former_path)
        self._seq, self._bytes = catalogue.position.seq, len(data)

    def drop(self) -> None:
        """Remove the checkpoint."""
        self._place.files.remove(self._path)
        self._seq, self._bytes = 0, 0

    def _believed(self, header: dict[str, Any], body: memoryview) -> bool:
        digest = header.pop("digest")
        stated = (header["format"], header["log_id"], digest)
        return stated == (CHECKPOINT_FORMAT, self._place.log_id, _digest(header, body))

    @property
    def _path(self) -> Path:
        return self._place.root / "checkpoint" / "state"

    @property
    def _former_path(self) -> Path:
        """Where formats up to 5 stood."""
        return self._place.root / "checkpoint" / "state.jsonl"


def _stored(brief: Brief, entry: bytes) -> bytes:
    told = f"{brief.id} {brief.seq} {brief.state.value} {len(entry)} {brief.called}\n"
    return told.encode() + entry


def _written(data: bytes, start: int, stop: int) -> Iterator[tuple[str, Written]]:
    """Give what stands of each model from a place on, by id."""
    states = {state.value: state for state in State}
    while start < stop:
        end = data.index(b"\n", start)
        model_id, seq, state, size, called = data[start:end].decode().split(" ", 4)
        start = end + 1 + int(size)
        yield model_id, (Brief(model_id, int(seq), states[state], called), data[end + 1 : start])


def _revived(header: dict[str, Any], mark: Mark, entries: Entries, lookups: Lookups) -> Catalogue:
    catalogue = Catalogue(Position(header["log_id"], mark.seq, mark.hash), entries, lookups)
    catalogue.last_at = mark.at
    catalogue.tree = Tree(header["tree"]["size"], tuple(map(bytes.fromhex, header["tree"]["peaks"])))
    catalogue.operations = dict(header["operations"])
    catalogue.require(header["required"])
    return catalogue


def _digest(header: dict[str, Any], body: bytes | memoryview) -> str:
    digest = hashlib.sha256(_line(header))
    digest.update(body)
    return digest.hexdigest()


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
