"""What is left out where the caller sits at another machine: every path. Models come as texts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mcp.types as t
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.tools import Tool

from model_registry.errors import SourceError
from model_registry.mcp_door.faults import told
from model_registry.mcp_door.incoming import Incoming

if TYPE_CHECKING:
    from model_registry.domain.source import Source

PATHS_ONLY = frozenset({"process_model_registry"})
"""Tools that do nothing but walk through files."""

PATH, TEXT = "model_path", "source"
"""The arguments by which a model comes in."""


class TextsOnly(Incoming):
    """Takes texts and reads no file, wherever it lies."""

    forms = (TEXT,)

    @property
    def roots(self) -> tuple[Path, ...]:
        """Give no directory at all."""
        return ()

    def source(self, text: str, path: str, *others: str) -> Source:
        """Give a text as a source; SourceError for a path."""
        if path:
            raise no_paths()
        return super().source(text, path, *others)


def no_paths() -> SourceError:
    """Give the refusal of a path."""
    return SourceError(
        "this server reads no files", code="no_paths_here", where=PATH, hint="Over HTTP models come as texts."
    )


async def refused_paths(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Refuse a call that is about paths in words that help, before tool or argument is found to be unknown."""
    params = ctx.params or {}
    given = (params.get("arguments") or {}).get(PATH)
    if ctx.method == "tools/call" and (given is not None or params.get("name") in PATHS_ONLY):
        return t.CallToolResult(is_error=True, content=[t.TextContent(type="text", text=told(no_paths()))])
    return await call_next(ctx)


def remote_tools(tools: Iterable[Tool]) -> list[Tool]:
    """Give the tools that make sense from afar, without their argument for a path."""
    return [_without_path(tool) for tool in tools if tool.name not in PATHS_ONLY]


def _without_path(tool: Tool) -> Tool:
    arguments: dict[str, Any] = tool.parameters["properties"]
    if PATH not in arguments:
        return tool
    text = {**arguments[TEXT], "description": "GNN text"}
    kept = {name: schema for name, schema in arguments.items() if name != PATH} | {TEXT: text}
    said = tool.description.replace(f", {PATH}", "")
    return tool.model_copy(update={"parameters": {**tool.parameters, "properties": kept}, "description": said})
