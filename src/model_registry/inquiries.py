"""What can be asked of a registry. Nothing here writes; that something was read is counted outside the log."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from model_registry.config import RegistryConfig
from model_registry.domain.anatomy import anatomy
from model_registry.domain.answers import Answers
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.comparison import compare
from model_registry.domain.dependencies import dependencies_view
from model_registry.domain.entry import PRUNED, ModelEntry, ModelVersion
from model_registry.domain.events import Event, Position
from model_registry.domain.history import performance_history
from model_registry.domain.inside import SHOWN
from model_registry.domain.metadata import read_given
from model_registry.domain.paging import page
from model_registry.domain.proof import head_text
from model_registry.domain.registration import Request, metadata_of, name_of, version_facts
from model_registry.domain.resolve import find_model, find_version
from model_registry.domain.similarity import Likeness, likeness
from model_registry.domain.source import Reading, Source, refuse_large, understand
from model_registry.domain.statistics import Statistics, statistics
from model_registry.domain.usage import NEVER, most_used, use_view
from model_registry.domain.views import (
    NEWEST,
    diagnostics_view,
    model_view,
    versions_view,
)
from model_registry.errors import NotFoundError, RegistryError
from model_registry.finder import Finder
from model_registry.ledger import Ledger
from model_registry.ports import Backups, Usage
from model_registry.searching import Searching

View = dict[str, Any]
AsOf = int | str | None


class Inquiries(Searching):
    """The reading half of a registry."""

    def __init__(
        self,
        ledger: Ledger,
        finder: Finder,
        config: RegistryConfig,
        backups: Backups,
        usage: Usage,
        *,
        place: str,
        actor: str,
        author: tuple[str, str] = ("", ""),
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._finder = finder
        self._backups = backups
        self._usage = usage
        self._answers = Answers()
        self._statistics = Statistics()
        self._author = author
        self._clock = clock
        self.config = config
        self.place = place
        self._who: Callable[[], str] = lambda: actor

    def called_by(self, caller: Callable[[], str]) -> Self:
        """Give the same registry for a door with many callers: at each write `caller` tells who, "" for nobody."""
        shared, owner = copy(self), self._who
        shared._who = lambda: caller() or owner()
        return shared

    def get_model_info(self, model_id: str, *, versions: int | None = NEWEST, as_of: AsOf = None) -> View:
        """Give all about a model: metadata, structure, newest versions, dependencies, performance, findings.

        `versions` bounds how many versions are shown (None for all), `as_of` (a moment or a sequence number) shows the
        past. A reference with a version (`id@^1.2`) shows the structure and findings of that version.
        """
        catalogue = self._catalogue(as_of)
        entry = _known_then(catalogue, model_id, as_of)
        shown = find_version(entry, model_id.partition("@")[2])
        view = model_view(entry, newest=versions) | {
            "shown_version": shown.version,
            "dependencies": dependencies_view(catalogue, entry),
            "performance_history": performance_history(entry),
            "usage": use_view(self._usage.used().get(entry.id, NEVER)),
            **self._inside(shown),
        }
        self._usage.count(reads=[entry.id])
        return view

    def get_model_source(self, model_id: str, version: str = "") -> View:
        """Give the exact text of a version (the current one by default), with its digest and media type."""
        entry = find_model(self._ledger.catalogue(), model_id)
        found = find_version(entry, version or model_id.partition("@")[2])
        source = self._ledger.source_of(found)
        self._usage.count(reads=[entry.id])
        return {
            "model_id": entry.id,
            "version": found.version,
            "digest": found.digest,
            "media_type": media_type(source.filename),
            "filename": source.filename,
            "text": source.data.decode("utf-8", "replace"),
        }

    def get_model_versions(self, model_id: str, *, limit: int = 100, cursor: str = "", as_of: AsOf = None) -> View:
        """Give the versions of a model, newest first, each with what changed since the one before it."""
        entry = _known_then(self._catalogue(as_of), model_id, as_of)
        return page(versions_view(entry), limit, cursor, "version", f"versions {entry.id}")

    def compare_model_versions(
        self, model_id: str, version1: str, version2: str = "", *, source: Source | None = None
    ) -> View:
        """Compare two versions of a model: structure, parameters, metadata, dependencies, performance, migration.

        Told beside the changes: how the graph differs, and which findings of the checks came and went.
        With a `source`, that text is the second side: what registering it as the next version would change.
        """
        entry = find_model(self._ledger.catalogue(), model_id)
        first = find_version(entry, version1)
        old = self._ledger.reading_of(first)
        if source is not None:
            return {"model_id": entry.id, **compare(first, self._next(first, source), old, self.understood(source))}
        second = find_version(entry, version2)
        return {"model_id": entry.id, **compare(first, second, old, self._ledger.reading_of(second))}

    def identify_model(self, digest: str = "", *, source: Source | None = None) -> View:
        """Tell which id@version a text, a digest or a fingerprint is: the same bytes, the same model, or a copy."""
        catalogue = self._ledger.catalogue()
        keys = {"given": digest} if source is None else self._keys_of(source)
        matches = [
            _match(by, model_id, version.version)
            for by, key in keys.items()
            for model_id, version in sorted(catalogue.with_content(key), key=lambda found: -found[1].seq)
        ]
        first = {(match["id"], match["version"]): match for match in reversed(matches)}
        found = sorted(first.values(), key=matches.index)
        return {**({} if source is None else keys), "matches": found, "known": bool(found)}

    def validate_model(self, source: Source, metadata: Mapping[str, Any] | None = None) -> View:
        """Check a text as registering would, without writing: its findings, and whether it would be accepted.

        The findings include what is wrong with its metadata, given or found in the text.
        """
        refuse_large(source, self.config.max_source_bytes)
        request = Request(source, understand(source), read_given(metadata), author=self._author)
        reading, known = request.reading, self._ledger.catalogue().named(name_of(request))
        _, stated = metadata_of(known, request, self.config)
        findings = [
            {**finding, "where": f"line {line}" if (line := finding.pop("line")) else "metadata"}
            for finding in diagnostics_view((*stated, *reading.diagnostics))
        ]
        return {
            "ok": not any(finding["severity"] == "error" for finding in findings),
            "findings": findings,
            "name": reading.model.name,
            "kinds": list(reading.model.kinds),
            "fingerprint": reading.model.fingerprint,
        }

    def generate_registry_statistics(self, *, models: Iterable[str] | None = None, as_of: AsOf = None) -> View:
        """Give the registry in numbers: models, versions, states, kinds, sizes, findings, growth, and where it lies.

        `models` restricts the numbers to the models of these ids.
        """
        catalogue = self._catalogue(as_of)
        entries = catalogue.entries
        ids = entries.keys() if models is None else entries.keys() & set(models)
        counted = self._statistics.of(catalogue) if models is None else statistics(map(entries.__getitem__, ids))
        return {
            "registry": self.place,
            "position": catalogue.position.seq,
            "head": head_text(catalogue.tree),
            **counted,
            "most_used": most_used(use for use in self._usage.used().items() if use[0] in ids),
        }

    def index_state(self) -> str:
        """Tell how the search index stands: ready, rebuilding, or off."""
        return self._finder.state()

    @property
    def author(self) -> str:
        """Give the author assumed of a model that names none."""
        return self._author[0]

    def catch_up(self) -> None:
        """Bring the snapshots and the search index up to date with the log, if they lag behind it."""
        self._ledger.catch_up()
        self._finder.catch_up(self._ledger.catalogue())

    def prepare_search(self) -> Position:
        """Let the search index read what was written, so that no search has to; gives where the log stands."""
        catalogue = self._ledger.catalogue()
        position = catalogue.position
        self._finder.prepare(catalogue)
        return position

    def tidy_search(self) -> bool:
        """Put a bounded piece of what many writes left of the search index in order; tells whether more may be left."""
        more = self._finder.tidy()
        if not more:
            self._finder.warm(self._ledger.catalogue())
        return more

    def rest(self) -> None:
        """Leave the registry so that the next process opens and searches it quickly; for the end of a long run."""
        self._ledger.rest()
        self._finder.warm(self._ledger.catalogue())

    def events(self) -> Iterator[Event]:
        """Read the whole trail, oldest first."""
        return self._ledger.log.read()

    def catalogue(self) -> Catalogue:
        """Give every model as it stands now, to read from."""
        return self._ledger.catalogue()

    def understood(self, source: Source) -> Reading:
        """Read and check a text, one read lately not again; SourceError when it is no model."""
        known = self._ledger.readings.find(hashlib.sha256(source.data).hexdigest())
        if known is not None and known.model.variables:
            return known
        reading = understand(source, require_variables=self.config.metadata.validation_enabled)
        self._ledger.readings.keep(reading, len(source.data))
        return reading

    def reading_of(self, version: ModelVersion) -> Reading:
        """Give the text of a version understood; NotFoundError when it was pruned."""
        return self._ledger.reading_of(version)

    def _inside(self, version: ModelVersion) -> View:
        """Give what only the text tells; a pruned or lost text leaves a finding instead."""
        if version.state == PRUNED:
            return {"structure": None, "diagnostics": [], "source_state": PRUNED}
        try:
            inside = self._ledger.inside_of(version)
            return {key: inside[key] for key in SHOWN}
        except RegistryError as error:
            finding = {"code": error.code, "severity": "error", "line": 0, "message": error.message, "hint": error.hint}
            return {"structure": None, "diagnostics": [finding]}

    def _next(self, known: ModelVersion, source: Source) -> ModelVersion:
        """Give the version a text would be, were it registered after a known one."""
        facts = version_facts(source, self.understood(source))
        return replace(
            facts,
            version=source.filename or "text",
            metadata=known.metadata,
            dependencies=known.dependencies,
        )

    def _facts_of(self, source: Source) -> ModelVersion:
        return version_facts(source, understand(source))

    def _likeness_of(self, source: Source, given: Mapping[str, Any] | None = None) -> Likeness:
        reading = self.understood(source)
        metadata, _ = metadata_of(None, Request(source, reading, read_given(given), author=self._author), self.config)
        return likeness(version_facts(source, reading), anatomy(reading.model), metadata)

    def _keys_of(self, source: Source) -> dict[str, str]:
        try:
            facts = self._facts_of(source)
        except RegistryError:
            return {"digest": hashlib.sha256(source.data).hexdigest()}
        return {"digest": facts.digest, "fingerprint": facts.fingerprint, "structure": facts.structure}


def _match(by: str, model_id: str, version: str) -> View:
    uri = f"registry://models/{model_id}/versions/{version}"
    return {"id": model_id, "version": version, "by": by, "uri": uri}


def _known_then(catalogue: Catalogue, model_id: str, as_of: AsOf) -> ModelEntry:
    """Give a model of a catalogue, which may be a past one; NotFoundError that says so."""
    try:
        return find_model(catalogue, model_id)
    except NotFoundError as error:
        if as_of is None:
            raise
        raise NotFoundError(
            f"{error.message} as of {as_of}",
            code=error.code,
            where=error.where,
            hint="Leave as_of out, or ask for a later moment: get_audit_trail tells when it was registered.",
        ) from error


def media_type(filename: str) -> str:
    """Give the media type of a model file by its ending; Markdown unless it says otherwise."""
    endings = {".json": "application/json", ".yaml": "application/yaml", ".yml": "application/yaml", ".xml": "text/xml"}
    return next((kind for ending, kind in endings.items() if filename.endswith(ending)), "text/markdown")
