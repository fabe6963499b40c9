"""The sources of a directory store: one file for each distinct content, named by its SHA-256.

A source that is seldom read may lie compressed (`<digest>.gz`); it is read as before, and never lies there twice.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

from model_registry.adapters.directory.place import Place
from model_registry.domain.retention import Stored
from model_registry.errors import NotFoundError, StorageError

DIGEST = re.compile(r"[0-9a-f]{64}")
PACKED = ".gz"

PLAIN_HEADER = 10
"""The bytes of a gzip header without optional fields (RFC 1952, 2.3)."""

HEADER = bytes.fromhex("1f8b 08 10 00000000 00 ff")
"""The gzip header of a packed source: deflated, with a comment, without a time, of an unknown system."""


class SourceFiles:
    """Texts of models by digest; a content that is stored already is never written again."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._files = place.files
        self._folder = place.root / "sources"
        self._lasting: set[Path] = set()

    def put(self, data: bytes) -> str:
        """Store the bytes durably and give their digest."""
        return self.put_all([data])[0]

    def put_all(self, texts: Sequence[bytes]) -> list[str]:
        """Store several texts durably, waiting for the disk once for all of them, and give their digests."""
        digests = [hashlib.sha256(data).hexdigest() for data in texts]
        given = dict(zip(digests, texts, strict=True))
        missing = {digest: data for digest, data in given.items() if not self._holds(self._path(digest), len(data))}
        if missing:
            self._place.prepare()
            self.add(missing)
        return digests

    def add(self, texts: Mapping[str, bytes]) -> None:
        """Write the bytes of digests durably, whatever lies there."""
        contents = {self._path(digest): data for digest, data in texts.items()}
        self._make({path.parent for path in contents} - self._lasting)
        self._place.replace_all(contents, durable=True)

    def _make(self, folders: Set[Path]) -> None:
        """Make folders to last; once in a process is enough."""
        for folder in folders:
            self._files.make_folder(folder)
        if folders:
            self._files.sync(self._folder)
            self._lasting |= folders

    def get(self, digest: str) -> bytes:
        """Read the bytes of a digest; NotFoundError if they are gone, StorageError if they are not what they were."""
        path = self._path(digest)
        data = self._files.read(path)
        if data is None:
            data = _unpacked(self._files.read(_packed(path)))
        if data is None:
            raise NotFoundError(
                f"the source {digest[:12]} is not stored",
                code="source_gone",
                where=digest,
                hint="Run `model-registry doctor`: it says whether a backup holds it. Or register the file again.",
            )
        if hashlib.sha256(data).hexdigest() != digest:
            raise StorageError(
                f"the source {digest[:12]} is damaged",
                code="damaged_source",
                where=digest,
                hint="Run `model-registry doctor --repair`: it brings the source back if a backup holds it.",
            )
        return data

    def has(self, digest: str) -> bool:
        """Tell whether the bytes of a digest are there."""
        path = self._path(digest)
        return any(self._files.size(candidate) is not None for candidate in (path, _packed(path)))

    def stored(self) -> Iterator[Stored]:
        """Give every digest that is there, and since when."""
        root = self._folder
        for folder in self._files.names(root):
            for name in self._files.names(root / folder):
                since = self._files.modified(root / folder / name)
                if since and DIGEST.fullmatch(name.removesuffix(PACKED)):
                    yield Stored(name.removesuffix(PACKED), since)

    def remove(self, digest: str) -> None:
        """Let the bytes of a digest go."""
        path = self._path(digest)
        self._files.remove(path)
        self._files.remove(_packed(path))

    def pack(self, digest: str) -> int:
        """Compress the bytes of a digest where they lie, if that makes them smaller; gives how many bytes it saved."""
        path = self._path(digest)
        size = self._files.size(path)
        if size is None:
            return 0
        packed = _packed_form(self.get(digest))
        if len(packed) >= size:
            return 0
        self._place.replace(_packed(path), packed, durable=True)
        self._files.remove(path)
        return size - len(packed)

    def altered(self, digest: str) -> bool:
        """Tell whether what lies there was changed although its content is whole, as in the padding of a packed one."""
        packed = self._files.read(_packed(self._path(digest)))
        return packed is not None and not _is_as_packed(packed)

    def _holds(self, path: Path, size: int) -> bool:
        """Tell whether the bytes are there, and make them young again: cleaning up spares what was put lately."""
        whole = self._files.size(path)
        if whole is not None:
            return whole == size and self._files.touch(path)
        return self._files.touch(_packed(path))

    def _path(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise NotFoundError(f"{digest[:80]!r} is not a digest", code="bad_digest", hint="Give 64 hex digits.")
        return self._folder.joinpath(digest[:2], digest)


def _packed(path: Path) -> Path:
    return path.with_name(path.name + PACKED)


def _packed_form(data: bytes) -> bytes:
    """Give a gzip file whose comment is the SHA-256 of what follows it: a text that unpacks says nothing of the header
    and padding around it."""
    body = gzip.compress(data, mtime=0)[PLAIN_HEADER:]
    return HEADER + hashlib.sha256(body).hexdigest().encode() + b"\0" + body


def _is_as_packed(packed: bytes) -> bool:
    stated, body = packed[: len(HEADER) + 65], packed[len(HEADER) + 65 :]
    return stated == HEADER + hashlib.sha256(body).hexdigest().encode() + b"\0"


def _unpacked(packed: bytes | None) -> bytes | None:
    """Give what was compressed; bytes that cannot be unpacked stand for themselves, since no digest fits them."""
    try:
        return None if packed is None else gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return packed
