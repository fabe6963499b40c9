"""What the texts of a directory store tell, kept so that showing a model does not read and check its text again.

`inside/<version>/ab/abcd…`, a file for each text: a checksum and JSON. Best effort: a file that is damaged or torn
counts for nothing and what cannot be written is passed over, for all of it can be made anew from the texts.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Set
from logging import getLogger
from pathlib import Path

from model_registry.adapters.directory.place import Place
from model_registry.domain.inside import Inside, inside_version
from model_registry.errors import RegistryError

logger = getLogger("model_registry")


class InsideFiles:
    """A cache that all processes of a registry share."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._files = place.files
        self._made: set[Path] = set()

    def find(self, digest: str) -> Inside | None:
        """Give what is kept of a text; None where nothing is."""
        try:
            return _read(self._files.read(self._path(digest)) or b"")
        except RegistryError as error:
            logger.debug("what a text tells was not read: %s", error.message)
            return None

    def keep(self, found: Mapping[str, Inside]) -> None:
        """Keep what texts tell."""
        try:
            if not (self._place.log_id and self._files.writable(self._place.root)):
                return
            for digest, inside in found.items():
                self._make(self._path(digest).parent)
                self._files.write(self._path(digest), _written(inside))
        except RegistryError as error:
            self._made.clear()
            logger.debug("what a text tells was not kept: %s", error.message)

    def retain(self, digests: Set[str]) -> None:
        """Let go of what is kept of all other texts, and of what other versions of this program kept."""
        root = self._place.root / "inside"
        for version in self._files.names(root):
            wanted = digests if version == inside_version() else frozenset[str]()
            for folder in self._files.names(root / version):
                for name in self._files.names(root / version / folder):
                    if name not in wanted:
                        self._files.remove(root / version / folder / name)

    def _make(self, folder: Path) -> None:
        """Make a folder and those between it and the registry, each its owner's alone."""
        if folder not in self._made and folder != self._place.root:
            self._make(folder.parent)
            self._files.add_folder(folder)
            self._made.add(folder)

    def _path(self, digest: str) -> Path:
        return self._place.root.joinpath("inside", inside_version(), digest[:2], digest)


def _written(inside: Inside) -> bytes:
    row = json.dumps(inside, ensure_ascii=False, separators=(",", ":")).encode()
    return b"%08x %s" % (zlib.crc32(row), row)


def _read(data: bytes) -> Inside | None:
    """Read a file; None when it is damaged."""
    try:
        checksum, _, row = data.partition(b" ")
        inside: Inside = json.loads(row) if int(checksum, 16) == zlib.crc32(row) else {}
        return inside or None
    except (ValueError, RecursionError):
        return None
