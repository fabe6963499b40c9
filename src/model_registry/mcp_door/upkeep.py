"""While a server runs it keeps the search index up with the log, whoever writes, so that searches need not wait."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from model_registry.errors import RegistryError
from model_registry.mcp_door.opening import Opening

if TYPE_CHECKING:
    from model_registry.domain.events import Position

PERIOD = 1.0
"""Seconds between two looks at the log."""

QUIET = 5
"""Looks without news after which there is time to put in order what many writes left."""

logger = logging.getLogger("model_registry")


class Upkeep:
    """A middleware that notes the first call, and a task that keeps the index in order from then on.

    A server that nobody has asked anything yet does not read its registry.
    """

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._called = False
        self._seen: Position | None = None
        self._quiet = 0

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Note that the registry is used."""
        if ctx.method in ("tools/call", "resources/read"):
            self._called = True
        return await call_next(ctx)

    async def run(self) -> None:
        """Keep the index in order until cancelled."""
        while True:
            await anyio.sleep(PERIOD)
            if self._called:
                await anyio.to_thread.run_sync(self.look)

    def look(self) -> None:
        """Let the index read what was written since the last look, or use the quiet to put it in order."""
        try:
            position = self._opening.registry.prepare_search()
            if position != self._seen:
                self._seen, self._quiet = position, 0
            elif self._quiet < QUIET:
                self._quiet += 1
            elif self._quiet == QUIET and not self._opening.registry.tidy_search():
                self._quiet += 1  # all is in order until the next write
        except RegistryError as error:
            logger.warning("the search index is not kept up: %s", error.message)
            self._quiet = QUIET + 1
