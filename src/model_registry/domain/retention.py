"""What is due to be archived, purged, pruned or removed: the pure rules of cleaning up.

Nothing is let go that anybody may still read: a source stays as long as one version that is neither pruned nor of a
purged model has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from model_registry.config import RegistryConfig
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.dependencies import dependents
from model_registry.domain.entry import PRUNED, ModelEntry, ModelVersion
from model_registry.domain.lifecycle import WRITABLE, State
from model_registry.domain.requirement import required_models
from model_registry.domain.resolve import find_version
from model_registry.errors import NotFoundError

ARCHIVE, PURGE, PRUNE, REMOVE = "archive", "purge", "prune", "remove"

SPARED = timedelta(hours=1)
"""A source younger than this may belong to a write that is still on its way."""

LARGE = 16_384
"""Bytes from which on the source of an archived model is worth compressing."""


class Stored(NamedTuple):
    """A source that is stored, and since when."""

    digest: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Action:
    """Something cleaning up does: `id` is a model, or the digest of a source that is removed.

    `revision` is the one of the model the decision was made on.
    """

    action: str
    id: str
    why: str
    versions: tuple[str, ...] = ()
    revision: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Give the action as JSON can hold it."""
        told: dict[str, Any] = {"action": self.action, "id": self.id, "why": self.why}
        return told | ({"versions": list(self.versions)} if self.versions else {})


def due(catalogue: Catalogue, config: RegistryConfig, now: datetime) -> tuple[Action, ...]:
    """Give what is to be done with models at a moment, by id; after it is done, nothing of it is due again."""
    entries = [entry for _, entry in sorted(catalogue.entries.items())]
    moves = {entry.id: action for entry in entries if (action := _move(entry, config, now))}
    staying = [entry for entry in entries if entry.id not in moves]
    leaving = {model_id for model_id, action in moves.items() if action.action == PURGE}
    prunes = _prunes(catalogue, staying, leaving, config.max_versions)
    return tuple(sorted([*moves.values(), *prunes], key=lambda action: action.id))


def unreferenced(catalogue: Catalogue, stored: Iterable[Stored], now: datetime) -> tuple[Action, ...]:
    """Give the sources that no version needs and that are no part of a write on its way."""
    needed = needed_digests(catalogue)
    old = (source.digest for source in stored if now - source.since > SPARED)
    return tuple(Action(REMOVE, digest, "no version has this source") for digest in sorted({*old} - needed))


def needed_digests(catalogue: Catalogue) -> set[str]:
    """Give the digests of every version whose source is to be there."""
    return {version.digest for entry in list(catalogue.entries.values()) for version in readable_versions(entry)}


def readable_versions(entry: ModelEntry) -> Iterator[ModelVersion]:
    """Give the versions of a model whose source is to be there."""
    return (version for version in entry.versions if version.state != PRUNED and not entry.purged)


def packable_digests(catalogue: Catalogue, entry: ModelEntry) -> tuple[str, ...]:
    """Give the large sources of a model that no model in use shares."""
    own = {version.digest for version in readable_versions(entry) if version.size >= LARGE}
    return tuple(sorted(digest for digest in own if not _in_use(catalogue, digest)))


def _in_use(catalogue: Catalogue, digest: str) -> bool:
    return any(catalogue.entries[model_id].state in WRITABLE for model_id, _ in catalogue.with_content(digest))


def _move(entry: ModelEntry, config: RegistryConfig, now: datetime) -> Action | None:
    """Give the move a model's age asks for."""
    why = _why_archived(entry, config.archive_after_days, now)
    if why:
        return Action(ARCHIVE, entry.id, why, revision=entry.revision)
    if entry.state is State.DELETED and not entry.purged and entry.updated_at < _before(now, config.retention_days):
        return Action(PURGE, entry.id, f"it was deleted on {entry.updated_at[:10]}", revision=entry.revision)
    return None


def _why_archived(entry: ModelEntry, after_days: int, now: datetime) -> str | None:
    if entry.state not in WRITABLE:
        return None
    sunset = entry.deprecation.sunset if entry.deprecation else None
    if sunset and sunset < now.strftime("%Y-%m-%d"):
        return f"its sunset was {sunset}"
    idle = entry.updated_at < _before(now, after_days)
    return f"nothing happened since {entry.updated_at[:10]}" if idle else None


def _before(now: datetime, days: int) -> str:
    """Give the moment so many days ago, as events tell time."""
    return (now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _prunes(catalogue: Catalogue, entries: Iterable[ModelEntry], leaving: set[str], newest: int) -> Iterator[Action]:
    """Give what is pruned of each model: old versions that nothing names and whose bytes nobody else needs."""
    old = {entry.id: _unnamed(catalogue, entry, newest) for entry in entries if entry.state in WRITABLE}
    kept = {
        version.digest
        for entry in list(catalogue.entries.values())
        if entry.id not in leaving
        for version in readable_versions(entry)
        if version.version not in old.get(entry.id, ())
    }
    for model_id, versions in old.items():
        numbers = tuple(number for number, version in versions.items() if version.digest not in kept)
        if numbers:
            why = f"beyond the newest {newest}, and nothing names {'it' if len(numbers) == 1 else 'them'}"
            yield Action(PRUNE, model_id, why, numbers, catalogue.entries[model_id].revision)


def _unnamed(catalogue: Catalogue, entry: ModelEntry, newest: int) -> dict[str, ModelVersion]:
    old = {version.version: version for version in entry.versions[:-newest] if version.state != PRUNED}
    named = {entry.current, *entry.aliases.values(), *_required(catalogue, entry)} if old else set()
    return {number: version for number, version in old.items() if number not in named}


def _required(catalogue: Catalogue, entry: ModelEntry) -> Iterator[str]:
    """Give the versions of a model to which the requirements of others resolve."""
    for other in dependents(catalogue, entry.id):
        for requirement in required_models(catalogue.entries[other].current_version.dependencies):
            if requirement.model_id == entry.id:
                try:
                    yield find_version(entry, requirement.wanted).version
                except NotFoundError:
                    continue
