"""All models of a registry at one position of its log, and the ways to look one up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model_registry.domain.entry import ModelEntry, ModelVersion, apply
from model_registry.domain.events import Event, Position
from model_registry.domain.lifecycle import State
from model_registry.domain.merkle import Tree
from model_registry.domain.requirement import required_models

Trail = tuple[int, "Trail | None"]
"""The sequence numbers of a model's events, newest first: the last one, and the trail before it."""


class Catalogue:
    """The fold of a log: entries by id, indexes of names, contents and operations, and the Merkle tree over its events.

    It grows by `apply` and by nothing else. Entries are frozen, so a reader keeps what it has taken.
    """

    def __init__(self, position: Position) -> None:
        self.position = position
        self.last_at = ""
        self.tree = Tree()
        self.entries: dict[str, ModelEntry] = {}
        self.operations: dict[str, int] = {}
        self._by_name: dict[str, tuple[str, ...]] = {}
        self._by_origin: dict[str, tuple[int, str]] = {}
        self._by_content: dict[str, tuple[tuple[str, str], ...]] = {}
        self._requiring: dict[str, frozenset[str]] = {}
        self._trails: dict[str, Trail] = {}

    def fork(self) -> Catalogue:
        """Give a catalogue that begins as this one and goes its own way."""
        other = Catalogue(self.position)
        other.last_at = self.last_at
        other.tree = self.tree
        other.entries = dict(self.entries)
        other.operations = dict(self.operations)
        other._by_name = dict(self._by_name)
        other._by_origin = dict(self._by_origin)
        other._by_content = dict(self._by_content)
        other._requiring = dict(self._requiring)
        other._trails = dict(self._trails)
        return other

    def apply(self, event: Event) -> None:
        """Take in the next event."""
        if event.model is not None:
            entry = apply(self.entries.get(event.model), event)
            self.add(entry, new_versions=event.kind in {"model_registered", "version_registered"})
            self.trace(event.model, [event.seq])
        if "request" in event.data:
            self.operations[event.op_id] = event.seq
        self.last_at = event.at
        self.tree = self.tree.grown(bytes.fromhex(event.hash))
        self.position = Position(self.position.log_id, event.seq, event.hash)

    def add(self, entry: ModelEntry, *, new_versions: bool = True) -> None:
        """Take in an entry as it stands; the last version is indexed when it is new."""
        known = self.entries.get(entry.id)
        self.entries[entry.id] = entry
        if known is None or known.model_name != entry.model_name:
            if known:
                bearers = self._by_name[known.model_name]
                self._by_name[known.model_name] = tuple(bearer for bearer in bearers if bearer != entry.id)
            self._by_name[entry.model_name] = (*self._by_name.get(entry.model_name, ()), entry.id)
        for version in (entry.versions[-1:] if known else entry.versions) if new_versions else ():
            self._index(entry.id, version)
        self._index_requirements(known, entry)

    def trace(self, model_id: str, seqs: Iterable[int]) -> None:
        """Take in the sequence numbers of a model's next events, oldest first."""
        for seq in seqs:
            self._trails[model_id] = (seq, self._trails.get(model_id))

    def trail(self, model_id: str) -> Iterator[int]:
        """Give the sequence numbers of a model's events, newest first."""
        rest = self._trails.get(model_id)
        while rest:
            seq, rest = rest
            yield seq

    def requiring(self, model_id: str) -> frozenset[str]:
        """Give the ids of the models, in whatever state, whose current version requires this one."""
        return self._requiring.get(model_id, frozenset())

    def named(self, model_name: str) -> ModelEntry | None:
        """Give the model of that ModelName: the first registered of those that bear it now."""
        bearers = [self.entries[model_id] for model_id in self._by_name.get(model_name, ())]
        return min(bearers, key=lambda entry: entry.versions[0].seq, default=None)

    def from_origin(self, path: str) -> ModelEntry | None:
        """Give the model last registered from that path, relative to its discovery root."""
        _, model_id = self._by_origin.get(path, (0, ""))
        return self.entries.get(model_id)

    def _index(self, model_id: str, version: ModelVersion) -> None:
        origin = (version.origin or {}).get("path")
        if origin and version.seq > self._by_origin.get(origin, (0, ""))[0]:
            self._by_origin[origin] = (version.seq, model_id)
        for key in {version.digest, version.fingerprint, version.structure}:
            self._by_content[key] = (*self._by_content.get(key, ()), (model_id, version.version))

    def _index_requirements(self, known: ModelEntry | None, entry: ModelEntry) -> None:
        before = frozenset(_required_ids(known)) if known else frozenset()
        now = frozenset(_required_ids(entry))
        for model_id in now - before:
            self._requiring[model_id] = self.requiring(model_id) | {entry.id}
        for model_id in before - now:
            self._requiring[model_id] = self.requiring(model_id) - {entry.id}

    def with_content(self, key: str) -> tuple[tuple[str, str], ...]:
        """Give each (id, version) of that digest, fingerprint or structural fingerprint, oldest first."""
        return self._by_content.get(key, ())

    def visible(self, states: Iterable[State] = (State.ACTIVE, State.DEPRECATED)) -> list[ModelEntry]:
        """Give the models in these states, by id."""
        wanted = frozenset(states)
        return [entry for _, entry in sorted(self.entries.items()) if entry.state in wanted]


def _required_ids(entry: ModelEntry) -> Iterator[str]:
    return (required.model_id for required in required_models(entry.current_version.dependencies))
