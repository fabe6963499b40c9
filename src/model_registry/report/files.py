"""The report files: which there are, and how each is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from model_registry.report import data, pages
from model_registry.report.contents import Picture

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


def render(picture: Picture) -> dict[str, str]:
    """Give every report file by name; the same picture gives the same text."""
    texts = {name: json_text(make(picture)) for name, make in JSON_FILES.items()}
    return texts | {name: make(picture) for name, make in PAGES.items()}


def json_text(form: Mapping[str, Any]) -> str:
    """Give a JSON object with each thing in it on a line of its own: one line a model, so that changes can be read."""
    members = ",\n".join(f"  {_line(key)}: {_value(value)}" for key, value in form.items())
    return f"{{\n{members}\n}}\n"


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and value:
        return "{\n" + ",\n".join(f"    {_line(key)}: {_line(each)}" for key, each in value.items()) + "\n  }"
    if isinstance(value, (list, tuple)) and value:
        return "[\n" + ",\n".join(f"    {_line(each)}" for each in value) + "\n  ]"
    return _line(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
