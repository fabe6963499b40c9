"""A search sees every event committed before it began, whoever wrote it: several processes write and search at once."""

from __future__ import annotations

import json
import multiprocessing
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import pytest

from model_registry.bootstrap import open_registry
from model_registry.domain.shelf import SORTS
from model_registry.registry import Registry
from texts import coin, source

PROCESSES = 4


def work(place: Path, worker: int, rounds: int) -> None:
    """Write and search, and note what was acknowledged and what a search did not find."""
    registry = open_registry(place / "registry", actor=f"worker-{worker}")
    chance = Random(worker)
    told: dict[str, Any] = {"missing": [], "longest": 0.0}
    for round_ in range(rounds):
        word = f"quark{worker}x{round_}"
        model_id = f"m{worker}-{chance.randrange(6)}"
        known = acknowledged(place)
        start = monotonic()
        registry.register_model(source(coin(f"{model_id} coin", heads=round_ / 1_000, annotation=f"Has {word}.")))
        registry.update_model_metadata(f"{model_id}-coin", {"tags": [word]})
        told["longest"] = max(told["longest"], monotonic() - start)
        with (place / f"acknowledged-{worker}").open("a") as file:
            file.write(f"{model_id}-coin {word}\n")
        for seen_id, seen_word in [(f"{model_id}-coin", word), *chance.sample(sorted(known), min(2, len(known)))]:
            start = monotonic()
            found = registry.search_models(f"tag:{seen_word} OR name:{seen_id.partition('-')[0]}", limit=None)
            told["longest"] = max(told["longest"], monotonic() - start)
            if seen_id not in {hit["id"] for hit in found["items"]} or not found["complete"]:
                told["missing"].append([seen_id, seen_word, found["complete"]])
    (place / f"told-{worker}").write_text(json.dumps(told))


def acknowledged(place: Path) -> set[tuple[str, str]]:
    """Give what any process has noted as committed so far."""
    lines = chain.from_iterable(path.read_text().splitlines() for path in place.glob("acknowledged-*"))
    return {(model_id, word) for model_id, _, word in (line.partition(" ") for line in lines) if word}


@pytest.mark.parametrize("rounds", [12, pytest.param(320, marks=pytest.mark.long)])
def test_no_committed_event_is_missing_from_a_search_that_began_after_it(tmp_path: Path, rounds: int) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=work, args=(tmp_path, number, rounds)) for number in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    told = [json.loads((tmp_path / f"told-{number}").read_text()) for number in range(PROCESSES)]
    assert [each["missing"] for each in told] == [[]] * PROCESSES
    print("longest wait", max(each["longest"] for each in told))
    registry = open_registry(tmp_path / "registry")
    assert registry.validate_registry()["ok"]
    assert registry.get_audit_trail(kind="metadata_updated")["total"] == PROCESSES * rounds


QUERIES = ("coin", "coin tag:t1", "states:2 coin", "judge OR coin -t2", "kind:static", "coi*", "coyn~", '"coin judge"')


def live(registries: Sequence[Registry], steps: int, worker: int) -> None:
    """Write, search, list, compare and tidy, a step each in turn."""
    chance, registry = Random(worker), registries[worker % 2]
    for step in range(steps):
        number = chance.randrange(12)
        match step % 5:
            case 0:
                registry.register_model(source(coin(f"Coin {number}", heads=round(chance.random(), 4))))
            case 1:
                registry.update_model_metadata(f"coin-{number % 10}", {"tags": [f"t{step % 4}"]})
            case 2:
                registry.search_models(chance.choice(QUERIES), limit=chance.choice([1, 5, None]))
            case 3:
                registry.list_models({"tags": "t1"} if number % 2 else {}, sort=chance.choice(list(SORTS)))
            case _:
                registry.find_similar_models(f"coin-{number % 10}")
                registry.prepare_search()
                registry.tidy_search()


@pytest.mark.parametrize("steps", [40, pytest.param(1_000, marks=pytest.mark.long)])
def test_threads_that_write_search_and_tidy_at_once_end_with_what_a_new_registry_finds(
    tmp_path: Path, steps: int
) -> None:
    registries = [open_registry(tmp_path / "registry", actor="ada") for _ in range(2)]
    for number in range(10):
        registries[0].register_model(source(coin(f"Coin {number}", heads=0.01 * number)))
    registries[0].search_models("coin")

    with ThreadPoolExecutor(4) as pool:
        deque(pool.map(partial(live, registries, steps), range(4)), maxlen=0)
    fresh = open_registry(tmp_path / "registry")
    for registry in registries:
        for query in QUERIES:
            found = {hit["id"] for hit in registry.search_models(query, limit=None)["items"]}
            assert found == {hit["id"] for hit in fresh.search_models(query, limit=None)["items"]}, query
        for sort in SORTS:
            listed = [item["id"] for item in registry.list_models(sort=sort)["items"]]
            assert listed == [item["id"] for item in fresh.list_models(sort=sort)["items"]], sort
    assert fresh.validate_registry()["ok"]
