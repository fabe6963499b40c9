"""The whole `process_model_registry`: cold, when nothing changed, when one file in a hundred did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.corpora import Corpus
from benchmarks.measuring import OURS, Figure
from benchmarks.stage import python

PROCESS = """
import json, sys
from time import perf_counter, process_time
import model_registry.pipeline
from model_registry import open_registry, process_model_registry
target, output, place = sys.argv[1:]
began, worked = perf_counter(), process_time()
assert process_model_registry(target, output, registry_path=place)
took, worked = perf_counter() - began, process_time() - worked
registry = open_registry(place)
peak = int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
versions = registry.generate_registry_statistics()["versions"]
found = registry.search_models("", limit=1)
print(json.dumps([took, worked, peak / 1e3, found["total"], versions, found["index"]]))
"""


def fill(corpus: Corpus, place: Path, output: Path) -> Iterator[Figure]:
    """Fill a registry with a corpus, and run again on it unchanged and slightly changed."""
    versions = corpus.count
    for title, share in (("cold", 0.0), ("unchanged", 0.0), ("1 % changed", 0.01)):
        versions += corpus.edit(share) if share else 0
        took, worked, peak, models, known, index = python(PROCESS, corpus.folder, output, place)
        if (models, known) != (corpus.count, versions):
            raise SystemExit(f"process, {title}: {models} models and {known} versions of {versions} ({index})")
        yield Figure(f"process, {title}", corpus.count, OURS, took, "s")
        yield Figure(f"process, {title}: processor time", corpus.count, OURS, worked, "s")
        if title == "cold":
            yield Figure("process, peak memory", corpus.count, OURS, peak, "MB")
