"""The sources of a directory store: one file for each distinct content, named by its SHA-256.

A source that is seldom read may lie compressed (`<digest>.gz`); it is read as before, and never lies there twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from model_registry.adapters.directory.packing import is_as_packed, packed_form, packed_name, plain_name, unpacked
from model_registry.adapters.directory.place import Place
from model_registry.domain.retention import Stored
from model_registry.errors import NotFoundError, StorageError

DIGEST = re.compile(r"[0-9a-f]{64}")


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
        for folder in {self._path(digest).parent for digest in given.keys() - missing.keys()}:
            self._files.sync(folder)  # whoever put it there may have died before its name was on the disk
        if missing:
            self._place.prepare()
            self.add(missing)
        return digests

    def add(self, texts: Mapping[str, bytes]) -> None:
        """Write the bytes of digests durably, whatever lies there."""
        contents = {self._path(digest): data for digest, data in texts.items()}
        folders = {path.parent for path in contents}
        if not folders <= self._lasting:
            self._files.make_folder(self._folder)
        for folder in folders:
            self._files.add_folder(folder)
        if not folders <= self._lasting:
            self._files.sync(self._folder)
            self._lasting |= folders
        self._place.replace_all(contents, durable=True)

    def get(self, digest: str) -> bytes:
        """Read the bytes of a digest; NotFoundError if they are gone, StorageError if they are not what they were."""
        path = self._path(digest)
        data = self._files.read(path)
        if data is None:
            data = unpacked(self._files.read(packed_name(path)))
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
        return any(self._files.size(candidate) is not None for candidate in (path, packed_name(path)))

    def stored(self) -> Iterator[Stored]:
        """Give every digest that is there, and since when."""
        root = self._folder
        for folder in self._files.names(root):
            for name in self._files.names(root / folder):
                since = self._files.modified(root / folder / name)
                digest = plain_name(name)
                if since and DIGEST.fullmatch(digest):
                    yield Stored(digest, since)

    def remove(self, digest: str) -> None:
        """Let the bytes of a digest go."""
        path = self._path(digest)
        self._files.remove(path)
        self._files.remove(packed_name(path))

    def pack(self, digest: str) -> int:
        """Compress the bytes of a digest where they lie, if that makes them smaller; gives how many bytes it saved."""
        path = self._path(digest)
        size = self._files.size(path)
        if size is None:
            return 0
        packed = packed_form(self.get(digest))
        if len(packed) >= size:
            return 0
        self._place.replace(packed_name(path), packed, durable=True)
        self._files.remove(path)
        return size - len(packed)

    def altered(self, digest: str) -> bool:
        """Tell whether what lies there was changed although its content is whole, as in the padding of a packed one."""
        packed = self._files.read(packed_name(self._path(digest)))
        return packed is not None and not is_as_packed(packed)

    def _holds(self, path: Path, size: int) -> bool:
        """Tell whether the bytes are there, and make them young again: cleaning up spares what was put lately."""
        whole = self._files.size(path)
        if whole is not None:
            return whole == size and self._files.touch(path)
        return self._files.touch(packed_name(path))

    def _path(self, digest: str) -> Path:
        if not DIGEST.fullmatch(digest):
            raise NotFoundError(f"{digest[:80]!r} is not a digest", code="bad_digest", hint="Give 64 hex digits.")
        return self._folder.joinpath(digest[:2], digest)
