"""Filters: what a model must be to stay in a list or an answer, as a table of named conditions for programs.

Beside the keys of its own a filter may name every fact that a query may (`domain.conditions`): `{"states": ">4"}`,
`{"has": ["A", "B[3,3,2]"]}`, `{"factors": 2}`; of several values all must hold.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from model_registry.asked import as_mapping
from model_registry.domain.columns import NUMBERS, SCORED, as_value
from model_registry.domain.conditions import ANY, FACTS, Condition, condition, exactly, folded
from model_registry.domain.lifecycle import State
from model_registry.domain.query import Where
from model_registry.errors import SearchError

_RELATED = re.compile(r"\s*(>=|<=|[<>=])?\s*(.*)", re.DOTALL)


def conditions(filters: Mapping[str, Any] | None, *, any_state: bool = False) -> tuple[Condition, ...]:
    """Give the conditions of a filters mapping; SearchError naming the key or value that cannot be understood.

    Archived and deleted models are left out unless `state` names them, or with `any_state`.
    """
    given = as_mapping(filters, "filters", SearchError)
    for key in given:
        if key not in KEYS:
            raise _unknown(key)
    shown = () if any_state or "state" in given else (VISIBLE,)
    return (*shown, *(each for key, value in given.items() if value is not None for each in _conditions(key, value)))


def _conditions(key: str, value: Any) -> Iterable[Condition]:
    return FILTERS[key](value) if key in FILTERS else _facts(key, value)


def _facts(key: str, value: Any) -> Iterator[Condition]:
    """Give the conditions of a fact that a query could ask for too."""
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(item, bool) or not isinstance(item, (str, int, float)):
            raise _bad(key, value, "text or a number, or a list of them")
        relation, text = _RELATED.fullmatch(str(item)).groups()  # type: ignore[union-attr]  # it matches any text
        try:
            yield condition(Where(key, relation or ":", text.strip()))
        except ValueError as expected:
            raise _bad(key, value, str(expected)) from None


def _tags(value: Any) -> Iterator[Condition]:
    return (folded("tags", tag) for tag in _texts("tags", value))


def _author(value: Any) -> Iterator[Condition]:
    yield folded("author", *_texts("author", value))


def _state(value: Any) -> Iterator[Condition]:
    names, known = _texts("state", value), [state.value for state in State]
    for name in names:
        if name not in [*known, ANY]:
            raise _bad("state", value, f"one of {', '.join(known)}, {ANY}")
    yield exactly("state", *(known if ANY in names else names))


def _kinds(value: Any) -> Iterator[Condition]:
    return (exactly("kinds", kind.casefold()) for kind in _texts("kinds", value))


def _ontology(value: Any) -> Iterator[Condition]:
    return (folded("ontology", term) for term in _texts("ontology", value))


def _min_performance(value: Any) -> Iterator[Condition]:
    yield _at_least(SCORED, _number("min_performance", value))


def _performance(value: Any) -> Iterator[Condition]:
    if not isinstance(value, Mapping):
        raise _bad("performance", value, "a mapping of metric to least value, such as {'accuracy': 0.9}")
    for metric, number in value.items():
        name = f"performance.{metric}"
        yield _at_least(name, _number(name, number))


def _at_least(name: str, least: float) -> Condition:
    return Condition(name, between=(least, None))


def _since(key: str, name: str) -> Callable[[Any], Iterator[Condition]]:
    def make(value: Any) -> Iterator[Condition]:
        yield Condition(name, between=(_moment(key, value), None))

    return make


def _until(key: str, name: str) -> Callable[[Any], Iterator[Condition]]:
    def make(value: Any) -> Iterator[Condition]:
        yield Condition(name, between=(None, _moment(key, value)))

    return make


def _metadata(value: Any) -> Iterator[Condition]:
    if not isinstance(value, Mapping):
        raise _bad("metadata", value, "a mapping of extra metadata keys to values")
    return (exactly(f"metadata.{key}", as_value(item)) for key, item in value.items())


FILTERS: Mapping[str, Callable[[Any], Iterable[Condition]]] = {
    "tags": _tags,
    "author": _author,
    "state": _state,
    "kinds": _kinds,
    "ontology": _ontology,
    "min_performance": _min_performance,
    "performance": _performance,
    "updated_after": _since("updated_after", "updated"),
    "updated_before": _until("updated_before", "updated"),
    "created_after": _since("created_after", "created"),
    "created_before": _until("created_before", "created"),
    "metadata": _metadata,
}
"""Filter name -> function of the wanted value that gives its conditions."""

VISIBLE = exactly("state", State.ACTIVE.value, State.DEPRECATED.value)
"""What holds where nothing is said of the state."""

KEYS = (*FILTERS, *(name for name in (*FACTS, *NUMBERS) if name not in {"kind", "updated", "created", *FILTERS}))
"""Every key that a filter may have."""


def _texts(key: str, value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple, set, frozenset)) or not all(isinstance(item, str) for item in items):
        raise _bad(key, value, "text or a list of texts")
    return tuple(items)


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _bad(key, value, "a finite number")
    return float(value)


def _moment(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value[:4].isdigit():
        raise _bad(key, value, "a date or moment such as 2026-01-31 or 2026-01-31T12:00:00Z")
    return value


def _bad(key: str, value: Any, expected: str) -> SearchError:
    return SearchError(
        f"filter {key!r} cannot be {value!r:.80}", code="bad_filter", where=f"filters.{key}", hint=f"Give {expected}."
    )


def _unknown(key: str) -> SearchError:
    near = get_close_matches(str(key), KEYS, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known filters: {', '.join(KEYS)}."
    return SearchError(f"unknown filter {str(key)[:80]!r}", code="unknown_filter", where=f"filters.{key}", hint=hint)
