"""Commands for serving over HTTP: tokens, and what `serve` refuses before it listens."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from model_registry.bootstrap import open_tokens
from model_registry.cli import app


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "120"})


@pytest.fixture
def book(workplace: Path) -> str:
    """Give a file with one token, of ada."""
    assert run("token", "create", "--token-file", "tokens.json", "--subject", "ada").exit_code == 0
    return str(workplace / "tokens.json")


def test_a_token_is_shown_once_and_held_by_its_subject(book: str) -> None:
    done = run("token", "create", "--token-file", book, "--subject", "grace", "--expires", "never", "--json")
    made = json.loads(done.stdout)
    held = open_tokens(book).holder(made["token"])
    assert held is not None
    assert (held.id, held.subject, held.scopes, held.expires_at) == (made["id"], "grace", ("registry:read",), None)
    assert made["token"] not in run("token", "list", "--token-file", book).stdout
    assert made["token"] not in Path(book).read_text()


def test_people_read_the_token_on_a_line_of_its_own(book: str) -> None:
    scopes = "registry:read, registry:admin"
    told = run("token", "create", "--token-file", book, "--subject", "grace", "--scopes", scopes).stdout
    held = open_tokens(book).holder(told.splitlines()[-1])
    assert held is not None
    assert held.scopes == ("registry:read", "registry:admin")


def test_tokens_are_listed_and_revoked_by_id(book: str) -> None:
    (listed,) = json.loads(run("token", "list", "--token-file", book, "--json").stdout)["items"]
    assert (listed["subject"], listed["state"]) == ("ada", "valid")
    assert "accepts it no more" in run("token", "revoke", listed["id"], "--token-file", book).stdout
    told = run("token", "list", "--token-file", book).stdout
    assert "revoked" in told
    assert listed["id"] in told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--subject", "\x1b[31m"], "cannot be the subject"),
        (["--subject", "grace", "--scopes", "registry:write"], "every token needs registry:read"),
        (["--subject", "grace", "--expires", "yesterday"], "cannot expire"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_the_way_to_mend_it(book: str, options: list[str], told: str) -> None:
    before = Path(book).read_bytes()
    done = run("token", "create", "--token-file", book, *options)
    assert done.exit_code == 1
    assert told in done.stderr
    assert "hint: " in done.stderr
    assert Path(book).read_bytes() == before


@pytest.mark.parametrize("command", [("list",), ("revoke", "0123456789ab")])
def test_a_file_that_is_not_there_is_told(workplace: Path, command: tuple[str, ...]) -> None:
    done = run("token", *command, "--token-file", "tokens.json")
    assert done.exit_code == 1
    assert "there is no token file" in done.stderr
    assert list(workplace.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--http", "0.0.0.0:8000"], "Name a file of tokens with --token-file, or listen on 127.0.0.1"),
        (["--http", "registry.example.org:8000"], "no token would be asked of them"),
        (["--http", "0.0.0.0:8000", "--token-file", "tokens.json"], "--allowed-host"),
        (["--http", "8000"], "Write HOST:PORT"),
        (["--http", "127.0.0.1:0", "--token-file", "none.json"], "there is no token file"),
        (["--http", "127.0.0.1:0", "--toolsets", "all"], "unknown toolset 'all'"),
    ],
)
def test_what_would_not_be_safe_to_serve_is_refused(book: str, options: list[str], told: str) -> None:
    done = run("serve", *options)
    assert done.exit_code == 1
    assert told in done.stderr


def test_a_token_file_open_to_others_is_not_served_with(book: str) -> None:
    Path(book).chmod(0o644)
    done = run("serve", "--http", "127.0.0.1:0", "--token-file", book)
    assert done.exit_code == 1
    assert f"chmod 600 {book}" in done.stderr


def test_a_port_that_is_taken_is_told(workplace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--http", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.exit_code == 1
    assert "cannot be listened at" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--http", "127.0.0.1:0", "--root", "."],
        ["--token-file", "tokens.json"],
        ["--allowed-host", "registry.example.org"],
        ["--allowed-origin", "https://app.example.org"],
        ["--max-calls", "8"],
        ["--max-body", "8"],
        ["--max-rate", "8"],
        ["--toolset", "read"],
    ],
)
def test_options_that_would_have_no_effect_are_refused(workplace: Path, options: list[str]) -> None:
    assert run("serve", *options).exit_code == 2
