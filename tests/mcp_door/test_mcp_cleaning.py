"""Stored text is data: cleaned of what does not show, and bounded."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.mcp_door.bounds import MOST_BYTES, bounded, paged, size
from model_registry.mcp_door.cleaning import LONGEST, capped, clean, one_line, visible

TEXT = st.text(st.characters(codec=None), max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)


@given(TEXT)
def test_no_character_that_does_not_show_is_left(text: str) -> None:
    assert all(c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs"} for c in visible(text))


@settings(deadline=None)
@given(JSON)
def test_cleaning_twice_is_cleaning_once(value: Any) -> None:
    assert clean(clean(value)) == clean(value)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "M"])))
def test_text_that_shows_is_left_alone(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("a\u202egnp.exe\u202c", "agnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("bell\x07 \x1b[31mred", "bell [31mred"),
        ("one\r\ntwo\rthree\u2028four\u0085five", "one\ntwo\nthree\nfour\nfive"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("α → β, naïve\t5 %", "α → β, naïve\t5 %"),
    ],
)
def test_what_is_taken_out(dirty: str, cleaned: str) -> None:
    assert visible(dirty) == cleaned
    assert clean({dirty: [dirty]}) == {cleaned: [cleaned]}


def test_a_number_json_cannot_write_is_null() -> None:
    assert clean([float("inf"), float("nan"), 1.5]) == [None, None, 1.5]


def test_a_long_text_is_capped_and_says_how_long_it_was() -> None:
    cut = clean("x" * (LONGEST + 1))
    assert len(cut) == LONGEST
    assert cut.endswith(f"… [cut, {LONGEST + 1} characters]")
    assert capped("short", 5) == "short"


def test_a_text_within_a_sentence_has_no_line_breaks() -> None:
    assert one_line(" a\n\n b\u202e ") == "a b"


@settings(deadline=None, max_examples=40)
@given(JSON, st.integers(1, 40))
def test_every_result_fits_whatever_it_holds(value: Any, times: int) -> None:
    view = bounded({"id": "x", "rows": [value] * times * 10, "text": "y" * times * 1_000})
    assert size(view) <= MOST_BYTES
    assert view["id"] == "x"


def test_a_cut_result_names_what_was_cut_and_how_to_go_on() -> None:
    view = bounded({"id": "x", "rows": [{"n": "y" * 100}] * 1_000, "few": [1, 2]}, "Call another_tool.")
    shown = len(view["rows"])
    assert 0 < shown < 1_000
    assert view["cut"] == [{"field": "rows", "shown": shown, "of": 1_000}]
    assert view["next_step"] == f"Cut to fit: rows shows {shown} of 1000. Call another_tool."
    assert view["few"] == [1, 2]


def test_records_within_records_are_cut_when_nothing_else_is_left() -> None:
    def tree(depth: int) -> Any:
        return {f"key-{number}": tree(depth - 1) for number in range(20)} if depth else "leaf"

    view = bounded({"id": "x", "metadata": tree(3), "twin": tree(3)})
    assert size(view) <= MOST_BYTES
    assert {"id", "metadata", "twin", "cut", "next_step"} == view.keys()


def test_a_result_that_fits_is_not_marked() -> None:
    assert bounded({"rows": [1, 2]}) == {"rows": [1, 2]}


def test_a_page_too_large_is_fetched_smaller_so_that_its_cursor_stays_right() -> None:
    rows = [{"id": number, "text": "y" * 500} for number in range(100)]

    def fetch(limit: int) -> dict[str, Any]:
        return {"items": rows[:limit], "total": 100, "next_cursor": str(limit)}

    page = paged(fetch, 100, "list_things")
    assert size(page) <= MOST_BYTES
    assert page["next_cursor"] == str(len(page["items"]))
    assert "Call list_things" in page["next_step"]
