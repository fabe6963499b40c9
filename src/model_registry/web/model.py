"""The page of a model at one of its versions: what it is, how it is made, where it comes from, how it is used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from starlette.requests import Request

from model_registry.domain.anatomy import anatomy
from model_registry.domain.entry import PRUNED, ModelEntry, ModelVersion
from model_registry.domain.resolve import find_model, find_version
from model_registry.domain.source import Reading
from model_registry.errors import RegistryError
from model_registry.registry import Registry
from model_registry.web import drawings
from model_registry.web.answering import Answer
from model_registry.web.rendering import render

SHOWN = 12
"""Versions and events on the page of a model; both have a page of their own."""

_ITEM = re.compile(r"[-*•]\s+")

SEVERITIES = ("error", "warning", "info")

View = dict[str, Any]


def model_page(registry: Registry, request: Request) -> Answer:
    """Give the page of a model, at its current version or at the one named."""
    given = request.path_params
    reference = f"{given['model_id']}@{given['version']}" if "version" in given else given["model_id"]
    return Answer(render("model.html", model_values(registry, reference)))


def model_values(registry: Registry, reference: str) -> View:
    """Give all that the page of a model shows, and the view of it inside an assistant."""
    view = registry.get_model_info(reference, versions=SHOWN)
    entry = find_model(registry.catalogue(), view["id"])
    version = find_version(entry, view["shown_version"])
    reading = read(registry, version)
    graph = drawings.graph(reading.model) if reading else ""
    return {
        "view": view,
        "entry": entry,
        "version": version,
        "is_current": version.version == entry.current,
        "annotation": _annotation(entry, reading),
        "sizes": _sizes(version, reading),
        "variables": list(_variables(view, reading)),
        "findings": sorted(view["diagnostics"], key=lambda row: SEVERITIES.index(row["severity"])),
        "graph": graph,
        "vast": drawings.is_vast(graph),
        "tensors": drawings.tensors(reading.model) if reading else (),
        "single_values": drawings.single_values(reading.model) if reading else (),
        "performance": drawings.performance(view["performance_history"]),
        "trail": registry.get_audit_trail(entry.id, limit=SHOWN),
        "pruned": version.state == PRUNED,
    }


def read(registry: Registry, version: ModelVersion) -> Reading | None:
    """Give the text of a version understood; None where it was pruned or lost."""
    try:
        return registry.reading_of(version)
    except RegistryError:
        return None


def versions_page(registry: Registry, request: Request) -> Answer:
    """Give a page of the history of a model, newest version first."""
    entry = find_model(registry.catalogue(), request.path_params["model_id"])
    found = registry.get_model_versions(entry.id, limit=50, cursor=request.query_params.get("cursor", ""))
    return Answer(render("versions.html", {"entry": entry, "found": found}))


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: a paragraph, or the items of a list."""

    lines: tuple[str, ...]
    is_list: bool = False


def _annotation(entry: ModelEntry, reading: Reading | None) -> list[Block]:
    """Give what a model says of itself: what is on record, and what its text says beyond that."""
    told, written = entry.metadata.description.strip(), (reading.model.annotation if reading else "").strip()
    texts = [written] if _plain(told) in _plain(written) else [told, written]
    return [block for text in texts for block in blocks(text)]


def blocks(text: str) -> Iterator[Block]:
    """Give the paragraphs and lists of a text; an item of a list begins with `-` or `*`."""
    lines = [line.strip() for line in text.splitlines()]
    for is_list, group in groupby(lines, key=lambda line: None if not line else bool(_ITEM.match(line))):
        if is_list is not None:
            yield Block(tuple(_ITEM.sub("", line) for line in group), is_list)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _sizes(version: ModelVersion, reading: Reading | None) -> Mapping[str, int]:
    """Give how large a model is: its parts counted, and the sizes that make it costly where they are known."""
    made_of = anatomy(reading.model).sizes if reading else {}
    counts = {name: version.counts.get(name, 0) for name in ("variables", "connections", "parameters")}
    return counts | {name: made_of[name] for name in ("states", "observations", "actions") if made_of.get(name)}


def _variables(view: View, reading: Reading | None) -> Iterator[View]:
    """Give each variable with its role and its ontology term."""
    structure = view["structure"]
    if structure is None or reading is None:
        return
    terms, roles = dict(structure["ontology"]), reading.model.roles
    for row in structure["variables"]:
        role = roles.get(row["name"])
        yield row | {"term": terms.get(row["name"], ""), "role": role.value if role else ""}
