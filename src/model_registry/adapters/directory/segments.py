"""The files of a log: numbered, the last one growing, the others closed for ever and, if need be, packed."""

from __future__ import annotations

import re
from pathlib import Path

from model_registry.adapters.directory.packing import is_as_packed, packed_form, packed_name, plain_name, unpacked
from model_registry.adapters.directory.place import Place
from model_registry.errors import StorageError

NAME = re.compile(r"(\d{6,})\.jsonl")


class Segments:
    """The segments of the log that is in force. A plain one counts before a packed one of the same number."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._files = place.files
        self._unpacked: tuple[object, bytes] = (None, b"")

    def path(self, number: int) -> Path:
        """Give where a segment lies while it grows."""
        return self._place.log / f"{number:06d}.jsonl"

    def newest(self) -> int:
        """Give the highest number there is, 1 where there is none."""
        names = map(plain_name, self._files.names(self._place.log))
        return max((int(match[1]) for name in names if (match := NAME.fullmatch(name))), default=1)

    def is_there(self, number: int) -> bool:
        """Tell whether a segment is there, packed or not."""
        path = self.path(number)
        return any(self._files.size(candidate) is not None for candidate in (path, packed_name(path)))

    def size(self, number: int) -> int:
        """Give how many bytes a segment holds, 0 where there is none."""
        size = self._files.size(self.path(number))
        return len(self._whole(number)) if size is None else size

    def read(self, number: int, offset: int = 0, size: int = -1) -> bytes:
        """Read a segment from an offset, at most `size` bytes or to its end; nothing where there is none.

        It may be packed between two readings: then the second finds the same bytes in the packed one.
        """
        data = self._files.read(self.path(number), offset, size)
        if data is not None:
            return data
        whole = self._whole(number)
        return whole[offset:] if size < 0 else whole[offset : offset + size]

    def packed(self, number: int) -> tuple[bytes, bytes] | None:
        """Give a segment that lies plain, or was altered around its content, and its packed form; None for others."""
        path = self.path(number)
        data = self._files.read(path)
        if data is None:
            stored = self._files.read(packed_name(path))
            data = unpacked(stored)
            if stored is None or data is None or data == stored or is_as_packed(stored):
                return None
        return data, packed_form(data)

    def put(self, number: int, data: bytes, packed: bytes) -> int:
        """Put the packed form of a closed segment in its place, durably; gives how many bytes that saved.

        The plain one goes only after the packed one was read back.
        """
        path = self.path(number)
        self._place.replace(packed_name(path), packed, durable=True)
        if unpacked(self._files.read(packed_name(path))) != data:
            self._files.remove(packed_name(path))
            hint = "Check the disk; the segment stays as it is."
            raise StorageError(f"{path.name} cannot be packed", code="disk_error", where=str(path), hint=hint)
        self._files.remove(path)
        return len(data) - len(packed)

    def _whole(self, number: int) -> bytes:
        """Give what a packed segment holds; the last one asked for is kept, for it is read piece by piece."""
        path = packed_name(self.path(number))
        stamp = self._files.stamp(path)
        if stamp is None:
            return b""
        if self._unpacked[0] != (path, stamp):
            self._unpacked = ((path, stamp), unpacked(self._files.read(path)) or b"")
        return self._unpacked[1]
