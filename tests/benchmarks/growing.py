"""How figures may grow with the number of models: the power asked of each operation, and why some ask for more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.measuring import Figure, exponent, growth

FLAT, SEARCH, WHOLE = 0.0, 0.6, 1.0
"""Reads, single writes and pages are flat; searches grow, but less than the models; the whole grows as they do."""

TOLERANCE: Mapping[float, float] = {FLAT: 0.15, SEARCH: 0.0, WHOLE: 0.15}
"""What is still about as much, for medians of a shared machine differ; searches are given the most they may take."""


@dataclass(frozen=True, slots=True)
class Growth:
    """With which power of the number of models an operation may grow; `why` tells what it does that is not obvious."""

    operation: str
    power: float
    why: str = ""

    @property
    def most(self) -> float:
        """Give the power that is still enough."""
        return self.power + TOLERANCE[self.power]


@dataclass(frozen=True, slots=True)
class Departure:
    """An operation, the power asked of it and found, whether that is enough, and why it is not or is asked so much."""

    operation: str
    asked: float
    found: float
    met: bool
    why: str


EXPECTED: Sequence[Growth] = (
    Growth(
        "get a model", FLAT, "the first read of a model reads its line of the checkpoint, and what is kept of its text"
    ),
    Growth("get a model, read before", FLAT),
    Growth("get a model beside a writer", FLAT),
    Growth("list, first page", FLAT, "the total is counted in an array with a place for each model"),
    Growth("list, page in the middle", FLAT, "the total is counted in an array with a place for each model"),
    Growth("compare two versions", FLAT),
    Growth("audit trail, first page", FLAT),
    Growth("audit trail of a model", FLAT),
    Growth("info as of the same moment", FLAT),
    Growth("register a new model", FLAT, "it is compared with all models in use, to tell of near copies"),
    Growth("register 64 models at once", FLAT, "the batch is decided on a copy of the tables of all models"),
    Growth("create_model_version", FLAT),
    Growth("update_model_metadata", FLAT),
    Growth("a call over stdio: get_model_info", FLAT),
    Growth("a call over stdio: list_models", FLAT),
    Growth("get_model_info over HTTP, 1 client", FLAT),
    Growth("get_model_info over HTTP, 8 clients", FLAT),
    Growth("list by a filter, first page", SEARCH, "every model that passes the filter is counted"),
    Growth("search: one word", SEARCH, "every hit is scored and counted, and hits grow as the models"),
    Growth("search: all words", SEARCH, "every hit is scored and counted, and hits grow as the models"),
    Growth("search: any word", SEARCH, "every hit is scored and counted, and hits grow as the models"),
    Growth("search: a phrase", SEARCH, "the places of its words are read in every model that has them"),
    Growth("search: a prefix", SEARCH, "every hit of every word that begins so is scored and counted"),
    Growth("search: misspelt", SEARCH, "words spelled nearly so are looked for among all that begin alike"),
    Growth("search: structure", SEARCH, "every model that passes the conditions is counted"),
    Growth("search: facets", SEARCH, "every model that passes the conditions is counted"),
    Growth("search: all of the five", SEARCH, "every hit is scored and counted, and hits grow as the models"),
    Growth("search: words", SEARCH, "every hit is scored and counted, and hits grow as the models"),
    Growth("search by name", SEARCH, "every hit is scored and counted, and hits grow as the models"),
    Growth("search by tag", SEARCH, "every model that has the tag is counted"),
    Growth("a call over stdio: search_models", SEARCH, "every hit is scored and counted, and hits grow as the models"),
    Growth("process, cold", WHOLE, "every file is read, registered and indexed"),
    Growth("process, unchanged", WHOLE, "every file is read and its digest compared"),
    Growth("process, 1 % changed", WHOLE, "every file is read and its digest compared"),
    Growth("start of a process to the first page", WHOLE, "the checkpoint is read, and where each model begins"),
    Growth("open, to the first page", WHOLE, "the checkpoint is read, and where each model begins"),
    Growth("first search of a process", WHOLE, "the names of all models in the index are read"),
    Growth("list everything", WHOLE, "every model is told, and beyond 16,000 versions unpacked for it"),
    Growth("statistics", WHOLE, "every model is counted"),
    Growth("statistics as of a moment", WHOLE, "every model is counted, as the log up to the moment has it"),
    Growth("info as of a moment", WHOLE, "the log is read up to the moment"),
    Growth("validate_registry", WHOLE, "everything is read and checked"),
    Growth("update_indexes", WHOLE, "every model is indexed anew"),
)


def departures(measured: Sequence[Figure]) -> Iterator[Departure]:
    """Hold the growth of each operation against what is asked of it, where it was measured at two sizes or more."""
    seen = growth(measured)
    for each in EXPECTED:
        if each.operation in seen:
            found = exponent(seen[each.operation])
            yield Departure(each.operation, each.power, found, found <= each.most, each.why)
