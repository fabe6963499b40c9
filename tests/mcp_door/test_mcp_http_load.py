"""A server over HTTP under load, and stopped in the midst of it. It asks for no tokens, as on one's own machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest

from model_registry.bootstrap import open_registry
from serving import Serving, start, wire, wire_call
from texts import coin, source

pytestmark = pytest.mark.anyio

AT_ONCE = 8


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    open_registry(tmp_path / "registry", actor="ada").register_model(source(coin()))
    serving = start(tmp_path, "--max-calls", str(AT_ONCE), "--actor", "ada")
    yield serving
    serving.process.kill()
    serving.process.communicate()


async def test_of_a_thousand_parallel_calls_each_is_answered_or_told_to_come_again(serving: Serving) -> None:
    answers: list[httpx2.Response] = []

    async def ask() -> None:
        answers.append(await on_its_own(serving, wire_call("get_model_info", model_id="coin-judge")))

    async with anyio.create_task_group() as group:
        for _ in range(1_000):
            group.start_soon(ask)
    after = httpx2.get(serving.url.replace("/mcp", "/health"))
    statuses = [answer.status_code for answer in answers]
    assert len(statuses) == 1_000
    assert set(statuses) <= {200, 429, 503}
    assert statuses.count(200) >= AT_ONCE
    for answer in answers:
        if answer.status_code == 200:
            assert answer.json()["result"]["structuredContent"]["name"] == "Coin Judge"
        else:
            assert int(answer.headers["retry-after"]) >= 1
            assert "nothing was done" in answer.json()["error"]["message"]
    assert after.json()["status"] == "ok"


async def test_a_stopped_server_answers_what_it_began_and_loses_nothing(serving: Serving, tmp_path: Path) -> None:
    outcomes: dict[str, str] = {}
    stopped: list[tuple[int, str]] = []
    limits = httpx2.Limits(max_connections=AT_ONCE + 1)
    async with httpx2.AsyncClient(limits=limits, timeout=60) as http:

        async def register(name: str) -> None:
            outcomes[name] = await outcome(http, serving, wire_call("register_model", source=coin(name)))

        async def stop_in_the_midst() -> None:
            while len(outcomes) < 3:
                await anyio.lowlevel.checkpoint()
            stopped.append(await anyio.to_thread.run_sync(serving.stop))

        listening = wire("subscriptions/listen", notifications={"toolsListChanged": True})
        async with anyio.create_task_group() as group, http.stream("POST", serving.url, **listening) as stream:
            assert stream.status_code == 200
            for number in range(100):
                group.start_soon(register, f"Judge {number}")
            group.start_soon(stop_in_the_midst)
            async for _ in stream.aiter_bytes():
                pass
    code, said = stopped[0]
    assert (code, [line for line in said.splitlines() if "Traceback" in line or "ERROR" in line]) == (0, [])
    assert len(outcomes) == 100
    answered = {name for name, told in outcomes.items() if told == "created"}
    assert answered
    assert set(outcomes.values()) - {"created"} <= {"429", "503", "not let in"}
    registry = open_registry(tmp_path / "registry")
    assert {model["name"] for model in registry.list_models(limit=100)["items"]} == {"Coin Judge", *answered}
    assert registry.validate_registry()["ok"]


async def on_its_own(serving: Serving, request: dict[str, Any]) -> httpx2.Response:
    """Send a request over a connection of its own; the client library is too slow at opening a thousand of them."""
    url = httpx2.URL(serving.url)
    asked = httpx2.Request("POST", url, json=request["json"], headers={**request["headers"], "Connection": "close"})
    lines = [
        b"POST %s HTTP/1.1" % url.raw_path,
        *(b"%s: %s" % header for header in asked.headers.raw),
        b"",
        asked.content,
    ]
    async with await anyio.connect_tcp(url.host, url.port or 80) as connection:
        await connection.send(b"\r\n".join(lines))
        answer = b"".join([part async for part in connection])
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.decode().split("\r\n")
    return httpx2.Response(int(status.split()[1]), headers=dict(line.split(": ", 1) for line in headers), content=body)


async def outcome(http: httpx2.AsyncClient, serving: Serving, request: dict[str, Any]) -> str:
    """Give the outcome of a registration, or how it was refused."""
    try:
        answer = await http.post(serving.url, **request)
    except httpx2.TransportError:
        return "not let in"
    result = answer.json().get("result")
    return str(result["structuredContent"]["outcome"]) if result else str(answer.status_code)
