"""The file of tokens: closed to others, replaced as a whole, read anew when it changed."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model_registry.bootstrap import open_tokens
from model_registry.errors import ConfigError, NotFoundError, StorageError

READ = ["registry:read"]


def test_the_file_is_its_owners_alone_and_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "tokens.json"
    token, text = open_tokens(path).create("ada", READ, "1d")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    stored = path.read_text()
    assert text not in stored
    assert text.rpartition("_")[2] not in stored
    assert open_tokens(path).holder(text) == token


def test_what_another_process_creates_or_revokes_is_seen_at_once(tmp_path: Path) -> None:
    server, shell = open_tokens(tmp_path / "tokens.json"), open_tokens(tmp_path / "tokens.json")
    token, text = shell.create("ada", READ, "never")
    assert server.holder(text) == token
    shell.revoke(token.id)
    assert server.holder(text) is None
    assert [each.revoked_at is None for each in server.tokens()] == [False]


def test_tokens_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: open_tokens(tmp_path / "t.json").create(f"user {n}", READ, "1d"), range(16)))
    book = open_tokens(tmp_path / "t.json")
    assert {token.id for token in book.tokens()} == {token.id for token, _ in made}
    assert all(book.holder(text) == token for token, text in made)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_open_to_others_is_refused_with_the_way_to_close_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "tokens.json"
    open_tokens(path).create("ada", READ, "1d")
    path.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        open_tokens(path).tokens()
    assert refused.value.code == "open_token_file"
    assert f"chmod 600 {path}" in refused.value.hint


def test_a_file_that_is_not_there_is_told_with_the_way_to_make_it(tmp_path: Path) -> None:
    book = open_tokens(tmp_path / "tokens.json")
    with pytest.raises(ConfigError) as refused:
        book.holder("gnn_x")
    assert refused.value.code == "no_token_file"
    assert "token create" in refused.value.hint


def test_a_file_that_was_taken_away_lets_nobody_in(tmp_path: Path) -> None:
    book = open_tokens(tmp_path / "tokens.json")
    _, text = book.create("ada", READ, "1d")
    assert book.holder(text)
    (tmp_path / "tokens.json").unlink()
    with pytest.raises(ConfigError):
        book.holder(text)


def test_a_refused_token_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    open_tokens(path).create("ada", READ, "1d")
    before = path.read_bytes()
    with pytest.raises(ConfigError):
        open_tokens(path).create("ada", ["registry:none"], "1d")
    with pytest.raises(NotFoundError):
        open_tokens(path).revoke("nobody")
    assert path.read_bytes() == before


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(StorageError):
        open_tokens(tmp_path).tokens()
