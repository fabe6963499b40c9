"""Plots of numbers: lines over versions or months, and bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from model_registry.domain.printable import counted
from model_registry.pictures.legend import Entry, legend
from model_registry.pictures.letters import SMALL_SIZE, shortened, text_width
from model_registry.pictures.svg import Frame, element, escape, framed, group, number, text, told

MARGIN = 14.0
POINTS = 200
"""Points a line shows, the last ones; the picture says how many came before."""

BARS = 24
"""Bars a plot shows, the first ones; the picture says how many follow."""

SERIES = 4
"""Lines of one plot; each has a colour, a dash and a mark of its own."""

LABEL = 32
_WIDTH, _HEIGHT = 560.0, 240.0
_TICKS = 5
_FINEST = 1e-9
_EDGE = 16.0
_BAR, _PITCH = 16.0, 25.0
_BARS_BREADTH = 300.0

Series = Mapping[str, Sequence[tuple[str, float]]]
"""Lines by name: each a sequence of places (a version, a month) and numbers."""


def line_plot(series: Series, *, title: str, x_label: str = "", y_label: str = "", standalone: bool = False) -> str:
    """Give lines as SVG: each place on the x axis once, in the order in which it first comes.

    Numbers that are not finite leave a gap. At most 4 lines and their last 200 places are drawn; the picture says what
    is left out.
    """
    plot = _Lines.of(series)
    lines = [*plot.axes(x_label, y_label), *plot.lines()]
    top = _HEIGHT + 46
    key, depth = legend(plot.entries(), _WIDTH, top) if len(series) > 1 else ([], 0.0)
    notes = plot.notes(len(series))
    words = [text(note, 0, top + depth + 14 + 16 * row, "muted") for row, note in enumerate(notes)]
    left = plot.room + (18 if y_label else 0)
    shifted = group(None, [*lines, *key, *words], transform=f"translate({number(MARGIN + left)} {number(MARGIN + 8)})")
    frame = Frame(
        title,
        " ".join([*plot.told(), *notes]),
        round(left + _WIDTH + 2 * MARGIN + 8),
        round(top + depth + 16 * len(words) + MARGIN + 8),
        ("plot",),
        "line-plot",
    )
    return framed(frame, [shifted], standalone=standalone)


def bar_plot(values: Mapping[str, float], *, title: str, standalone: bool = False) -> str:
    """Give numbers by name as bars, SVG, in the order given; at most 24, and the picture says how many follow."""
    shown = {shortened(name, LABEL): value for name, value in list(values.items())[:BARS] if isfinite(value)}
    largest = max([*(abs(value) for value in shown.values()), 0.0]) or 1.0
    room = max((text_width(name) for name in shown), default=60.0) + 10
    numbers = max((text_width(_written(value)) for value in shown.values()), default=0.0) + 8
    bars = [
        element("path", {"class": "axis", "d": f"M{number(room)} 0V{number(_PITCH * max(1, len(shown)))}"}),
        *(_bar(row, name, value, largest, room) for row, (name, value) in enumerate(shown.items())),
    ]
    more = len(values) - len(shown)
    notes = [f"{counted(more, 'more row')} not drawn."] if more else [] if shown else ["Nothing to show."]
    top = _PITCH * len(shown)
    bars += [text(note, 0 if more else room + 6, top + 16, "muted") for note in notes]
    width = max(room + _BARS_BREADTH + numbers, text_width(notes[0]) if notes else 0.0)
    frame = Frame(
        title,
        " ".join([*(f"{name}: {_written(value)}." for name, value in shown.items()), *notes]),
        round(width + 2 * MARGIN),
        round(top + 24 * bool(notes) + 2 * MARGIN),
        ("plot",),
        "bar-plot",
    )
    shifted = group(None, bars, transform=f"translate({number(MARGIN)} {number(MARGIN)})")
    return framed(frame, [shifted], standalone=standalone)


def _bar(row: int, name: str, value: float, largest: float, room: float) -> str:
    width = abs(value) / largest * _BARS_BREADTH
    top = row * _PITCH + (_PITCH - _BAR) / 2
    box = {"class": "bar", "x": room, "y": top, "width": max(width, 1.0 if value else 0.0), "height": _BAR, "rx": 2}
    words = [
        text(name, room - 8, top + 12, None, "end"),
        element("rect", box),
        text(_written(value), room + width + 7, top + 12, "muted"),
    ]
    return group(None, [told(f"{name}: {_written(value)}"), *words])


def ticks(low: float, high: float) -> list[float]:
    """Give about five round numbers (1, 2 or 5 times a power of ten apart) that hold a range between them."""
    span = max((high - low) or abs(high) or 1.0, _FINEST)
    step = 10.0 ** floor(log10(span / _TICKS))
    step = next(step * factor for factor in (1, 2, 5, 10) if span / (step * factor) <= _TICKS)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, max(last, first + 1) + 1)]


def _written(value: float) -> str:
    """Give a number as a reader wants it: whole ones whole, others with four digits."""
    whole = float(value).is_integer() and abs(value) < 1e9
    return (f"{int(value):,}" if whole else f"{value:.4g}").replace("-", "−")


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines in their frame: the places on the x axis, and the ticks of the y axis."""

    series: Series
    places: tuple[str, ...]
    before: int
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, series: Series) -> _Lines:
        shown = dict(list(series.items())[:SERIES])
        every = list(dict.fromkeys(place for points in shown.values() for place, _ in points))
        places = every[-POINTS:]
        kept = set(places)
        numbers = [value for points in shown.values() for place, value in points if place in kept and isfinite(value)]
        low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
        if 0 <= low < high / 2 or 0 < low == high:
            low = 0.0
        if low == high:
            high = max(0.0, low + 1.0)
        return cls(shown, tuple(places), len(every) - len(places), tuple(ticks(low, high)))

    @property
    def room(self) -> float:
        """Give how broad the numbers of the y axis are."""
        return max(text_width(_written(tick), SMALL_SIZE) for tick in self.ticks) + 10

    def x(self, place: int) -> float:
        """Give where a place stands; a single one stands in the middle."""
        count = len(self.places)
        return _WIDTH * (place + 0.5) / count if count < 3 else _EDGE + (_WIDTH - 2 * _EDGE) * place / (count - 1)

    def y(self, value: float) -> float:
        """Give the height of a number."""
        low, high = self.ticks[0], self.ticks[-1]
        return _HEIGHT * (1 - (value - low) / (high - low))

    def axes(self, x_label: str, y_label: str) -> Iterator[str]:
        for tick in self.ticks:
            yield element("path", {"class": "grid", "d": f"M0 {number(self.y(tick))}H{number(_WIDTH)}"})
            yield text(_written(tick), -8, self.y(tick) + 4, "small muted", "end")
        yield element("path", {"class": "axis", "d": f"M0 0V{number(_HEIGHT)}H{number(_WIDTH)}"})
        broadest = max((text_width(shortened(place, 14), SMALL_SIZE) for place in self.places), default=1.0)
        every = max(1, ceil(len(self.places) * (broadest + 12) / _WIDTH))
        for place in range(0, len(self.places), every):
            yield element("path", {"class": "axis", "d": f"M{number(self.x(place))} {number(_HEIGHT)}v4"})
            yield text(shortened(self.places[place], 14), self.x(place), _HEIGHT + 17, "small muted", "middle")
        if x_label:
            yield text(shortened(x_label, 60), _WIDTH / 2, _HEIGHT + 35, "muted", "middle")
        if y_label:
            x = -self.room - 4
            turned = f"rotate(-90 {number(x)} {number(_HEIGHT / 2)})"
            box = {"class": "muted", "x": x, "y": _HEIGHT / 2, "text-anchor": "middle", "transform": turned}
            yield element("text", box, escape(shortened(y_label, 40)))

    def lines(self) -> Iterator[str]:
        if not self.places:
            yield text("Nothing to show.", _WIDTH / 2, _HEIGHT / 2 + 4, "muted", "middle")
        order = {place: at for at, place in enumerate(self.places)}
        for row, (name, points) in enumerate(self.series.items()):
            here = [(order[place], place, value) for place, value in points if place in order]
            path = "".join(_parts([(self.x(at), self.y(value), isfinite(value)) for at, _, value in here]))
            marks = [
                group(
                    None,
                    [
                        told(f"{shortened(name, LABEL)}, {place}: {_written(value)}"),
                        mark(row, self.x(at), self.y(value)),
                    ],
                )
                for at, place, value in here
                if isfinite(value)
            ]
            yield group(f"series-{row}", [element("path", {"class": "series", "d": path}), *marks])

    def entries(self) -> Iterator[Entry]:
        for row, name in enumerate(self.series):
            line = element("path", {"class": "series", "d": "M0 -4H34"})
            yield Entry(shortened(name, LABEL), group(f"series-{row}", [line, mark(row, 17, -4)]), 34)

    def notes(self, lines: int) -> list[str]:
        left = [(self.before, "earlier place"), (lines - len(self.series), "more line")]
        parts = [counted(count, thing) for count, thing in left if count]
        return [f"Not drawn: {' and '.join(parts)}."] if parts else []

    def told(self) -> Iterator[str]:
        """Give each line in words: from where to where."""
        for name, points in self.series.items():
            known = [(place, value) for place, value in points if isfinite(value)]
            if known:
                (first, begin), (last, end) = known[0], known[-1]
                yield f"{shortened(name, LABEL)}: {_written(begin)} at {first}, {_written(end)} at {last}."


def _parts(points: Iterable[tuple[float, float, bool]]) -> Iterator[str]:
    """Give a line through points; one that is not known parts it."""
    pen = "M"
    for x, y, known in points:
        if known:
            yield f"{pen}{number(x)} {number(y)}"
        pen = "L" if known else "M"


def mark(row: int, x: float, y: float) -> str:
    """Give the mark of a line: a circle, a square, a triangle, a diamond."""
    at = f"M{number(x)} {number(y)}"
    shape = ("", f"{at}m-4 -4h8v8h-8z", f"{at}m0 -5l5 9h-10z", f"{at}m0 -5l5 5l-5 5l-5 -5z")[row]
    if not shape:
        return element("circle", {"class": "point", "cx": x, "cy": y, "r": 4})
    return element("path", {"class": "point", "d": shape})
