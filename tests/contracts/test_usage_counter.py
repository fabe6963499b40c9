"""What every counter of use promises, over each store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from model_registry.adapters.directory.place import Place
from model_registry.adapters.directory.usage import UsageFiles
from model_registry.adapters.files import Files
from model_registry.adapters.memory_usage import MemoryUsage
from model_registry.domain.usage import Use
from model_registry.ports import Usage

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
AT_NOON = "2026-01-31T12:00:00.000000Z"


@pytest.fixture(params=["memory", "directory"])
def usage(request: pytest.FixtureRequest, tmp_path: Path) -> Usage:
    def clock() -> datetime:
        return NOON

    return MemoryUsage(clock) if request.param == "memory" else UsageFiles(Place(tmp_path, Files()), clock)


def test_what_was_never_used_has_counted_nothing(usage: Usage) -> None:
    assert usage.read(["coin"]) == {"coin": Use()}


def test_reads_and_hits_are_counted_apart_with_the_moment_of_the_last(usage: Usage) -> None:
    usage.count(reads=["coin"])
    usage.count(reads=["coin"], hits=["coin", "bee"])
    assert usage.read(["coin", "bee", "ant"]) == {
        "coin": Use(2, 1, AT_NOON),
        "bee": Use(0, 1, AT_NOON),
        "ant": Use(),
    }


def test_only_the_models_asked_for_are_told(usage: Usage) -> None:
    usage.count(reads=["coin", "bee"])
    assert set(usage.read(["bee"])) == {"bee"}


def test_a_model_named_twice_is_counted_twice(usage: Usage) -> None:
    usage.count(hits=(name for name in ("coin", "coin")))
    assert usage.read(["coin"])["coin"].hits == 2


def test_counting_from_many_threads_loses_nothing(usage: Usage) -> None:
    def work() -> None:
        for _ in range(200):
            usage.count(reads=["coin"])

    run_together(8, work)
    assert usage.read(["coin"])["coin"].reads == 1_600


def run_together(number: int, work: Callable[[], object]) -> None:
    threads = [Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
