"""Literal values: `{(0.9, 0.1), (0.1, 0.9)}` and its relatives become arrays, everything else stays text.

Nothing is ever evaluated. The scanner cuts at brackets and keeps its own stack, so that depth costs no recursion and
a tensor costs one `float` a cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from model_registry.gnn.model import Tensor

MAX_DEPTH = 16
"""Values with more nested brackets stay text."""

_BRACKET_OR_ROW_END = re.compile(r"([(){}\[\];])")
_CLOSERS = {")": "(", "}": "{", "]": "["}
_PLAIN = re.compile(r"[0-9eE.+\-,\s]*")
_SPACED = re.compile(r"[0-9.]\s+[-+.0-9]")
_SPACE = re.compile(r"\s*,\s*|\s+(?![-+])")
_FRACTION = re.compile(r"\s*[+-]?[0-9.]+\s*/\s*[0-9.]+\s*")
_INFINITE = re.compile(r"[+-]?(?:inf|infinity|∞)", re.IGNORECASE)


class Fault(Enum):
    """Why a text that looks like an array is none."""

    NOT_NUMERIC = "not numeric"
    ELIDED = "elided"
    RAGGED = "ragged"
    UNBALANCED = "unbalanced"
    TOO_DEEP = "too deep"
    UNSEPARATED = "without commas"
    FRACTION = "a fraction"


class _NotAnArrayError(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(slots=True)
class _Level:
    """An open bracket: how many children it has, of which shape; `row` counts those since the last semicolon."""

    opener: str
    count: int = 0
    child: tuple[int, ...] | None = None
    row: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, count: int, child: tuple[int, ...]) -> None:
        if self.child is not None and self.child != child:
            raise _NotAnArrayError(Fault.RAGGED)
        self.child = child
        self.count += count
        self.row += count

    def end_row(self) -> None:
        if self.row:
            self.rows.append(self.row)
        self.row = 0

    def shape(self) -> tuple[int, ...]:
        """Give the shape of what the bracket holds; semicolons part rows of scalars, and only separate groups."""
        child = self.child or ()
        if not self.rows or child != ():
            return (self.count, *child)
        self.end_row()
        if len(set(self.rows)) > 1:
            raise _NotAnArrayError(Fault.RAGGED)
        return (len(self.rows), self.rows[0])


def read_array(text: str) -> Tensor | Fault:
    """Give the array a literal spells, with one axis for each level of brackets, or why it is none.

    `{(a, b)}` has shape (1, 2), `(a)` shape (1,), `a` shape (), `a, b` shape (2,).
    """
    if "..." in text or "…" in text:
        return Fault.ELIDED
    try:
        cells, shape = _scan(text)
    except _NotAnArrayError as stopped:
        return stopped.fault
    return np.array(cells, dtype=np.float64).reshape(shape)


def _scan(text: str) -> tuple[list[float], tuple[int, ...]]:
    """Give the cells in the order written and the shape."""
    cells: list[float] = []
    top = _Level("")
    stack = [top]
    for piece in _BRACKET_OR_ROW_END.split(text):
        if piece in {"(", "{", "["}:
            _refuse_depth(len(stack))
            stack.append(_Level(piece))
        elif piece in _CLOSERS:
            closed = stack.pop()
            if closed.opener != _CLOSERS[piece]:
                raise _NotAnArrayError(Fault.UNBALANCED)
            stack[-1].add(1, closed.shape())
        elif piece == ";":
            stack[-1].end_row()
        else:
            numbers = _numbers(piece)
            if numbers:
                cells += numbers
                stack[-1].add(len(numbers), ())
    if len(stack) > 1:
        raise _NotAnArrayError(Fault.UNBALANCED)
    if not cells:
        raise _NotAnArrayError(Fault.ELIDED)
    return cells, _outer_shape(top, text)


def _refuse_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _NotAnArrayError(Fault.TOO_DEEP)


def _outer_shape(top: _Level, text: str) -> tuple[int, ...]:
    """Give the shape of the whole: one bare value adds no axis, several do."""
    child = top.child or ()
    several = top.count > 1 or top.rows or (child == () and text.rstrip().endswith(","))
    return top.shape() if several else child


def _numbers(piece: str) -> list[float]:
    """Give the numbers between two brackets; commas may lead or trail, not follow each other; spaces may part too."""
    body = piece.strip()
    if not body or body == ",":
        return []
    parts = body.removeprefix(",").removesuffix(",").split(",")
    try:
        return list(map(float, parts)) if _PLAIN.fullmatch(body) else [_number(part.strip()) for part in parts]
    except ValueError:
        return _numbers_apart(body, parts)


def _numbers_apart(body: str, parts: Sequence[str]) -> list[float]:
    """Give the numbers that only spaces part; with a sign among them, they may as well be an expression."""
    if _PLAIN.fullmatch(body) and _SPACED.search(body):
        try:
            return list(map(float, _SPACE.split(body.strip(" \t\n,"))))
        except ValueError:
            raise _NotAnArrayError(Fault.UNSEPARATED) from None
    fractions = any(map(_FRACTION.fullmatch, parts))
    raise _NotAnArrayError(Fault.FRACTION if fractions else Fault.NOT_NUMERIC) from None


def _number(part: str) -> float:
    if _INFINITE.fullmatch(part):
        return -math.inf if part.startswith("-") else math.inf
    if not _PLAIN.fullmatch(part):
        raise ValueError(part)
    return float(part)


def fitted(shape: tuple[int, ...], declared: tuple[int, ...] | None = None, rank: int = 1) -> tuple[int, ...]:
    """Give a value's shape fitted to a declaration by dropping or adding axes of length 1.

    The declared shape itself where both differ only in such axes; else the value's, without the leading axes of
    length 1 that exceed the declared `rank`.
    """
    if declared is not None and _squeezed(shape) == _squeezed(declared):
        return declared
    while len(shape) > max(1, rank) and shape[0] == 1:
        shape = shape[1:]
    return shape


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)


def read_setting(text: str) -> bool | int | float | str | list[bool | int | float | str]:
    """Give the value of a setting: a truth value, a number, a flat list of these, else its text."""
    text = text.strip()
    if text[:1] in {"[", "("} and text[-1:] in {"]", ")"} and not re.search(r"[\[\](){}]", text[1:-1]):
        return [_scalar(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    return _scalar(text)


_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_FLOAT = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]{1,4})?")
_TRUTH = {"true": True, "false": False}


def _scalar(text: str) -> bool | int | float | str:
    if text.casefold() in _TRUTH:
        return _TRUTH[text.casefold()]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
