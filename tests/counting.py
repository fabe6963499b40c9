"""A file seam that counts what goes through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model_registry.adapters.files import Files


@dataclass(frozen=True, slots=True)
class Cost:
    """What went through the seam: calls that touch the disk, bytes read, bytes written."""

    calls: int = 0
    read: int = 0
    written: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.calls + other.calls, self.read + other.read, self.written + other.written)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.calls - other.calls, self.read - other.read, self.written - other.written)


class CountingFiles(Files):
    """Adds up the cost of all calls, in `cost`."""

    def __init__(self) -> None:
        self.cost = Cost()

    def read(self, path: Path, offset: int = 0, size: int = -1) -> bytes | None:
        data = super().read(path, offset, size)
        self.cost += Cost(1, len(data or b""))
        return data

    def write(self, path: Path, data: bytes) -> None:
        super().write(path, data)
        self.cost += Cost(1, 0, len(data))

    def append(self, path: Path, data: bytes) -> None:
        super().append(path, data)
        self.cost += Cost(1, 0, len(data))

    def overwrite(self, path: Path, data: bytes) -> None:
        super().overwrite(path, data)
        self.cost += Cost(1, 0, len(data))

    def size(self, path: Path) -> int | None:
        self.cost += Cost(1)
        return super().size(path)

    def stamp(self, path: Path) -> object:
        self.cost += Cost(1)
        return super().stamp(path)

    def touch(self, path: Path) -> bool:
        self.cost += Cost(1)
        return super().touch(path)

    def names(self, folder: Path) -> list[str]:
        self.cost += Cost(1)
        return super().names(folder)

    def sync(self, path: Path) -> None:
        self.cost += Cost(1)
        super().sync(path)

    def remove(self, path: Path) -> None:
        self.cost += Cost(1)
        super().remove(path)

    def cost_of(self, operation: Callable[[], object]) -> Cost:
        """Give what one operation costs."""
        before = self.cost
        operation()
        return self.cost - before
