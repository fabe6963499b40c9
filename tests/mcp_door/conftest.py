"""A registry behind the MCP door, seen by a client of either protocol era."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mcp import Client
from mcp.server import MCPServer

from model_registry.bootstrap import memory_registry
from model_registry.mcp import build_server
from model_registry.registry import Registry
from texts import coin, source


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["auto", "legacy"])
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def judges() -> Registry:
    """Give a registry with two versions of a coin judge, and with a dice judge that requires it."""
    registry = memory_registry(actor="ada")
    registry.register_model(source(coin()), {"tags": ["toy"]})
    registry.register_model(source(coin(heads=0.7)), reason="the coin is bent")
    registry.register_model(source(coin("Dice Judge", heads=0.6)), {"dependencies": ["coin-judge@^1"]})
    return registry


@pytest.fixture
def registry() -> Registry:
    return judges()


@pytest.fixture(scope="session")
def shared() -> MCPServer[Registry]:
    """Give a server that many tests share, for it takes a while to build; none of them changes its registry."""
    return build_server(judges(), toolsets=("read", "write", "admin"))


@pytest.fixture
async def reader(era: str, shared: MCPServer[Registry]) -> AsyncIterator[Client]:
    """Give a client whose calls change nothing."""
    async with Client(shared, mode=era) as client:
        yield client


@pytest.fixture
async def client(era: str, registry: Registry, tmp_path: Path) -> AsyncIterator[Client]:
    server = build_server(registry, roots=[tmp_path], toolsets=("read", "write", "admin"))
    async with Client(server, mode=era) as client:
        yield client
