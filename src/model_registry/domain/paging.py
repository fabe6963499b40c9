"""Pages of a list: a bounded piece, how many there are in all, and an opaque cursor to the next piece."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from model_registry.errors import SearchError

MOST = 1_000
"""Items a page may hold."""


def page(items: Sequence[dict[str, Any]], limit: int, cursor: str, key: str, scope: str) -> dict[str, Any]:
    """Give the page after a cursor: {items, total, next_cursor}.

    The cursor names the last item shown by its `key`, so no item comes twice when others come or go; `scope` tells
    what was listed, and a cursor of another list is refused.
    """
    start = _start(items, cursor, key, scope)
    size = max(1, min(limit, MOST))
    shown = list(items[start : start + size])
    more = start + size < len(items)
    return {
        "items": shown,
        "total": len(items),
        "next_cursor": encode_cursor(scope, shown[-1][key], start + size) if more and shown else None,
    }


def encode_cursor(scope: str, last: Any, index: int) -> str:
    """Give a cursor that stands behind an item."""
    text = json.dumps([1, scope, last, index], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, scope: str) -> tuple[Any, int]:
    """Read a cursor: the key of the last item and the index behind it; SearchError if it is not one of this list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        version, of, last, index = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        version, of, last, index = 0, "", None, 0
    if version != 1 or of != scope or not isinstance(index, int) or index < 0:
        raise SearchError(
            "the cursor does not belong to this list", code="bad_cursor", where="cursor", hint="Start without a cursor."
        )
    return last, index


def _start(items: Sequence[dict[str, Any]], cursor: str, key: str, scope: str) -> int:
    if not cursor:
        return 0
    last, index = decode_cursor(cursor, scope)
    if 0 < index <= len(items) and items[index - 1][key] == last:
        return index
    return next((place + 1 for place, item in enumerate(items) if item[key] == last), min(index, len(items)))
