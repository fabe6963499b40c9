"""How each kind of answer is shown to people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from model_registry.commands import phrases
from model_registry.commands.screen import Column, Screen, words
from model_registry.commands.wording import as_commands
from model_registry.domain.printable import counted

View = Mapping[str, Any]

SEVERITIES = ("error", "warning", "info")
MOST_VARIABLES = 60
"""Variables shown of a model; --json gives them all."""

_CHANGES = (Column("step"), Column("change"), Column("name"), Column("before"), Column("after"))
_FINDINGS = (Column("severity"), Column("where"), Column("code"), Column("what was found"), Column("what to do"))
_VERSIONS = (Column("version", whole=True), Column("date", whole=True), Column("step"), Column("state"))
_VERSIONS_TOLD = (*_VERSIONS, Column("what changed"), Column("by"))
_MODELS = (
    Column("id", whole=True),
    Column("version", whole=True),
    Column("state", whole=True),
    Column("kinds", optional=True),
    Column("name"),
    Column("author", optional=True),
)


def registration(screen: Screen, view: View) -> None:
    """Show what registering did, or would do."""
    would = "would be" if view.get("dry_run") else ""
    screen.line(view["model_id"], view["version"], would, view["outcome"])
    if view["explanation"]:
        screen.line(view["explanation"])
    changes(screen, view["changes"])
    findings(screen, view["diagnostics"])
    for row in view["similar"]:
        screen.line(f"like {row['id']}@{row['version']}: {row['why']}")


def version(screen: Screen, view: View) -> None:
    """Show a version that was released, yanked or given back."""
    screen.line(view.get("model_id", ""), view["version"], view.get("outcome", view["state"]))
    if view.get("explanation"):
        screen.line(view["explanation"])
    screen.facts({"current version": view.get("current_version"), "reason": view["reason"]})


def update(screen: Screen, view: View) -> None:
    """Show which metadata changed."""
    screen.line(view["id"], view["version"], view["outcome"])
    rows = [
        (name, phrases.brief(change["before"]), phrases.brief(change["after"]))
        for name, change in view["changed"].items()
    ]
    screen.table((Column("field"), Column("before"), Column("after")), rows)


def lifecycle(screen: Screen, view: View) -> None:
    """Show where a model stands after an operation."""
    screen.line(view["id"], view["version"], view["state"])
    aliases = [f"{alias} = {number}" for alias, number in view.get("aliases", {}).items()]
    names = ("current_version", "reason", "replacement", "sunset", "alternatives", "migration_notes")
    screen.facts({"aliases": aliases} | {name.replace("_", " "): view.get(name) for name in names})


def model(screen: Screen, view: View) -> None:
    """Show all about a model."""
    screen.line(view["name"], style="bold")
    if view["description"]:
        screen.line(view["description"])
    screen.line("")
    screen.facts(_model_facts(view))
    screen.heading("Versions")
    versions(screen, view["versions"])
    _measured_versions(screen, view["performance_history"])
    structure(screen, view["structure"])
    findings(screen, view["diagnostics"])


def _measured_versions(screen: Screen, rows: Sequence[View]) -> None:
    if len(rows) > 1:
        screen.heading("Performance")
        columns = (Column("version", whole=True), Column("date", whole=True), Column("measured"))
        screen.table(
            columns, [(row["version"], row["at"][:10], phrases.measurements(row["performance"])) for row in rows]
        )


def _model_facts(view: View) -> dict[str, Any]:
    notice = view["deprecation"] or {}
    dependencies = view["dependencies"]
    return {
        "id": view["id"],
        "version": f"{view['current_version']} ({view['version_count']} in all)",
        "state": view["state"],
        "why": view["state_reason"],
        "replacement": notice.get("replacement"),
        "sunset": notice.get("sunset"),
        "kinds": view["kinds"],
        "tags": view["tags"],
        "author": view["author"],
        "aliases": [f"{alias} = {number}" for alias, number in view["aliases"].items()],
        "performance": phrases.measurements(view["performance"]),
        "requires": [*map(phrases.requirement, dependencies["requires"]), *dependencies["external"]],
        "required by": [phrases.dependent(row) for row in dependencies["dependents"]],
        "used": phrases.use(view["usage"]),
        "file": (view["origin"] or {}).get("path"),
        "uri": view["uri"],
    }


def structure(screen: Screen, structure: View | None) -> None:
    """Show the variables of a model, and count the rest."""
    if structure is None:
        return
    variables = structure["variables"]
    screen.heading(f"{len(variables)} variables, {len(structure['connections'])} connections")
    terms = dict(structure["ontology"])
    rows = [
        (row["name"], " x ".join(row["dims"]), row["type"], terms.get(row["name"]), row["description"])
        for row in variables[:MOST_VARIABLES]
    ]
    columns = (
        Column("variable", whole=True),
        Column("size"),
        Column("type"),
        Column("term", whole=True),
        Column("meaning"),
    )
    screen.table(columns, rows)


def versions(screen: Screen, rows: Sequence[View]) -> None:
    """Show versions, newest first."""
    screen.table(
        _VERSIONS_TOLD,
        [
            (
                row["version"],
                row["created_at"][:10],
                "" if row["bump"] == "none" else row["bump"],
                "" if row["state"] == "registered" else row["state"],
                row["summary"],
                row["author"],
            )
            for row in rows
        ],
    )


def version_page(screen: Screen, view: View) -> None:
    """Show a page of versions."""
    versions(screen, view["items"])
    more(screen, view)


def source(screen: Screen, view: View) -> None:
    """Show the text of a version; through a pipe it goes as it is."""
    screen.verbatim(view["text"])


def comparison(screen: Screen, view: View) -> None:
    """Show how two versions differ."""
    screen.line(f"{view['model_id']}: {view['version1']} -> {view['version2']}", style="bold")
    screen.line(view["explanation"])
    changes(screen, [*view["structural_changes"], *view["parameter_changes"], *view["metadata_changes"]])
    screen.facts(
        {
            "dependencies": [f"{row['change']} {row['requirement']}" for row in view["dependency_changes"]],
            "performance": [f"{metric} {delta:+g}" for metric, delta in view["performance_delta"].items()],
        }
    )
    _consequences(screen, view)


def difference(screen: Screen, view: View) -> None:
    """Show how two files differ."""
    screen.line(view["explanation"])
    changes(screen, view["changes"])
    _consequences(screen, view)


def _consequences(screen: Screen, view: View) -> None:
    for note in view["migration_notes"]:
        screen.line(f"- {note}")
    parents = [
        f"{row['name']}: {_joined(row['before'])} -> {_joined(row['after'])}" for row in view["graph"]["parents"]
    ]
    screen.facts({"parents": parents})
    findings(screen, view["findings"]["introduced"], "Findings introduced")
    findings(screen, view["findings"]["fixed"], "Findings fixed")


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def changes(screen: Screen, rows: Sequence[View]) -> None:
    """Show changes, one a line."""
    screen.table(
        _CHANGES,
        [
            (row["bump"], row["kind"], row["name"], phrases.brief(row["before"]), phrases.brief(row["after"]))
            for row in rows
        ],
    )


def findings(screen: Screen, rows: Sequence[View], heading: str = "Findings") -> None:
    """Show findings, the worst first."""
    ordered = sorted(rows, key=lambda row: SEVERITIES.index(row["severity"]))
    if ordered:
        screen.heading(heading)
    screen.table(
        _FINDINGS,
        [(row["severity"], _where(row), row["code"], row["message"], as_commands(row["hint"])) for row in ordered],
    )


def _where(row: View) -> str:
    return str(row["where"]) if "where" in row else f"line {row['line']}" if row["line"] else ""


def checked(screen: Screen, view: View) -> None:
    """Show what checking a file or the registry found."""
    findings(screen, view["findings"])
    serious = sum(row["severity"] == "error" for row in view["findings"])
    counts = f"{counted(len(view['findings']), 'finding')}, {counted(serious, 'error')}"
    told = counts if view["findings"] else "nothing found"
    screen.line(f"{'ok' if view['ok'] else 'not ok'}: {told}")
    screen.facts({name: view.get(name) for name in ("name", "kinds", "models", "events")})


def head(screen: Screen, view: View) -> None:
    """Show the head of a log as one word that can be noted."""
    screen.line(f"{view['size']}:{view['root']}")


def proof(screen: Screen, view: View) -> None:
    """Show a proof as the JSON it is."""
    screen.verbatim(json.dumps(view, indent=1) + "\n")


def proven(screen: Screen, view: View) -> None:
    """Show what a proof that holds has proved."""
    screen.line(f"ok: {view['model_id']}@{view['version']} is event {view['seq']} of that log")
    screen.facts({name: view[name] for name in ("at", "actor", "digest", "size", "root")})


def model_page(screen: Screen, view: View) -> None:
    """Show a page of a list of models."""
    rows = [
        (row["id"], row["current_version"], row["state"], row["kinds"], row["name"], row["author"])
        for row in view["items"]
    ]
    screen.table(_MODELS, rows)
    more(screen, view)


def hit_page(screen: Screen, view: View) -> None:
    """Show a page of hits."""
    if view["relaxed"]:
        screen.line("nothing holds all these words; these hold some of them:")
    for row in view["items"]:
        screen.line(row["id"], row["current_version"], row["state"], words(row["kinds"]))
        screen.passage(row["snippet"] or row["name"])
    more(screen, view)
    if view["suggestions"]:
        screen.line(f"did you mean {words(view['suggestions'])}?")


def similar_page(screen: Screen, view: View) -> None:
    """Show models like another one."""
    columns = (Column("score", number=True), Column("id", whole=True), Column("version", whole=True), Column("why"))
    rows = [(f"{row['score']:.2f}", row["id"], row["current_version"], row["why"]) for row in view["items"]]
    screen.table(columns, rows)
    more(screen, view)


def identity(screen: Screen, view: View) -> None:
    """Show which versions a text is."""
    for row in view["matches"]:
        screen.line(f"{row['id']}@{row['version']} (same {row['by']})")
    if not view["known"]:
        screen.line("not in the registry")


def trail(screen: Screen, view: View) -> None:
    """Show events, newest first."""
    columns = (Column("event", number=True), Column("at", whole=True), Column("what happened", whole=True))
    rows = [
        (
            row["seq"],
            row["at"][:19].replace("T", " "),
            row["kind"].replace("_", " "),
            row["model"],
            row["actor"],
            row["reason"],
        )
        for row in view["items"]
    ]
    screen.table((*columns, Column("model", whole=True), Column("by"), Column("why")), rows)
    more(screen, view)


def more(screen: Screen, view: View) -> None:
    """Say how much of a list was shown, and how to go on."""
    shown, total = len(view["items"]), view["total"]
    screen.line(f"{shown} of {total}" if shown < total else f"{total} in all" if total else "nothing found")
    if view["next_cursor"]:
        screen.text(f"for the next page, repeat the command with --cursor {view['next_cursor']}")


def reindexed(screen: Screen, view: View) -> None:
    """Show what was built anew."""
    screen.line(f"{view['indexed']} models indexed, {view['snapshots']} snapshots written")


def cleaned(screen: Screen, view: View) -> None:
    """Show what cleaning up did, or would do."""
    rows = [(row["action"], row.get("id", ""), row["why"]) for row in view["actions"]]
    screen.table((Column("action"), Column("model", whole=True), Column("why")), rows)
    if not rows:
        screen.line("nothing to clean up")
    elif view["dry_run"]:
        screen.line("nothing was done; repeat with --apply")


def backed_up(screen: Screen, view: View) -> None:
    """Show where a backup lies."""
    screen.line(f"{view['backup']}: {view['models']} models, {view['events']} events")


def put_back(screen: Screen, view: View) -> None:
    """Show what a backup brought back."""
    screen.line(f"{view['registry']}: {view['models']} models, {view['events']} events, {view['sources']} sources")
    if view["missing"]:
        screen.line(f"{len(view['missing'])} sources were not in the backup; `model-registry doctor` names them")
    if view["replaced"]:
        screen.line(f"what was there before lies in {view['replaced']}")


def settings(screen: Screen, view: View) -> None:
    """Show the settings and where each comes from."""
    rows = [row for name, row in view["settings"].items() for row in _setting(name, row["value"], row["from"])]
    screen.facts({"registry": view["registry"]})
    screen.table((Column("setting", whole=True), Column("value"), Column("from")), rows)


def _setting(name: str, value: Any, origin: str) -> list[tuple[str, Any, str]]:
    """Give the rows of a setting; one that holds settings itself has a row for each of them."""
    if isinstance(value, Mapping):
        return [row for key, each in value.items() for row in _setting(f"{name}.{key}", each, origin)]
    return [(name, value, origin)]


def parsed(screen: Screen, view: View) -> None:
    """Show what a file declares."""
    screen.line(view["name"] or "(no ModelName)", style="bold")
    time = view["time"]
    regime = [word for word, holds in (("dynamic", time["dynamic"]), ("discrete", time["discrete"])) if holds]
    screen.facts(
        {"kinds": view["kinds"], "time": regime, "horizon": time["horizon"], "fingerprint": view["fingerprint"]}
    )
    structure(screen, view)
    _parameters(screen, view["parameters"])
    findings(screen, view["diagnostics"])


def _parameters(screen: Screen, rows: Sequence[View]) -> None:
    if rows:
        screen.heading(f"{len(rows)} parameters")
    screen.table(
        (Column("parameter", whole=True), Column("shape"), Column("line", number=True), Column("text")),
        [(row["name"], " x ".join(map(str, row["shape"] or ())), row["line"], row.get("text")) for row in rows],
    )
