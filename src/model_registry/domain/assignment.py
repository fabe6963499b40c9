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


def assign(catalogue: Catalogue, files: Sequence[Found]) -> list[Assignment]:
    """Tell for each file, in path order, which model it is; no model is given to two files.

    A file on record for a model is that model while it bears its name, and when only the name changed. Any other file
    is the model of its name, unless a file of this run is that already: then it becomes `<id>-<6 hex of its path>`.
    """
    given: dict[int, Assignment] = {}
    taken: set[str] = set()
    for rule in (_on_record, _renamed):
        for place, file in enumerate(files):
            entry = rule(catalogue, file)
            if place not in given and entry and entry.id not in taken:
                was = entry.model_name if entry.model_name != file.name else ""
                given[place] = Assignment(entry.id, entry, was)
                taken.add(entry.id)
    bearers = {files[place].name: assignment.model_id for place, assignment in given.items() if not assignment.was}
    ids = set(catalogue.entries)
    for place, file in enumerate(files):
        if place not in given:
            given[place] = _by_name(catalogue, file, bearers, taken, ids)
            taken.add(given[place].model_id)
            ids.add(given[place].model_id)
            bearers.setdefault(file.name, given[place].model_id)
    return [given[place] for place in range(len(files))]


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
