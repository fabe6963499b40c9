"""What is said of a model in a few words, by which models are compared."""

from __future__ import annotations

import re

from model_registry.domain.metadata import Metadata
from model_registry.domain.words import stem

LONGEST = 500
"""How many characters of the first sentence of a description are read."""

_SENTENCE_END = re.compile(r"[.!?]\s")
_WORD = re.compile(r"[^\W_]{3,}")
_COMMON = frozenset({"and", "for", "from", "model", "the", "with", "agent", "that", "this", "its", "are", "one", "two"})


def gist(metadata: Metadata) -> dict[str, str]:
    """Give the words that tell one model from another (of its name, first sentence and tags) by their stems."""
    said = " ".join((metadata.name, _SENTENCE_END.split(metadata.description, maxsplit=1)[0][:LONGEST], *metadata.tags))
    words = reversed(_WORD.findall(said.casefold()))
    return {root: word for word in words if (root := stem(word)) not in _COMMON}
