"""Commands that keep a registry in order, and show its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from model_registry.commands import shown
from model_registry.commands.door import Door, View, command
from model_registry.commands.progress import progress_bar

PANEL = "Keep in order"


@command("doctor", PANEL, shown.checked, fails=lambda view: not view["ok"])
def doctor(
    door: Door,
    repair: Annotated[bool, typer.Option("--repair", help="Make again what can be made from the log.")] = False,
    head: Annotated[str, typer.Option("--head", metavar="SIZE:HASH", help="What `head` printed earlier.")] = "",
) -> View:
    """Check the whole registry; exit code 1 when something is damaged, or not what `--head` saw."""
    with progress_bar("checking", quiet=door.as_json):
        return door.registry.validate_registry(repair=repair, head=head)


@command("reindex", PANEL, shown.reindexed)
def reindex(door: Door) -> View:
    """Build the search index and the snapshots anew."""
    with progress_bar("models", quiet=door.as_json) as progress:
        return door.registry.update_indexes(progress=progress)


@command("cleanup", PANEL, shown.cleaned)
def cleanup(
    door: Door, apply: Annotated[bool, typer.Option("--apply", help="Do it; else it is only told.")] = False
) -> View:
    """Archive what is past its sunset or idle, purge what was deleted long ago, prune old versions."""
    with progress_bar("cleaning up", quiet=door.as_json):
        return door.registry.cleanup_registry(dry_run=not apply)


@command("backup", PANEL, shown.backed_up)
def backup(door: Door) -> View:
    """Put the whole registry aside as one verified archive."""
    with progress_bar("backing up", quiet=door.as_json):
        return door.registry.backup_registry()


@command("restore-backup", PANEL, shown.put_back)
def restore_backup(
    door: Door,
    backup: Annotated[Path, typer.Argument(help="An archive of the whole registry, as `backup` made it.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the registry that is there, after backing it up.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is recorded.")] = "",
) -> View:
    """Put a backup in an empty place, or in the place of a registry."""
    from model_registry.bootstrap import restore_registry

    with progress_bar("restoring", quiet=door.as_json):
        return restore_registry(backup, door.place or None, force=force, actor=door.actor, reason=reason)


@command("config", PANEL, shown.settings)
def config(
    door: Door,
    what: Annotated[str, typer.Argument(metavar="show", help="show: the settings and where each comes from.")] = "show",
) -> View:
    """Show the settings in force and where each comes from."""
    from model_registry.config import load_settings, locate_registry

    if what != "show":
        raise typer.BadParameter("the only thing to do is `show`")
    root = locate_registry(door.place or None)
    settings = load_settings(root)
    values = settings.config.model_dump(mode="json")
    values |= {f"metadata.{name}": value for name, value in values.pop("metadata").items()}
    rows = {name: {"value": values[name], "from": origin} for name, origin in settings.origins.items()}
    if door.place:
        rows["registry_path"] = {"value": door.place, "from": "--registry"}
    return {"registry": str(root), "settings": rows}
