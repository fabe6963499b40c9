"""What comes in: GNN texts and paths, the latter only below the directories this server may read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from model_registry.errors import SourceError

if TYPE_CHECKING:
    from model_registry.domain.source import Source


class Incoming:
    """Turns a text or a path into a source. Without roots, the working directory is the one root."""

    forms: tuple[str, ...] = ("source", "model_path")
    """The arguments by which a model may come in."""

    def __init__(self, roots: Sequence[Path] | None = None) -> None:
        self._given = tuple(roots or ())

    @property
    def roots(self) -> tuple[Path, ...]:
        """Give the directories below which paths are read; ConfigError where the working directory is too wide."""
        from model_registry.sources import working_root

        return self._given or (working_root(),)

    def source(self, text: str, path: str, *others: str) -> Source:
        """Give the source meant: a text as it is, or the file at a path; SourceError unless exactly one is given."""
        from model_registry.domain.source import Source
        from model_registry.sources import read_source

        if bool(text) == bool(path):
            choices = ", ".join((*others, *self.forms))
            raise SourceError(
                "both source and model_path are given" if text else "no model is given",
                code="one_source",
                where="source",
                hint=f"Give exactly one of {choices}.",
            )
        return read_source(path, self.roots) if path else Source(text.encode("utf-8", "surrogatepass"))

    def folder(self, path: str) -> Path:
        """Give the real place of a directory, there or not, below one of the roots; SourceError when it is not."""
        from model_registry.sources import as_path, real_place

        real = real_place(as_path(path))
        if not any(real.is_relative_to(root.resolve()) for root in self.roots):
            raise SourceError(
                f"{path!r} lies outside the directories this server may use",
                code="path_outside_roots",
                where=path,
                hint="Name a directory below the working directory, or start the server with --root for that one; "
                "register_model takes the text of a file.",
            )
        return real
