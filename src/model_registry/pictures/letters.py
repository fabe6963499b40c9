"""How wide a text is, without asking a font: an upper bound for the fonts of the style, so that boxes hold it."""

from __future__ import annotations

import unicodedata

from model_registry.domain.printable import printable

NAME_SIZE, SMALL_SIZE, TEXT_SIZE = 13.0, 10.5, 12.0
"""Font sizes in pixels: names of variables, sizes and labels, everything else."""

_MONOSPACED = 0.605
_NARROW = frozenset("fijlrtI.,:;'|!()[]{}/ ")
_BROAD = frozenset("mwMW@%—…")


def shortened(text: str, limit: int) -> str:
    """Give a text as it is shown in a picture: printable, on one line, cut to a number of characters."""
    return printable(text, limit)


def name_width(text: str, size: float = NAME_SIZE) -> float:
    """Give the width of a text in the fixed-width font, in pixels."""
    return size * _MONOSPACED * sum(map(_columns, text))


def text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Give the width of a text in the proportional font, in pixels."""
    return size * sum(map(_share, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _share(character: str) -> float:
    columns = _columns(character)
    if columns != 1:
        return float(columns)
    if character in _NARROW:
        return 0.4
    return 1.0 if character in _BROAD else 0.7 if character.isupper() else 0.63
