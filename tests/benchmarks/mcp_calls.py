"""What the MCP door costs on top of the bare SDK: for each call, and from the start to the list of tools.

    python tests/benchmarks/mcp_calls.py [--calls 300] [--starts 7]

Calls: the same operations of the same registry as tools of a bare MCPServer with the same output schemas, which give
what the operation gives and do nothing else; asked in turn, in memory, in both protocol eras. What is left is ours:
checks, cleaning, bounds and links.
Starts: processes that serve on standard input and output, ours over the registry of the examples and a bare one with
one tool, in turn: until each has answered tools/list, then a first call asked at once after it, and what memory each
holds then.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Annotated, Any

import anyio
import mcp.types as t
from mcp import Client
from mcp.server import MCPServer

from model_registry.bootstrap import memory_registry, open_registry
from model_registry.domain.source import Source
from model_registry.mcp import build_server
from model_registry.mcp_door import shapes
from model_registry.registry import Registry

SRC = Path(__file__).resolve().parents[2] / "src"
EXAMPLES = SRC / "model_registry" / "examples"
CALLS: Mapping[str, Mapping[str, Any]] = {
    "get_model_info": {"model_id": "solar-rover"},
    "get_model_versions": {"model_id": "solar-rover"},
    "list_models": {"limit": 10},
    "search_models": {"query": "agent"},
    "archive_model": {"model_id": "solar-rover"},
}
BUDGET_MS = 0.5
UNITS = {"listed": "ms", "called": "ms", "resident": "MB"}

BARE = '''
from mcp.server import MCPServer
server = MCPServer("bare")
@server.tool()
def double(number: int) -> int:
    """Give twice a number."""
    return 2 * number
server.run("stdio")
'''
FIRST: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "ours": ("get_model_info", {"model_id": "solar-rover"}),
    "bare": ("double", {"number": 2}),
}
"""The first call of each server."""


def fill(registry: Registry) -> Registry:
    """Give the registry with the examples, one of which is archived."""
    for file in sorted(EXAMPLES.glob("*.md")):
        registry.register_model(Source(file.read_bytes(), file.name))
    registry.archive_model(str(CALLS["archive_model"]["model_id"]))
    return registry


def bare_server(registry: Registry) -> MCPServer[Any]:
    """Give a server with the same operations and nothing of ours between them and the SDK."""
    server: MCPServer[Any] = MCPServer("bare")
    step = {"next_step": None}

    def answer(view: dict[str, Any]) -> t.CallToolResult:
        text = json.dumps(view, ensure_ascii=False, separators=(",", ":"))
        return t.CallToolResult(content=[t.TextContent(type="text", text=text)], structured_content=view)

    def get_model_info(model_id: str) -> Annotated[t.CallToolResult, shapes.Model]:
        return answer(registry.get_model_info(model_id))

    def get_model_versions(model_id: str) -> Annotated[t.CallToolResult, shapes.VersionPage]:
        return answer(registry.get_model_versions(model_id, limit=10) | step)

    def list_models(limit: int) -> Annotated[t.CallToolResult, shapes.ModelPage]:
        return answer(registry.list_models(limit=limit) | step)

    def search_models(query: str) -> Annotated[t.CallToolResult, shapes.SearchPage]:
        return answer(registry.search_models(query, limit=10) | step)

    def archive_model(model_id: str) -> Annotated[t.CallToolResult, shapes.Lifecycle]:
        return answer(registry.archive_model(model_id))

    for tool in (get_model_info, get_model_versions, list_models, search_models, archive_model):
        server.add_tool(tool)
    return server


async def call_times(era: str, count: int) -> dict[str, tuple[float, float]]:
    """Give for each tool the median milliseconds of a call, ours and bare."""
    registry = fill(memory_registry())
    async with (
        Client(build_server(registry), mode=era) as ours,
        Client(bare_server(registry), mode=era) as bare,
    ):
        return {
            tool: await _in_turn([_calling(ours, tool, asked), _calling(bare, tool, asked)], count)
            for tool, asked in CALLS.items()
        }


def _calling(client: Client, tool: str, asked: Mapping[str, Any]) -> Callable[[], Any]:
    async def call() -> None:
        result = await client.call_tool(tool, dict(asked))
        assert not result.is_error, result

    return call


async def _in_turn(calls: list[Callable[[], Any]], count: int) -> tuple[float, float]:
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(count):
        for call, seen in zip(calls, times, strict=True):
            started = perf_counter()
            await call()
            seen.append((perf_counter() - started) * 1_000)
    ours, bare = (median(seen[count // 10 :]) for seen in times)
    return ours, bare


@dataclass(frozen=True, slots=True)
class Start:
    """Milliseconds from the start of a process to its list of tools and to its first result, and megabytes it holds."""

    listed: float
    called: float
    resident: float


def starts(count: int) -> dict[str, list[Start]]:
    """Start each server so many times, in turn."""
    with tempfile.TemporaryDirectory() as place:
        fill(open_registry(f"{place}/registry"))
        commands = {
            "ours": ["-m", "model_registry", "serve", "--registry", f"{place}/registry", "--root", place],
            "bare": ["-c", BARE],
        }
        seen: dict[str, list[Start]] = {name: [] for name in commands}
        for _ in range(count):
            for name, arguments in commands.items():
                seen[name].append(_started([sys.executable, *arguments], *FIRST[name]))
    return seen


def _started(command: list[str], tool: str, arguments: Mapping[str, Any]) -> Start:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "1"}}
    asked = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    first = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    started = perf_counter()
    with subprocess.Popen(command, env=environment, **pipes) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("".join(json.dumps(line) + "\n" for line in asked))
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(2)]
        listed = (perf_counter() - started) * 1_000
        process.stdin.write(json.dumps(first) + "\n")
        process.stdin.flush()
        answers.append(json.loads(process.stdout.readline()))
        called = (perf_counter() - started) * 1_000
        held = resident(process.pid)
        process.stdin.close()
    assert answers[1]["result"]["tools"]
    assert not answers[2]["result"].get("isError"), answers[2]
    return Start(listed, called, held)


def resident(process_id: int) -> float:
    """Give the megabytes of memory a process holds, nan where the system does not tell."""
    told = Path(f"/proc/{process_id}/status")
    lines = told.read_text().splitlines() if told.exists() else []
    return next((int(line.split()[1]) / 1_000 for line in lines if line.startswith("VmRSS:")), math.nan)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, default=300)
    options.add_argument("--starts", type=int, default=7)
    given = options.parse_args()
    for era in ("auto", "legacy"):
        for tool, (ours, bare) in anyio.run(call_times, era, given.calls).items():
            print(f"{era:7} {tool:20} ours {ours:6.2f} ms  bare {bare:6.2f} ms  on top {ours - bare:+6.2f} ms")
    print(f"budget for a call on top: {BUDGET_MS} ms")
    seen = starts(given.starts)
    for what in ("listed", "called", "resident"):
        figures = {name: [getattr(start, what) for start in each] for name, each in seen.items()}
        middle = {name: median(values) for name, values in figures.items()}
        for name, values in figures.items():
            print(f"start   {name} {what:15} median {middle[name]:6.0f} {UNITS[what]}  least {min(values):6.0f}")
        print(f"start   ours : bare          median {middle['ours'] / middle['bare']:6.2f}")


if __name__ == "__main__":
    main()
