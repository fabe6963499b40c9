"""A registry in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from heapq import nsmallest
from typing import Any

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.events import Position
from model_registry.domain.lifecycle import State

MOST_SHOWN = 5
"""How many of the largest models are named."""


class Statistics:
    """The numbers of a registry, counted anew when somebody has written; safe to share between threads."""

    def __init__(self) -> None:
        self._counted: tuple[Position, dict[str, Any]] | None = None

    def of(self, catalogue: Catalogue) -> dict[str, Any]:
        """Give the numbers of all models of a catalogue."""
        counted = self._counted
        if counted is None or counted[0] != catalogue.position:
            counted = self._counted = catalogue.position, statistics(catalogue.entries.values())
        return deepcopy(counted[1])


def statistics(entries: Iterable[ModelEntry]) -> dict[str, Any]:
    """Count models, versions, states, kinds, authors, tags, bumps, findings, bytes, and growth by month.

    Each entry is looked at once and let go: there may be more of them than are to be held at a time.
    """
    tally = _Tally()
    for entry in entries:
        tally.states[entry.state.value] += 1
        if entry.state is not State.DELETED:
            tally.take(entry)
    return tally.told()


class _Tally:
    def __init__(self) -> None:
        self.states = Counter({state.value: 0 for state in State})
        self.sums = Counter({"models": 0, "versions": 0, "variables": 0, "connections": 0})
        self.kinds: Counter[str] = Counter()
        self.authors: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()
        self.bumps: Counter[str] = Counter()
        self.growth: Counter[str] = Counter()
        self.findings = Counter({"error": 0, "warning": 0, "info": 0})
        self.sizes: dict[str, int] = {}
        self.variables: list[tuple[int, str]] = []
        self.versions: list[tuple[int, str]] = []

    def take(self, entry: ModelEntry) -> None:
        """Count a model that is not deleted."""
        current = entry.current_version
        variables = current.counts.get("variables", 0)
        connections = current.counts.get("connections", 0)
        self.sums.update(models=1, versions=len(entry.versions), variables=variables, connections=connections)
        self.kinds.update(current.kinds)
        self.authors.update([entry.metadata.author] if entry.metadata.author else [])
        self.tags.update(entry.metadata.tags)
        self.bumps.update(version.bump for version in entry.versions[1:])
        self.growth.update(version.created_at[:7] for version in entry.versions)
        self.findings.update({name: current.findings.get(name, 0) for name in self.findings})
        self.sizes.update((version.digest, version.size) for version in entry.versions)
        self.variables.append((-variables, entry.id))
        self.versions.append((-len(entry.versions), entry.id))

    def told(self) -> dict[str, Any]:
        """Give what was counted."""
        return {
            "models": self.sums["models"],
            "versions": self.sums["versions"],
            "states": dict(self.states),
            "kinds": _ordered(self.kinds),
            "authors": _ordered(self.authors),
            "tags": _ordered(self.tags),
            "bumps": _ordered(self.bumps),
            "findings": dict(self.findings),
            "variables": self.sums["variables"],
            "connections": self.sums["connections"],
            "source_bytes": sum(self.sizes.values()),
            "growth": dict(sorted(self.growth.items())),
            "largest": [{"id": name, "variables": -count} for count, name in nsmallest(MOST_SHOWN, self.variables)],
            "most_versions": [{"id": name, "versions": -count} for count, name in nsmallest(MOST_SHOWN, self.versions)],
        }


def _ordered(counts: Counter[str]) -> dict[str, int]:
    """Give the counts, the largest first."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
