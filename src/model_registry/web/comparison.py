"""The page that lays two versions of a model side by side, the change that decides the number first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from model_registry.domain.impact import Bump
from model_registry.domain.resolve import find_model, find_named_version
from model_registry.registry import Registry
from model_registry.web import addresses, drawings
from model_registry.web.answering import Answer
from model_registry.web.model import read
from model_registry.web.rendering import render

BUMPS: Mapping[str, str] = {
    Bump.MAJOR.value: "Breaking: users have to adapt",
    Bump.MINOR.value: "New or different, within what users rely on",
    Bump.PATCH.value: "Of no consequence for users",
}
"""Step of the number -> what its changes ask of users, the deciding one first."""

View = dict[str, Any]


def comparison_page(registry: Registry, request: Request) -> Answer:
    """Give the page of a comparison."""
    given = request.path_params
    values = comparison_values(registry, given["model_id"], given["version1"], given["version2"])
    return Answer(render("comparison.html", values))


def comparison_values(registry: Registry, model_id: str, version1: str, version2: str) -> View:
    """Give all that a comparison shows, on its page and inside an assistant."""
    view = registry.compare_model_versions(model_id, version1, version2)
    entry = find_model(registry.catalogue(), view["model_id"])
    sides = [read(registry, find_named_version(entry, view[side])) for side in ("version1", "version2")]
    models = [side.model for side in sides if side is not None]
    whole = len(models) == 2
    graph = drawings.compared_graph(*models) if whole else ""
    return {
        "view": view,
        "entry": entry,
        "groups": _groups([*view["structural_changes"], *view["parameter_changes"], *view["metadata_changes"]]),
        "graph": graph,
        "vast": drawings.is_vast(graph),
        "tensors": drawings.compared_tensors(*models) if whole else (),
    }


def chosen_comparison(registry: Registry, request: Request) -> Answer:
    """Lead from the form that names two versions to the address of their comparison."""
    entry = find_model(registry.catalogue(), request.path_params["model_id"])
    first, second = (find_named_version(entry, request.query_params.get(name, "")) for name in ("from", "to"))
    where = addresses.comparison(entry.id, first.version, second.version)
    return Answer("", 303, headers={"Location": where})


def _groups(changes: Sequence[View]) -> list[tuple[str, str, list[View]]]:
    """Give the changes by the step they ask for: its name, what that means, the changes."""
    by_bump = [(bump, told, [each for each in changes if each["bump"] == bump]) for bump, told in BUMPS.items()]
    return [group for group in by_bump if group[2]]
