"""Where a registry is put together: the only file that knows the adapters."""

from __future__ import annotations

import getpass
import json
import os
import uuid
from collections import deque
from collections.abc import Mapping
from datetime import UTC
from functools import partial
from logging import getLogger
from pathlib import Path
from typing import Any

from model_registry.adapters.directory import DirectoryStore
from model_registry.adapters.directory.archives import Archive, read_archive
from model_registry.adapters.directory.backups import DAMAGED, BackupFiles
from model_registry.adapters.directory.log import Clock
from model_registry.adapters.directory.place import Place
from model_registry.adapters.directory.restore import put_in_place, read_state, refuse_occupied
from model_registry.adapters.directory.store import now
from model_registry.adapters.files import Files
from model_registry.adapters.memory import MemoryBackups, MemoryLog, MemorySources
from model_registry.adapters.memory_anatomies import MemoryAnatomies
from model_registry.adapters.memory_index import MemoryIndex
from model_registry.adapters.memory_usage import MemoryUsage
from model_registry.adapters.token_file import TokenFile
from model_registry.adapters.whoosh_index import WhooshIndex
from model_registry.config import ACTOR_VARIABLE, RegistryConfig, load_settings, locate_registry, read_config
from model_registry.domain.events import Draft
from model_registry.domain.restoration import RESTORED, carried_over
from model_registry.domain.views import model_view
from model_registry.errors import StorageError
from model_registry.finder import Finder
from model_registry.ledger import Ledger
from model_registry.registry import Registry

logger = getLogger("model_registry")


def open_registry(
    location: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
    *,
    actor: str = "",
    files: Files | None = None,
    clock: Clock = now,
) -> Registry:
    """Open the registry at a place (see `config.locate_registry`); it is made when something is first written to it.

    Raises ConfigError for settings or a format it does not know, StorageError for a place that cannot be read.
    """
    given = dict(config or {})
    root = locate_registry(location, given.pop("registry_path", None))
    settings = load_settings(root, given).config
    store = DirectoryStore(root, model_view, files=files, clock=clock)
    _ = store.log.log_id
    kind = store.place.files.network(root)
    if kind:
        logger.warning("the registry lies on a network file system (%s): use it from one host, or move it", kind)
    ledger = Ledger(store.log, store.sources, store, [store.snapshots], store.insides, store.anatomies)
    index = WhooshIndex(root / "index") if settings.index_enabled else None
    return Registry(
        ledger,
        Finder(ledger, index, MemoryIndex, store.columns),
        settings,
        store.backups,
        store.usage,
        place=str(root),
        actor=actor or default_actor(),
        author=_author(settings),
        clock=clock,
    )


def restore_registry(
    backup: str | os.PathLike[str],
    into: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    actor: str = "",
    reason: str = "",
    files: Files | None = None,
    clock: Clock = now,
) -> dict[str, Any]:
    """Put a backup of a registry in an empty place, or with `force` in the place of the registry that is there.

    What was there is backed up before. The log goes on under a new identity (see `domain.restoration`): models,
    versions, numbers and revisions are as they were; cursors and caches of the old log are refused. Gives where, how
    many models, events and sources, which sources were `missing`, and what was `replaced`. Raises StorageError for what
    is no backup, ConfigError for a place that is taken.
    """
    place = DirectoryStore(locate_registry(into), model_view, files=files).place
    log_id, made = uuid.uuid4().hex, clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with read_archive(place.files, Path(backup).expanduser().absolute()) as archive:
        state = read_state(archive)
        _refuse_bad_settings(place, archive)
        place.files.make_folder(place.root)
        with place.files.lock(place.root / "lock"):
            replaced = _put_aside(place) if refuse_occupied(place, force=force) else None
            draft = _restoration(archive, made, actor or default_actor(), reason)
            carried = partial(carried_over, archive.events(), log_id, draft, made)
            restored = put_in_place(place, archive, log_id, carried)
    registry = open_registry(place.root, actor=actor, files=files, clock=clock)
    registry.catch_up()
    return {
        "registry": str(place.root),
        "backup": archive.where,
        "models": len(state.entries),
        "events": registry.catalogue().position.seq,
        "head": registry.catalogue().position.hash,
        "sources": restored.sources,
        "missing": list(restored.missing),
        "replaced": replaced,
    }


def _restoration(archive: Archive, made: str, actor: str, reason: str) -> Draft:
    old = archive.manifest
    data = {
        "log_id": old.log_id,
        "events": old.events,
        "head": old.head,
        "backup": Path(archive.where).name,
        "restored_at": made,
    }
    return Draft(RESTORED, None, 0, data, actor, uuid.uuid4().hex, reason)


def _refuse_bad_settings(place: Place, archive: Archive) -> None:
    """Refuse a backup whose settings would make the registry unusable."""
    try:
        load_settings(place.root, dict(json.loads(archive.config() or b"{}")))
    except (ValueError, TypeError, RecursionError) as error:
        raise StorageError(
            f"the settings in {Path(archive.where).name} cannot be read: {error}",
            code="bad_backup",
            where=archive.where,
            hint="Name another backup; nothing was changed.",
        ) from error


def _put_aside(place: Place) -> str:
    """Back up the registry that is about to be replaced; what cannot be read is put aside byte by byte."""
    log = DirectoryStore(place.root, model_view, files=place.files).log
    try:
        deque(log.read(), maxlen=0)
        saved = open_registry(place.root, {"index_enabled": False}, files=place.files).backup_registry()
    except StorageError:
        saved = {}
    if saved and log.damage is None:
        return str(saved["backup"])
    return BackupFiles(place).save_as_it_lies(DAMAGED)


def memory_registry(
    config: Mapping[str, Any] | None = None, *, actor: str = "somebody", clock: Clock = now
) -> Registry:
    """Give a registry that lives in memory and is gone with the process."""
    settings = read_config(config)
    ledger = Ledger(MemoryLog(clock), MemorySources(clock), anatomies=MemoryAnatomies())
    finder = Finder(ledger, MemoryIndex() if settings.index_enabled else None, MemoryIndex)
    return Registry(
        ledger,
        finder,
        settings,
        MemoryBackups(),
        MemoryUsage(clock),
        place="memory",
        actor=actor,
        author=_author(settings),
        clock=clock,
    )


def open_tokens(path: str | os.PathLike[str], *, files: Files | None = None, clock: Clock = now) -> TokenFile:
    """Open the file of tokens that a server over HTTP accepts; it is made when the first token is created."""
    return TokenFile(Path(path).expanduser().absolute(), files or Files(), clock)


def default_actor() -> str:
    """Give who writes when nobody says: MODEL_REGISTRY_ACTOR, else the user's account."""
    return os.environ.get(ACTOR_VARIABLE) or _account()


def _author(settings: RegistryConfig) -> tuple[str, str]:
    return (settings.default_author, "default_author") if settings.default_author else (_account(), "account")


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return f"uid-{os.getuid()}"
