"""What a caller gives, held against the kind of thing it must be: a notebook's text may be None, a number, a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_registry.errors import RegistryError

Refusal = type[RegistryError]
"""The error a caller is told, so that each operation raises only its own."""


def as_text(given: object, argument: str, refusal: Refusal) -> str:
    """Give a text as it is, and refuse what is none by the name of the argument."""
    if isinstance(given, str):
        return given
    raise _wrong(given, argument, "text", f"Give {argument} as a string.", refusal)


def as_mapping(given: object, argument: str, refusal: Refusal) -> Mapping[str, Any]:
    """Give a mapping as it is, None as an empty one; refuse anything else."""
    if given is None or isinstance(given, Mapping):
        return given or {}
    raise _wrong(given, argument, "a mapping", f"Give {argument} as a dict.", refusal)


def as_number(given: object, argument: str, refusal: Refusal) -> int:
    """Give a whole number as it is, and refuse anything else, True and False too."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    raise _wrong(given, argument, "a whole number", f"Give {argument} as an integer.", refusal)


def _wrong(given: object, argument: str, kind: str, hint: str, refusal: Refusal) -> RegistryError:
    message = f"{argument} must be {kind}, not {type(given).__name__}"
    return refusal(message, code="bad_argument", where=argument, hint=hint)
