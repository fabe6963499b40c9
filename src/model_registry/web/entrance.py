"""Who may look at the pages: callers by a name that is ours, with a token where tokens are asked for.

A browser asks its user for a name and a password (HTTP Basic): any name will do, the password is the token. It is
checked on every request, as for assistants. A browser goes on sending it unasked, which does no harm: no page changes
anything, and `/mcp` takes no password.
"""

from __future__ import annotations

import base64
import binascii

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.authentication import AuthCredentials, AuthenticationBackend
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from model_registry.domain.tokens import BASE_SCOPE
from model_registry.mcp_door.bearer import Bearer, Holder
from model_registry.web.answering import response
from model_registry.web.problems import Problem, problem_page

CHALLENGE = 'Basic realm="model-registry", charset="UTF-8"'

NO_TOKEN = Problem(
    401,
    "A token is needed",
    "This registry is shown to holders of a token.",
    "Leave the user name as you like, and give the token as the password. Whoever runs the server makes one with "
    "`model-registry token create`.",
)


class TokenAsPassword(AuthenticationBackend):
    """Knows a caller by a token, sent as a password or as a bearer's."""

    def __init__(self, holder: Holder) -> None:
        self._bearer = Bearer(holder)

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, AuthenticatedUser] | None:
        """Give what the caller may do, None for one without a token that holds."""
        access = await self._bearer.verify_token(token_in(conn.headers.get("authorization", "")))
        return (AuthCredentials(access.scopes), AuthenticatedUser(access)) if access else None


def token_in(authorization: str) -> str:
    """Read the token of a header, "" where there is none."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def known_by_password(app: ASGIApp, holder: Holder | None) -> ASGIApp:
    """Say of each request who makes it, where there are tokens; without one that holds it is nobody."""
    return AuthenticationMiddleware(app, backend=TokenAsPassword(holder)) if holder else app


def for_holders(app: ASGIApp, holder: Holder | None) -> ASGIApp:
    """Let only holders of a token through, where there are tokens, and ask all others for theirs."""
    if holder is None:
        return app

    async def asking(scope: Scope, receive: Receive, send: Send) -> None:
        if BASE_SCOPE in scope["auth"].scopes:
            return await app(scope, receive, send)
        refusal = response(Request(scope), problem_page(NO_TOKEN))
        refusal.headers["WWW-Authenticate"] = CHALLENGE
        return await refusal(scope, receive, send)

    return asking


def by_our_name(app: ASGIApp, settings: TransportSecuritySettings) -> ASGIApp:
    """Refuse a caller who names another host, or comes from another's page."""
    security = TransportSecurityMiddleware(settings)

    async def checking(scope: Scope, receive: Receive, send: Send) -> None:
        refused = await security.validate_request(Request(scope))
        await (refused or app)(scope, receive, send)

    return checking
