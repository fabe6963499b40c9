"""The facts that a query or a filter may ask for, over one model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from model_registry.domain.anatomy import anatomy
from model_registry.domain.columns import NUMBERS, Subject
from model_registry.domain.conditions import FACTS, Condition, condition
from model_registry.domain.entries import Entries
from model_registry.domain.entry import ModelEntry, ModelVersion
from model_registry.domain.filters import KEYS, conditions
from model_registry.domain.lifecycle import State
from model_registry.domain.metadata import Metadata
from model_registry.domain.packed import packed
from model_registry.domain.query import Where
from model_registry.domain.query_parser import parse_query
from model_registry.errors import SearchError
from model_registry.gnn.parser import parse

TEXT = """## ModelName
Switch

## StateSpaceBlock
s[4,1,type=float]
o[3,1,type=int]
A[3,4,type=float]
B[4,4,2,type=float]
D[4,type=float]

## Connections
D>s
s-A
A>o

## InitialParameterization
D={(0.25,0.25,0.25,0.25)}
A={(1,0,0,0),(0,1,0,0),(0,0,1,1)}
gamma=2

## Time
Dynamic
DiscreteTime=t

## ActInfOntologyAnnotation
A=LikelihoodMatrix
"""
MODEL = parse(TEXT)
VERSION = ModelVersion(
    *("1.2.0", 1, "2026-03-01T10:00:00.000000Z", "ann", "d" * 64, "fp1:a", "sp1:a", len(TEXT), "none", ""),
    metadata=Metadata(name="Switch"),
    kinds=("pomdp",),
    counts={"variables": 5, "connections": 3, "parameters": 3},
    findings={"warning": 2},
    performance={"score": {"value": 0.7}, "accuracy": {"value": 0.9}},
)
ENTRY = ModelEntry(
    *("switch", "Switch", Metadata(name="Switch", author="Ann", tags=("lamp",)), (VERSION,), "1.2.0"),
    created_at="2026-03-01T10:00:00.000000Z",
    updated_at="2026-05-02T10:00:00.000000Z",
    seq=1,
    revision=1,
)
ENTRIES = Entries({ENTRY.id: (ENTRY.brief, packed(ENTRY, None))})
SUBJECT = Subject(ENTRY.brief, ENTRIES, lambda _: anatomy(MODEL))

HOLD = [
    "kind:pomdp",
    "kind=POMDP",
    "state:active",
    "state:any",
    "time:discrete",
    "version:^1.2",
    "version>=1.0",
    "version<2",
    "updated>2026-01-01",
    "updated:2026-05",
    "updated>=2026-05-02",
    "created<2026-04",
    "states>3",
    "states:4",
    "states<=4",
    "observations=3",
    "factors:1",
    "variables>4",
    "versions<2",
    "warnings>=2",
    "errors:0",
    "bytes>100",
    "performance>=0.7",
    "performance.accuracy>0.8",
    "has:B",
    "has:B[4,4,2]",
    "has:B[4, 4, 2]",
    "has:B[*,4,*]",
    "has:s[4]",
    "has:s[4,1]",
    "has:*[3,4]",
    "edge:D>s",
    "edge:D->s",
    "edge:s<D",
    "edge:D-s",
    "edge:s-A",
    "edge:A-s",
    "edge:D>*",
    "edge:*>o",
    "param:D",
    "param:D~uniform",
    "param:A~deterministic",
    "param:*~uniform",
    "param:gamma",
]
FAIL = [
    "kind:hmm",
    "state:archived",
    "time:static",
    "version:^2",
    "updated>2026-05-02",
    "created>2026-04",
    "states>4",
    "performance>0.7",
    "performance.loss<1",
    "has:b",
    "has:B[4,4]",
    "has:B[4,4,3]",
    "has:*[9]",
    "edge:s>D",
    "edge:s>A",
    "edge:D-o",
    "edge:o>*",
    "param:C",
    "param:A~identity",
    "param:gamma~uniform",
]


def _fits(subject: Subject, wanted: Iterable[Condition]) -> bool:
    return all(each.holds(subject) for each in wanted)


def _asked(text: str) -> Where:
    where = parse_query(text)
    assert isinstance(where, Where)
    return where


@pytest.mark.parametrize("text", HOLD)
def test_what_is_so_holds(text: str) -> None:
    assert condition(_asked(text)).holds(SUBJECT)


@pytest.mark.parametrize("text", FAIL)
def test_what_is_not_so_does_not_hold(text: str) -> None:
    assert not condition(_asked(text)).holds(SUBJECT)


def test_every_fact_is_asked_for_above() -> None:
    asked = {_asked(text).field.partition(".")[0] for text in HOLD}
    assert asked | {"actions", "modalities", "connections", "parameters"} == {*FACTS, *NUMBERS, "performance"}


MEANT = {
    "states>x": "a number",
    "states>inf": "a finite number",
    "edge:s": "an edge",
    "has:B[3": "a variable",
    "param:A~unifrm": "did you mean ~uniform?",
    "state:gone": "one of active",
    "version:latest": "a range",
    "updated>soon": "a date",
    "kind>pomdp": "a kind",
    "kind:": "a value right after kind:",
    "kind:(a OR b)": "a value right after kind:",
    "source:word~": "a word as it is written",
}


@pytest.mark.parametrize("text", MEANT)
def test_a_fact_that_cannot_be_asked_so_says_what_was_expected_and_where(text: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse_query(f"maze {text}")
    assert MEANT[text] in caught.value.message
    assert caught.value.facts["position"] >= 5


@pytest.mark.parametrize(("text", "meant"), [("stats>4", "states"), ("kidn:pomdp", "kind"), ("fators>=1", "factors")])
def test_an_unknown_fact_names_the_one_that_was_probably_meant(text: str, meant: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse_query(text)
    assert (caught.value.code, f"did you mean {meant}" in caught.value.hint) == ("unknown_field", True)


FILTERS_THAT_HOLD: list[dict[str, Any]] = [
    {"states": 4},
    {"states": ">3"},
    {"states": [">3", "<5"]},
    {"has": ["A", "B[4,4,2]"]},
    {"edge": "D>s"},
    {"param": "D~uniform"},
    {"time": "dynamic"},
    {"ontology": "likelihoodmatrix"},
    {"ontology": ["LikelihoodMatrix"], "tags": "lamp"},
    {"version": "^1.2"},
    {"version": ">=1"},
    {"created_after": "2026-02", "created_before": "2026-04"},
    {"performance": {"accuracy": 0.9}, "min_performance": 0.7},
    {"state": ["active", "archived"], "kinds": "pomdp", "author": "ann"},
    {"states": None},
]


@pytest.mark.parametrize("filters", FILTERS_THAT_HOLD, ids=str)
def test_filters_ask_for_the_same_facts_as_queries(filters: dict[str, Any]) -> None:
    assert _fits(SUBJECT, conditions(filters))


FILTERS_THAT_FAIL: list[dict[str, Any]] = [
    {"states": 5},
    {"states": [">3", ">4"]},
    {"has": "B[4,4]"},
    {"ontology": ["LikelihoodMatrix", "Other"]},
    {"created_after": "2026-04"},
    {"performance": {"loss": 0}},
    {"performance": {"": 0}},
    {"metadata": {"lab": "X"}},
]


@pytest.mark.parametrize("filters", FILTERS_THAT_FAIL, ids=str)
def test_filters_that_ask_for_something_else_leave_a_model_out(filters: dict[str, Any]) -> None:
    assert not _fits(SUBJECT, conditions(filters))


FAULTS: dict[str, dict[str, Any]] = {
    "did you mean 'states'": {"stats": 4},
    "text or a number": {"states": True},
    "a number": {"factors": "many"},
    "an edge": {"edge": "s"},
    "a finite number": {"min_performance": float("nan")},
    "a mapping": {"performance": 0.5},
}


@pytest.mark.parametrize("expected", FAULTS)
def test_a_filter_that_cannot_be_understood_is_named(expected: str) -> None:
    with pytest.raises(SearchError) as caught:
        conditions(FAULTS[expected])
    assert expected in caught.value.hint.lower() or expected in caught.value.hint
    assert caught.value.where.startswith("filters.")


@pytest.mark.parametrize("state", ["archived", "deleted"])
def test_models_put_away_are_left_out_unless_their_state_is_asked_for(state: str) -> None:
    away = Subject(replace(ENTRY, state=State(state)).brief, Entries(), lambda _: anatomy(MODEL))
    assert not _fits(away, conditions({}))
    assert _fits(away, conditions({"state": state}))
    assert _fits(away, conditions({"state": "any"}))
    assert _fits(away, conditions({}, any_state=True))


def test_the_anatomy_is_only_looked_up_when_it_is_asked_about() -> None:
    def nobody(_: ModelEntry) -> Any:
        raise AssertionError("looked up")

    assert _fits(Subject(ENTRY.brief, ENTRIES, nobody), conditions({"tags": "lamp", "version": "^1", "variables": 5}))


def test_keys_that_queries_spell_otherwise_are_no_keys() -> None:
    assert {"kind", "updated", "created"}.isdisjoint(KEYS)
