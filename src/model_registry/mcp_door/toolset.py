"""What the tools of every toolset stand on: the registry, and what comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model_registry.mcp_door.incoming import Incoming
from model_registry.mcp_door.opening import Opening

if TYPE_CHECKING:
    from model_registry.registry import Registry


class Toolset:
    """Tools: each public method is the tool of its name."""

    def __init__(self, opening: Opening, incoming: Incoming) -> None:
        self._opening = opening
        self._incoming = incoming

    @property
    def _registry(self) -> Registry:
        return self._opening.registry
