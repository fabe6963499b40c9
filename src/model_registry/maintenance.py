"""What keeps a registry in order: building its caches anew, cleaning up, putting copies aside."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from itertools import islice
from logging import getLogger
from typing import Any

from model_registry.checking import Checking
from model_registry.config import RegistryConfig
from model_registry.domain.backup import MODEL, REGISTRY, Manifest
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import PRUNED, ModelEntry
from model_registry.domain.events import Draft, encode
from model_registry.domain.proof import head_text
from model_registry.domain.retention import (
    ARCHIVE,
    PRUNE,
    PURGE,
    Action,
    due,
    needed_digests,
    packable_digests,
    readable_versions,
    unreferenced,
)
from model_registry.errors import LifecycleError, RegistryError
from model_registry.finder import Progress
from model_registry.ledger import Plan, Write, Written

View = dict[str, Any]
logger = getLogger("model_registry")


class Maintenance(Checking):
    """The caretaking part of a registry."""

    config: RegistryConfig
    _who: Callable[[], str]

    def update_indexes(self, *, progress: Progress | None = None) -> View:
        """Build the search index and the snapshots anew from the log and the sources.

        What is kept of texts other than the current ones is let go. `progress` is told of every model read; what it
        raises ends the work and leaves the old index in place.
        """
        catalogue = self._ledger.catalogue()
        snapshots = self._ledger.redraw(list(catalogue.entries.values()))
        self._ledger.tidy_texts()
        indexed = self._finder.rebuild(catalogue, progress)
        self._finder.warm(catalogue)
        return {
            "indexed": indexed,
            "snapshots": snapshots,
            "position": catalogue.position.seq,
            "index_enabled": self.config.index_enabled,
        }

    def cleanup_registry(self, *, dry_run: bool = True, actor: str = "") -> View:
        """Archive models past their sunset or idle too long, purge what was deleted long ago, prune old versions.

        Sources that no version needs any more are removed, unless they are younger than an hour. Whatever is let go is
        backed up before. Closed segments of the log are compressed. With `dry_run` only says what would be done.
        """
        catalogue, now = self._ledger.catalogue(), self._clock()
        actions = list(due(catalogue, self.config, now))
        loose = list(unreferenced(catalogue, self._ledger.sources.stored(), now))
        if dry_run:
            return {"dry_run": True, "actions": [action.to_dict() for action in (*actions, *loose)], "backup": None}
        lets_go = any(action.action in {PURGE, PRUNE} for action in actions)
        backup = self.backup_registry()["backup"] if lets_go else None
        done = self._carry_out(actions, backup, actor)
        removed = self._remove_unreferenced()
        packed = self._ledger.log.pack()
        return {
            "dry_run": False,
            "actions": [action.to_dict() for action in (*done, *(one for one in removed if one in loose))],
            "backup": backup,
            "removed_sources": len(removed),
            "packed_bytes": packed,
        }

    def backup_registry(self) -> View:
        """Put the whole registry aside as one archive: log, sources and settings; read back after writing.

        Sources that an earlier backup holds are not copied again: keep or copy the folder `backups` as a whole. Others
        may write meanwhile; the backup stands at the event where it began.
        """
        catalogue = self._ledger.catalogue()
        position, digests = catalogue.position, sorted(needed_digests(catalogue))
        manifest = Manifest(
            REGISTRY, position.log_id, position.seq, position.hash if position.seq else "", len(catalogue.entries)
        )
        log = (encode(event) for event in islice(self._ledger.log.read(), position.seq))
        name = f"registry-{position.seq:09d}"
        saved = self._backups.save(name, manifest, log, digests, self._ledger.sources.get)
        return {
            "backup": saved.where,
            "size": saved.size,
            "events": position.seq,
            "models": manifest.models,
            "head": head_text(catalogue.tree),
            "sources": len(saved.manifest.sources),
            "copied": saved.copied,
            "missing": list(saved.manifest.missing),
        }

    def _backup_model(self, entry: ModelEntry) -> str:
        """Put aside all of one model: its events and the sources it can be read by."""
        catalogue = self._ledger.catalogue()
        position, seqs = catalogue.position, [*catalogue.trail(entry.id)]
        manifest = Manifest(MODEL, position.log_id, position.seq, position.hash, 1)
        log = (encode(event) for event in self._ledger.events(reversed(seqs)))
        digests = sorted({version.digest for version in readable_versions(entry)})
        return self._backups.save(
            f"{entry.id}-r{entry.revision}", manifest, log, digests, self._ledger.sources.get
        ).where

    def _fetch_sources(self, entry: ModelEntry) -> None:
        """Bring the sources of a purged model back from backups; LifecycleError when no backup holds one of them."""
        digests = {version.digest: version.version for version in entry.versions if version.state != PRUNED}
        found = {digest: self._backups.find(digest) for digest in digests if not self._ledger.sources.has(digest)}
        lost = [digests[digest] for digest, where in found.items() if where is None]
        if lost:
            raise LifecycleError(
                f"{entry.id} was purged, and no backup holds the source of {', '.join(lost[:5])}",
                code="purged",
                where=entry.id,
                hint=f"Put its backup back ({entry.backup}), or register the model under another id.",
                backup=entry.backup,
            )
        for where in found.values():
            self._ledger.sources.put(where[1] if where else b"")

    def _pack(self, model_id: str) -> None:
        """Compress the large sources of a model that nobody uses any more."""
        catalogue = self._ledger.catalogue()
        for digest in packable_digests(catalogue, catalogue.entries[model_id]):
            try:
                self._ledger.sources.pack(digest)
            except RegistryError as error:
                logger.warning("the source %s of %s stays as it is: %s", digest[:12], model_id, error.message)

    def _carry_out(self, actions: Sequence[Action], backup: str | None, actor: str) -> list[Action]:
        """Do what is due in one commit; what somebody changed meanwhile waits for the next time."""
        writes = [self._write_of(action, backup, actor or self._who()) for action in actions]
        written = self._ledger.write_all(writes)
        done = [
            action
            for action, outcome in zip(actions, written, strict=True)
            if isinstance(outcome, Written) and outcome.event
        ]
        for action in done:
            if action.action == ARCHIVE:
                self._pack(action.id)
        return done

    def _write_of(self, action: Action, backup: str | None, actor: str) -> Write[None]:
        kind, data = _EVENTS[action.action], _facts(action, backup)

        def decide(catalogue: Catalogue) -> Plan[None]:
            if catalogue.entries[action.id].revision != action.revision:
                return Plan(None, None)
            reason = f"cleanup: {action.why}"
            return Plan(Draft(kind, action.id, action.revision + 1, data, actor, uuid.uuid4().hex, reason), None)

        return Write(decide)

    def _remove_unreferenced(self) -> list[Action]:
        """Remove what no version needs; under the lock, so that no version can come to need it meanwhile."""
        with self._ledger.log.exclusive():
            loose = list(unreferenced(self._ledger.catalogue(), self._ledger.sources.stored(), self._clock()))
            for action in loose:
                self._ledger.sources.remove(action.id)
        return loose


_EVENTS = {ARCHIVE: "model_archived", PURGE: "model_purged", PRUNE: "versions_pruned"}


def _facts(action: Action, backup: str | None) -> View:
    if action.action == ARCHIVE:
        return {}
    return {"backup": backup} | ({"versions": list(action.versions)} if action.versions else {})
