"""Commands that change the registry."""

from __future__ import annotations

from typing import Annotated

import typer

from model_registry.commands import shown
from model_registry.commands.door import Door, View, command
from model_registry.commands.options import (
    AllowLower,
    Author,
    Description,
    Expected,
    Force,
    ModelFile,
    ModelId,
    Name,
    OperationId,
    Performance,
    Reason,
    Requires,
    Settings,
    Tags,
    Version,
    metadata,
)

PANEL = "Register and change"
LIFE = "Lifecycle"


@command("register", PANEL, shown.registration)
def register(
    door: Door,
    model_path: ModelFile,
    model_id: Annotated[str, typer.Option("--id", help="Register it as this model.")] = "",
    version: Annotated[str, typer.Option("--version", help="The number it gets.")] = "",
    name: Name = "",
    description: Description = "",
    author: Author = "",
    tags: Tags = None,
    performance: Performance = None,
    requires: Requires = None,
    settings: Settings = None,
    if_exists: Annotated[str, typer.Option("--if-exists", help="version (add one) or error (refuse).")] = "version",
    allow_lower: AllowLower = False,
    force: Force = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    reason: Reason = "",
    op_id: OperationId = "",
    expected_revision: Expected = None,
) -> View:
    """Register a model file: a new model, or the next version of the model of its name."""
    fields = {"name": name, "description": description, "author": author, "tags": tags, "dependencies": requires}
    return door.registry.register_model(
        door.source(model_path),
        metadata(fields, settings, performance),
        model_id=model_id,
        version=version,
        if_exists=if_exists,
        allow_lower=allow_lower,
        force=force,
        dry_run=dry_run,
        reason=reason,
        op_id=op_id,
        expected_revision=expected_revision,
    )


@command("release", PANEL, shown.version)
def release(
    door: Door,
    model_id: ModelId,
    version: Annotated[str, typer.Argument(metavar="[VERSION]", help="The number; computed if not given.")] = "",
    source: Annotated[str, typer.Option("--source", metavar="FILE", help="The text to release.")] = "",
    settings: Settings = None,
    allow_lower: AllowLower = False,
    force: Force = False,
    reason: Reason = "",
    op_id: OperationId = "",
    expected_revision: Expected = None,
) -> View:
    """Release the next version of a model: from a file, else the one it came from, else its newest text again."""
    return door.registry.create_model_version(
        model_id,
        version or None,
        source=door.source_of(model_id, source),
        metadata=metadata({}, settings),
        allow_lower=allow_lower,
        force=force,
        reason=reason,
        op_id=op_id,
        expected_revision=expected_revision,
    )


@command("update", PANEL, shown.update)
def update(
    door: Door,
    model_id: ModelId,
    version: Annotated[str, typer.Option("--version", help="Whose performance and requirements.")] = "",
    name: Name = "",
    description: Description = "",
    author: Author = "",
    tags: Tags = None,
    performance: Performance = None,
    requires: Requires = None,
    settings: Settings = None,
    force: Force = False,
    reason: Reason = "",
    op_id: OperationId = "",
    expected_revision: Expected = None,
) -> View:
    """Change metadata of a model, or performance and requirements of a version; --set KEY=null removes a key."""
    fields = {"name": name, "description": description, "author": author, "tags": tags, "dependencies": requires}
    return door.registry.update_model_metadata(
        model_id,
        metadata(fields, settings, performance),
        version=version,
        force=force,
        reason=reason,
        op_id=op_id,
        expected_revision=expected_revision,
    )


@command("yank", PANEL, shown.version)
def yank(
    door: Door,
    model_id: ModelId,
    version: Version,
    undo: Annotated[bool, typer.Option("--undo", help="Give it back.")] = False,
    reason: Reason = "",
    op_id: OperationId = "",
    expected_revision: Expected = None,
) -> View:
    """Withdraw a version from ranges; it stays readable by its number."""
    return door.registry.yank_model_version(
        model_id, version, reason, undo=undo, op_id=op_id, expected_revision=expected_revision
    )


@command("alias", PANEL, shown.lifecycle)
def alias(
    door: Door,
    model_id: ModelId,
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="A name such as production.")],
    version: Annotated[str, typer.Argument(metavar="[VERSION]", help="What it names; none removes it.")] = "",
    reason: Reason = "",
    op_id: OperationId = "",
    expected_revision: Expected = None,
) -> View:
    """Let a name stand for a version, or remove the name."""
    return door.registry.set_model_alias(
        model_id, alias, version, reason=reason, op_id=op_id, expected_revision=expected_revision
    )


@command("rollback", PANEL, shown.lifecycle)
def rollback(
    door: Door,
    model_id: ModelId,
    version: Version,
    reason: Reason = "",
    op_id: OperationId = "",
    expected_revision: Expected = None,
) -> View:
    """Make another version the current one; nothing is erased."""
    return door.registry.rollback_model(model_id, version, reason, op_id=op_id, expected_revision=expected_revision)


@command("deprecate", LIFE, shown.lifecycle)
def deprecate(
    door: Door,
    model_id: ModelId,
    reason: Reason = "",
    replacement: Annotated[str, typer.Option("--replacement", metavar="MODEL", help="What to use instead.")] = "",
    sunset: Annotated[str, typer.Option("--sunset", metavar="DATE", help="When cleanup archives it.")] = "",
    op_id: OperationId = "",
    expected_revision: Expected = None,
) -> View:
    """Discourage the use of a model; it stays readable and searchable."""
    return door.registry.deprecate_model(
        model_id, reason, replacement=replacement, sunset=sunset, op_id=op_id, expected_revision=expected_revision
    )


@command("archive", LIFE, shown.lifecycle)
def archive(
    door: Door, model_id: ModelId, reason: Reason = "", op_id: OperationId = "", expected_revision: Expected = None
) -> View:
    """Make a model read-only and take it out of the search."""
    return door.registry.archive_model(model_id, reason, op_id=op_id, expected_revision=expected_revision)


@command("restore", LIFE, shown.lifecycle)
def restore(
    door: Door, model_id: ModelId, reason: Reason = "", op_id: OperationId = "", expected_revision: Expected = None
) -> View:
    """Bring a deprecated, archived or deleted model back."""
    return door.registry.restore_model(model_id, reason, op_id=op_id, expected_revision=expected_revision)


@command("delete", LIFE, shown.lifecycle)
def delete(
    door: Door,
    model_id: ModelId,
    force: Annotated[bool, typer.Option("--force", help="Even if others require it.")] = False,
    reason: Reason = "",
    op_id: OperationId = "",
    expected_revision: Expected = None,
) -> View:
    """Delete a model after backing it up; it can be restored until it is purged."""
    return door.registry.delete_model(model_id, force, reason=reason, op_id=op_id, expected_revision=expected_revision)
