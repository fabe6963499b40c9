"""Files are read and written only below the roots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from asking import call, refusal
from model_registry.bootstrap import memory_registry
from model_registry.mcp import build_server
from texts import coin

pytestmark = pytest.mark.anyio

TOOLS: list[tuple[str, dict[str, Any]]] = [
    ("register_model", {}),
    ("create_model_version", {"model_id": "coin-judge"}),
    ("validate_model", {}),
    ("identify_model", {}),
    ("find_similar_models", {}),
]


@pytest.fixture
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a model file outside of the client's root."""
    file = tmp_path_factory.mktemp("outside") / "secret.md"
    file.write_text(coin("Secret Judge"))
    return file


@pytest.mark.parametrize(("tool", "arguments"), TOOLS)
async def test_no_tool_reads_outside_the_roots(
    client: Client, secret: Path, tool: str, arguments: dict[str, Any]
) -> None:
    message = await refusal(client, tool, model_path=str(secret), **arguments)
    assert "path_outside_roots" in message
    assert "the text itself" in message
    assert "Secret Judge" not in message


async def test_neither_dots_nor_links_lead_out(client: Client, secret: Path, tmp_path: Path) -> None:
    (tmp_path / "link.md").symlink_to(secret)
    (tmp_path / "folder").symlink_to(secret.parent)
    dotted = f"{tmp_path}/../{secret.parent.name}/{secret.name}"
    for path in (str(tmp_path / "link.md"), str(tmp_path / "folder" / secret.name), dotted):
        message = await refusal(client, "validate_model", model_path=path)
        assert "path_outside_roots" in message or "no_such_file" in message


@pytest.mark.parametrize(
    "path", ["%2e%2e%2fsecret.md", "C:\\secret.md", "~nobody/secret.md", "no\0body.md", "a" * 4_000]
)
async def test_an_odd_path_is_refused_in_words(client: Client, path: str) -> None:
    message = await refusal(client, "validate_model", model_path=path)
    assert any(code in message for code in ("no_such_file", "bad_path", "path_outside_roots"))


async def test_a_run_neither_reads_nor_writes_outside_the_roots(client: Client, secret: Path, tmp_path: Path) -> None:
    outside = str(secret.parent)
    assert "path_outside_roots" in await refusal(client, "process_model_registry", target_dir=outside)
    message = await refusal(client, "process_model_registry", target_dir=str(tmp_path), output_dir=outside)
    assert "path_outside_roots" in message
    assert list(secret.parent.iterdir()) == [secret]


async def test_a_run_follows_no_link_that_leads_out(client: Client, secret: Path, tmp_path: Path) -> None:
    (tmp_path / "coin.md").write_text(coin())
    (tmp_path / "link.md").symlink_to(secret)
    (tmp_path / "folder").symlink_to(secret.parent)
    message = await refusal(client, "process_model_registry", target_dir=str(tmp_path), output_dir=f"{tmp_path}/folder")
    assert "path_outside_roots" in message
    run = await call(client, "process_model_registry", target_dir=str(tmp_path), output_dir=str(tmp_path / "reports"))
    assert [file["model_id"] for file in run["files"] if file["model_id"]] == ["coin-judge"]
    assert "secret-judge" not in [item["id"] for item in (await call(client, "list_models"))["items"]]


@pytest.mark.parametrize("path", ["~nobody-of-this-name/models", "no\0body", "%2e%2e%2f", "C:\\models"])
async def test_an_odd_folder_is_refused_in_words(client: Client, path: str, tmp_path: Path) -> None:
    message = await refusal(client, "process_model_registry", target_dir=path)
    assert any(code in message for code in ("bad_path", "path_outside_roots"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("home", [True, False])
async def test_without_roots_a_wide_working_directory_is_refused_but_texts_are_taken(
    era: str, home: bool, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if home:
        monkeypatch.setenv("HOME", str(workplace))
    else:
        monkeypatch.chdir("/")
    async with Client(build_server(memory_registry()), mode=era) as client:
        message = await refusal(client, "register_model", model_path=str(workplace / "coin.md"))
        assert "root_too_wide" in message
        assert (await call(client, "register_model", source=coin()))["outcome"] == "created"


async def test_without_roots_files_of_the_working_directory_are_read(era: str, workplace: Path) -> None:
    (workplace / "coin.md").write_text(coin())
    async with Client(build_server(memory_registry()), mode=era) as client:
        assert (await call(client, "register_model", model_path="coin.md"))["model_id"] == "coin-judge"
