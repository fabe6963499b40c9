"""Results have a size: lists are cut into pages that fit, and other results where they are longest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from pydantic_core import to_json

from model_registry.mcp_door.cleaning import clean

View = dict[str, Any]
Path = tuple[str | int, ...]

MOST_BYTES = 25_000
"""Bytes of a result as JSON; hosts cut what is much longer without saying so."""

ROOM = 1_000
"""Bytes left for what is said about a cut."""

LONGEST_IN_LIST = 600
"""Characters of one text in a list: enough to choose by; the tool for one model gives the rest."""

MOST_KEYS = 50
"""A mapping with more keys is a list of counts and may be cut; one with fewer is a record, and cut only at last."""

SHORTEST_CUT = 200
"""A text is never cut below this many characters."""


def as_json(value: Any) -> str:
    """Give a clean value as compact JSON."""
    return to_json(value).decode()


def size(value: Any) -> int:
    """Count the bytes of a clean value as JSON."""
    return len(to_json(value))


def paged(fetch: Callable[[int], View], limit: int, tool: str, advice: str = "Ask for less.") -> View:
    """Give the page that `fetch(limit)` gives, with fewer items where so many would not fit.

    Fetching again keeps the cursor right: it stands behind the last item shown. `next_step` says how to go on. A single
    item that does not fit is cut as by `bounded`.
    """
    view: View = clean(fetch(limit), LONGEST_IN_LIST)
    while (taken := size(view)) > MOST_BYTES - ROOM and len(view["items"]) > 1:
        limit = max(1, len(view["items"]) * (MOST_BYTES - ROOM) // taken)
        view = clean(fetch(limit), LONGEST_IN_LIST)
    whole = view | {"next_step": _next_step(view, tool)}
    return whole if taken <= MOST_BYTES - ROOM else _cut(whole, advice)


def bounded(view: View, advice: str = "Ask for less.") -> View:
    """Give a view that fits: its longest lists and texts are cut, `cut` says which, `next_step` how to see the rest."""
    return _cut(clean(view), advice)


def _cut(view: View, advice: str) -> View:
    cuts: dict[str, View] = {}
    while (excess := size(view) - (MOST_BYTES - ROOM)) > 0:
        found = [*_cuttable(view, (), MOST_KEYS)] or [*_cuttable(view, (), 1)]
        if not found:
            break
        length, path = max(found, key=itemgetter(0))
        kept, whole = _shorten(view, path, keep=1 - excess / length)
        field = ".".join(map(str, path))
        cuts[field] = {"field": field, "shown": kept, "of": cuts[field]["of"] if field in cuts else whole}
    if not cuts:
        return view
    told = list(cuts.values())[:5]
    steps = [view.get("next_step"), f"Cut to fit: {_told(told)}.", advice]
    return view | {"cut": told, "next_step": " ".join(step for step in steps if step)}


def _cuttable(value: Any, path: Path, keys: int) -> Iterator[tuple[int, Path]]:
    """Give the size and place of everything that may be made shorter; a mapping if it has more than `keys` keys."""
    if isinstance(value, list) and len(value) == 1:
        yield from _cuttable(value[0], (*path, 0), keys)
    elif path and isinstance(value, (dict, list, str)) and len(value) > _least(value, keys):
        yield size(value), path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _cuttable(item, (*path, key), keys)


def _least(value: dict[str, Any] | list[Any] | str, keys: int) -> int:
    """Give the length below which a value is not cut."""
    if isinstance(value, str):
        return SHORTEST_CUT
    return 1 if isinstance(value, list) else keys


def _shorten(view: View, path: Path, *, keep: float) -> tuple[int, int]:
    """Cut what stands at a path to a part of its length, in place; gives its new and its old length."""
    holder: Any = view
    for step in path[:-1]:
        holder = holder[step]
    value = holder[path[-1]]
    kept = max(_least(value, 1), min(len(value) - 1, int(len(value) * keep * 0.95)))
    holder[path[-1]] = dict(list(value.items())[:kept]) if isinstance(value, dict) else value[:kept]
    return kept, len(value)


def _told(cuts: list[View]) -> str:
    return ", ".join(f"{cut['field']} shows {cut['shown']} of {cut['of']}" for cut in cuts)


def _next_step(view: View, tool: str) -> str | None:
    shown, total = len(view["items"]), view["total"]
    if view["next_cursor"]:
        return f"{shown} of {total} shown. Call {tool} with this next_cursor as cursor, or narrow the call."
    if total:
        return None
    spelled = "one of the suggestions, " if view.get("suggestions") else ""
    return f"Nothing fits. Call search_models with {spelled}fewer words or no filters, or list_models."
