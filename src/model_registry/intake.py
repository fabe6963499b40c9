"""Taking the models of a directory into a registry: read each file, tell which model it is, register it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from logging import getLogger
from pathlib import Path
from typing import Any

from model_registry.discovery import discover
from model_registry.domain.assignment import Assigner, Assignment, Found
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelVersion
from model_registry.domain.lifecycle import WRITABLE
from model_registry.domain.printable import counted, printable
from model_registry.domain.registration import SKIPPED, UNCHANGED, Request, name_of
from model_registry.domain.run import FAILED, FileOutcome
from model_registry.domain.source import KEPT_BYTES, Source, refuse_large
from model_registry.errors import RegistryError, SourceError
from model_registry.registry import Registration, Registry
from model_registry.sources import read_source

CHUNK = 64
"""Models registered in one commit."""

CHUNK_BYTES = KEPT_BYTES // 2
"""Bytes of text with which a commit is full before: what was read of it is at hand until it is registered."""

READ = "read"
"""What `Progress` is told of a file whose outcome is still to come."""

Progress = Callable[[int, int, str, str], None]
"""Called for each step: how many are done, of how many, the file's path, its outcome (`read` until it has one)."""

File = Mapping[str, Any]
"""A file that was discovered (see `discovery`)."""

logger = getLogger("model_registry")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model file that could be read: what its identity needs, and the digest of its bytes."""

    found: Found
    digest: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A model file that is to be registered as a certain model."""

    origin: str
    source: Source
    assignment: Assignment

    @property
    def registration(self) -> Registration:
        """Give what the registry is asked."""
        return Registration(self.source, model_id=self.assignment.model_id)


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

    Files are read and registered in chunks of 64, each one commit: a run that is killed leaves whole chunks behind, and
    the next one does what is left. With `roots`, only files below one of them are read, after links are resolved.
    """
    found = discover(target, recursive=recursive, skip=skip)
    logger.debug("discover: %s", counted(len(found.files), "model file"))
    tally = Tally(2 * len(found.files) + len(found.faults), progress)
    for where, error in found.faults:
        tally.add(_failed(where, error))
    looker = _Looker(registry, registry.catalogue().fork(), target, roots)
    for chunk in _chunks(_wishes(looker, found.files, tally)):
        _register(registry, chunk, actor, tally)
    return sorted(tally.outcomes, key=lambda outcome: outcome.path.split("/"))


class _Looker:
    """Looks into files, for a registry as it stood when the run began."""

    def __init__(self, registry: Registry, catalogue: Catalogue, target: Path, roots: Sequence[Path] | None) -> None:
        self.catalogue = catalogue
        self._registry = registry
        self._target = target
        self._roots = roots

    def look(self, file: File) -> tuple[Candidate, Source]:
        """Understand a file; one whose bytes are on record for its path need not be understood again."""
        source = read_source(file["path"], self._roots, base=self._target)
        source = replace(source, origin={**(source.origin or {}), "path": file["origin"]})
        digest = hashlib.sha256(source.data).hexdigest()
        known = self.catalogue.from_origin(file["origin"])
        if known and known.newest.digest == digest:
            return Candidate(Found(file["origin"], known.model_name, known.newest.fingerprint), digest), source
        refuse_large(source, self._registry.config.max_source_bytes)
        reading = self._registry.understood(source)
        name = name_of(Request(source, reading))
        return Candidate(Found(file["origin"], name, reading.model.fingerprint), digest), source

    def look_again(self, file: File, before: Found) -> Source:
        """Read a file again; SourceError when it holds another model by now."""
        again, source = self.look(file)
        if again.found.name != before.name:
            raise SourceError(
                f"the file changed while it was read: it held {before.name!r}, and now {again.found.name!r}",
                code="changed_meanwhile",
                where=file["origin"],
                hint="Run again.",
            )
        return source


def _wishes(looker: _Looker, files: Sequence[File], tally: Tally) -> Iterator[Wish]:
    """Give the files that are to be registered, each when it was read; the others rest, are skipped, or failed.

    Files on record are read first, for they decide whose names are taken; what they hold is let go until their turn.
    """
    catalogue = looker.catalogue
    on_record = [file for file in files if catalogue.from_origin(file["origin"])]
    seen = {file["origin"]: _looked(looker, file, tally)[0] for file in on_record}
    assigner = Assigner(catalogue, [candidate.found for candidate in seen.values() if candidate])
    for file in files:
        origin, source = file["origin"], None
        if origin in seen:
            candidate = seen[origin]
        else:
            candidate, source = _looked(looker, file, tally)
        if candidate is None:
            continue
        assignment = assigner.assign(candidate.found)
        resting = _resting(candidate, assignment)
        if resting:
            tally.add(resting)
            continue
        try:
            source = source or looker.look_again(file, candidate.found)
        except RegistryError as error:
            tally.add(_failed(origin, error))
        else:
            yield Wish(origin, source, assignment)


def _looked(looker: _Looker, file: File, tally: Tally) -> tuple[Candidate, Source] | tuple[None, None]:
    """Look into a file; what fails is told, and gives nothing."""
    tally.step(file["origin"], READ)
    try:
        return looker.look(file)
    except RegistryError as error:
        tally.add(_failed(file["origin"], error))
        return None, None


def _resting(candidate: Candidate, assignment: Assignment) -> FileOutcome | None:
    """Tell what becomes of a file that is not to be registered; None for one that is."""
    entry, origin = assignment.entry, candidate.found.origin
    if entry and entry.state not in WRITABLE:
        why = f"{entry.id} is {entry.state}; restore it to register this file"
        return FileOutcome(origin, SKIPPED, entry.id, entry.newest.version, explanation=why)
    if entry and entry.newest.digest == candidate.digest:
        return _told(origin, entry.id, entry.newest, UNCHANGED)
    return None


def _chunks(wishes: Iterable[Wish]) -> Iterator[list[Wish]]:
    """Give them in commits: no longer, and with no more text, than may be at hand together."""
    chunk: list[Wish] = []
    size = 0
    for wish in wishes:
        chunk.append(wish)
        size += len(wish.source.data)
        if len(chunk) == CHUNK or size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _register(registry: Registry, wishes: Sequence[Wish], actor: str, tally: Tally) -> None:
    """Register a chunk in one commit."""
    results = registry.register_models([wish.registration for wish in wishes], actor=actor)
    entries = registry.catalogue().entries
    for wish, result in zip(wishes, results, strict=True):
        if isinstance(result, RegistryError):
            tally.add(_failed(wish.origin, result))
            continue
        version = entries[result["model_id"]].version(result["version"])
        assert version is not None, "a version just registered is on record"
        told = _told(wish.origin, result["model_id"], version, result["outcome"])
        tally.add(
            replace(
                told,
                required_bump=result["required_bump"],
                explanation=result["explanation"],
                similar=tuple(dict.fromkeys(row["id"] for row in result["similar"])),
                note=_note(wish.assignment),
            )
        )


def _told(origin: str, model_id: str, version: ModelVersion, outcome: str) -> FileOutcome:
    return FileOutcome(
        path=origin,
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
