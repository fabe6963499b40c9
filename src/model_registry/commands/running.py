"""The command that registers a whole directory."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from model_registry.commands import serving
from model_registry.commands.door import Door, View, command
from model_registry.commands.progress import progress_bar
from model_registry.commands.screen import Column, Screen
from model_registry.commands.wording import as_commands
from model_registry.domain.printable import counted

PANEL = serving.PANEL
MOST_ROWS = 200
"""Files shown in the table; the report names them all."""

_FILES = (
    Column("id", whole=True),
    Column("version", whole=True),
    Column("outcome", whole=True),
    Column("kinds", optional=True),
    Column("vars", whole=True, number=True),
    Column("findings"),
)


def shown(screen: Screen, view: View) -> None:
    """Show a run: a table of models, what failed and why, where things are."""
    screen.table(_FILES, [_row(file) for file in view["files"][:MOST_ROWS] if not file["error"]])
    for file in view["files"]:
        _remarks(screen, file)
    screen.line(f"{view['summary'][:1].upper()}{view['summary'][1:]}.", style="bold")
    for line in view["maintenance"]:
        screen.line(line)
    screen.line("")
    screen.facts({"registry": view["registry"], "reports": str(Path(view["reports"][0]).parent)})
    screen.line("")
    screen.text(
        "To connect an assistant, let its MCP client start this command (see mcp.json):\n"
        f"  {shlex.join([sys.executable, '-m', 'model_registry', 'serve', '--registry', view['registry']])}"
    )


def _row(file: View) -> tuple[Any, ...]:
    findings = [counted(count, severity) for severity, count in file["findings"].items() if severity != "info"]
    return file["model_id"], file["version"], file["outcome"], file["kinds"], file["variables"], findings


def _remarks(screen: Screen, file: View) -> None:
    if file["error"]:
        screen.line("failed", f"{file['path']}:", file["error"]["message"])
        screen.line("      ", as_commands(file["error"]["hint"]).partition("\n")[0])
    for remark in (file["explanation"], as_commands(file["note"])):
        if remark:
            screen.line(f"{file['model_id']}: {remark}")
    if file["similar"]:
        screen.line(f"{file['model_id']}: same structure and numbers as {', '.join(file['similar'])}")


@command("process", PANEL, shown, fails=lambda view: not view["ok"])
def process(
    door: Door,
    target_dir: Annotated[Path | None, typer.Argument(metavar="[DIRECTORY]", help="Where the models lie.")] = None,
    examples: Annotated[bool, typer.Option("--examples", help="The examples that come with the package.")] = False,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where reports go.")] = Path("output"),
    recursive: Annotated[bool, typer.Option(help="Look into folders below, too.")] = True,
    query_ontology: Annotated[
        str, typer.Option("--query-ontology", metavar="TERM", help="Report only models that use this term.")
    ] = "",
) -> View:
    """Register every model below a directory, maintain the registry, and write its reports."""
    if examples is bool(target_dir):
        raise typer.BadParameter("name a directory, or give --examples")
    from model_registry.pipeline import run_pipeline

    target = target_dir or Path(__file__).parents[1] / "examples"
    with progress_bar("models", quiet=door.as_json) as progress:
        run = run_pipeline(
            door.registry, target, output, recursive=recursive, query_ontology=query_ontology, progress=progress
        )
    return run.to_dict()
