"""Views inside an assistant: the documents that tools name, and what comes with an answer for hosts that show them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from mcp import Client
from mcp.client.extension import advertise
from mcp.server import MCPServer
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID

from model_registry.mcp_door.apps import CONTENT, VIEWS
from model_registry.registry import Registry
from pages import Page, harm

pytestmark = pytest.mark.anyio

CALLS = {
    "get_model_info": {"model_id": "coin-judge"},
    "compare_model_versions": {"model_id": "coin-judge", "version1": "1.0.0", "version2": "1.1.0"},
}


@asynccontextmanager
async def host(server: MCPServer[Registry], era: str) -> AsyncIterator[Client]:
    """Give a client that shows apps."""
    extension = advertise(EXTENSION_ID, {"mimeTypes": [APP_MIME_TYPE]})
    async with Client(server, mode=era, extensions=[extension]) as client:
        yield client


async def test_the_tools_name_documents_that_can_be_read(reader: Client) -> None:
    tools = {tool.name: tool.meta for tool in (await reader.list_tools()).tools if tool.meta and "ui" in tool.meta}
    assert tools == {name: {"ui": {"resourceUri": uri}} for name, uri in VIEWS.items()}
    for uri in VIEWS.values():
        (document,) = (await reader.read_resource(uri)).contents
        assert document.mime_type == APP_MIME_TYPE
        assert Page(document.text).faults == []  # type: ignore[union-attr]


@pytest.mark.parametrize("tool", VIEWS)
async def test_a_host_that_shows_apps_gets_a_view_with_the_answer(
    shared: MCPServer[Registry], era: str, tool: str
) -> None:
    async with host(shared, era) as client:
        answer = await client.call_tool(tool, CALLS[tool])
    assert answer.meta
    view = Page(f"<html><body>{answer.meta[CONTENT]}</body></html>")
    assert "Coin Judge" in view.one("h1").text
    assert list(harm(view)) == []


@pytest.mark.parametrize("tool", VIEWS)
async def test_other_hosts_get_the_same_answer_and_nothing_beside_it(
    shared: MCPServer[Registry], era: str, tool: str, reader: Client
) -> None:
    plain = await reader.call_tool(tool, CALLS[tool])
    assert CONTENT not in (plain.meta or {})
    async with host(shared, era) as client:
        shown = await client.call_tool(tool, CALLS[tool])
    assert _uncounted(plain.structured_content) == _uncounted(shown.structured_content)


def _uncounted(content: dict[str, object] | None) -> str:
    """Give an answer without how often the model was read before."""
    return json.dumps({key: value for key, value in (content or {}).items() if key != "usage"})


async def test_a_refused_call_and_one_for_the_past_have_no_view(shared: MCPServer[Registry], era: str) -> None:
    async with host(shared, era) as client:
        refused = await client.call_tool("get_model_info", {"model_id": "nobody"})
        past = await client.call_tool("get_model_info", {"model_id": "coin-judge", "as_of": "1"})
    assert refused.is_error
    assert CONTENT not in (refused.meta or {})
    assert CONTENT not in (past.meta or {})
