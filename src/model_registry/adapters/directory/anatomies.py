"""What the models of a directory store are made of: lines appended to one file, by the digest of the text.

`anatomy/<version>.jsonl`, a line each: digest, checksum, JSON. Best effort: a line that is damaged or torn counts for
nothing and what cannot be written is passed over, for all of it can be made anew from the texts.
"""

from __future__ import annotations

import json
import threading
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Set
from logging import getLogger

from model_registry.adapters.directory.place import Place
from model_registry.domain.anatomy import ANATOMY_VERSION, Anatomy, from_row, to_row
from model_registry.errors import RegistryError

MOST_KNOWN = 100
"""How many of those looked up last are kept as they were read; the others are read again from their lines."""

PIECE = 1 << 14
"""How many bytes are read at least: who looks at all models asks for one line after the other."""

DIGITS, KEY_DIGITS = 64, 15
"""How much of a digest is kept in memory, as a number; the line tells the rest."""

logger = getLogger("model_registry")


class AnatomyFile:
    """A cache that all processes of a registry share. Of its lines it is known where they stand; one is read when it is
    asked for."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._path = place.root / "anatomy" / f"{ANATOMY_VERSION}.jsonl"
        self._guard = threading.Lock()
        self._made = False
        self._starts = array("Q", [0])
        self._lines: dict[int, int] = {}
        self._piece = (0, b"")
        self._known: OrderedDict[str, Anatomy] = OrderedDict()

    def find(self, digest: str) -> Anatomy | None:
        """Give what is kept of a text; None where nothing is."""
        with self._guard:
            if digest in self._known:
                return self._known[digest]
            try:
                found = _read(digest, self._line_of(digest))
            except RegistryError as error:
                logger.debug("what models are made of was not read: %s", error.message)
                return None
            if found is None:
                self._lines.pop(_key(digest), None)
            else:
                self._know(digest, found)
            return found

    def keep(self, found: Mapping[str, Anatomy]) -> None:
        """Keep what texts are made of."""
        files = self._place.files
        with self._guard:
            for digest, each in found.items():
                self._know(digest, each)
            fresh = b"".join(_line(digest, each) for digest, each in found.items() if _key(digest) not in self._lines)
            try:
                if fresh and self._place.log_id and files.writable(self._place.root):
                    if not self._made:
                        files.make_folder(self._path.parent)
                    files.append(self._path, fresh)
                    self._made = True
            except RegistryError as error:
                self._made = False
                logger.debug("what models are made of was not kept: %s", error.message)

    def retain(self, digests: Set[str]) -> None:
        """Let go of what is kept of all other texts, of what is damaged, and of what other versions kept."""
        files, folder = self._place.files, self._path.parent
        with self._guard:
            for name in files.names(folder):
                if name != self._path.name:
                    files.remove(folder / name)
            lines = (files.read(self._path) or b"").splitlines(keepends=True)
            found = {line[:DIGITS].decode("ascii", "replace"): line for line in lines if line.endswith(b"\n")}
            wanted = [line for digest, line in found.items() if digest in digests and _read(digest, line) is not None]
            self._forget()
            if wanted:
                self._place.replace(self._path, b"".join(wanted), durable=False)
            else:
                files.remove(self._path)

    def _know(self, digest: str, anatomy: Anatomy) -> None:
        self._known[digest] = anatomy
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def _forget(self) -> None:
        self._starts = array("Q", [0])
        self._lines, self._piece, self._known = {}, (0, b""), OrderedDict()

    def _line_of(self, digest: str) -> bytes:
        """Give the line of a text, b"" for none; where another stands in its place all are looked up anew."""
        line = self._line_at(digest)
        if line and not line.startswith(digest.encode()):
            self._forget()
            line = self._line_at(digest)
        return line

    def _line_at(self, digest: str) -> bytes:
        if _key(digest) not in self._lines:
            self._read_on()
        number = self._lines.get(_key(digest))
        if number is None:
            return b""
        start, end = self._starts[number : number + 2]
        first, piece = self._piece
        if not first <= start < end <= first + len(piece):
            first, piece = start, self._place.files.read(self._path, start, max(PIECE, end - start)) or b""
            self._piece = first, piece
        return piece[start - first : end - first]

    def _read_on(self) -> None:
        """Find the lines that this or another process has appended since the last look."""
        size = self._place.files.size(self._path) or 0
        if size < self._starts[-1]:
            self._forget()
        if size > self._starts[-1]:
            with self._place.files.opened(self._path) as file:
                file.seek(self._starts[-1])
                self._take(file)

    def _take(self, lines: Iterable[bytes]) -> None:
        end = self._starts[-1]
        for line in lines:
            if line.endswith(b"\n"):
                try:
                    self._lines[int(line[:KEY_DIGITS], 16)] = len(self._starts) - 1
                except ValueError:
                    logger.debug("a line of what models are made of is damaged")
                end += len(line)
                self._starts.append(end)


def _key(digest: str) -> int:
    return int(digest[:KEY_DIGITS], 16)


def _line(digest: str, anatomy: Anatomy) -> bytes:
    row = json.dumps(to_row(anatomy), ensure_ascii=False, separators=(",", ":")).encode()
    return b"%s %08x %s\n" % (digest.encode(), zlib.crc32(row), row)


def _read(digest: str, line: bytes) -> Anatomy | None:
    """Read the line of a text; None when it is damaged, or none."""
    try:
        name, checksum, row = line.removesuffix(b"\n").split(b" ", 2)
        sound = name == digest.encode() and int(checksum, 16) == zlib.crc32(row)
        return from_row(json.loads(row)) if sound else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
