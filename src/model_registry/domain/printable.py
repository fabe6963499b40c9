"""Texts of strangers, made fit to be shown on one line."""

from __future__ import annotations

import unicodedata

LONGEST = 300
"""Characters of a stranger's text that are shown unless more are asked for."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: object, limit: int = LONGEST) -> str:
    """Give a text as one line of bounded length, without characters that control a terminal or the way of writing."""
    line = " ".join(str(text)[: 4 * limit].split())
    seen = (character for character in line if unicodedata.category(character) not in _UNSEEN)
    shown = line if line.isprintable() else "".join(seen)
    return shown if len(shown) <= limit else f"{shown[: limit - 1].rstrip()}…"


def printable_text(text: str) -> str:
    """Give a text of several lines, each without such characters."""
    return "\n".join(
        "".join(character for character in line if character == "\t" or unicodedata.category(character) not in _UNSEEN)
        for line in text.splitlines()
    )


def counted(number: int, thing: str) -> str:
    """Give a number of things in words: `1 model`, `2 models`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
