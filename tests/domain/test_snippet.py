"""A snippet shows why a model was found, and nothing a terminal could take for an order."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.query_parser import parse_query
from model_registry.domain.snippet import snippet

TEXT = (
    "A rat\nlooks for cheese in a T-maze. " + "Nothing happens here. " * 20 + "Its beliefs about the maze are learned."
)


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
    assert marked in snippet(parse_query(query), TEXT, width=60)


def test_words_may_be_given_instead_of_a_query() -> None:
    assert snippet(["rat"], TEXT, width=30) == "A **rat** looks for cheese in a…"


def test_without_a_match_the_text_begins() -> None:
    assert snippet(parse_query("zebra"), TEXT, width=20) == "A rat looks for…"
    assert snippet(parse_query("*"), "") == ""


def test_a_cut_text_has_an_ellipsis_on_either_side() -> None:
    found = snippet(["middle"], "before " * 50 + "middle " + "after " * 50, width=40)
    assert found.startswith("…before ")
    assert found.endswith(" after…")


def test_marks_control_and_direction_characters_of_the_text_are_dropped() -> None:
    assert snippet(["rat"], "a **bold**\x1b[31m \u202erat\u2066 \x00**") == "a bold[31m **rat**"


@given(st.text(max_size=300), st.text(max_size=12), st.integers(10, 60))
def test_a_snippet_is_one_short_line_of_the_text(text: str, word: str, width: int) -> None:
    found = snippet([word, "a"], text, width)
    bare = found.replace("**", "").strip("…")
    assert len(bare) <= width
    assert not any(unicodedata.category(char).startswith("C") for char in bare)
    assert "\n" not in found
