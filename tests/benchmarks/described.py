"""Measure what the description of the module puts into numbers: times, memory and storage.

    python tests/benchmarks/described.py [MODELS]

The models are the examples of the package under other names. Times are those of single durable calls, the worst of a
hundred beside the median; memory is the resident set of a process of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

from model_registry import extract_model_metadata
from model_registry.bootstrap import open_registry
from model_registry.domain.source import Source
from model_registry.registry import Registration, Registry

EXAMPLES = Path(__file__).resolve().parents[2] / "src" / "model_registry" / "examples"
TIMES = 100
MODELS = 1_200

MEMORY = """
import sys
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
from model_registry.bootstrap import open_registry
registry = open_registry(sys.argv[1], actor="benchmark")
registry.list_models()
opened = resident()
registry.search_models("hidden state")
status = open("/proc/self/status").read()
print(opened, resident(), 1024 * int(status.partition("VmHWM:")[2].split()[0]))
"""
"""A process that opens a registry, searches it, and prints its resident set (opened, at work, at most) in bytes.

The most is asked of /proc: what `getrusage` tells includes what the parent held."""


def texts(count: int) -> Iterator[Source]:
    """Give the examples again and again, under names of their own."""
    examples = [path.read_text() for path in sorted(EXAMPLES.glob("*.md"))]
    for number in range(count):
        text = examples[number % len(examples)]
        renamed = re.sub(r"(## ModelName\n)(.*)", rf"\g<1>\g<2> {number}", text)
        yield Source(renamed.encode(), f"model-{number}.md")


def timed(calls: Iterator[Callable[[], object]]) -> str:
    """Give the median and the worst time of calls, in milliseconds."""
    times = []
    for call in calls:
        began = perf_counter()
        call()
        times.append(1_000 * (perf_counter() - began))
    return f"{median(times):.1f} ms (worst {max(times):.1f})"


def size(place: Path) -> int:
    """Give the bytes of all files below a place."""
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def memory(place: Path) -> tuple[int, int, int]:
    """Give the resident set of a process that has opened a registry, that has searched it, and its peak."""
    done = subprocess.run([sys.executable, "-c", MEMORY, str(place)], capture_output=True, text=True, check=True)
    opened, working, peak = map(int, done.stdout.split())
    return opened, working, peak


def times(registry: Registry) -> Iterator[tuple[str, str]]:
    """Measure single calls on a registry that is filled."""
    ids = [row["id"] for row in registry.list_models(limit=TIMES)["items"]]
    new = [Source(text.data.replace(b"## ModelName\n", b"## ModelName\nNew "), text.filename) for text in texts(TIMES)]
    files = sorted(EXAMPLES.glob("*.md")) * (TIMES // 12)
    yield "Model Registration", timed(partial(registry.register_model, source) for source in new)
    yield (
        "Metadata Extraction",
        timed(partial(extract_model_metadata, path, registry_path=registry.place) for path in files),
    )
    registry.search_models("warm")
    words = ["hidden state", "pomdp", "likelihood AND prior", '"transition matrix"', "obser*"]
    yield "Search Operations", timed(partial(registry.search_models, word) for word in words * (TIMES // 5))
    yield "Version Creation", timed(partial(registry.create_model_version, model_id) for model_id in ids)


def storage(place: Path, models: int) -> Iterator[tuple[str, str]]:
    """Measure what a filled registry takes on the disk."""
    registry = open_registry(place, actor="benchmark")
    texts_kept, before = size(place / "sources"), size(place / "log")
    yield "Metadata Storage", f"{size(place / 'models') / models / 1_000:.1f} kB a model"
    yield "Index Storage", f"{size(place / 'index') / models / 1_000:.1f} kB a model"
    for row in registry.list_models(limit=TIMES)["items"]:
        registry.create_model_version(row["id"])
    yield "Version Storage", f"{(size(place / 'log') - before) / TIMES / 1_000:.1f} kB a version, and its text once"
    base = size(place) - size(place / "backups")
    saved = registry.backup_registry()["size"]
    yield "Backup Storage", f"{saved / base:.2f} of the registry ({saved:,} of {base:,} bytes; texts {texts_kept:,})"


def rows(models: int) -> dict[str, str]:
    """Fill a registry and give what is found for each number of the description."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        empty, place = Path(folder) / "empty", Path(folder) / "registry"
        base = memory(empty)
        registry = open_registry(place, actor="benchmark")
        registry.register_models([Registration(source) for source in texts(models)])
        registry.catch_up()
        filled = memory(place)
        return {
            "Base Memory": f"{base[0] / 1e6:.0f} MB opened",
            "Per Model": f"{(filled[1] - base[1]) / models / 1e3:.0f} kB",
            "Peak Memory": f"{filled[2] / filled[0]:.2f} times the opened registry of {models} models",
            **dict(storage(place, models)),
            **dict(times(open_registry(place, actor="benchmark"))),
        }


def main() -> None:
    """Print a line for each number of the description."""
    models = int(sys.argv[1]) if len(sys.argv) > 1 else MODELS
    sys.stdout.write(json.dumps(rows(models), indent=1) + "\n")


if __name__ == "__main__":
    main()
