"""Where a registry is put together: the only file that knows the adapters."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Any

from model_registry.adapters.directory import DirectoryStore
from model_registry.adapters.files import Files
from model_registry.adapters.memory import MemoryBackups, MemoryLog, MemorySources
from model_registry.adapters.memory_index import MemoryIndex
from model_registry.adapters.whoosh_index import WhooshIndex
from model_registry.config import ACTOR_VARIABLE, RegistryConfig, load_settings, locate_registry
from model_registry.domain.views import model_view
from model_registry.finder import Finder
from model_registry.ledger import Ledger
from model_registry.registry import Registry


def open_registry(
    location: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
    *,
    actor: str = "",
    files: Files | None = None,
) -> Registry:
    """Open the registry at a place (see `config.locate_registry`); it is made when something is first written to it.

    Raises ConfigError for settings or a format it does not know, StorageError for a place that cannot be read.
    """
    given = dict(config or {})
    root = locate_registry(location, given.pop("registry_path", None))
    settings = load_settings(root, given).config
    store = DirectoryStore(root, model_view, files=files)
    _ = store.log.log_id
    ledger = Ledger(store.log, store.sources, store, [store.snapshots])
    index = WhooshIndex(root / "index") if settings.index_enabled else None
    return Registry(
        ledger,
        Finder(ledger, index, MemoryIndex),
        settings,
        store.backups,
        place=str(root),
        actor=actor or default_actor(),
        author=_author(settings),
    )


def memory_registry(config: Mapping[str, Any] | None = None, *, actor: str = "somebody") -> Registry:
    """Give a registry that lives in memory and is gone with the process."""
    settings = RegistryConfig(**dict(config or {}))
    ledger = Ledger(MemoryLog(), MemorySources(), None, [])
    finder = Finder(ledger, MemoryIndex() if settings.index_enabled else None, MemoryIndex)
    return Registry(ledger, finder, settings, MemoryBackups(), place="memory", actor=actor, author=_author(settings))


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
