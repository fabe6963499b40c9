"""Views inside an assistant (MCP Apps, the extension `io.modelcontextprotocol/ui`): a model, and a comparison.

A tool names its view by a `ui://` URI. The host reads that document once; what it shows comes with every answer of the
tool, in its `_meta`, which the host hands to the view and keeps from the model. Only hosts that said they show apps get
it: to all others an answer is what it is without this.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import mcp.types as t
from mcp.server.apps import APP_MIME_TYPE, Apps, client_supports_apps
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.resources import FunctionResource

from model_registry.errors import RegistryError
from model_registry.mcp_door.opening import Opening

if TYPE_CHECKING:
    from model_registry.registry import Registry

VIEWS: Mapping[str, str] = {
    "get_model_info": "ui://registry/model",
    "compare_model_versions": "ui://registry/comparison",
}
"""Tool -> the view of its answer."""

CONTENT = "io.github.model-registry/view"
"""Where in `_meta` the content of a view stands."""

logger = logging.getLogger("model_registry")

Given = Mapping[str, Any]


class Views(Apps):
    """The extension: the documents of `VIEWS`, and their content beside the answers of the tools."""

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self._opening = opening
        for tool, uri in VIEWS.items():
            title = f"View of {tool}"
            self.add_resource(FunctionResource(uri=uri, name=tool, title=title, mime_type=APP_MIME_TYPE, fn=_document))

    async def intercept_tool_call(
        self, params: t.CallToolRequestParams, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Put the view beside an answer that has one, for a host that shows it."""
        answer = await call_next(ctx)
        draw, given = _DRAWN.get(params.name), params.arguments or {}
        if draw is None or not isinstance(answer, t.CallToolResult) or answer.is_error or not client_supports_apps(ctx):
            return answer
        if given.get("as_of"):  # the past has no page
            return answer
        try:
            content = await anyio.to_thread.run_sync(draw, self._opening.registry, given)
        except RegistryError as error:
            logger.warning("%s has no view: %s", params.name, error.message)
            return answer
        return answer.model_copy(update={"meta": {**(answer.meta or {}), CONTENT: content}})


def _document() -> str:
    from model_registry.web.inside import document

    return document()


def _model(registry: Registry, given: Given) -> str:
    from model_registry.web.inside import model_view

    return model_view(registry, given["model_id"])


def _comparison(registry: Registry, given: Given) -> str:
    from model_registry.web.inside import comparison_view

    return comparison_view(registry, given["model_id"], given["version1"], given["version2"])


_DRAWN: Mapping[str, Callable[[Registry, Given], str]] = {
    "get_model_info": _model,
    "compare_model_versions": _comparison,
}
