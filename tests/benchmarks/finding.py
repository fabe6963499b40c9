"""Search by words, names, tags and structure, beside MLflow, SQLite's FTS5 and a linear scan of JSON.

Each query is asked anew: answers kept from before are let go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.measuring import OURS, Call, Figure, agree, call, figures, in_turn, percentile
from benchmarks.search import Fts, scan
from benchmarks.stage import Stage
from model_registry.domain.answers import Answers
from model_registry.domain.words import stem, tokens
from model_registry.registry import Registry

QUERIES: Mapping[str, Sequence[str]] = {
    "one word": ("octopus", "glacier", "precision", "belief", "bafego"),
    "all words": ("octopus glacier", "curious octopus", "navigation maze", "gardener meadow", "precision reward"),
    "any word": ("pilot OR nurse", "octopus OR glacier OR reef", "risk OR horizon"),
    "a phrase": ('"hidden state"', '"octopus learns"', '"precision and reward"'),
    "a prefix": ("glac*", "prec*", "octo*"),
    "misspelt": ("octopos", "glacjer", "gardner"),
    "structure": ("states>5", "states>4 octopus", "has:B[3,3,2]", "edge:s-A nurse"),
    "facets": ("kind:hmm", "tag:docking", "ontology:LikelihoodMatrix"),
}
BUDGETED = ("one word", "all words", "any word", "a phrase", "a prefix")
NAME, TAG = "octopus", "docking"
ROUNDS = 7
PAGE = 20
FTS, SCAN = "SQLite FTS5", "scan of JSON"


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure each kind of query, and words beside the engines that know only words."""
    stage.registry.search_models("octopus")
    every: list[float] = []
    for kind, queries in QUERIES.items():
        times = [median(in_turn({OURS: anew(stage.registry, query)}, ROUNDS)[OURS]) for query in queries]
        every += times if kind in BUDGETED else []
        yield Figure(f"search: {kind}", stage.models, OURS, median(times), p95=max(times))
    yield Figure("search: all of the five", stage.models, OURS, median(every), p95=percentile(every))
    yield from _words(stage)
    yield from _names_and_tags(stage)


def anew(registry: Registry, query: str) -> Call:
    """Give a search whose answer is not kept."""
    return call(lambda _: forgetful(registry).search_models(query, limit=PAGE))


def forgetful(registry: Registry) -> Registry:
    """Let a registry forget its answers."""
    registry._answers = Answers()
    return registry


def _words(stage: Stage) -> Iterator[Figure]:
    queries = (*QUERIES["one word"], *QUERIES["all words"])
    ours = call(lambda number: forgetful(stage.registry).search_models(queries[number], limit=PAGE))
    others = dict(_others(stage, queries)) if stage.beside else {}
    yield from figures("search: words", stage.models, {OURS: ours, **others}, len(queries))


def _others(stage: Stage, queries: Sequence[str]) -> Iterator[tuple[str, Call]]:
    """Give the engines that know only words, filled with the same ones."""
    entries = stage.registry.catalogue().entries.values()
    documents = [stage.registry._finder._document(entry) for entry in entries]
    said = {each.id: " ".join((each.name, *each.tags, each.description, each.inside)) for each in documents}
    kept = stage.scratch / "scan.json"
    kept.write_text(json.dumps({key: [stem(token.word) for token in tokens(text)] for key, text in said.items()}))
    fts = Fts(documents)
    agree(
        "search for a nickname",
        {
            OURS: bool(stage.registry.search_models(NAME)["items"]),
            FTS: bool(fts.search(NAME)),
            SCAN: bool(_scanned(kept)(NAME)),
        },
    )
    yield FTS, call(lambda number: fts.search(queries[number]))
    yield SCAN, call(lambda number: _scanned(kept)(queries[number]))


def _scanned(kept: Path) -> Callable[[str], list[str]]:
    return scan({key: frozenset(stems) for key, stems in json.loads(kept.read_bytes()).items()})


def _names_and_tags(stage: Stage) -> Iterator[Figure]:
    registry, peers = stage.registry, stage.peer("MLflow")
    agree(
        "search by name",
        {
            OURS: registry.search_models(f"name:{NAME}", limit=1)["total"],
            **{title: peer.ask("named", NAME)[1] for title, peer in peers.items()},
        },
    )
    agree(
        "search by tag",
        {
            OURS: registry.list_models({"tags": TAG}, limit=1)["total"],
            **{title: peer.ask("tagged", TAG)[1] for title, peer in peers.items()},
        },
    )
    calls = {OURS: anew(registry, f"name:{NAME}")}
    calls |= {title: (lambda _, peer=peer: peer.ask("named", NAME, PAGE)[0]) for title, peer in peers.items()}  # type: ignore[misc]
    yield from figures("search by name", stage.models, calls, ROUNDS)
    calls = {OURS: call(lambda _: registry.list_models({"tags": TAG}, limit=PAGE))}
    calls |= {title: (lambda _, peer=peer: peer.ask("tagged", TAG, PAGE)[0]) for title, peer in peers.items()}  # type: ignore[misc]
    yield from figures("search by tag", stage.models, calls, ROUNDS)
