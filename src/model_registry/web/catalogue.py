"""The catalogue: what was asked for, what was found, and every step that can be taken from there as an address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from starlette.datastructures import QueryParams
from starlette.requests import Request

from model_registry.domain.entry import ModelEntry
from model_registry.domain.filters import KEYS
from model_registry.domain.lifecycle import State
from model_registry.domain.query import And, Everything, Where
from model_registry.domain.query_parser import parse_query
from model_registry.domain.snippet import Passages
from model_registry.errors import ConfigError, SearchError, StorageError
from model_registry.registry import Registry
from model_registry.web import addresses
from model_registry.web.answering import Answer
from model_registry.web.rendering import render

PAGE = 25
"""Models on one page."""

OPEN = 8
"""Values of a facet that are shown before it is opened."""

LONGEST_WORD = 300
"""Characters of one value of a filter."""

FACETS: Mapping[str, str] = {
    "kinds": "Kind",
    "tags": "Tag",
    "author": "Author",
    "ontology": "Ontology term",
    "time": "Time",
}
"""Filter of the registry -> its heading; the names are parameters of the address as well."""

STATES: Mapping[str, str] = {
    "": "In use",
    State.ACTIVE.value: "Active",
    State.DEPRECATED.value: "Deprecated",
    State.ARCHIVED.value: "Archived",
    State.DELETED.value: "Deleted",
    "any": "All",
}
"""Which models are shown -> how that is called."""

ORDERS: Mapping[str, str] = {
    "": "Most used",
    "name": "Name",
    "updated": "Last changed",
    "created": "Newest",
    "versions": "Most versions",
}
"""Order of the models -> how it is called. Where words are looked for, the best match comes first instead."""

View = dict[str, Any]

_BEGINNING = Passages(Everything())


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a list of models asks for."""

    query: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    state: str = ""
    sort: str = ""
    cursor: str = ""

    @classmethod
    def read(cls, given: QueryParams) -> Self:
        """Read the parameters of an address; those that mean nothing are left aside."""
        filters = {name: tuple(value[:LONGEST_WORD] for value in given.getlist(name) if value) for name in FACETS}
        return cls(
            given.get("q", ""),
            {name: values for name, values in filters.items() if values},
            given.get("state", "")[:LONGEST_WORD],
            given.get("sort", "")[:LONGEST_WORD],
            given.get("cursor", ""),
        )

    @property
    def address(self) -> str:
        """Give the address that asks for this."""
        return addresses.catalogue(q=self.query, **self.filters, state=self.state, sort=self.sort, cursor=self.cursor)

    def as_filters(self) -> dict[str, list[str]]:
        """Give the filters as the registry takes them."""
        chosen = {name: list(values) for name, values in self.filters.items()}
        return chosen | ({"state": [self.state]} if self.state else {})

    def as_filters_alone(self) -> dict[str, list[str]] | None:
        """Give all that is asked for as filters; None where words are, or a fact that filters do not know.

        Raises SearchError for a query that cannot be read.
        """
        asked, filters = parse_query(self.query), self.as_filters()
        parts = asked.parts if isinstance(asked, And) else () if isinstance(asked, Everything) else (asked,)
        for part in parts:
            if not isinstance(part, Where) or (part.field == "state" and self.state):
                return None
            name = "kinds" if part.field == "kind" else part.field
            if name not in KEYS:
                return None
            relation = "" if part.relation in ":=" else part.relation
            filters.setdefault(name, []).append(f"{relation}{part.value}")
        return filters

    def first(self) -> Self:
        """Give the same, from the first page on."""
        return replace(self, cursor="")

    def toggled(self, name: str, value: str) -> Self:
        """Give the same with one value of a facet more, or less where it is asked for already."""
        kept = tuple(each for each in self.filters.get(name, ()) if each != value)
        values = kept if value in self.filters.get(name, ()) else (*kept, value)
        return replace(self, filters={**self.filters, name: values}, cursor="")


@dataclass(frozen=True, slots=True)
class Choice:
    """One step that can be taken from a list: where it leads, and whether it is taken already."""

    label: str
    address: str
    count: int | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A model in a list, with the passage that the words stand in, or the beginning of what it says of itself."""

    entry: ModelEntry
    passage: str
    matched: tuple[str, ...] = ()


def catalogue_page(registry: Registry, request: Request) -> Answer:
    """Give the page of a list of models; what cannot be asked for is told where it was typed."""
    asked = Asked.read(request.query_params)
    try:
        found, fault = _found(registry, asked), None
    except (StorageError, ConfigError):
        raise
    except SearchError as error:
        found, fault = {"items": [], "total": 0, "next_cursor": None}, error
    values = {
        "asked": asked,
        "fault": _fault(asked, fault) if fault else None,
        "found": found,
        "hits": list(_hits(registry, found["items"])),
        "suggestions": [_suggestion(asked, text) for text in found.get("suggestions", ())],
        "following": replace(asked, cursor=found["next_cursor"]).address if found["next_cursor"] else "",
        "facets": {FACETS[name]: _choices(asked, name, found.get("facets", {})) for name in FACETS},
        "states": [
            Choice(label, replace(asked.first(), state=state).address, chosen=asked.state == state)
            for state, label in STATES.items()
        ],
        "orders": ORDERS,
        "open": OPEN,
        "is_empty": not fault and not registry.catalogue().entries,
        "place": registry.place,
    }
    return Answer(render("catalogue.html", values), 400 if fault else 200)


def _found(registry: Registry, asked: Asked) -> View:
    """Give the models asked for; `ranked` tells that words are looked for, so that the best match comes first."""
    filters = asked.as_filters_alone()
    if filters is None or not asked.sort:
        found = registry.search_models(asked.query, asked.as_filters(), limit=PAGE, cursor=asked.cursor)
        return found | {"ranked": filters is None}
    listed = registry.list_models(filters, sort=asked.sort, limit=PAGE, cursor=asked.cursor)
    return listed | {"facets": registry.facets(filters), "ranked": False}


def _hits(registry: Registry, rows: list[View]) -> Iterator[Hit]:
    entries = registry.catalogue().entries
    for row in rows:
        entry = entries[row["id"]]
        passage = row["snippet"] if "snippet" in row else _BEGINNING.snippet(entry.metadata.description).text
        yield Hit(entry, passage, tuple(row.get("matched", ())))


def _choices(asked: Asked, name: str, facets: Mapping[str, Mapping[str, int]]) -> list[Choice]:
    """Give the values of a facet: those asked for, then the others, the commonest first."""
    chosen, counts = asked.filters.get(name, ()), facets.get(name, {})
    others = [value for value in counts if value not in chosen]
    return [
        Choice(value, asked.toggled(name, value).address, counts.get(value), value in chosen)
        for value in (*chosen, *others)
    ]


def _suggestion(asked: Asked, query: str) -> Choice:
    return Choice(query, replace(asked.first(), query=query).address)


def _fault(asked: Asked, error: SearchError) -> View:
    """Give what is wrong with what was asked: for a query, with what stands before the place and behind it."""
    at = error.facts.get("position")
    shown = {"before": asked.query[:at], "behind": asked.query[at:]} if at is not None else None
    return {
        "message": error.message,
        "hint": error.hint,
        "query": shown,
        "again": ""
        if shown
        else asked.first().address
        if error.code == "bad_cursor"
        else addresses.catalogue(q=asked.query),
    }
