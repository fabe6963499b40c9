"""Entries are the fold of their events, and come back whole from JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.bootstrap import memory_registry
from model_registry.domain.entry import fold, from_dict, to_dict
from model_registry.domain.events import KINDS, Event, decode, encode
from model_registry.errors import RegistryError
from model_registry.registry import Registry
from texts import coin, source

NAMES = ("Coin A", "Coin B")
IDS = ("coin-a", "coin-b")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.sampled_from(NAMES), st.sampled_from([0.5, 0.6, 0.7])),
        st.tuples(st.just("release"), st.sampled_from(IDS), st.sampled_from([None, "2.0.0", "3.0.0-rc.1"])),
        st.tuples(st.just("update"), st.sampled_from(IDS), st.sampled_from(["toy", "game"])),
        st.tuples(st.sampled_from(["deprecate", "archive", "restore", "delete"]), st.sampled_from(IDS), st.none()),
        st.tuples(st.just("alias"), st.sampled_from(IDS), st.sampled_from(["", "1.0.0"])),
        st.tuples(st.just("rollback"), st.sampled_from(IDS), st.sampled_from(["1.0.0", "1.1.0"])),
        st.tuples(st.just("yank"), st.sampled_from(IDS), st.sampled_from(["1.0.0", "1.1.0"])),
    ),
    max_size=25,
)


def perform(registry: Registry, step: tuple[str, str, Any]) -> None:
    what, subject, detail = step
    actions = {
        "register": lambda: registry.register_model(source(coin(subject, heads=detail))),
        "release": lambda: registry.create_model_version(subject, detail),
        "update": lambda: registry.update_model_metadata(subject, {"tags": [detail], "performance": 0.5}),
        "deprecate": lambda: registry.deprecate_model(subject, "a reason"),
        "archive": lambda: registry.archive_model(subject),
        "restore": lambda: registry.restore_model(subject),
        "delete": lambda: registry.delete_model(subject),
        "alias": lambda: registry.set_model_alias(subject, "paper", detail),
        "rollback": lambda: registry.rollback_model(subject, detail),
        "yank": lambda: registry.yank_model_version(subject, detail),
    }
    refused: list[RegistryError] = []
    try:
        actions[what]()
    except RegistryError as error:
        refused.append(error)
    assert all(error.code and error.hint for error in refused)


@given(steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_entries_are_the_fold_of_their_events_and_survive_json(taken: list[tuple[str, str, Any]]) -> None:
    registry = memory_registry(actor="ada")
    for step in taken:
        perform(registry, step)
    histories: dict[str, list[Event]] = defaultdict(list)
    for event in registry.events():
        histories[str(event.model)].append(decode(encode(event)))
    for model_id, events in histories.items():
        entry = fold(events)
        assert entry is not None
        assert entry == registry._ledger.catalogue().entries[model_id]
        assert from_dict(json.loads(json.dumps(to_dict(entry)))) == entry
        assert entry.revision == len(events)
        numbers = [version.version for version in entry.versions]
        assert len(set(numbers)) == len(numbers)
        assert entry.current in numbers


def test_every_kind_of_event_is_explained() -> None:
    from model_registry.domain.entry import _APPLY

    assert set(_APPLY) == set(KINDS) - {"registry_restored"}


@pytest.mark.parametrize("model_id", IDS)
def test_folding_nothing_gives_nothing(model_id: str) -> None:
    assert fold([]) is None
