"""A picture of times against sizes, both on logarithmic axes, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 860, 520
LEFT, TOP, RIGHT, BOTTOM = 70, 30, 560, 460
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#999999")
"""Colours that stay apart for all eyes (Okabe and Ito 2008), and a grey."""

FONT = 'font-family="sans-serif" font-size="12"'

Series = Mapping[str, Mapping[int, float]]


def log_plot(series: Series, title: str, unit: str) -> str:
    """Draw each series as a line over the number of models."""
    sizes = sorted({size for points in series.values() for size in points})
    values = [value for points in series.values() for value in points.values()]
    across = Scale(sizes[0], sizes[-1], LEFT, RIGHT)
    up = Scale(10 ** floor(log10(min(values))), 10 ** ceil(log10(max(values))), BOTTOM, TOP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        *_grid(sizes, values, across, up),
        f'<text x="{LEFT}" y="{TOP - 12}">{escape(title)} ({escape(unit)})</text>',
        *_curves(series, across, up),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


class Scale:
    """A logarithmic axis: where a value stands, in pixels."""

    def __init__(self, least: float, most: float, start: float, end: float) -> None:
        self._least, self._start = log10(least), start
        self._slope = (end - start) / (log10(most) - log10(least) or 1)

    def __call__(self, value: float) -> float:
        return round(self._start + (log10(value) - self._least) * self._slope, 1)


def _grid(sizes: list[int], values: list[float], across: Scale, up: Scale) -> Iterator[str]:
    for power in range(floor(log10(min(values))), ceil(log10(max(values))) + 1):
        y = up(10.0**power)
        yield f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>'
    for size in sizes:
        x = across(size)
        yield f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{BOTTOM}" stroke="#ddd"/>'
        yield f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle">{size:,}</text>'
    yield f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 38}" text-anchor="middle">models</text>'


def _curves(series: Series, across: Scale, up: Scale) -> Iterator[str]:
    """Draw the lines, each named at its end; names move apart where lines end close to each other."""
    free = float(TOP)
    ends = sorted(series, key=lambda name: up(series[name][max(series[name])]))
    for name in ends:
        place = list(series).index(name)
        colour, dash = COLOURS[place % len(COLOURS)], "5 3" if place >= len(COLOURS) else "none"
        points = [(across(size), up(value)) for size, value in sorted(series[name].items())]
        free = max(free, points[-1][1]) + 15
        drawn = " ".join(f"{x},{y}" for x, y in points)
        yield f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points)
        yield f'<text x="{RIGHT + 12}" y="{free - 11}" fill="{colour}">{escape(name)}</text>'
