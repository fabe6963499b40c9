"""The states of a model and the moves between them, against the table of the design."""

from __future__ import annotations

import pytest

from model_registry.domain.lifecycle import TRANSITIONS, WRITABLE, State, after, already, require_writable
from model_registry.errors import LifecycleError

LEGAL = {
    ("active", "deprecate"): "deprecated",
    ("active", "archive"): "archived",
    ("active", "delete"): "deleted",
    ("deprecated", "archive"): "archived",
    ("deprecated", "delete"): "deleted",
    ("archived", "delete"): "deleted",
}
MOVES = ("deprecate", "archive", "delete")


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", MOVES)
def test_every_move_from_every_state(state: State, move: str) -> None:
    expected = LEGAL.get((state.value, move))
    if expected:
        assert after(state, move, model_id="coin") == expected
        return
    with pytest.raises(LifecycleError) as refused:
        after(state, move, model_id="coin")
    assert set(refused.value.facts["legal"]) - {"restore"} == set(TRANSITIONS[state])


def test_a_move_in_effect_is_known() -> None:
    assert already(State.ARCHIVED, "archive")
    assert already(State.ACTIVE, "restore")
    assert not already(State.ACTIVE, "archive")


@pytest.mark.parametrize("state", State)
def test_only_active_and_deprecated_models_take_changes(state: State) -> None:
    if state in WRITABLE:
        require_writable(state, "coin")
        return
    with pytest.raises(LifecycleError, match="takes no changes"):
        require_writable(state, "coin")
