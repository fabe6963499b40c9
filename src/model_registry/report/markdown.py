"""Writing Markdown around texts of strangers, so that they stay text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from model_registry.domain.printable import LONGEST, printable

_PLAIN = re.compile(r"[A-Za-z0-9@^~._/:+ -]+")
_SPECIAL = re.compile(r"([\\`*\[\]|~#!$]|(?<!\w)_|_(?!\w))")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escape(text: object, limit: int = LONGEST) -> str:
    """Give a text as Markdown that shows it as it is: no markup, no HTML, no table cell of its own."""
    return _SPECIAL.sub(r"\\\1", printable(text, limit).translate(_MARKUP))


def code(text: object) -> str:
    """Give a name in code type, or escaped where code type could not hold it."""
    shown = printable(text)
    return f"`{shown}`" if _PLAIN.fullmatch(shown) else escape(shown)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table of cells that are Markdown already; "" when there is no row."""
    body = ["| " + " | ".join(row) + " |" for row in rows]
    if not body:
        return ""
    return "\n".join(["| " + " | ".join(header) + " |", "|" + " --- |" * len(header), *body])


def paragraphs(*parts: str) -> str:
    """Give a text of the parts that are not empty, a blank line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"
