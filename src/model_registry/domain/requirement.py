"""One requirement of a model: `other-model@^1.2`, or of the outside, `pypi:numpy>=1.20`.

A requirement with a scheme is foreign: kept and shown, never resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from model_registry.domain.identity import ALIAS, MODEL_ID
from model_registry.domain.version import parse_range
from model_registry.errors import VersionError

FOREIGN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S.*")
LONGEST = 300
"""How many characters a requirement may have."""

HINT = "Write other-model, other-model@^1.2, other-model@production, or pypi:numpy>=1.20 for what is no model."


class Requirement(NamedTuple):
    """A model that is required, and which of its versions will do: a range, an alias, or "" for any."""

    model_id: str
    wanted: str = ""

    def __str__(self) -> str:
        return f"{self.model_id}@{self.wanted}" if self.wanted else self.model_id


def is_foreign(requirement: str) -> bool:
    """Tell whether a requirement names something that is no model of this registry."""
    return ":" in requirement


def required_models(dependencies: Iterable[str]) -> Iterator[Requirement]:
    """Give each requirement on a model."""
    for text in dependencies:
        if not is_foreign(text):
            model_id, _, wanted = text.partition("@")
            yield Requirement(model_id.strip(), wanted.strip())


def malformed(text: str) -> str | None:
    """Tell what is wrong with the text of a requirement; None when it can be read."""
    if len(text) > LONGEST:
        return "is too long"
    if is_foreign(text):
        return None if FOREIGN.fullmatch(text) else "names no thing behind its scheme"
    required = next(required_models([text]))
    if not MODEL_ID.fullmatch(required.model_id):
        return "does not begin with a model id"
    if "@" in text and not (ALIAS.fullmatch(required.wanted) or _is_range(required.wanted)):
        return "has no version range or alias behind its @"
    return None


def _is_range(text: str) -> bool:
    try:
        parse_range(text)
    except VersionError:
        return False
    return True
