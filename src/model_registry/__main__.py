"""`python -m model_registry`: the command line."""

from model_registry.cli import main

main()
