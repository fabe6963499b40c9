"""What registering a text means: whose version it is, which number it gets, and what to remember of it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from model_registry.config import RegistryConfig
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry, ModelVersion, stated_facts
from model_registry.domain.events import Event
from model_registry.domain.identity import check_id, free_id
from model_registry.domain.lifecycle import require_writable
from model_registry.domain.metadata import (
    Fault,
    Given,
    Metadata,
    combine,
    differences,
    extract,
    patch,
    refuse,
    show_performance,
    unlisted,
    validate,
)
from model_registry.domain.source import Reading, Source
from model_registry.domain.version import (
    IMPACT,
    Bump,
    bump_of,
    decide_version,
    explain,
    first_stable,
    migration_notes,
    parse_version,
    summary,
)
from model_registry.errors import ConflictError, VersionNumberError
from model_registry.gnn.canonical import structure_fingerprint
from model_registry.gnn.changes import Change
from model_registry.gnn.diff import diff
from model_registry.gnn.model import Diagnostic, GNNModel, Severity

CREATED = "created"
NEW_VERSION = "new_version"
UNCHANGED = "unchanged"
METADATA_UPDATED = "metadata_updated"
SKIPPED = "skipped"

IF_EXISTS = ("version", "error")
"""What registering a model that is known may do: add a version, or refuse."""

MOST_CHANGES = 100
"""Changes told with a version; the summary counts them all, and comparing the two versions gives the rest."""

OUTCOMES = {
    "model_registered": CREATED,
    "version_registered": NEW_VERSION,
    "metadata_updated": METADATA_UPDATED,
}
"""What a registration's event says of its outcome."""

Previous = Callable[[ModelVersion], GNNModel]


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody's wish to register a text, with all that was said about it."""

    source: Source
    reading: Reading
    given: Given = field(default_factory=Given)
    model_id: str = ""
    version: str = ""
    new_release: bool = False
    if_exists: str = "version"
    allow_lower: bool = False
    force: bool = False
    reason: str = ""
    author: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Decision:
    """What registering will do. `kind` and `data` are the event to be; `kind` is "" when there is nothing to do."""

    outcome: str
    model_id: str
    version: str
    revision: int = 0
    kind: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    required_bump: str = Bump.NONE.value
    explanation: str = ""
    changes: tuple[Mapping[str, Any], ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def decide(catalogue: Catalogue, request: Request, config: RegistryConfig, previous: Previous) -> Decision:
    """Decide what registering the text does; `previous` gives the model of a version already registered.

    Raises RegistrationErrors: ConflictError, LifecycleError, MetadataError (all faults at once), VersionNumberError.
    """
    if request.if_exists not in IF_EXISTS:
        hint = f"Give one of {', '.join(IF_EXISTS)}."
        raise ConflictError(
            f"if_exists cannot be {request.if_exists!r}", code="bad_option", where="if_exists", hint=hint
        )
    entry = _target(catalogue, request)
    if entry is None:
        return _create(catalogue, request, config)
    if request.if_exists == "error":
        raise ConflictError(
            f"{entry.id} is registered already ({entry.model_name!r}, newest {entry.newest.version})",
            code="model_exists",
            where="model_id",
            hint="Leave out if_exists='error' to add a version to it, or give another model_id.",
        )
    require_writable(entry.state, entry.id)
    known = _on_record(entry, request)
    if known:
        return _update_or_rest(entry, known, request, config)
    changes = _changes(entry, request, previous)
    if changes or _asks_for_a_number(entry, request):
        return _add_version(entry, request, config, changes)
    return _update_or_rest(entry, entry.newest, request, config)


def told_again(event: Event) -> Decision:
    """Give the decision that a committed event carries out, for a caller who asks a second time."""
    data = event.data
    return Decision(
        OUTCOMES[event.kind],
        str(event.model),
        data["version"],
        event.revision,
        event.kind,
        data,
        data.get("bump", Bump.NONE.value),
        changes=tuple(data.get("changes", ())),
    )


def change_form(change: Change) -> dict[str, Any]:
    """Give a change as JSON: kind, name, before, after, bump, detail."""
    return {
        "kind": change.kind,
        "name": change.name,
        "before": change.before,
        "after": change.after,
        "bump": IMPACT[change.kind].value,
        "detail": dict(change.detail),
    }


def metadata_of(
    entry: ModelEntry | None, request: Request, config: RegistryConfig
) -> tuple[Metadata, tuple[Diagnostic, ...]]:
    """Give the metadata a text would be registered with, and what is wrong or unusual in it.

    A broken rule is the error M001, a field that nobody foresaw the information M002.
    """
    found = extract(request.reading.model, name_of(request)) if config.metadata.auto_extraction else {}
    metadata = combine(entry.metadata if entry else None, found, request.given, request.author)
    faults = faults_of(metadata, request.given, config)
    noted = unlisted(request.given.extra, config.metadata)
    return metadata, (
        *(Diagnostic("M001", Severity.ERROR, 0, fault.message, fault.hint) for fault in faults),
        *(Diagnostic("M002", Severity.INFO, 0, fault.message, fault.hint) for fault in noted),
    )


def faults_of(metadata: Metadata, given: Given, config: RegistryConfig) -> tuple[Fault, ...]:
    """Give every rule the metadata breaks, performance included."""
    fields: dict[str, Any] = {**metadata.extra, **metadata.public()}
    fields.update({"performance": given.performance, "dependencies": given.dependencies})
    return validate(fields, config.metadata)


def version_facts(source: Source, reading: Reading) -> ModelVersion:
    """Give what a text alone decides of a version: digests, size, kinds, counts, findings."""
    return ModelVersion(
        version="",
        seq=0,
        created_at="",
        author="",
        digest=reading.digest,
        fingerprint=reading.model.fingerprint,
        structure=structure_fingerprint(reading.model),
        size=len(source.data),
        bump=Bump.NONE.value,
        summary="",
        metadata=Metadata(),
        filename=source.filename,
        origin=source.origin,
        kinds=reading.model.kinds,
        counts=_counts(reading.model),
        findings=reading.findings,
    )


def name_of(request: Request) -> str:
    """Give the ModelName of the text; without one its title, else its file's name, else its digest."""
    model = request.reading.model
    return model.name or model.title or request.source.stem or f"model {request.reading.digest[:6]}"


def _target(catalogue: Catalogue, request: Request) -> ModelEntry | None:
    if request.model_id:
        return catalogue.entries.get(check_id(request.model_id))
    return catalogue.named(name_of(request))


def _create(catalogue: Catalogue, request: Request, config: RegistryConfig) -> Decision:
    model_id = request.model_id or free_id(name_of(request), catalogue.entries)
    metadata, diagnostics = _metadata(None, request, config)
    number = decide_version((), Bump.NONE, request.version or request.given.version, request.allow_lower)
    facts = _facts(request, metadata, number, Bump.NONE, "first version", ())
    return Decision(
        CREATED,
        model_id,
        number,
        1,
        "model_registered",
        facts | {"model_name": name_of(request)},
        diagnostics=diagnostics,
    )


def _add_version(entry: ModelEntry, request: Request, config: RegistryConfig, changes: tuple[Change, ...]) -> Decision:
    if changes and not config.versioning_enabled:
        raise VersionNumberError(
            f"{entry.id} has changed and versioning is off",
            code="versioning_disabled",
            where=entry.id,
            hint="Set versioning_enabled to true, or register it as another model (model_id=...).",
        )
    required = bump_of(changes)
    asked = request.version or request.given.version
    number = decide_version(_deciding(entry, asked), required, asked, request.allow_lower)
    if request.allow_lower and not request.reason:
        raise VersionNumberError("allow_lower needs a reason", code="reason_missing", where="reason", hint="Say why.")
    metadata, diagnostics = _metadata(entry, request, config)
    facts = _facts(request, metadata, number, required, summary(changes) or "re-release", changes, entry)
    told = tuple(change_form(change) for change in changes)
    data = facts | {"model_name": name_of(request), "current": _becomes_current(number)}
    return Decision(
        NEW_VERSION,
        entry.id,
        number,
        entry.revision + 1,
        "version_registered",
        data,
        required.value,
        explain(changes) if changes else "Nothing changed; a new number was asked for.",
        told,
        diagnostics,
    )


def _update_or_rest(entry: ModelEntry, version: ModelVersion, request: Request, config: RegistryConfig) -> Decision:
    """Give what becomes of a text that a version has already."""
    update = metadata_update(entry, request.given, config, version)
    rest = Decision(UNCHANGED, entry.id, version.version, entry.revision, diagnostics=request.reading.diagnostics)
    if update is None:
        return rest
    return Decision(
        METADATA_UPDATED,
        entry.id,
        version.version,
        entry.revision + 1,
        "metadata_updated",
        update,
        diagnostics=request.reading.diagnostics,
    )


def metadata_update(
    entry: ModelEntry, given: Given, config: RegistryConfig, version: ModelVersion
) -> dict[str, Any] | None:
    """Give the data of a metadata_updated event; None when nothing differs. MetadataError when rules are broken."""
    metadata = patch(entry.metadata, given)
    changed = differences(entry.metadata, metadata)
    data: dict[str, Any] = {"metadata": metadata.to_dict(), "version": version.version}
    if given.performance is not None and given.performance != version.performance:
        changed["performance"] = [show_performance(version.performance), show_performance(given.performance)]
        data["performance"] = dict(given.performance)
    if given.dependencies is not None and given.dependencies != version.dependencies:
        changed["dependencies"] = [list(version.dependencies), list(given.dependencies)]
        data["dependencies"] = list(given.dependencies)
    if config.metadata.validation_enabled:
        refuse(faults_of(metadata, given, config))
    if not changed and metadata.explicit == entry.metadata.explicit:
        return None
    return data | {"changed": changed}


def _changes(entry: ModelEntry, request: Request, previous: Previous) -> tuple[Change, ...]:
    if request.reading.digest == entry.newest.digest:
        return ()
    return diff(previous(entry.newest), request.reading.model)


def _on_record(entry: ModelEntry, request: Request) -> ModelVersion | None:
    """Give the version of the number asked for if it has this very content, so that asking again is quiet."""
    asked = request.version or request.given.version
    known = entry.version(asked) if asked and not request.new_release else None
    return known if known and known.digest == request.reading.digest else None


def _deciding(entry: ModelEntry, asked: str | None) -> list[str]:
    """Give the numbers a new one is held against: the newest, the newest stable one, and the one asked for if taken.

    Numbers only rise from version to version, so that all others lie below these.
    """
    newest_first = (version.version for version in reversed(entry.versions))
    return [known for known in (entry.newest.version, first_stable(newest_first), _taken(entry, asked)) if known]


def _taken(entry: ModelEntry, asked: str | None) -> str | None:
    """Give the lowest number so far that is not below the one asked for."""
    if not asked:
        return None
    place = bisect_left(entry.versions, parse_version(asked), key=lambda version: parse_version(version.version))
    return entry.versions[place].version if place < len(entry.versions) else None


def _asks_for_a_number(entry: ModelEntry, request: Request) -> bool:
    asked = request.version or request.given.version
    return request.new_release or bool(asked and asked != entry.newest.version)


def _becomes_current(number: str) -> bool:
    return "-" not in number.partition("+")[0]


def _metadata(
    entry: ModelEntry | None, request: Request, config: RegistryConfig
) -> tuple[Metadata, tuple[Diagnostic, ...]]:
    metadata, findings = metadata_of(entry, request, config)
    if config.metadata.validation_enabled:
        refuse(faults_of(metadata, request.given, config))
    return metadata, (*request.reading.diagnostics, *findings)


def _facts(
    request: Request,
    metadata: Metadata,
    number: str,
    required: Bump,
    told: str,
    changes: tuple[Change, ...],
    entry: ModelEntry | None = None,
) -> dict[str, Any]:
    reading, given = request.reading, request.given
    inherited = entry.newest.dependencies if entry else ()
    version = replace(
        version_facts(request.source, reading),
        version=number,
        bump=required.value,
        summary=told,
        metadata=metadata,
        changes=tuple(change_form(change) for change in changes[:MOST_CHANGES]),
        migration_notes=migration_notes(changes),
        performance=given.performance or {},
        dependencies=inherited if given.dependencies is None else given.dependencies,
        same_as=_same_content(entry, reading.digest),
    )
    return stated_facts(version)


def _same_content(entry: ModelEntry | None, digest: str) -> str | None:
    versions = entry.versions if entry else ()
    return next((version.version for version in versions if version.digest == digest), None)


def _counts(model: GNNModel) -> dict[str, int]:
    return {
        "variables": len(model.variables),
        "connections": len(model.connections),
        "parameters": len(model.parameters),
        "ontology": len(model.ontology),
    }
