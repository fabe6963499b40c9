"""A search sees every event committed before it began, whoever wrote it: several processes write and search at once."""

from __future__ import annotations

import json
import multiprocessing
from itertools import chain
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import pytest

from model_registry.bootstrap import open_registry
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
