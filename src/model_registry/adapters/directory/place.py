"""The directory of a registry: its layout, its format, its identity, its lock."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from model_registry.adapters.files import Files
from model_registry.errors import ConfigError, StorageError

FORMAT, PACKED_FORMAT = 1, 2
"""The layout a registry begins with, and the one it has once segments of its log were packed, which older programs
could not read. A directory of a newer one is refused."""

FOLDERS = ("log", "sources", "models", "checkpoint", "backups", ".tmp")

LOG_FOLDER = re.compile(r"log(-[0-9a-f]{8})?")
"""Where a log may lie; which it is stands in format.json, so that replacing this one file puts another log in force."""


class Place:
    """A registry's directory. Nothing is made until the first write; one that is not there reads as empty."""

    def __init__(self, root: Path, files: Files) -> None:
        self.root = root
        self.files = files
        self.scratch = root / ".tmp"
        """The folder for files on their way to their place."""
        self._form = root / "format.json"
        self._swept = False
        self._holder = 0
        self._read: tuple[object, str, str] = (None, "", "log")

    @property
    def log_id(self) -> str:
        """Give the identity of the log, "" while the registry does not exist; ConfigError for a newer format.

        It changes under a running process when a backup is restored, so it is taken for granted only while the lock is
        held, which a restoration waits for.
        """
        if self._holder == os.getpid():
            return self._read[1]
        stamp = self.files.stamp(self._form)
        if stamp is None or stamp != self._read[0]:
            self._read = (stamp, *self._read_form())
        return self._read[1]

    @property
    def log(self) -> Path:
        """Give the folder of the log's segments, as `log_id` last found it; a restored log has one of its own."""
        return self.root / self._read[2]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the registry's lock, having made the registry if it was not there."""
        self.files.make_folder(self.root)
        with self.files.lock(self.root / "lock"):
            if not self.log_id:
                self._create()
            if not self._swept:
                self._make_folders()
                self.sweep()
            self._holder = os.getpid() if self.log_id else 0
            try:
                yield
            finally:
                self._holder = 0

    def prepare(self) -> None:
        """Make what is missing of the registry, once in a process: copies and clones leave empty folders out."""
        if not (self._swept and self.log_id):
            with self.locked():
                pass

    def allow_packing(self) -> None:
        """Raise the format, so that a program which does not know packed segments does not take the log for cut."""
        form = json.loads(self.files.read(self._form) or b"{}")
        if form["format"] < PACKED_FORMAT:
            self._write_form(form | {"format": PACKED_FORMAT})

    def replace(self, path: Path, data: bytes, *, durable: bool) -> None:
        """Put bytes in the place of a file of this registry, at once."""
        self.files.replace(path, data, self.scratch, durable=durable)

    def replace_all(self, contents: Mapping[Path, bytes], *, durable: bool) -> None:
        """Put bytes in the places of several files of this registry, each at once."""
        self.files.replace_all(contents, self.scratch, durable=durable)

    def leftovers(self) -> list[str]:
        """Give the temporary files whose writer is gone."""
        return [name for name in self.files.names(self.scratch) if not _alive(name.partition("-")[0])]

    def sweep(self) -> None:
        """Remove them; while writing goes on, once in a process is enough."""
        self._swept = True
        for name in self.leftovers():
            self.files.remove(self.scratch / name)

    def _make_folders(self) -> None:
        for folder in (*FOLDERS, self._read[2]):
            self.files.add_folder(self.root / folder)
        self.files.sync(self.root)

    def _create(self) -> None:
        self._make_folders()
        self.files.sync(self.root.parent)
        self._write_form({"format": FORMAT, "log_id": uuid.uuid4().hex})

    def _write_form(self, form: Mapping[str, Any]) -> None:
        self.replace(self._form, json.dumps(form).encode() + b"\n", durable=True)

    def _read_form(self) -> tuple[str, str]:
        path = self._form
        data = self.files.read(path)
        if data is None and self.files.names(self.root / "log"):
            data = self._made_meanwhile(path)
        if data is None:
            return "", "log"
        try:
            form = json.loads(data)
            written, log_id, log = int(form["format"]), str(form["log_id"]), str(form.get("log", "log"))
            if not LOG_FOLDER.fullmatch(log):
                raise ValueError(f"{log[:80]!r} is no folder of a log")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = "Restore format.json from a backup; the log itself is untouched."
            raise StorageError(f"{path} is damaged", code="damaged_format", where=str(path), hint=hint) from error
        if written > PACKED_FORMAT:
            raise ConfigError(
                f"the registry at {self.root} has format {written}, this program knows {PACKED_FORMAT}",
                code="newer_format",
                where=str(path),
                hint="Use a newer model-registry (pip install --upgrade gnn-model-registry).",
            )
        return log_id, log

    def _made_meanwhile(self, path: Path) -> bytes:
        """Read the format of a registry that has a log: it was made between two looks, or has lost its format."""
        data = self.files.read(path)
        if data is None:
            raise StorageError(
                f"{self.root} holds a log but no format.json",
                code="damaged_format",
                where=str(self.root),
                hint="Restore format.json from a backup; the log itself is untouched.",
            )
        return data


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
