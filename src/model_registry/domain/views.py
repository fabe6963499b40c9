"""What the registry shows of itself: entries, versions and events as the JSON that every door gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from model_registry.domain.entry import ModelEntry, ModelVersion
from model_registry.domain.metadata import Performance, show_performance
from model_registry.domain.registration import Decision
from model_registry.domain.uri import model_uri
from model_registry.gnn.model import Diagnostic, GNNModel

NEWEST = 10
"""Versions shown with a model unless more are asked for."""


def version_view(version: ModelVersion, before: ModelVersion | None = None) -> dict[str, Any]:
    """Give a version; `before` is the version it is compared with for performance and dependencies."""
    return {
        "version": version.version,
        "created_at": version.created_at,
        "state": version.state,
        "digest": version.digest,
        "fingerprint": version.fingerprint,
        "bump": version.bump,
        "summary": version.summary,
        "changes": [dict(change) for change in version.changes],
        "performance": show_performance(version.performance),
        "performance_delta": performance_delta(before.performance if before else {}, version.performance),
        "dependency_changes": dependency_changes(before.dependencies if before else (), version.dependencies),
        "dependencies": list(version.dependencies),
        "migration_notes": list(version.migration_notes),
        "author": version.author,
        "reason": version.reason,
        "size": version.size,
        "origin": dict(version.origin) if version.origin else None,
    } | ({"same_as": version.same_as} if version.same_as else {})


def versions_view(entry: ModelEntry, newest: int | None = None) -> list[dict[str, Any]]:
    """Give the versions of a model, newest first, each compared with the one registered before it."""
    count = len(entry.versions)
    oldest = max(0, count - newest) if newest else 0
    return [_placed_view(entry, place) for place in range(count - 1, oldest - 1, -1)]


def one_version_view(entry: ModelEntry, number: str) -> dict[str, Any]:
    """Give the version of that exact number, compared with the one registered before it."""
    place = entry.place_of(number)
    assert place is not None, "the number was found in this entry"
    return _placed_view(entry, place)


def _placed_view(entry: ModelEntry, place: int) -> dict[str, Any]:
    return version_view(entry.versions[place], entry.versions[place - 1] if place else None)


def model_summary(entry: ModelEntry) -> dict[str, Any]:
    """Give a model as one row of a list."""
    return {
        "id": entry.id,
        "name": entry.metadata.name,
        "description": entry.metadata.description,
        "author": entry.metadata.author,
        "tags": list(entry.metadata.tags),
        "state": entry.state.value,
        "kinds": list(entry.current_version.kinds),
        "current_version": entry.current,
        "version_count": len(entry.versions),
        "updated_at": entry.updated_at,
        "uri": model_uri(entry.id),
    }


def hit_view(entry: ModelEntry, score: float) -> dict[str, Any]:
    """Give a model as one row of an answer to a query."""
    return {
        "id": entry.id,
        "name": entry.metadata.name,
        "current_version": entry.current,
        "state": entry.state.value,
        "score": round(score, 4),
        "tags": list(entry.metadata.tags),
        "kinds": list(entry.current_version.kinds),
        "author": entry.metadata.author,
        "uri": model_uri(entry.id),
    }


def model_view(entry: ModelEntry, *, newest: int | None = NEWEST) -> dict[str, Any]:
    """Give all that is on record of a model; what only its text tells is added by the registry."""
    current = entry.current_version
    return model_summary(entry) | {
        "model_name": entry.model_name,
        "metadata": entry.metadata.public(),
        "derived": dict(entry.metadata.derived),
        "versions": versions_view(entry, newest),
        "aliases": dict(entry.aliases),
        "counts": dict(current.counts),
        "performance": show_performance(current.performance),
        "dependencies": {"requires": [], "required_by": [], "external": list(current.dependencies)},
        "findings": dict(current.findings),
        "state_reason": entry.state_reason,
        "deprecation": deprecation_view(entry),
        "created_at": entry.created_at,
        "revision": entry.revision,
        "origin": dict(current.origin) if current.origin else None,
    }


def deprecation_view(entry: ModelEntry) -> dict[str, Any] | None:
    """Give the notice of a deprecated model, None for any other."""
    notice = entry.deprecation
    if notice is None:
        return None
    return {
        "reason": notice.reason,
        "at": notice.at,
        "replacement": notice.replacement,
        "sunset": notice.sunset,
        "alternatives": list(notice.alternatives),
        "migration_notes": list(notice.migration_notes),
    }


def structure_view(model: GNNModel) -> dict[str, Any]:
    """Give the structure of a model without its numbers: variables, edges, ontology, time."""
    form = model.to_dict()
    return {
        "variables": form["variables"],
        "connections": form["connections"],
        "parameters": [{key: value for key, value in row.items() if key != "value"} for row in form["parameters"]],
        "ontology": form["ontology"],
        "time": form["time"],
        "model_parameters": form["model_parameters"],
    }


def diagnostics_view(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Give findings in a text: code, severity, line, message, hint."""
    return [
        {"code": d.code, "severity": d.severity.value, "line": d.line, "message": d.message, "hint": d.hint}
        for d in diagnostics
    ]


def registration_view(
    decision: Decision, similar: Iterable[Mapping[str, Any]], outside: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Give what registering did, or would do; `outside` are dependents whose range the version lies outside of."""
    return {
        "model_id": decision.model_id,
        "version": decision.version,
        "outcome": decision.outcome,
        "required_bump": decision.required_bump,
        "explanation": decision.explanation,
        "changes": [dict(change) for change in decision.changes],
        "diagnostics": diagnostics_view(decision.diagnostics),
        "similar": [dict(row) for row in similar],
        "dependents_outside": [dict(row) for row in outside],
        "revision": decision.revision,
        "uri": model_uri(decision.model_id),
    } | ({"same_as": decision.data["same_as"]} if "same_as" in decision.data else {})


def lifecycle_view(entry: ModelEntry) -> dict[str, Any]:
    """Give where a model stands after a move of its life."""
    return {
        "id": entry.id,
        "version": entry.current,
        "state": entry.state.value,
        "revision": entry.revision,
        "uri": model_uri(entry.id),
    }


def performance_delta(before: Performance, after: Performance) -> dict[str, float]:
    """Give the difference of each metric measured on both sides."""
    return {
        metric: float(after[metric]["value"]) - float(before[metric]["value"])
        for metric in sorted({*before} & {*after})
    }


def dependency_changes(before: Iterable[str], after: Iterable[str]) -> list[dict[str, str]]:
    """Give the requirements added and removed."""
    old, new = set(before), set(after)
    return [{"change": "removed", "requirement": name} for name in sorted(old - new)] + [
        {"change": "added", "requirement": name} for name in sorted(new - old)
    ]
