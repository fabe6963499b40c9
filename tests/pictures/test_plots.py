"""Plots and timelines: what is given is drawn and told, in its order, within bounds."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drawn import SVG, of_class, read, texts, told
from model_registry.pictures import bar_plot, line_plot, timeline
from model_registry.pictures.plots import BARS, POINTS, SERIES, ticks
from model_registry.pictures.timeline import MOMENTS

SCORES = [("1.0.0", 0.5), ("1.1.0", 0.75), ("2.0.0", 0.625)]


def version(number: str, bump: str = "minor", **more: Any) -> dict[str, Any]:
    return {"version": number, "bump": bump, "created_at": "2026-01-31T12:00:00Z", "state": "registered", **more}


class TestLines:
    def test_each_number_is_a_point_that_tells_itself(self) -> None:
        root = read(line_plot({"score": SCORES}, title="Performance", x_label="version", y_label="score"))
        points = [told(group) for group in root.iter(f"{SVG}g") if told(group)]
        assert points == ["score, 1.0.0: 0.5", "score, 1.1.0: 0.75", "score, 2.0.0: 0.625"]
        assert {"1.0.0", "1.1.0", "2.0.0", "version", "score"} <= set(texts(root))

    def test_higher_numbers_stand_higher_and_later_places_further_right(self) -> None:
        root = read(line_plot({"score": SCORES}, title="Performance"))
        xs, ys = ([float(point.attrib[axis]) for point in of_class(root, "point")] for axis in ("cx", "cy"))
        assert xs == sorted(xs)
        assert ys[1] < ys[2] < ys[0]

    def test_what_is_not_finite_leaves_a_gap(self) -> None:
        scores = [("a", 1.0), ("b", nan), ("c", 2.0), ("d", inf)]
        root = read(line_plot({"x": scores}, title="t"))
        [line] = of_class(root, "series")
        assert len(of_class(root, "point")) == 2
        assert (line.attrib["d"].count("M"), line.attrib["d"].count("L")) == (2, 0)

    def test_lines_are_told_apart_without_colour(self) -> None:
        root = read(line_plot(dict.fromkeys("abcd", SCORES), title="t"))
        marks = {tuple(sorted(point.attrib.keys() - {"cx", "cy"})) for point in of_class(root, "point")}
        assert len(marks) == 2
        assert {"a", "b", "c", "d"} <= set(texts(root))

    def test_bounds_are_told(self) -> None:
        long = [(str(place), float(place)) for place in range(POINTS + 5)]
        root = read(line_plot({f"line {number}": long for number in range(SERIES + 2)}, title="t"))
        assert "Not drawn: 5 earlier places and 2 more lines." in texts(root)
        assert len(of_class(root, "point")) == SERIES * POINTS + SERIES

    def test_nothing_is_said_to_be_nothing(self) -> None:
        assert "Nothing to show." in texts(read(line_plot({}, title="t")))

    @given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
    @example(0.0, 5e-324)
    def test_a_few_round_ticks_hold_the_range(self, one: float, other: float) -> None:
        low, high = sorted((one, other))
        found = ticks(low, high)
        slack = 1e-9 * max(1.0, abs(low), abs(high)) + (high - low) * 1e-6
        assert 2 <= len(found) <= 8
        assert found == sorted(found)
        assert found[0] <= low + slack
        assert found[-1] >= high - slack


class TestBars:
    def test_bars_are_as_long_as_their_numbers(self) -> None:
        root = read(bar_plot({"pomdp": 40, "hmm": 10, "none": 0}, title="Kinds"))
        assert [float(bar.attrib["width"]) for bar in of_class(root, "bar")] == [300, 75, 0]
        assert texts(root) == ["pomdp", "40", "hmm", "10", "none", "0"]

    def test_bounds_are_told(self) -> None:
        root = read(bar_plot({str(number): 1.0 for number in range(BARS + 3)}, title="t"))
        assert len(of_class(root, "bar")) == BARS
        assert "3 more rows not drawn." in texts(root)

    def test_nothing_is_said_to_be_nothing(self) -> None:
        assert texts(read(bar_plot({}, title="t"))) == ["Nothing to show."]


class TestTimeline:
    def test_tells_number_day_step_and_reason_in_the_order_given(self) -> None:
        versions = [version("1.1.0", summary="A changed", reason="sunnier"), version("1.0.0", "none", summary="first")]
        shown = texts(read(timeline(versions)))
        assert shown == ["2026-01-31", "1.1.0", "minor", "sunnier", "2026-01-31", "1.0.0", "", "first"]

    def test_the_mark_tells_the_step(self) -> None:
        root = read(timeline([version("3.0.0", "major"), version("2.1.0"), version("2.0.1", "patch")]))
        assert [mark.attrib["class"] for mark in of_class(root, "moment")] == ["moment major", "moment minor", "moment"]
        assert len({mark.attrib.get("d", "ring").partition("m")[2] for mark in of_class(root, "moment")}) == 3

    def test_an_unusual_state_stands_beside_the_step(self) -> None:
        assert "minor, yanked" in texts(read(timeline([version("1.1.0", state="yanked")])))

    def test_bounds_are_told(self) -> None:
        root = read(timeline([version(f"1.{number}.0") for number in range(MOMENTS + 2)]))
        assert len(of_class(root, "version")) == MOMENTS
        assert "2 more versions not drawn." in texts(root)

    def test_a_version_may_say_nothing(self) -> None:
        assert "?" in texts(read(timeline([{}])))
        assert texts(read(timeline([]))) == ["No versions."]


@pytest.mark.parametrize("standalone", [False, True])
@settings(max_examples=40, deadline=None)
@given(word=st.text(min_size=1))
def test_any_words_give_well_formed_pictures_with_names(standalone: bool, word: str) -> None:
    pictures = [
        line_plot({word: [(word, 1.0), ("b", 2.0)]}, title=word, x_label=word, y_label=word, standalone=standalone),
        bar_plot({word: 1.0}, title=word, standalone=standalone),
        timeline([version(word, word, reason=word, summary=word)], title=word, standalone=standalone),
    ]
    for picture in pictures:
        root = read(picture)
        ids = {element.get("id") for element in root}
        assert {root.attrib["aria-labelledby"], root.attrib["aria-describedby"]} <= ids
        assert root.attrib["role"] == "img"
        assert not [element for element in root.iter() if element.tag in {f"{SVG}script", f"{SVG}a", f"{SVG}image"}]
