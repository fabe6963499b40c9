"""Pages of a list: a bounded piece, how many there are in all, and an opaque cursor to the next piece."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from model_registry.asked import as_number
from model_registry.errors import SearchError

MOST = 1_000
"""Items a page may hold."""


def page(
    items: Sequence[dict[str, Any]],
    limit: int,
    cursor: str,
    key: str,
    scope: str,
) -> dict[str, Any]:
    """Give the page after a cursor: {items, total, next_cursor}.

    The cursor names the last item shown by its `key`, so no item comes twice when others come or go; `scope` tells
    what was listed, and a cursor of another list is refused. Where the last item is gone, the page begins where it
    stood.
    """
    start = _start(items, cursor, key, scope) if cursor else 0
    size = page_size(limit)
    shown = list(items[start : start + size])
    more = start + size < len(items)
    return {
        "items": shown,
        "total": len(items),
        "next_cursor": encode_cursor(scope, shown[-1][key], start + size) if more and shown else None,
    }


def page_size(limit: int) -> int:
    """Give how many items a page of a limit holds; SearchError for what is no number."""
    return max(1, min(as_number(limit, "limit", SearchError), MOST))


def encode_cursor(scope: str, last: Any, index: int, at: int = 0) -> str:
    """Give a cursor that stands behind an item of a list made at a position of the log."""
    text = json.dumps([2, scope, last, index, at], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, scope: str) -> tuple[Any, int, int]:
    """Read a cursor: the key of the last item, the index behind it, the position; SearchError if of another list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        version, of, last, index, at = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        version, of, last, index, at = 0, "", None, 0, 0
    if version != 2 or of != scope or not isinstance(index, int) or index < 0 or not isinstance(at, int):
        raise foreign_cursor()
    return last, index, at


def foreign_cursor() -> SearchError:
    """Give the error for a cursor that no page of a list has given."""
    return SearchError(
        "the cursor does not belong to this list", code="bad_cursor", where="cursor", hint="Start without a cursor."
    )


def _start(items: Sequence[dict[str, Any]], cursor: str, key: str, scope: str) -> int:
    last, index, _ = decode_cursor(cursor, scope)
    if 0 < index <= len(items) and items[index - 1][key] == last:
        return index
    found = next((place + 1 for place, item in enumerate(items) if item[key] == last), None)
    return min(index, len(items)) if found is None else found
