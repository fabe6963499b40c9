"""Hints as the command line says them."""

from __future__ import annotations

import pytest

from model_registry.commands.wording import COMMANDS, as_commands


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        (
            "list_models and search_models show what there is.",
            "`model-registry list` and `model-registry search` show what there is.",
        ),
        ("Restore it first (restore_model('coin')).", "Restore it first (`model-registry restore coin`)."),
        ("allow_lower=True with a reason waives the step.", "--allow-lower with a reason waives the step."),
        ("Register it with model_id=coin-judge.", "Register it with --id coin-judge."),
        ("Register it as another model (model_id=...).", "Register it as another model (--id ID)."),
        ("Give metadata={'author': ...}.", "Give --author."),
        ("Give metadata={'license': ...}.", "Give --set license=VALUE."),
        ("Check the path.", "Check the path."),
    ],
)
def test_a_command_or_option_stands_for_a_function_or_keyword(hint: str, told: str) -> None:
    assert as_commands(hint) == told


def test_every_operation_has_its_command() -> None:
    for name, command in COMMANDS.items():
        assert as_commands(f"Call {name}.") == f"Call `{command}`."
