"""Tensors as heat maps: slices side by side, each cell with its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite, sqrt

import numpy as np

from model_registry.domain.printable import counted
from model_registry.gnn.axes import squeezed
from model_registry.gnn.model import GNNModel, Parameter, Tensor
from model_registry.pictures.letters import SMALL_SIZE, shortened, text_width
from model_registry.pictures.svg import Frame, element, escape, framed, group, number, text, told
from model_registry.pictures.tensors import Diverging, Meaning, Scale, Sliced, meaning_of, scale_of, sliced

CELLS = 1_024
"""Cells a heat map shows, at most `SIDE` rows and columns of each slice; it says which part that is."""

SIDE = 32

MARGIN = 16.0
_ROOMY, _SMALL = (46.0, 26.0), (18.0, 18.0)
_BESIDE, _ABOVE, _GAP = 26.0, 38.0, 26.0
_BREADTH = 900.0
_KEY_STEP, _KEY_HEIGHT = 22.0, 12.0


def heat_maps(model: GNNModel, name: str, *, standalone: bool = False) -> str:
    """Give a parameter's numbers as SVG, "" where it has none.

    Rows, columns and slices are named by the detected order of axes; axes of length 1 are left out. Probabilities and
    other numbers from 0 up have a sequential scale, numbers of both signs a diverging one. At most 1,024 cells are
    drawn; the picture says what is left out.
    """
    parameter = _parameter(model, name)
    value = squeezed(parameter) if parameter else None
    if parameter is None or value is None or not value.size:
        return ""
    meaning = meaning_of(model, parameter)
    scale = scale_of(value, probabilities=meaning.probabilities)
    kind = "Probability" if meaning.probabilities else "Value"
    return _Map(meaning, scale, kind).picture([(value, "")], standalone=standalone)


def heat_differences(old: GNNModel, new: GNNModel, name: str, *, standalone: bool = False) -> str:
    """Give how a parameter's numbers moved from an older model to a newer one as SVG, "" where a side has none.

    The cells hold new − old on a diverging scale, and those that moved are outlined. Where the shape is another one,
    both tensors are shown as they are.
    """
    parameters = [_parameter(model, name) for model in (old, new)]
    values = [squeezed(parameter) if parameter else None for parameter in parameters]
    before, after = values
    if before is None or after is None or parameters[1] is None or not before.size or not after.size:
        return ""
    meaning = meaning_of(new, parameters[1])
    if before.shape != after.shape:
        both = np.concatenate([before.ravel(), after.ravel()])
        drawn = _Map(replace(meaning, axes=()), scale_of(both), "Value")
        return drawn.picture([(before, "before"), (after, "after")], standalone=standalone)
    with np.errstate(invalid="ignore", over="ignore"):
        moved = np.where((before == after) | (np.isnan(before) & np.isnan(after)), 0.0, after - before)
    finite = np.abs(moved[np.isfinite(moved)])
    scale = Diverging(float(finite.max(initial=0.0)) or 1.0)
    return _Map(meaning, scale, "Change", before).picture([(moved, "")], standalone=standalone)


def _parameter(model: GNNModel, name: str) -> Parameter | None:
    """Give the parameter of a name; of one that is given twice, the last."""
    return next((parameter for parameter in reversed(model.parameters) if parameter.name == name), None)


def written(value: float) -> str:
    """Give a number as it stands in a cell: three digits, no needless zero."""
    if not isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "?"
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


@dataclass(frozen=True, slots=True)
class _Panel:
    """A slice in its place, with how its cells are found in the tensor."""

    sliced: Sliced
    number: int
    title: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class _Map:
    """How tensors of one meaning are drawn; with `before`, the cells are what has been added to it."""

    meaning: Meaning
    scale: Scale
    kind: str
    before: Tensor | None = None

    def picture(self, tensors: Sequence[tuple[Tensor, str]], *, standalone: bool) -> str:
        """Give the picture of tensors, each under its title."""
        panels = [panel for value, title in tensors for panel in self._panels(value, title, CELLS // len(tensors))]
        cell = _cell_size(panels)
        body, width, height = self._placed(panels, cell)
        notes = [note for value, title in tensors if (note := self._left_out(value, title, panels))]
        lines = [text(note, 0, height + 20 + 16 * row, "muted") for row, note in enumerate(notes)]
        height += 16 * len(lines) + (16 if lines else 0)
        key = self._key(height)
        width = max([width, self._key_width(), *(text_width(note) for note in notes)])
        body = [group(None, [*body, *lines, *key], transform=f"translate({number(MARGIN)} {number(MARGIN)})")]
        frame = Frame(
            f"{self.kind} of {shortened(self.meaning.name, 60)}",
            " ".join([self._description([value for value, _ in tensors]), *notes]),
            round(width + 2 * MARGIN),
            round(height + 40 + 2 * MARGIN),
            ("heat",),
            "heat-map",
        )
        return framed(frame, body, standalone=standalone)

    def _panels(self, value: Tensor, title: str, most: int) -> Iterator[_Panel]:
        found = sliced(value, self.meaning.axes, most)
        first = found.slices[0].cells
        rows, columns = (min(SIDE, size) for size in first.shape)
        for place, part in enumerate(found.slices[: max(1, most // (rows * columns))]):
            where = ", ".join(f"{self._axis(axis)} = {at}" for axis, at in zip(found.others, part.place, strict=True))
            yield _Panel(found, place, ": ".join(filter(None, (title, where))), rows, columns)

    def _axis(self, axis: int) -> str:
        """Give the name of an axis, its number where it cannot be told."""
        name = self.meaning.axes[axis] if self._is_named(axis) else ""
        twice = self.meaning.axes.count(name) > 1
        return f"{name} (axis {axis})" if name and twice else name or f"axis {axis}"

    def _is_named(self, axis: int) -> bool:
        return axis < len(self.meaning.axes) and bool(self.meaning.axes[axis])

    def _placed(self, panels: Sequence[_Panel], cell: tuple[float, float]) -> tuple[list[str], float, float]:
        """Give the panels side by side in rows, and the size of all."""
        drawn: list[str] = []
        widths = [
            max(_BESIDE + panel.columns * cell[0], text_width(panel.title) + _BESIDE, _axis_room(self, panel))
            for panel in panels
        ]
        area = sum(
            (width + _GAP) * (_ABOVE + panel.rows * cell[1] + _GAP) for width, panel in zip(widths, panels, strict=True)
        )
        breadth = max([min(_BREADTH, sqrt(area * 2.2)), *widths])
        left = top = right = below = 0.0
        for panel, width in zip(panels, widths, strict=True):
            if left and left + width > breadth:
                left, top = 0.0, below + _GAP / 2
            place = f"translate({number(left)} {number(top)})"
            drawn.append(group("panel", self._panel(panel, cell), transform=place))
            right, below = max(right, left + width), max(below, top + _ABOVE + panel.rows * cell[1])
            left += width + _GAP
        return drawn, right, below

    def _panel(self, panel: _Panel, cell: tuple[float, float]) -> Iterator[str]:
        yield text(panel.title, _BESIDE, 11, "heading") if panel.title else ""
        yield from self._labels(panel, cell)
        part = panel.sliced.slices[panel.number]
        places = [(row, column) for row in range(panel.rows) for column in range(panel.columns)]
        for row, column in sorted(places, key=lambda place: self._moved(float(part.cells[place]))):
            yield self._cell(panel, row, column, float(part.cells[row, column]), cell)

    def _moved(self, value: float) -> bool:
        """Tell whether a cell is outlined: such cells are drawn last, over their neighbours."""
        return self.before is not None and value != 0

    def _labels(self, panel: _Panel, cell: tuple[float, float]) -> Iterator[str]:
        """Give the names of the axes, and the numbers of rows and columns."""
        rows, columns = panel.sliced.rows, panel.sliced.columns
        if columns is not None:
            yield text(f"{self._axis(columns)} →", _BESIDE, _ABOVE - 15, "small muted")
            every = _every(panel.columns, cell[0])
            for column in range(0, panel.columns, every):
                yield text(column, _BESIDE + (column + 0.5) * cell[0], _ABOVE - 4, "small muted", "middle")
        if rows is not None:
            turned = f"rotate(-90 8 {number(_ABOVE)})"
            words = element(
                "text",
                {"class": "small muted", "x": 8, "y": _ABOVE, "text-anchor": "end", "transform": turned},
                escape(f"← {self._axis(rows)}"),
            )
            yield words
            for row in range(panel.rows):
                yield text(row, _BESIDE - 5, _ABOVE + (row + 0.5) * cell[1] + 4, "small muted", "end")

    def _cell(self, panel: _Panel, row: int, column: int, value: float, cell: tuple[float, float]) -> str:
        x, y = _BESIDE + column * cell[0], _ABOVE + row * cell[1]
        step = self.scale.step(value) if isfinite(value) else "nothing"
        moved = " moved" if self._moved(value) else ""
        box = {"class": f"cell {step}{moved}", "x": x, "y": y, "width": cell[0], "height": cell[1]}
        shown = self._shown(value, roomy=cell == _ROOMY)
        words = text(shown, x + cell[0] / 2, y + cell[1] / 2 + 4, f"value on-{step}", "middle") if shown else ""
        return element("rect", box, told(*self._told(panel, row, column, value))) + words

    def _shown(self, value: float, *, roomy: bool) -> str:
        """Give what is printed in a cell: its number, or its sign where there is no room and signs matter."""
        if roomy:
            sign = "+" if self.before is not None and value > 0 else ""
            return f"{sign}{written(value)}"
        if not isinstance(self.scale, Diverging) or not value:
            return ""
        return "+" if value > 0 else "−" if value < 0 else "?"

    def _told(self, panel: _Panel, row: int, column: int, value: float) -> Iterator[str]:
        index = panel.sliced.index(panel.sliced.slices[panel.number].place, row, column)
        at = f"{self.meaning.name}[{', '.join(map(str, index))}]" if index else self.meaning.name
        if self.before is None:
            yield f"{at} = {value:.6g}"
        else:
            was = float(self.before[index])
            yield f"{at}: {was:.6g}" + (f" → {was + value:.6g} ({value:+.6g})" if value else ", unchanged")
        named = [f"{self._axis(axis)} {place}" for axis, place in enumerate(index) if self._is_named(axis)]
        yield ", ".join(named)

    def _left_out(self, value: Tensor, title: str, panels: Sequence[_Panel]) -> str:
        """Say which part of a tensor is shown, nothing where it is whole."""
        mine = [panel for panel in panels if panel.title.startswith(title)]
        shown = sum(panel.rows * panel.columns for panel in mine)
        if shown == value.size:
            return ""
        first = mine[0]
        cells = first.sliced.slices[0].cells
        slices = value.size // cells.size
        parts = [
            f"{there} of {counted(whole, thing)}"
            for there, whole, thing in (
                (first.rows, cells.shape[0], "row"),
                (first.columns, cells.shape[1], "column"),
                (len(mine), slices, "slice"),
            )
            if there < whole
        ]
        return f"Shown{f' {title}' if title else ''}: the first {', '.join(parts)} ({shown:,} of {value.size:,} cells)."

    def _key(self, top: float) -> Iterator[str]:
        """Give what the colours mean."""
        samples = list(self.scale.samples())
        yield text(self.kind, 0, top + 24, "small muted")
        left = text_width(self.kind, SMALL_SIZE) + 10
        for place, (step, _) in enumerate(samples):
            box = {
                "class": f"cell {step}",
                "x": left + place * _KEY_STEP,
                "y": top + 14,
                "width": _KEY_STEP,
                "height": _KEY_HEIGHT,
            }
            yield element("rect", box)
        for value, share in self._ticks():
            yield text(value, left + share * len(samples) * _KEY_STEP, top + 38, "small muted", "middle")

    def _key_width(self) -> float:
        return text_width(self.kind, SMALL_SIZE) + 30 + len(list(self.scale.samples())) * _KEY_STEP

    def _ticks(self) -> list[tuple[str, float]]:
        largest = getattr(self.scale, "largest", 1.0)
        if isinstance(self.scale, Diverging):
            return [(written(-largest), 0.0), ("0", 0.5), (f"+{written(largest)}", 1.0)]
        return [("0", 0.0), (written(largest / 2), 0.5), (written(largest), 1.0)]

    def _description(self, values: Sequence[Tensor]) -> str:
        sizes = " and ".join(" × ".join(map(str, value.shape)) or "1" for value in values)
        axes = ", ".join(self._axis(axis) for axis in range(values[-1].ndim))
        moved = f" {counted(int(np.count_nonzero(values[0])), 'cell')} changed." if self.before is not None else ""
        finite = values[-1][np.isfinite(values[-1])]
        extent = f" From {written(float(finite.min()))} to {written(float(finite.max()))}." if finite.size else ""
        return f"{sizes} numbers{f'; axes: {axes}' if axes else ''}.{moved}{extent}"


def _axis_room(drawn: _Map, panel: _Panel) -> float:
    """Give the room that the name of the columns takes."""
    columns = panel.sliced.columns
    return _BESIDE + text_width(f"{drawn._axis(columns)} →", SMALL_SIZE) if columns is not None else 0.0


def _cell_size(panels: Sequence[_Panel]) -> tuple[float, float]:
    """Give the size of cells: with room for a number where there are few."""
    roomy = max(panel.columns for panel in panels) <= 10 and sum(panel.rows * panel.columns for panel in panels) <= 300
    return _ROOMY if roomy else _SMALL


def _every(count: int, width: float) -> int:
    """Give at which step columns are numbered, so that the numbers stand apart."""
    return 1 if width >= 2 * text_width(str(count), SMALL_SIZE) / 1.6 else 5
