"""What the models of a directory store have in the columns that were asked for, so that others need not read them all.

`columns/<version>/<name>`, a file for each column: lines with a checksum, a header and the different values, then
numbers of four bytes (see `domain.values.Combinations`). Best effort: a file that is damaged counts for nothing, and
what cannot be written is passed over, for all of it can be made anew from the models.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from logging import getLogger
from typing import Any

import numpy as np

from model_registry.adapters.directory.place import Place
from model_registry.domain.anatomy import ANATOMY_VERSION
from model_registry.domain.columns import COLUMNS_VERSION
from model_registry.domain.events import Position
from model_registry.domain.values import Combinations, Kept
from model_registry.errors import RegistryError

_NUMBER = np.dtype("<i4")

logger = getLogger("model_registry")


class ColumnFiles:
    """A cache that all processes of a registry share."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._root = place.root / "columns"
        self._folder = self._root / f"{COLUMNS_VERSION}-{ANATOMY_VERSION}"

    def find(self, name: str) -> Kept | None:
        """Give what is kept of a column; None where nothing is."""
        try:
            return _read(self._place.files.read(self._folder / name) or b"")
        except RegistryError as error:
            logger.debug("the column %s was not read: %s", name, error.message)
            return None

    def keep(self, name: str, column: Kept) -> None:
        """Keep a column in the place of what was kept."""
        files = self._place.files
        try:
            if self._place.log_id and files.writable(self._place.root):
                for folder in (self._root, self._folder):
                    files.add_folder(folder)
                self._place.replace(self._folder / name, _written(column), durable=False)
        except RegistryError as error:
            logger.debug("the column %s was not kept: %s", name, error.message)

    def drop(self) -> None:
        """Let everything go, also what other versions of this program kept."""
        for version in self._place.files.names(self._root):
            for name in self._place.files.names(self._root / version):
                self._place.files.remove(self._root / version / name)


def _written(column: Kept) -> bytes:
    values, *numbers = column.read
    header = {
        "position": asdict(column.position),
        "models": column.models,
        "counts": [len(each) for each in numbers],
    }
    data = b"".join([_line(header), _line(values), *(each.astype(_NUMBER).tobytes() for each in numbers)])
    return b"%08x\n%s" % (zlib.crc32(data), data)


def _read(data: bytes) -> Kept | None:
    """Read a file; None when it is damaged."""
    try:
        checksum, _, rest = data.partition(b"\n")
        if int(checksum, 16) != zlib.crc32(rest):
            return None
        header, values, numbers = rest.split(b"\n", 2)
        told = json.loads(header)
        sizes, codes, places = np.split(np.frombuffer(numbers, _NUMBER).astype(np.int32), np.cumsum(told["counts"])[:2])
        read = Combinations(tuple(map(_frozen, json.loads(values))), sizes, codes, places)
        return Kept(Position(**told["position"]), told["models"], read)
    except (ValueError, LookupError, TypeError):
        return None


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
