"""Putting a backup in the place of a directory store.

Everything is read and checked before anything is written, and everything is written before format.json names it:
whoever dies on the way leaves the place as it was, and some files that the next attempt writes again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from model_registry.adapters.directory.archives import CONFIG, Archive
from model_registry.adapters.directory.log import SEGMENT_BYTES
from model_registry.adapters.directory.place import FOLDERS, FORMAT, Place
from model_registry.adapters.directory.sources import SourceFiles
from model_registry.domain.backup import REGISTRY
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.events import Event, Position, encode, genesis
from model_registry.domain.restoration import checked
from model_registry.errors import ConfigError, RegistryError, StorageError

OWN = frozenset({*FOLDERS, "lock", "index", "usage", CONFIG})
"""What may lie in the place of a registry that was lost, or whose restoring was cut off."""

FLUSH_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put in place: how many sources, which ones were missing, and where the log lies that was replaced."""

    sources: int
    missing: tuple[str, ...]


def read_state(archive: Archive) -> Catalogue:
    """Give the catalogue a backup of a registry leads to; StorageError for one that cannot be restored."""
    if archive.manifest.kind != REGISTRY:
        raise _unfit(archive, "it is the bundle of one model", "Name a backup of the whole registry.")
    log_id = archive.manifest.log_id
    try:
        return checked(archive.events(), Position(log_id, 0, genesis(log_id)))
    except ValueError as error:
        raise _unfit(archive, str(error)[:200], "Name another backup; nothing was changed.") from error


def refuse_occupied(place: Place, *, force: bool) -> bool:
    """Tell whether a registry lies there; ConfigError unless it may be replaced, and for any other directory."""
    names = place.files.names(place.root)
    if "format.json" in names or place.files.names(place.root / "log"):
        if not force:
            raise ConfigError(
                f"{place.root} holds a registry",
                code="not_empty",
                where=str(place.root),
                hint="Name an empty place, or pass force (--force): what is there is backed up before.",
            )
        return True
    strange = [name for name in names if name not in OWN and not name.startswith("log-")]
    if strange:
        raise ConfigError(
            f"{place.root} is neither empty nor a registry: it holds {strange[0][:80]!r}",
            code="not_a_registry",
            where=str(place.root),
            hint="Name an empty place.",
        )
    return False


def put_in_place(place: Place, archive: Archive, log_id: str, events: Callable[[], Iterable[Event]]) -> Restored:
    """Write the sources and the log, then put them in force; the caller holds the lock."""
    for folder in FOLDERS[1:]:
        place.files.make_folder(place.root / folder)
    sources = SourceFiles(place)
    missing = [digest for digest in archive.manifest.sources if not _brought(sources, archive, digest)]
    log = place.root / f"log-{log_id[:8]}"
    _write_log(place, log, events())
    settings = archive.config()
    if settings is not None:
        place.replace(place.root / CONFIG, settings, durable=True)
    form = {"format": FORMAT, "log_id": log_id, "log": log.name}
    place.replace(place.root / "format.json", json.dumps(form).encode() + b"\n", durable=True)
    _remove_replaced(place, log)
    return Restored(len(archive.manifest.sources) - len(missing), (*archive.manifest.missing, *missing))


def _brought(sources: SourceFiles, archive: Archive, digest: str) -> bool:
    """Tell whether a source is in place, having brought it if need be."""
    try:
        sources.get(digest)
    except RegistryError:
        try:
            data = archive.source(digest)
        except StorageError:
            return False
        sources.remove(digest)
        sources.add({digest: data})
    return True


def _write_log(place: Place, folder: Path, events: Iterable[Event]) -> None:
    files = place.files
    files.make_folder(folder)
    for name in files.names(folder):
        files.remove(folder / name)
    number, size, waiting = 1, 0, bytearray()
    for event in events:
        if size >= SEGMENT_BYTES:
            _flush(place, folder, number, waiting)
            number, size = number + 1, 0
        line = encode(event) + b"\n"
        waiting += line
        size += len(line)
        if len(waiting) >= FLUSH_BYTES:
            _flush(place, folder, number, waiting)
    _flush(place, folder, number, waiting)
    for name in files.names(folder):
        files.sync(folder / name)
    files.sync(folder)
    files.sync(folder.parent)


def _flush(place: Place, folder: Path, number: int, waiting: bytearray) -> None:
    if waiting:
        place.files.append(folder / f"{number:06d}.jsonl", bytes(waiting))
        waiting.clear()


def _remove_replaced(place: Place, log: Path) -> None:
    """Remove the segments and snapshots of the log that is no longer in force; the snapshots are drawn anew."""
    folders = [name for name in place.files.names(place.root) if name == "log" or name.startswith("log-")]
    for folder in [place.root / name for name in folders if name != log.name] + [place.root / "models"]:
        for name in place.files.names(folder):
            place.files.remove(folder / name)


def _unfit(archive: Archive, message: str, hint: str) -> StorageError:
    text = f"{Path(archive.where).name} cannot be restored: {message}"
    return StorageError(text, code="bad_backup", where=archive.where, hint=hint)
