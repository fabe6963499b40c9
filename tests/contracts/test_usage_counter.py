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


def test_what_was_never_used_is_not_there(usage: Usage) -> None:
    assert usage.used() == {}


def test_reads_and_hits_are_counted_apart_with_the_moment_of_the_last(usage: Usage) -> None:
    usage.count(reads=["coin"])
    usage.count(reads=["coin"], hits=["coin", "bee"])
    assert usage.used() == {"coin": Use(2, 1, AT_NOON), "bee": Use(0, 1, AT_NOON)}


def test_what_was_told_does_not_change_by_what_is_counted_later(usage: Usage) -> None:
    usage.count(reads=["coin"])
    told = usage.used()
    usage.count(reads=["coin", "bee"])
    assert told == {"coin": Use(1, 0, AT_NOON)}


def test_a_model_named_twice_is_counted_twice(usage: Usage) -> None:
    usage.count(hits=(name for name in ("coin", "coin")))
    assert usage.used()["coin"].hits == 2


def test_counting_from_many_threads_loses_nothing(usage: Usage) -> None:
    def work() -> None:
        for _ in range(200):
            usage.count(reads=["coin"])

    run_together(8, work)
    assert usage.used()["coin"].reads == 1_600


def run_together(number: int, work: Callable[[], object]) -> None:
    threads = [Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
