"""Hits come best first and page by page, and what they have in common is counted as one would count."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.anatomy import Anatomy
from model_registry.domain.answers import EQUAL, Answer, ordered, page_of
from model_registry.domain.columns import Subject
from model_registry.domain.entries import Entries
from model_registry.domain.entry import Brief, ModelEntry
from model_registry.domain.lifecycle import State
from model_registry.domain.values import UNREAD, Values

SCORES = st.sampled_from([0.0, 0.5, 0.5 + EQUAL / 5, 2.0, 1e5])
HITS = st.lists(st.tuples(SCORES, st.integers(0, 3)), max_size=30)
TAGS = st.lists(st.lists(st.sampled_from("abcde"), max_size=4, unique=True), max_size=12)


@given(HITS)
def test_the_best_comes_first_of_equal_ones_the_more_used_else_as_they_stood(hits: list[tuple[float, int]]) -> None:
    order = ordered(np.array([score for score, _ in hits]), np.array([uses for _, uses in hits], np.intp)).tolist()
    assert order == sorted(range(len(hits)), key=lambda at: (-round(hits[at][0] / EQUAL), -hits[at][1], at))


def answer(*numbers: int) -> Answer:
    return Answer(1, np.array(numbers, np.int32), np.zeros(len(numbers)), {})


@pytest.mark.parametrize(
    ("last", "start", "page"),
    [
        (-1, 0, (0, [7, 5])),
        (5, 2, (2, [9, 3])),
        (9, 2, (3, [3])),  # found anew, where the last one shown stands further behind
        (8, 2, (2, [9, 3])),  # where it is gone
        (8, 9, (4, [])),
    ],
)
def test_a_page_begins_behind_the_last_one_shown(last: int, start: int, page: tuple[int, list[int]]) -> None:
    begins, numbers = page_of(answer(7, 5, 9, 3), last, start, 2)
    assert (begins, numbers.tolist()) == page


def subjects(count: int) -> list[Subject]:
    return [Subject(Brief(str(at), at, State.ACTIVE, ""), Entries(), _no_anatomy) for at in range(count)]


def _no_anatomy(_: ModelEntry) -> Anatomy:
    raise AssertionError("nobody asks for it")


def filled(tags: list[list[str]]) -> Values:
    values = Values(lambda subject: tags[int(subject.brief.id)])
    values.grow(len(tags))
    for number, subject in enumerate(subjects(len(tags))):
        values.read(number, subject)
    return values


@given(TAGS, st.integers(1, 4))
def test_values_are_counted_as_one_would(tags: list[list[str]], most: int) -> None:
    chosen = np.arange(0, len(tags), 2)
    counts = Counter(value for number in chosen.tolist() for value in tags[number])
    wanted = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:most]
    assert list(filled(tags).commonest(chosen, most).items()) == wanted


@given(TAGS, st.data())
def test_a_column_taken_over_tells_the_same_but_for_the_models_that_changed(
    tags: list[list[str]], data: st.DataObject
) -> None:
    kept = filled(tags).combinations()
    changed = data.draw(st.lists(st.booleans(), min_size=len(tags), max_size=len(tags)))
    other = Values(lambda subject: ["new"])
    other.grow(len(tags))
    other.take(kept, np.flatnonzero(np.logical_not(changed)))
    assert other.waiting == sum(changed)
    for number, subject in enumerate(subjects(len(tags))):
        other.read(number, subject)
    now = [["new"] if new else old for new, old in zip(changed, tags, strict=True)]
    everyone = np.arange(len(tags))
    assert UNREAD not in other.combinations().places
    assert other.commonest(everyone, 9) == filled(now).commonest(everyone, 9)
