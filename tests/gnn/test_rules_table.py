"""The table of checks in the inner README is the one the rules make."""

from __future__ import annotations

import os
import re
from pathlib import Path

import model_registry
from model_registry.gnn.rules import rules_table

README = Path(model_registry.__file__).with_name("README.md")
TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def test_the_table_of_checks_in_the_readme_is_current() -> None:
    text = README.read_text()
    if os.environ.get("UPDATE_GOLDEN"):
        README.write_text(TABLE.sub(lambda _: rules_table(), text))
    assert TABLE.findall(README.read_text()) == [rules_table()], "run this test once with UPDATE_GOLDEN=1"
