"""The page of a model and of a comparison as they stand inside an assistant: the same templates, without a site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_registry.registry import Registry
from model_registry.web.comparison import comparison_values
from model_registry.web.model import model_values
from model_registry.web.rendering import ours, render
from model_registry.web.static import static_file

MOST = 400_000
"""Characters of a view; a larger one goes without the pictures of its numbers."""


def document() -> str:
    """Give the one document that shows every view: it brings its style and script, and fetches nothing."""
    style, script, host = (static_file(name).content.decode() for name in ("style.css", "script.js", "host.js"))
    return render("inside.html", {"style": ours(style), "script": ours(script + host)})


def model_view(registry: Registry, reference: str) -> str:
    """Give the view of a model; errors are those of `get_model_info`."""
    return _bounded("model_body.html", model_values(registry, reference))


def comparison_view(registry: Registry, model_id: str, version1: str, version2: str) -> str:
    """Give the view of a comparison; errors are those of `compare_model_versions`."""
    return _bounded("comparison_body.html", comparison_values(registry, model_id, version1, version2))


def _bounded(template: str, values: Mapping[str, Any]) -> str:
    view = render(template, values)
    return view if len(view) <= MOST else render(template, {**values, "tensors": ()})
