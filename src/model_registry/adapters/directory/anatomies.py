"""What the models of a directory store are made of: lines appended to one file, by the digest of the text.

`anatomy/<version>.jsonl`, a line each: digest, checksum, JSON. Best effort: a line that is damaged or torn counts for
nothing and what cannot be written is passed over, for all of it can be made anew from the texts.
"""

from __future__ import annotations

import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Set
from logging import getLogger

from model_registry.adapters.directory.place import Place
from model_registry.domain.anatomy import ANATOMY_VERSION, Anatomy, from_row, to_row
from model_registry.errors import RegistryError

MOST_KNOWN = 1_000
"""How many of those looked up last are kept as they were read; the others are read again from their lines."""

logger = getLogger("model_registry")


class AnatomyFile:
    """A cache that all processes of a registry share; lines are read when they are asked for."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._path = place.root / "anatomy" / f"{ANATOMY_VERSION}.jsonl"
        self._guard = threading.Lock()
        self._read_to = 0
        self._lines: dict[str, bytes] = {}
        self._known: OrderedDict[str, Anatomy] = OrderedDict()

    def find(self, digest: str) -> Anatomy | None:
        """Give what is kept of a text; None where nothing is."""
        with self._guard:
            if digest in self._known:
                return self._known[digest]
            if digest not in self._lines:
                self._read_on()
            found = _read(self._lines.get(digest, b""))
            if found is not None:
                self._know(digest, found)
            return found

    def keep(self, found: Mapping[str, Anatomy]) -> None:
        """Keep what texts are made of."""
        files = self._place.files
        with self._guard:
            for digest, each in found.items():
                self._know(digest, each)
            fresh = b"".join(_line(digest, each) for digest, each in found.items() if digest not in self._lines)
            try:
                if fresh and self._place.log_id and files.writable(self._place.root):
                    files.make_folder(self._path.parent)
                    files.append(self._path, fresh)
            except RegistryError as error:
                logger.debug("what models are made of was not kept: %s", error.message)

    def retain(self, digests: Set[str]) -> None:
        """Let go of what is kept of all other texts, of what is damaged, and of what other versions kept."""
        files, folder = self._place.files, self._path.parent
        with self._guard:
            for name in files.names(folder):
                if name != self._path.name:
                    files.remove(folder / name)
            self._forget()
            self._read_on()
            wanted = [line for digest, line in self._lines.items() if digest in digests and _read(line) is not None]
            self._forget()
            if wanted:
                self._place.replace(self._path, b"\n".join([*wanted, b""]), durable=False)
            else:
                files.remove(self._path)

    def _know(self, digest: str, anatomy: Anatomy) -> None:
        self._known[digest] = anatomy
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _forget(self) -> None:
        self._read_to = 0
        self._lines, self._known = {}, OrderedDict()

    def _read_on(self) -> None:
        """Take in the lines that this or another process has appended since the last look."""
        try:
            size = self._place.files.size(self._path) or 0
            if size < self._read_to:
                self._forget()
            data = self._place.files.read(self._path, self._read_to) if size > self._read_to else None
        except RegistryError as error:
            logger.debug("what models are made of was not read: %s", error.message)
            return
        whole = (data or b"").rpartition(b"\n")[0]
        for line in whole.splitlines():
            self._lines[line[:64].decode("ascii", "replace")] = line
        self._read_to += len(whole) + bool(whole)


def _line(digest: str, anatomy: Anatomy) -> bytes:
    row = json.dumps(to_row(anatomy), ensure_ascii=False, separators=(",", ":")).encode()
    return b"%s %08x %s\n" % (digest.encode(), zlib.crc32(row), row)


def _read(line: bytes) -> Anatomy | None:
    """Read a line; None when it is damaged."""
    try:
        _, checksum, row = line.split(b" ", 2)
        return from_row(json.loads(row)) if int(checksum, 16) == zlib.crc32(row) else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
