"""Commands for the tokens that a server over HTTP asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from model_registry.commands.door import Door, View, command
from model_registry.commands.screen import Column, Screen

group = typer.Typer(help="Tokens for `serve --http`: create, list, revoke.", no_args_is_help=True)
PANEL = "Commands"

TokenFile = Annotated[Path, typer.Option("--token-file", metavar="FILE", help="The file of tokens.")]

_TOKENS = (
    Column("id", whole=True),
    Column("subject"),
    Column("state", whole=True),
    Column("scopes"),
    Column("created", whole=True),
    Column("expires", whole=True),
)


def _created(screen: Screen, view: View) -> None:
    screen.facts({name: view[name] for name in ("id", "subject", "scopes", "expires_at")})
    screen.text(f"\nThe token is shown this once; only a hash of it is kept:\n{view['token']}")


def _listed(screen: Screen, view: View) -> None:
    screen.table(_TOKENS, [_row(token) for token in view["items"]])
    if not view["items"]:
        screen.line("There is no token yet.")


def _revoked(screen: Screen, view: View) -> None:
    screen.line(f"{view['id']} of {view['subject']} is revoked; a server that runs accepts it no more.")


def _row(token: View) -> tuple[Any, ...]:
    expires = token["expires_at"] or "never"
    return token["id"], token["subject"], token["state"], token["scopes"], token["created_at"], expires


@command("create", PANEL, _created, among=group)
def create(
    door: Door,
    token_file: TokenFile,
    subject: Annotated[str, typer.Option("--subject", metavar="WHO", help="Who holds it; stands in the trail.")],
    scopes: Annotated[
        str, typer.Option("--scopes", help="Of registry:read, registry:write, registry:admin; parted by commas.")
    ] = "registry:read",
    expires: Annotated[
        str, typer.Option("--expires", metavar="WHEN", help="A span (90d, 12h), a date, a moment, or never.")
    ] = "90d",
) -> View:
    """Create a token and show it this once; the file keeps only a salted hash of it."""
    from model_registry.bootstrap import open_tokens

    token, text = open_tokens(token_file).create(subject, [scope.strip() for scope in scopes.split(",")], expires)
    return token.to_dict(_now()) | {"token": text}


@command("list", PANEL, _listed, among=group)
def list_tokens(door: Door, token_file: TokenFile) -> View:
    """List the tokens: whose they are, what they allow and until when."""
    from model_registry.bootstrap import open_tokens

    items = [token.to_dict(_now()) for token in open_tokens(token_file).tokens()]
    return {"items": items, "total": len(items)}


@command("revoke", PANEL, _revoked, among=group)
def revoke(
    door: Door,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    token_file: TokenFile,
) -> View:
    """Revoke a token for ever; servers that run accept it no more."""
    from model_registry.bootstrap import open_tokens

    return open_tokens(token_file).revoke(token_id).to_dict(_now())


def _now() -> datetime:
    return datetime.now(UTC)
