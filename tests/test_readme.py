"""The README, the continuous integration and the package keep to each other."""

from __future__ import annotations

import doctest
import inspect
import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from description import promises
from model_registry import __version__, errors
from model_registry.cli import app
from model_registry.gnn.rules import RULES
from tables import defaults, functions, variable
from texts import coin

PROJECT = Path(__file__).resolve().parents[1]
README = (PROJECT / "README.md").read_text()
INSIDE = PROJECT / "src" / "model_registry" / "README.md"
PROMISES = PROJECT / "tests" / "data" / "promises.json"
DESCRIPTION = PROJECT.parent / "shared" / "spec" / "model-registry-module.md"


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


def section(title: str) -> str:
    """Give a section of the inner README."""
    found = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", INSIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(found) == 1, title
    return str(found[0])


def cells(text: str) -> list[list[str]]:
    """Give the rows of all tables of a text, without their heads."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| ")]
    return [row for row in ([cell.strip() for cell in row] for row in rows) if row[0] not in HEADS]


HEADS = {"Promise", "Function", "Key", "Error"}


class TestPromises:
    """The table that maps every bullet of the description to what keeps it and to the test that shows it."""

    PROMISES = section("What was promised, and where it is kept")

    def kept(self) -> dict[str, list[list[str]]]:
        """Give the rows of the table by heading; a heading that promises itself has one row."""
        found: dict[str, list[list[str]]] = {}
        for chapter, table in re.findall(r"^### (.*?)\n(.*?)(?=^### |\Z)", self.PROMISES, re.DOTALL | re.MULTILINE):
            for row in cells(table):
                heading = re.fullmatch(r"\*\*(.+)\*\*", row[0])
                if heading:
                    found[f"{chapter} / {heading[1]}"] = [row] if row[1] else []
                else:
                    found[list(found)[-1]].append(row)
        return found

    def test_no_bullet_is_missing_and_none_is_invented(self) -> None:
        known: dict[str, list[str]] = json.loads(PROMISES.read_text())
        kept = self.kept()
        assert list(kept) == list(known)
        for place, titles in known.items():
            assert [row[0].strip("*") for row in kept[place]] == (titles or [place.split(" / ")[1]]), place

    def test_the_bullets_are_those_of_the_description(self) -> None:
        if not DESCRIPTION.is_file():
            pytest.skip("the description is absent (../shared/spec/model-registry-module.md)")
        assert promises(DESCRIPTION.read_text()) == json.loads(PROMISES.read_text())

    def test_every_row_names_a_test_or_a_measurement_or_says_that_it_is_planned(self) -> None:
        rows = [row for rows in self.kept().values() for row in rows]
        assert len(rows) > 150
        for _, by, shown in rows:
            assert by
            assert shown == "planned" or re.fullmatch(r"`(tests/[\w/]+\.py)(::\w+)?`", shown), shown

    def test_only_what_the_description_calls_optional_or_future_is_planned(self) -> None:
        planned = {place for place, rows in self.kept().items() for row in rows if row[2] == "planned"}
        assert {place.split(" / ")[0] for place in planned} == {"Dependencies", "Future Enhancements"}


def test_every_test_that_the_inner_readme_names_is_there() -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", INSIDE.read_text()):
        text = (PROJECT / path).read_text()
        assert not name or re.search(rf"(def|class) {name}\b", text), f"{path}::{name}"


def test_the_functions_are_those_that_can_be_imported() -> None:
    assert functions() in section("Functions"), f"write this table:\n{functions()}"


def test_every_setting_is_shown_with_its_default_and_its_variable() -> None:
    shown = [row[:3] for row in cells(section("Configuration"))]
    assert shown == [[f"`{key}`", f"`{value}`", f"`{variable(key)}`"] for key, value in defaults().items()]


def test_every_error_is_shown_with_what_it_is() -> None:
    shown = {row[0]: row[1] for row in cells(section("Errors"))}
    classes = [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.RegistryError)
    ]
    for kind in classes:
        bases = [base.__name__ for base in kind.__bases__ if base is not Exception]
        assert shown.pop(f"`{kind.__name__}`") == ", ".join(f"`{name}`" for name in bases)
    assert shown == {}


def test_every_code_that_the_readme_names_is_one_of_an_error() -> None:
    code = "".join(path.read_text() for path in (PROJECT / "src").rglob("*.py"))
    for row in cells(section("Errors")):
        for name in re.findall(r"`([a-z]+_[a-z_]+)`", row[2]):
            assert f'"{name}"' in code or name == "op_id", name


def test_the_examples_give_what_they_show(workplace: Path) -> None:
    blocks = "\n".join(re.findall(r"```python\n(.*?)```", section("Examples"), re.DOTALL))
    example = doctest.DocTestParser().get_doctest(blocks, {}, "README", str(INSIDE), 0)
    told: list[str] = []
    done = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=told.append)
    assert done.attempted > 15
    assert done.failed == 0, "".join(told)


def test_what_the_readme_shows_is_what_happens(workplace: Path) -> None:
    (workplace / "weather.md").write_text(coin("Weather"))
    (workplace / "note.md").write_text("# A note, and no model\n")
    runner = CliRunner()
    assert runner.invoke(app, ["process", "--examples"]).exit_code == 0
    shown = "".join(re.findall(r"```console\n(.*?)```", section("Troubleshooting"), re.DOTALL))
    runs = re.findall(r"^\$ model-registry (.*)\n((?:(?!\$ ).*\n)*)", shown, re.MULTILINE)
    assert len(runs) >= 8
    for arguments, expected in runs:
        done = runner.invoke(app, shlex.split(arguments), env={"COLUMNS": "160"})
        got = "".join(f"{line.rstrip()}\n" for line in done.output.splitlines())
        assert doctest.OutputChecker().check_output(expected, got, doctest.ELLIPSIS), f"{arguments}\n{got}"
