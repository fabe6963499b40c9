"""The tools that only read.

Each method is the tool of its name. Its docstring is the description that an assistant reads; its return annotation
names the shape of the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from model_registry.mcp_door import arguments as a
from model_registry.mcp_door import shapes
from model_registry.mcp_door.bounds import View, bounded, paged
from model_registry.mcp_door.cleaning import clean, visible
from model_registry.mcp_door.concise import VERSIONS, concise_event, concise_model, concise_version
from model_registry.mcp_door.toolset import Toolset

PIECE = 12_000
"""Bytes of a source in one piece: as JSON, where a quotation mark takes two, it still fits a result."""


class Reading(Toolset):
    """Tools of the toolset `read`."""

    def get_model_info(
        self, model_id: a.ModelId, detail: a.Detail = "full", as_of: a.AsOf = ""
    ) -> Annotated[View, shapes.Model]:
        """Give all about a model: metadata, structure, newest versions, dependencies, performance, findings. Use
        search_models first when you do not know the id. Its revision can guard a later write."""
        advice = "Call get_model_source for the whole text, get_model_versions for the history."
        past = as_of or None
        if detail == "concise":
            model = self._registry.get_model_info(model_id, versions=VERSIONS, as_of=past)
            return bounded(concise_model(model), advice)
        return bounded(self._registry.get_model_info(model_id, as_of=past), advice)

    def get_model_source(
        self, model_id: a.OneModel, version: a.AnyVersion = "", offset: a.Offset = 0
    ) -> Annotated[View, shapes.SourcePiece]:
        """Give the exact text of a version (the current one by default). A long text comes in pieces: repeat the call
        with next_offset as offset until it is null."""
        view = self._registry.get_model_source(model_id, version)
        return {**clean({**view, "text": ""}), **piece(view["text"], offset)}

    def get_model_versions(
        self,
        model_id: a.OneModel,
        detail: a.Detail = "full",
        limit: a.Limit = 10,
        cursor: a.Cursor = "",
        as_of: a.AsOf = "",
    ) -> Annotated[View, shapes.VersionPage]:
        """Give the versions of a model, newest first, each with its bump, performance and what changed since the one
        before it."""

        def fetch(size: int) -> View:
            page = self._registry.get_model_versions(model_id, limit=size, cursor=cursor, as_of=as_of or None)
            return page if detail == "full" else page | {"items": [concise_version(row) for row in page["items"]]}

        return paged(fetch, limit, "get_model_versions", "Call compare_model_versions for all changes.")

    def compare_model_versions(
        self, model_id: a.OneModel, version1: a.Version, version2: a.Version
    ) -> Annotated[View, shapes.Comparison]:
        """Compare two versions of a model, version1 (older) to version2 (newer): structure, parameters, metadata,
        dependencies, performance, migration."""
        view = self._registry.compare_model_versions(model_id, version1, version2)
        return bounded(view, "Compare versions that lie closer together, or read both with get_model_source.")

    def list_models(
        self,
        filters: a.Wanted | None = None,
        sort: a.Sort = "name",
        limit: a.Limit = 10,
        cursor: a.Cursor = "",
        as_of: a.AsOf = "",
    ) -> Annotated[View, shapes.ModelPage]:
        """List models, archived and deleted ones only when filters asks for their state; one page at a time. Use
        search_models to find by words."""
        asked = filters.given() if filters else None

        def fetch(size: int) -> View:
            return self._registry.list_models(asked, sort=sort, limit=size, cursor=cursor, as_of=as_of or None)

        return paged(fetch, limit, "list_models")

    def search_models(
        self,
        query: a.Query = "",
        filters: a.Wanted | None = None,
        limit: a.Limit = 10,
        cursor: a.Cursor = "",
    ) -> Annotated[View, shapes.SearchPage]:
        """Find models by words (name, tags, description, author, and what the model declares), best first. All bare
        words must be found; if no model has them all, any will do and relaxed is true."""
        asked = filters.given() if filters else None

        def fetch(size: int) -> View:
            return self._registry.search_models(query, asked, limit=size, cursor=cursor)

        return paged(fetch, limit, "search_models")

    def find_similar_models(
        self, model_id: a.AnyModelId = "", source: a.SourceText = "", model_path: a.ModelPath = "", limit: a.Limit = 10
    ) -> Annotated[View, shapes.ModelPage]:
        """Find models like a registered one, or like a text: copies under other names first, with the reasons. Give one
        of model_id, source, model_path."""
        text = None if model_id else self._incoming.source(source, model_path, "model_id")

        def fetch(size: int) -> View:
            return self._registry.find_similar_models(model_id, source=text, limit=size) | {"next_cursor": None}

        found = paged(fetch, limit, "find_similar_models")
        more = found["total"] > len(found["items"])
        return found | ({"next_step": "There are more: ask with a larger limit, at most 100."} if more else {})

    def identify_model(
        self,
        digest: Annotated[str, Field(description="SHA-256 of the bytes, or fp1:... fingerprint", max_length=200)] = "",
        source: a.SourceText = "",
        model_path: a.ModelPath = "",
    ) -> Annotated[View, shapes.Identification]:
        """Tell which id@version a text, a digest or a fingerprint is: the same bytes, the same model, or a copy. Give
        one of digest, source, model_path."""
        text = None if digest else self._incoming.source(source, model_path, "digest")
        return bounded(self._registry.identify_model(digest, source=text))

    def validate_model(
        self, source: a.SourceText = "", model_path: a.ModelPath = "", metadata: a.Metadata | None = None
    ) -> Annotated[View, shapes.Validation]:
        """Check a text as registering would, without writing: its findings, and whether it is accepted. Use
        register_model with dry_run to see the version it would get."""
        return bounded(self._registry.validate_model(self._incoming.source(source, model_path), metadata))

    def get_audit_trail(
        self,
        model_id: a.AnyModelId = "",
        actor: Annotated[str, Field(description="Only by this actor", max_length=200)] = "",
        kind: Annotated[str, Field(description="Such as version_registered, model_deprecated", max_length=64)] = "",
        since: a.Moment = "",
        until: a.Moment = "",
        detail: a.Detail = "full",
        limit: a.Limit = 10,
        cursor: a.Cursor = "",
    ) -> Annotated[View, shapes.EventPage]:
        """Give what happened, newest first: to one model or to all, when, by whom and why."""
        asked: Mapping[str, Any] = {"actor": actor, "kind": kind, "since": since, "until": until, "cursor": cursor}

        def fetch(size: int) -> View:
            page = self._registry.get_audit_trail(model_id, limit=size, **asked)
            return page if detail == "full" else page | {"items": [concise_event(row) for row in page["items"]]}

        return paged(fetch, limit, "get_audit_trail", "Call compare_model_versions for all changes.")

    def generate_registry_statistics(self, as_of: a.AsOf = "") -> Annotated[View, shapes.Statistics]:
        """Give the registry in numbers: models, versions, states, kinds, sizes, findings, growth, and where it lies."""
        return bounded(self._registry.generate_registry_statistics(as_of=as_of or None))


def piece(text: str, offset: int) -> View:
    """Give the piece of a text that starts at a character, where the next one starts, and whether it is exact."""
    shown = visible(text)
    part = shown[offset : offset + PIECE].encode()[:PIECE].decode("utf-8", "ignore")
    following = offset + len(part)
    more = following < len(shown)
    return {
        "text": part,
        "offset": offset,
        "total_characters": len(shown),
        "next_offset": following if more else None,
        "next_step": f"Call get_model_source again with offset={following}." if more else None,
        "exact": shown == text,
    }
