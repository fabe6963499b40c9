"""Asking the user before something is taken away.

A client that can ask its user is sent a question; for any other, an argument typed by the caller confirms. The typed
argument is no human consent: what protects a model is its backup, and that deletion can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

from model_registry.domain.lifecycle import State
from model_registry.mcp_door.cleaning import one_line
from model_registry.mcp_door.faults import speaking
from model_registry.mcp_door.opening import Opening

if TYPE_CHECKING:
    from model_registry.registry import Registry

CLEAN_UP = "cleanup"
"""What the caller types to confirm a cleanup."""


class Consent(BaseModel):
    """What the user answers."""

    confirmed: bool = Field(description="Yes, do it")


def ask_to_delete(model_id: str, confirm: str, force: bool, ctx: Context[Any, Any]) -> Consent | Elicit[Consent]:
    """Ask whether to delete a model, unless the caller typed its id or it is deleted already.

    What would be refused after all is refused before anybody is asked. It may run more than once, and changes nothing.
    """
    from model_registry.domain.dependencies import require_free

    with speaking("delete_model"):
        registry = _registry(ctx)
        model = registry.get_model_info(model_id, versions=1)
        if model["state"] == State.DELETED:
            return Consent(confirmed=True)
        required = ", ".join(require_free(registry.catalogue(), model["id"], force=force))
    question = (
        f"Delete the model {model['id']} with its {model['version_count']} version(s)? "
        + (f"It is required by {one_line(required, 300)}. " if required else "")
        + "It is backed up first, and restore_model brings it back."
    )
    return _ask(question, confirm, model["id"], ctx)


def ask_to_clean_up(dry_run: bool, confirm: str, ctx: Context[Any, Any]) -> Consent | Elicit[Consent]:
    """Ask whether to do what is due, unless nothing will be changed or the caller typed `cleanup`."""
    if dry_run:
        return Consent(confirmed=True)
    with speaking("cleanup_registry"):
        actions = _registry(ctx).cleanup_registry()["actions"]
    question = (
        f"Clean up the registry: {_named(actions) or 'nothing is due'}? What is purged or pruned is backed up before, "
        "but no tool brings it back; restore_model brings back what is archived."
    )
    return _ask(question, confirm, CLEAN_UP, ctx)


def require_consent(answer: ElicitationResult[Consent]) -> None:
    """Refuse to go on unless the user said yes."""
    if not (isinstance(answer, AcceptedElicitation) and answer.data.confirmed):
        raise ToolError("not_confirmed: the user did not agree, and nothing was changed. Do not repeat the call.")


def _ask(question: str, typed: str, expected: str, ctx: Context[Any, Any]) -> Consent | Elicit[Consent]:
    if typed == expected:
        return Consent(confirmed=True)
    if _can_ask(ctx):
        return Elicit(question, Consent)
    raise ToolError(
        f"confirmation_needed: {question} Nothing was changed. "
        f"If the user agrees, repeat the call with confirm={expected!r}."
    )


def _named(actions: list[dict[str, Any]]) -> str:
    """Give what is to be done, kind by kind: `archive a, b; prune c`."""
    subjects: dict[str, list[str]] = {}
    for action in actions:
        subjects.setdefault(action["action"], []).append(action["id"])
    return one_line("; ".join(f"{kind} {', '.join(ids)}" for kind, ids in subjects.items()), 1_000)


def _registry(ctx: Context[Any, Any]) -> Registry:
    opening: Opening = ctx.request_context.lifespan_context
    return opening.registry


def _can_ask(ctx: Context[Any, Any]) -> bool:
    """Tell whether the client shows forms; one that names no mode shows them."""
    capabilities = ctx.client_capabilities
    asks = capabilities.elicitation if capabilities else None
    return asks is not None and (asks.form is not None or asks.url is None)


DeletionAnswer = Annotated[ElicitationResult[Consent], Resolve(ask_to_delete)]
CleanupAnswer = Annotated[ElicitationResult[Consent], Resolve(ask_to_clean_up)]
