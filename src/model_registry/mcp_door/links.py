"""Links in results: the resources where what a result tells can be read on, or watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Formatter

import mcp.types as t

from model_registry.mcp_door.bounds import View

MOST_LINKS = 3
"""Links in one result, the best first; the rows of a list name the others as their `uri`."""

AROUND = 90
"""Bytes of a link besides its URI and its name."""

OF_RESULTS: Mapping[str, str] = {
    "get_model_source": "registry://models/{model_id}/versions/{version}/source",
    "create_model_version": "registry://models/{model_id}/versions/{version}",
    "compare_model_versions": "registry://models/{model_id}/compare/{version1}/{version2}",
    "generate_registry_statistics": "registry://statistics",
}
"""Tool -> the resource of its result, where the result names none itself; the fields are those of the result."""


def links(tool: str, view: View, room: int) -> list[t.ResourceLink]:
    """Give links to what a result is about, as many as fit into `room` bytes."""
    found: list[t.ResourceLink] = []
    for uri in dict.fromkeys(_uris(tool, view)):
        name = _name(uri)
        room -= len(uri) + len(name) + AROUND
        if room < 0 or len(found) == MOST_LINKS:
            break
        found.append(t.ResourceLink(type="resource_link", uri=uri, name=name, mime_type=_media_type(uri)))
    return found


def _uris(tool: str, view: View) -> Iterator[str]:
    template = OF_RESULTS.get(tool, "")
    if template and all(view.get(field) for _, field, _, _ in Formatter().parse(template) if field):
        yield template.format_map(view)
    rows = (view, *(row for row in view.get("items", ()) if isinstance(row, dict)))
    yield from (row["uri"] for row in rows if isinstance(row.get("uri"), str))


def _name(uri: str) -> str:
    """Give what follows the kind of resource: `coin-judge`, `coin-judge/versions/1.0.0/source`."""
    return uri.removeprefix("registry://models/").removeprefix("registry://")


def _media_type(uri: str) -> str:
    return "text/markdown" if uri.endswith("/source") else "application/json"
