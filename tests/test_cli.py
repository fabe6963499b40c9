"""The command line."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from model_registry import __version__
from model_registry.bootstrap import open_registry
from model_registry.cli import app
from model_registry.config import PLACE_VARIABLE
from model_registry.operations import OPERATIONS
from texts import coin

WITHOUT_OPERATION = {
    *("serve", "parse", "diff", "format", "config", "head", "prove", "verify", "restore-backup"),
    *("history", "dependencies", "browse"),
}
"""Commands that stand for no operation of the registry."""


class Shell:
    """A working directory with a registry, and the command line in it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.runner = CliRunner()

    def __call__(self, *arguments: str, columns: int = 120, text: str | None = None) -> Any:
        return self.runner.invoke(app, arguments, input=text, env={"COLUMNS": str(columns)})

    def json(self, *arguments: str) -> Any:
        done = self(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def write(self, name: str = "coin.md", text: str | None = None) -> str:
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(coin() if text is None else text, "utf-8")
        return str(path)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(PLACE_VARIABLE, str(tmp_path / "registry"))
    monkeypatch.setenv("MODEL_REGISTRY_ACTOR", "ada")
    return Shell(tmp_path)


@pytest.fixture
def filled(shell: Shell) -> Shell:
    """Give a shell whose registry holds one model in two versions."""
    for heads in (0.5, 0.7):
        assert shell("register", shell.write(text=coin(heads=heads))).exit_code == 0
    return shell


def test_there_is_a_command_for_every_operation() -> None:
    commands = {command.name for command in app.registered_commands}
    assert commands == {operation.command for operation in OPERATIONS} | WITHOUT_OPERATION


def test_every_command_and_option_says_what_it_is_for(shell: Shell) -> None:
    for command in app.registered_commands:
        shown = shell(str(command.name), "--help", columns=200).stdout
        assert "--json" in shown
        assert not re.search(r"^│ +\*? +(--[\w-]+|[A-Z]+)( +\S+)? *│$", shown, re.MULTILINE), shown


class TestProcess:
    def test_shows_a_table_and_where_things_are_and_how_to_connect(self, shell: Shell) -> None:
        shell.write("m/coin.md")
        done = shell("process", "m")
        assert done.exit_code == 0
        assert re.search(r"coin-judge +1\.0\.0 +created +static +4", done.stdout)
        assert "1 file: 1 created." in done.stdout
        assert str(shell.place / "output" / "model_registry") in done.stdout
        assert f"model_registry serve --registry {shell.place / 'registry'}" in done.stdout

    def test_takes_the_examples_of_the_package(self, shell: Shell, examples: list[Path]) -> None:
        assert shell.json("process", "--examples", "-o", "out")["outcomes"] == {"created": len(examples)}
        assert (shell.place / "out" / "model_registry" / "registry_report.md").is_file()

    def test_a_bad_file_is_named_with_what_to_do_and_gives_exit_code_1(self, shell: Shell) -> None:
        shell.write("m/coin.md")
        shell.write("m/bad.gnn", "")
        done = shell("process", "m")
        assert done.exit_code == 1
        assert "failed bad.gnn: The file is empty." in done.stdout
        assert "2 files: 1 created, 1 failed." in done.stdout

    def test_an_empty_directory_is_no_failure(self, shell: Shell) -> None:
        (shell.place / "m").mkdir()
        done = shell("process", "m")
        assert (done.exit_code, "No models found." in done.stdout) == (0, True)

    def test_a_missing_directory_is_an_error(self, shell: Shell) -> None:
        done = shell("process", "nowhere")
        assert done.exit_code == 1
        assert done.stderr.splitlines()[0] == f"error: '{shell.place / 'nowhere'}' is not there"

    @pytest.mark.parametrize("arguments", [[], ["m", "--examples"]])
    def test_asks_for_a_directory_or_the_examples(self, shell: Shell, arguments: list[str]) -> None:
        assert shell("process", *arguments).exit_code == 2

    def test_tells_the_change_of_an_edited_file(self, shell: Shell) -> None:
        shell.write("m/coin.md")
        shell("process", "m")
        shell.write("m/coin.md", coin(heads=0.6))
        assert "coin-judge: A minor step, because A values changed" in shell("process", "m").stdout


class TestJson:
    def test_is_what_the_registry_gives(self, filled: Shell) -> None:
        registry = open_registry(filled.place / "registry")
        uncounted = {"usage": None, "most_used": None}
        assert filled.json("info", "coin-judge") | uncounted == registry.get_model_info("coin-judge") | uncounted
        assert filled.json("list") == registry.list_models()
        assert filled.json("versions", "coin-judge") == registry.get_model_versions("coin-judge", limit=50)
        assert filled.json("search", "toss") == registry.search_models("toss")
        assert filled.json("audit") == registry.get_audit_trail()
        assert filled.json("stats") | uncounted == registry.generate_registry_statistics() | uncounted
        assert filled.json("doctor") == registry.validate_registry()
        assert filled.json("source", "coin-judge", "1.0.0") == registry.get_model_source("coin-judge", "1.0.0")
        assert filled.json("compare", "coin-judge", "1.0.0", "1.1.0") == registry.compare_model_versions(
            "coin-judge", "1.0.0", "1.1.0"
        )

    @pytest.mark.parametrize(
        "arguments",
        [
            ("register", "coin.md", "--dry-run"),
            ("update", "coin-judge", "--tag", "coin"),
            ("release", "coin-judge"),
            ("alias", "coin-judge", "production", "1.0.0"),
            ("yank", "coin-judge", "1.0.0"),
            ("rollback", "coin-judge", "1.0.0"),
            ("deprecate", "coin-judge", "--reason", "old"),
            ("archive", "coin-judge"),
            ("restore", "coin-judge"),
            ("delete", "coin-judge"),
            ("similar", "coin-judge"),
            ("identify", "coin.md"),
            ("check", "coin.md"),
            ("parse", "coin.md"),
            ("diff", "coin.md", "coin.md"),
            ("format", "coin.md"),
            ("cleanup",),
            ("backup",),
            ("reindex",),
            ("config", "show"),
        ],
        ids=lambda arguments: str(arguments[0]),
    )
    def test_is_the_only_thing_on_the_output_of_every_command(self, filled: Shell, arguments: tuple[str, ...]) -> None:
        assert isinstance(filled.json(*arguments), dict)

    def test_a_refusal_leaves_the_output_empty(self, filled: Shell) -> None:
        done = filled("info", "nobody", "--json")
        assert (done.exit_code, done.stdout) == (1, "")


class TestCommonOptions:
    def test_stand_before_the_command_as_well_as_behind_it(self, filled: Shell) -> None:
        other = str(filled.place / "other")
        assert filled.json("--registry", other, "stats")["models"] == 0
        assert filled.json("stats", "--registry", other)["models"] == 0
        assert json.loads(filled("--json", "stats").stdout)["models"] == 1

    def test_the_one_behind_the_command_wins(self, filled: Shell) -> None:
        other = str(filled.place / "other")
        assert filled.json("--registry", other, "stats", "--registry", str(filled.place / "registry"))["models"] == 1

    def test_the_actor_stands_in_the_trail(self, filled: Shell) -> None:
        filled("archive", "coin-judge", "--actor", "grace")
        assert [event["actor"] for event in filled.json("audit")["items"]] == ["grace", "ada", "ada"]


class TestRegistering:
    def test_tells_the_outcome_and_the_change(self, filled: Shell) -> None:
        done = filled("register", filled.write(text=coin(heads=0.9)))
        assert done.stdout.splitlines()[0] == "coin-judge 1.2.0 new version"
        assert re.search(r"minor +parameter-values +A", done.stdout)

    def test_takes_metadata_from_options(self, shell: Shell) -> None:
        options = [
            "--name",
            "My coin",
            "--tag",
            "a",
            "--tag",
            "b",
            "--performance",
            "score=0.9",
            "--set",
            "licence=MIT",
        ]
        shell("register", shell.write(), *options, "--requires", "pypi:numpy>=1.20")
        info = shell.json("info", "coin-judge")
        assert (info["name"], info["tags"]) == ("My coin", ["a", "b"])
        assert info["performance"]["score"] == 0.9
        assert info["metadata"]["extra"] == {"licence": "MIT"}
        assert info["dependencies"]["external"] == ["pypi:numpy>=1.20"]

    def test_reads_the_standard_input(self, shell: Shell) -> None:
        assert shell("register", "-", text=coin()).exit_code == 0
        assert shell.json("list")["total"] == 1

    def test_a_dry_run_writes_nothing(self, shell: Shell) -> None:
        assert "would be created" in shell("register", shell.write(), "--dry-run").stdout
        assert shell.json("list")["total"] == 0

    def test_repeating_an_operation_id_gives_the_first_result(self, shell: Shell) -> None:
        path = shell.write()
        first, again = (shell.json("register", path, "--op-id", "one") for _ in range(2))
        assert (first["version"], again["replayed"]) == (again["version"], True)

    def test_a_stale_revision_is_refused(self, filled: Shell) -> None:
        done = filled("archive", "coin-judge", "--expected-revision", "1")
        assert (done.exit_code, done.stderr.splitlines()[0]) == (1, "error: coin-judge is at revision 2, not 1")

    def test_release_reads_the_file_the_model_came_from(self, shell: Shell) -> None:
        shell.write("m/coin.md")
        shell("process", "m")
        shell.write("coin.md", coin(heads=0.9))
        assert shell.json("release", "coin-judge")["version"] == "1.1.0"


class TestReading:
    def test_source_is_the_exact_text(self, shell: Shell) -> None:
        text = coin() + "\t# no newline at the end"
        shell("register", shell.write(text=text))
        assert shell("source", "coin-judge").stdout == text

    def test_source_goes_to_a_file_when_asked(self, filled: Shell) -> None:
        assert filled("source", "coin-judge", "-o", "copy.md").stdout == ""
        assert (filled.place / "copy.md").read_text() == coin(heads=0.7)

    def test_compare_takes_a_file_for_the_second_side(self, filled: Shell) -> None:
        view = filled.json("compare", "coin-judge", "1.1.0", filled.write("other.md", coin(heads=0.6)))
        assert [change["name"] for change in view["parameter_changes"]] == ["A"]
        assert view["version2"] == "other.md"

    def test_filters_narrow_a_list(self, filled: Shell) -> None:
        filled("register", filled.write("b.md", coin("Other Coin")), "--tag", "b")
        assert [row["id"] for row in filled.json("list", "--tag", "b")["items"]] == ["other-coin"]
        assert filled.json("search", "toss", "--filter", "version=^1.1")["total"] == 1
        assert filled.json("list", "--state", "archived")["total"] == 0

    def test_a_list_goes_on_behind_its_cursor(self, filled: Shell) -> None:
        filled("register", filled.write("b.md", coin("Other Coin")))
        first = filled.json("list", "--limit", "1")
        second = filled.json("list", "--limit", "1", "--cursor", first["next_cursor"])
        assert [row["id"] for row in first["items"] + second["items"]] == ["coin-judge", "other-coin"]

    def test_identify_tells_the_version_of_a_file(self, filled: Shell) -> None:
        assert filled("identify", filled.write(text=coin())).stdout == "coin-judge@1.0.0 (same digest)\n"

    def test_format_gives_a_text_that_says_the_same(self, shell: Shell) -> None:
        path = shell.write()
        shell("format", path, "-o", "formatted.md")
        assert shell.json("diff", path, "formatted.md")["required_bump"] in {"none", "patch"}


class TestExitCodes:
    def test_check_gives_1_for_a_file_with_errors(self, shell: Shell) -> None:
        good, bad = shell.write(), shell.write("bad.md", coin(heads=0.5, connections="s>>").replace("A[2,2", "A[3,2"))
        assert shell("check", good).exit_code == 0
        assert shell("check", bad).exit_code == 1
        assert not shell.json("check", good)["findings"]

    def test_doctor_gives_1_for_a_damaged_registry(self, filled: Shell) -> None:
        assert filled("doctor").exit_code == 0
        (source,) = list((filled.place / "registry" / "sources").glob("*/*"))[:1]
        source.unlink()
        assert filled("doctor").exit_code == 1

    @pytest.mark.parametrize(
        "arguments", [["frobnicate"], ["info"], ["list", "--limit", "0"], ["list", "--filter", "x"], ["config", "set"]]
    )
    def test_what_is_not_understood_gives_2(self, shell: Shell, arguments: list[str]) -> None:
        assert shell(*arguments).exit_code == 2

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["info", "nobody"], "there is no model 'nobody'"),
            (["info", "coin-judge@9"], "coin-judge has no version '9'"),
            (["search", "name:"], "the query cannot be read: expected a word at character 6"),
            (["list", "--filter", "stat=x"], "unknown filter 'stat'"),
            (["register", "nowhere.md"], "there is no file 'nowhere.md'"),
            (["register", "."], "'.' is a directory"),
            (["release", "coin-judge", "1.0.0"], ""),
            (
                ["source", "coin-judge", "-o", "no/where.md"],
                "'no/where.md' cannot be written: No such file or directory",
            ),
        ],
        ids=lambda case: " ".join(case) if isinstance(case, list) else "",
    )
    def test_a_refusal_gives_1_and_says_what_is_wrong_and_what_to_do(
        self, filled: Shell, arguments: list[str], message: str
    ) -> None:
        done = filled(*arguments)
        error, hint = done.stderr.splitlines()
        assert (done.exit_code, done.stdout) == (1, "")
        assert error.startswith(f"error: {message}")
        assert hint.startswith("hint: ")


class TestHostileText:
    NAME = "Evil \x1b[31m[bold]Coin[/bold] \u202e :smile:"

    @pytest.fixture
    def hostile(self, shell: Shell) -> Shell:
        shell("register", shell.write(text=coin(self.NAME)), "--id", "evil", "--tag", "[red]x")
        return shell

    @pytest.mark.parametrize("command", ["info evil", "list", "search coin", "versions evil", "audit", "stats"])
    def test_cannot_control_the_terminal_nor_be_taken_for_markup(self, hostile: Shell, command: str) -> None:
        shown = hostile(*command.split()).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown

    def test_is_shown_as_it_is_written(self, hostile: Shell) -> None:
        shown = hostile("info", "evil").stdout
        assert "[bold]Coin[/bold]" in shown
        assert ":smile:" in shown
        assert "[red]x" in shown


@pytest.mark.parametrize("columns", [1, 20, 40, 80, 120, 300])
@pytest.mark.parametrize(
    "command", ["info coin-judge", "list", "audit", "stats", "doctor", "config show", "parse coin.md"]
)
def test_every_width_shows_the_whole_answer(filled: Shell, command: str, columns: int) -> None:
    done = filled(*command.split(), columns=columns)
    assert done.exit_code == 0
    assert columns < 20 or max(map(len, done.stdout.splitlines())) <= columns


@pytest.mark.parametrize("columns", [80, 120])
def test_ids_stay_whole_at_usual_widths(filled: Shell, columns: int) -> None:
    filled("register", filled.write("b.md", coin("A Rather Long Name Of Coin")))
    assert "a-rather-long-name-of-coin " in filled("list", columns=columns).stdout


def test_a_table_without_room_leaves_out_what_matters_least(filled: Shell) -> None:
    filled("register", filled.write("b.md", coin("A Name So Long That Its Id Alone Takes Half Of A Line")))
    wide, narrow = (filled("list", columns=columns).stdout for columns in (160, 80))
    assert ("author" in wide, "author" in narrow) == (True, False)


class TestLookingBack:
    """How a model came to be what it is, what it needs, and how much it is used."""

    @pytest.fixture
    def related(self, filled: Shell) -> Shell:
        filled("register", filled.write("base.md", coin("Base Coin", heads=0.9)))
        filled("update", "coin-judge", "--tag", "toy", "--performance", "score=0.5", "--requires", "base-coin@^1")
        filled(
            "update",
            "coin-judge",
            "--tag",
            "toy",
            "--tag",
            "coin",
            "--performance",
            "score=0.75",
            "--reason",
            "why not",
        )
        return filled

    def test_history_tells_each_change_of_a_field(self, related: Shell) -> None:
        shown = related("history", "coin-judge", "--field", "tags").stdout
        assert "toy, coin" in shown
        assert "why not" in shown
        assert "base-coin@^1" not in shown
        assert "score 0.75" in related("history", "coin-judge").stdout

    def test_history_tells_that_there_is_more(self, related: Shell) -> None:
        shown = related("history", "coin-judge", "--field", "tags", "--limit", "1").stdout
        assert "1 of 2; --limit shows more" in shown

    def test_dependencies_are_told_both_ways(self, related: Shell) -> None:
        assert related.json("dependencies", "coin-judge")["requires"][0]["resolved"] == "1.0.0"
        assert "base-coin@^1" in related("dependencies", "coin-judge").stdout
        assert re.search(r"required by +coin-judge +base-coin@\^1", related("dependencies", "base-coin").stdout)
        assert "coin-judge (^1)" in related("info", "base-coin").stdout

    def test_an_unmet_requirement_says_why(self, related: Shell) -> None:
        related("update", "base-coin", "--requires", "nowhere@2")
        assert "there is no such model" in related("dependencies", "base-coin").stdout
        assert "nowhere@2 (there is no such model)" in related("info", "base-coin").stdout
        assert "requires nothing" in related("dependencies", "base-coin", "--as-of", "3").stdout

    def test_measured_versions_stand_below_each_other(self, related: Shell) -> None:
        related("release", "coin-judge")
        related("update", "coin-judge", "--performance", "score=0.8")
        shown = related("info", "coin-judge").stdout
        assert re.search(r"Performance\n.*score 0\.8 *\n.*score 0\.75 *\n", shown, re.DOTALL)

    def test_what_is_used_is_told(self, related: Shell) -> None:
        assert "used" not in related("info", "base-coin").stdout
        for _ in range(2):
            TestProcesses().run("source", "base-coin")
        assert "2 reads, last on" in TestProcesses().run("info", "base-coin").stdout
        assert re.search(r"most used\nbase-coin +3 reads", TestProcesses().run("stats").stdout)


def test_the_program_tells_its_version(shell: Shell) -> None:
    assert shell("--version").stdout == f"model-registry {__version__}\n"


def test_a_page_says_how_to_go_on(filled: Shell) -> None:
    shown = filled("audit", "--limit", "1").stdout
    found = re.search(r"repeat the command with --cursor (\S+)", shown)
    assert found
    assert filled("audit", "--limit", "1", "--cursor", found[1]).stdout.startswith("event")


def test_words_of_usual_length_stay_whole_at_80_columns(shell: Shell, examples: list[Path]) -> None:
    shell("process", "--examples")
    shown = shell("list", columns=80).stdout
    for word in ("hierarchical", "markov-chain", "multi-agent", "narrow-bridge-walkers"):
        assert word in shown


class TestProcesses:
    """The same through a process of its own."""

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-m", "model_registry", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, **options)

    def test_python_m_runs_the_command_line(self, filled: Shell) -> None:
        done = self.run("list", "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["total"] == 1

    def test_a_refusal_is_two_lines_and_no_traceback(self, filled: Shell) -> None:
        done = self.run("info", "nobody")
        assert done.returncode == 1
        assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]

    def test_a_pipe_closed_early_is_quiet(self, filled: Shell) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "model_registry", "audit", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            assert process.stderr.read() == b""

    def test_output_that_cannot_be_encoded_is_no_failure(self, shell: Shell) -> None:
        shell("register", shell.write(text=coin("Münze π")))
        done = self.run("list", env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert (done.returncode, "M?nze ?" in done.stdout) == (0, True)

    @pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
    def test_a_terminal_is_coloured_unless_that_is_not_wanted(
        self, filled: Shell, variables: dict[str, str], coloured: bool
    ) -> None:
        environment = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
        shown = on_a_terminal(["list"], {**environment, "TERM": "xterm-256color", "COLUMNS": "120", **variables})
        assert (b"\x1b[32mactive" in shown) is coloured

    @pytest.mark.parametrize(("command", "told"), [("doctor", b"checking"), ("backup", b"backing up")])
    def test_long_work_shows_that_it_goes_on(self, filled: Shell, command: str, told: bytes) -> None:
        environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
        assert told in on_a_terminal([command], environment)
        assert told not in on_a_terminal([command, "--json"], environment)

    def test_help_imports_neither_mcp_nor_whoosh_nor_numpy(self) -> None:
        code = (
            "import sys\nfrom model_registry.cli import app\n"
            "app(['--help'], standalone_mode=False)\n"
            "print(sorted({'mcp', 'whoosh', 'numpy', 'pydantic', 'yaml'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


def on_a_terminal(arguments: list[str], environment: dict[str, str]) -> bytes:
    """Run a command whose output is a terminal, and give what it wrote there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "model_registry", *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
        process.wait()
    os.close(ours)
    return shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""
