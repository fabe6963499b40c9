"""The text of a version: with numbered lines and the findings where they were made, and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from model_registry.domain.resolve import find_model, find_version
from model_registry.mcp_door.cleaning import visible
from model_registry.registry import Registry
from model_registry.web.answering import Answer
from model_registry.web.model import read
from model_registry.web.rendering import render

LINES = 2_000
"""Lines on one page; a longer text goes on on the next."""

LONGEST = 2_000
"""Characters shown of one line; the file has the rest."""

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text with its number and what was found in it; the remark is what follows a `#`."""

    number: int
    text: str
    remark: str
    is_heading: bool
    left_out: int
    findings: tuple[View, ...]


def source_page(registry: Registry, request: Request) -> Answer:
    """Give the page of a text, from the line on that the address names."""
    given = request.path_params
    view = registry.get_model_source(given["model_id"], given["version"])
    entry = find_model(registry.catalogue(), view["model_id"])
    version = find_version(entry, view["version"])
    reading = read(registry, version)
    text, findings = visible(view["text"]), reading.diagnostics if reading else ()
    first = _first(request.query_params.get("from", ""))
    lines = text.split("\n")
    values = {
        "entry": entry,
        "version": version,
        "view": view,
        "lines": list(_lines(lines[first - 1 : first - 1 + LINES], first, findings)),
        "count": len(lines),
        "unplaced": [found for found in findings if not found.line],
        "following": first + LINES if first - 1 + LINES < len(lines) else 0,
        "hidden": len(view["text"].replace("\r\n", "\n")) - len(text),
    }
    return Answer(render("source.html", values))


def source_file(registry: Registry, request: Request) -> Answer:
    """Give a text as it is, as a file that a browser keeps and does not show."""
    given = request.path_params
    view = registry.get_model_source(given["model_id"], given["version"])
    name = f"{view['model_id']}-{view['version']}.{(view['filename'].rpartition('.')[2] or 'md')[:8]}"
    safe = "".join(
        character for character in name if character.isascii() and (character.isalnum() or character in "-._")
    )
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Answer(view["text"], media_type="text/plain; charset=utf-8", mark=view["digest"][:20], headers=headers)


def _lines(lines: list[str], first: int, findings: Any) -> Iterator[Line]:
    for number, text in enumerate(lines, first):
        here = tuple(found for found in findings if found.line == number)
        is_heading = text.startswith("##")
        shown = text[:LONGEST]
        said, sign, remark = (shown, "", "") if is_heading else shown.partition("#")
        yield Line(number, said, sign + remark, is_heading, len(text) - len(shown), here)


def _first(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1
