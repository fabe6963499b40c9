"""The README, the continuous integration and the package keep to each other."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from model_registry import __version__
from model_registry.gnn.rules import RULES

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text()
INSIDE = PROJECT / "src" / "model_registry" / "README.md"


def command(marker: str) -> str:
    """Read the fenced block that follows a marker, as the continuous integration does."""
    found = re.findall(rf"<!-- {marker} -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert len(found) == 1, marker
    return str(found[0])


@pytest.mark.parametrize("marker", ["run", "test"])
def test_ci_runs_the_commands_of_the_readme_to_the_letter(marker: str) -> None:
    ci = (PROJECT / ".ci" / "run").read_text()
    assert f'"$(readme_command {marker})"' in ci
    function = re.search(r"readme_command\(\) \{.*?\n\}\n", ci, re.DOTALL)
    assert function
    shell = f"{function.group(0)}readme_command {marker}"
    read = subprocess.run(["bash", "-euc", shell], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert read.stdout == command(marker)


@pytest.mark.parametrize("marker", ["run", "test"])
def test_the_commands_need_only_python_and_pip(marker: str) -> None:
    for line in command(marker).splitlines():
        assert line.split()[0] in {"python3", ".venv/bin/pip", ".venv/bin/model-registry", ".venv/bin/python"}


def test_the_readme_shows_the_mcp_json_that_is_there() -> None:
    shown = json.loads(re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0])
    assert shown == json.loads((PROJECT / "mcp.json").read_text())


def test_the_readme_counts_the_rules_right() -> None:
    assert f"({len(RULES)} rules" in README


def test_the_top_level_holds_what_it_should() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False).stdout
    visible = {line.split("/")[0] for line in listed.splitlines() if not line.startswith(".")}
    assert visible <= {"src", "tests", "pyproject.toml", "README.md", "mcp.json", "LICENSE", "CHANGELOG.md"}


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {__version__}" in (PROJECT / "CHANGELOG.md").read_text()
    assert f'version = "{__version__}"' in (PROJECT / "pyproject.toml").read_text()


def test_every_test_that_the_inner_readme_names_is_there() -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", INSIDE.read_text()):
        assert f"def {name}(" in (PROJECT / path).read_text() or f"class {name}" in (PROJECT / path).read_text(), name
