"""All models of a registry at one position of its log, and the ways to look one up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from model_registry.domain.entries import Entries
from model_registry.domain.entry import Brief, ModelEntry, ModelVersion, apply
from model_registry.domain.events import Event, Position
from model_registry.domain.lifecycle import State
from model_registry.domain.lookups import CONTENT, NAME, ORIGIN, Lookups
from model_registry.domain.merkle import Tree
from model_registry.domain.requirement import required_models


class Catalogue:
    """The fold of a log: entries by id, indexes of names, contents and operations, and the Merkle tree over its events.

    It grows by `apply` and by nothing else. Entries are frozen, so a reader keeps what it has taken.
    """

    def __init__(self, position: Position, entries: Entries | None = None, lookups: Lookups | None = None) -> None:
        self.position = position
        self.last_at = ""
        self.tree = Tree()
        self.entries = Entries() if entries is None else entries
        self.operations: dict[str, int] = {}
        self.lookups = lookups or Lookups()
        self._requiring: dict[str, frozenset[str]] = {}

    def fork(self) -> Catalogue:
        """Give a catalogue that begins as this one and goes its own way."""
        other = Catalogue(self.position, self.entries.fork(), self.lookups.fork())
        other.last_at = self.last_at
        other.tree = self.tree
        other.operations = dict(self.operations)
        other._requiring = dict(self._requiring)
        return other

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        if event.model is not None:
            entry = apply(self.entries.get(event.model), event)
            self.add(entry, new_versions=event.kind in {"model_registered", "version_registered"})
            self.entries.trace(event.model, event.seq)
        if "request" in event.data:
            self.operations[event.op_id] = event.seq
        self.last_at = event.at
        self.tree = self.tree.grown(bytes.fromhex(event.hash))
        self.position = Position(self.position.log_id, event.seq, event.hash)

    def add(self, entry: ModelEntry, *, new_versions: bool = True) -> None:
        """Take in an entry as it stands; the last version is indexed when it is new."""
        known = self.entries.get(entry.id)
        self.entries[entry.id] = entry
        self.lookups.add(known, entry, new_versions=new_versions)
        self._index_requirements(known, entry)

    def trail(self, model_id: str) -> Iterator[int]:
        """Give the sequence numbers of a model's events, newest first."""
        rest = self.entries.trail(model_id)
        while rest:
            seq, rest = rest
            yield seq

    @property
    def required(self) -> Mapping[str, Iterable[str]]:
        """Give for each model that others require the ids of those."""
        return {model_id: sorted(others) for model_id, others in self._requiring.items() if others}

    def require(self, required: Mapping[str, Iterable[str]]) -> None:
        """Take in who requires whom, as `required` gave it."""
        self._requiring = {model_id: frozenset(others) for model_id, others in required.items()}

    def requiring(self, model_id: str) -> frozenset[str]:
        """Give the ids of the models, in whatever state, whose current version requires this one."""
        return self._requiring.get(model_id, frozenset())

    def named(self, model_name: str) -> ModelEntry | None:
        """Give the model of that ModelName: the first registered of those that bear it now."""
        bearers = (entry for entry in self._candidates(NAME, model_name) if entry.model_name == model_name)
        return min(bearers, key=lambda entry: entry.versions[0].seq, default=None)

    def from_origin(self, path: str) -> ModelEntry | None:
        """Give the model last registered from that path, relative to its discovery root."""
        found = {
            version.seq: entry
            for entry in self._candidates(ORIGIN, path)
            for version in entry.versions
            if version.origin and version.origin.get("path") == path
        }
        return found[max(found)] if found else None

    def _index_requirements(self, known: ModelEntry | None, entry: ModelEntry) -> None:
        before = frozenset(_required_ids(known)) if known else frozenset()
        now = frozenset(_required_ids(entry))
        for model_id in now - before:
            self._requiring[model_id] = self.requiring(model_id) | {entry.id}
        for model_id in before - now:
            self._requiring[model_id] = self.requiring(model_id) - {entry.id}

    def with_content(self, key: str) -> Iterator[tuple[str, ModelVersion]]:
        """Give each version of that digest, fingerprint or structural fingerprint, with the id of its model."""
        for entry in self._candidates(CONTENT, key):
            for version in entry.versions:
                if key in (version.digest, version.fingerprint, version.structure):
                    yield entry.id, version

    def _candidates(self, kind: str, said: str) -> Iterator[ModelEntry]:
        return (self.entries[model_id] for model_id in self.lookups.find(kind, said))

    def visible(self) -> list[Brief]:
        """Give what is told of the models that are neither archived nor deleted, by id."""
        return sorted(brief for brief in self.entries.briefs() if brief.state in (State.ACTIVE, State.DEPRECATED))


def _required_ids(entry: ModelEntry) -> Iterator[str]:
    return (required.model_id for required in required_models(entry.current_version.dependencies))
