"""What one run over a directory did: an outcome for every file, and what was done for the registry afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from model_registry.domain.printable import counted
from model_registry.domain.registration import UNCHANGED

FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file: created, new_version, unchanged, metadata_updated, skipped or failed.

    `path` is relative to the discovery root; `findings` counts by severity; `similar` names models of the same
    structure under other names; `note` says what a reader must know of its identity; `error` is code, message, where,
    hint.
    """

    path: str
    outcome: str
    model_id: str = ""
    version: str = ""
    required_bump: str = ""
    explanation: str = ""
    kinds: tuple[str, ...] = ()
    variables: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)
    similar: tuple[str, ...] = ()
    note: str = ""
    error: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the outcome as JSON."""
        form = {f.name: getattr(self, f.name) for f in fields(self)}
        return form | {"kinds": list(self.kinds), "findings": dict(self.findings), "similar": list(self.similar)}


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """What a run did. `maintenance` says what was done for the registry itself, `reports` names the files written."""

    registry: str
    target: str
    files: tuple[FileOutcome, ...]
    position: int = 0
    maintenance: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    query_ontology: str = ""

    @property
    def outcomes(self) -> dict[str, int]:
        """Count the files by outcome."""
        return dict(sorted(Counter(file.outcome for file in self.files).items()))

    @property
    def ok(self) -> bool:
        """Tell whether nothing failed; a skipped file is no failure."""
        return not any(file.outcome == FAILED for file in self.files)

    @property
    def summary(self) -> str:
        """Give the run in one sentence."""
        if not self.files:
            return "no models found"
        if set(self.outcomes) == {UNCHANGED}:
            return f"{counted(len(self.files), 'model')} found, nothing changed"
        told = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in self.outcomes.items())
        return f"{counted(len(self.files), 'file')}: {told}"

    def to_dict(self) -> dict[str, Any]:
        """Give the run as JSON: ok, summary, outcomes, files and what is known of the whole."""
        form = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "files"}
        return {
            "ok": self.ok,
            "summary": self.summary,
            "outcomes": self.outcomes,
            **form,
            "maintenance": list(self.maintenance),
            "reports": list(self.reports),
            "files": [file.to_dict() for file in self.files],
        }
