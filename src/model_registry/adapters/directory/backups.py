"""Backups of a directory store: ZIP archives under `backups/`, read back after writing."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable

from model_registry.adapters.directory.place import Place
from model_registry.errors import StorageError

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Archives carry no times, so that the same content gives the same bytes."""


class BackupFiles:
    """Archives beside the log; one of the same name and content is not written again."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def save(self, name: str, files: Iterable[tuple[str, bytes]]) -> str:
        """Put files aside as one verified archive, durably, and give where it lies."""
        data = _archive(files)
        path = self._place.root / "backups" / f"{name}.zip"
        self._place.replace(path, data, durable=True)
        _verify(self._place.files.read(path) or b"", str(path))
        return str(path.relative_to(self._place.root))


def _archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _verify(data: bytes, where: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, zlib.error) as error:
        broken = str(error)
    if broken:
        hint = "Check the disk; nothing else was changed."
        raise StorageError(f"the backup cannot be read back: {broken}", code="bad_backup", where=where, hint=hint)
