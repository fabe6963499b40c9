"""A small model of what a disk may hold after a power cut, fed by a file seam that records every call.

Nothing is on the disk before it is synced. Of what was not synced, any part may be there: each block of data by itself
(a block that is missing within a file reads as zeros), each name in a folder by itself, in any order. Syncing a file
settles its bytes and not its name; syncing a folder settles the names in it. That is less than any journalling file
system gives, so what survives here survives there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from model_registry.adapters.files import Files

BLOCK = 512
"""Bytes a disk writes whole or not at all: a sector."""


class Killed(BaseException):
    """The process is gone: nothing it would still do happens."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the file seam that changes something, or an operation that was acknowledged."""

    name: str
    path: Path
    data: bytes = b""
    target: Path | None = None
    size: int = 0


class RecordingFiles(Files):
    """Carries calls out and notes them; the process dies after so many, or after one that is `deadly`."""

    def __init__(
        self,
        base: Path,
        journal: list[Call],
        last: int | None = None,
        deadly: Callable[[Call], bool] = lambda _: False,
    ) -> None:
        self.base, self.journal, self.left, self.deadly = base, journal, last, deadly

    def _note(self, call: Call) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        if self.deadly(call):
            self.left = 0
        if call.path.is_relative_to(self.base):
            self.journal.append(call)

    def add_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._note(Call("folder", folder))
        super().add_folder(folder)

    def write(self, path: Path, data: bytes) -> None:
        self._note(Call("write", path, data))
        super().write(path, data)

    def append(self, path: Path, data: bytes) -> None:
        self._note(Call("append", path, data))
        super().append(path, data)

    def overwrite(self, path: Path, data: bytes) -> None:
        self._note(Call("overwrite", path, data))
        super().overwrite(path, data)

    def sync(self, path: Path) -> None:
        self._note(Call("sync", path))
        super().sync(path)

    def rename(self, source: Path, target: Path) -> None:
        self._note(Call("rename", source, target=target))
        super().rename(source, target)

    def truncate(self, path: Path, size: int) -> None:
        self._note(Call("truncate", path, size=size))
        super().truncate(path, size)

    def remove(self, path: Path) -> None:
        self._note(Call("remove", path))
        super().remove(path)


@dataclass(eq=False)
class Inode:
    """A file: the bytes that are settled, and those as they were after each change since."""

    settled: bytes = b""
    later: list[bytes] = field(default_factory=list)

    @property
    def now(self) -> bytes:
        """Give the bytes a running process sees."""
        return self.later[-1] if self.later else self.settled


class Folder:
    """The mark of a name that is a folder."""


Thing = Inode | Folder | None
Name = tuple[Path, str]


class Disk:
    """What calls have made of a disk: for each name what it settled on, and what it has been since."""

    def __init__(self, base: Path, calls: Sequence[Call]) -> None:
        self.base = base
        self.settled: dict[Name, Thing] = {}
        self.later: dict[Name, list[Thing]] = {}
        for call in calls:
            getattr(self, f"_{call.name}")(call)

    def _now(self, path: Path) -> Thing:
        name = (path.parent, path.name)
        return self.later[name][-1] if self.later.get(name) else self.settled.get(name)

    def _set(self, path: Path, thing: Thing) -> None:
        self.later.setdefault((path.parent, path.name), []).append(thing)

    def _file(self, path: Path) -> Inode:
        known = self._now(path)
        if isinstance(known, Inode):
            return known
        made = Inode()
        self._set(path, made)
        return made

    def _folder(self, call: Call) -> None:
        self._set(call.path, Folder())

    def _write(self, call: Call) -> None:
        self._file(call.path).later += [b"", call.data]

    def _append(self, call: Call) -> None:
        file = self._file(call.path)
        file.later.append(file.now + call.data)

    def _overwrite(self, call: Call) -> None:
        file = self._file(call.path)
        file.later += [call.data + file.now[len(call.data) :], call.data]

    def _truncate(self, call: Call) -> None:
        file = self._file(call.path)
        file.later.append(file.now[: call.size])

    def _rename(self, call: Call) -> None:
        assert call.target is not None
        self._set(call.target, self._now(call.path))
        self._set(call.path, None)

    def _remove(self, call: Call) -> None:
        if self._now(call.path) is not None:
            self._set(call.path, None)

    def _sync(self, call: Call) -> None:
        known = self._now(call.path)
        if isinstance(known, Inode):
            known.settled, known.later = known.now, []
        for name in [name for name in self.later if name[0] == call.path]:
            self.settled[name] = self.later.pop(name)[-1]

    def _acknowledged(self, call: Call) -> None:
        pass

    def after_power_cut(self, chance: Random | None, *, kept: bool = False) -> dict[Path, bytes | None]:
        """Give one state the disk may be in: path -> bytes, None for a folder.

        Without `chance` all that was not settled is lost, or with `kept` all of it is there.
        """
        names = {**self.settled, **{name: self._one_of(name, chance, kept) for name in self.later}}
        contents: dict[Inode, bytes] = {}
        state: dict[Path, bytes | None] = {}
        for (folder, name), thing in sorted(names.items()):
            there = folder == self.base or folder in state
            if not there or thing is None:
                continue
            if isinstance(thing, Inode) and thing not in contents:
                contents[thing] = _bytes(thing, chance, kept)
            state[folder / name] = contents[thing] if isinstance(thing, Inode) else None
        return state

    def _one_of(self, name: Name, chance: Random | None, kept: bool) -> Thing:
        ways = [self.settled.get(name), *self.later[name]]
        return chance.choice(ways) if chance else ways[-1 if kept else 0]


def _bytes(inode: Inode, chance: Random | None, kept: bool) -> bytes:
    """Give what may be left of a file: a size it has had, and each block as it was settled or at any time since."""
    if chance is None:
        return inode.now if kept else inode.settled
    versions = [inode.settled, *inode.later]
    size = len(chance.choice(versions))
    return b"".join(_block(chance.choice(versions), start, min(BLOCK, size - start)) for start in range(0, size, BLOCK))


def _block(version: bytes, start: int, size: int) -> bytes:
    return version[start : start + size].ljust(size, b"\0")


def put(state: dict[Path, bytes | None], base: Path, place: Path) -> None:
    """Write a state of the disk to another place."""
    for path, data in sorted(state.items()):
        target = place / path.relative_to(base)
        if data is None:
            target.mkdir()
        else:
            target.write_bytes(data)


def states(disk: Disk, seed: int, chances: int) -> Iterator[dict[Path, bytes | None]]:
    """Give states the disk may be in: all lost, all kept, and so many drawn by chance."""
    yield disk.after_power_cut(None)
    yield disk.after_power_cut(None, kept=True)
    for number in range(chances):
        yield disk.after_power_cut(Random(f"{seed} {number}"))
