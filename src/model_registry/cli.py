"""The command line: all commands behind one door, in the order in which the help shows them."""

from __future__ import annotations

from model_registry.commands import caretaking, language, proving, reading, running, serving, tokens, writing
from model_registry.commands.door import app

__all__ = ["app"]

PANELS = (running.PANEL, writing.PANEL, writing.LIFE, reading.PANEL, language.PANEL, proving.PANEL, caretaking.PANEL)
"""The groups of commands, in the order in which the help shows them."""

app.add_typer(tokens.group, name="token", rich_help_panel=serving.PANEL)
app.registered_commands.sort(key=lambda command: PANELS.index(str(command.rich_help_panel)))
