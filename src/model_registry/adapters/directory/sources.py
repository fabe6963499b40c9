"""The sources of a directory store: one file for each distinct content, named by its SHA-256."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from model_registry.adapters.directory.place import Place
from model_registry.errors import NotFoundError, StorageError

DIGEST = re.compile(r"[0-9a-f]{64}")


class SourceFiles:
    """Texts of models by digest; a content that is stored already is never written again."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def put(self, data: bytes) -> str:
        """Store the bytes durably and give their digest."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if self._place.files.size(path) != len(data):
            self._make_room()
            self._place.files.make_folder(path.parent)
            self._place.files.sync(path.parent.parent)
            self._place.replace(path, data, durable=True)
        return digest

    def get(self, digest: str) -> bytes:
        """Read the bytes of a digest; NotFoundError if they are gone, StorageError if they are not what they were."""
        data = self._place.files.read(self._path(digest))
        if data is None:
            raise NotFoundError(
                f"the source {digest[:12]} is not stored",
                code="source_gone",
                where=digest,
                hint="It was pruned or lost: restore a backup, or register the file again.",
            )
        if hashlib.sha256(data).hexdigest() != digest:
            raise StorageError(
                f"the source {digest[:12]} is damaged",
                code="damaged_source",
                where=digest,
                hint="Restore a backup, or register the file again after removing the damaged one.",
            )
        return data

    def has(self, digest: str) -> bool:
        """Tell whether the bytes of a digest are there."""
        return self._place.files.size(self._path(digest)) is not None

    def _make_room(self) -> None:
        if not self._place.log_id:
            with self._place.locked():
                pass

    def _path(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise NotFoundError(f"{digest[:80]!r} is not a digest", code="bad_digest", hint="Give 64 hex digits.")
        return self._place.root / "sources" / digest[:2] / digest
