"""The address of every page: each view of the registry has one that lasts, and no template writes one by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

Asked = Mapping[str, str | Iterable[str]]
"""What a query string says: parameter -> value, or values."""


def catalogue(**asked: str | Iterable[str]) -> str:
    """Give the address of a list of models."""
    return _with("/", asked)


def model(reference: str) -> str:
    """Give the address of a model, at its current version."""
    return f"/models/{_segment(reference)}"


def version(model_id: str, number: str) -> str:
    """Give the address of a version of a model."""
    return f"{model(model_id)}/versions/{_segment(number)}"


def versions(model_id: str, **asked: str) -> str:
    """Give the address of the history of a model."""
    return _with(f"{model(model_id)}/versions", asked)


def source(model_id: str, number: str, line: int = 0) -> str:
    """Give the address of the text of a version, or of a line of it."""
    return f"{version(model_id, number)}/source{f'#L{line}' if line else ''}"


def download(model_id: str, number: str) -> str:
    """Give the address of the text of a version as a file."""
    return f"{version(model_id, number)}/source.txt"


def comparison(model_id: str, first: str, second: str) -> str:
    """Give the address of a comparison of two versions."""
    return f"{choice(model_id)}/{_segment(first)}/{_segment(second)}"


def choice(model_id: str) -> str:
    """Give the address that a form with two versions is sent to."""
    return f"{model(model_id)}/compare"


def overview() -> str:
    """Give the address of the page about the registry itself."""
    return "/registry"


def changes(**asked: str) -> str:
    """Give the address of what happened, to all models or to one."""
    return _with("/changes", asked)


def _with(path: str, asked: Asked) -> str:
    given = {name: value for name, value in asked.items() if value}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def _segment(text: str) -> str:
    return quote(str(text), safe="@")


PAGES: Mapping[str, Any] = {
    each.__name__: each
    for each in (catalogue, model, version, versions, source, download, comparison, choice, overview, changes)
}
"""The functions above by name, as templates know them."""
