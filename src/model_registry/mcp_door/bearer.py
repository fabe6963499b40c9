"""Who calls over HTTP, and what that caller may do.

Every request carries a token. Its subject is who stands in the trail, its scopes say which tools it may call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.context import CallNext, HandlerResult, ServerMiddleware, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_REQUEST

from model_registry.domain.lifecycle import State
from model_registry.domain.resolve import find_model
from model_registry.domain.tokens import Token
from model_registry.errors import NotFoundError, RegistryError
from model_registry.operations import ADMIN, OPERATIONS
from model_registry.registry import Registry

logger = logging.getLogger("model_registry")

Holder = Callable[[str], Token | None]
"""From the text of a token to its record, None for one that does not hold."""

SCOPE_OF: Mapping[str, str] = {operation.name: f"registry:{operation.toolset}" for operation in OPERATIONS}
"""Tool -> the scope it needs."""

FROM_THE_ARCHIVE = f"registry:{ADMIN}"
"""What it needs to take a model out of the archive."""


class Bearer:
    """Tells the SDK what a token allows. A file of tokens that cannot be read lets nobody in."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    async def verify_token(self, token: str) -> AccessToken | None:
        """Give what a token allows, None for one that does not hold; the secret itself is not passed on."""
        try:
            found = self._holder(token)
        except RegistryError as error:
            logger.error("no token is accepted: %s. %s", error.message, error.hint)
            return None
        return _allowed(found) if found else None


def subject() -> str:
    """Give who makes the call at hand, "" where no token was asked for."""
    token = get_access_token()
    return (token and token.subject) or ""


def scoped(registry: Registry) -> ServerMiddleware[Any]:
    """Offer a caller the tools its token allows, and refuse a call of any other."""

    async def check(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        token = get_access_token()
        scopes = token.scopes if token else []
        if ctx.method == "tools/call":
            _require(needed_scope(registry, ctx.params or {}), scopes)
        result = await call_next(ctx)
        return _offered(result, scopes) if ctx.method == "tools/list" and isinstance(result, dict) else result

    return check


def needed_scope(registry: Registry, call: Mapping[str, Any]) -> str:
    """Give the scope that a call needs, "" for an unknown tool, which is refused elsewhere."""
    name = str(call.get("name"))
    if name == "restore_model" and _is_archived(registry, (call.get("arguments") or {}).get("model_id")):
        return FROM_THE_ARCHIVE
    return SCOPE_OF.get(name, "")


def _allowed(token: Token) -> AccessToken:
    ends = int(datetime.fromisoformat(token.expires_at).timestamp()) if token.expires_at else None
    return AccessToken(token="", client_id=token.id, subject=token.subject, scopes=list(token.scopes), expires_at=ends)


def _require(scope: str, scopes: list[str]) -> None:
    if scope and scope not in scopes:
        message = (
            f"insufficient_scope: this call needs the scope {scope}, and the token has {', '.join(scopes) or 'none'}. "
            "Tell the user, who can ask for another token; repeating the call is of no use."
        )
        raise MCPError(code=INVALID_REQUEST, message=message)


def _offered(result: dict[str, Any], scopes: list[str]) -> dict[str, Any]:
    """Give a list of tools without those that would be refused; what depends on the caller is not to be shared."""
    tools = [tool for tool in result["tools"] if SCOPE_OF.get(tool["name"]) in scopes]
    return result | {"tools": tools} | ({"cacheScope": "private"} if "cacheScope" in result else {})


def _is_archived(registry: Registry, model_id: object) -> bool:
    try:
        return find_model(registry.catalogue(), str(model_id)).state == State.ARCHIVED
    except NotFoundError:
        return False
