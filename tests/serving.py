"""A server over HTTP as a process of its own, and calls to it as they stand on the wire."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

SOURCES = Path(__file__).parents[1] / "src"
MODERN = "2026-07-28"
SURROUNDINGS = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}


@dataclass
class Serving:
    """A server that runs; its URL ends in /mcp."""

    process: subprocess.Popen[str]
    url: str

    def stop(self) -> tuple[int, str]:
        """Tell the server to stop as a supervisor does; gives its exit code and what it said on the error stream."""
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


def start(folder: Path, *options: str) -> Serving:
    """Start a server on a free port of this machine, over the registry in a folder."""
    registry = ["--registry", str(folder / "registry")]
    return start_module(folder, "model_registry", *registry, "serve", "--http", "127.0.0.1:0", *options)


def start_module(folder: Path, module: str, *arguments: str) -> Serving:
    """Start a module that serves, and wait for its URL; a warning ends it."""
    tests = Path(__file__).parent
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", module, *arguments],
        cwd=folder,
        env={**SURROUNDINGS, "PYTHONPATH": os.pathsep.join(map(str, (SOURCES, tests)))},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    told = process.stderr.readline()
    assert told.startswith("Serving the registry at http://127.0.0.1:"), told + process.stderr.read()
    return Serving(process, told.split()[-1])


@asynccontextmanager
async def connected(serving: Serving, token: str = "", era: str = "auto") -> AsyncIterator[Client]:
    """Give a client of a server, with a token if one is named."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(serving.url, http_client=http), mode=era) as client,
    ):
        yield client


def wire(method: str, name: str = "", /, **params: Any) -> dict[str, Any]:
    """Give headers and body of a request of the newer era, for httpx2."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    headers = {
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": MODERN,
        "Mcp-Method": method,
        **({"Mcp-Name": name} if name else {}),
    }
    return {
        "headers": headers,
        "json": {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}},
    }


def wire_call(tool: str, /, **arguments: Any) -> dict[str, Any]:
    """Give headers and body of a call of a tool."""
    return wire("tools/call", tool, name=tool, arguments=arguments)
