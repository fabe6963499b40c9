"""Outlines of the nodes of a factor graph: variables are round, factors have corners, no two groups look the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from types import MappingProxyType

from model_registry.pictures.svg import Attributes, element, number

CORNER = 9.0
"""How far a folded or pointed corner reaches into its box."""

CUT = 6.0
"""How far a cut corner does."""

_INSET = 3.5

Draw = Callable[[float, float, float, float], str]
"""Draws an outline into the box with this left, top, width and height."""


def _rectangle(x: float, y: float, width: float, height: float, radius: float) -> str:
    box: Attributes = {"class": "outline", "x": x, "y": y, "width": width, "height": height, "rx": radius}
    return element("rect", box)


def _line(points: str, kind: str = "detail") -> str:
    return element("path", {"class": kind, "d": points})


def _round(x: float, y: float, width: float, height: float) -> str:
    return _rectangle(x, y, width, height, height / 2)


def _double_round(x: float, y: float, width: float, height: float) -> str:
    inner = {"x": x + _INSET, "y": y + _INSET, "width": width - 2 * _INSET, "height": height - 2 * _INSET}
    ring = element("rect", {"class": "detail", **inner, "rx": height / 2 - _INSET})
    return _round(x, y, width, height) + ring


def _square(x: float, y: float, width: float, height: float) -> str:
    return _rectangle(x, y, width, height, 1)


def _soft(x: float, y: float, width: float, height: float) -> str:
    return _rectangle(x, y, width, height, CORNER)


def _barred(x: float, y: float, width: float, height: float) -> str:
    bars = "".join(f"M{number(at)} {number(y)}v{number(height)}" for at in (x + 5, x + width - 5))
    return _square(x, y, width, height) + _line(bars)


def _cut(x: float, y: float, width: float, height: float) -> str:
    across, down, c = number(width - 2 * CUT), number(height - 2 * CUT), number(CUT)
    return _line(
        f"M{number(x + CUT)} {number(y)}h{across}l{c} {c}v{down}l-{c} {c}h-{across}l-{c} -{c}v-{down}z", "outline"
    )


def _pointed(x: float, y: float, width: float, height: float) -> str:
    across, half, c = number(width - 2 * CORNER), number(height / 2), number(CORNER)
    return _line(
        f"M{number(x + CORNER)} {number(y)}h{across}l{c} {half}l-{c} {half}h-{across}l-{c} -{half}z", "outline"
    )


def _folded(x: float, y: float, width: float, height: float) -> str:
    across, down, c = number(width - CORNER), number(height - CORNER), number(CORNER)
    sheet = f"M{number(x)} {number(y)}h{across}l{c} {c}v{down}h-{number(width)}z"
    fold = f"M{number(x + width - CORNER)} {number(y)}v{c}h{c}"
    return _line(sheet, "outline") + _line(fold)


OUTLINES: Mapping[str, Draw] = MappingProxyType(
    {
        "round": _round,
        "double-round": _double_round,
        "square": _square,
        "soft": _soft,
        "barred": _barred,
        "cut": _cut,
        "pointed": _pointed,
        "folded": _folded,
    }
)


def inset(outline: str, offset: float, *, side: float, depth: float) -> float:
    """Give how far inside its box an outline lies, at an offset from the middle of a side.

    `side` is the length of that side, `depth` that of the two beside it. The pointed ends lie left and right, where
    a box is broader than high.
    """
    match outline:
        case "round" | "double-round":
            radius = min(side, depth) / 2
            into = min(radius, max(0.0, abs(offset) - (side / 2 - radius)))
            return radius - sqrt(radius**2 - into**2)
        case "cut":
            return max(0.0, abs(offset) - (side / 2 - CUT))
        case "pointed" if side <= depth:
            return abs(offset) * CORNER / (side / 2)
        case "pointed":
            return max(0.0, abs(offset) - (side / 2 - CORNER)) * (depth / 2) / CORNER
        case _:
            return 0.0
