"""When the registry is opened: not before the list of tools is given, which is what a host waits for at its start."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from model_registry.errors import RegistryError

if TYPE_CHECKING:
    from model_registry.registry import Registry

logger = logging.getLogger("model_registry")


class Opening:
    """A registry, or a function that opens it: called once, when a call first needs it, or ahead of that."""

    def __init__(self, registry: Registry | Callable[[], Registry]) -> None:
        self._opens = registry if callable(registry) else lambda: registry
        self._opened = None if callable(registry) else registry
        self._lock = Lock()

    @property
    def registry(self) -> Registry:
        """Give the registry; raises what opening it raises, anew at each try."""
        with self._lock:
            if self._opened is None:
                self._opened = self._opens()
            return self._opened

    async def ahead(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        """Open the registry once the list of tools is given, so that the first call need not wait for it."""
        result = await call_next(ctx)
        if ctx.method == "tools/list" and self._opened is None:
            Thread(target=self._open, name="opening").start()
        return result

    def _open(self) -> None:
        try:
            _ = self.registry
        except RegistryError as error:
            logger.error("the registry cannot be opened: %s. %s", error.message, error.hint)
