"""Commands that ask the registry. None of them writes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from model_registry.commands import overview, shown
from model_registry.commands.door import Door, View, command
from model_registry.commands.options import (
    AsOf,
    ByAuthor,
    Cursor,
    Filters,
    HasTag,
    Kind,
    Limit,
    MinPerformance,
    ModelId,
    Output,
    State,
    Version,
    filters,
)

PANEL = "Look"

NEWEST_CHANGES = 20
"""Changes of one field shown unless more are asked for."""


@command("info", PANEL, shown.model)
def info(
    door: Door,
    model_id: ModelId,
    versions: Annotated[int, typer.Option("--versions", min=1, help="How many versions to show.")] = 10,
    as_of: AsOf = "",
) -> View:
    """Show all about a model: metadata, versions, structure, findings."""
    return door.registry.get_model_info(model_id, versions=versions, as_of=as_of or None)


@command("source", PANEL, shown.source)
def source(door: Door, model_id: ModelId, version: Version = "", output: Output = None) -> View | None:
    """Print the exact text of a version."""
    view = door.registry.get_model_source(model_id, version)
    if output is None:
        return view
    door.write(output, view["text"])
    return None


@command("versions", PANEL, shown.version_page)
def versions(door: Door, model_id: ModelId, limit: Limit = 50, cursor: Cursor = "", as_of: AsOf = "") -> View:
    """Show the versions of a model, newest first, and what changed in each."""
    return door.registry.get_model_versions(model_id, limit=limit, cursor=cursor, as_of=as_of or None)


@command("compare", PANEL, shown.comparison)
def compare(
    door: Door,
    model_id: ModelId,
    version1: Version,
    version2: Annotated[str, typer.Argument(metavar="VERSION|FILE", help="A version, or a file to compare with.")] = "",
) -> View:
    """Show how two versions of a model differ, or a version and a file."""
    file = Path(version2)
    if version2 and file.is_file():
        return door.registry.compare_model_versions(model_id, version1, source=door.source(file))
    return door.registry.compare_model_versions(model_id, version1, version2)


@command("list", PANEL, shown.model_page)
def list_models(
    door: Door,
    state: State = None,
    kind: Kind = None,
    tag: HasTag = None,
    author: ByAuthor = "",
    min_performance: MinPerformance = None,
    further: Filters = None,
    sort: Annotated[str, typer.Option("--sort", help="id, name, updated, created or versions.")] = "name",
    limit: Limit = 50,
    cursor: Cursor = "",
    as_of: AsOf = "",
) -> View:
    """List models; archived and deleted ones only when --state asks for them."""
    wanted = _wanted(state, kind, tag, author, min_performance, further)
    return door.registry.list_models(wanted, sort=sort, limit=limit, cursor=cursor, as_of=as_of or None)


@command("search", PANEL, shown.hit_page)
def search(
    door: Door,
    query: Annotated[
        str, typer.Argument(help='Words; AND, OR, NOT, "phrases", prefix*, name: tag: variable: ...')
    ] = "",
    state: State = None,
    kind: Kind = None,
    tag: HasTag = None,
    author: ByAuthor = "",
    min_performance: MinPerformance = None,
    further: Filters = None,
    limit: Limit = 20,
    cursor: Cursor = "",
) -> View:
    """Find models by words and filters, best first."""
    wanted = _wanted(state, kind, tag, author, min_performance, further)
    return door.registry.search_models(query, wanted, limit=limit, cursor=cursor)


@command("similar", PANEL, shown.similar_page)
def similar(
    door: Door,
    model: Annotated[str, typer.Argument(metavar="MODEL|FILE", help="A registered model, or a file.")],
    limit: Limit = 10,
) -> View:
    """Find models like another one; copies under other names come first."""
    file = Path(model)
    if file.is_file():
        return door.registry.find_similar_models(source=door.source(file), limit=limit)
    return door.registry.find_similar_models(model, limit=limit)


@command("identify", PANEL, shown.identity)
def identify(
    door: Door,
    model: Annotated[str, typer.Argument(metavar="FILE|DIGEST", help="A file, a digest or a fingerprint.")],
) -> View:
    """Tell which registered version a file is."""
    file = Path(model)
    if model == "-" or file.exists():
        return door.registry.identify_model(source=door.source(file))
    return door.registry.identify_model(model)


@command("audit", PANEL, shown.trail)
def audit(
    door: Door,
    model_id: Annotated[str, typer.Argument(metavar="[MODEL]", help="Only this model.")] = "",
    by: Annotated[str, typer.Option("--by", help="Only what this one did.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Only events of this kind.")] = "",
    since: Annotated[str, typer.Option("--since", help="Not before this moment.")] = "",
    until: Annotated[str, typer.Option("--until", help="Before this moment.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> View:
    """Show what happened, newest first."""
    return door.registry.get_audit_trail(
        model_id, actor=by, kind=kind, since=since, until=until, limit=limit, cursor=cursor
    )


@command("history", PANEL, overview.history)
def history(
    door: Door,
    model_id: ModelId,
    field: Annotated[str, typer.Option("--field", help="Only this field: tags, performance, dependencies ...")] = "",
    limit: Limit = NEWEST_CHANGES,
) -> View:
    """Show how the metadata of a model came to be what it is, field by field."""
    return door.registry.get_metadata_history(model_id, field=field, limit=limit)


@command("dependencies", PANEL, overview.dependencies)
def dependencies(door: Door, model_id: ModelId, as_of: AsOf = "") -> View:
    """Show what a model requires, and which models require it."""
    view = door.registry.get_model_info(model_id, versions=1, as_of=as_of or None)
    return {"model_id": view["id"], **view["dependencies"]}


@command("stats", PANEL, overview.statistics)
def stats(door: Door, as_of: AsOf = "") -> View:
    """Show the registry in numbers."""
    return door.registry.generate_registry_statistics(as_of=as_of or None)


def _wanted(
    state: list[str] | None,
    kind: list[str] | None,
    tag: list[str] | None,
    author: str,
    min_performance: float | None,
    further: list[str] | None,
) -> dict[str, Any]:
    given = {"state": state, "kinds": kind, "tags": tag, "author": author, "min_performance": min_performance}
    return filters(given, further)
