"""Backups of a directory store: ZIP archives under `backups/`, read back after writing.

A backup of the registry copies only sources that the one before does not name; its manifest says which archive holds
the others. They lie side by side, so `backups/` is kept or copied as a whole. The bundle of a model holds all it needs.
"""

from __future__ import annotations

import json
import os
import uuid
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

from model_registry.adapters.directory.archives import CONFIG, LOG, MANIFEST, SOURCES, Archive, read_archive
from model_registry.adapters.directory.place import Place
from model_registry.adapters.files import Files
from model_registry.domain.backup import REGISTRY, Manifest, Saved
from model_registry.errors import RegistryError, StorageError

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Archives carry no times, so that the same content gives the same bytes."""

CHUNK = 1_000_000

DAMAGED = "damaged"
"""How the name of an archive begins that holds a log as it lay, because it could no longer be read."""


class BackupFiles:
    """Archives beside the log; what one of them holds is not written again."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._files = place.files
        self._folder = place.root / "backups"

    def save(
        self, name: str, manifest: Manifest, log: Iterable[bytes], sources: Iterable[str], read: Callable[[str], bytes]
    ) -> Saved:
        """Put the lines of a log and sources aside as one verified archive, durably.

        `read` gives the bytes of a source; those it cannot give are noted as missing.
        """
        held = self._held() if manifest.kind == REGISTRY else {}
        wanted = list(sources)
        for path in self._paths(name):
            if self._files.size(path) is None:
                break
            same = self._saved_before(path, manifest, wanted)
            if same:
                return same
        return self._write(path, manifest, log, {digest: held.get(digest, path.name) for digest in wanted}, read)

    def find(self, digest: str) -> tuple[str, bytes] | None:
        """Give the bytes of a source that some backup holds, and where it lies; None when none does."""
        for path in self._archives():
            try:
                with read_archive(self._files, path) as archive:
                    if archive.holds(digest):
                        return self._told(path), archive.source(digest)
            except StorageError:
                continue
        return None

    def latest(self) -> str:
        """Give where the newest backup of the whole registry lies; "" when there is none."""
        return next((self._told(path) for path in self._archives() if path.name.startswith(REGISTRY)), "")

    def damaged(self) -> Iterator[tuple[str, str]]:
        """Give where backups lie that cannot be read back, and why; logs put aside as they lay are none."""
        for path in self._archives():
            try:
                if not path.name.startswith(DAMAGED):
                    with read_archive(self._files, path) as archive:
                        self._verified(path, archive.manifest)
            except StorageError as error:
                yield self._told(path), error.message

    def save_as_it_lies(self, name: str) -> str:
        """Put a log that can no longer be read aside, byte by byte, with its format and settings."""
        path = next(path for path in self._paths(name) if self._files.size(path) is None)
        root = self._place.root
        folders = [known for known in self._files.names(root) if known == "log" or known.startswith("log-")]
        segments = [root / folder / segment for folder in folders for segment in self._files.names(root / folder)]
        with self._written_to(path) as archive:
            for part in [*segments, root / "format.json", root / CONFIG]:
                data = self._files.read(part)
                if data is not None:
                    archive.writestr(_part(str(part.relative_to(root))), data)
        return self._told(path)

    @contextmanager
    def _written_to(self, path: Path) -> Iterator[zipfile.ZipFile]:
        """Let an archive be filled; it comes to its place whole and durable, or not at all."""
        temporary = self._place.scratch / f"{os.getpid()}-{uuid.uuid4().hex}.tmp"
        self._files.make_folder(self._folder)
        self._files.make_folder(self._place.scratch)
        try:
            with _Stream(self._files, temporary) as stream, zipfile.ZipFile(stream, "w") as archive:
                yield archive
            self._files.sync(temporary)
            self._files.rename(temporary, path)
            self._files.sync(self._folder)
        finally:
            self._files.remove(temporary)

    def _write(
        self,
        path: Path,
        manifest: Manifest,
        log: Iterable[bytes],
        placed: dict[str, str],
        read: Callable[[str], bytes],
    ) -> Saved:
        with self._written_to(path) as archive:
            manifest = self._fill(archive, path.name, manifest, log, placed, read)
        own = self._verified(path, manifest)
        return Saved(self._told(path), self._files.size(path) or 0, manifest, own)

    def _fill(
        self,
        archive: zipfile.ZipFile,
        own: str,
        manifest: Manifest,
        log: Iterable[bytes],
        placed: dict[str, str],
        read: Callable[[str], bytes],
    ) -> Manifest:
        """Write everything, the manifest last, since only then it is known what could be read."""
        missing = {digest for digest, name in placed.items() if name == own and not _copied(archive, digest, read)}
        with archive.open(_part(LOG), "w", force_zip64=True) as part:
            for line in log:
                part.write(line + b"\n")
        settings = self._files.read(self._place.root / CONFIG)
        if settings is not None:
            archive.writestr(_part(CONFIG), settings)
        there = {digest: name for digest, name in placed.items() if digest not in missing}
        manifest = replace(manifest, sources=there, missing=tuple(sorted(missing)))
        archive.writestr(_part(MANIFEST), json.dumps(manifest.to_dict()))
        return manifest

    def _verified(self, path: Path, manifest: Manifest) -> int:
        """Read an archive back, every part of it, and give how many sources it holds itself."""
        with read_archive(self._files, path) as archive:
            own = [digest for digest in manifest.sources if archive.holds(digest)]
            for digest in own:
                archive.source(digest)
            deque(_log_of(archive), maxlen=0)
            written = archive.manifest
        if written != manifest:
            hint = "Check the disk; nothing else was changed."
            raise StorageError("the backup cannot be read back", code="bad_backup", where=str(path), hint=hint)
        return len(own)

    def _held(self) -> dict[str, str]:
        """Give the sources that earlier backups hold, as the newest readable one names them."""
        there = set(self._files.names(self._folder))
        for path in self._archives():
            try:
                with read_archive(self._files, path) as archive:
                    if archive.manifest.kind == REGISTRY:
                        return {digest: name for digest, name in archive.manifest.sources.items() if name in there}
            except StorageError:
                continue
        return {}

    def _saved_before(self, path: Path, manifest: Manifest, wanted: Iterable[str]) -> Saved | None:
        """Give the archive that lies there if it holds just this, settings included, and can be read."""
        settings = self._files.read(self._place.root / CONFIG)
        try:
            with read_archive(self._files, path) as archive:
                known = archive.manifest
                expected = replace(manifest, sources=dict.fromkeys(wanted, path.name), missing=())
                if known.content != expected.content or archive.config() != settings:
                    return None
            self._verified(path, known)
        except StorageError:
            return None
        return Saved(self._told(path), self._files.size(path) or 0, known, 0)

    def _archives(self) -> list[Path]:
        """Give the archives, backups of the registry first, the newest of each first."""
        names = [name for name in self._files.names(self._folder) if name.endswith(".zip")]
        newest = sorted(names, key=lambda name: (name.startswith(REGISTRY), name), reverse=True)
        return [self._folder / name for name in newest]

    def _paths(self, name: str) -> Iterator[Path]:
        """Give where an archive of that name may lie: one of other content is never overwritten."""
        yield self._folder / f"{name}.zip"
        yield from (self._folder / f"{name}-{number}.zip" for number in count(2))

    def _told(self, path: Path) -> str:
        return str(path.relative_to(self._place.root))


class _Stream:
    """What zipfile writes to: a file that grows through the seam, some bytes at a time."""

    def __init__(self, files: Files, path: Path) -> None:
        self._files = files
        self._path = path
        self._waiting = bytearray()

    def __enter__(self) -> _Stream:
        self._files.write(self._path, b"")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, data: bytes) -> int:
        self._waiting += data
        if len(self._waiting) >= CHUNK:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._waiting:
            self._files.append(self._path, bytes(self._waiting))
            self._waiting.clear()

    def close(self) -> None:
        self.flush()


def _part(name: str) -> zipfile.ZipInfo:
    part = zipfile.ZipInfo(name, EPOCH)
    part.compress_type = zipfile.ZIP_DEFLATED
    return part


def _copied(archive: zipfile.ZipFile, digest: str, read: Callable[[str], bytes]) -> bool:
    try:
        archive.writestr(_part(SOURCES + digest), read(digest))
    except RegistryError:
        return False
    return True


def _log_of(archive: Archive) -> Iterator[object]:
    return archive.events() if archive.manifest.kind == REGISTRY else archive.lines()
