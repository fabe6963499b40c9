"""What people type becomes the query they mean, or an error that shows the place."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Word
from model_registry.domain.query_parser import DEEPEST, LONGEST_QUERY, MOST_TERMS, parse_query, relax, terms
from model_registry.errors import SearchError

A, B, C = Word("a"), Word("b"), Word("c")

MEANINGS: dict[str, Query] = {
    "": Everything(),
    " \n": Everything(),
    "*": Everything(),
    "a": A,
    "a b": And((A, B)),
    "a AND b": And((A, B)),
    "a OR b c": Or((A, And((B, C)))),
    "(a OR b) c": And((Or((A, B)), C)),
    "NOT a": Not(A),
    "a NOT b": And((A, Not(B))),
    "a -b": And((A, Not(B))),
    "a OR -b": Or((A, Not(B))),
    '-"a b"': Not(Phrase(("a", "b"))),
    "-(a b)": Not(And((A, B))),
    '"a"': A,
    '"a, b!"': Phrase(("a", "b")),
    "“a b”": Phrase(("a", "b")),
    '"AND"': Word("AND"),
    "or and not": And((Word("or"), Word("and"), Word("not"))),
    "ANDROID": Word("ANDROID"),
    "pol*": Prefix("pol"),
    "agnet~": Fuzzy("agnet"),
    "mean-field": Word("mean-field"),
    "s_f0": Word("s_f0"),
    "LikelihoodMatrix": Word("LikelihoodMatrix"),
    "name:a": Word("a", "name"),
    "Name: a": Word("a", "name"),
    "tags:pol*": Prefix("pol", "tag"),
    "-author:a": Not(Word("a", "author")),
    'description:"a b"': Phrase(("a", "b"), "description"),
    "variable:(a OR b~)": Or((Word("a", "variable"), Fuzzy("b", "variable"))),
    "inside:(a name:b)": And((Word("a", "inside"), Word("b", "name"))),
    "http://a.b/c": Phrase(("http", "a", "b", "c")),
    "10:30": Phrase(("10", "30")),
    "std::a": Phrase(("std", "a")),
    "fp1:a": Phrase(("fp1", "a")),
    "note: a": And((Word("note"), A)),
    "tag:2d": Word("2d", "tag"),
    "ratio:3": Phrase(("ratio", "3")),
    "a/pol*": And((A, Prefix("pol"))),
    "a & b": And((A, B)),
    "a - b": And((A, B)),
    "* -a": And((Everything(), Not(A))),
    "P(a|b)": And((Word("P"), Phrase(("a", "b")))),
}

FAULTS = {
    "a AND": (5, "a word"),
    "AND a": (0, "a word"),
    "a OR OR b": (5, "a word"),
    "NOT": (3, "a word"),
    "()": (1, "a word"),
    "(a": (0, "a closing )"),
    "a)": (1, "no )"),
    'a "b': (2, 'a closing "'),
    '""': (0, "a word"),
    "???": (3, "a word"),
    "*cy": (0, "* only at the end"),
    "po*cy": (0, "* only at the end"),
    "name:": (5, "a word"),
    "nmae:a": (0, "no field nmae"),
    "a foo:b": (2, "no field foo"),
}


@pytest.mark.parametrize("text", MEANINGS)
def test_a_text_has_its_meaning(text: str) -> None:
    assert parse_query(text) == MEANINGS[text]


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_shown_with_its_place_and_what_was_expected(text: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse_query(text)
    at, expected = FAULTS[text]
    assert caught.value.facts["position"] == at
    assert caught.value.where == f"character {at + 1}"
    assert expected in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(("typed", "meant"), [("nmae", "name"), ("desc", "description"), ("ontolgy", "ontology")])
def test_an_unknown_field_names_the_one_that_was_probably_meant(typed: str, meant: str) -> None:
    with pytest.raises(SearchError) as caught:
        parse_query(f"{typed}:agent")
    assert caught.value.code == "unknown_field"
    assert f"did you mean {meant}:?" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "a" * (LONGEST_QUERY + 1),
        "a " * (MOST_TERMS + 1),
        '"' + "a " * (MOST_TERMS + 1) + '"',
        "a_" * (MOST_TERMS + 1),
        "* " * (MOST_TERMS + 1),
        "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1),
        "NOT " * (DEEPEST + 1) + "a",
        "name:" * (DEEPEST + 1) + "a",
        "(" * LONGEST_QUERY,
    ],
    ids=["long", "many words", "long phrase", "long compound", "stars", "deep", "nots", "fields", "parentheses"],
)
def test_a_query_has_bounds(text: str) -> None:
    with pytest.raises(SearchError):
        parse_query(text)


PIECES = ["a", "π", " ", "(", ")", '"', "-", "*", "~", ":", "name:", "AND ", "OR ", "NOT ", "\x00", "\ud800", "ﷺ", "é"]


@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text_is_a_query_or_a_search_error(text: str) -> None:
    with suppress(SearchError):
        assert all(terms(parse_query(text)))


def test_relaxing_wants_any_of_the_words_and_still_none_of_the_unwanted() -> None:
    assert relax(parse_query("a b c")) == Or((A, B, C))
    assert relax(parse_query("a b -c")) == And((Or((A, B)), Not(C)))


@pytest.mark.parametrize("text", ["*", "a", "a OR b", "a -b", '"a b"'])
def test_a_query_that_cannot_be_wider_is_not_relaxed(text: str) -> None:
    assert relax(parse_query(text)) is None


def test_terms_are_the_words_looked_for_in_order_and_once() -> None:
    assert terms(parse_query('b "a c" name:b po* -d e~ (NOT f OR g)')) == ("b", "a", "c", "po", "e", "g")
