"""Calls of tools over MCP: in memory beside a bare server of the SDK, over stdio, and over HTTP by 1 and 8 clients."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from benchmarks.mcp_calls import BARE, CALLS, call_times
from benchmarks.measuring import OURS, Figure, percentile
from benchmarks.stage import SURROUNDINGS, Stage
from serving import connected, start

ROUNDS = 60
CLIENTS = 8
SDK = "bare MCP SDK"


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure calls to a server of a filled registry."""
    chosen = list(stage.registry.catalogue().entries)[: ROUNDS + 1]
    asked: Mapping[str, list[Mapping[str, Any]]] = {
        "get_model_info": [{"model_id": model_id} for model_id in chosen],
        "search_models": [{"query": "octopus glacier", "limit": 10}] * len(chosen),
        "list_models": [{"limit": 10}] * len(chosen),
    }
    for tool, times in anyio.run(_over_stdio, stage, asked).items():
        who, name = (SDK, "a call over stdio: nothing") if tool == "double" else (OURS, f"a call over stdio: {tool}")
        yield Figure(name, stage.models, who, median(times), p95=percentile(times))
    for clients in (1, CLIENTS):
        times, took, held = anyio.run(_over_http, stage, asked["get_model_info"], clients)
        title = f"get_model_info over HTTP, {clients} client{'s' if clients > 1 else ''}"
        yield Figure(title, stage.models, OURS, median(times), p95=percentile(times))
        yield Figure(f"{title}: calls", stage.models, OURS, len(times) / took, "a second")
    yield Figure("memory, serving", stage.models, OURS, held, "MB")


def in_memory(count: int = 100) -> Iterator[Figure]:
    """Measure what the door costs on top of the SDK, in memory."""
    for tool, (ours, bare) in anyio.run(call_times, "auto", count).items():
        yield Figure(f"a call in memory: {tool}", len(CALLS), OURS, ours)
        yield Figure(f"a call in memory: {tool}", len(CALLS), SDK, bare)


async def _over_stdio(stage: Stage, asked: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, list[float]]:
    serve = ["-m", "model_registry", "serve", "--registry", str(stage.place), "--root", str(stage.scratch)]
    times: dict[str, list[float]] = {}
    async with (
        Client(StdioServerParameters(command=sys.executable, args=serve, env=SURROUNDINGS)) as ours,
        Client(StdioServerParameters(command=sys.executable, args=["-c", BARE], env=SURROUNDINGS)) as bare,
    ):
        for tool, calls in asked.items():
            times[tool] = [await _called(ours, tool, arguments) for arguments in calls][1:]
        times["double"] = [await _called(bare, "double", {"number": number}) for number in range(ROUNDS)][1:]
    return times


async def _over_http(stage: Stage, asked: list[Mapping[str, Any]], clients: int) -> tuple[list[float], float, float]:
    serving = start(stage.place.parent, "--max-rate", "1000000")
    times: list[float] = []
    try:
        async with AsyncExitStack() as stack:
            several = [await stack.enter_async_context(connected(serving)) for _ in range(clients)]
            for client in several:
                await _called(client, "get_model_info", asked[0])

            async def go_on(client: Client) -> None:
                times.extend([await _called(client, "get_model_info", arguments) for arguments in asked[1:]])

            began = perf_counter()
            async with anyio.create_task_group() as group:
                for client in several:
                    group.start_soon(go_on, client)
            took = perf_counter() - began
            held = resident(serving.process.pid)
    finally:
        serving.stop()
    return times, took, held


def resident(process: int) -> float:
    """Give the megabytes a process holds in memory."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _called(client: Client, tool: str, arguments: Mapping[str, Any]) -> float:
    began = perf_counter()
    result = await client.call_tool(tool, dict(arguments))
    took = (perf_counter() - began) * 1_000
    assert not result.is_error, result
    return took
