"""What models are made of, kept in memory: the plain reference of the port, gone with the process."""

from __future__ import annotations

from collections.abc import Mapping, Set

from model_registry.domain.anatomy import Anatomy


class MemoryAnatomies:
    """A dict."""

    def __init__(self) -> None:
        self._known: dict[str, Anatomy] = {}

    def find(self, digest: str) -> Anatomy | None:
        """Give what is kept of a text; None where nothing is."""
        return self._known.get(digest)

    def keep(self, found: Mapping[str, Anatomy]) -> None:
        """Keep what texts are made of."""
        self._known.update(found)

    def retain(self, digests: Set[str]) -> None:
        """Let go of what is kept of all other texts."""
        self._known = {digest: found for digest, found in self._known.items() if digest in digests}
