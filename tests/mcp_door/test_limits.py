"""What a server takes on, and how it refuses the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.types import Message, Receive, Scope, Send

from model_registry.mcp_door.limits import MOST_CALLERS, Allowance, Gate, Limits, Rates

pytestmark = pytest.mark.anyio
spans = st.floats(0, 1_000)


def call(method: str = "POST", address: str = "127.0.0.1", **more: Any) -> Scope:
    return {"type": "http", "method": method, "path": "/mcp", "headers": [], "client": (address, 1)} | more


class Answers:
    """Takes what is sent, as a server does."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def told(self) -> str:
        return str(json.loads(self.sent[1]["body"])["error"]["message"])

    @property
    def retry_after(self) -> int:
        return int(dict(self.sent[0]["headers"])[b"retry-after"])


async def receive() -> Message:
    return {"type": "http.disconnect"}


class Busy:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.finish = anyio.Event()
        self.at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.at_work += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.finish.wait()
        await send({"type": "http.response.body", "body": b"done"})


async def answered(gate: Gate, scope: Scope) -> Answers:
    answers = Answers()
    await gate(scope, receive, answers)
    return answers


@given(st.lists(spans, min_size=1, max_size=30), st.floats(0.1, 50), st.integers(1, 5))
def test_nobody_makes_more_calls_than_saved_up_and_earned(spans: list[float], per_second: float, burst: int) -> None:
    moments: Iterator[float] = iter([0.0, *(sum(spans[: n + 1]) for n in range(len(spans)))])
    rates = Rates(Limits(per_second=per_second, burst=burst), clock=lambda: next(moments))
    let_in = [rates.wait("ada") == 0 for _ in range(len(spans) + 1)]
    assert let_in[0]
    assert sum(let_in) <= burst + sum(spans) * per_second + 1e-6


@given(spans, st.floats(0, 5))
def test_who_waits_as_long_as_told_is_let_in(now: float, saved: float) -> None:
    limits = Limits(per_second=2, burst=5)
    moments = iter([now])
    rates = Rates(limits, clock=lambda: next(moments))
    rates._allowances["ada"] = Allowance(saved, now)
    wait = rates.wait("ada")
    assert (wait == 0) == (saved >= 1)
    assert Allowance(saved, now).later(now + wait + 1e-9, limits).calls >= 1


def test_callers_do_not_use_up_each_others_calls() -> None:
    rates = Rates(Limits(per_second=0.5, burst=1), clock=lambda: 0.0)
    assert [rates.wait("ada"), rates.wait("ada"), rates.wait("grace")] == [0, 2, 0]


def test_callers_who_may_call_freely_again_are_forgotten() -> None:
    moments = iter([*[0.0] * MOST_CALLERS, 100.0])
    rates = Rates(Limits(per_second=1, burst=2), clock=lambda: next(moments))
    for number in range(MOST_CALLERS + 1):
        rates.wait(str(number))
    assert list(rates._allowances) == [str(MOST_CALLERS)]


async def test_too_many_calls_are_told_when_to_come_again() -> None:
    gate = Gate(Busy(), Limits(per_second=0.25, burst=0))
    refused = await answered(gate, call())
    assert (refused.status, refused.retry_after) == (429, 4)
    assert "nothing was done. Repeat the call after 4 s" in refused.told


async def test_a_caller_is_the_token_and_else_the_address() -> None:
    app = Busy()
    app.finish.set()
    gate = Gate(app, Limits(per_second=0.01, burst=1))
    ada, grace = (AuthenticatedUser(AccessToken(token="", client_id=name, scopes=[])) for name in ("ada", "grace"))
    scopes = [call(), call(), call(address="127.0.0.2"), call(user=ada), call(user=grace), call(user=ada)]
    assert [(await answered(gate, scope)).status for scope in scopes] == [200, 429, 200, 200, 200, 429]


async def test_calls_and_streams_are_counted_apart() -> None:
    app = Busy()
    gate = Gate(app, Limits(at_once=2, streams=1, waiting=0))
    listen = call(headers=[(b"mcp-method", b"subscriptions/listen")])
    async with anyio.create_task_group() as group:
        for scope in (call(), call(), call("GET")):
            group.start_soon(answered, gate, scope)
        await anyio.wait_all_tasks_blocked()
        assert app.at_work == 3
        for scope in (call(), call("GET"), listen, call("GET", path="/")):
            refused = await answered(gate, scope)
            assert (refused.status, refused.retry_after) == (503, 1)
            assert "too many calls at once" in refused.told
        app.finish.set()
    assert (await answered(gate, call())).status == 200


async def test_a_call_that_finds_no_place_waits_for_one() -> None:
    app = Busy()
    gate = Gate(app, Limits(at_once=1, waiting=2))
    got: list[int] = []

    async def ask() -> None:
        got.append((await answered(gate, call())).status)

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        assert (app.at_work, got) == (1, [503])
        app.finish.set()
    assert got == [503, 200, 200, 200]


async def test_a_call_waits_no_longer_than_its_patience() -> None:
    app = Busy()
    gate = Gate(app, Limits(at_once=1, patience=0.01))
    async with anyio.create_task_group() as group:
        group.start_soon(answered, gate, call())
        await anyio.wait_all_tasks_blocked()
        refused = await answered(gate, call())
        assert (refused.status, refused.retry_after, app.at_work) == (503, 1, 1)
        app.finish.set()
    assert (await answered(gate, call())).status == 200


async def test_a_call_that_waits_when_the_gate_closes_is_not_begun() -> None:
    app = Busy()
    gate = Gate(app, Limits(at_once=1))
    waiting = Answers()
    async with anyio.create_task_group() as group:
        group.start_soon(answered, gate, call())
        await anyio.wait_all_tasks_blocked()
        group.start_soon(gate, call(), receive, waiting)
        await anyio.wait_all_tasks_blocked()
        gate.close()
        app.finish.set()
    assert (waiting.status, app.at_work) == (503, 1)
    assert "the server is stopping" in waiting.told


async def test_a_closed_gate_lets_calls_end_ends_streams_in_due_form_and_lets_nothing_in() -> None:
    app = Busy()
    gate = Gate(app, Limits())
    running, stream = Answers(), Answers()
    async with anyio.create_task_group() as group:
        group.start_soon(gate, call(), receive, running)
        group.start_soon(gate, call("GET"), receive, stream)
        await anyio.wait_all_tasks_blocked()
        gate.close()
        await anyio.wait_all_tasks_blocked()
        assert stream.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
        assert len(running.sent) == 1
        refused = await answered(gate, call())
        assert (refused.status, refused.told.partition(":")[0]) == (503, "service_unavailable")
        app.finish.set()
    assert running.sent[-1]["body"] == b"done"


async def test_a_call_that_fails_gives_its_place_back() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise ConnectionResetError

    gate = Gate(failing, Limits(at_once=1))
    for _ in range(2):
        with pytest.raises(ConnectionResetError):
            await answered(gate, call())
