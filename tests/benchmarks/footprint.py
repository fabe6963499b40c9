"""What starting takes, what memory and what disk: each in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import mcp_calls
from benchmarks.measuring import OURS, Figure, figures, timed
from benchmarks.peers import Environment
from benchmarks.stage import Stage, python, run

STARTS = 7

IMPORT = """
import json
from time import perf_counter
began = perf_counter()
import model_registry
print(json.dumps(1_000 * (perf_counter() - began)))
"""

OPEN = """
import json, os, sys
from time import perf_counter
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
from model_registry.bootstrap import open_registry
began = perf_counter()
registry = open_registry(sys.argv[1], actor="benchmark")
first = registry.list_models(limit=10)["items"]
opened, held = 1_000 * (perf_counter() - began), resident()
registry.get_model_info(first[0]["id"])
began = perf_counter()
found = registry.search_models("octopus")["total"]
searched = 1_000 * (perf_counter() - began)
print(json.dumps([opened, held, searched, resident(), found]))
"""

PAGE = "import sys; from model_registry import list_models; assert list_models(limit=10, registry_path=sys.argv[1])"


def starts(scratch: Path) -> Iterator[Figure]:
    """Measure what starts without a model: the import, the command, the server beside a bare one of the SDK."""
    yield Figure("import model_registry", 0, OURS, median(python(IMPORT) for _ in range(STARTS)))
    command = {OURS: lambda _: timed(lambda: run([sys.executable, "-m", "model_registry", "--version"]))}
    yield from figures("command line, --version", 0, command, STARTS)
    for name, seen in mcp_calls.starts(STARTS).items():
        who = OURS if name == "ours" else "bare MCP SDK"
        times = [start.listed for start in seen]
        yield Figure("server start to tools/list", 0, who, median(times), p95=max(times))


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure opening, memory and disk of a registry that is filled."""
    seen = [python(OPEN, stage.place) for _ in range(3)]
    opened, held, searched, working, _ = (median(column) for column in zip(*seen, strict=True))
    yield Figure("open, to the first page", stage.models, OURS, opened)
    yield Figure("first search of a process", stage.models, OURS, searched)
    yield Figure("memory, opened", stage.models, OURS, held, "MB")
    yield Figure("memory, after a get and a search", stage.models, OURS, working, "MB")
    for title, peer in stage.peers.items():
        yield Figure("memory, after a get and a search", stage.models, title, peer.ask("resident")[1] / 1e6, "MB")
    for part in ("log", "sources", "models", "index", "anatomy", "inside", "checkpoint"):
        size = sum(path.stat().st_size for path in (stage.place / part).rglob("*") if path.is_file())
        yield Figure(f"disk a model: {part}/", stage.models, OURS, size / stage.models / 1e3, "kB")


def first_pages(stage: Stage, environments: dict[str, tuple[Environment, Path]]) -> Iterator[Figure]:
    """Measure the time from the start of a process to the first page of a filled registry, beside peers'."""

    def peers(environment: Environment, folder: Path) -> float:
        with environment.driven(folder) as peer:
            return peer.started + peer.ask("page", 10)[0]

    calls = {OURS: lambda _: timed(lambda: run([sys.executable, "-c", PAGE, str(stage.place)]))}
    for title, (environment, folder) in environments.items():
        calls[title] = lambda _, environment=environment, folder=folder: peers(environment, folder)  # type: ignore[misc]
    yield from figures("start of a process to the first page", stage.models, calls, 3)
