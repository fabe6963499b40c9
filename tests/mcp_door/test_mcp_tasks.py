"""An assistant does its work with what tools and resources tell it, and nothing else: no call of it goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import mcp.types as t
import pytest
from mcp import Client

import model_registry
from asking import call, refusal
from model_registry.bootstrap import memory_registry
from model_registry.domain.source import Source
from model_registry.mcp import build_server
from model_registry.registry import Registry
from texts import coin, source

pytestmark = pytest.mark.anyio

EXAMPLES = Path(model_registry.__file__).parent / "examples"

NAMED = {"model_id", "version", "version1", "version2", "replacement", "cursor", "expected_revision", "digest", "as_of"}
"""Arguments that an assistant cannot make up: they were read before, or said by the user."""


@dataclass
class Agent:
    """Calls tools as their schemas ask for, with names it has read; `read` is all it knows."""

    client: Client
    tools: dict[str, t.Tool]
    read: str

    async def __call__(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool; every refusal fails the task."""
        jsonschema.validate(arguments, self.tools[tool].input_schema)
        for name in NAMED & arguments.keys():
            for part in str(arguments[name]).split("@"):
                assert part in self.read, f"nobody told the assistant of {name}={part}"
        result = await call(self.client, tool, **arguments)
        self.read += json.dumps(result, ensure_ascii=False)
        return result

    async def look(self, uri: str) -> str:
        """Read a resource."""
        contents = (await self.client.read_resource(uri)).contents[0]
        assert isinstance(contents, t.TextResourceContents)
        self.read += contents.text
        return contents.text


Steps = Callable[[Agent], Awaitable[Any]]
Check = Callable[[Registry, Any], bool]


@dataclass(frozen=True)
class Task:
    """What a user says, what an assistant then does, and whether the registry and the answer are as they should be."""

    said: str
    steps: Steps
    is_done: Check
    toolsets: tuple[str, ...] = field(default=("read", "write"))


def seeded() -> Registry:
    """Give a registry with the examples, two judges, one of which requires the other, and some history."""
    registry = memory_registry(actor="ada")
    for file in sorted(EXAMPLES.glob("*.md")):
        registry.register_model(Source(file.read_bytes(), file.name))
    registry.register_model(source(coin()), {"tags": ["toy"], "performance": {"accuracy": 0.7}})
    registry.register_model(source(coin(heads=0.7)), reason="the coin is bent", actor="grace")
    registry.register_model(
        source(coin("Dice Judge", heads=0.6)), {"tags": ["toy"], "dependencies": ["coin-judge@^1"]}, actor="grace"
    )
    registry.register_model(source(coin("Old Judge", heads=0.9)))
    registry.deprecate_model("old-judge", "nobody tosses it", sunset="2020-01-01")
    registry.register_model(source(coin("Lost Judge", heads=0.2)))
    registry.delete_model("lost-judge", reason="a mistake")
    return registry


def state(registry: Registry, model_id: str) -> str:
    return registry.catalogue().entries[model_id].state.value


def current(registry: Registry, model_id: str) -> str:
    return registry.catalogue().entries[model_id].current


async def find_by_words(agent: Agent) -> str:
    found = await agent("search_models", query="machine wears out workshop")
    model = await agent("get_model_info", model_id=found["items"][0]["id"])
    return str(model["id"])


async def find_by_facts(agent: Agent) -> set[str]:
    assert "factors=2" in await agent.look("registry://help/query")
    return {hit["id"] for hit in (await agent("search_models", query="kind:factored factors=2", limit=50))["items"]}


async def find_after_misspelling(agent: Agent) -> str:
    found = await agent("search_models", query="mainteance")
    if not found["items"]:
        found = await agent("search_models", query=found["suggestions"][0])
    return str(found["items"][0]["id"])


async def compare_versions(agent: Agent) -> list[str]:
    newer, older = (await agent("get_model_versions", model_id="coin-judge"))["items"][:2]
    told = await agent(
        "compare_model_versions", model_id="coin-judge", version1=older["version"], version2=newer["version"]
    )
    return [change["name"] for change in told["parameter_changes"]]


async def who_did_what(agent: Agent) -> tuple[str, str]:
    events = (await agent("get_audit_trail", model_id="coin-judge", kind="version_registered"))["items"]
    return events[0]["actor"], events[0]["reason"]


async def register_anew(agent: Agent) -> dict[str, Any]:
    text = coin("Card Judge", heads=0.4)
    assert (await agent("validate_model", source=text))["ok"]
    assert (await agent("register_model", source=text, dry_run=True))["outcome"] == "created"
    return await agent("register_model", source=text, reason="asked for", op_id="card-1")


async def change_a_number(agent: Agent) -> dict[str, Any]:
    model = await agent("get_model_info", model_id="coin-judge", detail="concise")
    piece = await agent("get_model_source", model_id=model["id"])
    assert piece["exact"]
    assert piece["next_offset"] is None
    text = piece["text"].replace("(0.7, 0.8)", "(0.6, 0.8)").replace("(0.3, 0.2)", "(0.4, 0.2)")
    planned = await agent("register_model", source=text, dry_run=True)
    assert planned["outcome"] == "new_version"
    return await agent("register_model", source=text, reason="less bent", expected_revision=model["revision"])


async def release_by_number(agent: Agent) -> dict[str, Any]:
    return await agent("create_model_version", model_id="weather-chain", version="2.0.0", reason="it has proved itself")


async def deprecate_for_the_nearest(agent: Agent) -> Any:
    near = (await agent("find_similar_models", model_id="dice-judge", limit=3))["items"][0]
    told = await agent("deprecate_model", model_id="dice-judge", reason="superseded", replacement=near["id"])
    return told["replacement"], near["id"]


async def roll_back(agent: Agent) -> None:
    model = await agent("get_model_info", model_id="coin-judge")
    older = next(row["version"] for row in model["versions"] if row["version"] != model["current_version"])
    await agent(
        "rollback_model", model_id="coin-judge", version=older, reason="drifts", expected_revision=model["revision"]
    )


async def yank(agent: Agent) -> str:
    newest = (await agent("get_model_versions", model_id="coin-judge", limit=1))["items"][0]
    done = await agent("yank_model_version", model_id="coin-judge", version=newest["version"], reason="wrong numbers")
    return str(done["current_version"])


async def point_an_alias(agent: Agent) -> str:
    model = await agent("get_model_info", model_id="coin-judge")
    await agent("set_model_alias", model_id="coin-judge", alias="production", version=model["versions"][-1]["version"])
    return str((await agent("get_model_source", model_id="coin-judge@production"))["version"])


async def delete(agent: Agent) -> None:
    model = await agent("get_model_info", model_id="tea-taster", detail="concise")
    assert model["dependencies"]["required_by"] == []
    await agent("delete_model", model_id="tea-taster", reason="asked for", confirm=model["id"])


async def delete_what_is_required(agent: Agent) -> list[str]:
    model = await agent("get_model_info", model_id="coin-judge", detail="concise")
    dependents = list(model["dependencies"]["required_by"])
    for model_id in dependents:
        await agent("archive_model", model_id=model_id, reason="goes with coin-judge")
    await agent("delete_model", model_id="coin-judge", force=bool(dependents), confirm="coin-judge")
    return dependents


async def bring_back(agent: Agent) -> None:
    gone = (await agent("list_models", filters={"state": ["deleted"]}))["items"]
    await agent("restore_model", model_id=gone[0]["id"], reason="it was no mistake")


async def archive_by_tag(agent: Agent) -> int:
    rows = (await agent("list_models", filters={"tags": ["toy"]}))["items"]
    for row in rows:
        await agent("archive_model", model_id=row["id"], reason="toys go")
    return len(rows)


async def clean_up(agent: Agent) -> list[str]:
    due = (await agent("cleanup_registry"))["actions"]
    done = await agent("cleanup_registry", dry_run=False, confirm="cleanup")
    assert done["actions"] == due
    return [action["id"] for action in due]


async def measure(agent: Agent) -> list[str]:
    await agent("update_model_metadata", model_id="dice-judge", metadata={"performance": {"accuracy": 0.93}})
    return [hit["id"] for hit in (await agent("search_models", query="performance.accuracy>=0.9"))["items"]]


async def require(agent: Agent) -> Any:
    rover = await agent("get_model_info", model_id="solar-rover", detail="concise")
    wanted = {"dependencies": [f"weather-chain@^{rover['current_version']}"]}
    await agent("update_model_metadata", model_id="solar-rover", metadata=wanted, reason="it plans by the weather")
    return (await agent("get_model_info", model_id="weather-chain", detail="concise"))["dependencies"]["required_by"]


async def count_page_by_page(agent: Agent) -> tuple[int, int]:
    page = await agent("list_models", limit=6)
    seen = [row["id"] for row in page["items"]]
    while page["next_cursor"]:
        page = await agent("list_models", limit=6, cursor=page["next_cursor"])
        seen += [row["id"] for row in page["items"]]
    return len(set(seen)), page["total"]


async def know_again(agent: Agent) -> list[tuple[str, str]]:
    matches = (await agent("identify_model", source=coin().replace("# fair or bent", "# which coin")))["matches"]
    return [(match["id"], match["version"]) for match in matches]


async def look_back(agent: Agent) -> str:
    first = (await agent("get_audit_trail", model_id="coin-judge", limit=50))["items"][-1]
    return str((await agent("get_model_info", model_id="coin-judge", as_of=str(first["seq"])))["current_version"])


async def back_up(agent: Agent) -> bool:
    await agent("backup_registry")
    return bool((await agent("validate_registry"))["ok"])


async def fill_in_what_is_asked(agent: Agent) -> Any:
    schema = json.loads(await agent.look("registry://help/metadata-schema"))
    assert "author" in schema["required"]
    given = {"name": "Judge of Cards", "description": "Judges whether a card is marked.", "author": "Ada Example"}
    jsonschema.validate(given, schema)
    model_id = (await agent("register_model", source=coin("Card Judge"), metadata=given))["model_id"]
    return json.loads(await agent.look(f"registry://models/{model_id}"))["name"]


async def sum_up(agent: Agent) -> int:
    numbers = await agent("generate_registry_statistics")
    assert json.loads(await agent.look("registry://statistics"))["models"] == numbers["models"]
    return int(numbers["states"]["deprecated"])


ADMIN = ("read", "write", "admin")
TASKS = {
    "find by words": Task("Which model is about a machine that wears out?", find_by_words,
                          lambda _, said: said == "machine-maintenance-agent"),
    "find by facts": Task("Which factored models have two factors?", find_by_facts,
                          lambda _, said: said == {"restless-bandit-player", "solar-rover", "t-maze-explorer"}),
    "find after a misspelling": Task("Is there something on mainteance?", find_after_misspelling,
                                     lambda _, said: said == "machine-maintenance-agent"),
    "compare": Task("What changed in coin-judge last?", compare_versions, lambda _, said: said == ["A"]),
    "who did it": Task("Who changed coin-judge last, and why?", who_did_what,
                       lambda _, said: said == ("grace", "the coin is bent")),
    "register": Task("Register this card judge.", register_anew,
                     lambda registry, _: current(registry, "card-judge") == "1.0.0"),
    "change a number": Task("Make the coin of coin-judge less bent.", change_a_number,
                            lambda registry, said: current(registry, "coin-judge") == said["version"] == "1.2.0"),
    "release by number": Task("Release weather-chain as 2.0.0.", release_by_number,
                              lambda registry, _: current(registry, "weather-chain") == "2.0.0"),
    "deprecate": Task("Deprecate dice-judge in favour of what is nearest to it.", deprecate_for_the_nearest,
                      lambda registry, said: said[0] == said[1] and state(registry, "dice-judge") == "deprecated"),
    "roll back": Task("Go back to the earlier coin-judge.", roll_back,
                      lambda registry, _: current(registry, "coin-judge") == "1.0.0"),
    "yank": Task("The newest coin-judge has wrong numbers: withdraw it.", yank,
                 lambda registry, said: current(registry, "coin-judge") == said == "1.0.0"),
    "alias": Task("Let production of coin-judge be its first version.", point_an_alias,
                  lambda registry, said: registry.catalogue().entries["coin-judge"].aliases["production"] == said),
    "delete": Task("Delete tea-taster.", delete, lambda registry, _: state(registry, "tea-taster") == "deleted"),
    "delete what is required": Task("Delete coin-judge, and put aside what needs it.", delete_what_is_required,
                                    lambda registry, said: (said, state(registry, "dice-judge"),
                                                            state(registry, "coin-judge"))
                                    == (["dice-judge"], "archived", "deleted")),
    "bring back": Task("Bring back the model that was deleted.", bring_back,
                       lambda registry, _: state(registry, "lost-judge") == "active"),
    "archive by tag": Task("Archive every toy.", archive_by_tag,
                           lambda registry, said: said == 2 and state(registry, "coin-judge") == "archived"),
    "clean up": Task("Clean up.", clean_up,
                     lambda registry, said: said == ["old-judge"] and state(registry, said[0]) == "archived", ADMIN),
    "measure": Task("dice-judge is right in 93 % of the cases. Which are above 90 %?", measure,
                    lambda _, said: said == ["dice-judge"]),
    "require": Task("solar-rover needs weather-chain from now on. What needs weather-chain?", require,
                    lambda _, said: said == ["solar-rover"]),
    "count": Task("How many models are there?", count_page_by_page, lambda _, said: said[0] == said[1] == 15),
    "know again": Task("Do we have this text?", know_again, lambda _, said: ("coin-judge", "1.0.0") in said),
    "look back": Task("Which coin-judge was current at first?", look_back, lambda _, said: said == "1.0.0"),
    "back up": Task("Back up, and see that all is well.", back_up, lambda _, said: said, ADMIN),
    "fill in": Task("Register this card judge with all that is required.", fill_in_what_is_asked,
                    lambda _, said: said == "Judge of Cards"),
    "sum up": Task("How many models are deprecated?", sum_up, lambda _, said: said == 1),
}  # fmt: skip


@pytest.mark.parametrize("name", TASKS)
async def test_an_assistant_ends_in_the_right_state_with_no_wrong_call(name: str) -> None:
    task, registry = TASKS[name], seeded()
    era = "legacy" if list(TASKS).index(name) % 2 else "auto"
    async with Client(build_server(registry, toolsets=task.toolsets), mode=era) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        answer = await task.steps(Agent(client, tools, task.said))
    assert task.is_done(registry, answer), answer
    assert registry.validate_registry()["ok"]


DESTRUCTIVE: list[tuple[str, dict[str, Any]]] = [
    ("delete_model", {"model_id": "tea-taster"}),
    ("delete_model", {"model_id": "coin-judge", "force": True}),
    ("cleanup_registry", {"dry_run": False}),
]
"""The calls that destroy, as the schemas of their tools have them."""


async def test_every_destructive_tool_is_driven_below(era: str) -> None:
    async with Client(build_server(seeded(), toolsets=ADMIN), mode=era) as client:
        tools = (await client.list_tools()).tools
    destructive = {tool.name for tool in tools if tool.annotations and tool.annotations.destructive_hint}
    assert destructive == {tool for tool, _ in DESTRUCTIVE}


@pytest.mark.parametrize(("tool", "given"), DESTRUCTIVE)
async def test_a_client_that_cannot_ask_its_user_gets_by_with_the_schema(
    era: str, tool: str, given: dict[str, Any]
) -> None:
    registry = seeded()
    async with Client(build_server(registry, toolsets=ADMIN), mode=era) as client:
        schema = next(row.input_schema for row in (await client.list_tools()).tools if row.name == tool)
        assert "where the user cannot be asked" in schema["properties"]["confirm"]["description"]
        before = registry.catalogue().position
        message = await refusal(client, tool, **given)
        assert registry.catalogue().position == before
        word = re.findall(r"confirm='([a-z-]+)'", message)
        asked = {**given, "confirm": word[0]}
        jsonschema.validate(asked, schema)
        await call(client, tool, **asked)
    assert registry.catalogue().position.seq > before.seq
