"""What was found in the models: an overview by kind of finding, then each with what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from model_registry.domain.printable import counted
from model_registry.gnn.model import Diagnostic, Severity
from model_registry.gnn.rules import RULES
from model_registry.report.contents import Picture
from model_registry.report.markdown import code, escape, table

HEADER = ("Severity", "Model", "Line", "Code", "What was found", "What to do")

ROWS = 200
"""Rows of a table of findings; `model-registry info MODEL` shows the rest."""

_MEANING = {rule.id: rule.explanation for rule in RULES}
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
_PARTS = {"Errors and warnings": {Severity.ERROR, Severity.WARNING}, "For information": {Severity.INFO}}

Found = tuple[str, Diagnostic]
"""The id of a model, and a finding in its text."""


def counts(found: Mapping[str, int]) -> str:
    """Give counts of findings in words: `1 error, 2 warnings`; infos are told only where there is nothing worse."""
    serious = [counted(found[severity], severity) for severity in ("error", "warning") if found.get(severity)]
    return ", ".join(serious) or (counted(found["info"], "info") if found.get("info") else "none")


def rows(picture: Picture, severities: Collection[Severity]) -> list[tuple[str, ...]]:
    """Give a row for each finding of these severities, the worst first."""
    return [_row(model_id, finding) for model_id, finding in _found(picture) if finding.severity in severities]


def section(picture: Picture) -> Iterator[str]:
    """Give the part of the report on findings, nothing where there are none."""
    found = _found(picture)
    if found:
        yield "## Findings"
        yield table(("Severity", "Code", "How often", "Models", "What it means"), _overview(found))
    for title, severities in _PARTS.items():
        told = rows(picture, severities)
        if told:
            yield f"### {title}"
            yield table(HEADER, told[:ROWS])
        if len(told) > ROWS:
            yield f"{counted(len(told) - ROWS, 'more finding')} not shown here."


def _found(picture: Picture) -> list[Found]:
    found = [(card.model_id, finding) for card in picture.cards if card.reading for finding in card.reading.diagnostics]
    return sorted(found, key=lambda pair: _WEIGHT[pair[1].severity])


def _overview(found: list[Found]) -> Iterator[tuple[str, ...]]:
    """Give a row for each kind of finding, the worst first and the most frequent of those."""
    kinds: dict[tuple[Severity, str], list[Found]] = {}
    for model_id, finding in found:
        kinds.setdefault((finding.severity, finding.code), []).append((model_id, finding))
    for (severity, name), each in sorted(kinds.items(), key=lambda row: (_WEIGHT[row[0][0]], -len(row[1]), row[0][1])):
        models = len({model_id for model_id, _ in each})
        yield severity.value, name, str(len(each)), str(models), escape(_meaning(name, each))


def _meaning(name: str, each: list[Found]) -> str:
    """Give what the check means; what the parser reports has no rule, and is told by an example."""
    return _MEANING.get(name) or f"For example: {each[0][1].message}"


def _row(model_id: str, finding: Diagnostic) -> tuple[str, ...]:
    line = str(finding.line) if finding.line else ""
    message, hint = escape(finding.message), escape(finding.hint)
    return finding.severity.value, code(model_id), line, finding.code, message, hint
