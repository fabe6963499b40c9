"""What is found first is what was meant: a floor below the judged queries, and below names among many alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.many_models import ACTORS, PLACES, QUALITIES, TASKS, models
from benchmarks.search import judged, ndcg, quality, read
from model_registry.bootstrap import memory_registry
from model_registry.domain.source import Source
from model_registry.registry import Registration, Registry


@pytest.fixture(scope="module")
def crowd() -> Registry:
    """Give a registry of 300 generated models."""
    registry = memory_registry()
    registry.register_models([Registration(Source(text.encode(), name)) for name, text in models(300)])
    return registry


def grades(registry: Registry, *words: str) -> dict[str, int]:
    """Judge the generated models for some words: 3 where the name has them all, 2 with the tags, 1 with the text."""
    told = {}
    for entry in registry.catalogue().entries.values():
        name, tags = entry.model_name.casefold().split(), [*entry.metadata.tags]
        text = entry.metadata.description.casefold()
        for grade, place in ((3, name), (2, [*name, *tags]), (1, [*name, *tags, text])):
            if all(any(word in each for each in place) for word in words):
                told[entry.id] = grade
                break
    return told


def test_the_judged_queries_find_the_examples_first(examples: list[Path]) -> None:
    scores = quality(read(memory_registry(), [examples[0].parent]), judged())
    assert len(scores) >= 30
    assert sum(scores.values()) / len(scores) >= 0.9


def test_the_judged_queries_find_real_models_first(examples: list[Path], corpus: Path) -> None:
    scores = quality(read(memory_registry(), [examples[0].parent, corpus]), judged())
    assert len(scores) >= 50
    assert sum(scores.values()) / len(scores) >= 0.92


def test_names_come_first_among_many_that_speak_of_the_same_things(crowd: Registry) -> None:
    queries: list[tuple[str, ...]] = [(word,) for word in (*ACTORS, *PLACES)]
    queries += [*zip(QUALITIES, ACTORS, strict=False), *zip(ACTORS, TASKS, strict=False)]
    scores = []
    for words in queries:
        relevance = grades(crowd, *words)
        if relevance:
            found = crowd.search_models(" ".join(words), limit=10)["items"]
            scores.append(ndcg([hit["id"] for hit in found], relevance))
    assert len(scores) >= 40
    assert sum(scores) / len(scores) >= 0.9


def test_a_word_that_only_one_name_has_finds_that_model_alone(crowd: Registry) -> None:
    for entry in list(crowd.catalogue().entries.values())[::29]:
        nickname = entry.model_name.split()[2]
        assert crowd.search_models(nickname)["items"][0]["id"] == entry.id


def test_the_gain_is_normalised() -> None:
    assert ndcg(["a", "b"], {"a": 3, "b": 1}) == 1
    assert 0 < ndcg(["b", "a"], {"a": 3, "b": 1}) < 1
    assert ndcg(["c"], {"a": 3}) == 0
