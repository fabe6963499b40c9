"""Long work: done in a thread, telling the client how far it is, and stopped between two steps when cancelled."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anyio
from mcp.server.mcpserver import Context

from model_registry.mcp_door.cleaning import one_line

T = TypeVar("T")
Tell = Callable[[int, int, str, str], None]
"""Called after each step: how many are done, of how many, what it was, what became of it."""


async def in_a_thread(ctx: Context[Any, Any], work: Callable[[Tell], T]) -> T:
    """Give what the work gives. A cancelled call ends at the next `tell`, which raises; what was committed stays."""

    def tell(done: int, steps: int, what: str, outcome: str) -> None:
        anyio.from_thread.check_cancelled()
        anyio.from_thread.run(partial(ctx.report_progress, done, steps, one_line(f"{what}: {outcome}", 200)))

    return await anyio.to_thread.run_sync(work, tell)
