"""Reading pictures back: elements by class, and the points that a path runs through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"

Point = tuple[float, float]

_COMMAND = re.compile(r"([MLC])([^MLCz]*)")
_PIECES = 24


def read(picture: str) -> ET.Element:
    """Give a picture's root; a picture that is no XML fails here."""
    return ET.fromstring(picture)


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    """Give the elements of a class, in the order drawn."""
    return [element for element in root.iter() if name in element.get("class", "").split()]


def told(element: ET.Element) -> str:
    """Give what an element tells on hover."""
    title = element.find(f"{SVG}title")
    return "" if title is None else title.text or ""


def texts(root: ET.Element) -> list[str]:
    """Give the texts of a picture, in the order drawn."""
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def paths(edge: ET.Element) -> Iterator[list[Point]]:
    """Give the lines of an edge as the points they run through; arrow heads are no lines."""
    for path in edge.findall(f"{SVG}path"):
        if "class" not in path.attrib:
            yield list(points(path.attrib["d"]))


def points(path: str) -> Iterator[Point]:
    """Give points along a path of straight parts and cubic curves, close to each other."""
    here: Point = (0.0, 0.0)
    for command, written in _COMMAND.findall(path):
        numbers = [float(number) for number in written.split()]
        corners = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command == "M":
            here = corners[0]
            yield here
            continue
        bends = [here, *corners] if command == "C" else [here, here, corners[0], corners[0]]
        yield from (_on_curve(bends, piece / _PIECES) for piece in range(1, _PIECES + 1))
        here = corners[-1]


def _on_curve(bends: list[Point], share: float) -> Point:
    """Give the point of a Bézier curve, by de Casteljau's construction."""
    while len(bends) > 1:
        bends = [(x + (far_x - x) * share, y + (far_y - y) * share) for (x, y), (far_x, far_y) in pairwise(bends)]
    return bends[0]
