"""Reading a backup. It may come from anybody: nothing is unpacked to a path it names, and nothing beyond bounds."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import error as StructError  # noqa: N812 - an exception in all but its name

from model_registry.adapters.files import Files
from model_registry.domain.backup import Manifest, read_manifest
from model_registry.domain.events import DamagedEventError, Event, decode, genesis
from model_registry.errors import StorageError

MANIFEST, LOG, CONFIG, SOURCES = "manifest.json", "log.jsonl", "config.json", "sources/"

MOST_BYTES = 1_000_000_000
MOST_TIMES = 200
"""An archive unpacks to no more than the larger of so many bytes and so many times its size."""

LARGEST_PART = 100_000_000
"""The largest source, event or manifest that is taken out of an archive."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    StructError,
    EOFError,
    KeyError,
    IndexError,
    OverflowError,
    ValueError,
    RuntimeError,
    RecursionError,
)
"""What zipfile and json raise for bytes that are no archive of ours."""


class Archive:
    """A backup held open for reading."""

    def __init__(self, files: Files, path: Path, archive: zipfile.ZipFile) -> None:
        self._files = files
        self._path = path
        self._zip = archive
        self.manifest: Manifest = read_manifest(json.loads(self._part(MANIFEST)))

    @property
    def where(self) -> str:
        """Give where the archive lies."""
        return str(self._path)

    def lines(self) -> Iterator[bytes]:
        """Read the lines of the log, without their ends."""
        with _refusing(self._path), self._zip.open(LOG) as log:
            while line := log.readline(LARGEST_PART):
                if not line.endswith(b"\n"):
                    raise ValueError("a line of the log is too long or cut off")
                yield line[:-1]

    def events(self) -> Iterator[Event]:
        """Read the events of a whole registry, each checked against the chain, up to the head of the manifest."""
        seq, prev = 0, genesis(self.manifest.log_id)
        for line in self.lines():
            event = _followed(line, seq, prev, self._path)
            seq, prev = event.seq, event.hash
            yield event
        if (seq, prev if seq else "") != (self.manifest.events, self.manifest.head):
            raise _refused(self._path, f"its log ends at event {seq}, which is not the head it states")

    def holds(self, digest: str) -> bool:
        """Tell whether the bytes of a digest lie in this archive itself."""
        return SOURCES + digest in self._zip.NameToInfo

    def source(self, digest: str) -> bytes:
        """Read the bytes of a digest, from this archive or from the one beside it that the manifest names.

        StorageError when they are not there or are not what they were.
        """
        beside = self.manifest.sources.get(digest, "")
        if not self.holds(digest) and beside not in {"", self._path.name}:
            with read_archive(self._files, self._path.parent / beside) as base:
                return base._own(digest)
        return self._own(digest)

    def config(self) -> bytes | None:
        """Read the settings that were backed up, if there were any."""
        with _refusing(self._path):
            return self._part(CONFIG) if CONFIG in self._zip.NameToInfo else None

    def _own(self, digest: str) -> bytes:
        with _refusing(self._path):
            data = self._part(SOURCES + digest)
        if hashlib.sha256(data).hexdigest() != digest:
            raise _refused(self._path, f"the source {digest[:12]} in it is damaged")
        return data

    def _part(self, name: str) -> bytes:
        part = self._zip.getinfo(name)
        if part.file_size > LARGEST_PART:
            raise ValueError(f"its {name} is too large")
        return self._zip.read(part)


@contextmanager
def read_archive(files: Files, path: Path) -> Iterator[Archive]:
    """Hold a backup open for reading; StorageError for what is no backup, is damaged, or unpacks beyond bounds."""
    with files.opened(path) as file:
        with _refusing(path):
            archive = zipfile.ZipFile(file)
            _refuse_bomb(archive, files.size(path) or 0)
            opened = Archive(files, path, archive)
        yield opened


def _refuse_bomb(archive: zipfile.ZipFile, size: int) -> None:
    parts = archive.infolist()
    if any(part.compress_type not in METHODS or part.flag_bits & 1 for part in parts):
        raise ValueError("it is packed in a way no backup is")
    if sum(part.file_size for part in parts) > max(MOST_BYTES, MOST_TIMES * size):
        raise ValueError("it would unpack to far more than a backup does")


def _followed(line: bytes, seq: int, prev: str, path: Path) -> Event:
    try:
        event = decode(line)
    except DamagedEventError as error:
        raise _refused(path, f"event {seq + 1} in it is damaged: {error}") from error
    if event.seq != seq + 1 or event.prev != prev:
        raise _refused(path, f"event {event.seq} in it does not follow event {seq}")
    return event


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise _refused(path, str(error) or type(error).__name__) from error


def _refused(path: Path, message: str) -> StorageError:
    return StorageError(
        f"{path.name} cannot be used as a backup: {message[:200]}",
        code="bad_backup",
        where=str(path),
        hint="Name another backup; nothing was changed.",
    )
