"""Taking the models of a directory into a registry: read each file, tell which model it is, register it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from logging import getLogger
from pathlib import Path
from typing import Any

from model_registry.discovery import discover
from model_registry.domain.assignment import Assignment, Found, assign
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelVersion
from model_registry.domain.lifecycle import WRITABLE
from model_registry.domain.printable import counted, printable
from model_registry.domain.registration import SKIPPED, UNCHANGED, Request, name_of
from model_registry.domain.run import FAILED, FileOutcome
from model_registry.domain.source import Source, refuse_large
from model_registry.errors import RegistryError
from model_registry.registry import Registration, Registry
from model_registry.sources import read_source

CHUNK = 64
"""Models registered in one commit."""

READ = "read"
"""What `Progress` is told of a file whose outcome is still to come."""

Progress = Callable[[int, int, str, str], None]
"""Called for each step: how many are done, of how many, the file's path, its outcome (`read` until it has one)."""

logger = getLogger("model_registry")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model file that could be read: what its identity needs, and its source."""

    found: Found
    source: Source
    digest: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A model file that is to be registered as a certain model."""

    candidate: Candidate
    assignment: Assignment

    @property
    def registration(self) -> Registration:
        """Give what the registry is asked."""
        return Registration(self.candidate.source, model_id=self.assignment.model_id)


class Tally:
    """The outcomes of a run so far; tells of each step as it is done."""

    def __init__(self, steps: int, progress: Progress | None) -> None:
        self.outcomes: list[FileOutcome] = []
        self._steps = steps
        self._done = 0
        self._progress = progress

    def step(self, path: str, outcome: str) -> None:
        """Count one step of a file."""
        self._done += 1
        if self._progress:
            self._progress(self._done, self._steps, path, outcome)

    def add(self, outcome: FileOutcome) -> None:
        """Take in what became of a file."""
        logger.debug("%s: %s %s %s", printable(outcome.path), outcome.outcome, outcome.model_id, outcome.version)
        self.outcomes.append(outcome)
        self.step(outcome.path, outcome.outcome)


def take_in(
    registry: Registry,
    target: Path,
    *,
    recursive: bool = True,
    skip: Sequence[Path] = (),
    actor: str = "",
    roots: Sequence[Path] | None = None,
    progress: Progress | None = None,
) -> list[FileOutcome]:
    """Register the models below a directory and give the outcome of every file, in path order.

    Files are registered in chunks of 64, each one commit: a run that is killed leaves whole chunks behind, and the next
    one does what is left. With `roots`, only files below one of them are read, after links are resolved.
    """
    found = discover(target, recursive=recursive, skip=skip)
    logger.debug("discover: %s", counted(len(found.files), "model file"))
    tally = Tally(2 * len(found.files) + len(found.faults), progress)
    for where, error in found.faults:
        tally.add(_failed(where, error))
    candidates = list(_read_all(registry, found.files, target, roots, tally))
    wishes = list(_wishes(registry, candidates, tally))
    logger.debug("extract: %s, %d of them to register", counted(len(candidates), "model"), len(wishes))
    for start in range(0, len(wishes), CHUNK):
        _register(registry, wishes[start : start + CHUNK], actor, tally)
    return sorted(tally.outcomes, key=lambda outcome: outcome.path.split("/"))


def _read_all(
    registry: Registry, files: Sequence[dict[str, Any]], target: Path, roots: Sequence[Path] | None, tally: Tally
) -> Iterator[Candidate]:
    catalogue = registry.catalogue()
    for file in files:
        tally.step(file["origin"], READ)
        try:
            yield _candidate(registry, catalogue, file, target, roots)
        except RegistryError as error:
            tally.add(_failed(file["origin"], error))


def _candidate(
    registry: Registry, catalogue: Catalogue, file: dict[str, Any], target: Path, roots: Sequence[Path] | None
) -> Candidate:
    """Read a file; one whose bytes are on record for its path need not be understood again."""
    source = read_source(file["path"], roots, base=target)
    source = replace(source, origin={**(source.origin or {}), "path": file["origin"]})
    digest = hashlib.sha256(source.data).hexdigest()
    known = catalogue.from_origin(file["origin"])
    if known and known.newest.digest == digest:
        return Candidate(Found(file["origin"], known.model_name, known.newest.fingerprint), source, digest)
    refuse_large(source, registry.config.max_source_bytes)
    reading = registry.understood(source)
    return Candidate(
        Found(file["origin"], name_of(Request(source, reading)), reading.model.fingerprint), source, digest
    )


def _wishes(registry: Registry, candidates: Sequence[Candidate], tally: Tally) -> Iterator[Wish]:
    """Give the files that are to be registered; the others rest, or are skipped."""
    assignments = assign(registry.catalogue(), [candidate.found for candidate in candidates])
    for candidate, assignment in zip(candidates, assignments, strict=True):
        entry = assignment.entry
        if entry and entry.state not in WRITABLE:
            why = f"{entry.id} is {entry.state}; restore it to register this file"
            tally.add(FileOutcome(candidate.found.origin, SKIPPED, entry.id, entry.newest.version, explanation=why))
        elif entry and entry.newest.digest == candidate.digest:
            tally.add(_told(candidate, entry.id, entry.newest, UNCHANGED))
        else:
            yield Wish(candidate, assignment)


def _register(registry: Registry, wishes: Sequence[Wish], actor: str, tally: Tally) -> None:
    """Register a chunk in one commit."""
    results = registry.register_models([wish.registration for wish in wishes], actor=actor)
    entries = registry.catalogue().entries
    for wish, result in zip(wishes, results, strict=True):
        if isinstance(result, RegistryError):
            tally.add(_failed(wish.candidate.found.origin, result))
            continue
        version = entries[result["model_id"]].version(result["version"])
        assert version is not None, "a version just registered is on record"
        told = _told(wish.candidate, result["model_id"], version, result["outcome"])
        tally.add(
            replace(
                told,
                required_bump=result["required_bump"],
                explanation=result["explanation"],
                similar=tuple(dict.fromkeys(row["id"] for row in result["similar"])),
                note=_note(wish.assignment),
            )
        )


def _told(candidate: Candidate, model_id: str, version: ModelVersion, outcome: str) -> FileOutcome:
    return FileOutcome(
        path=candidate.found.origin,
        outcome=outcome,
        model_id=model_id,
        version=version.version,
        kinds=version.kinds,
        variables=version.counts.get("variables", 0),
        findings=dict(version.findings),
    )


def _note(assignment: Assignment) -> str:
    if assignment.namesake_of:
        return (
            f"another file bears the same ModelName and is {assignment.namesake_of}; this one is a model of its own. "
            f"To make it a version of that one, register it with model_id={assignment.namesake_of}."
        )
    return f"renamed: its ModelName was {assignment.was!r}" if assignment.was else ""


def _failed(path: str, error: RegistryError) -> FileOutcome:
    form = error.to_dict()
    return FileOutcome(path, FAILED, error={key: form[key] for key in ("code", "message", "where", "hint")})
