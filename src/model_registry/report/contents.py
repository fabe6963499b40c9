"""What a report shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from model_registry.domain.run import ProcessReport
from model_registry.domain.source import Reading

FOLDER = "model_registry"
"""The folder below the output directory that holds the reports."""

View = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Members:
    """The members of a JSON object, made one by one as they are written."""

    rows: Iterable[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Card:
    """A model shown from the inside: the text of this digest, read; no reading where it is gone."""

    model_id: str
    reading: Reading | None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A registry at one moment, and the run that has just ended: `models` by id, `cards` for the first of them."""

    models: tuple[View, ...]
    cards: tuple[Card, ...]
    statistics: View
    run: ProcessReport
