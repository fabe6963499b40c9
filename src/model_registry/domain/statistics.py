"""A registry in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from model_registry.domain.entry import ModelEntry
from model_registry.domain.lifecycle import State


def statistics(entries: Sequence[ModelEntry]) -> dict[str, Any]:
    """Count models, versions, states, kinds, authors, tags, bumps, findings, bytes, and growth by month."""
    live = [entry for entry in entries if entry.state is not State.DELETED]
    versions = [version for entry in live for version in entry.versions]
    current = [entry.current_version for entry in live]
    sizes = {version.digest: version.size for version in versions}
    return {
        "models": len(live),
        "versions": len(versions),
        "states": {state.value: sum(entry.state is state for entry in entries) for state in State},
        "kinds": _counted(kind for version in current for kind in version.kinds),
        "authors": _counted(entry.metadata.author for entry in live if entry.metadata.author),
        "tags": _counted(tag for entry in live for tag in entry.metadata.tags),
        "bumps": _counted(version.bump for entry in live for version in entry.versions[1:]),
        "findings": {
            severity: sum(version.findings.get(severity, 0) for version in current)
            for severity in ("error", "warning", "info")
        },
        "variables": sum(version.counts.get("variables", 0) for version in current),
        "connections": sum(version.counts.get("connections", 0) for version in current),
        "source_bytes": sum(sizes.values()),
        "growth": dict(sorted(Counter(version.created_at[:7] for version in versions).items())),
        "largest": [
            {"id": entry.id, "variables": entry.current_version.counts.get("variables", 0)}
            for entry in sorted(live, key=lambda e: (-e.current_version.counts.get("variables", 0), e.id))[:5]
        ],
        "most_versions": [
            {"id": entry.id, "versions": len(entry.versions)}
            for entry in sorted(live, key=lambda e: (-len(e.versions), e.id))[:5]
        ],
    }


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))
