"""The sections of a text: headings in all their spellings, code fences, front matter, a second model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from model_registry.gnn.findings import Findings
from model_registry.gnn.model import Comment, Section

KNOWN = (
    "GNNSection",
    "GNNVersionAndFlags",
    "ModelName",
    "ModelAnnotation",
    "StateSpaceBlock",
    "Connections",
    "InitialParameterization",
    "Equations",
    "Time",
    "ActInfOntologyAnnotation",
    "ModelParameters",
    "Footer",
    "Signature",
    "Observations",
    "Actions",
)
"""The sections that have a meaning, by their canonical names."""

_ALIASES = {
    "statespace": "StateSpaceBlock",
    "initialparameterisation": "InitialParameterization",
    "initialparametrization": "InitialParameterization",
    "initialparametrisation": "InitialParameterization",
    "activeinferenceontology": "ActInfOntologyAnnotation",
    "activeinferenceontologyannotation": "ActInfOntologyAnnotation",
    "actinfontology": "ActInfOntologyAnnotation",
    "ontologyannotation": "ActInfOntologyAnnotation",
    "actinfontologyannotations": "ActInfOntologyAnnotation",
    "modelannotations": "ModelAnnotation",
    "initialparameters": "InitialParameterization",
    "gnnversion": "GNNVersionAndFlags",
}
_PROSE = frozenset({"statespace"})
"""Aliases of StateSpaceBlock that also head prose: they count only where it has no heading of its own."""

_COMPOUND = frozenset(name for name in KNOWN if sum(map(str.isupper, name)) > 1)
"""The names that no comment happens to consist of."""

_NAMES = {name.casefold(): name for name in KNOWN} | _ALIASES

FRONT_MATTER_LINES = 1_000
"""A block of more lines is no front matter."""

_BREAK = re.compile(r"\r\n?|\n")
_HEADING = re.compile(r" {0,3}(#{1,2})(?!#)[ \t]*(\S.*)")
_TITLE = re.compile(r" {0,3}#(?!#)\s*(\S.*?)\s*")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})(.*)")
_RULE = re.compile(r"\s*-{3,}\s*")
_KEY = re.compile(r"([^\W\d][\w .-]{0,99}):(?:[ \t](.*)|$)")
_COLON_HEADING = re.compile(rf"({'|'.join(KNOWN)}):(?:[ \t]+(\S.*)|[ \t]*)")
_BLOCK_MARKS = frozenset({"|", ">", "|-", ">-"})
_DECLARATION = re.compile(r"\s*[^\W\d][^\s\[\]]{0,80}\[")


@dataclass(frozen=True, slots=True)
class Document:
    """A text cut into its parts: `title` is its first level-1 line, `comments` those before the first section."""

    title: str = ""
    front_matter: Mapping[str, str | list[str]] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    comments: tuple[Comment, ...] = ()


class _Heading(NamedTuple):
    place: int
    level: int
    text: str
    name: str | None
    inline: str = ""


def is_model(text: str) -> bool:
    """Tell whether a text is a GNN model: it has a StateSpaceBlock heading outside code fences."""
    return any(heading.name == "StateSpaceBlock" for heading in _headings(lines_of(text), Findings()))


def canonical_name(heading: str) -> str | None:
    """Give the canonical name of a heading (`State Space Block:` is StateSpaceBlock), None for an unknown one."""
    return _NAMES.get(_folded(heading))


def _folded(heading: str) -> str:
    return "".join(heading.split()).replace("_", "").rstrip(":#").casefold()


def lines_of(text: str) -> list[str]:
    """Give the lines of a text without byte order mark and line ends."""
    return _BREAK.split(text.removeprefix("\ufeff"))


def cut(text: str, findings: Findings) -> Document:
    """Give the parts of a text; only its first model is read."""
    if "\0" in text:
        findings.add("P014", text.count("\n", 0, text.index("\0")) + 1)
        text = text.replace("\0", "")
    lines = lines_of(text)
    front_matter, start = _front_matter(lines, findings)
    headings = _section_headings(lines, start, findings)
    end = _end_of_first_model(lines, headings, findings)
    headings = [heading for heading in headings if heading.place < end]
    title, comments = _preamble(lines[start : headings[0].place if headings else end], start)
    return Document(title or _late_title(lines, headings), front_matter, _sections(lines, headings, end), comments)


def _headings(lines: Sequence[str], findings: Findings) -> list[_Heading]:
    inside = fenced(lines, findings)
    headings = [
        heading
        for index, line in enumerate(lines)
        if "#" in line[:4] and index not in inside and (heading := _heading(index, line))
    ]
    if any(heading.name == "StateSpaceBlock" for heading in headings):
        return _without_prose(headings)
    return sorted([*headings, *_colon_headings(lines, inside)], key=lambda heading: heading.place)


def _heading(index: int, line: str) -> _Heading | None:
    """Read a heading: every one of level 2, and one of level 1 that names a section; the others are comments."""
    match = _HEADING.fullmatch(line)
    name = canonical_name(match[2]) if match else None
    return _Heading(index, len(match[1]), match[2].strip(), name) if match and (name or match[1] == "##") else None


def _without_prose(headings: Sequence[_Heading]) -> list[_Heading]:
    """Give the headings, a vague one unknown where the state space stands under its own name."""
    if not any(heading.name == "StateSpaceBlock" and _folded(heading.text) not in _PROSE for heading in headings):
        return list(headings)
    return [heading._replace(name=None) if _folded(heading.text) in _PROSE else heading for heading in headings]


def _colon_headings(lines: Sequence[str], inside: Set[int]) -> list[_Heading]:
    """Give the headings of the dialect that writes `StateSpaceBlock:` and indents what belongs to it."""
    matches = ((index, _COLON_HEADING.fullmatch(line)) for index, line in enumerate(lines) if index not in inside)
    headings = [_Heading(index, 2, match[1], match[1], match[2] or "") for index, match in matches if match]
    opened = any(heading.name == "StateSpaceBlock" and not heading.inline for heading in headings)
    return headings if opened else []


def fenced(lines: Sequence[str], findings: Findings) -> set[int]:
    """Give the indices of the lines inside code fences; a fence that is never closed is none."""
    barred = ((index, line) for index, line in enumerate(lines) if "```" in line or "~~~" in line)
    marks = [(index, match) for index, line in barred if (match := _FENCE.fullmatch(line))]
    inside: set[int] = set()
    opened: tuple[int, str] | None = None
    for index, match in marks:
        if opened is None:
            opened = (index, match[1])
        elif match[1].startswith(opened[1]) and not match[2].strip():
            inside.update(range(opened[0], index + 1))
            opened = None
    if opened is not None:
        findings.add("P011", opened[0] + 1)
    return inside


def _section_headings(lines: Sequence[str], start: int, findings: Findings) -> list[_Heading]:
    """Give the headings that open sections: level 2, or the known ones of either level in the level-1 dialect.

    Among headings of level 2 one of level 1 counts if nothing else can be meant: `# GNNVersionAndFlags`.
    """
    headings = [heading for heading in _headings(lines, findings) if heading.place >= start]
    states = {heading.level for heading in headings if heading.name == "StateSpaceBlock"}
    if 1 in states and 2 not in states:
        return [heading for heading in headings if heading.name and not _comments_a_declaration(heading, lines)]
    second = {heading.name for heading in headings if heading.level == 2}
    return [
        heading
        for heading in headings
        if (_spaced_or_known(heading, lines) if heading.level == 2 else _is_meant(heading, second, lines))
    ]


def _is_meant(heading: _Heading, second: Set[str | None], lines: Sequence[str]) -> bool:
    """Tell whether a line of level 1 opens a section although other sections stand on level 2."""
    compound = heading.text.rstrip(":") in _COMPOUND and heading.name not in second
    return compound and not _comments_a_declaration(heading, lines)


def _spaced_or_known(heading: _Heading, lines: Sequence[str]) -> bool:
    return bool(heading.name) or lines[heading.place].lstrip().startswith(("## ", "##\t"))


def _comments_a_declaration(heading: _Heading, lines: Sequence[str]) -> bool:
    """Tell whether a line such as `# Time` only comments the declaration below it."""
    if heading.name in {"StateSpaceBlock", "Observations", "Actions"}:
        return False
    following = next((line for line in lines[heading.place + 1 : heading.place + 4] if line.strip()), "")
    return _DECLARATION.match(following) is not None


def _end_of_first_model(lines: Sequence[str], headings: Sequence[_Heading], findings: Findings) -> int:
    """Give the index where the first model ends: at a rule between two StateSpaceBlocks."""
    states = [heading.place for heading in headings if heading.name == "StateSpaceBlock"]
    for before, after in pairwise(states):
        rules = (index for index in range(before, after) if _RULE.fullmatch(lines[index]))
        rule = next(rules, None)
        if rule is not None:
            findings.add("P008", rule + 1)
            return rule
    return len(lines)


def _sections(lines: Sequence[str], headings: Sequence[_Heading], end: int) -> tuple[Section, ...]:
    ends = [heading.place for heading in headings[1:]] + [end]
    return tuple(_section(heading, lines, stop) for heading, stop in zip(headings, ends, strict=False))


def _section(heading: _Heading, lines: Sequence[str], stop: int) -> Section:
    body = lines[heading.place + 1 : stop]
    name = heading.name or heading.text.rstrip(":").strip()
    if heading.inline in {"", *_BLOCK_MARKS}:
        return Section(heading.text, name, heading.place + 1, "\n".join(body).rstrip())
    # The line of the heading is the first of the body too; counting from one above keeps all numbers right.
    return Section(heading.text, name, heading.place, "\n".join([heading.inline, *body]).rstrip())


def _late_title(lines: Sequence[str], headings: Sequence[_Heading]) -> str:
    """Give the title that stands below a heading such as `GNN v1`: the first of level 1 before any known section."""
    if not headings or headings[0].name:
        return ""
    known = next((heading.place for heading in headings if heading.name), len(lines))
    titles = (_TITLE.fullmatch(line) for line in lines[headings[0].place : known])
    return next((title[1] for title in titles if title), "")


def _preamble(lines: Sequence[str], start: int) -> tuple[str, tuple[Comment, ...]]:
    """Give the title and the other comments that stand before the first section."""
    marked = [(number, line.strip()) for number, line in enumerate(lines, start + 1) if line.lstrip().startswith("#")]
    title = next((number for number, line in marked if not line.startswith("##")), 0)
    comments = [Comment("", line.lstrip("#").strip(), number) for number, line in marked if number != title]
    return "".join(line.lstrip("#").strip() for number, line in marked if number == title), tuple(comments)


def _front_matter(lines: Sequence[str], findings: Findings) -> tuple[dict[str, str | list[str]], int]:
    """Give the front matter and the index of the first line behind it (0 where there is none)."""
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if not _RULE.fullmatch(lines[first]):
        return {}, 0
    body = lines[first + 1 : first + 1 + FRONT_MATTER_LINES]
    length = next((index for index, line in enumerate(body) if line.strip() in {"---", "..."}), 0)
    body = body[:length]
    if not any(_KEY.fullmatch(line.strip()) for line in body) or any(line.startswith("##") for line in body):
        return {}, 0
    return _keys(body, first + 2, findings), first + length + 2


def _keys(lines: Sequence[str], number: int, findings: Findings) -> dict[str, str | list[str]]:
    """Give the keys of front matter: text, or a list written `[a, b]` or one `- item` a line."""
    found: dict[str, str | list[str]] = {}
    key = ""
    for index, line in enumerate(lines, number):
        text = line.strip()
        match = _KEY.fullmatch(text)
        if not text or text.startswith("#"):
            continue
        if text.startswith("- ") and key:
            found[key] = [*_items(found[key]), unquoted(text[2:])]
        elif match and line[:1] not in " \t":
            key = match[1].strip()
            found[key] = _front_value(match[2] or "")
        elif key and isinstance(value := found[key], str):
            found[key] = f"{value.strip('|>')} {text}".strip()
        else:
            findings.quote("P015", index, text)
    return found


def _items(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _front_value(text: str) -> str | list[str]:
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        return [unquoted(item) for item in text[1:-1].split(",") if item.strip()]
    return unquoted(text)


def unquoted(text: str) -> str:
    """Give a text without the quotes around it."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
