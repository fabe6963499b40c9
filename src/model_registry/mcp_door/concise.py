"""What a concise answer leaves out: what is long, and read by programs rather than by an assistant."""

from __future__ import annotations

from collections.abc import Collection

from model_registry.mcp_door.bounds import View

VERSIONS = 3
"""Versions shown with a model."""

OF_VERSIONS = frozenset({"digest", "fingerprint", "changes", "migration_notes", "size", "origin"})
"""Their `summary` says the changes in one sentence."""

OF_EVENTS = frozenset({"schema", "op_id", "prev", "hash"})

OF_EVENT_DATA = OF_VERSIONS | {"structure", "metadata", "counts", "findings", "kinds", "filename"}


def concise_model(model: View) -> View:
    """Give a model without its structure, its findings and the details of its versions."""
    return model | {
        "structure": None,
        "diagnostics": [],
        "versions": [concise_version(row) for row in model["versions"]],
    }


def concise_version(version: View) -> View:
    """Give a version without its changes one by one."""
    return _without(version, OF_VERSIONS)


def concise_event(event: View) -> View:
    """Give an event as people tell it: who did what to which model, when and why."""
    return _without(event, OF_EVENTS) | {"data": _without(event["data"], OF_EVENT_DATA)}


def _without(view: View, left_out: Collection[str]) -> View:
    return {key: value for key, value in view.items() if key not in left_out}
