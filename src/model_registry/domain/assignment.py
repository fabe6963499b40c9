"""Which model each file of one run is: the rules of identity when a whole directory is registered. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.identity import SLUG_LENGTH, free_id, short_hash


@dataclass(frozen=True, slots=True)
class Found:
    """A model file of a run: its path below the discovery root, the ModelName it bears, its fingerprint."""

    origin: str
    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """The model a file is: one on record (`entry`) or a new one.

    `was` is the name it had before, where it was renamed; `namesake_of` the model whose name it shares.
    """

    model_id: str
    entry: ModelEntry | None = None
    was: str = ""
    namesake_of: str = ""


class Assigner:
    """Tells of the files of one run, in path order, which model each is; no model is given to two files.

    A file on record for a model is that model while it bears its name, and when only the name changed: therefore those
    on record are told of first. Any other file is the model of its name, unless a file of this run is that already:
    then it becomes `<id>-<6 hex of its path>`. The catalogue is that of the beginning of the run, and stays so.
    """

    def __init__(self, catalogue: Catalogue, on_record: Sequence[Found]) -> None:
        self._catalogue = catalogue
        self._ids = set(catalogue.entries)
        self._taken: set[str] = set()
        self._given: dict[str, Assignment] = {}
        for rule in (_on_record, _renamed):
            for file in (file for file in on_record if file.origin not in self._given):
                entry = rule(catalogue, file)
                if entry and entry.id not in self._taken:
                    was = entry.model_name if entry.model_name != file.name else ""
                    self._given[file.origin] = Assignment(entry.id, entry, was)
                    self._taken.add(entry.id)
        names = {file.origin: file.name for file in on_record}
        self._bearers = {names[origin]: known.model_id for origin, known in self._given.items() if not known.was}

    def assign(self, file: Found) -> Assignment:
        """Tell which model the next file is."""
        known = self._given.get(file.origin)
        if known:
            return known
        found = _by_name(self._catalogue, file, self._bearers, self._taken, self._ids)
        self._taken.add(found.model_id)
        self._ids.add(found.model_id)
        self._bearers.setdefault(file.name, found.model_id)
        return found


def _on_record(catalogue: Catalogue, file: Found) -> ModelEntry | None:
    entry = catalogue.from_origin(file.origin)
    return entry if entry and entry.model_name == file.name else None


def _renamed(catalogue: Catalogue, file: Found) -> ModelEntry | None:
    entry = catalogue.from_origin(file.origin)
    return entry if entry and entry.newest.fingerprint == file.fingerprint else None


def _by_name(
    catalogue: Catalogue, file: Found, bearers: Mapping[str, str], taken: Set[str], ids: Set[str]
) -> Assignment:
    entry = catalogue.named(file.name)
    if entry and entry.id not in taken:
        return Assignment(entry.id, entry)
    first = entry.id if entry else bearers.get(file.name)
    if first is None:
        return Assignment(free_id(file.name, ids))
    model_id = f"{first[:SLUG_LENGTH].rstrip('-_')}-{short_hash(file.origin)}"
    return Assignment(model_id, catalogue.entries.get(model_id), namesake_of=first)
