"""What models have, column by column: the values that conditions ask for, facets count, and lists are sorted by."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from model_registry.domain.anatomy import Anatomy
from model_registry.domain.entries import Entries
from model_registry.domain.entry import Brief, ModelEntry
from model_registry.domain.gist import gist

Value = Any
"""A text, a number, or a tuple of them."""


class Subject:
    """A model that is asked about: its entry and its anatomy are looked up only for the columns that need them."""

    __slots__ = ("_anatomy", "_anatomy_of", "_entries", "_entry", "brief", "is_lost")

    def __init__(self, brief: Brief, entries: Entries, anatomy_of: Callable[[ModelEntry], Anatomy | None]) -> None:
        self.brief = brief
        self._entries = entries
        self._anatomy_of = anatomy_of
        self._entry: ModelEntry | None = None
        self._anatomy: Anatomy | None = None
        self.is_lost = False

    @property
    def entry(self) -> ModelEntry:
        """Give all that is on record of the model."""
        if self._entry is None:
            self._entry = self._entries.glance(self.brief.id)
        return self._entry

    def anatomy(self) -> Anatomy:
        """Give what the model is made of."""
        if self._anatomy is None:
            found = self._anatomy_of(self.entry)
            self.is_lost = found is None
            self._anatomy = found or Anatomy()
        return self._anatomy


Column = Callable[[Subject], Iterable[Value]]


COLUMNS_VERSION = 2
"""To be raised where a column of the table begins to tell otherwise of the same model: what was kept counts no more."""


def column(name: str) -> Column:
    """Give the column of a name; `performance.<metric>` and `metadata.<key>` are columns too."""
    family, dot, member = name.partition(".")
    return FAMILIES[family](member) if dot else COLUMNS[name]


def squeezed(dims: Iterable[object]) -> tuple[str, ...]:
    """Give dims as they are compared: as texts, without axes of length 1."""
    return tuple(size for each in dims if (size := str(each).strip()) not in ("1", ""))


def _size(name: str) -> Column:
    return lambda subject: (subject.anatomy().sizes.get(name, 0),)


def _count(name: str) -> Column:
    return lambda subject: (subject.entry.current_version.counts.get(name, 0),)


def _findings(severity: str) -> Column:
    return lambda subject: (subject.entry.current_version.findings.get(severity, 0),)


NUMBERS: Mapping[str, Column] = {
    "states": _size("states"),
    "observations": _size("observations"),
    "actions": _size("actions"),
    "factors": _size("factors"),
    "modalities": _size("modalities"),
    "variables": _count("variables"),
    "connections": _count("connections"),
    "parameters": _count("parameters"),
    "versions": lambda subject: (len(subject.entry.versions),),
    "errors": _findings("error"),
    "warnings": _findings("warning"),
    "bytes": lambda subject: (subject.entry.current_version.size,),
}
"""Columns of one number; states, observations and actions are those of the largest factor or modality."""


def _shapes(subject: Subject) -> Iterable[Value]:
    return ((name, squeezed(dims)) for name, dims in subject.anatomy().shapes.items())


def _author(subject: Subject) -> Iterable[Value]:
    return (subject.entry.metadata.author,) if subject.entry.metadata.author else ()


COLUMNS: Mapping[str, Column] = {
    **NUMBERS,
    "kinds": lambda subject: subject.entry.current_version.kinds,
    "tags": lambda subject: subject.entry.metadata.tags,
    "author": _author,
    "state": lambda subject: (subject.brief.state.value,),
    "version": lambda subject: (subject.entry.current,),
    "created": lambda subject: (subject.entry.created_at,),
    "updated": lambda subject: (subject.entry.updated_at,),
    "ontology": lambda subject: subject.anatomy().terms,
    "time": lambda subject: subject.anatomy().time,
    "shapes": _shapes,
    "edges": lambda subject: subject.anatomy().edges,
    "values": lambda subject: subject.anatomy().values.items(),
    "traits": lambda subject: sorted(subject.anatomy().traits),
    "gist": lambda subject: sorted(gist(subject.entry.metadata)),
}
"""Name -> the values a model has."""


BESIDE = (
    frozenset({"kinds", "tags", "author"}),
    frozenset({"states", "observations", "actions", "ontology", "time"}),
)
"""Columns that are often asked for, have few different values and are told by the same part of a model: who looks into
it for one of them reads all."""


OFTEN = frozenset({"traits", "gist", "state"}).union(*BESIDE)
"""Columns that a registration, a list with facets or a search by facts asks for first."""


def beside(names: Iterable[str]) -> frozenset[str]:
    """Give the columns that are read with some."""
    wanted = frozenset(names)
    return wanted.union(*(group for group in BESIDE if group & wanted))


def _performance(metric: str) -> Column:
    def values(subject: Subject) -> Iterable[Value]:
        measured = subject.entry.current_version.performance
        return (measured[metric]["value"],) if metric in measured else ()

    return values


def _metadata(key: str) -> Column:
    def values(subject: Subject) -> Iterable[Value]:
        extra = subject.entry.metadata.extra
        return (as_value(extra[key]),) if key in extra else ()

    return values


def as_value(given: Any) -> str:
    """Give a value of extra metadata as it is compared."""
    return json.dumps(given, sort_keys=True, ensure_ascii=False, default=str)


FAMILIES: Mapping[str, Callable[[str], Column]] = {"performance": _performance, "metadata": _metadata}
"""Name of a family of columns -> function of the member that gives its column."""

SCORED = "performance.score"
"""The column of the score, which is what performance means where no metric is named."""
