"""Other hands' tools at our server: the MCP Inspector, the TypeScript client, the public conformance suite.

They are programs for node, which `.ci/interop` installs and names in INTEROP_TOOLS; without them nothing here is run.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model_registry.bootstrap import open_registry, open_tokens
from serving import SOURCES, Serving, start, start_module
from texts import coin, source

HERE = Path(__file__).parent
MCP_JSON = HERE.parents[1] / "mcp.json"
REVISIONS = {"legacy": "2025-11-25", "auto": "2026-07-28"}


@pytest.fixture(scope="session")
def tools() -> Path:
    """Give the folder in which node's packages are installed."""
    named = os.environ.get("INTEROP_TOOLS", "")
    if not named:
        pytest.skip("the Inspector, the TypeScript client and the conformance suite are absent (run .ci/interop)")
    return Path(named)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project as the README makes it: mcp.json, an interpreter in .venv, a registry with two models."""
    shutil.copy(MCP_JSON, tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(SOURCES))} exec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    registry = open_registry(tmp_path / "models" / "registry", actor="ada")
    registry.register_model(source(coin()))
    registry.register_model(source(coin("Dice Judge")))
    return tmp_path


def run(tools: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run one of node's programs; what it keeps for its user stays in the folder."""
    path = f"{tools / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    (folder / "home").mkdir(exist_ok=True)
    environment = {"PATH": path, "HOME": str(folder / "home"), "MCP_INSPECTOR_SECRET_STORE": "memory"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def inspect(tools: Path, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the Inspector at the server that mcp.json names."""
    return run(
        tools, project, "mcp-inspector", "--cli", "--config", "mcp.json", "--server", "model-registry", *arguments
    )


def test_the_inspector_finds_nothing_to_say_of_the_schemas_of_the_tools(tools: Path, project: Path) -> None:
    done = inspect(tools, project, "--method", "tools/list", "--strict")
    assert done.returncode == 0, done.stderr
    assert not re.search(r"^(Warning|Error)", done.stderr, re.MULTILINE), done.stderr
    assert "register_model" in done.stdout


@pytest.mark.parametrize("era", ["legacy", "modern"])
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tools/call", "--tool-name", "search_models", "--tool-args-json", '{"query": "dice"}'], '"id": "dice-judge"'),
        (["resources/list"], "registry://models/coin-judge"),
        (["resources/templates/list"], "registry://models/{model_id}/versions/{version}"),
        (["resources/read", "--uri", "registry://models/coin-judge"], "Coin Judge"),
        (["prompts/list"], "choose_model"),
        (["prompts/get", "--prompt-name", "choose_model", "--prompt-args", "task=judge a coin"], "judge a coin"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_inspector_uses_the_server_of_mcp_json(
    tools: Path, project: Path, era: str, arguments: list[str], told: str
) -> None:
    done = inspect(tools, project, "--protocol-era", era, "--method", *arguments)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout.replace('\\"', '"').replace('":"', '": "')


def test_the_inspector_tells_a_refused_call_by_its_exit_code(tools: Path, project: Path) -> None:
    call = ["--method", "tools/call", "--tool-name", "get_model_info", "--tool-args-json", '{"model_id": "nobody"}']
    done = inspect(tools, project, *call)
    assert done.returncode == 5
    assert "unknown_model" in done.stdout + done.stderr


@pytest.fixture
def team(project: Path) -> Iterator[tuple[Serving, str]]:
    """Give a server over HTTP and a token for it."""
    _, token = open_tokens(project / "tokens.json").create("grace", ["registry:read", "registry:write"], "1d")
    (project / "registry").symlink_to(project / "models" / "registry")
    serving = start(project, "--token-file", "tokens.json")
    yield serving, token
    assert serving.stop()[0] == 0


def test_the_inspector_is_let_in_over_http_with_a_token_alone(
    tools: Path, project: Path, team: tuple[Serving, str]
) -> None:
    serving, token = team
    call = ["mcp-inspector", "--cli", serving.url, "--transport", "http", "--method", "tools/list"]
    assert "register_model" in run(tools, project, *call, "--header", f"Authorization: Bearer {token}").stdout
    refused = run(tools, project, *call, "--header", f"Authorization: Bearer {token}0")
    assert refused.returncode != 0
    assert "register_model" not in refused.stdout


def typescript(tools: Path, folder: Path, *arguments: str) -> Any:
    """Run the TypeScript client's script, which must lie beside node's packages; gives what it saw."""
    script = Path(shutil.copy(HERE / "client.mjs", tools))
    done = run(tools, folder, "node", str(script), *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("era", REVISIONS)
def test_the_typescript_client_works_over_standard_input_and_output(tools: Path, project: Path, era: str) -> None:
    python = str(project / ".venv" / "bin" / "python")
    seen = typescript(tools, project, era, "stdio", python, "-m", "model_registry", "serve")
    assert "process_model_registry" in seen["tools"]
    check_what_was_seen(seen, era)


@pytest.mark.parametrize("era", REVISIONS)
def test_the_typescript_client_works_over_http(tools: Path, project: Path, era: str, team: tuple[Serving, str]) -> None:
    serving, token = team
    seen = typescript(tools, project, era, "http", serving.url, token)
    assert "process_model_registry" not in seen["tools"]
    check_what_was_seen(seen, era)
    trail = open_registry(project / "models" / "registry").get_audit_trail("dice-judge")
    assert (trail["items"][0]["kind"], trail["items"][0]["actor"]) == ("model_deleted", "grace")


def check_what_was_seen(seen: dict[str, Any], era: str) -> None:
    assert seen["protocol"] == REVISIONS[era]
    assert {"registry://statistics", "registry://models/coin-judge"} <= set(seen["resources"])
    assert "registry://models/{model_id}" in seen["templates"]
    assert "choose_model" in seen["prompts"]
    assert "judge a coin" in seen["prompt"]
    assert "coin-judge" in seen["found"]
    assert seen["refused"][0] is True
    assert "unknown_model" in seen["refused"][1]
    assert seen["source"] == coin()
    assert seen["completed"] == ["coin-judge"]
    assert seen["deleted"] == "deleted"
    assert len(seen["questions"]) == 1
    assert "Delete the model dice-judge" in seen["questions"][0]


@pytest.mark.parametrize("revision", REVISIONS.values())
@pytest.mark.parametrize("which", ["plain", "with fixtures"])
def test_the_conformance_suite_passes(tools: Path, project: Path, revision: str, which: str) -> None:
    """The plain server lacks what the suite calls by name, and no more; with those fixtures everything passes."""
    plain = which == "plain"
    serving = start(project) if plain else start_module(project, "interop.conformance_server")
    expected = ["--expected-failures", str(HERE / f"conformance-{revision}.yml")] if plain else []
    command = ["conformance", "server", "--url", serving.url, "--requirements", revision, "-o", "results", *expected]
    done = run(tools, project, *command)
    assert serving.stop()[0] == 0
    assert done.returncode == 0, done.stdout[done.stdout.rfind("=== SUMMARY") :] + done.stderr
    assert re.search(r"Total: [1-9]\d+ passed", done.stdout)
