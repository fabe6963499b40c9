"""Subscribers hear of every change, whoever made it, in both protocol eras."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import mcp.types as t
import pytest
from mcp import Client, MCPError

from asking import call
from listening import told, until_the_list
from model_registry.bootstrap import memory_registry, open_registry
from model_registry.errors import StorageError
from model_registry.mcp import build_server
from model_registry.mcp_door import watching
from model_registry.mcp_door.opening import Opening
from model_registry.registry import Registry
from serving import start
from texts import coin, source

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")]

SRC = Path(__file__).parents[2] / "src"
COIN, AUDIT, STATISTICS = "registry://models/coin-judge", "registry://models/coin-judge/audit", "registry://statistics"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the log more often than need be."""
    monkeypatch.setattr(watching, "PERIOD", 0.05)


async def test_a_subscriber_hears_of_what_the_command_line_did_beside_the_server(era: str, tmp_path: Path) -> None:
    place = tmp_path / "registry"
    open_registry(place, actor="ada").register_model(source(coin()))
    async with told(build_server(open_registry(place)), era, COIN, AUDIT, "registry://models/other") as (_, following):
        command = ["deprecate", "coin-judge", "--reason", "old", "--registry", str(place)]
        await anyio.run_process(
            [sys.executable, "-m", "model_registry", *command],
            env={**os.environ, "PYTHONPATH": str(SRC)},
            stdout=subprocess.DEVNULL,
        )
        assert await until_the_list(following) == {COIN, AUDIT}


async def test_a_subscriber_over_http_hears_of_what_another_process_wrote(era: str, tmp_path: Path) -> None:
    registry = open_registry(tmp_path / "registry", actor="ada")
    registry.register_model(source(coin()))
    serving = start(tmp_path)
    try:
        async with told(serving.url, era, COIN) as (_, following):
            registry.archive_model("coin-judge", "old")
            assert await until_the_list(following) == {COIN}
    finally:
        assert serving.stop()[0] == 0


@pytest.mark.usefixtures("quick")
async def test_a_subscriber_hears_of_what_a_tool_did_to_its_models_alone(era: str, registry: Registry) -> None:
    async with told(build_server(registry), era, COIN, STATISTICS, "registry://help/query") as (client, following):
        await call(client, "archive_model", model_id="dice-judge")
        assert await until_the_list(following) == {STATISTICS}
        await call(client, "set_model_alias", model_id="coin-judge", alias="best", version="1.0.0")
        assert await until_the_list(following) == {COIN, STATISTICS}


@pytest.mark.usefixtures("quick")
async def test_what_happened_before_is_not_told(era: str, registry: Registry) -> None:
    server = build_server(registry)
    async with told(server, era, COIN):
        registry.archive_model("coin-judge")
    async with told(server, era, COIN, "registry://models/dice-judge") as (_, following):
        registry.archive_model("dice-judge")
        assert await until_the_list(following) == {"registry://models/dice-judge"}


@pytest.mark.usefixtures("quick")
async def test_every_subscriber_hears_a_change_once(era: str, registry: Registry) -> None:
    server = build_server(registry)
    async with told(server, era, COIN) as (_, first), told(server, era, COIN) as (_, second):
        for _ in range(2):
            registry.update_model_metadata("coin-judge", {"tags": [f"t{registry.catalogue().position.seq}"]})
            assert [await until_the_list(following) for following in (first, second)] == [{COIN}, {COIN}]


@pytest.mark.usefixtures("quick")
async def test_a_client_may_end_its_subscription(registry: Registry) -> None:
    async with told(build_server(registry), "legacy", COIN, AUDIT) as (client, following):
        await client.unsubscribe_resource(COIN)
        registry.archive_model("coin-judge")
        assert await until_the_list(following) == {AUDIT}


@pytest.mark.usefixtures("quick")
async def test_a_client_that_listed_the_models_hears_when_there_are_others(registry: Registry) -> None:
    async with told(build_server(registry), "legacy") as (client, following):
        await client.list_resources()
        registry.register_model(source(coin("Card Judge")))
        assert await until_the_list(following) == set()


async def test_both_eras_are_promised_notices(era: str, registry: Registry) -> None:
    async with Client(build_server(registry), mode=era) as client:
        resources = client.server_capabilities.resources
        assert resources is not None
        assert (resources.subscribe, resources.list_changed) == (True, True)


async def test_the_log_is_left_alone_while_nobody_is_subscribed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PERIOD", 0)
    registry = Flaky()
    registry.fail(1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watching.Watch(Opening(registry.registry)).run)
        for _ in range(100):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    with pytest.raises(StorageError):
        registry.registry.catalogue()


@pytest.mark.usefixtures("quick")
async def test_a_registry_that_cannot_be_read_leaves_its_subscribers_waiting(
    era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.0)
    registry = Flaky()
    async with told(build_server(registry.registry), era, COIN) as (_, following):
        registry.fail(3)
        registry.registry.register_model(source(coin()))
        assert await until_the_list(following) == {COIN}


class Flaky:
    """A registry that at times cannot be looked at."""

    def __init__(self) -> None:
        self.registry = memory_registry()
        self._look, self._failures = self.registry.catalogue, 0
        self.registry.catalogue = self.catalogue  # type: ignore[method-assign]

    def fail(self, times: int) -> None:
        """Let the next looks fail."""
        self._failures = times

    def catalogue(self) -> Any:
        """Give the catalogue, or fail."""
        if self._failures:
            self._failures -= 1
            raise StorageError("the disk is away")
        return self._look()


async def test_a_subscription_names_its_resource(registry: Registry) -> None:
    request = t.SubscribeRequest(params=t.SubscribeRequestParams(uri=""))
    async with Client(build_server(registry), mode="legacy") as client:
        with pytest.raises(MCPError) as refused:
            await client.session.send_request(request, t.EmptyResult)
    assert refused.value.error.code == t.INVALID_PARAMS


async def test_subscriptions_of_one_client_are_bounded(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST_URIS", 2)
    async with Client(build_server(registry), mode="legacy") as client:
        for uri in (COIN, AUDIT):
            await client.subscribe_resource(uri)
        with pytest.raises(MCPError, match="may subscribe to 2"):
            await client.subscribe_resource(STATISTICS)
        await client.unsubscribe_resource(COIN)
        await client.subscribe_resource(STATISTICS)
