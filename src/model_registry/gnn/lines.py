"""Lines of GNN: where code ends and a comment begins."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from model_registry.gnn.findings import Findings
from model_registry.gnn.model import Comment, Section

# A quote opens a string only where a value may begin: `s'` and `doesn't` hold apostrophes.
_STRING = r"\"[^\"]*\"|(?<![\w\])}'])'[^']*'"
_STRING_OR_COMMENT = re.compile(_STRING + r"|(#)")
_STRINGS = re.compile(_STRING)
_BULLET = re.compile(r"^\s*[-*•]\s+")
_DECORATION = re.compile(r"(?:`{3,}|~{3,}).*|([-*_])(?:\s*\1){2,}")

NAME = r"[^\W\d](?:[_^]\{[^{}\s]{0,64}\}|[\w^\u0300-\u036f]|(?=\.[^\W\d])\.)*+(?:[+-]\d+(?!\w))?['′]*"
"""The pattern of a name: ASCII or Greek, `_` and `^`, `s_t+1`, `s_{t+1}`, `s^{t+1}`, primes.

The look-ahead stands before the dot: behind it, Python 3.11.2 reads `x1..x3` otherwise than 3.11.7 does."""

INDEX = r"\[[^\[\]]*+\]"
"""The pattern of an index behind a name."""


LONGEST_LINE = 50_000
"""How many characters a line may have; only the values of parameters may be longer."""


class Line(NamedTuple):
    """A line of a section: its number in the text, what stands before its comment, the comment without its marks."""

    number: int
    code: str
    comment: str = ""


def split_comment(line: str) -> tuple[str, str]:
    """Give the code of a line and its comment: `#` starts a comment anywhere but inside quotes."""
    if "#" not in line:
        return line.rstrip(), ""
    for match in _STRING_OR_COMMENT.finditer(line):
        if match[1]:
            return line[: match.start()].rstrip(), line[match.start() :].lstrip("#").strip()
    return line.rstrip(), ""


def without_strings(code: str) -> str:
    """Give the code with its quoted strings left out, so that brackets in them do not count."""
    return _STRINGS.sub("", code) if '"' in code or "'" in code else code


def numbered(section: Section) -> Iterator[tuple[int, str]]:
    """Give each line of a section's body with its number in the text, its names in NFC."""
    text = section.text if section.text.isascii() else unicodedata.normalize("NFC", section.text)
    return enumerate(text.split("\n"), start=section.line + 1)


def content(section: Section, findings: Findings, *, longest: int = LONGEST_LINE) -> Iterator[Line]:
    """Give the lines of a section that say something; decoration and lines above `longest` are only noted."""
    for number, text in numbered(section):
        code, comment = split_comment(text)
        if not code.strip():
            continue
        if _DECORATION.fullmatch(code.strip()):
            findings.quote("P016", number, code)
        elif len(code) > longest:
            findings.quote("P017", number, code)
        else:
            yield Line(number, code, comment)


def comments(section: Section) -> Iterator[Comment]:
    """Give the full-line comments of a section."""
    for number, text in numbered(section):
        if text.lstrip().startswith("#"):
            yield Comment(section.name, text.strip().lstrip("#").strip(), number)


def without_bullet(code: str) -> str:
    """Give the code of a line without the list mark that may stand before it."""
    return _BULLET.sub("", code).strip()
