"""Many processes, forked ones and threads share a registry, and nobody loses anything to another."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from model_registry.adapters.files import Files
from model_registry.bootstrap import open_registry
from model_registry.errors import ConflictError
from model_registry.registry import Registry
from reliability.processes_driver import run
from texts import coin, source

PLAIN = {"index_enabled": False}
PROCESSES = 8


@pytest.mark.parametrize(("operations", "readers"), [(15, 1), pytest.param(500, 2, marks=pytest.mark.long)])
def test_eight_processes_lose_nothing_give_no_number_twice_and_hold_up_no_reader(
    quick_folder: Path, operations: int, readers: int
) -> None:
    told = run(quick_folder, PROCESSES, operations, readers)
    print(told)
    assert told["faults"] == []
    assert told["operations"] >= PROCESSES * operations


def begin(place: Path, number: int, gate: Any) -> None:
    """Open a registry that may not be there, and write one model to it, together with the others."""
    gate.wait()
    open_registry(place, PLAIN).register_model(source(coin(f"First {number}")))


def test_eight_processes_may_open_a_new_registry_at_once(quick_folder: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    place, gate = quick_folder / "models" / "registry", spawn.Barrier(PROCESSES)
    processes = [spawn.Process(target=begin, args=(place, number, gate)) for number in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    registry = open_registry(place)
    assert registry.list_models()["total"] == PROCESSES
    assert registry.validate_registry()["findings"] == []


@pytest.fixture
def registry(quick_folder: Path) -> Registry:
    opened = open_registry(quick_folder / "registry", actor="ada")
    opened.register_model(source(coin("First Coin")))
    opened.search_models("coin")
    return opened


def in_forked_children(work: Callable[[int], object], many: int = 4) -> list[int]:
    """Let forked children work, and give how each ended."""
    children = []
    for number in range(many):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                work(number)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def test_a_registry_opened_before_a_fork_is_safe_in_parent_and_children(registry: Registry) -> None:
    def work(number: int) -> None:
        for step in range(5):
            registry.register_model(source(coin(f"Child {number} {step}")))
            assert registry.search_models(f"name:child {number} {step}")["complete"]

    assert in_forked_children(work) == [0] * 4
    registry.register_model(source(coin("Last Coin")))
    assert registry.list_models()["total"] == 22
    assert {hit["id"] for hit in registry.search_models("coin", limit=None)["items"]} == {
        entry.id for entry in registry.catalogue().visible()
    }
    assert registry.validate_registry()["findings"] == []


def test_what_was_counted_before_a_fork_is_counted_once(registry: Registry) -> None:
    registry.get_model_info("first-coin")
    before = registry.get_model_info("first-coin")["usage"]["reads"]

    def work(_: int) -> None:
        registry.get_model_info("first-coin")
        registry._usage.flush()  # type: ignore[attr-defined]

    assert in_forked_children(work) == [0] * 4
    registry._usage.flush()  # type: ignore[attr-defined]
    assert open_registry(registry.place).get_model_info("first-coin")["usage"]["reads"] == before + 1 + 4


def in_threads(work: Callable[[int], object], many: int) -> None:
    """Let threads work at once; what one of them raises is raised."""
    with ThreadPoolExecutor(many) as pool:
        list(pool.map(work, range(many)))


def test_threads_share_one_open_registry(registry: Registry) -> None:
    def work(number: int) -> None:
        for step in range(6):
            registry.register_model(source(coin(f"Thread {number}", heads=(step + 1) / 10)))
            registry.update_model_metadata("first-coin", {"tags": [f"t{number}-{step}"]})
            assert registry.search_models("coin", limit=1)["items"]

    in_threads(work, 6)
    entries = registry.catalogue().entries
    assert entries["first-coin"].revision == 37
    assert [len(entries[f"thread-{number}"].versions) for number in range(6)] == [6] * 6
    assert registry.validate_registry()["findings"] == []


def test_of_writers_who_expect_the_same_revision_one_wins_each_round(registry: Registry) -> None:
    won: list[int] = []

    def work(number: int) -> None:
        own = open_registry(registry.place, PLAIN)
        for revision in range(1, 11):
            try:
                own.update_model_metadata("first-coin", {"tags": [f"{number}-{revision}"]}, expected_revision=revision)
                won.append(revision)
            except ConflictError:
                continue

    in_threads(work, 4)
    assert len(won) == len(set(won))
    assert registry.catalogue().entries["first-coin"].revision == 1 + len(won)


def test_a_child_forked_while_the_lock_is_held_does_not_keep_it(tmp_path: Path) -> None:
    lock, (end, hold) = tmp_path / "lock", os.pipe()
    with Files().lock(lock):
        child = os.fork()
        if child == 0:
            os.close(hold)
            os.read(end, 1)  # until the parent lets go of the other end
            os._exit(0)
    try:
        with lock.open("rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(hold)
        os.waitpid(child, 0)
        os.close(end)
