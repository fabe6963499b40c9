"""Subscribers are told what changes in the registry, whichever process changed it, in both protocol eras.

Since 2026-07-28 a client listens to a stream of its own, which the SDK feeds from a bus; clients before that subscribe
to URIs one by one and are told over their connection. Both are watched for alike: while there is a subscriber, the end
of the log is read twice a second.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread
import mcp.types as t
from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ResourcesListChanged, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from model_registry.domain.uri import model_uri
from model_registry.mcp_door.faults import speaking_of_requests
from model_registry.mcp_door.opening import Opening

if TYPE_CHECKING:
    from model_registry.domain.events import Position

T = TypeVar("T")

PERIOD = 0.5
"""Seconds between two looks at the log; subscribers are promised to hear of a change within two."""

PAUSE = 10.0
"""Seconds until the next look after one that failed."""

MOST_URIS = 1_000
"""URIs that one connection may subscribe to."""

COUNTING = re.compile("registry://(models|statistics|tags/.*)")
"""Resources that may change with any model."""

Request = ServerRequestContext[Any, Any]

logger = logging.getLogger("model_registry")


class Watch:
    """A middleware that knows who is subscribed to what, and a task that tells them."""

    def __init__(self, opening: Opening) -> None:
        self.bus = InMemorySubscriptionBus()
        self._opening = opening
        self._streams: list[frozenset[str]] = []
        self._connections: dict[Connection, set[str]] = {}
        self._seen: Position | None = None

    async def __call__(self, ctx: Request, call_next: CallNext) -> HandlerResult:
        """Note who subscribes; the position of the log is known before the subscriber gets an answer."""
        match ctx.method:
            case "initialize":
                return _promising(await call_next(ctx))
            case "notifications/initialized":
                self._join(ctx)
            case "resources/list" if _is_connected(ctx):
                await self._begin()
            case "resources/subscribe" | "resources/unsubscribe" if _is_connected(ctx):
                return await self._subscribed(ctx)
            case "subscriptions/listen":
                return await self._listened(ctx, call_next)
        return await call_next(ctx)

    async def run(self) -> None:
        """Tell subscribers what changes, until cancelled."""
        while True:
            await anyio.sleep(PERIOD)
            try:
                if self._streams or self._connections:
                    await self._look()
            except MCPError as error:
                logger.warning("subscribers wait: %s", error.error.message)
                await anyio.sleep(PAUSE)

    async def _look(self) -> None:
        """Tell what changed since the last look; of two tasks that look at once only the first one tells."""
        before = self._seen
        with speaking_of_requests("watching"):
            now, changed = await anyio.to_thread.run_sync(self._changed, before)
        if self._seen is before:
            self._seen = now
            if changed:
                await self._tell(changed)

    def _changed(self, since: Position | None) -> tuple[Position, frozenset[str]]:
        """Give where the log stands, and the models that changed since; all of them where the log is another one."""
        catalogue = self._opening.registry.catalogue()
        now = catalogue.position
        if since is None or now == since:
            return now, frozenset()
        seq = since.seq if since.log_id == now.log_id else 0
        return now, frozenset(brief.id for brief in catalogue.entries.briefs(seq))

    async def _tell(self, changed: frozenset[str]) -> None:
        for uri in _concerned(frozenset().union(*self._streams), changed):
            await self.bus.publish(ResourceUpdated(uri=uri))
        await self.bus.publish(ResourcesListChanged())
        for connection, uris in list(self._connections.items()):
            with anyio.move_on_after(PERIOD):  # a client that does not read must not keep the others waiting
                for uri in _concerned(uris, changed):
                    await connection.send_resource_updated(uri)
                await connection.send_resource_list_changed()

    async def _begin(self) -> None:
        """Note where the log stands, unless that is known already."""
        if self._seen is None:
            await self._look()

    def _join(self, ctx: Request) -> set[str]:
        """Give the URIs a connection is subscribed to; it is forgotten when it ends."""
        connection = _connection(ctx)
        if connection not in self._connections:
            self._connections[connection] = set()
            connection.exit_stack.callback(self._leave, self._connections.pop, connection)
        return self._connections[connection]

    async def _subscribed(self, ctx: Request) -> t.EmptyResult:
        uri, uris = _uri(ctx.params), self._join(ctx)
        if ctx.method == "resources/unsubscribe":
            uris.discard(uri)
        elif len(uris) >= MOST_URIS:
            raise MCPError(code=t.INVALID_PARAMS, message=f"a connection may subscribe to {MOST_URIS} URIs")
        else:
            uris.add(uri)
            await self._begin()
        return t.EmptyResult()

    async def _listened(self, ctx: Request, call_next: CallNext) -> HandlerResult:
        wanted = ((ctx.params or {}).get("notifications") or {}).get("resourceSubscriptions") or ()
        uris = frozenset(uri for uri in wanted if isinstance(uri, str))
        self._streams.append(uris)
        try:
            await self._begin()
            return await call_next(ctx)
        finally:
            self._leave(self._streams.remove, uris)

    def _leave(self, remove: Callable[[T], object], subscriber: T) -> None:
        """Forget a subscriber, and after the last one where the log stood."""
        remove(subscriber)
        if not (self._streams or self._connections):
            self._seen = None


def _promising(result: HandlerResult) -> HandlerResult:
    """Give the answer to a handshake with the two promises that the SDK cannot know of."""
    if isinstance(result, dict):
        capabilities = result["capabilities"]
        capabilities["resources"] = {**capabilities.get("resources", {}), "subscribe": True, "listChanged": True}
    return result


def _concerned(uris: Iterable[str], changed: frozenset[str]) -> list[str]:
    """Give the URIs of what these models have, or count in."""
    return [uri for uri in uris if COUNTING.fullmatch(uri) or _model_of(uri) in changed]


def _model_of(uri: str) -> str:
    base = model_uri("")
    return uri.removeprefix(base).partition("/")[0] if uri.startswith(base) else ""


def _uri(params: Mapping[str, Any] | None) -> str:
    uri = (params or {}).get("uri")
    if not isinstance(uri, str) or not uri:
        raise MCPError(code=t.INVALID_PARAMS, message="uri must name the resource to subscribe to")
    return uri


def _is_connected(ctx: Request) -> bool:
    """Tell whether the request came over a connection that began with a handshake."""
    return ctx.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS


def _connection(ctx: Request) -> Connection:
    """Give what outlives the request; the SDK has no public way to learn when a client is gone."""
    return ctx.session._connection
