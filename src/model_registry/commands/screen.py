"""Writing for people: tables and lines that hold texts of strangers and stay what they are at any width."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from model_registry.commands.wording import as_commands
from model_registry.domain.printable import LONGEST, printable, printable_text
from model_registry.errors import RegistryError

LONGEST_LINE = 1_000
"""Characters of a line outside of tables."""

LEAST_WIDTH, LONGEST_WORD = 9, 16
"""Columns below which running text can hardly be read; and up to which a word makes its column wider."""

GAP = 2
"""Columns between the columns of a table."""

PIPED_WIDTH = 160
"""Columns written when there is no terminal to fit."""

STYLES: Mapping[str, str] = {
    "created": "green",
    "new_version": "cyan",
    "metadata_updated": "cyan",
    "updated": "cyan",
    "unchanged": "dim",
    "skipped": "yellow",
    "failed": "bold red",
    "error": "bold red",
    "warning": "yellow",
    "info": "dim",
    "active": "green",
    "deprecated": "yellow",
    "archived": "dim",
    "deleted": "red",
    "major": "bold red",
    "minor": "cyan",
    "patch": "green",
}
"""The look of words that say how something stands."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Cells that are `whole` stay on one line where there is room (names one may copy); an `optional` column is left out
    where there is none.
    """

    title: str
    whole: bool = False
    number: bool = False
    optional: bool = False


class Screen:
    """A stream that people read. Nothing written here is taken for markup or for a terminal's control sequence."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        target = stream or sys.stdout
        width = None if target.isatty() or os.environ.get("COLUMNS") else PIPED_WIDTH
        self.console = Console(file=target, width=width, highlight=False, markup=False, emoji=False)

    def line(self, *parts: object, style: str = "") -> None:
        """Write one line of parts; a word of `STYLES` has its look."""
        self.console.print(_joined(parts, style), overflow="fold")

    def passage(self, text: str) -> None:
        """Write a passage below what it is taken from, with the **words** that were sought in bold."""
        self.console.print(Padding(_marked(text), (0, 0, 0, 4), expand=False), overflow="fold")

    def text(self, text: str) -> None:
        """Write a text of ours whose lines are not broken, so that they can be copied."""
        self.console.print(Text(text), soft_wrap=True)

    def verbatim(self, text: str) -> None:
        """Write a text of a stranger as it is; on a terminal without its control characters."""
        stream = self.console.file
        stream.write(printable_text(text) + "\n" if stream.isatty() else text)

    def heading(self, title: str) -> None:
        """Write a heading."""
        self.console.print()
        self.console.print(Text(printable(title), style="bold"), overflow="fold")

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
        """Write a table, if there is a row; columns that are empty in all rows are left out."""
        cells = [[_cell(value) for value in row] for row in rows]
        widths = {place: _width(column, [row[place] for row in cells]) for place, column in enumerate(columns)}
        shown = _fitting(columns, {place: width for place, width in widths.items() if width}, self.console.width)
        roomy = _total(shown) <= self.console.width
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
        for column in (columns[place] for place in shown):
            justify: Literal["left", "right"] = "right" if column.number else "left"
            table.add_column(column.title, justify=justify, overflow="fold", no_wrap=column.whole and roomy)
        for row in cells:
            table.add_row(*(row[place] for place in shown))
        if cells:
            self.console.print(table)

    def facts(self, facts: Mapping[str, object]) -> None:
        """Write names and values below each other, without those that are empty."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in facts.items():
            if value not in (None, "", [], {}):
                grid.add_row(name, _cell(value))
        self.console.print(grid)

    def error(self, error: RegistryError) -> None:
        """Write what was refused and what to do next; a hint of several lines stands below its word."""
        self.text(f"error: {printable(error.message, LONGEST_LINE)}")
        if error.hint:
            first, *rest = as_commands(error.hint).splitlines()
            self.text(f"hint: {printable(first, LONGEST_LINE)}")
            for line in rest:
                self.text(f"  {printable(line)}" if line else "")


def words(values: Iterable[Any]) -> str:
    """Give values as one text, parted by commas."""
    return ", ".join(str(value) for value in values)


def _joined(parts: Sequence[object], style: str) -> Text:
    shown = [str(part) for part in parts if part not in ("", None)]
    return Text(" ", style=style).join(_look(text, LONGEST_LINE) for text in shown)


def _look(text: str, limit: int = LONGEST) -> Text:
    """Give a text fit to be shown; a word of `STYLES` has its look and no underscore."""
    shown = printable(text, limit)
    return Text(shown.replace("_", " "), STYLES[text]) if text in STYLES else Text(shown)


def _cell(value: object) -> Text:
    return _look(words(value) if isinstance(value, (list, tuple)) else "" if value is None else str(value))


def _marked(text: str) -> Text:
    pieces = printable(text).split("**")
    return Text("").join(Text(piece, "bold" if place % 2 else "") for place, piece in enumerate(pieces))


def _width(column: Column, cells: Sequence[Text]) -> int:
    """Give the width a column needs to be read well, 0 for one that is empty."""
    if not any(cell.plain for cell in cells):
        return 0
    if column.whole:
        return max(len(column.title), *(cell.cell_len for cell in cells))
    longest = max(len(word) for cell in cells for word in cell.plain.split() or [""])
    return max(LEAST_WIDTH, min(longest, LONGEST_WORD))


def _fitting(columns: Sequence[Column], widths: Mapping[int, int], room: int) -> dict[int, int]:
    """Give the widths of the columns to show: the optional ones, last first, are left out while there is no room."""
    shown = dict(widths)
    for place in reversed(widths):
        if columns[place].optional and _total(shown) > room:
            del shown[place]
    return shown


def _total(widths: Mapping[int, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)
