"""The states of a model and the moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from model_registry.errors import LifecycleError


class State(StrEnum):
    """Where a model stands in its life."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    ARCHIVED = "archived"
    DELETED = "deleted"


TRANSITIONS: Mapping[State, Mapping[str, State]] = {
    State.ACTIVE: {"deprecate": State.DEPRECATED, "archive": State.ARCHIVED, "delete": State.DELETED},
    State.DEPRECATED: {"archive": State.ARCHIVED, "delete": State.DELETED},
    State.ARCHIVED: {"delete": State.DELETED},
    State.DELETED: {},
}
"""From each state the moves that lead forward; `restore` leads back, and is legal once a state was left."""

WRITABLE = frozenset({State.ACTIVE, State.DEPRECATED})
"""The states in which a model takes new versions and metadata."""

REACHED: Mapping[str, State] = {"deprecate": State.DEPRECATED, "archive": State.ARCHIVED, "delete": State.DELETED}


def already(state: State, move: str) -> bool:
    """Tell whether a move is in effect already, so that repeating it is quiet."""
    return REACHED.get(move) is state or (move == "restore" and state is State.ACTIVE)


def read_sunset(sunset: str) -> str | None:
    """Give a sunset date as YYYY-MM-DD, None for ""; LifecycleError for what is no date."""
    if not sunset:
        return None
    try:
        return date.fromisoformat(sunset).isoformat()
    except (ValueError, TypeError):
        raise LifecycleError(
            f"the sunset {str(sunset)[:80]!r} is no date",
            code="bad_sunset",
            where="sunset",
            hint="Write the day after which the model is archived, such as 2026-12-31.",
        ) from None


def after(state: State, move: str, *, model_id: str) -> State:
    """Give the state a forward move leads to; LifecycleError naming the legal moves when there is none."""
    reached = TRANSITIONS[state].get(move)
    if reached is None:
        raise _illegal(state, move, model_id)
    return reached


def require_writable(state: State, model_id: str) -> None:
    """Refuse a change to an archived or deleted model."""
    if state not in WRITABLE:
        raise LifecycleError(
            f"{model_id} is {state} and takes no changes",
            code="not_writable",
            where=model_id,
            hint=f"Restore it first (restore_model('{model_id}')), or use another model_id.",
        )


def _illegal(state: State, move: str, model_id: str) -> LifecycleError:
    legal = [*TRANSITIONS[state], *(["restore"] if state is not State.ACTIVE else [])]
    return LifecycleError(
        f"cannot {move} {model_id}: it is {state}",
        code="illegal_transition",
        where=model_id,
        hint=f"From {state} these moves are legal: {', '.join(legal)}.",
        legal=legal,
    )
