"""The counted form of the flatness benchmark: a write goes through no more of the history when there is more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from benchmarks.flatness import OPERATIONS, play, text_of
from counting import Cost, CountingFiles
from model_registry.adapters.directory.checkpoint import BYTES_AN_EVENT
from model_registry.adapters.directory.log import SegmentLog
from model_registry.adapters.files import Files
from model_registry.bootstrap import open_registry
from model_registry.operating import View
from model_registry.registry import Registration, Registry
from texts import coin, source

SHORT, LONG = 50, 500


class CheckpointFiles(Files):
    """Notes the size of every checkpoint that is written."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def replace(self, path: Path, data: bytes, scratch: Path, *, durable: bool) -> None:
        super().replace(path, data, scratch, durable=durable)
        self.sizes += [len(data)] if path.name == "state" else []


def files_of(registry: Registry) -> CountingFiles:
    log = registry._ledger.log
    assert isinstance(log, SegmentLog)
    assert isinstance(log._files, CountingFiles)
    return log._files


def register_versions(registry: Registry, numbers: Iterable[int]) -> None:
    registry.register_models([Registration(source(text_of(number))) for number in numbers])


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Cost]]:
    """Give what each kind of operation costs with few and with many versions, once files and caches are there."""
    found = {}
    for count in (SHORT, LONG):
        files = CountingFiles()
        registry = open_registry(tmp_path_factory.mktemp("flat"), files=files)
        register_versions(registry, range(100, 100 + count))
        found[count] = {title: series.costs[-1] for title, series in play(registry, files, 2).items()}
    return found


@pytest.mark.parametrize("title", OPERATIONS)
def test_a_write_costs_the_same_however_many_versions_there_are(costs: dict[int, dict[str, Cost]], title: str) -> None:
    few, many = costs[SHORT][title], costs[LONG][title]
    assert many.calls <= few.calls
    assert many.read <= 1.1 * few.read
    assert many.written <= 1.1 * few.written


def test_checkpoints_cost_each_event_the_same_however_many_versions_they_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_registry.adapters.directory.checkpoint.LEAST_TAIL", 5)
    files = CheckpointFiles()
    registry = open_registry(tmp_path, files=files)
    for start in range(0, 300, 10):
        register_versions(registry, range(start, start + 10))
    assert len(files.sizes) > 5
    assert sum(files.sizes[:-1]) <= BYTES_AN_EVENT * registry.catalogue().position.seq


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Give a registry with a model of three events in front of one with many."""
    registry = open_registry(tmp_path_factory.mktemp("crowded"), files=CountingFiles())
    registry.register_model(source(coin("Other")))
    registry.deprecate_model("other", "old", op_id="once")
    registry.restore_model("other")
    register_versions(registry, range(300))
    return registry


@pytest.mark.parametrize(
    "operation",
    [
        lambda registry: registry.deprecate_model("other", "old", op_id="once"),
        lambda registry: registry.delete_model("other"),
    ],
    ids=["a repeated call", "putting aside what is deleted"],
)
def test_events_of_other_models_are_not_read_over(crowded: Registry, operation: Callable[[Registry], View]) -> None:
    before = files_of(crowded).cost
    operation(crowded)
    assert (files_of(crowded).cost - before).read < (Path(crowded.place) / "log" / "000001.jsonl").stat().st_size / 4


def test_a_repeated_call_gives_the_model_as_it_was_then(tmp_path: Path) -> None:
    registry = open_registry(tmp_path)
    registry.register_model(source(coin("Other")))
    first = registry.deprecate_model("other", "old", op_id="once")
    registry.restore_model("other")
    assert registry.deprecate_model("other", "old", op_id="once") == first
