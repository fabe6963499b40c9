"""The command line: `model-registry COMMAND`, the same as `python -m model_registry COMMAND`.

Exit codes: 0 done, 1 refused or found wanting, 2 not understood, 130 interrupted. Refusals are told in two lines on the
error stream; `--json` prints what the Registry's method gives, and nothing else, on the output stream.
"""

from __future__ import annotations

import sys

from model_registry.commands import caretaking, language, proving, reading, running, serving, tokens, writing
from model_registry.commands.door import app

__all__ = ["app", "main"]

PANELS = (running.PANEL, writing.PANEL, writing.LIFE, reading.PANEL, language.PANEL, proving.PANEL, caretaking.PANEL)
"""The groups of commands, in the order in which the help shows them."""

app.add_typer(tokens.group, name="token", rich_help_panel=serving.PANEL)
app.registered_commands.sort(key=lambda command: PANELS.index(str(command.rich_help_panel)))


def main() -> None:
    """Run the command that the arguments name."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
