"""What keeps a registry in order: checking it, building its caches anew, cleaning up, putting copies aside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from model_registry.config import RegistryConfig
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import PRUNED, ModelEntry
from model_registry.domain.events import Position, genesis
from model_registry.domain.lifecycle import State
from model_registry.errors import RegistryError
from model_registry.finder import Finder
from model_registry.ledger import Ledger
from model_registry.ports import Backups

View = dict[str, Any]


class Maintenance:
    """The caretaking part of a registry."""

    config: RegistryConfig
    _ledger: Ledger
    _finder: Finder
    _backups: Backups

    def validate_registry(self, *, repair: bool = False) -> View:
        """Check everything: the chain of the log, every source, the snapshots and the index against the log.

        Gives a finding for each fault; `repair` rebuilds what can be made again from the log.
        """
        catalogue = self._ledger.catalogue()
        findings = [*self._log_findings(catalogue), *self._source_findings(catalogue)]
        findings += self._picture_findings(catalogue, repair=repair)
        return {
            "ok": not any(finding["severity"] == "error" for finding in findings),
            "findings": findings,
            "models": len(catalogue.entries),
            "events": catalogue.position.seq,
            "head": catalogue.position.hash if catalogue.position.seq else None,
        }

    def update_indexes(self) -> View:
        """Build the search index and the snapshots anew from the log and the sources."""
        catalogue = self._ledger.catalogue()
        snapshots = self._ledger.redraw(list(catalogue.entries.values()))
        return {
            "indexed": self._finder.rebuild(catalogue),
            "snapshots": snapshots,
            "position": catalogue.position.seq,
            "index_enabled": self.config.index_enabled,
        }

    def cleanup_registry(self, *, dry_run: bool = True) -> View:
        """Archive models past their sunset date or idle too long; with `dry_run` only say what would be done."""
        actions = list(self._due(self._ledger.catalogue()))
        if not dry_run:
            for action in actions:
                self.archive_model(action["id"], f"cleanup: {action['why']}")
        return {"dry_run": dry_run, "actions": actions}

    def backup_registry(self) -> View:
        """Put the whole registry aside as one archive: log, sources and settings; read back after writing."""
        catalogue = self._ledger.catalogue()
        name = f"registry-{catalogue.position.seq:09d}"
        where = self._backups.save(name, self._registry_files(catalogue))
        return {"backup": where, "events": catalogue.position.seq, "models": len(catalogue.entries)}

    def archive_model(self, model_id: str, reason: str = "") -> View:
        """Archive a model (defined by Registry)."""
        raise NotImplementedError

    def _backup_model(self, entry: ModelEntry) -> str:
        return self._backups.save(f"{entry.id}-r{entry.revision}", self._model_files(entry))

    def _model_files(self, entry: ModelEntry) -> Iterator[tuple[str, bytes]]:
        events = [event.to_dict() for event in self._ledger.log.read() if event.model == entry.id]
        yield "events.jsonl", b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events)
        yield from self._source_files([entry])

    def _registry_files(self, catalogue: Catalogue) -> Iterator[tuple[str, bytes]]:
        yield "format.json", json.dumps({"format": 1, "log_id": catalogue.position.log_id}).encode()
        events = (event for event in self._ledger.log.read() if event.seq <= catalogue.position.seq)
        yield "log.jsonl", b"".join(json.dumps(e.to_dict(), ensure_ascii=False).encode() + b"\n" for e in events)
        yield from self._source_files(list(catalogue.entries.values()))

    def _source_files(self, entries: list[ModelEntry]) -> Iterator[tuple[str, bytes]]:
        digests = {version.digest for entry in entries for version in entry.versions if version.state != PRUNED}
        for digest in sorted(digests):
            if self._ledger.sources.has(digest):
                yield f"sources/{digest}", self._ledger.sources.get(digest)

    def _due(self, catalogue: Catalogue) -> Iterator[View]:
        now = datetime.now(UTC)
        idle_since = (now - timedelta(days=self.config.archive_after_days)).strftime("%Y-%m-%dT%H:%M:%S")
        for entry in catalogue.visible():
            sunset = entry.deprecation.sunset if entry.deprecation else None
            if entry.state is State.DEPRECATED and sunset and sunset < now.strftime("%Y-%m-%d"):
                yield {"action": "archive", "id": entry.id, "why": f"its sunset was {sunset}"}
            elif entry.updated_at < idle_since:
                yield {"action": "archive", "id": entry.id, "why": f"nothing happened since {entry.updated_at[:10]}"}

    def _log_findings(self, catalogue: Catalogue) -> Iterator[View]:
        last = Position(catalogue.position.log_id, 0, genesis(catalogue.position.log_id))
        for event in self._ledger.log.read():
            last = Position(last.log_id, event.seq, event.hash)
        damage = self._ledger.log.damage
        if damage:
            hint = "Restore a backup; reading goes on with what is whole."
            yield _finding("damaged_log", "error", damage.where, damage.message, hint)
        elif last.seq < catalogue.position.seq:
            hint = "Events were lost: restore a backup."
            yield _finding("lost_events", "error", "log", f"it ends at {last.seq} of {catalogue.position.seq}", hint)

    def _source_findings(self, catalogue: Catalogue) -> Iterator[View]:
        named = {
            version.digest: f"{entry.id}@{version.version}"
            for entry in list(catalogue.entries.values())
            for version in entry.versions
            if version.state != PRUNED and not entry.purged
        }
        for digest, where in named.items():
            try:
                self._ledger.sources.get(digest)
            except RegistryError as error:
                yield _finding(error.code, "error", where, error.message, error.hint)

    def _picture_findings(self, catalogue: Catalogue, *, repair: bool) -> list[View]:
        entries = list(catalogue.entries.values())
        stale = self._ledger.stale(entries)
        if repair and stale:
            self._ledger.redraw([catalogue.entries[model_id] for model_id in stale])
        done = "It was written anew." if repair else "Run `model-registry doctor --repair`."
        return [
            _finding("stale_snapshot", "warning", f"models/{m}.json", "it differs from the log", done) for m in stale
        ]


def _finding(code: str, severity: str, where: str, message: str, hint: str) -> View:
    return {"code": code, "severity": severity, "where": where, "message": message, "hint": hint}
