"""What happens to a request before the SDK sees it: arguments are checked, lists of resources are paged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import anyio.to_thread
import mcp.types as t
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.mcpserver.tools import Tool
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from model_registry.domain.paging import decode_cursor, encode_cursor
from model_registry.errors import SearchError
from model_registry.mcp_door.cleaning import one_line
from model_registry.mcp_door.faults import speaking_of_requests

Request = ServerRequestContext[Any, Any]
Middleware = ServerMiddleware[Any]

RESOURCES_PER_PAGE = 100


def checked_arguments(tools: Iterable[Tool]) -> Middleware:
    """Refuse a call whose tool or arguments are unknown or wrong, in one line that names the near miss.

    An argument given as null counts as left out: many models fill in every argument they are shown.
    """
    known = {tool.name: tool for tool in tools}

    async def check(ctx: Request, call_next: CallNext) -> HandlerResult:
        if ctx.method != "tools/call":
            return await call_next(ctx)
        params = ctx.params or {}
        given = {name: value for name, value in (params.get("arguments") or {}).items() if value is not None}
        fault = _fault(known, str(params.get("name")), given)
        if fault:
            return t.CallToolResult(is_error=True, content=[t.TextContent(type="text", text=fault)])
        return await call_next(replace(ctx, params={**params, "arguments": given}))

    return check


def paged_resources(listed: Callable[[str, int], tuple[list[t.Resource], bool]]) -> Middleware:
    """Answer resources/list with those listed, a hundred at a time; `listed` gives so many behind a URI, and whether
    there are more."""

    async def page(ctx: Request, call_next: CallNext) -> HandlerResult:
        if ctx.method != "resources/list":
            return await call_next(ctx)
        after = _after((ctx.params or {}).get("cursor"))
        with speaking_of_requests("resources/list"):
            shown, more = await anyio.to_thread.run_sync(listed, after, RESOURCES_PER_PAGE)
        cursor = encode_cursor("resources", str(shown[-1].uri), 0) if more else None
        return t.ListResourcesResult(resources=shown, next_cursor=cursor)

    return page


def checked_prompts(prompts: Mapping[str, Sequence[str]]) -> Middleware:
    """Refuse an unknown prompt or a missing argument as invalid parameters; `prompts` names what each requires."""

    async def check(ctx: Request, call_next: CallNext) -> HandlerResult:
        if ctx.method != "prompts/get":
            return await call_next(ctx)
        params = ctx.params or {}
        name, given = str(params.get("name")), params.get("arguments") or {}
        if name not in prompts:
            raise _invalid(f"unknown prompt {_quoted(name)}. {_near(name, prompts)}")
        missing = [argument for argument in prompts[name] if not given.get(argument)]
        if missing:
            raise _invalid(f"prompt {name} needs {', '.join(missing)}")
        return await call_next(ctx)

    return check


def _fault(tools: Mapping[str, Tool], name: str, arguments: Mapping[str, Any]) -> str:
    """Give what is wrong with a call, "" when nothing is."""
    tool = tools.get(name)
    if tool is None:
        return f"unknown_tool: there is no tool {_quoted(name)}. {_near(name, tools)}"
    allowed = tool.parameters.get("properties", {})
    extra = [argument for argument in arguments if argument not in allowed]
    if extra:
        told = " ".join(f"{_quoted(argument)} is unknown. {_near(argument, allowed)}" for argument in extra[:5])
        return f"unknown_argument: {told} Correct it and call {name} again."
    try:
        tool.fn_metadata.validate_arguments(dict(arguments))
    except ValidationError as error:
        return f"bad_argument: {_shortened(error)}. Correct it and call {name} again."
    return ""


def _shortened(error: ValidationError) -> str:
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_url=False)]
    return one_line("; ".join(faults[:5]), 500)


def _near(name: str, known: Iterable[str]) -> str:
    names = list(known)
    found = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Did you mean {found[0]}?" if found else f"Known: {', '.join(names)}."


def _quoted(text: str) -> str:
    return repr(one_line(text, 80))


def _after(cursor: str | None) -> str:
    """Give the URI a page begins behind."""
    if cursor is None:
        return ""
    try:
        return str(decode_cursor(cursor, "resources")[0])
    except SearchError as error:
        raise _invalid(f"{error.message}. {error.hint}") from error


def _invalid(message: str) -> MCPError:
    return MCPError(code=t.INVALID_PARAMS, message=message)
