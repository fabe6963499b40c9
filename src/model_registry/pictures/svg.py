"""SVG as text: elements, and the frame around a picture. What strangers wrote ends in text or in quotes, escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from model_registry.domain.printable import printable
from model_registry.pictures.style import file_style

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})

Attributes = Mapping[str, object]

LONGEST_TOLD = 600
"""Characters of what is told on hover."""

LONGEST_KEY = 120
"""Characters of a name in an attribute."""


def escape(text: object, limit: int = LONGEST_TOLD) -> str:
    """Give a text as it may stand in an element or between quotes: one line, printable, of bounded length."""
    return printable(text, limit).translate(_ESCAPED)


def told(*lines: str) -> str:
    """Give the element that is shown on hover and read out: one line for each text that is not empty."""
    written = "\n".join(escape(line) for line in lines if line)
    return f"<title>{written}</title>"


def element(name: str, attributes: Attributes, *children: str) -> str:
    """Give an element; `children` are elements, or texts that are escaped already. Attributes of None are left out."""
    written = "".join(f' {key}="{_value(value)}"' for key, value in attributes.items() if value is not None)
    inside = "".join(children)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def text(words: object, x: float, y: float, kind: str | None = None, anchor: str | None = None) -> str:
    """Give a text whose baseline starts at a point (or ends or is centred there, by `anchor`)."""
    return element("text", {"class": kind, "x": x, "y": y, "text-anchor": anchor}, escape(words))


def group(kind: str | None, children: Iterable[str], **attributes: object) -> str:
    """Give a group of elements; an underscore in an attribute stands for its hyphen."""
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    return element("g", {"class": kind} | named, *children)


def number(value: float) -> str:
    """Give a coordinate, to a tenth of a pixel."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Frame:
    """What a picture is called, what it tells in words, and its size in pixels.

    `parts` names the rules of the style it needs as a file. A picture with parts that take the keyboard's focus is a
    group to a screen reader, any other one an image.
    """

    title: str
    description: str
    width: float
    height: float
    parts: tuple[str, ...]
    kind: str = ""
    focusable: bool = False


def framed(frame: Frame, body: Iterable[str], *, standalone: bool) -> str:
    """Give a whole picture; as a file of its own (`standalone`) it brings its style and its background."""
    inside = "".join(body)
    name, about = escape(frame.title), escape(frame.description)
    digest = sha256(f"{name}\n{about}\n{inside}".encode()).hexdigest()[:12]
    size = {"width": frame.width, "height": frame.height}
    paper = element("rect", {"class": "paper", **size}) if standalone else ""
    attributes: Attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": f"picture {frame.kind}".strip(),
        "viewBox": f"0 0 {number(frame.width)} {number(frame.height)}",
        **size,
        "role": "group" if frame.focusable else "img",
        "aria-labelledby": f"t{digest}",
        "aria-describedby": f"d{digest}",
    }
    return element(
        "svg",
        attributes,
        element("title", {"id": f"t{digest}"}, name),
        element("desc", {"id": f"d{digest}"}, about),
        element("style", {}, file_style(frame.parts)) if standalone else "",
        paper,
        inside,
    )


def name_key(name: str) -> str:
    """Give a name as it stands in `data-` attributes, where a space parts one name from the next."""
    return printable(name, LONGEST_KEY).replace(" ", "_")


def _value(value: object) -> str:
    if isinstance(value, int | float):
        return number(value)
    written = str(value)
    plain = written.isascii() and written.isprintable()
    return (written if plain else printable(written, len(written))).translate(_ESCAPED)
