"""What a backup says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BACKUP_FORMAT = 1
REGISTRY, MODEL = "registry", "model"

DIGEST = re.compile(r"[0-9a-f]{64}")
ARCHIVE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}\.zip")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: of which log, up to which event (`head` is its hash), and where each source lies.

    `sources` names for each digest the archive that holds its bytes: this one, or one that was made before and lies
    beside it. `missing` are digests whose bytes could not be read when the backup was made.
    """

    kind: str
    log_id: str
    events: int
    head: str
    models: int
    sources: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def content(self) -> tuple[Any, ...]:
        """Give what two backups of the same content have in common, wherever their sources lie."""
        return self.kind, self.log_id, self.events, self.head, self.models, frozenset(self.sources), self.missing

    def to_dict(self) -> dict[str, Any]:
        """Give the manifest as stored (`read_manifest` reads it back)."""
        return {
            "format": BACKUP_FORMAT,
            "kind": self.kind,
            "log_id": self.log_id,
            "events": self.events,
            "head": self.head,
            "models": self.models,
            "sources": dict(self.sources),
            "missing": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup that was made: where it lies, its size in bytes, what it holds, and how many sources it had to copy."""

    where: str
    size: int
    manifest: Manifest
    copied: int


def read_manifest(stored: Any) -> Manifest:
    """Read a manifest from JSON that anybody may have written; ValueError saying what is wrong with it."""
    if not isinstance(stored, dict):
        raise ValueError("the manifest is no object")
    if stored.get("format") != BACKUP_FORMAT:
        raise ValueError(
            f"the manifest has format {str(stored.get('format'))[:20]}, this program knows {BACKUP_FORMAT}"
        )
    for name, kind in (("kind", str), ("log_id", str), ("head", str), ("events", int), ("models", int)):
        if type(stored.get(name)) is not kind:
            raise ValueError(f"the manifest lacks {name}")
    sources, missing = stored.get("sources"), stored.get("missing")
    if not (isinstance(sources, dict) and all(map(_is_placed, sources.items()))):
        raise ValueError("the manifest names sources that cannot be")
    if not (isinstance(missing, list) and all(isinstance(digest, str) for digest in missing)):
        raise ValueError("the manifest lacks missing")
    facts = {name: stored[name] for name in ("kind", "log_id", "events", "head", "models")}
    return Manifest(**facts, sources=sources, missing=tuple(missing))


def _is_placed(item: tuple[Any, Any]) -> bool:
    digest, archive = item
    return isinstance(archive, str) and bool(DIGEST.fullmatch(digest) and ARCHIVE.fullmatch(archive))
