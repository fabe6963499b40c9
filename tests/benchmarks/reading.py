"""Reads of one model, lists, comparisons and the past, beside MLflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.measuring import OURS, Call, Figure, agree, call, figures, timed
from benchmarks.stage import Stage
from model_registry.bootstrap import open_registry
from model_registry.registry import Registration, Registry
from texts import coin, source

ROUNDS = 40
PAGE = 50
MANY_VERSIONS = 1_000
FILTERS = ({"tags": "docking"}, {"kinds": "pomdp"}, {"author": "Ada Example"}, {"states": ">4"}, {"has": "B[3,3,2]"})


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure each kind of read."""
    yield from _getting(stage)
    yield from _listing(stage)
    yield from _looking_back(stage)


def _getting(stage: Stage) -> Iterator[Figure]:
    items = [text.item for text in stage.corpus.some(2 * ROUNDS)]
    named = [stage.registry.catalogue().named(item["name"]) for item in items]
    known = [entry.id for entry in named if entry]
    calls: dict[str, Call] = {OURS: call(lambda number: stage.registry.get_model_info(known[number]))}
    for title, peer in stage.peer("MLflow").items():
        name, told, _ = peer.ask("get", items[-1]["name"])[1]
        ours = stage.registry.get_model_info(known[-1])
        agree("get", {OURS: [ours["name"], ours["description"]], title: [name, told]})
        calls[title] = lambda number, peer=peer: peer.ask("get", items[number]["name"])[0]  # type: ignore[misc]
    yield from figures("get a model", stage.models, calls, ROUNDS)
    again = {OURS: call(lambda _: stage.registry.get_model_info(known[0]))}
    yield from figures("get a model, read before", stage.models, again, ROUNDS)


def long_history(folder: Path) -> Iterator[Figure]:
    """Measure a model of a thousand versions beside one of a single version, in a registry of their own."""
    registry = open_registry(folder / "long", actor="benchmark")
    numbers = range(100, 100 + MANY_VERSIONS)
    registry.register_models([Registration(source(coin(heads=number / 2_000))) for number in numbers])
    registry.register_model(source(coin("Other")))
    agree("versions", {OURS: registry.get_model_info("coin-judge")["version_count"], "asked": MANY_VERSIONS})
    calls = {
        "one version": call(lambda _: registry.get_model_info("other")),
        OURS: call(lambda _: registry.get_model_info("coin-judge")),
    }
    yield from figures(f"get a model of {MANY_VERSIONS} versions", 2, calls, ROUNDS)


def _listing(stage: Stage) -> Iterator[Figure]:
    registry, peers = stage.registry, stage.peer("MLflow")
    calls = {OURS: call(lambda _: registry.list_models(limit=PAGE))}
    calls |= {title: (lambda _, peer=peer: peer.ask("page", PAGE)[0]) for title, peer in peers.items()}  # type: ignore[misc]
    yield from figures("list, first page", stage.models, calls, ROUNDS)

    deep = _cursor_at(registry, stage.models // 2)
    yield from figures(
        "list, page in the middle",
        stage.models,
        {OURS: call(lambda _: registry.list_models(limit=PAGE, cursor=deep))},
        ROUNDS,
    )
    filtered = {OURS: call(lambda number: registry.list_models(FILTERS[number % len(FILTERS)], limit=PAGE))}
    yield from figures("list by a filter, first page", stage.models, filtered, ROUNDS)

    agree("list everything", {OURS: _every(registry), **{title: peer.ask("every")[1] for title, peer in peers.items()}})
    calls = {OURS: call(lambda _: _every(registry))}
    calls |= {title: (lambda _, peer=peer: peer.ask("every")[0]) for title, peer in peers.items()}  # type: ignore[misc]
    yield from figures("list everything", stage.models, calls, stage.rounds(5), warm=0)


def _looking_back(stage: Stage) -> Iterator[Figure]:
    registry = stage.registry
    edited = next(entry for entry in registry.catalogue().entries.values() if len(entry.versions) > 1)
    first, last = edited.versions[0].version, edited.versions[-1].version
    past = registry.catalogue().position.seq // 2
    moments = count(past, -1)
    kinds: dict[str, tuple[Callable[[], Any], int]] = {
        "compare two versions": (lambda: registry.compare_model_versions(edited.id, first, last), ROUNDS),
        "audit trail, first page": (partial(registry.get_audit_trail, limit=PAGE), ROUNDS),
        "audit trail of a model": (partial(registry.get_audit_trail, edited.id, limit=PAGE), ROUNDS),
        "info as of a moment": (lambda: registry.get_model_info(edited.id, as_of=next(moments)), stage.rounds(3)),
        "info as of the same moment": (lambda: registry.get_model_info(edited.id, as_of=past), ROUNDS),
        "statistics": (registry.generate_registry_statistics, stage.rounds(9)),
        "statistics as of a moment": (lambda: registry.generate_registry_statistics(as_of=past), stage.rounds(3)),
    }
    for operation, (work, rounds) in kinds.items():
        yield from figures(operation, stage.models, {OURS: lambda _, work=work: timed(work)}, rounds)  # type: ignore[misc]


def _cursor_at(registry: Registry, place: int) -> str:
    cursor = ""
    for _ in range(max(1, place // 1_000)):
        cursor = registry.list_models(limit=min(1_000, place), cursor=cursor)["next_cursor"]
    return cursor


def _every(registry: Registry) -> int:
    """Read all models, page by page, and give how many they are."""
    found, cursor = 0, ""
    while True:
        page = registry.list_models(limit=1_000, cursor=cursor)
        found, cursor = found + len(page["items"]), page["next_cursor"]
        if not cursor:
            return found
