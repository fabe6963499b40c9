"""Hearing of changes the way a subscribed client does, in either protocol era."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp.types as t
from mcp import Client
from mcp.client.subscriptions import ServerEvent
from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp.shared.subscriptions import event_from_wire

PATIENCE = 20
"""Seconds after which a notice counts as lost; far more than it takes."""

Following = Callable[[], Awaitable[ServerEvent]]
"""Gives the next thing that a client is told."""


@asynccontextmanager
async def told(server: Any, era: str, *uris: str) -> AsyncIterator[tuple[Client, Following]]:
    """Give a client that is subscribed to resources and to their list, and what gives the next thing it is told."""
    send, received = anyio.create_memory_object_stream[ServerEvent](1_000)

    async def heard(message: Any) -> None:
        if isinstance(
            message, t.ServerNotification | t.ResourceUpdatedNotification | t.ResourceListChangedNotification
        ):
            form = message.model_dump(by_alias=True, mode="json")
            event = event_from_wire(form["method"], form.get("params"))
            assert event is not None
            send.send_nowait(event)

    async with send, received, Client(server, mode=era, message_handler=heard) as client:
        if era == "legacy":
            for uri in uris:
                await client.subscribe_resource(uri)
            yield client, _next_of(received)
        else:
            async with client.listen(resource_subscriptions=uris, resources_list_changed=True) as events:
                yield client, _next_of(events)


def _next_of(events: Any) -> Following:
    async def following() -> ServerEvent:
        with anyio.fail_after(PATIENCE):
            event: ServerEvent = await anext(aiter(events))
            return event

    return following


async def until_the_list(following: Following) -> set[str]:
    """Give the URIs told before the client hears that the list changed, which comes last."""
    uris = set()
    while not isinstance(event := await following(), ResourcesListChanged):
        assert isinstance(event, ResourceUpdated)
        uris.add(event.uri)
    return uris
