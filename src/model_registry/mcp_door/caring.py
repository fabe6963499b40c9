"""The tools that keep the registry in order.

Each method is the tool of its name; see `reading` for how one is written.
"""

from __future__ import annotations

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from pydantic import Field

from model_registry.mcp_door import shapes
from model_registry.mcp_door.bounds import View, bounded
from model_registry.mcp_door.confirmation import CleanupAnswer, require_consent
from model_registry.mcp_door.long_work import in_a_thread
from model_registry.mcp_door.toolset import Toolset


class Caring(Toolset):
    """Tools of the toolset `admin`."""

    def validate_registry(
        self,
        repair: Annotated[bool, Field(description="Rebuild what can be made again from the log")] = False,
        head: Annotated[str, Field(description="SIZE:HASH noted earlier, to check against", max_length=100)] = "",
    ) -> Annotated[View, shapes.Validation]:
        """Check everything: the chain of the log, every source, and all that is kept beside them against the log. Call
        it when a tool reports a storage error. Without repair it only reads."""
        found = self._registry.validate_registry(repair=repair, head=head)
        return bounded(found, "Mend these first, then call it again.")

    async def update_indexes(self, ctx: Context[Any, Any]) -> Annotated[View, shapes.Indexing]:
        """Build the search index and the snapshots anew from the log and the sources. Seldom needed: searches keep the
        index up themselves. It reports progress and can be cancelled."""
        return bounded(await in_a_thread(ctx, lambda tell: self._registry.update_indexes(progress=tell)))

    def cleanup_registry(
        self,
        answer: CleanupAnswer,
        dry_run: Annotated[bool, Field(description="Only tell what would be done")] = True,
        confirm: Annotated[str, Field(description="cleanup, where the user cannot be asked", max_length=20)] = "",
    ) -> Annotated[View, shapes.Cleanup]:
        """Archive models past their sunset or idle too long, purge what was deleted long ago, prune old versions. Show
        the user the dry run first; the user is asked to confirm the rest."""
        require_consent(answer)
        return bounded(self._registry.cleanup_registry(dry_run=dry_run), "Call it again after this part is done.")

    def backup_registry(self) -> Annotated[View, shapes.Backup]:
        """Put the whole registry aside as one archive: log, sources and settings; read back after writing. Tell the
        user where the backup is."""
        return bounded(self._registry.backup_registry())
