"""Two versions side by side: what differs in structure, numbers and words, and what that asks of users."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from model_registry.domain.entry import ModelVersion
from model_registry.domain.metadata import differences
from model_registry.domain.registration import change_form
from model_registry.domain.source import Reading
from model_registry.domain.version import Bump, bump_of, explain, migration_notes
from model_registry.domain.views import dependency_changes, diagnostics_view, performance_delta
from model_registry.gnn.changes import Change
from model_registry.gnn.diff import diff, graph_summary
from model_registry.gnn.model import Diagnostic

_LINE = re.compile(r"\bline \d+")


def compare(first: ModelVersion, second: ModelVersion, old: Reading, new: Reading) -> dict[str, Any]:
    """Give the comparison of two versions of a model, from the first to the second."""
    changes = diff(old.model, new.model)
    return {
        "version1": first.version,
        "version2": second.version,
        "structural_changes": [change_form(change) for change in changes if _is_structural(change)],
        "parameter_changes": [change_form(change) for change in changes if change.kind.startswith("parameter-")],
        "metadata_changes": _metadata_changes(first, second)
        + [change_form(change) for change in changes if _is_prose(change)],
        "dependency_changes": dependency_changes(first.dependencies, second.dependencies),
        "performance_delta": performance_delta(first.performance, second.performance),
        **_told(changes, old, new),
    }


def compare_texts(old: Reading, new: Reading) -> dict[str, Any]:
    """Give the comparison of two texts that need not be registered, from the old to the new."""
    changes = diff(old.model, new.model)
    return {"changes": [change_form(change) for change in changes], **_told(changes, old, new)}


def findings_changes(
    old: Iterable[Diagnostic], new: Iterable[Diagnostic]
) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    """Give the findings introduced and those fixed; one that only moved to another line is neither."""
    before, after = tuple(old), tuple(new)
    return tuple(_only_in(after, before)), tuple(_only_in(before, after))


def _only_in(these: Sequence[Diagnostic], those: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    missing = Counter(map(_unplaced, these)) - Counter(map(_unplaced, those))
    for finding in these:
        if missing[_unplaced(finding)]:
            missing[_unplaced(finding)] -= 1
            yield finding


def _unplaced(finding: Diagnostic) -> tuple[str, str]:
    return finding.code, _LINE.sub("line", finding.message)


def _told(changes: Sequence[Change], old: Reading, new: Reading) -> dict[str, Any]:
    introduced, fixed = findings_changes(old.diagnostics, new.diagnostics)
    return {
        "required_bump": bump_of(changes).value,
        "graph": graph_summary(old.model, new.model),
        "findings": {"introduced": diagnostics_view(introduced), "fixed": diagnostics_view(fixed)},
        "migration_notes": list(migration_notes(changes)),
        "explanation": explain(changes) if changes else "The two sides say the same.",
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
