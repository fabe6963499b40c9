"""Calling tools the way an assistant does."""

from __future__ import annotations

import json
from typing import Any

from mcp import Client


async def call(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """Give the result of a call that is to succeed; its text must carry the same facts as its data."""
    result = await client.call_tool(tool, arguments)
    text = "".join(getattr(block, "text", "") for block in result.content)
    assert not result.is_error, text
    assert isinstance(result.structured_content, dict)
    assert json.loads(text) == result.structured_content
    return result.structured_content


async def refusal(client: Client, tool: str, /, **arguments: Any) -> str:
    """Give the message of a call that is to be refused, as one line."""
    result = await client.call_tool(tool, arguments)
    text = "".join(getattr(block, "text", "") for block in result.content)
    assert result.is_error, text
    assert result.structured_content is None
    assert "\n" not in text
    return text
