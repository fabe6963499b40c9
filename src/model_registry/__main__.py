"""`python -m model_registry COMMAND`, the same as `model-registry COMMAND`: the command line, as a program.

Exit codes: 0 done, 1 refused or found wanting, 2 not understood, 130 interrupted. Refusals are told in two lines on the
error stream; `--json` prints what the Registry's method gives, and nothing else, on the output stream.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the arguments name."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if sys.argv[1:2] == ["serve"]:  # the one command whose start is waited for: it loads no other
        from model_registry.commands.serving import app
    else:
        from model_registry.cli import app
    app()


if __name__ == "__main__":
    main()
