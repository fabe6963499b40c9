"""Stored text is data from strangers: what is taken out of it before an assistant reads it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

LONGEST = 10_000
"""Characters of one text in a result."""

_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs"})
"""Unicode categories that do not show: control, format (bidirectional, zero-width, tags), private use, surrogates."""

_LINES = {"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\u0085": "\n"}
_KEPT = frozenset("\n\t")


def clean(value: Any, longest: int = LONGEST) -> Any:
    """Give a JSON value with every text in it, keys included, free of characters that do not show, and capped.

    A capped text ends by saying how long it was; a number that JSON cannot write is null. Cleaning what is clean
    changes nothing.
    """
    if isinstance(value, str):
        return _text(value, longest)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, (list, tuple)):
        return [clean(item, longest) for item in value]
    if isinstance(value, (dict, Mapping)):
        return {_text(str(key), longest): clean(item, longest) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _text(text: str, longest: int) -> str:
    return text if len(text) <= longest and text.isprintable() else capped(visible(text), longest)


def visible(text: str) -> str:
    """Give a text without control, bidirectional, zero-width and other characters that do not show.

    Line ends become one newline each; newlines and tabs stay.
    """
    if text.isprintable():
        return text
    return text.replace("\r\n", "\n").translate(_TABLE)


def one_line(text: str, longest: int = 1_000) -> str:
    """Give a text for use within a sentence: visible, without line breaks, capped."""
    return capped(" ".join(visible(text).split()), longest)


def capped(text: str, longest: int) -> str:
    """Give a text of at most `longest` characters, the end replaced by a note when it is longer."""
    if len(text) <= longest:
        return text
    note = f"… [cut, {len(text)} characters]"
    return text[: max(0, longest - len(note))] + note


class _Table:
    """What becomes of a code point, as `str.translate` asks for it."""

    @staticmethod
    @lru_cache(maxsize=4_096)
    def __getitem__(code: int) -> str | None:
        character = chr(code)
        if character in _LINES:
            return _LINES[character]
        return None if unicodedata.category(character) in _HIDDEN and character not in _KEPT else character


_TABLE = _Table()
