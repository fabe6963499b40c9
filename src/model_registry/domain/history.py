"""How a model's metadata and its measurements came to be what they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from model_registry.domain.entry import ModelEntry
from model_registry.domain.events import Event
from model_registry.domain.metadata import Metadata, differences, show_performance

MOST_MEASURED = 50
"""Measured versions shown with a model."""

REGISTERING = frozenset({"model_registered", "version_registered"})

Change = tuple[Any, Any]
"""What a field was before, and what it is after."""


def field_history(events: Iterable[Event]) -> dict[str, list[dict[str, Any]]]:
    """Give the changes of each metadata field, oldest first, from all events of one model in order.

    A change is {at, actor, before, after, revision, version, reason}. Performance and dependencies are those of the
    version named: a new version inherits dependencies, and starts unmeasured.
    """
    history: dict[str, list[dict[str, Any]]] = {}
    known: dict[str, Any] = {"metadata": Metadata(), "dependencies": []}
    for event in events:
        for name, (before, after) in _changes(known, event):
            history.setdefault(name, []).append(_row(event, before, after))
    return history


def performance_history(entry: ModelEntry, most: int = MOST_MEASURED) -> list[dict[str, Any]]:
    """Give the measured versions of a model, newest first: version, at (when it was registered), performance."""
    measured = (version for version in reversed(entry.versions) if version.performance)
    return [
        {"version": v.version, "at": v.created_at, "performance": show_performance(v.performance)}
        for v in islice(measured, most)
    ]


def _changes(known: dict[str, Any], event: Event) -> Iterator[tuple[str, Change]]:
    """Give what an event changed, and let `known` be what holds after it."""
    if event.kind in REGISTERING:
        metadata = Metadata.from_dict(event.data["metadata"])
        yield from ((name, (old, new)) for name, (old, new) in differences(known["metadata"], metadata).items())
        yield from _measured_at_registration(known, event.data)
        known["metadata"] = metadata
    elif event.kind == "metadata_updated":
        yield from ((name, (old, new)) for name, (old, new) in event.data["changed"].items())
        known["metadata"] = Metadata.from_dict(event.data["metadata"])


def _measured_at_registration(known: dict[str, Any], data: Mapping[str, Any]) -> Iterator[tuple[str, Change]]:
    if data.get("performance"):
        yield "performance", ({}, show_performance(data["performance"]))
    dependencies = list(data.get("dependencies", ()))
    if dependencies != known["dependencies"]:
        yield "dependencies", (known["dependencies"], dependencies)
    known["dependencies"] = dependencies


def _row(event: Event, before: Any, after: Any) -> dict[str, Any]:
    return {
        "at": event.at,
        "actor": event.actor,
        "before": before,
        "after": after,
        "revision": event.revision,
        "version": event.data.get("version"),
        "reason": event.reason,
    }
