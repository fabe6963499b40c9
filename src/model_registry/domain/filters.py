"""Filters: what a model must be to stay in a list or an answer, as a table of named conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from model_registry.domain.entry import ModelEntry
from model_registry.domain.lifecycle import State
from model_registry.domain.metadata import score_of
from model_registry.domain.version import parse_range, select
from model_registry.errors import SearchError, VersionError

Condition = Callable[[ModelEntry], bool]


def conditions(filters: Mapping[str, Any] | None) -> tuple[Condition, ...]:
    """Give the conditions of a filters mapping; SearchError naming the key or value that cannot be understood.

    Archived and deleted models are left out unless `state` names them.
    """
    given = dict(filters or {})
    for key in given:
        if key not in FILTERS:
            raise _unknown(key)
    shown = () if "state" in given else (_visible,)
    return (*shown, *(FILTERS[key](value) for key, value in given.items() if value is not None))


def fits(entry: ModelEntry, wanted: tuple[Condition, ...]) -> bool:
    """Tell whether a model meets every condition."""
    return all(condition(entry) for condition in wanted)


def _visible(entry: ModelEntry) -> bool:
    return entry.state in {State.ACTIVE, State.DEPRECATED}


def _tags(value: Any) -> Condition:
    wanted = {tag.casefold() for tag in _texts("tags", value)}
    return lambda entry: wanted <= {tag.casefold() for tag in entry.metadata.tags}


def _author(value: Any) -> Condition:
    wanted = {author.casefold() for author in _texts("author", value)}
    return lambda entry: entry.metadata.author.casefold() in wanted


def _state(value: Any) -> Condition:
    names = _texts("state", value)
    known = [state.value for state in State]
    for name in names:
        if name not in [*known, "any"]:
            raise _bad("state", value, f"one of {', '.join(known)}, any")
    return lambda entry: "any" in names or entry.state.value in names


def _kinds(value: Any) -> Condition:
    wanted = {kind.casefold() for kind in _texts("kinds", value)}
    return lambda entry: wanted <= set(entry.current_version.kinds)


def _min_performance(value: Any) -> Condition:
    least = _number("min_performance", value)

    def enough(entry: ModelEntry) -> bool:
        score = score_of(entry.current_version.performance)
        return score is not None and score >= least

    return enough


def _performance(value: Any) -> Condition:
    if not isinstance(value, Mapping):
        raise _bad("performance", value, "a mapping of metric to least value, such as {'accuracy': 0.9}")
    least = {str(metric): _number(f"performance.{metric}", number) for metric, number in value.items()}

    def enough(entry: ModelEntry) -> bool:
        measured = entry.current_version.performance
        return all(metric in measured and measured[metric]["value"] >= number for metric, number in least.items())

    return enough


def _version(value: Any) -> Condition:
    try:
        wanted = parse_range(str(value))
    except VersionError as error:
        raise _bad("version", value, "a range such as ^1.2 or >=1.0 <2") from error
    return lambda entry: select(wanted, [entry.current]) is not None


def _since(value: Any) -> Condition:
    moment = _moment("updated_after", value)
    return lambda entry: entry.updated_at >= moment


def _until(value: Any) -> Condition:
    moment = _moment("updated_before", value)
    return lambda entry: entry.updated_at < moment


def _metadata(value: Any) -> Condition:
    if not isinstance(value, Mapping):
        raise _bad("metadata", value, "a mapping of extra metadata keys to values")
    wanted = dict(value)
    return lambda entry: all(entry.metadata.extra.get(key) == item for key, item in wanted.items())


FILTERS: Mapping[str, Callable[[Any], Condition]] = {
    "tags": _tags,
    "author": _author,
    "state": _state,
    "kinds": _kinds,
    "min_performance": _min_performance,
    "performance": _performance,
    "version": _version,
    "updated_after": _since,
    "updated_before": _until,
    "metadata": _metadata,
}
"""Filter name -> function of the wanted value that gives the condition."""


def _texts(key: str, value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple, set, frozenset)) or not all(isinstance(item, str) for item in items):
        raise _bad(key, value, "text or a list of texts")
    return tuple(items)


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _bad(key, value, "a number")
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
    near = get_close_matches(str(key), FILTERS, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known filters: {', '.join(FILTERS)}."
    return SearchError(f"unknown filter {str(key)[:80]!r}", code="unknown_filter", where=f"filters.{key}", hint=hint)
