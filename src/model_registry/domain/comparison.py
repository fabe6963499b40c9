"""Two versions side by side: what differs in structure, numbers and words, and what that asks of users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_registry.domain.entry import ModelVersion
from model_registry.domain.metadata import differences
from model_registry.domain.registration import change_form
from model_registry.domain.version import Bump, bump_of, explain, migration_notes
from model_registry.domain.views import dependency_changes, performance_delta
from model_registry.gnn.changes import Change
from model_registry.gnn.diff import diff
from model_registry.gnn.model import GNNModel


def compare(first: ModelVersion, second: ModelVersion, old: GNNModel, new: GNNModel) -> dict[str, Any]:
    """Give the comparison of two versions of a model, from the first to the second."""
    changes = diff(old, new)
    return {
        "version1": first.version,
        "version2": second.version,
        "required_bump": bump_of(changes).value,
        "structural_changes": [change_form(change) for change in changes if _is_structural(change)],
        "parameter_changes": [change_form(change) for change in changes if change.kind.startswith("parameter-")],
        "metadata_changes": _metadata_changes(first, second)
        + [change_form(change) for change in changes if _is_prose(change)],
        "dependency_changes": dependency_changes(first.dependencies, second.dependencies),
        "performance_delta": performance_delta(first.performance, second.performance),
        "migration_notes": list(migration_notes(changes)),
        "explanation": explain(changes) if changes else "The two versions say the same.",
    }


def _is_structural(change: Change) -> bool:
    return not change.kind.startswith("parameter-") and not _is_prose(change)


def _is_prose(change: Change) -> bool:
    return bump_of((change,)) is Bump.PATCH and not change.kind.startswith("parameter-")


def _metadata_changes(first: ModelVersion, second: ModelVersion) -> list[Mapping[str, Any]]:
    return [
        {"kind": "metadata", "name": name, "before": before, "after": after, "bump": Bump.PATCH.value, "detail": {}}
        for name, (before, after) in differences(first.metadata, second.metadata).items()
    ]
