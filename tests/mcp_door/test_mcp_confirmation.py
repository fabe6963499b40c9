"""Nothing is taken away without a confirmation, and every client can give one."""

from __future__ import annotations

from typing import Any

import mcp.types as t
import pytest
from mcp import Client

from asking import call, refusal
from model_registry.mcp import build_server
from model_registry.registry import Registry
from texts import coin, source

pytestmark = pytest.mark.anyio


class User:
    """Somebody who is asked, and gives one answer."""

    def __init__(self, action: str, confirmed: bool = True) -> None:
        self.asked: list[str] = []
        self._answer = t.ElicitResult(
            action=action,  # type: ignore[arg-type]
            content={"confirmed": confirmed} if action == "accept" else None,
        )

    async def __call__(self, context: Any, params: t.ElicitRequestParams) -> t.ElicitResult:
        self.asked.append(params.message)
        return self._answer


def asking(registry: Registry, era: str, user: User | None = None) -> Client:
    server = build_server(registry, toolsets=("read", "write", "admin"))
    return Client(server, mode=era, elicitation_callback=user)


def state(registry: Registry, model_id: str = "coin-judge") -> str:
    return registry.catalogue().entries[model_id].state.value


async def test_a_client_that_cannot_ask_is_told_what_to_type(era: str, registry: Registry) -> None:
    async with asking(registry, era) as client:
        message = await refusal(client, "delete_model", model_id="dice-judge")
        assert "confirmation_needed: Delete the model dice-judge with its 1 version(s)?" in message
        assert "confirm='dice-judge'" in message
        assert state(registry, "dice-judge") == "active"
        await call(client, "delete_model", model_id="dice-judge", confirm="dice-judge")
        assert state(registry, "dice-judge") == "deleted"
        assert (await call(client, "restore_model", model_id="dice-judge"))["state"] == "active"


async def test_deleting_what_is_deleted_is_quiet(era: str, registry: Registry) -> None:
    registry.delete_model("dice-judge")
    user = User("decline")
    async with asking(registry, era, user) as client:
        assert (await call(client, "delete_model", model_id="dice-judge"))["state"] == "deleted"
    assert user.asked == []


async def test_a_wrong_word_confirms_nothing(era: str, registry: Registry) -> None:
    async with asking(registry, era) as client:
        await refusal(client, "delete_model", model_id="dice-judge", confirm="yes")
    assert state(registry, "dice-judge") == "active"


async def test_a_user_who_can_be_asked_is_asked(era: str, registry: Registry) -> None:
    user = User("accept")
    async with asking(registry, era, user) as client:
        assert (await call(client, "delete_model", model_id="dice-judge", confirm=None))["state"] == "deleted"
    assert len(user.asked) == 1
    assert "Delete the model dice-judge" in user.asked[0]


@pytest.mark.parametrize("user", [User("decline"), User("cancel"), User("accept", confirmed=False)])
async def test_a_user_who_does_not_agree_keeps_the_model(era: str, registry: Registry, user: User) -> None:
    async with asking(registry, era, user) as client:
        message = await refusal(client, "delete_model", model_id="dice-judge")
    assert "not_confirmed" in message
    assert state(registry, "dice-judge") == "active"


async def test_dependents_stand_in_the_way_before_anybody_is_asked(era: str, registry: Registry) -> None:
    user = User("accept")
    async with asking(registry, era, user) as client:
        for typed in ("", "coin-judge"):
            message = await refusal(client, "delete_model", model_id="coin-judge", confirm=typed)
            assert "coin-judge is required by dice-judge" in message
            assert "delete_model with force=true" in message
    assert user.asked == []
    assert state(registry) == "active"


async def test_a_forced_deletion_names_the_dependents_in_its_question(era: str, registry: Registry) -> None:
    user = User("accept")
    async with asking(registry, era, user) as client:
        await call(client, "delete_model", model_id="coin-judge", force=True)
    assert "It is required by dice-judge." in user.asked[0]
    assert state(registry) == "deleted"


async def test_an_unknown_model_is_refused_before_anybody_is_asked(era: str, registry: Registry) -> None:
    user = User("accept")
    async with asking(registry, era, user) as client:
        assert "unknown_model" in await refusal(client, "delete_model", model_id="nope")
    assert user.asked == []


@pytest.fixture
def due(registry: Registry) -> Registry:
    """Give a registry with a model that is past its sunset."""
    registry.register_model(source(coin("Old Judge", heads=0.9)))
    registry.deprecate_model("old-judge", "old", sunset="2020-01-01")
    return registry


async def test_a_dry_cleanup_asks_nobody(era: str, due: Registry) -> None:
    user = User("decline")
    async with asking(due, era, user) as client:
        told = await call(client, "cleanup_registry")
    assert [action["id"] for action in told["actions"]] == ["old-judge"]
    assert (user.asked, state(due, "old-judge")) == ([], "deprecated")


async def test_a_cleanup_that_acts_asks_the_user(era: str, due: Registry) -> None:
    user = User("accept")
    async with asking(due, era, user) as client:
        await call(client, "cleanup_registry", dry_run=False)
    assert len(user.asked) == 1
    assert user.asked[0].startswith("Clean up the registry: archive old-judge? ")
    assert state(due, "old-judge") == "archived"


async def test_a_cleanup_without_a_user_takes_a_typed_word(era: str, due: Registry) -> None:
    async with asking(due, era) as client:
        assert "confirm='cleanup'" in await refusal(client, "cleanup_registry", dry_run=False)
        assert state(due, "old-judge") == "deprecated"
        await call(client, "cleanup_registry", dry_run=False, confirm="cleanup")
    assert state(due, "old-judge") == "archived"
