"""A registry in numbers: counted in one look at each model, and anew only when somebody has written."""

from __future__ import annotations

import pytest

from model_registry.bootstrap import memory_registry
from model_registry.domain.statistics import Statistics, statistics
from model_registry.registry import Registry
from texts import coin, source


@pytest.fixture
def registry() -> Registry:
    registry = memory_registry(actor="ada")
    for name in ("One", "Two", "Three"):
        registry.register_model(source(coin(name)), {"author": "Ada", "tags": ["toy", name]})
    registry.register_model(source(coin("Two", heads=0.9)))
    registry.delete_model("three")
    return registry


def test_what_is_deleted_counts_among_the_states_alone(registry: Registry) -> None:
    found = statistics(registry.catalogue().entries.values())
    assert found["states"] == {"active": 2, "deprecated": 0, "archived": 0, "deleted": 1}
    assert (found["models"], found["versions"]) == (2, 3)
    assert found["tags"] == {"toy": 2, "One": 1, "Two": 1}
    assert found["authors"] == {"Ada": 2}
    assert found["most_versions"] == [{"id": "two", "versions": 2}, {"id": "one", "versions": 1}]
    assert sum(found["growth"].values()) == 3


def test_nothing_is_counted_of_no_models() -> None:
    found = statistics([])
    assert set(found["states"].values()) == set(found["findings"].values()) == {0}
    assert (found["models"], found["tags"], found["largest"]) == (0, {}, [])


def test_numbers_asked_for_again_are_those_of_now_whatever_became_of_those_given_before(registry: Registry) -> None:
    counted = Statistics()
    counted.of(registry.catalogue())["tags"].clear()
    for name in ("Four", "Five"):
        assert counted.of(registry.catalogue()) == statistics(registry.catalogue().entries.values())
        registry.register_model(source(coin(name)))
    assert counted.of(registry.catalogue())["models"] == 4
