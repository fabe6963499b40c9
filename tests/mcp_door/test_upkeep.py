"""A server keeps the search index up with what anybody writes, and in order when nobody does."""

from __future__ import annotations

import shutil
from pathlib import Path

import anyio
import pytest
from mcp import Client

from model_registry import finder
from model_registry.bootstrap import open_registry
from model_registry.mcp import build_server
from model_registry.mcp_door import upkeep
from model_registry.mcp_door.opening import Opening
from model_registry.mcp_door.upkeep import QUIET, Upkeep
from texts import coin, source


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_the_index_reads_what_another_process_wrote_without_being_searched(tmp_path: Path) -> None:
    server, other = (open_registry(tmp_path / "r") for _ in range(2))
    keeper = Upkeep(Opening(server))
    for number in range(3):
        other.register_model(source(coin(f"Coin {number}", heads=0.1 * number)))
        keeper.look()
        assert server._finder.position() == other.catalogue().position


def test_in_quiet_what_many_writes_left_is_put_in_order(tmp_path: Path) -> None:
    registry = open_registry(tmp_path / "r")
    keeper = Upkeep(Opening(registry))
    for number in range(6):
        registry.register_model(source(coin(f"Coin {number}", heads=0.1 * number)))
        keeper.look()
    pieces = len(list((tmp_path / "r" / "index").glob("g-*/*.seg")))
    for _ in range(QUIET + 3):
        keeper.look()
    assert len(list((tmp_path / "r" / "index").glob("g-*/*.seg"))) < pieces
    assert registry.search_models("coin")["total"] == 6


def test_a_lost_index_is_built_anew_and_a_broken_place_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = open_registry(tmp_path / "r")
    registry.register_model(source(coin()))
    keeper = Upkeep(Opening(registry))
    keeper.look()
    shutil.rmtree(tmp_path / "r" / "index")
    registry.update_model_metadata("coin-judge", {"tags": ["toy"]})
    monkeypatch.setattr(finder, "BUILT_AT_ONCE", 10)
    keeper.look()
    assert registry._finder.position() == registry.catalogue().position
    shutil.rmtree(tmp_path / "r")
    keeper.look()


@pytest.mark.anyio
async def test_a_server_keeps_up_once_it_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "PERIOD", 0.01)
    registry, other = (open_registry(tmp_path / "r") for _ in range(2))
    async with Client(build_server(registry)) as client:
        await client.call_tool("list_models", {})
        other.register_model(source(coin()))
        with anyio.fail_after(30):
            while registry._finder.position() != other.catalogue().position:
                await anyio.sleep(0.01)
