"""What every event log promises, over each store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from model_registry.adapters.directory import DirectoryStore
from model_registry.adapters.memory import MemoryLog
from model_registry.domain.events import Draft, canonical_json, genesis
from model_registry.domain.views import model_view
from model_registry.ports import EventLog


class SteppingClock:
    """A clock that goes on by the steps it is given, forwards or backwards."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def step(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture(params=["memory", "directory"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path, clock: SteppingClock) -> Callable[[], EventLog]:
    if request.param == "memory":
        log = MemoryLog(clock)
        return lambda: log
    return lambda: DirectoryStore(tmp_path / "registry", model_view, clock=clock).log


def draft(number: int, **data: object) -> Draft:
    return Draft("model_archived", f"model-{number}", 1, data, "ada", f"op-{number}")


def commit(log: EventLog, *numbers: int) -> list[int]:
    with log.exclusive() as appender:
        return [event.seq for event in appender.commit([draft(number) for number in numbers])]


def test_a_new_log_is_empty(reopen: Callable[[], EventLog]) -> None:
    assert list(reopen().read()) == []


def test_events_are_numbered_from_one_without_gaps(reopen: Callable[[], EventLog]) -> None:
    log = reopen()
    assert [*commit(log, 1), *commit(log, 2, 3), *commit(log, 4)] == [1, 2, 3, 4]
    assert [event.seq for event in log.read()] == [1, 2, 3, 4]


def test_reading_goes_on_after_a_number(reopen: Callable[[], EventLog]) -> None:
    log = reopen()
    commit(log, *range(1, 12))
    for after in range(12):
        assert [event.seq for event in log.read(after)] == list(range(after + 1, 12))


def test_what_was_committed_is_there_for_whoever_opens_the_log_next(reopen: Callable[[], EventLog]) -> None:
    commit(reopen(), 1, 2)
    assert [event.op_id for event in reopen().read()] == ["op-1", "op-2"]


def test_two_who_hold_the_same_log_see_each_other(reopen: Callable[[], EventLog]) -> None:
    first, second = reopen(), reopen()
    commit(first, 1)
    commit(second, 2)
    commit(first, 3)
    assert [event.seq for event in first.read()] == [event.seq for event in second.read()] == [1, 2, 3]


def test_each_event_is_chained_to_the_one_before(reopen: Callable[[], EventLog]) -> None:
    log = reopen()
    commit(log, 1, 2)
    commit(log, 3)
    events = list(log.read())
    assert [event.prev for event in events] == [genesis(log.log_id), *(event.hash for event in events[:-1])]


def test_time_never_goes_back_even_if_the_clock_does(reopen: Callable[[], EventLog], clock: SteppingClock) -> None:
    log = reopen()
    commit(log, 1)
    clock.step(-3600)
    commit(log, 2)
    clock.step(7200)
    commit(log, 3)
    first, second, third = (event.at for event in log.read())
    assert first == second < third


def test_nothing_is_stored_when_deciding_fails(reopen: Callable[[], EventLog]) -> None:
    log = reopen()
    with pytest.raises(RuntimeError, match="undecided"), log.exclusive():
        raise RuntimeError("undecided")
    assert list(log.read()) == []
    assert commit(log, 1) == [1]


def test_a_draft_that_json_cannot_hold_stores_nothing_of_its_batch(reopen: Callable[[], EventLog]) -> None:
    log = reopen()
    with pytest.raises((TypeError, ValueError)), log.exclusive() as appender:
        appender.commit([draft(1), draft(2, bad=float("nan"))])
    assert list(log.read()) == []


def test_the_data_comes_back_as_it_was(reopen: Callable[[], EventLog]) -> None:
    data = {"text": 'α\u2028\n\x00 "quoted"', "numbers": [1, 2.5, True, None], "nested": {"ß": {}}}
    with reopen().exclusive() as appender:
        appender.commit([draft(1, **data)])
    assert next(iter(reopen().read())).data == data


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": 1, "a": [1, "é"]}) == '{"a":[1,"é"],"b":1}'.encode()
