"""The reports for people, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from model_registry.domain.printable import counted
from model_registry.domain.registration import UNCHANGED
from model_registry.domain.run import FileOutcome, ProcessReport
from model_registry.gnn.model import Diagnostic, Severity
from model_registry.report.contents import Card, Picture, View
from model_registry.report.markdown import code, escape, paragraphs, table
from model_registry.report.mermaid import dependency_graph, factor_graph

MARK = "<!-- model-registry report, schema 1 -->"
"""The first line of our pages, by which discovery knows them."""

ROWS = 200
"""Rows of a table of findings or files; the commands show the rest."""

NEWEST = 5
"""Versions shown with a model."""

_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def registry_report(picture: Picture) -> str:
    """Give the full report: what the run did, every model, findings with what to do, pictures."""
    return paragraphs(
        MARK,
        "# Model registry",
        _opening(picture),
        "## This run",
        *_run(picture.run),
        "## Models",
        _models_table(picture.models) or "The registry holds no models.",
        *_findings(picture),
        *_dependencies(picture.models),
        *_cards(picture),
        "## In numbers",
        *_statistics(picture.statistics),
    )


def registry_summary(picture: Picture) -> str:
    """Give one page: how the registry stands, what the run did, what to look at first."""
    urgent = [row for row in _finding_rows(picture) if row[0] == Severity.ERROR.value]
    return paragraphs(
        MARK,
        "# Model registry in short",
        _opening(picture),
        f"**This run:** {_sentence(picture.run.summary)}",
        table(("Model", "Version", "State", "Kinds", "What it is"), map(_short_row, picture.models[:30])),
        _more(len(picture.models), 30, "model"),
        "## To look at first" if urgent or not picture.run.ok else "",
        _files_table([file for file in picture.run.files if file.error]),
        table(_FINDING_HEADER, urgent[:10]),
        "The full report is [registry_report.md](registry_report.md).",
    )


def statistics_markdown(statistics: View) -> str:
    """Give a Markdown report of a registry's statistics."""
    place = statistics.get("registry")
    return paragraphs(
        MARK, "# Model registry in numbers", f"Registry: {code(place)}" if place else "", *_statistics(statistics)
    )


def documentation_markdown(models: Sequence[View]) -> str:
    """Give a Markdown page about models: rows of a list of models, or of a run."""
    rows = [_documented(model) for model in models]
    return paragraphs(
        MARK,
        "# Models",
        table(("Model", "Name", "Version", "State", "Kinds", "Author"), [row for row, _ in rows]) or "No models.",
        *(text for _, text in rows),
    )


def _opening(picture: Picture) -> str:
    numbers = picture.statistics
    told = f"{counted(numbers['models'], 'model')} in {counted(numbers['versions'], 'version')}"
    restricted = f" Only models that use the ontology term {code(picture.run.query_ontology)} are shown."
    return (
        f"{told}. Registry: {code(numbers['registry'])}, after event {numbers['position']}."
        f"{restricted if picture.run.query_ontology else ''}"
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _more(number: int, shown: int, thing: str) -> str:
    return f"{counted(number - shown, f'more {thing}')} not shown here." if number > shown else ""


def _run(run: ProcessReport) -> Iterator[str]:
    yield f"Read from {code(run.target)}. {_sentence(run.summary)}"
    told = [file for file in run.files if file.outcome != UNCHANGED or file.note]
    yield _files_table(told[:ROWS])
    yield _more(len(told), ROWS, "file")
    yield "\n".join(f"- {escape(line)}" for line in run.maintenance)


def _files_table(files: Iterable[FileOutcome]) -> str:
    return table(("File", "Outcome", "Model", "Version", "Why"), map(_file_row, files))


def _file_row(file: FileOutcome) -> tuple[str, ...]:
    reasons = [file.explanation, file.note]
    if file.error:
        reasons = [file.error["message"], str(file.error["hint"]).partition("\n")[0]]
    if file.similar:
        reasons.append(f"Same structure and numbers as {', '.join(file.similar)}.")
    why = " ".join(escape(reason) for reason in reasons if reason)
    model = code(file.model_id) if file.model_id else ""
    return code(file.path), file.outcome.replace("_", " "), model, code(file.version) if file.version else "", why


def _models_table(models: Iterable[View]) -> str:
    header = ("Model", "Name", "Version", "State", "Kinds", "Variables", "Connections", "Findings", "Author")
    return table(header, map(_model_row, models))


def _model_row(model: View) -> tuple[str, ...]:
    counts = model["counts"]
    return (
        code(model["id"]),
        escape(model["name"], 60),
        code(model["current_version"]),
        model["state"],
        ", ".join(model["kinds"]),
        str(counts.get("variables", 0)),
        str(counts.get("connections", 0)),
        findings_text(model["findings"]),
        escape(model["author"], 40),
    )


def _short_row(model: View) -> tuple[str, ...]:
    return (
        code(model["id"]),
        code(model["current_version"]),
        model["state"],
        ", ".join(model["kinds"][:3]),
        escape(model["description"], 100),
    )


def findings_text(findings: Mapping[str, int]) -> str:
    """Give counts of findings in words: `1 error, 2 warnings`; infos are told only where there is nothing worse."""
    serious = [counted(findings[severity], severity) for severity in ("error", "warning") if findings.get(severity)]
    return ", ".join(serious) or (counted(findings["info"], "info") if findings.get("info") else "none")


_FINDING_HEADER = ("Severity", "Model", "Line", "Code", "What was found", "What to do")


def _findings(picture: Picture) -> Iterator[str]:
    rows = _finding_rows(picture)
    if rows:
        yield "## Findings"
        yield table(_FINDING_HEADER, rows[:ROWS])
        yield _more(len(rows), ROWS, "finding")


def _finding_rows(picture: Picture) -> list[tuple[str, ...]]:
    found = [(card.model_id, finding) for card in picture.cards if card.reading for finding in card.reading.diagnostics]
    found.sort(key=lambda pair: _WEIGHT[pair[1].severity])
    return [_finding_row(model_id, finding) for model_id, finding in found]


def _finding_row(model_id: str, finding: Diagnostic) -> tuple[str, ...]:
    line = str(finding.line) if finding.line else ""
    message, hint = escape(finding.message), escape(finding.hint)
    return finding.severity.value, code(model_id), line, finding.code, message, hint


def _dependencies(models: Iterable[View]) -> Iterator[str]:
    drawing = dependency_graph(models)
    if drawing:
        yield "## Dependencies"
        yield drawing


def _cards(picture: Picture) -> Iterator[str]:
    models = {model["id"]: model for model in picture.models}
    if picture.cards:
        yield "## Model by model"
    for card in picture.cards:
        yield from _card(models[card.model_id], card)
    yield _more(len(picture.models), len(picture.cards), "model")


def _card(model: View, card: Card) -> Iterator[str]:
    yield f"### {escape(model['name'])}"
    yield escape(model["description"])
    yield _facts(model)
    header = ("Version", "Date", "Step", "What changed", "By")
    yield table(header, map(_version_row, model["versions"][:NEWEST]))
    yield _more(len(model["versions"]), NEWEST, "version")
    if card.reading and card.reading.model.connections:
        yield factor_graph(card.reading.model)


def _facts(model: View) -> str:
    facts = {
        "Id": code(model["id"]),
        "State": model["state"],
        "Kinds": ", ".join(model["kinds"]),
        "Tags": ", ".join(escape(tag) for tag in model["tags"]),
        "Author": escape(model["author"]),
        "File": code(model["origin"]["path"]) if model["origin"] else "",
        "Performance": escape(", ".join(f"{metric} {value}" for metric, value in model["performance"].items())),
        "Requires": ", ".join(code(row["requirement"]) for row in model["dependencies"]["requires"]),
        "Required by": ", ".join(map(code, model["dependencies"]["required_by"])),
    }
    return "\n".join(f"- {name}: {value}" for name, value in facts.items() if value)


def _version_row(version: View) -> tuple[str, ...]:
    step = "" if version["bump"] == "none" else version["bump"]
    return (
        code(version["version"]),
        version["created_at"][:10],
        step,
        escape(version["summary"]),
        escape(version["author"]),
    )


_NUMBERS = (
    ("models", "Models"),
    ("versions", "Versions"),
    ("variables", "Variables"),
    ("connections", "Connections"),
    ("source_bytes", "Bytes of source"),
)
_TALLIES = (
    ("states", "State"),
    ("kinds", "Kind"),
    ("findings", "Finding"),
    ("bumps", "Step"),
    ("authors", "Author"),
    ("tags", "Tag"),
    ("growth", "Month"),
)


def _statistics(statistics: View) -> Iterator[str]:
    numbers = [(title, f"{statistics[key]:,}") for key, title in _NUMBERS if key in statistics]
    yield table(("What", "How many"), numbers)
    for key, title in _TALLIES:
        tally = _tally(statistics.get(key))
        yield table((title, "How many"), [(escape(name, 60), f"{count:,}") for name, count in tally])


def _tally(counts: Any) -> list[tuple[str, int]]:
    return [(name, count) for name, count in (counts or {}).items() if count][:20]


def _documented(model: View) -> tuple[tuple[str, ...], str]:
    """Give a model's row and its text; what a row does not say stays empty."""
    model_id = str(model.get("model_id") or model.get("id") or "")
    name = str(model.get("name") or model.get("path") or model_id)
    row = (
        code(model_id) if model_id else "",
        escape(name, 60),
        escape(model.get("current_version") or model.get("version") or ""),
        escape(model.get("state") or model.get("outcome") or ""),
        ", ".join(escape(kind) for kind in model.get("kinds", ())),
        escape(model.get("author") or "", 40),
    )
    description = escape(model.get("description") or "")
    return row, paragraphs(f"## {escape(name)}", description).rstrip() if description else ""
