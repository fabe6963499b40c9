"""The form of the JSON reports, as types: what each key holds, and the JSON Schemas made of that.

Each file names its schema (`schema`) and the number of its form (`schema_version`). Keys may be added under the same
number; when one is renamed or removed, the number grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["active", "deprecated", "archived", "deleted"]
Bump = Literal["none", "patch", "minor", "major"]
Severity = Literal["error", "warning", "info"]


class Form(BaseModel):
    """A JSON object that has these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True)


class Change(Form):
    """A difference between a version and the one before it."""

    kind: str
    """What changed, such as variable_added."""
    name: str
    """The variable, connection, parameter or field."""
    before: Any
    after: Any
    bump: Bump
    """The step this change alone requires."""
    detail: dict[str, Any]
    """Numbers about the change, such as how many cells of a parameter differ."""


class DependencyChange(Form):
    """A requirement that a version has more, or less, than the one before it."""

    change: Literal["added", "removed"]
    requirement: str


class Measurement(Form):
    """A measured number with what is known of its measuring."""

    value: float
    dataset: str | None = None
    run: str | None = None
    at: str | None = None


Performance = dict[str, float | Measurement]


class Version(Form):
    """A version of a model."""

    version: str
    """Its number (SemVer 2.0.0)."""
    created_at: str
    """When it was registered: ISO 8601, UTC."""
    state: Literal["registered", "yanked", "pruned"]
    digest: str
    """SHA-256 of its source bytes."""
    fingerprint: str
    """What is the same for texts that say the same: the algorithm, a colon, a SHA-256."""
    bump: Bump
    """The step its content required."""
    summary: str
    changes: list[Change]
    """At most the first hundred."""
    performance: Performance
    performance_delta: dict[str, float]
    """Against the version before, for metrics measured on both."""
    dependency_changes: list[DependencyChange]
    dependencies: list[str]
    """What it requires: MODEL@RANGE, or kind:name for what is no model."""
    migration_notes: list[str]
    author: str
    """Who registered it."""
    reason: str
    size: int
    """Bytes of source."""
    origin: dict[str, Any] | None
    """Where it was read: the path below the discovery root, and the git commit if there was one."""
    same_as: str | None = None
    """The earlier version with the same bytes, if there is one."""


class Requirement(Form):
    """A requirement between two models; `problem` says why nothing meets it."""

    id: str
    requirement: str
    resolved: str | None
    problem: str | None = None


class Dependencies(Form):
    """What the current version requires, and what requires it."""

    requires: list[Requirement]
    required_by: list[str]
    dependents: list[Requirement] = []
    external: list[str]
    """Requirements that are no models."""


class Deprecation(Form):
    """The notice of a deprecated model."""

    reason: str
    at: str
    replacement: str | None
    sunset: str | None
    alternatives: list[str]
    migration_notes: list[str]


class Row(Form):
    """A model in a list."""

    id: str
    name: str
    description: str
    author: str
    tags: list[str]
    state: State
    kinds: list[str]
    current_version: str
    version_count: int
    uri: str
    counts: dict[str, int]
    """Variables, connections, parameters, ontology terms."""


class Model(Row):
    """A model with all that is on record of it."""

    updated_at: str
    created_at: str
    model_name: str
    """Its identity: the ModelName of its text."""
    metadata: dict[str, Any]
    derived: dict[str, str]
    """Metadata that nobody gave, and what it was derived from."""
    versions: list[Version]
    """All of them, newest first."""
    aliases: dict[str, str]
    performance: Performance
    dependencies: Dependencies
    findings: dict[Severity, int]
    state_reason: str
    deprecation: Deprecation | None
    revision: int
    """How many events the model has had."""
    origin: dict[str, Any] | None


class Recorded(Form):
    """The metadata of a model and what goes with it."""

    metadata: dict[str, Any]
    derived: dict[str, str]
    performance: Performance
    dependencies: Dependencies
    origin: dict[str, Any] | None
    updated_at: str
    revision: int


class Moment(Form):
    """A version in the timeline of the registry."""

    at: str
    model: str
    version: str
    bump: Bump
    state: Literal["registered", "yanked", "pruned"]
    summary: str
    author: str


class Largest(Form):
    """A model and how many variables it has."""

    id: str
    variables: int


class MostVersions(Form):
    """A model and how many versions it has."""

    id: str
    versions: int


class Used(Form):
    """A model and how much it was used."""

    id: str
    reads: int
    hits: int
    last_used: str | None


class Headed(Form):
    """What every report begins with."""

    schema_version: Literal[1]
    registry: str
    """Where the registry lies."""
    position: int
    """How many events the registry had."""
    head: str
    """SIZE:HASH of its log, as `model-registry head` prints it."""
    query_ontology: str | None
    """The ontology term the report is restricted to, if it is."""


class RegistryReport(Headed):
    """registry.json: everything on record of the models."""

    schema_id: Literal["model-registry/registry"] = Field(alias="schema")
    models: list[Model]


class ModelIndex(Headed):
    """model_index.json: a row for each model, and the ids by kind, tag, author and state."""

    schema_id: Literal["model-registry/model-index"] = Field(alias="schema")
    models: list[Row]
    by_kind: dict[str, list[str]]
    by_tag: dict[str, list[str]]
    by_author: dict[str, list[str]]
    by_state: dict[State, list[str]]


class VersionHistory(Headed):
    """version_history.json: the versions of each model, and of all models in one timeline, newest first."""

    schema_id: Literal["model-registry/version-history"] = Field(alias="schema")
    timeline: list[Moment]
    models: dict[str, list[Version]]


class MetadataIndex(Headed):
    """metadata_index.json: the metadata of each model."""

    schema_id: Literal["model-registry/metadata-index"] = Field(alias="schema")
    models: dict[str, Recorded]


class RegistryStatistics(Headed):
    """registry_statistics.json: the registry in numbers. Deleted models count in `states` only."""

    schema_id: Literal["model-registry/registry-statistics"] = Field(alias="schema")
    models: int
    versions: int
    states: dict[State, int]
    kinds: dict[str, int]
    authors: dict[str, int]
    tags: dict[str, int]
    bumps: dict[Bump, int]
    """Steps of all versions but the first ones."""
    findings: dict[Severity, int]
    variables: int
    connections: int
    source_bytes: int
    """Each content counted once."""
    growth: dict[str, int]
    """New versions by month (YYYY-MM)."""
    largest: list[Largest]
    most_versions: list[MostVersions]
    most_used: list[Used]


FORMS: Mapping[str, type[Headed]] = {
    "registry.json": RegistryReport,
    "model_index.json": ModelIndex,
    "version_history.json": VersionHistory,
    "metadata_index.json": MetadataIndex,
    "registry_statistics.json": RegistryStatistics,
}
"""The form of each JSON report."""


def json_schemas() -> dict[str, dict[str, Any]]:
    """Give the JSON Schema (draft 2020-12) of each JSON report, by the name of its file."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {name: dialect | form.model_json_schema() for name, form in FORMS.items()}
