"""A registered model and its versions, as the fold of what happened to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

from model_registry.domain.events import Event
from model_registry.domain.lifecycle import State
from model_registry.domain.metadata import Metadata, Performance

REGISTERED = "registered"
YANKED = "yanked"
PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a model: what was decided when it was registered, and what became of it since.

    `bump` is the step its content required, `changes` what differs from the version before, `state` is registered,
    yanked or pruned. `digest` is the SHA-256 of the source bytes.
    """

    version: str
    seq: int
    created_at: str
    author: str
    digest: str
    fingerprint: str
    structure: str
    size: int
    bump: str
    summary: str
    metadata: Metadata
    state: str = REGISTERED
    changes: tuple[Mapping[str, Any], ...] = ()
    migration_notes: tuple[str, ...] = ()
    reason: str = ""
    filename: str = ""
    origin: Mapping[str, Any] | None = None
    performance: Performance = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Why and since when a model is deprecated, what to use instead, and when cleanup archives it."""

    reason: str
    at: str
    replacement: str | None = None
    sunset: str | None = None
    alternatives: tuple[str, ...] = ()
    migration_notes: tuple[str, ...] = ()


_ONE_LINE = str.maketrans("\t\n", "  ")


class Brief(NamedTuple):
    """What tells of an entry whether it has to be read: its id, its last event, its state, and where lists put it.

    `called` is its name without case, on one line.
    """

    id: str
    seq: int
    state: State
    called: str


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A registered model. `model_name` is its identity (the ModelName of its text), `metadata.name` only its label.

    `versions` stand in the order registered; `current` is the one a bare id means; `pinned` tells that it was rolled
    back to; `before` holds the states to which restoring leads back, last first to be restored.
    """

    id: str
    model_name: str
    metadata: Metadata
    versions: tuple[ModelVersion, ...]
    current: str
    created_at: str
    updated_at: str
    seq: int
    revision: int
    state: State = State.ACTIVE
    before: tuple[State, ...] = ()
    state_reason: str = ""
    pinned: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)
    deprecation: Deprecation | None = None
    backup: str | None = None
    purged: bool = False

    @property
    def brief(self) -> Brief:
        """Give what is told of the entry before it is read."""
        return Brief(self.id, self.seq, self.state, self.metadata.name.casefold().translate(_ONE_LINE))

    @property
    def newest(self) -> ModelVersion:
        """Give the version registered last."""
        return self.versions[-1]

    @property
    def current_version(self) -> ModelVersion:
        """Give the version a bare id means."""
        newest = self.versions[-1]
        if newest.version == self.current:
            return newest
        return next(known for known in reversed(self.versions) if known.version == self.current)

    def version(self, number: str) -> ModelVersion | None:
        """Give the version of that exact number, if there is one."""
        place = self.place_of(number)
        return None if place is None else self.versions[place]

    def place_of(self, number: str) -> int | None:
        """Give where among the versions that exact number stands, sought from the newest."""
        places = range(len(self.versions) - 1, -1, -1)
        return next((place for place in places if self.versions[place].version == number), None)

    def offered(self, *, withdrawn: str = "", given_back: str = "") -> Iterator[str]:
        """Give the numbers a range may pick, newest first; as they would be with one yanked, or with its yank undone.

        Numbers only rise from version to version, so that the newest that fits is the highest.
        """
        for known in reversed(self.versions):
            if known.version == given_back or (known.state == REGISTERED and known.version != withdrawn):
                yield known.version


def apply(entry: ModelEntry | None, event: Event) -> ModelEntry:
    """Give the model as it stands after the event."""
    changed = _APPLY[event.kind](entry, event)
    return replace(changed, revision=event.revision, updated_at=event.at, seq=event.seq)


def fold(events: Iterable[Event]) -> ModelEntry | None:
    """Give the model that these events, all of one model and in order, have made."""
    entry: ModelEntry | None = None
    for event in events:
        entry = apply(entry, event)
    return entry


def _model_registered(_: ModelEntry | None, event: Event) -> ModelEntry:
    version = _version(event)
    return ModelEntry(
        id=str(event.model),
        model_name=event.data["model_name"],
        metadata=version.metadata,
        versions=(version,),
        current=version.version,
        created_at=event.at,
        updated_at=event.at,
        seq=event.seq,
        revision=event.revision,
    )


def _version_registered(entry: ModelEntry, event: Event) -> ModelEntry:
    version = _version(event)
    current = event.data["current"]
    return replace(
        entry,
        model_name=event.data["model_name"],
        metadata=version.metadata,
        versions=(*entry.versions, version),
        current=version.version if current else entry.current,
        pinned=entry.pinned and not current,
    )


def _version_yanked(entry: ModelEntry, event: Event) -> ModelEntry:
    state = REGISTERED if event.data["undo"] else YANKED
    changed = _with_version(entry, event.data["version"], state=state)
    return replace(changed, current=event.data["current"])


def _versions_pruned(entry: ModelEntry, event: Event) -> ModelEntry:
    for number in event.data["versions"]:
        entry = _with_version(entry, number, state=PRUNED)
    return entry


def _metadata_updated(entry: ModelEntry, event: Event) -> ModelEntry:
    measured = {
        name: tuple(value) if name == "dependencies" else value
        for name in ("performance", "dependencies")
        if (value := event.data.get(name)) is not None
    }
    changed = _with_version(entry, event.data["version"], **measured) if measured else entry
    return replace(changed, metadata=Metadata.from_dict(event.data["metadata"]))


def _alias_set(entry: ModelEntry, event: Event) -> ModelEntry:
    aliases = {**entry.aliases, event.data["alias"]: event.data["version"]}
    return replace(entry, aliases={alias: version for alias, version in aliases.items() if version is not None})


def _current_moved(entry: ModelEntry, event: Event) -> ModelEntry:
    return replace(entry, current=event.data["version"], pinned=event.data["pinned"])


def _model_deprecated(entry: ModelEntry, event: Event) -> ModelEntry:
    data = event.data
    notice = Deprecation(
        reason=event.reason,
        at=event.at,
        replacement=data["replacement"],
        sunset=data["sunset"],
        alternatives=tuple(data["alternatives"]),
        migration_notes=tuple(data["migration_notes"]),
    )
    return replace(_moved(entry, State.DEPRECATED, event), deprecation=notice)


def _model_archived(entry: ModelEntry, event: Event) -> ModelEntry:
    return _moved(entry, State.ARCHIVED, event)


def _model_deleted(entry: ModelEntry, event: Event) -> ModelEntry:
    return replace(_moved(entry, State.DELETED, event), backup=event.data["backup"])


def _model_restored(entry: ModelEntry, event: Event) -> ModelEntry:
    state = State(event.data["state"])
    notice = entry.deprecation if state is State.DEPRECATED else None
    return replace(
        entry,
        state=state,
        before=entry.before[:-1],
        state_reason=event.reason,
        deprecation=notice,
        backup=None,
        purged=False,
    )


def _model_purged(entry: ModelEntry, event: Event) -> ModelEntry:
    return replace(entry, purged=True, backup=event.data.get("backup") or entry.backup)


_APPLY: Mapping[str, Callable[[Any, Event], ModelEntry]] = {
    "model_registered": _model_registered,
    "version_registered": _version_registered,
    "version_yanked": _version_yanked,
    "versions_pruned": _versions_pruned,
    "metadata_updated": _metadata_updated,
    "alias_set": _alias_set,
    "current_moved": _current_moved,
    "model_deprecated": _model_deprecated,
    "model_archived": _model_archived,
    "model_restored": _model_restored,
    "model_deleted": _model_deleted,
    "model_purged": _model_purged,
}


def _moved(entry: ModelEntry, state: State, event: Event) -> ModelEntry:
    """Change the state, remembering the one left; a notice renewed in the same state adds nothing to remember."""
    before = entry.before if entry.state is state else (*entry.before, entry.state)
    return replace(entry, state=state, before=before, state_reason=event.reason)


def _with_version(entry: ModelEntry, number: str, **changes: Any) -> ModelEntry:
    place = entry.place_of(number)
    if place is None:
        return entry
    changed = replace(entry.versions[place], **changes)
    return replace(entry, versions=(*entry.versions[:place], changed, *entry.versions[place + 1 :]))


_STATED = tuple(
    f.name for f in fields(ModelVersion) if f.name not in {"seq", "created_at", "author", "reason", "state"}
)
_TUPLES = ("changes", "migration_notes", "dependencies", "kinds")


def _version(event: Event) -> ModelVersion:
    stated = {name: event.data[name] for name in _STATED if name in event.data and name != "metadata"}
    return _revived(
        {
            **stated,
            "metadata": event.data["metadata"],
            "seq": event.seq,
            "created_at": event.at,
            "author": event.actor,
            "reason": event.reason,
        }
    )


def _revived(stored: Mapping[str, Any], metadata: Metadata | None = None) -> ModelVersion:
    """Give a version as it was stored; what many versions have in common is kept in memory once."""
    found: dict[str, Any] = {
        **stored,
        **{name: tuple(stored[name]) for name in _TUPLES if name in stored},
        **{name: intern(stored[name]) for name in _COMMON if name in stored},
        **{name: _once(tuple(stored[name].items())) for name in ("counts", "findings") if name in stored},
        "kinds": _kinds(tuple(stored.get("kinds", ()))),
        "performance": stored.get("performance") or _NOTHING,
        "metadata": metadata or Metadata.from_dict(stored["metadata"]),
    }
    return ModelVersion(**found)


_NOTHING: Mapping[str, Any] = {}
_COMMON = ("version", "created_at", "author", "bump", "summary", "state")


@lru_cache(maxsize=4_096)
def _once(counted: tuple[tuple[str, int], ...]) -> Mapping[str, int]:
    return dict(counted)


@lru_cache(maxsize=4_096)
def _kinds(names: tuple[str, ...]) -> tuple[str, ...]:
    return names


def stated_facts(version: ModelVersion) -> dict[str, Any]:
    """Give what an event says of a new version (`_version` reads it back); empty and absent facts are left out."""
    facts = {name: _plain(getattr(version, name)) for name in _STATED}
    return {name: value for name, value in facts.items() if value not in (None, [], {}) or name in _REQUIRED}


_REQUIRED = frozenset({"version", "digest", "fingerprint", "structure", "size", "bump", "summary", "metadata"})


def to_dict(entry: ModelEntry) -> dict[str, Any]:
    """Give the whole entry as JSON can hold it (`from_dict` reads it back)."""
    return {f.name: _plain(getattr(entry, f.name)) for f in fields(ModelEntry)}


def from_dict(stored: Mapping[str, Any]) -> ModelEntry:
    """Read an entry that `to_dict` gave."""
    notice = stored["deprecation"]
    if notice:
        notice = Deprecation(
            **{
                **notice,
                "alternatives": tuple(notice["alternatives"]),
                "migration_notes": tuple(notice["migration_notes"]),
            }
        )
    metadata = Metadata.from_dict(stored["metadata"])
    return ModelEntry(
        **{
            **stored,
            "aliases": stored["aliases"] or _NOTHING,
            "created_at": intern(stored["created_at"]),
            "updated_at": intern(stored["updated_at"]),
            "metadata": metadata,
            "versions": tuple(
                _revived(version, metadata if version["metadata"] == stored["metadata"] else None)
                for version in stored["versions"]
            ),
            "state": State(stored["state"]),
            "before": tuple(State(state) for state in stored["before"]),
            "deprecation": notice,
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Metadata):
        return value.to_dict()
    if isinstance(value, (ModelVersion, Deprecation)):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, State):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value
