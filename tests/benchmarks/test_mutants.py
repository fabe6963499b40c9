"""The short form of the mutation benchmark: every single change is caught, and given the right bump."""

from __future__ import annotations

import pytest

from benchmarks.mutants import EXAMPLES, MUTATIONS, Score, read_texts, scores
from model_registry.gnn.changes import KINDS


@pytest.fixture(scope="module")
def table() -> dict[str, Score]:
    return {score.title: score for score in scores(read_texts(EXAMPLES)[::2], places=1)}


@pytest.mark.parametrize("title", [mutation.title for mutation in MUTATIONS])
def test_each_mutant_is_caught_and_given_the_right_bump(table: dict[str, Score], title: str) -> None:
    score = table[title]
    assert score.missed == []
    assert score.made > 0


def test_the_mutations_are_of_known_kinds_and_many() -> None:
    kinds = {mutation.kind for mutation in MUTATIONS} - {""}
    assert kinds <= KINDS.keys()
    assert len(kinds) >= 25
