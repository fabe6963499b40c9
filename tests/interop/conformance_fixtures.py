"""What the public conformance suite calls by name, mounted on our own server; never part of the package.

Names, arguments and answers are those the suite describes for each of its scenarios.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Annotated, Any

import mcp.types as t
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp.types import InputRequiredResult
from pydantic import Field

from model_registry.registry import Registry
from serving import MODERN

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SILENCE = base64.b64encode(
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\0\0\0\0"
).decode()
MISSING_CAPABILITY = -32021

Server = MCPServer[Registry]
Ctx = Context[Registry, Any]
Answer = t.CallToolResult | InputRequiredResult
Asked = Mapping[str, Any]


def mount_conformance_fixtures(server: Server) -> Server:
    """Give the server with the suite's tools, resources and prompts beside its own.

    Our middleware refuses tools and prompts that are not ours; requests for the suite's go past it.
    """
    server.middleware[:] = [_past(each) if _is_ours(each) else each for each in server.middleware]
    server.middleware.append(_accepted_log_level)
    for add in (_add_contents, _add_conversations, _add_rounds, _add_triggers, _add_resources, _add_prompts):
        add(server)
    return server


def _is_ours(middleware: object) -> bool:
    return str(getattr(middleware, "__module__", "")).startswith("model_registry.")


def _past(ours: ServerMiddleware[Any]) -> ServerMiddleware[Any]:
    async def passing(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        theirs = str((ctx.params or {}).get("name", "")).startswith(("test_", "json_schema_"))
        return await (call_next(ctx) if theirs else ours(ctx, call_next))

    return passing


async def _accepted_log_level(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Accept a level for log messages, which only the older era asks for and our own tools never send."""
    asked = ctx.method == "logging/setLevel" and ctx.protocol_version < MODERN
    return t.EmptyResult() if asked else await call_next(ctx)


def _add_contents(server: Server) -> None:
    image = t.ImageContent(type="image", data=PIXEL, mime_type="image/png")

    def embedded(name: str, text: str) -> t.EmbeddedResource:
        content = t.TextResourceContents(uri=f"test://{name}", mime_type="text/plain", text=text)
        return t.EmbeddedResource(type="resource", resource=content)

    @server.tool()
    def test_simple_text() -> str:
        """Give a text."""
        return "This is a simple text response for testing."

    @server.tool()
    def test_image_content() -> t.CallToolResult:
        """Give an image."""
        return t.CallToolResult(content=[image])

    @server.tool()
    def test_audio_content() -> t.CallToolResult:
        """Give a sound."""
        return t.CallToolResult(content=[t.AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")])

    @server.tool()
    def test_embedded_resource() -> t.CallToolResult:
        """Give a resource."""
        return t.CallToolResult(content=[embedded("embedded-resource", "This is an embedded resource content.")])

    @server.tool()
    def test_multiple_content_types() -> t.CallToolResult:
        """Give a text, an image and a resource."""
        text = t.TextContent(type="text", text="Multiple content types test:")
        return t.CallToolResult(content=[text, image, embedded("mixed-content-resource", '{"test": "data"}')])

    @server.tool()
    def test_error_handling() -> str:
        """Fail."""
        raise ToolError("This tool intentionally returns an error for testing")

    @server.tool()
    def test_x_mcp_header(
        region: Annotated[str, Field(description="Also a header", json_schema_extra={"x-mcp-header": "Region"})],
    ) -> str:
        """Take an argument that stands in a header too."""
        return region

    @server.tool()
    def json_schema_2020_12_tool(name: str = "") -> str:
        """Take arguments with a schema of every kind."""
        return name

    _give_schema(server, "json_schema_2020_12_tool")


def _give_schema(server: Server, name: str) -> None:
    """Give a tool the schema that the suite looks for in the list; the SDK makes none like it from a signature."""
    tool = server._tool_manager.get_tool(name)
    assert tool is not None
    tool.parameters = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            }
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    }


def _add_conversations(server: Server) -> None:
    """Add what asks the client while it works, as only the older era can, and what tells how far it is."""

    @server.tool()
    async def test_tool_with_progress(ctx: Ctx) -> str:
        """Tell how far it is."""
        for done in (0, 50, 100):
            await ctx.report_progress(done, 100, f"Completed step {done} of 100")
        return "done"

    @server.tool()
    async def test_tool_with_logging(ctx: Ctx) -> str:
        """Tell what it does."""
        for said in ("Tool execution started", "Tool processing data", "Tool execution completed"):
            message = t.LoggingMessageNotificationParams(level="info", data=said)
            await ctx.session.send_notification(t.LoggingMessageNotification(params=message), ctx.request_id)
        return "done"

    @server.tool()
    async def test_sampling(prompt: str, ctx: Ctx) -> str:
        """Ask the client's model."""
        told = await _ask(ctx, _sample(prompt, 100), t.CreateMessageResult)
        return f"LLM response: {told.model_dump_json()}"

    @server.tool()
    async def test_elicitation(message: str, ctx: Ctx) -> str:
        """Ask the user."""
        fields = {name: {"type": "string", "description": name} for name in ("username", "email")}
        return await _elicited(ctx, message, fields)

    @server.tool()
    async def test_elicitation_sep1034_defaults(ctx: Ctx) -> str:
        """Ask the user, with an answer of each kind filled in."""
        return await _elicited(ctx, "Please provide user information", DEFAULTS)

    @server.tool()
    async def test_elicitation_sep1330_enums(ctx: Ctx) -> str:
        """Ask the user to choose, in each form a choice can have."""
        return await _elicited(ctx, "Please choose", CHOICES)


DEFAULTS: Asked = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}
_OPTIONS = ["option1", "option2", "option3"]
_TITLED = [{"const": f"value{n}", "title": f"Choice {n}"} for n in (1, 2, 3)]
CHOICES: Asked = {
    "untitledSingle": {"type": "string", "enum": _OPTIONS},
    "titledSingle": {"type": "string", "oneOf": _TITLED},
    "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["One", "Two", "Three"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": _OPTIONS}},
    "titledMulti": {"type": "array", "items": {"anyOf": _TITLED}},
}


async def _elicited(ctx: Ctx, message: str, fields: Asked) -> str:
    told = await _ask(ctx, _elicit(message, fields), t.ElicitResult)
    return f"User response: action={told.action}, content={told.content}"


async def _ask(ctx: Ctx, request: Any, answer: Any) -> Any:
    """Ask on the answer's own stream: the client may not be listening to the other yet."""
    return await ctx.session.send_request(
        request, answer, metadata=ServerMessageMetadata(related_request_id=ctx.request_id)
    )


def _elicit(message: str, fields: Asked) -> t.ElicitRequest:
    schema = {"type": "object", "properties": dict(fields), "required": list(fields)}
    return t.ElicitRequest(params=t.ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str, most: int) -> t.CreateMessageRequest:
    message = t.SamplingMessage(role="user", content=t.TextContent(type="text", text=text))
    return t.CreateMessageRequest(params=t.CreateMessageRequestParams(messages=[message], max_tokens=most))


def _add_rounds(server: Server) -> None:
    """Add what asks the client by its result, as the newer era does: the client calls again with the answers."""
    confirm = {"confirm": _elicit("Please confirm", {"ok": {"type": "boolean"}})}
    name = {"user_name": _elicit("What is your name?", {"name": {"type": "string"}})}
    capital = {"capital_question": _sample("What is the capital of France?", 100)}
    roots = {"client_roots": t.ListRootsRequest()}

    @server.tool(structured_output=False)
    def test_input_required_result_elicitation(ctx: Ctx) -> Answer:
        """Ask the user for a name."""
        return _answered(ctx, name)

    @server.tool(structured_output=False)
    def test_input_required_result_sampling(ctx: Ctx) -> Answer:
        """Ask the client's model."""
        return _answered(ctx, capital)

    @server.tool(structured_output=False)
    def test_input_required_result_list_roots(ctx: Ctx) -> Answer:
        """Ask for the client's roots."""
        return _answered(ctx, roots)

    @server.tool(structured_output=False)
    def test_input_required_result_request_state(ctx: Ctx) -> Answer:
        """Ask with a state to be given back."""
        return _answered(ctx, confirm, state="state-ok")

    @server.tool(structured_output=False)
    def test_input_required_result_tampered_state(ctx: Ctx) -> Answer:
        """Ask with a state that the SDK seals."""
        return _answered(ctx, confirm, state="sealed")

    @server.tool(structured_output=False)
    def test_input_required_result_multiple_inputs(ctx: Ctx) -> Answer:
        """Ask three things at once."""
        return _answered(ctx, {**name, "greeting": _sample("Generate a greeting", 50), **roots}, state="three")

    @server.tool(structured_output=False)
    def test_input_required_result_multi_round(ctx: Ctx) -> Answer:
        """Ask one thing after the other."""
        if ctx.request_state is None:
            first = _elicit("Step 1: What is your name?", {"name": {"type": "string"}})
            return _answered(ctx, {"step1": first}, state="round-1")
        second = _elicit("Step 2: What is your favorite color?", {"color": {"type": "string"}})
        return _answered(ctx, {"step2": second}, state="round-2")

    @server.tool(structured_output=False)
    def test_input_required_result_capabilities(ctx: Ctx) -> Answer:
        """Ask only for what the client can give."""
        able = ctx.client_capabilities
        asked = {
            **(capital if able and able.sampling else {}),
            **(name if able and able.elicitation else {}),
            **(roots if able and able.roots else {}),
        }
        return _answered(ctx, asked)


def _answered(ctx: Ctx, asked: Asked, state: str | None = None) -> Answer:
    """Give the answers once all are there, and else the questions."""
    given = ctx.input_responses or {}
    if asked.keys() <= given.keys():
        return t.CallToolResult(content=[t.TextContent(type="text", text=f"{ctx.request_state or ''} {given}")])
    return InputRequiredResult(input_requests=dict(asked), request_state=state)


def _add_triggers(server: Server) -> None:
    @server.tool()
    async def test_trigger_tool_change(ctx: Ctx) -> str:
        """Tell that the tools changed."""
        await ctx.notify_tools_changed()
        return "done"

    @server.tool()
    async def test_trigger_prompt_change(ctx: Ctx) -> str:
        """Tell that the prompts changed."""
        await ctx.notify_prompts_changed()
        return "done"

    @server.tool()
    def test_missing_capability(ctx: Ctx) -> str:
        """Need the client's model."""
        if ctx.client_capabilities is None or ctx.client_capabilities.sampling is None:
            data: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
            raise MCPError(code=MISSING_CAPABILITY, message="this tool needs sampling", data=data)
        return "done"


def _add_resources(server: Server) -> None:
    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        """Give a text."""
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        """Give an image."""
        return base64.b64decode(PIXEL)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> dict[str, Any]:  # noqa: A002 - the suite's name
        """Give what the address names."""
        return {"id": id, "templateTest": True, "data": f"Data for ID: {id}"}

    @server.resource("test://watched-resource", mime_type="text/plain")
    def watched() -> str:
        """Give what may change."""
        return "Watched resource content"


def _add_prompts(server: Server) -> None:
    @server.prompt()
    def test_simple_prompt() -> str:
        """Give a prompt."""
        return "This is a simple prompt for testing."

    @server.prompt()
    def test_prompt_with_arguments(
        arg1: Annotated[str, Field(description="The first")], arg2: Annotated[str, Field(description="The second")]
    ) -> str:
        """Give a prompt with arguments."""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt()
    def test_prompt_with_embedded_resource(
        resourceUri: Annotated[str, Field(description="Of the resource")],  # noqa: N803 - the suite's name
    ) -> list[Any]:
        """Give a prompt with a resource."""
        content = t.TextResourceContents(uri=resourceUri, mime_type="text/plain", text="Embedded resource content.")
        embedded = t.EmbeddedResource(type="resource", resource=content)
        return [{"role": "user", "content": embedded}, "Please process the embedded resource above."]

    @server.prompt()
    def test_prompt_with_image() -> list[Any]:
        """Give a prompt with an image."""
        image = t.ImageContent(type="image", data=PIXEL, mime_type="image/png")
        return [{"role": "user", "content": image}, "Please analyze the image above."]

    @server.prompt()
    def test_input_required_result_prompt(ctx: Ctx) -> Any:
        """Give a prompt about what the user is asked for."""
        if "user_context" in (ctx.input_responses or {}):
            return f"Use this context: {ctx.input_responses}"
        question = _elicit("What context should the prompt use?", {"context": {"type": "string"}})
        return InputRequiredResult(input_requests={"user_context": question})
