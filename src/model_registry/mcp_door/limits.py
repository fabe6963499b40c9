"""How much a server over HTTP takes on: calls at once, calls a second from one caller, streams held open.

A call that finds every place taken waits a short while for one: few clients try again by themselves. What is too much
even so is refused before it begins, with the time to wait; so a call is either answered or was never tried.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import anyio
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.transport_security import DEFAULT_MAX_REQUEST_BODY_SIZE
from mcp.types import INTERNAL_ERROR
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model_registry.mcp_door.address import PATH

MOST_CALLERS = 10_000
"""Callers remembered; beyond, those that may call freely again are forgotten."""

LISTENING = "subscriptions/listen"
"""The request that stays open to tell of changes; in the older era that is every GET of the protocol's path."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server takes on. A caller may save up `burst` calls; streams and sessions stay open between calls.

    Besides the calls answered `at_once`, so many may be `waiting`, each for `patience` seconds.
    """

    body: int = DEFAULT_MAX_REQUEST_BODY_SIZE
    at_once: int = 128
    waiting: int = 512
    patience: float = 5.0
    per_second: float = 100.0
    burst: int = 400
    streams: int = 256
    sessions: int = 1_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many calls a caller has saved up at a moment, in seconds of any clock that never goes back."""

    calls: float
    at: float

    def later(self, now: float, limits: Limits) -> Allowance:
        """Give it as it has grown since."""
        return Allowance(min(limits.burst, self.calls + (now - self.at) * limits.per_second), now)

    def spent(self) -> Allowance:
        """Give it after one more call."""
        return Allowance(self.calls - 1, self.at)


class Rates:
    """How often each caller called lately."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._allowances: dict[str, Allowance] = {}

    def wait(self, caller: str) -> float:
        """Give how many seconds a caller must wait; 0 lets the call in, and counts it."""
        now = self._clock()
        known = self._allowances.get(caller, Allowance(self._limits.burst, now)).later(now, self._limits)
        if known.calls < 1:
            return (1 - known.calls) / self._limits.per_second
        self._allowances[caller] = known.spent()
        if len(self._allowances) > MOST_CALLERS:
            self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        grown = {caller: known.later(now, self._limits) for caller, known in self._allowances.items()}
        self._allowances = {caller: known for caller, known in grown.items() if known.calls < self._limits.burst}


class Gate:
    """Stands before an application and lets in what it can carry. Closed, it lets calls end and ends the streams."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._rates = Rates(limits)
        self._places = anyio.Semaphore(limits.at_once)
        self._streams: set[anyio.CancelScope] = set()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Tell whether nothing more is let in."""
        return self._closed

    def close(self) -> None:
        """Let nothing more in, and end what would stay open for ever."""
        self._closed = True
        for stream in self._streams:
            stream.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        wait = self._rates.wait(_caller(scope))
        streams = _stays_open(scope)
        if self._closed:
            await _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the server is stopping", 5, send)
        elif wait:
            await _refuse(HTTPStatus.TOO_MANY_REQUESTS, "too many calls from this caller", wait, send)
        elif streams and len(self._streams) < self._limits.streams:
            await self._hold(scope, receive, send)
        elif streams or not await self._placed():
            await _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many calls at once", 1, send)
        else:
            await self._carry(scope, receive, send)

    async def _placed(self) -> bool:
        """Take one of the places for calls, or wait for one; tells whether there was one in time."""
        try:
            self._places.acquire_nowait()
        except anyio.WouldBlock:
            if self._places.statistics().tasks_waiting >= self._limits.waiting:
                return False
            with anyio.move_on_after(self._limits.patience) as wait:
                await self._places.acquire()
            return not wait.cancelled_caught
        return True

    async def _carry(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry a call that has a place, unless the gate was closed while it waited for that."""
        try:
            if self._closed:
                await _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the server is stopping", 5, send)
            else:
                await self._app(scope, receive, send)
        finally:
            self._places.release()

    async def _hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry a stream until its client ends it, or the gate does: in due form, so that no client sees a break."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        with anyio.CancelScope() as stream:
            self._streams.add(stream)
            try:
                await self._app(scope, receive, sending)
            finally:
                self._streams.discard(stream)
        if stream.cancelled_caught and begun:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif stream.cancelled_caught:
            await _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the server is stopping", 5, send)


def _caller(scope: Scope) -> str:
    """Give who calls: the token, else the address."""
    user = scope.get("user")
    if isinstance(user, AuthenticatedUser):
        return f"token {user.access_token.client_id}"
    return f"address {(scope.get('client') or ('',))[0]}"


def _stays_open(scope: Scope) -> bool:
    if scope["path"] != PATH:
        return False
    return scope["method"] == "GET" or Headers(scope=scope).get("mcp-method") == LISTENING


async def _refuse(status: HTTPStatus, why: str, wait: float, send: Send) -> None:
    """Refuse a request as an error of JSON-RPC, which clients show, with the seconds to wait."""
    seconds = math.ceil(wait)
    message = f"{status.phrase.lower().replace(' ', '_')}: {why}; nothing was done. Repeat the call after {seconds} s."
    error = {"jsonrpc": "2.0", "id": None, "error": {"code": INTERNAL_ERROR, "message": message}}
    body = json.dumps(error).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(seconds).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
