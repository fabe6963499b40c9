"""The server as a process, started as mcp.json says, in the directory of a project."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import mcp.types as t
import pytest
from mcp import Client, StdioServerParameters

import model_registry
from asking import call, refusal
from listening import told, until_the_list
from model_registry.bootstrap import open_registry
from texts import coin, source

pytestmark = pytest.mark.anyio

PROJECT = Path(__file__).parents[2]
MCP_JSON = PROJECT / "mcp.json"
COIN = "registry://models/coin-judge"


def parameters(folder: Path) -> StdioServerParameters:
    """Give the start of the server as mcp.json has it.

    The command is relative to the project's directory; where no `.venv` was made there, the interpreter of this test
    stands for it.
    """
    told = json.loads(MCP_JSON.read_text())["mcpServers"]["model-registry"]
    made = PROJECT / told["command"]
    command = str(made) if made.exists() else sys.executable
    environment = {"PYTHONPATH": str(PROJECT / "src"), "HOME": os.environ.get("HOME", "/")}
    return StdioServerParameters(command=command, args=told["args"], cwd=folder, env=environment)


def command(folder: Path, *arguments: str) -> Any:
    """Give what a command prints as JSON, started in the directory of a project."""
    start = parameters(folder)
    asked = [start.command, "-m", "model_registry", *arguments, "--json"]
    done = subprocess.run(asked, cwd=folder, env=start.env, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def write(file: Path, text: str) -> str:
    file.write_text(text)
    return str(file)


def test_mcp_json_starts_the_interpreter_of_the_project_over_stdio() -> None:
    told = json.loads(MCP_JSON.read_text())
    assert told == {
        "mcpServers": {
            "model-registry": {
                "type": "stdio",
                "command": ".venv/bin/python",
                "args": ["-m", "model_registry", "serve"],
            }
        }
    }


async def test_the_process_serves_what_python_registered_in_its_directory(era: str, workplace: Path) -> None:
    open_registry(actor="ada").register_model(source(coin()))
    (workplace / "dice.md").write_text(coin("Dice Judge", heads=0.6))
    async with Client(parameters(workplace), mode=era) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert "register_model" in names
        assert "cleanup_registry" not in names
        assert (await call(client, "get_model_info", model_id="coin-judge"))["name"] == "Coin Judge"
        assert (await call(client, "register_model", model_path="dice.md"))["model_id"] == "dice-judge"
        assert "path_outside_roots" in await refusal(client, "validate_model", model_path="/etc/hosts")
        contents = (await client.read_resource("registry://models/coin-judge/versions/1.0.0/source")).contents[0]
        assert isinstance(contents, t.TextResourceContents)
        assert contents.text == coin()
    assert open_registry().get_model_info("dice-judge")["current_version"] == "1.0.0"


async def test_python_commands_and_mcp_json_see_one_registry(era: str, workplace: Path) -> None:
    model_registry.register_model(write(workplace / "coin.md", coin()), actor="python")
    assert command(workplace, "register", write(workplace / "dice.md", coin("Dice Judge")), "--actor", "shell")
    async with Client(parameters(workplace), mode=era) as client:
        assert (await call(client, "list_models"))["total"] == 2
        await call(client, "register_model", source=coin(heads=0.7))
        await call(client, "deprecate_model", model_id="dice-judge", replacement="coin-judge")
        command(workplace, "alias", "coin-judge", "production", "1.0.0", "--actor", "shell")
        assert (await call(client, "get_model_source", model_id="coin-judge@production"))["version"] == "1.0.0"
        model_registry.rollback_model("coin-judge", "production", actor="python")
        served = (await call(client, "get_audit_trail", limit=100))["items"]
    assert model_registry.get_audit_trail(limit=100)["items"] == served
    assert command(workplace, "audit", "--limit", "100")["items"] == served
    assert [(event["kind"], event["actor"] in {"python", "shell"}) for event in reversed(served)] == [
        ("model_registered", True),
        ("model_registered", True),
        ("version_registered", False),
        ("model_deprecated", False),
        ("alias_set", True),
        ("current_moved", True),
    ]


async def test_hosts_that_start_the_server_anywhere_find_the_project_as_the_readme_says(
    era: str, workplace: Path
) -> None:
    blocks = re.findall(r"```json\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    told = next(json.loads(block) for block in blocks if "${workspaceFolder}" in block)["mcpServers"]["model-registry"]
    assert told["command"] == "${workspaceFolder}/.venv/bin/python"
    arguments = [argument.replace("${workspaceFolder}", str(workplace)) for argument in told["args"]]
    open_registry(actor="ada").register_model(source(coin()))
    dice = write(workplace / "dice.md", coin("Dice Judge"))
    start = StdioServerParameters(
        command=parameters(workplace).command, args=arguments, cwd="/", env=parameters(workplace).env
    )
    async with Client(start, mode=era) as client:
        assert (await call(client, "get_model_info", model_id="coin-judge"))["name"] == "Coin Judge"
        assert (await call(client, "register_model", model_path=dice))["model_id"] == "dice-judge"
    assert open_registry().get_model_info("dice-judge")["current_version"] == "1.0.0"


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_the_process_tells_its_subscribers_what_another_one_wrote(era: str, workplace: Path) -> None:
    open_registry(actor="ada").register_model(source(coin()))
    async with told(parameters(workplace), era, COIN) as (_, following):
        open_registry(actor="grace").archive_model("coin-judge", "old")
        assert await until_the_list(following) == {COIN}


def test_the_process_ends_with_its_input_and_says_nothing_unasked(workplace: Path) -> None:
    start = parameters(workplace)
    done = subprocess.run(
        [start.command, "-W", "error", *start.args],
        cwd=workplace,
        env=start.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
