"""The shapes of the results: the keys that are promised. A result may hold more keys than its shape names."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

Row = dict[str, Any]


class Shape(BaseModel):
    """A result with promised keys."""

    model_config = ConfigDict(extra="allow")


class Page(Shape):
    """A piece of a list."""

    items: list[Row]
    total: int
    next_cursor: str | None
    next_step: str | None


class ModelRow(Shape):
    """A model as one row of a list."""

    id: str
    name: str
    current_version: str
    state: str
    kinds: list[str]
    uri: str


class ModelPage(Page):
    """A page of models."""

    items: list[ModelRow]  # type: ignore[assignment]


class SearchPage(ModelPage):
    """A page of hits, best first; `relaxed` tells that no model has all the words, `moved` that others wrote since."""

    facets: dict[str, dict[str, int]]
    suggestions: list[str]
    relaxed: bool
    moved: bool
    complete: bool
    position: int


class VersionPage(Page):
    """A page of versions, newest first."""


class EventPage(Page):
    """A page of events, newest first."""


class Model(Shape):
    """All about a model."""

    id: str
    name: str
    description: str
    author: str
    tags: list[str]
    state: str
    kinds: list[str]
    current_version: str
    version_count: int
    versions: list[Row]
    aliases: dict[str, str]
    structure: Row | None
    dependencies: Row
    performance: Row
    usage: Row
    diagnostics: list[Row]
    revision: int
    uri: str


class SourcePiece(Shape):
    """A piece of the text of a version; `exact` tells that no character had to be taken out."""

    model_id: str
    version: str
    digest: str
    media_type: str
    text: str
    offset: int
    total_characters: int
    next_offset: int | None
    exact: bool


class Registration(Shape):
    """What registering did, or would do."""

    model_id: str
    version: str
    outcome: str
    required_bump: str
    explanation: str
    changes: list[Row]
    diagnostics: list[Row]
    similar: list[Row]
    revision: int
    uri: str


class Release(Shape):
    """A version."""

    version: str
    state: str
    bump: str
    summary: str
    changes: list[Row]


class Update(Shape):
    """What changed of the metadata."""

    id: str
    outcome: str
    changed: dict[str, Row]
    version: str
    revision: int


class Lifecycle(Shape):
    """Where a model stands."""

    id: str
    version: str
    state: str
    revision: int
    uri: str


class Comparison(Shape):
    """Two versions side by side."""

    model_id: str
    version1: str
    version2: str
    required_bump: str
    structural_changes: list[Row]
    parameter_changes: list[Row]
    metadata_changes: list[Row]
    dependency_changes: list[Row]
    performance_delta: dict[str, float]
    graph: Row
    findings: Row
    migration_notes: list[str]
    explanation: str


class Identification(Shape):
    """Which versions a content is."""

    matches: list[Row]
    known: bool


class Validation(Shape):
    """Findings."""

    ok: bool
    findings: list[Row]


class Statistics(Shape):
    """The registry in numbers."""

    registry: str
    models: int
    versions: int
    states: dict[str, int]
    kinds: dict[str, int]


class Run(Shape):
    """What a run over a directory did."""

    ok: bool
    summary: str
    outcomes: dict[str, int]
    files: list[Row]
    reports: list[str]


class Indexing(Shape):
    """What was built anew."""

    indexed: int
    snapshots: int
    position: int


class Cleanup(Shape):
    """What was done, or would be."""

    dry_run: bool
    actions: list[Row]
    backup: str | None


class Backup(Shape):
    """Where the copy is."""

    backup: str
    events: int
    models: int
