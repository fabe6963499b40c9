"""The MCP door over HTTP, for a team: tokens, limits, and an end that loses nothing.

A request passes, from the outside in: the server (uvicorn), the reading of its token, the gate, which counts it for who
holds the token or else for its address, the demand for a token, the SDK's checks of Host, Origin and size, and then the
same tools and resources as over standard input and output, without paths; or, beside `/mcp`, the pages that people read
(`model_registry.web`), behind the same checks.
"""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend, RequireAuthMiddleware
from starlette.applications import Starlette
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from model_registry import __version__
from model_registry.domain.tokens import BASE_SCOPE
from model_registry.errors import ConfigError, RegistryError, StorageError
from model_registry.mcp import build_server
from model_registry.mcp_door.address import PATH, Address, protection, require_protection
from model_registry.mcp_door.bearer import Bearer, Holder, scoped, subject
from model_registry.mcp_door.limits import Gate, Limits
from model_registry.operations import READ, WRITE
from model_registry.registry import Registry
from model_registry.web.answering import harmless
from model_registry.web.entrance import by_our_name, for_holders, known_by_password
from model_registry.web.site import pages, prepare

logger = logging.getLogger("model_registry")

GRACE = 30
"""Seconds that calls have to end in when the server is stopped."""

BACKLOG = 1_024
"""Connections the system keeps waiting until the server takes them."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a server listens, the hosts and origins it answers to besides its own, what it takes on, whom it lets in.

    Without a `holder` of tokens it serves this machine only.
    """

    address: Address
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    holder: Holder | None = None


def serve_http(
    registry: Registry,
    site: Site,
    *,
    toolsets: Iterable[str] = (READ, WRITE),
    read_only: bool = False,
    ready: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve a registry over Streamable HTTP until the process is told to stop; see `run_server`."""
    served = registry.called_by(subject)
    server = build_server(served, toolsets=toolsets, read_only=read_only, remote=True)
    if site.holder:
        server.middleware.append(scoped(served))
    run_server(server, served, site, ready=ready)


def run_server(
    server: MCPServer[Registry], registry: Registry, site: Site, *, ready: Callable[[str], None] = lambda url: None
) -> None:
    """Run a server at a site until the process is told to stop; `ready` is given the URL.

    On SIGTERM or SIGINT nothing new is let in, and the calls at work are answered first. Raises ConfigError for an
    address that cannot be listened at, or may not be without tokens.
    """
    require_protection(site.address, site.hosts, tokens=site.holder is not None)
    gate = Gate(_behind_the_gate(server, registry, site), site.limits)
    with _listening(site.address) as listener:
        ready(f"http://{site.address.written}:{listener.getsockname()[1]}{PATH}")
        _run(application(server, registry, gate, site), gate, listener)


def application(server: MCPServer[Registry], registry: Registry, gate: Gate, site: Site) -> ASGIApp:
    """Give what answers HTTP: `/mcp` behind tokens and gate, `/health` for whoever watches over the process, and pages.

    Pages stand behind the same gate; a browser is asked for its token in its own way.
    """

    async def health(_: Request) -> JSONResponse:
        return await anyio.to_thread.run_sync(_health, registry, gate)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with server.session_manager.run(), anyio.create_task_group() as tasks:
            tasks.start_soon(_prepare, registry)
            yield
            tasks.cancel_scope.cancel()

    routes = [Route(PATH, endpoint=_guarded(gate, site)), Route("/health", endpoint=health, methods=["GET"])]
    served = Starlette(routes=routes, lifespan=lifespan)
    served.router.default = harmless(known_by_password(gate, site.holder))
    return served


def _behind_the_gate(server: MCPServer[Registry], registry: Registry, site: Site) -> ASGIApp:
    """Give the SDK's end of the protocol, to those who hold a token if tokens are asked for, and the pages."""
    callers = protection(site.address, site.hosts, site.origins)
    protocol: ASGIApp = server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=site.limits.body,
        max_sessions=site.limits.sessions,
        transport_security=callers,
    )
    if site.holder:
        protocol = AuthContextMiddleware(RequireAuthMiddleware(protocol, [BASE_SCOPE]))
    shown = for_holders(by_our_name(pages(registry), callers), site.holder)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await (protocol if scope["path"] == PATH else shown)(scope, receive, send)

    return answer


def _guarded(gate: Gate, site: Site) -> ASGIApp:
    """Give the gate with what stands before it: who calls, if tokens are asked for, and what browsers ask first."""
    app: ASGIApp = gate
    if site.holder:
        app = AuthenticationMiddleware(app, backend=BearerAuthBackend(Bearer(site.holder)))
    if site.origins:
        app = CORSMiddleware(
            app,
            allow_origins=site.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["Mcp-Session-Id"],
        )
    return app


async def _prepare(registry: Registry) -> None:
    """Let the first page be as fast as the others: what they all need is read while nobody waits."""
    try:
        await anyio.to_thread.run_sync(prepare, registry, abandon_on_cancel=True)
    except RegistryError as error:
        logger.warning("the pages are not ready: %s", error.message)


def _health(registry: Registry, gate: Gate) -> JSONResponse:
    """Tell whether calls are answered: the registry can be read, and the server is not stopping."""
    try:
        registry.catalogue()
        status = "stopping" if gate.closed else "ok"
    except (StorageError, ConfigError):
        status = "unreadable"
    return JSONResponse({"status": status, "version": __version__}, status_code=200 if status == "ok" else 503)


class _Ending(uvicorn.Server):
    """Closes the gate before it waits for what is at work, so that it waits for calls and not for streams."""

    def __init__(self, config: uvicorn.Config, gate: Gate) -> None:
        super().__init__(config)
        self._gate = gate

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._gate.close()
        await super().shutdown(sockets)


def _run(app: ASGIApp, gate: Gate, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=GRACE,
    )
    # Once everything is answered, uvicorn raises the signal again, to die of it; there is nothing left to end then.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        _Ending(config, gate).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


def _listening(address: Address) -> socket.socket:
    """Give a socket that listens; connections wait in it until the server runs.

    What is sent goes out at once: asyncio sees to that only for sockets it made itself, and without it the second part
    of every answer waits for the client's acknowledgement of the first, some 40 ms.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(
            f"{address.written}:{address.port} cannot be listened at: {error.strerror or error}",
            code="cannot_listen",
            where="--http",
            hint="Name an address of this machine and a port that is free; port 0 takes any.",
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
