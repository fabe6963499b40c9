"""Lines of GNN: where code ends and a comment begins."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from model_registry.gnn.findings import Findings
from model_registry.gnn.model import Comment, Section

STRING = r"\"[^\"]*\"|(?<![\w\])}'])'[^']*'"
"""The pattern of a quoted string. It begins only where a value may: `s'` and `doesn't` hold apostrophes."""

_STRING_OR_COMMENT = re.compile(STRING + r"|(#)")
_STRINGS = re.compile(STRING)
_BULLET = re.compile(r"^[-*•]\s+")
_EMPHASIS = re.compile(r"(\*\*|`)([^*`]+)\1")
# No comment holds the start of another one, which keeps comments that are never closed linear.
_HTML_COMMENT = re.compile(r"<!--((?:(?!<!--).)*?)-->[ \t]*$", re.DOTALL | re.MULTILINE)
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
    if '"' not in line and "'" not in line:
        code, _, comment = line.partition("#")
        return code.rstrip(), comment.lstrip("#").strip()
    for match in _STRING_OR_COMMENT.finditer(line):
        if match[1]:
            return line[: match.start()].rstrip(), line[match.start() :].lstrip("#").strip()
    return line.rstrip(), ""


def without_strings(code: str) -> str:
    """Give the code with its quoted strings left out, so that brackets in them do not count."""
    return _STRINGS.sub("", code) if '"' in code or "'" in code else code


def numbered(section: Section) -> Iterator[tuple[int, str]]:
    """Give each line of a section's body with its number in the text, its names in NFC.

    A comment of Markdown, `<!-- text -->`, is read as `# text` where nothing follows it.
    """
    text = section.text if section.text.isascii() else unicodedata.normalize("NFC", section.text)
    if "<!--" in text:
        text = _HTML_COMMENT.sub(lambda comment: "#" + comment[1].replace("\n", "\n#"), text)
    return enumerate(text.split("\n"), start=section.line + 1)


def content(section: Section, findings: Findings, *, longest: int = LONGEST_LINE) -> Iterator[Line]:
    """Give the lines of a section that say something; decoration and lines above `longest` are only noted."""
    for number, text in numbered(section):
        code, comment = split_comment(text)
        said = code.strip()
        if not said:
            continue
        if said[0] in "`~-*_" and _DECORATION.fullmatch(said):
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
    """Give the code of a line without the list mark before it and the emphasis of its first words."""
    code = code.strip()
    if code[:1] in {"-", "*", "•"}:
        code = _BULLET.sub("", code)
    emphasis = _EMPHASIS.match(code) if code[:1] in {"*", "`"} else None
    return emphasis[2] + code[emphasis.end() :] if emphasis else code
