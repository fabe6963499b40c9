"""The files that pages need besides themselves: one stylesheet, scripts, one icon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

from model_registry.pictures import STYLE

MEDIA_TYPES: Mapping[str, str] = {
    "style.css": "text/css; charset=utf-8",
    "script.js": "text/javascript; charset=utf-8",
    "host.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Every file there is, and what it is."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file, and a short name of its content."""

    content: bytes
    mark: str


@lru_cache
def static_file(name: str) -> StaticFile:
    """Read a file; KeyError for a name that is not in the table. The stylesheet ends with that of the pictures."""
    MEDIA_TYPES[name]
    content = files("model_registry.web").joinpath("static", name).read_bytes()
    if name == "style.css":
        content += STYLE.encode()
    return StaticFile(content, sha256(content).hexdigest()[:12])


def address(name: str) -> str:
    """Give the address of a file; it changes with the content, so that a browser may keep the file for ever."""
    return f"/static/{name}?v={static_file(name).mark}"
