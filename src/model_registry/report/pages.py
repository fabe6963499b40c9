"""The reports for people, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from model_registry.domain.printable import counted
from model_registry.domain.registration import UNCHANGED
from model_registry.domain.run import FileOutcome, ProcessReport
from model_registry.gnn.model import Severity
from model_registry.report import findings, graphs, numbers
from model_registry.report.contents import Card, Picture, View
from model_registry.report.data import timeline
from model_registry.report.markdown import code, escape, paragraphs, table
from model_registry.report.mermaid import dependency_graph, factor_graph

MARK = "<!-- model-registry report, schema 1 -->"
"""The first line of our pages, by which discovery knows them."""

ROWS = 200
"""Rows of a table of findings or files; the commands show the rest."""

NEWEST, TIMELINE = 5, 20
"""Versions shown with a model, and of all models together."""


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
        *findings.section(picture),
        *_newest(picture.models),
        *_dependencies(picture.models),
        *_cards(picture),
        "## In numbers",
        *numbers.section(picture.statistics),
    )


def registry_summary(picture: Picture) -> str:
    """Give one page: how the registry stands, what the run did, what to look at first."""
    urgent = findings.rows(picture, {Severity.ERROR})
    return paragraphs(
        MARK,
        "# Model registry in short",
        _opening(picture),
        f"**This run:** {_sentence(picture.run.summary)}",
        f"**Findings:** {findings.counts(picture.statistics['findings'])}.",
        table(("Model", "Version", "State", "Kinds", "What it is"), map(_short_row, picture.models[:30])),
        _more(len(picture.models), 30, "model"),
        "## To look at first" if urgent or not picture.run.ok else "",
        _files_table([file for file in picture.run.files if file.error]),
        table(findings.HEADER, urgent[:10]),
        "The full report is [registry_report.md](registry_report.md).",
    )


def statistics_markdown(statistics: View) -> str:
    """Give a Markdown report of a registry's statistics."""
    place = statistics.get("registry")
    return paragraphs(
        MARK, "# Model registry in numbers", f"Registry: {code(place)}" if place else "", *numbers.section(statistics)
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
    statistics = picture.statistics
    told = f"{counted(statistics['models'], 'model')} in {counted(statistics['versions'], 'version')}"
    restricted = f" Only models that use the ontology term {code(picture.run.query_ontology)} are shown."
    return (
        f"{told}. Registry: {code(statistics['registry'])}, after event {statistics['position']}."
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
        findings.counts(model["findings"]),
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


def _newest(models: Sequence[View]) -> Iterator[str]:
    """Give what was registered last, once there is more to tell than that each model came in."""
    if any(model["version_count"] > 1 for model in models):
        moments = timeline(models)
        yield "## Newest versions"
        rows = [(moment["at"][:10], code(moment["model"]), *_told(moment)) for moment in moments[:TIMELINE]]
        yield table(("Date", "Model", "Version", "Step", "What changed", "By"), rows)
        yield _more(len(moments), TIMELINE, "version")


def _dependencies(models: Sequence[View]) -> Iterator[str]:
    drawing = dependency_graph(models)
    if drawing:
        yield "## Dependencies"
        yield drawing
    yield "\n".join(
        f"- {code(model['id'])} requires {code(required['requirement'])}: {escape(required['problem'])}."
        for model in models
        for required in model["dependencies"]["requires"]
        if not required["resolved"]
    )


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
    if card.reading and graphs.drawn(card):
        yield factor_graph(card.reading.model)
        yield f"[The same as a picture]({graphs.file_of(card.model_id)})"


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
    number, *told = _told(version)
    return number, version["created_at"][:10], *told


def _told(version: View) -> tuple[str, str, str, str]:
    """Give number, step, what changed and by whom."""
    step = "" if version["bump"] == "none" else version["bump"]
    state = "" if version["state"] == "registered" else f" ({version['state']})"
    return code(version["version"]), step, escape(version["summary"]) + state, escape(version["author"])


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
