"""What a search asks for: a small tree of our own, which every search engine takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everything:
    """Any model."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word in any form (`field` narrows it to one field of a document)."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words one after the other."""

    words: tuple[str, ...]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    """Any word that begins so."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A word or one spelled nearly so."""

    text: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the parts."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Whatever the part does not find."""

    part: Query


@dataclass(frozen=True, slots=True)
class Where:
    """A fact of the model: `states>4`, `has:B[3,3,2]` (see `domain.conditions`); search engines know nothing of it."""

    field: str
    relation: str
    value: str


Text = Word | Phrase | Prefix | Fuzzy
Query = Everything | Word | Phrase | Prefix | Fuzzy | And | Or | Not | Where

SOURCE = "source"
"""The field of the whole text as it was registered; it stands in no index, and is read when it is asked for."""
