"""What the signs of a picture mean, in rows below it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from model_registry.pictures.letters import text_width
from model_registry.pictures.svg import group, number, text

ROW, _GAP, _BESIDE = 27.0, 20.0, 8.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A meaning, and its sign drawn on a baseline that starts at 0 0, so broad."""

    title: str
    sign: str
    width: float


def legend(entries: Iterable[Entry], breadth: float, top: float) -> tuple[list[str], float]:
    """Give the legend as elements, no broader than `breadth`, and how high it is."""
    drawn: list[str] = []
    left, row = 0.0, 0
    for entry in entries:
        width = entry.width + _BESIDE + text_width(entry.title)
        if left and left + width > breadth:
            left, row = 0.0, row + 1
        place = f"translate({number(left)} {number(top + row * ROW + 16)})"
        drawn.append(group("key", [entry.sign, text(entry.title, entry.width + _BESIDE, 0)], transform=place))
        left += width + _GAP
    return drawn, (row + 1) * ROW if drawn else 0.0
