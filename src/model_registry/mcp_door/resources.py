"""The resources: what there is to read, each with a tool that gives the same."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mcp.types as t
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError

from model_registry.domain.uri import model_uri
from model_registry.mcp_door.arguments import Filters
from model_registry.mcp_door.bounds import as_json, bounded
from model_registry.mcp_door.cleaning import one_line, visible
from model_registry.mcp_door.faults import speaking_of_resources
from model_registry.mcp_door.opening import Opening
from model_registry.mcp_door.reading import Reading

if TYPE_CHECKING:
    from model_registry.domain.catalogue import Catalogue

MOST_CHARACTERS = 1_000_000
"""A source is given whole or not at all: half a model is another model."""

JSON, MARKDOWN, SCHEMA = "application/json", "text/markdown", "application/schema+json"


@dataclass(frozen=True, slots=True)
class Row:
    """A resource: its URI or template, the method of Resources that reads it, its media type."""

    uri: str
    name: str
    media_type: str = JSON

    @property
    def title(self) -> str:
        """Give the name as people read it."""
        return self.name.replace("_", " ").capitalize()


RESOURCES = (
    Row("registry://statistics", "statistics"),
    Row("registry://models", "models"),
    Row("registry://models/{model_id}", "model"),
    Row("registry://models/{model_id}/audit", "audit"),
    Row("registry://models/{model_id}/compare/{version1}/{version2}", "comparison"),
    Row("registry://models/{model_id}/versions/{version}", "version"),
    Row("registry://models/{model_id}/versions/{version}/source", "source", MARKDOWN),
    Row("registry://tags/{tag}", "tagged"),
    Row("registry://help/query", "query_help", MARKDOWN),
    Row("registry://help/metadata-schema", "metadata_schema", SCHEMA),
)
"""Every resource; those without a variable stand in the list, and so does every model."""


class Resources:
    """Reads what a URI names. A docstring is the description that clients show."""

    def __init__(self, opening: Opening, tools: Reading) -> None:
        self._opening = opening
        self._tools = tools

    def statistics(self) -> str:
        """The registry in numbers. Tool: generate_registry_statistics."""
        return as_json(self._tools.generate_registry_statistics())

    def models(self) -> str:
        """The first hundred models by name. Tool: list_models, which goes on from its next_cursor."""
        return as_json(self._tools.list_models(limit=100))

    def tagged(self, tag: str) -> str:
        """The first hundred models with a tag. Tool: list_models with filters, which goes on from its next_cursor."""
        return as_json(self._tools.list_models(Filters(tags=[tag]), limit=100))

    def model(self, model_id: str) -> str:
        """All about a model. Tool: get_model_info."""
        return as_json(self._tools.get_model_info(model_id))

    def audit(self, model_id: str) -> str:
        """What happened to a model, newest first. Tool: get_audit_trail, which goes on from its next_cursor."""
        return as_json(self._tools.get_audit_trail(model_id, limit=100))

    def comparison(self, model_id: str, version1: str, version2: str) -> str:
        """Two versions of a model side by side. Tool: compare_model_versions."""
        return as_json(self._tools.compare_model_versions(model_id, version1, version2))

    def version(self, model_id: str, version: str) -> str:
        """A version: what changed, its structure and findings. Tool: get_model_info with id@version."""
        model = self._opening.registry.get_model_info(f"{model_id}@{version}", versions=None)
        row = next(known for known in model["versions"] if known["version"] == model["shown_version"])
        inside = {"structure": model["structure"], "diagnostics": model["diagnostics"]}
        uri = f"{model_uri(model['id'])}/versions/{row['version']}"
        return as_json(bounded({"model_id": model["id"], **row, **inside, "uri": uri}, "Read its source."))

    def source(self, model_id: str, version: str) -> str:
        """The text of a version, free of characters that do not show. Tool: get_model_source."""
        text = visible(self._opening.registry.get_model_source(model_id, version)["text"])
        if len(text) > MOST_CHARACTERS:
            raise ResourceError(
                f"too_large: the text has {len(text):,} characters. Call get_model_source, which gives it in pieces."
            )
        return text

    def query_help(self) -> str:
        """Every form of a query and of the filters, with examples. Tool: search_models."""
        from model_registry.mcp_door.query_help import query_help

        return query_help()

    def metadata_schema(self) -> str:
        """What metadata a model of this registry must have, as JSON Schema. Tool: validate_model checks it."""
        from model_registry.mcp_door.metadata_schema import metadata_schema

        return as_json(metadata_schema(self._opening.registry.config.metadata))

    def listed(self, after: str, most: int) -> tuple[list[t.Resource], bool]:
        """Give the resources that have a URI of their own, the fixed ones and every visible model: as many as asked for
        behind a URI, in order of URI, and whether there are more."""
        catalogue = self._opening.registry.catalogue()
        offers: dict[str, Callable[[], t.Resource]] = {
            model_uri(brief.id): functools.partial(_model, catalogue, brief.id) for brief in catalogue.visible()
        }
        offers |= {row.uri: functools.partial(self._fixed, row) for row in RESOURCES if "{" not in row.uri}
        behind = sorted(uri for uri in offers if uri > after)
        return [offers[uri]() for uri in behind[:most]], len(behind) > most

    def _fixed(self, row: Row) -> t.Resource:
        description = getattr(self, row.name).__doc__
        return t.Resource(
            uri=row.uri, name=row.name, title=row.title, description=description, mime_type=row.media_type
        )


def _model(catalogue: Catalogue, model_id: str) -> t.Resource:
    entry = catalogue.entries[model_id]
    return t.Resource(
        uri=model_uri(model_id),
        name=model_id,
        title=one_line(entry.metadata.name, 100),
        description=f"GNN model, current version {entry.current}, {entry.state.value}",
        mime_type=JSON,
    )


def add_resources(server: MCPServer[Any], resources: Resources) -> None:
    """Let the server offer every resource of the table."""
    for row in RESOURCES:
        read = getattr(resources, row.name)
        offer = server.resource(row.uri, name=row.name, title=row.title, mime_type=row.media_type)
        offer(_speaking(row.name, read))


def _speaking(name: str, read: Callable[..., str]) -> Callable[..., str]:
    """Give a reader whose errors are resource errors."""

    @functools.wraps(read)
    def told(*args: str, **variables: str) -> str:
        with speaking_of_resources(f"resource {name}"):
            return read(*args, **variables)

    told.__signature__ = inspect.signature(read, eval_str=True)  # type: ignore[attr-defined]
    return told
