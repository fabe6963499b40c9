"""The one seam between the registry and the file system: every write, fsync, rename and read goes through here.

Each primitive turns an OSError into a StorageError that says what to do; tests inject faults by subclassing `Files`.
"""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO

from model_registry.errors import ConfigError, StorageError

try:
    import fcntl
except ImportError as error:  # pragma: no cover - Windows
    raise ConfigError(
        "the directory store needs POSIX file locks, which this system lacks",
        code="unsupported_platform",
        hint="Use Linux or macOS (WSL on Windows).",
    ) from error

MOUNTS = Path("/proc/self/mounts")
"""Linux tells here what is mounted where."""

NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "fuse.sshfs", "fuse.glusterfs", "lustre"}
)
"""File systems whose locks and syncs are not what a registry relies on."""

FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""What macOS calls waiting for the disk (fcntl(2)); None elsewhere, where fsync does it."""

BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Linux tells here which start of the system this is."""

CAUSES: Mapping[int, tuple[str, str]] = {
    errno.ENOSPC: ("disk_full", "Free some space and repeat the call; nothing was changed."),
    errno.EFBIG: ("disk_full", "A file may not grow further: raise the limit (ulimit -f) and repeat the call."),
    errno.EDQUOT: ("disk_full", "Free some of the quota and repeat the call; nothing was changed."),
    errno.EROFS: ("read_only", "The file system is read-only: name another registry or mount it writable."),
    errno.EACCES: ("no_permission", "Give this user the right to read and write the registry, or name another one."),
    errno.EPERM: ("no_permission", "Give this user the right to read and write the registry, or name another one."),
    errno.EMFILE: ("too_many_files", "Close other files or raise the limit (ulimit -n), then repeat the call."),
    errno.ENFILE: ("too_many_files", "The system has too many open files; repeat the call later."),
    errno.EIO: ("disk_error", "The disk reports errors: check it, then run `model-registry doctor`."),
    errno.ENOTDIR: ("not_a_directory", "Name a directory as the registry."),
    errno.EEXIST: ("not_a_directory", "Name a directory as the registry."),
}

WAITING_AT_ONCE = 16
"""Files that wait for the disk side by side."""


class storage_errors:  # noqa: N801 - reads as the function that it stands for, many times in each write
    """Turns an OSError into a StorageError that names the path, the cause and what to do."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            code, hint = CAUSES.get(error.errno or 0, ("storage", "Check the registry's disk and rights."))
            text = f"{error.strerror or error}: {self._path}"
            raise StorageError(text, code=code, where=str(self._path), hint=hint, errno=error.errno) from error


class Files:
    """Plain file operations, each doing one thing; paths are absolute and made by the registry itself."""

    _names = itertools.count()

    def read(self, path: Path, offset: int = 0, size: int = -1) -> bytes | None:
        """Read a file from an offset, at most `size` bytes or to its end; None when there is no such file."""
        with storage_errors(path):
            try:
                with path.open("rb") as file:
                    file.seek(offset)
                    return file.read(size)
            except FileNotFoundError:
                return None

    def size(self, path: Path) -> int | None:
        """Give the size of a file in bytes; None when there is no such file."""
        with storage_errors(path):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                return None

    def stamp(self, path: Path) -> object:
        """Give what changes whenever a file is replaced; None when there is no such file."""
        with storage_errors(path):
            try:
                status = path.stat()
            except FileNotFoundError:
                return None
        return status.st_dev, status.st_ino, status.st_mtime_ns

    def modified(self, path: Path) -> datetime | None:
        """Give when a file was last written or touched, in UTC; None when there is no such file."""
        with storage_errors(path):
            try:
                return datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:
                return None

    def touch(self, path: Path) -> bool:
        """Make a file look written just now; tells whether it is there."""
        with storage_errors(path):
            try:
                os.utime(path)
            except FileNotFoundError:
                return False
        return True

    @contextmanager
    def opened(self, path: Path) -> Iterator[BinaryIO]:
        """Hold a file open for reading here and there, for one too large to be read at once."""
        with storage_errors(path), path.open("rb") as file:
            yield file

    def writable(self, folder: Path) -> bool:
        """Tell whether files may be made in a folder; one that nobody may write is left alone even by root."""
        with storage_errors(folder):
            return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)

    def private(self, path: Path) -> bool:
        """Tell whether nobody but its owner may read or write a file that is there."""
        with storage_errors(path):
            return not path.stat().st_mode & 0o077

    def names(self, folder: Path) -> list[str]:
        """Give the names in a folder, sorted; none when there is no such folder."""
        with storage_errors(folder):
            try:
                return sorted(os.listdir(folder))  # noqa: PTH208 - names, not paths
            except FileNotFoundError:
                return []

    def make_folder(self, folder: Path) -> None:
        """Make a folder only its owner may enter, and the folders above it, durably.

        The name of each is on the disk before anything is made in it, whoever made it.
        """
        with storage_errors(folder):
            missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
        if missing:
            self._sync_name(missing[-1].parent)
        for each in reversed(missing):
            self.add_folder(each)
            self._sync_name(each)

    def add_folder(self, folder: Path) -> None:
        """Make one folder in a folder that is there; one that is there already is no fault."""
        with storage_errors(folder):
            folder.mkdir(mode=0o700, exist_ok=True)

    def _sync_name(self, folder: Path) -> None:
        """Wait until the name of a folder is on the disk; in one that may not be read, nobody here has made it."""
        if os.access(folder.parent, os.R_OK):
            self.sync(folder.parent)

    def write(self, path: Path, data: bytes) -> None:
        """Write a new file that only its owner may read."""
        with storage_errors(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                _write_all(descriptor, data)
            finally:
                os.close(descriptor)

    def append(self, path: Path, data: bytes) -> None:
        """Append to a file, made if need be."""
        with storage_errors(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                _write_all(descriptor, data)
            finally:
                os.close(descriptor)

    def overwrite(self, path: Path, data: bytes) -> None:
        """Write over a file, made if need be, in one call; of a longer one the end is cut off."""
        with storage_errors(path):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _write_all(descriptor, data)
                if os.fstat(descriptor).st_size > len(data):
                    os.ftruncate(descriptor, len(data))
            finally:
                os.close(descriptor)

    def sync(self, path: Path) -> None:
        """Wait until a file or folder is on the disk."""
        with storage_errors(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                _wait_for_disk(descriptor)
            finally:
                os.close(descriptor)

    def sync_all(self, paths: Iterable[Path]) -> None:
        """Wait until several files or folders are on the disk; what waits side by side, the disk takes together."""
        waiting = list(paths)
        if len(waiting) < 2:
            for path in waiting:
                self.sync(path)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(len(waiting), WAITING_AT_ONCE)) as pool:
            for _ in pool.map(self.sync, waiting):
                pass

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in the place of another, at once."""
        with storage_errors(target):
            os.replace(source, target)  # noqa: PTH105 - the seam speaks the system's words

    def truncate(self, path: Path, size: int) -> None:
        """Cut a file to a size in bytes."""
        with storage_errors(path):
            os.truncate(path, size)

    def remove(self, path: Path) -> None:
        """Remove a file; one that is gone already is no fault."""
        with storage_errors(path):
            path.unlink(missing_ok=True)

    def network(self, path: Path) -> str:
        """Give the kind of network file system a path lies on, "" for a local one and where that cannot be told."""
        try:
            mounts = [line.split() for line in MOUNTS.read_text("utf-8", "replace").splitlines()]
        except OSError:
            return ""
        above = {str(each) for each in (path, *path.parents)}
        kinds = {where: kind for _, where, kind, *_ in mounts if where in above}
        kind = kinds[max(kinds, key=len)] if kinds else ""
        return kind if kind in NETWORK else ""

    def boot(self) -> str:
        """Give what changes whenever the system starts anew; "" where that cannot be told."""
        return _boot()

    @contextmanager
    def lock(self, path: Path) -> Iterator[None]:
        """Hold the lock file until the context ends; waits in the kernel's queue, and the kernel frees it on death.

        The file is opened anew each time, so that threads and forked children exclude each other too.
        """
        with storage_errors(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with storage_errors(path):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            with suppress(OSError):  # a child forked meanwhile has the file open too, and would keep the lock
                fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def replace(self, path: Path, data: bytes, scratch: Path, *, durable: bool) -> None:
        """Put bytes in the place of a file at once, by way of a temporary file in the scratch folder.

        `durable` waits until bytes and name are on the disk.
        """
        self.replace_all({path: data}, scratch, durable=durable)

    def replace_all(self, contents: Mapping[Path, bytes], scratch: Path, *, durable: bool) -> None:
        """Put bytes in the places of several files, each at once; `durable` waits for all of them together."""
        temporary = {scratch / f"{os.getpid()}-{next(self._names)}.tmp": path for path in contents}
        try:
            for place, path in temporary.items():
                self.write(place, contents[path])
            if durable:
                self.sync_all(temporary)
            for place, path in temporary.items():
                self.rename(place, path)
        except StorageError:
            for place in temporary:
                self.remove(place)
            raise
        if durable:
            self.sync_all(dict.fromkeys(path.parent for path in contents))


@cache
def _boot() -> str:
    """Read it once: no process lives on into another start of the system."""
    try:
        return BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def _wait_for_disk(descriptor: int) -> None:
    """Wait until the disk itself has it: macOS has a call of its own for that, which not every file system knows."""
    if FULL_SYNC is not None:
        try:
            fcntl.fcntl(descriptor, FULL_SYNC)
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.ENOTTY}:
                raise
        else:
            return
    os.fsync(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
