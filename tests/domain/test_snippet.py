"""A snippet shows why a model was found, and nothing a terminal could take for an order."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.query import Fuzzy, Or, Prefix, Word
from model_registry.domain.query_parser import parse_query
from model_registry.domain.snippet import Passages

TEXT = (
    "A rat\nlooks for cheese in a T-maze. " + "Nothing happens here. " * 20 + "Its beliefs about the maze are learned."
)


def snippet(query: str, text: str, width: int) -> str:
    return Passages(parse_query(query)).snippet(text, width).text


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("cheese", "**cheese**"),
        ("belief", "**beliefs**"),
        ("learn*", "**learned**"),
        ("chese~", "**cheese**"),
        ("rat looks -nothing", "A **rat** **looks** for cheese"),
        ('"t maze"', "**T**-**maze**"),
        ("beliefs maze learning", "**beliefs** about the **maze** are **learned**"),
    ],
)
def test_the_passage_that_fits_best_is_shown_with_its_words_marked(query: str, marked: str) -> None:
    assert marked in snippet(query, TEXT, 60)


def test_without_a_match_the_text_begins() -> None:
    assert snippet("zebra", TEXT, 20) == "A rat looks for…"
    assert snippet("*", "", 20) == ""


def test_a_cut_text_has_an_ellipsis_on_either_side() -> None:
    found = snippet("middle", "before " * 50 + "middle " + "after " * 50, 40)
    assert found.startswith("…before ")
    assert found.endswith(" after…")


def test_marks_control_and_direction_characters_of_the_text_are_dropped() -> None:
    assert snippet("rat", "a **bold**\x1b[31m \u202erat\u2066 \x00**", 60) == "a bold[31m **rat**"


@pytest.mark.parametrize(("query", "start"), [("CHEESE", "A rat"), ("chee*", "A rat"), ("believed", ""), ("zebra", "")])
def test_a_piece_of_a_long_text_is_found_around_the_first_word_that_looks_wanted(query: str, start: str) -> None:
    assert Passages(parse_query(query)).around(TEXT).startswith(start)
    assert bool(Passages(parse_query(query)).around(TEXT)) is bool(start)


@given(st.text(max_size=300), st.text(max_size=12), st.integers(10, 60))
def test_a_snippet_is_one_short_line_of_the_text(text: str, word: str, width: int) -> None:
    found = Passages(Or((Word(word), Word("a"), Prefix(word), Fuzzy(word)))).snippet(text, width).text
    bare = found.replace("**", "").strip("…")
    assert len(bare) <= width
    assert not any(unicodedata.category(char).startswith("C") for char in bare)
    assert "\n" not in found
