"""A page as a test reads it: its elements with their attributes, its text, and what could do harm in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

APART = {"td", "th", "dt", "dd", "li", "p", "h1", "h2", "h3", "div"}
"""Elements whose text is read apart from what follows."""

VOID = {"meta", "link", "input", "br", "hr", "img", "source"}
RUNNING = {"iframe", "object", "embed", "foreignobject", "image", "img", "use", "style", "base", "animate", "set"}
LEADING = {"href", "src", "action", "formaction", "xlink:href"}
HIDDEN = {"Cc", "Cf", "Co", "Cs"}


@dataclass
class Element:
    """An element, and the text that stands in it at any depth."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Reads a page; `faults` names every element that was not closed where it should be."""

    html: str
    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)
        self.close()
        self.faults += [f"<{each.tag}> is not closed" for each in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that closes itself."""
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if not self._open or self._open[-1].tag != tag:
            self.faults.append(f"</{tag}> closes {self._open[-1].tag if self._open else 'nothing'}")
        else:
            self._open.pop()
        if tag in APART:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        """Give a text to every element it stands in."""
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Give the elements of a tag that have these attributes; `class_` is one of the classes."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [each for each in self.elements if each.tag == tag and all(_has(each, *pair) for pair in wanted.items())]

    def one(self, tag: str, **attributes: str) -> Element:
        """Give the only such element."""
        (found,) = self.all(tag, **attributes)
        return found

    @property
    def text(self) -> str:
        """Give what can be read, with single spaces."""
        return " ".join(self.one("body").text.split())

    @property
    def links(self) -> dict[str, str]:
        """Give the links by what they say."""
        return {" ".join(each.text.split()): each.attributes["href"] for each in self.all("a")}


def harm(page: Page) -> Iterator[str]:
    """Name everything in a page that may run, be fetched or lead away, and every character that does not show."""
    for element in page.elements:
        for name, value in element.attributes.items():
            if name.startswith("on") or name == "style":
                yield f"{element.tag} {name}={value}"
            if name in LEADING and not (value.startswith(("/", "#", "?")) and not value.startswith("//")):
                yield f"{element.tag} {name}={value}"
        if element.tag == "script" and not element.attributes.get("src", "").startswith("/static/script.js"):
            yield "a script"
        if element.tag in RUNNING:
            yield element.tag
    hidden = (each for each in set(page.html) - {"\n", "\t"} if unicodedata.category(each) in HIDDEN)
    yield from (f"character {ord(each):04x}" for each in hidden)
    yield from page.faults


Read = Callable[..., Page]
"""Gives the page at an address, and holds it to a status."""


def _has(element: Element, name: str, value: str) -> bool:
    found = element.attributes.get(name, "")
    return value in found.split() if name == "class" else found == value
