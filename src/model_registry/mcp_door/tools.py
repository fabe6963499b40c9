"""From the table of operations to the tools a client sees."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, get_args, get_type_hints

import mcp.types as t
from mcp.server.mcpserver.tools import Tool

from model_registry.mcp_door.apps import VIEWS
from model_registry.mcp_door.bounds import MOST_BYTES, View, as_json
from model_registry.mcp_door.caring import Caring
from model_registry.mcp_door.faults import speaking
from model_registry.mcp_door.incoming import Incoming
from model_registry.mcp_door.links import links
from model_registry.mcp_door.opening import Opening
from model_registry.mcp_door.reading import Reading
from model_registry.mcp_door.toolset import Toolset
from model_registry.mcp_door.writing import Writing
from model_registry.operations import ADMIN, OPERATIONS, READ, WRITE, Operation

TOOLSETS: Mapping[str, type[Toolset]] = {READ: Reading, WRITE: Writing, ADMIN: Caring}
"""Toolset -> the class whose methods are its tools."""

_EMPTY = (("default", ""), ("additionalProperties", True))
"""Parts of a schema that tell nothing: an argument left out, keys beyond those named."""


def build_tools(opening: Opening, incoming: Incoming, toolsets: Iterable[str]) -> list[Tool]:
    """Give the tool of every operation in these toolsets, in the order of the table."""
    wanted = set(toolsets)
    homes = {name: home(opening, incoming) for name, home in TOOLSETS.items() if name in wanted}
    return [_tool(row, getattr(homes[row.toolset], row.name)) for row in OPERATIONS if row.toolset in homes]


def hints(operation: Operation) -> t.ToolAnnotations:
    """Give the four hints of an operation; every one is said, since what is left out counts as dangerous."""
    return t.ToolAnnotations(
        read_only_hint=operation.toolset == READ,
        destructive_hint=operation.destructive,
        idempotent_hint=operation.idempotent,
        open_world_hint=False,
    )


def _tool(operation: Operation, method: Callable[..., Any]) -> Tool:
    tool = Tool.from_function(
        _answering(operation.name, method),
        name=operation.name,
        title=operation.name.replace("_", " ").capitalize(),
        description=" ".join((method.__doc__ or "").split()),
        annotations=hints(operation),
        meta={"ui": {"resourceUri": VIEWS[operation.name]}} if operation.name in VIEWS else None,
    )
    tool.parameters = _lean(tool.parameters)
    tool.fn_metadata.output_schema = _lean(_undescribed(tool.fn_metadata.output_schema or {}))
    return tool


def _answering(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Give the method as the SDK calls it: its result as text and as data, its errors as messages."""
    if inspect.iscoroutinefunction(method):

        async def later(**arguments: Any) -> t.CallToolResult:
            with speaking(name):
                return _answer(name, await method(**arguments))

        return _signed(later, method)

    def at_once(**arguments: Any) -> t.CallToolResult:
        with speaking(name):
            return _answer(name, method(**arguments))

    return _signed(at_once, method)


def _answer(name: str, view: View) -> t.CallToolResult:
    text = as_json(view)
    beside = links(name, view, MOST_BYTES - len(text.encode()))
    return t.CallToolResult(content=[t.TextContent(type="text", text=text), *beside], structured_content=view)


def _signed(call: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    """Give a call the signature of a method, with the shape that the method's return annotation names."""
    functools.update_wrapper(call, method, assigned=("__name__", "__doc__"), updated=())
    known = get_type_hints(method, include_extras=True)
    shape = get_args(known["return"])[1]
    known["return"] = Annotated[t.CallToolResult, shape]
    signature = inspect.signature(method)
    parameters = [parameter.replace(annotation=known[name]) for name, parameter in signature.parameters.items()]
    call.__annotations__ = known
    call.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=known["return"]
    )
    return call


def _undescribed(schema: dict[str, Any]) -> dict[str, Any]:
    """Give the schema of a result without the docstrings of its shapes: the tool's description says what it gives."""
    definitions = schema.get("$defs", {})
    kept = {key: value for key, value in schema.items() if key not in {"description", "$defs"}}
    return kept | ({"$defs": {name: _undescribed(item) for name, item in definitions.items()}} if definitions else {})


def _lean(schema: Any) -> Any:
    """Give a schema without what tells an assistant nothing; every byte of it is read in every conversation."""
    if isinstance(schema, list):
        return [_lean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: item for key, item in _plain(schema).items() if (key, item) not in _EMPTY and key != "title"}
    return {
        key: {name: _lean(item) for name, item in value.items()} if key in {"properties", "$defs"} else _lean(value)
        for key, value in kept.items()
    }


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Give an optional type as that type where there is a default: an argument that may be left out needs no null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1 or "default" not in schema:
        return schema
    return {**kinds[0], **{key: value for key, value in schema.items() if key not in {"anyOf", "default"}}}
