"""The reports for programs, as JSON values; `schemas` says what each key holds.

What has a row for each model is made row by row as it is written, for there may be many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from model_registry.report.contents import Members, Picture, View

SCHEMA = 1
"""The number of the form these reports have; it grows when a key is renamed or removed."""

_IN_INDEX = ("name", "description", "author", "tags", "kinds", "state", "current_version", "version_count", "uri")
_IN_TIMELINE = ("version", "bump", "state", "summary", "author")
_IN_METADATA = ("metadata", "derived", "performance", "dependencies", "origin", "updated_at", "revision")


def registry(picture: Picture) -> dict[str, Any]:
    """Give everything on record of the models, versions and all."""
    return _headed("registry", picture, models=picture.models)


def model_index(picture: Picture) -> dict[str, Any]:
    """Give one row for each model, and the ids by kind, tag, author and state."""
    models = picture.models
    return _headed(
        "model-index",
        picture,
        models=({"id": model["id"]} | _only(model, _IN_INDEX) | {"counts": model["counts"]} for model in models),
        by_kind=_ids_by(models, lambda model: model["kinds"]),
        by_tag=_ids_by(models, lambda model: model["tags"]),
        by_author=_ids_by(models, lambda model: [model["author"]]),
        by_state=_ids_by(models, lambda model: [model["state"]]),
    )


def version_history(picture: Picture) -> dict[str, Any]:
    """Give the versions of all models in one timeline and those of each model, newest first."""
    versions = Members((model["id"], model["versions"]) for model in picture.models)
    return _headed("version-history", picture, timeline=timeline(picture.models), models=versions)


def timeline(models: Iterable[View]) -> list[dict[str, Any]]:
    """Give the versions of all models, newest first; those of one moment by id."""
    moments = [
        {"at": version["created_at"], "model": model["id"]} | _only(version, _IN_TIMELINE)
        for model in models
        for version in model["versions"]
    ]
    return sorted(moments, key=lambda moment: str(moment["at"]), reverse=True)


def metadata_index(picture: Picture) -> dict[str, Any]:
    """Give the metadata of each model, with what it was derived from, performance and dependencies."""
    rows = Members((model["id"], _only(model, _IN_METADATA)) for model in picture.models)
    return _headed("metadata-index", picture, models=rows)


def registry_statistics(picture: Picture) -> dict[str, Any]:
    """Give the registry in numbers."""
    return _headed("registry-statistics", picture) | dict(picture.statistics)


def _headed(name: str, picture: Picture, **content: Any) -> dict[str, Any]:
    statistics = picture.statistics
    return {
        "schema": f"model-registry/{name}",
        "schema_version": SCHEMA,
        "registry": statistics["registry"],
        "position": statistics["position"],
        "head": statistics["head"],
        "query_ontology": picture.run.query_ontology or None,
        **content,
    }


def _only(model: View, keys: Iterable[str]) -> dict[str, Any]:
    return {key: model[key] for key in keys}


def _ids_by(models: Iterable[View], values: Any) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for model in models:
        for value in values(model):
            found.setdefault(value, []).append(model["id"])
    return dict(sorted(found.items()))
