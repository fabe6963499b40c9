"""The registry is opened after the list of tools is given, once, and a fault of opening it is told where it is felt."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from mcp import Client

from asking import call, refusal
from model_registry.bootstrap import memory_registry
from model_registry.errors import StorageError
from model_registry.mcp import build_server
from model_registry.mcp_door.opening import Opening
from model_registry.registry import Registry
from texts import coin, source

pytestmark = pytest.mark.anyio


class Place:
    """A place where a registry lies, which can be opened unless it is locked; it counts how often it was tried."""

    def __init__(self, *, locked: bool = False) -> None:
        self.registry = memory_registry()
        self.locked = locked
        self.tries = 0
        self.tried = threading.Event()

    def open(self) -> Registry:
        self.tries += 1
        self.tried.set()
        if self.locked:
            raise StorageError("the place is locked", code="unreadable", where="there", hint="Unlock it.")
        return self.registry


async def test_the_registry_is_opened_when_the_tools_are_listed_and_not_before(era: str) -> None:
    place = Place()
    async with Client(build_server(place.open), mode=era) as client:
        assert place.tries == 0
        await client.list_tools()
        assert place.tried.wait(timeout=30)
        await client.list_tools()
        assert (await call(client, "list_models"))["total"] == 0
    assert place.tries == 1


async def test_a_client_that_lists_no_tools_is_answered_too(era: str) -> None:
    place = Place()
    place.registry.register_model(source(coin()))
    async with Client(build_server(place.open), mode=era) as client:
        assert (await call(client, "get_model_info", model_id="coin-judge"))["name"] == "Coin Judge"


async def test_a_registry_that_cannot_be_opened_is_told_with_each_call_and_tried_again(era: str) -> None:
    place = Place(locked=True)
    async with Client(build_server(place.open), mode=era) as client:
        told = await refusal(client, "list_models")
        assert "unreadable: the place is locked. Unlock it." in told
        place.locked = False
        assert (await call(client, "list_models"))["total"] == 0


async def test_what_keeps_it_from_being_opened_ahead_stands_in_the_log(
    era: str, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place(locked=True)
    with caplog.at_level(logging.ERROR, logger="model_registry"):
        async with Client(build_server(place.open), mode=era) as client:
            await client.list_tools()
            await refusal(client, "list_models")
        for thread in threading.enumerate():
            if thread.name == "opening":
                thread.join(timeout=30)
    assert "the registry cannot be opened: the place is locked. Unlock it." in caplog.text


def test_threads_that_ask_at_once_open_it_once() -> None:
    place = Place()
    opening = Opening(place.open)
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(lambda _: opening.registry, range(64)))
    assert place.tries == 1
    assert all(registry is place.registry for registry in opened)
