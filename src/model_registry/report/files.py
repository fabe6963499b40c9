"""The report files: which there are, and how each is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from model_registry.report import data, pages
from model_registry.report.contents import Members, Picture

JSON_FILES: Mapping[str, Callable[[Picture], dict[str, Any]]] = {
    "registry.json": data.registry,
    "model_index.json": data.model_index,
    "version_history.json": data.version_history,
    "metadata_index.json": data.metadata_index,
    "registry_statistics.json": data.registry_statistics,
}

PAGES: Mapping[str, Callable[[Picture], str]] = {
    "registry_report.md": pages.registry_report,
    "registry_summary.md": pages.registry_summary,
}


def render(picture: Picture) -> Iterator[tuple[str, Iterator[str]]]:
    """Give every report file by name, as the pieces it is made of; the same picture gives the same text."""
    for name, make in JSON_FILES.items():
        yield name, json_text(make(picture))
    for name, page in PAGES.items():
        yield name, iter([page(picture)])


def json_text(form: Mapping[str, Any]) -> Iterator[str]:
    """Give a JSON object with each thing in it on a line of its own: one line a model, so that changes can be read.

    It comes in pieces, for what tells of many models is long.
    """
    before = "{"
    for key, value in form.items():
        yield f"{before}\n  {_line(key)}: "
        yield from _value(value)
        before = ","
    yield "\n}\n" if form else "{}\n"


def _value(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = Members(value.items())
    if isinstance(value, Members):
        yield from _lines("{", (f"{_line(key)}: {_line(each)}" for key, each in value.rows), "}")
    elif isinstance(value, (list, tuple, Iterator)):
        yield from _lines("[", map(_line, value), "]")
    else:
        yield _line(value)


def _lines(opening: str, lines: Iterable[str], closing: str) -> Iterator[str]:
    before = opening
    for line in lines:
        yield f"{before}\n    {line}"
        before = ","
    yield f"{opening}{closing}" if before == opening else f"\n  {closing}"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
