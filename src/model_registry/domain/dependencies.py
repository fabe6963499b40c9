"""What models require of each other: `other-model@^1.2`, and apart from it what they require of the outside.

A requirement with a scheme (`pypi:numpy>=1.20`) is foreign: kept and shown, never resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.lifecycle import State
from model_registry.domain.resolve import find_version
from model_registry.errors import DependencyError, NotFoundError


def is_foreign(requirement: str) -> bool:
    """Tell whether a requirement names something that is no model of this registry."""
    return ":" in requirement


def required_models(dependencies: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give (model id, version range) of each requirement on a model."""
    for requirement in dependencies:
        if not is_foreign(requirement):
            model_id, _, wanted = requirement.partition("@")
            yield model_id.strip(), wanted.strip()


def dependents(catalogue: Catalogue, model_id: str) -> list[str]:
    """Give the ids of live models whose current version requires this one."""
    return [
        entry.id
        for entry in catalogue.visible((State.ACTIVE, State.DEPRECATED, State.ARCHIVED))
        if any(required == model_id for required, _ in required_models(entry.current_version.dependencies))
    ]


def dependencies_view(catalogue: Catalogue, entry: ModelEntry) -> dict[str, Any]:
    """Give what the current version requires, resolved where it can be, and which models require this one."""
    dependencies = entry.current_version.dependencies
    return {
        "requires": [
            {"requirement": f"{model_id}@{wanted}" if wanted else model_id, "id": model_id}
            | {"resolved": _resolved(catalogue, model_id, wanted)}
            for model_id, wanted in required_models(dependencies)
        ],
        "required_by": dependents(catalogue, entry.id),
        "external": [requirement for requirement in dependencies if is_foreign(requirement)],
    }


def require_sound(catalogue: Catalogue, model_id: str, dependencies: Iterable[str]) -> None:
    """Refuse requirements that lead back to the model itself, with the chain that does."""
    for required, _ in required_models(dependencies):
        chain = _chain_to(catalogue, required, model_id, (model_id,))
        if chain:
            raise DependencyError(
                f"{model_id} would require itself: {' -> '.join(chain)}",
                code="dependency_cycle",
                where="dependencies",
                hint="Leave one of these requirements out.",
                chain=list(chain),
            )


def _chain_to(catalogue: Catalogue, start: str, goal: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
    if start == goal:
        return (*path, start)
    entry = catalogue.entries.get(start)
    if entry is None or start in path:
        return None
    for required, _ in required_models(entry.current_version.dependencies):
        chain = _chain_to(catalogue, required, goal, (*path, start))
        if chain:
            return chain
    return None


def _resolved(catalogue: Catalogue, model_id: str, wanted: str) -> str | None:
    entry = catalogue.entries.get(model_id)
    try:
        return find_version(entry, wanted).version if entry and entry.state is not State.DELETED else None
    except NotFoundError:
        return None
