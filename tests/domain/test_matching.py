"""Words, facts and texts in one query: every tree means the set its logic says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.matching import Senses, facts, find
from model_registry.domain.query import And, Everything, Not, Or, Query, Text, Where, Word
from model_registry.domain.query_parser import parse_query

IDS = [f"m{number}" for number in range(8)]
"""The word `a` stands in even models, `b` in those below 4; the fact holds from 2 on; every third text has `c`."""

WORDS = {"a": set(IDS[::2]), "b": set(IDS[:4])}
FACT, SOURCE = set(IDS[2:]), set(IDS[::3])


def _engine(query: Query) -> dict[str, float]:
    return dict.fromkeys(_meant(query), 1.0)


def _meant(query: Query) -> set[str]:
    """Give what a query means, by sets."""
    match query:
        case And(parts):
            return set(IDS).intersection(*map(_meant, parts))
        case Or(parts):
            return set().union(*map(_meant, parts))
        case Not(part):
            return set(IDS) - _meant(part)
        case Everything():
            return set(IDS)
        case Where():
            return FACT
        case Word(text, field):
            return SOURCE if field == "source" else WORDS[text]
    raise AssertionError(query)


def _fact(where: Where) -> Callable[[str], bool]:
    return FACT.__contains__


def _source(leaf: Text) -> Callable[[str], bool]:
    return SOURCE.__contains__


SENSES = Senses(_engine, _fact, _source)

LEAVES = st.sampled_from([Word("a"), Word("b"), Where("states", ">", "2"), Word("c", "source"), Everything()])
TREES = st.recursive(
    LEAVES,
    lambda trees: st.one_of(
        st.lists(trees, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(trees, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
        trees.map(Not),
    ),
    max_leaves=8,
)


@given(TREES, st.sets(st.sampled_from(IDS)))
def test_a_tree_finds_the_models_that_its_logic_says_among_those_allowed(query: Query, among: set[str]) -> None:
    assert set(find(query, among, SENSES)) == _meant(query) & among


@pytest.mark.parametrize(
    ("text", "score"), [("a states>2", 1.0), ("states>2", 0.0), ("a OR states>2", 1.0), ("a source:c", 1.0)]
)
def test_only_words_score(text: str, score: float) -> None:
    found = find(parse_query(text), IDS, SENSES)
    assert max(found.values()) == score


def test_texts_are_read_only_of_the_models_that_all_else_leaves() -> None:
    read: list[str] = []

    def source(leaf: Text) -> Callable[[str], bool]:
        return lambda model_id: not read.append(model_id)  # type: ignore[func-returns-value]

    find(parse_query("source:c a states>2"), IDS, Senses(_engine, _fact, source))
    assert set(read) == WORDS["a"] & FACT


def test_the_facts_of_a_query_are_found_wherever_they_stand() -> None:
    query = parse_query("maze (a OR -state:archived) states>2")
    assert [fact.field for fact in facts(query)] == ["state", "states"]
