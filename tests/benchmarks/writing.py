"""Single durable writes and batches, beside MLflow and GTO, with an fsync of the same disk in every round."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import OURS, Call, Figure, call, figures
from benchmarks.peers import Peer
from benchmarks.stage import Stage, fresh

ROUNDS = 40
BATCH = 64
MOST_OF_GTO = 3
"""GTO reads every tag for each registration: at a thousand models one takes seconds."""


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure each kind of write."""
    yield from _registering(stage)
    yield from _batches(stage)
    yield from _changing(stage)


def _registering(stage: Stage) -> Iterator[Figure]:
    texts = iter(fresh(2 * ROUNDS))
    given = iter(fresh(2 * ROUNDS))

    def ours(_: int) -> object:
        text = next(texts).registration
        return stage.registry.register_model(text.source)

    calls: dict[str, Call] = {OURS: call(ours)}
    for title, peer in stage.peer("MLflow").items():
        calls[title] = lambda _, peer=peer: peer.ask("register", [next(given).item])[0]  # type: ignore[misc]
    yield from figures("register a new model", stage.models, calls, ROUNDS, disk=stage.disk)
    for peer in stage.peer("GTO").values():
        alone = {peer.title: lambda _, peer=peer: peer.ask("register", [next(given).item])[0]}
        yield from figures("register a new model", stage.models, alone, MOST_OF_GTO, warm=0)


def _batches(stage: Stage) -> Iterator[Figure]:
    def ours(number: int) -> object:
        return stage.registry.register_models([text.registration for text in batches[number]])

    batches = [fresh(BATCH) for _ in range(5)]
    yield from figures("register 64 models at once", stage.models, {OURS: call(ours)}, 4, disk=stage.disk)


def _changing(stage: Stage) -> Iterator[Figure]:
    chosen = stage.corpus.some(2 * ROUNDS)
    named = [stage.registry.catalogue().named(text.item["name"]) for text in chosen]
    known = [entry.id for entry in named if entry]
    peers = stage.peer("MLflow")

    def release(number: int) -> object:
        return stage.registry.create_model_version(known[number])

    def update(number: int) -> object:
        return stage.registry.update_model_metadata(
            known[number], {"description": f"Told anew, for the {number}. time"}
        )

    def released(peer: Peer) -> Call:
        return lambda number: peer.ask("version", chosen[number].item["name"], str(chosen[number].path))[0]

    def updated(peer: Peer) -> Call:
        return lambda number: peer.ask("update", chosen[number].item["name"], f"Told anew, for the {number}. time")[0]

    calls = {OURS: call(release), **{title: released(peer) for title, peer in peers.items()}}
    yield from figures("create_model_version", stage.models, calls, ROUNDS, disk=stage.disk)
    calls = {OURS: call(update), **{title: updated(peer) for title, peer in peers.items()}}
    yield from figures("update_model_metadata", stage.models, calls, ROUNDS, disk=stage.disk)
