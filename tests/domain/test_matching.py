"""Words, facts and texts in one query: every tree means the set its logic says."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.found import Found, Mask, unscored
from model_registry.domain.matching import Senses, facts, find
from model_registry.domain.query import And, Everything, Not, Or, Query, Text, Where, Word
from model_registry.domain.query_parser import parse_query

IDS = [f"m{number}" for number in range(8)]
"""The word `a` stands in even models, `b` in those below 4; the fact holds from 2 on; every third text has `c`."""

WORDS = {"a": set(IDS[::2]), "b": set(IDS[:4])}
FACT, SOURCE = set(IDS[2:]), set(IDS[::3])


def mask(ids: Collection[str]) -> Mask:
    return np.array([model_id in ids for model_id in IDS], np.bool_)


def names(found: Found) -> set[str]:
    return {IDS[number] for number in np.flatnonzero(found.mask)}


def _engine(query: Query) -> Found:
    return Found(mask(_meant(query)), mask(_meant(query)).astype(np.float64))


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


def _fact(where: Where) -> Mask:
    return mask(FACT)


def _source(leaf: Text, among: Mask) -> Mask:
    return mask(SOURCE)


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
    found = find(query, mask(among), SENSES)
    assert names(found) == _meant(query) & among
    assert not found.scores[~found.mask].any()


@pytest.mark.parametrize(
    ("text", "score"), [("a states>2", 1.0), ("states>2", 0.0), ("a OR states>2", 1.0), ("a source:c", 1.0)]
)
def test_only_words_score(text: str, score: float) -> None:
    assert find(parse_query(text), mask(IDS), SENSES).scores.max() == score


def test_texts_are_read_only_of_the_models_that_all_else_leaves() -> None:
    read: list[set[str]] = []

    def source(leaf: Text, among: Mask) -> Mask:
        read.append(names(unscored(among)))
        return among

    find(parse_query("source:c a states>2"), mask(IDS), Senses(_engine, _fact, source))
    assert read == [WORDS["a"] & FACT]


def test_the_facts_of_a_query_are_found_wherever_they_stand() -> None:
    query = parse_query("maze (a OR -state:archived) states>2")
    assert [fact.field for fact in facts(query)] == ["state", "states"]
