"""Completion of what a user types into a prompt's or a template's argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import anyio.to_thread
import mcp.types as t
from mcp.server import MCPServer

from model_registry.errors import NotFoundError
from model_registry.mcp_door.cleaning import one_line
from model_registry.mcp_door.faults import speaking_of_requests
from model_registry.mcp_door.opening import Opening

if TYPE_CHECKING:
    from model_registry.domain.events import Position
    from model_registry.registry import Registry

MOST = 100
"""Values the protocol allows in one answer."""

Given = Mapping[str, str]


def model_ids(registry: Registry, _: Given) -> Iterable[str]:
    """Give the ids of the visible models."""
    return (brief.id for brief in registry.catalogue().visible())


def versions(registry: Registry, given: Given) -> Iterable[str]:
    """Give the versions of the model already named, newest first, then its aliases; none while there is no model."""
    from model_registry.domain.resolve import find_model

    try:
        entry = find_model(registry.catalogue(), given.get("model_id", ""))
    except NotFoundError:
        return ()
    return (*(version.version for version in reversed(entry.versions)), *sorted(entry.aliases))


def tags(registry: Registry, _: Given) -> Iterable[str]:
    """Give the tags of the visible models; who types on while nobody writes is given those collected before."""
    catalogue = registry.catalogue()
    position, found = _TAGS.get(registry, (None, []))
    if position != catalogue.position:
        entries = (catalogue.entries.glance(brief.id) for brief in catalogue.visible())
        found = sorted({one_line(tag, 100) for entry in entries for tag in entry.metadata.tags})
        _TAGS[registry] = catalogue.position, found
    return found


_TAGS: WeakKeyDictionary[Registry, tuple[Position, list[str]]] = WeakKeyDictionary()


COMPLETIONS: Mapping[str, Callable[[Registry, Given], Iterable[str]]] = {
    "model_id": model_ids,
    "version": versions,
    "version1": versions,
    "version2": versions,
    "tag": tags,
}
"""Argument -> what it can be."""


def add_completion(server: MCPServer[Any], opening: Opening) -> None:
    """Let the server complete the arguments of the table."""

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]
    async def complete(
        _: t.PromptReference | t.ResourceTemplateReference,
        argument: t.CompletionArgument,
        context: t.CompletionContext | None,
    ) -> t.Completion | None:
        choices = COMPLETIONS.get(argument.name)
        if choices is None:
            return None
        given = (context.arguments if context else None) or {}
        with speaking_of_requests("completion"):
            known = await anyio.to_thread.run_sync(lambda: list(choices(opening.registry, given)))
        found = [value for value in known if value.startswith(argument.value)]
        return t.Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)
