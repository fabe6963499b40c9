"""The models a benchmark works on: files in a folder, and what peers are told of them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.many_models import models
from model_registry.domain.source import Source
from model_registry.registry import Registration

NEW_SEED = 1_000
"""Models that are registered while measuring come from seeds of their own, so that none is there already."""


@dataclass(frozen=True, slots=True)
class Text:
    """A model before it is registered."""

    path: Path
    text: str

    @property
    def registration(self) -> Registration:
        """Give it as this registry takes it."""
        return Registration(Source(self.text.encode(), self.path.name))

    @property
    def item(self) -> Mapping[str, Any]:
        """Give it as peers take it, which read no texts: its id, name, description, tags and path."""
        name = _after(r"## ModelName\n(.*)", self.text)
        tags = _after(r"^tags: \[(.*)\]", self.text)
        return {
            "id": re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-"),
            "name": name,
            "description": _after(r"## ModelAnnotation\n(.*)", self.text),
            "tags": [tag.strip() for tag in tags.split(",") if tag.strip()],
            "path": str(self.path),
        }


@dataclass(frozen=True)
class Corpus:
    """Files of models below a folder."""

    folder: Path
    count: int

    @cached_property
    def texts(self) -> list[Text]:
        """Give all of them."""
        return [Text(path, path.read_text()) for path in sorted(self.folder.iterdir())]

    def some(self, most: int) -> list[Text]:
        """Give so many of them or a few more, evenly spread; the others are not read."""
        chosen = sorted(self.folder.iterdir())[:: max(1, self.count // most)]
        return [Text(path, path.read_text()) for path in chosen]

    def edit(self, share: float) -> int:
        """Lengthen the horizon in some of the files, evenly spread; gives how many."""
        chosen = sorted(self.folder.iterdir())[:: round(1 / share)]
        for path in chosen:
            path.write_text(re.sub(r"(?<=ModelTimeHorizon=)\d+", _one_more, path.read_text()))
        return len(chosen)


def corpus(folder: Path, count: int, given: Path | None = None) -> Corpus:
    """Write a corpus of so many files: generated, or from a folder, its texts again and again under other names."""
    if not folder.is_dir():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for name, text in repeated(given, count) if given else models(count):
            (unfinished / name).write_text(text)
        unfinished.rename(folder)
    return Corpus(folder, count)


def repeated(folder: Path, count: int) -> Iterator[tuple[str, str]]:
    """Give file names and texts of a folder's models, each round of them numbered."""
    texts = [path.read_text() for path in sorted(folder.rglob("*.md"))]
    for number, text in zip(range(count), cycle(texts), strict=False):
        yield f"m{number:06d}.md", re.sub(r"(## ModelName\n)(.*)", rf"\g<1>\g<2> {number}", text, count=1)


def new_texts(count: int, turn: int) -> list[Text]:
    """Give models that no corpus holds, others in each turn."""
    return [Text(Path(name), text) for name, text in models(count, seed=NEW_SEED + turn)]


def _after(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else ""


def _one_more(number: re.Match[str]) -> str:
    return str(int(number[0]) + 1)
