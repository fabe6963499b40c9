"""The page about the registry itself, and the page of what happened in it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from model_registry.domain.resolve import find_model
from model_registry.registry import Registry
from model_registry.web import addresses, drawings
from model_registry.web.answering import Answer
from model_registry.web.rendering import render

NEWEST = 12
"""Changes shown on the page of the registry."""

PAGE = 50
"""Changes on a page of them."""

View = dict[str, Any]


def overview_page(registry: Registry, _: Request) -> Answer:
    """Give the registry in numbers and pictures, how its log and its index stand, and what happened last."""
    view = registry.generate_registry_statistics()
    values = {
        "view": view,
        "log_id": registry.catalogue().position.log_id,
        "index": registry.index_state(),
        "trail": registry.get_audit_trail(limit=NEWEST),
        "growth": drawings.growth(view["growth"]),
        "kinds": drawings.counts(view["kinds"], "Models by kind"),
        "bumps": drawings.counts(view["bumps"], "Versions by step"),
        "states": drawings.counts(view["states"], "Models by state"),
        "used": drawings.counts(
            {row["id"]: row["reads"] for row in view["most_used"] if row["reads"]}, "Reads by model"
        ),
        "largest": drawings.counts({row["id"]: row["variables"] for row in view["largest"]}, "Variables by model"),
    }
    return Answer(render("overview.html", values))


def changes_page(registry: Registry, request: Request) -> Answer:
    """Give a page of what happened, newest first: to all models, or to one."""
    given = request.query_params
    model_id, cursor = given.get("model", ""), given.get("cursor", "")
    entry = find_model(registry.catalogue(), model_id) if model_id else None
    trail = registry.get_audit_trail(entry.id if entry else "", limit=PAGE, cursor=cursor)
    following = addresses.changes(model=model_id, cursor=trail["next_cursor"]) if trail["next_cursor"] else ""
    values = {
        "entry": entry,
        "trail": trail,
        "following": following,
        "live": "" if cursor else addresses.changes(model=model_id),
    }
    return Answer(render("changes.html", values))
