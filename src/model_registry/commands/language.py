"""Commands about the language: they read files and need no registry."""

from __future__ import annotations

from typing import Annotated

import typer

from model_registry.commands import shown
from model_registry.commands.door import Door, View, command
from model_registry.commands.options import Author, Description, ModelFile, Name, Output, Settings, Tags, metadata

PANEL = "Files"


@command("parse", PANEL, shown.parsed)
def parse(
    door: Door,
    model_path: ModelFile,
    full: Annotated[bool, typer.Option("--full", help="Include values above 1,000 cells.")] = False,
) -> View:
    """Show what a model file declares, and what was found in it."""
    from model_registry.domain.source import understand
    from model_registry.domain.views import diagnostics_view

    reading = understand(door.source(model_path), require_variables=False)
    return reading.model.to_dict(full=full) | {"diagnostics": diagnostics_view(reading.diagnostics)}


@command("check", PANEL, shown.checked, fails=lambda view: not view["ok"])
def check(
    door: Door,
    model_path: ModelFile,
    name: Name = "",
    description: Description = "",
    author: Author = "",
    tags: Tags = None,
    settings: Settings = None,
) -> View:
    """Check a model file as registering would; exit code 1 when it holds errors. Writes nothing."""
    fields = {"name": name, "description": description, "author": author, "tags": tags}
    return door.registry.validate_model(door.source(model_path), metadata(fields, settings))


@command("diff", PANEL, shown.difference)
def diff(door: Door, old: ModelFile, new: ModelFile) -> View:
    """Show what differs between two model files, and which version step that asks for."""
    from model_registry.domain.comparison import compare_texts
    from model_registry.domain.source import understand

    return compare_texts(*(understand(door.source(path)) for path in (old, new)))


@command("format", PANEL, shown.source)
def format_file(door: Door, model_path: ModelFile, output: Output = None) -> View | None:
    """Write a model file in the canonical form; full-line comments are not kept."""
    from model_registry.domain.source import understand
    from model_registry.gnn.render import to_markdown

    text = to_markdown(understand(door.source(model_path)).model)
    if output is None:
        return {"media_type": "text/markdown", "text": text}
    door.write(output, text)
    return None
