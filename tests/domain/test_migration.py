"""Changes in words: explanations, one-line summaries, notes for those who use a model."""

from __future__ import annotations

import pytest

from change_pairs import BASE, EDITS, edited
from model_registry.domain.version import IMPACT, Bump, explain, migration_notes, summary
from model_registry.gnn.changes import Change
from model_registry.gnn.diff import diff
from model_registry.gnn.parser import parse


def changes_of(*kinds: str) -> tuple[Change, ...]:
    return diff(parse(BASE), parse(edited(*kinds)))


def test_no_change_is_told_as_none() -> None:
    assert explain(()) == "Nothing changed: no new version is needed."
    assert summary(()) == ""
    assert migration_notes(()) == ()


@pytest.mark.parametrize("kind", EDITS)
def test_every_change_is_explained_by_its_step_and_its_subject(kind: str) -> None:
    sentence = explain(changes_of(kind))
    assert sentence.startswith(f"A {IMPACT[kind]} step, because ")
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_the_deciding_change_stands_first() -> None:
    changes = changes_of("footer", "parameter-values", "edge-removed")
    assert explain(changes) == (
        "A major step, because edge C>π was removed. Also: A values changed (2 of 6 cells, max 0.1); "
        "footer: the footer reads differently (A small model. -> A very small model.)."
    )


def test_an_explanation_counts_what_it_does_not_name() -> None:
    changes = tuple(Change("edge-added", f"a>b{number}", None, f"a>b{number}") for number in range(12))
    assert explain(changes).endswith("And 7 more of minor weight.")


@pytest.mark.parametrize(
    ("kinds", "line"),
    [
        (["parameter-values", "edge-added"], "1 edge added; A values changed (2 of 6 cells, max 0.1)"),
        (["edge-removed", "footer"], "1 edge removed; footer reworded"),
        (["footer", "name", "comments"], "name, comments and footer reworded"),
        (["time-horizon"], "the horizon changed (10 -> 20)"),
    ],
)
def test_a_summary_is_one_line_the_weightiest_first(kinds: list[str], line: str) -> None:
    assert summary(changes_of(*kinds)) == line


def test_a_summary_stays_short_whatever_changed() -> None:
    changes = [Change(kind, f"name{number}", "old", "new") for kind in EDITS for number in range(9)]
    assert len(summary(changes)) < 600


@pytest.mark.parametrize("kind", EDITS)
def test_a_minor_or_major_change_has_a_note_and_a_patch_has_none(kind: str) -> None:
    assert len(migration_notes(changes_of(kind))) == (IMPACT[kind] > Bump.PATCH)


def test_notes_say_what_to_adapt_breaking_changes_first() -> None:
    assert migration_notes(changes_of("variable-dims", "edge-added", "footer")) == (
        "s went from [2, 1] to [2]: resize what you pass to it and read from it.",
        "t>B is new: factors over these variables gain a dependence.",
    )


def test_more_notes_than_anybody_reads_are_counted() -> None:
    changes = [Change("edge-added", f"a>b{number}", None, f"a>b{number}") for number in range(60)]
    assert migration_notes(changes)[-1] == "And 10 more: compare the versions."


def test_braces_in_a_strangers_name_are_only_letters() -> None:
    assert "{name.__class__}" in explain([Change("variable-removed", "{name.__class__}")])
