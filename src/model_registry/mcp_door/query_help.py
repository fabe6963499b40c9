"""How to ask for models, as a page to read: what can be asked for is taken from the tables that answer it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from model_registry.domain.anatomy import PATTERNS
from model_registry.domain.answers import FACETS
from model_registry.domain.columns import NUMBERS
from model_registry.domain.conditions import ANY, FACTS
from model_registry.domain.filters import FILTERS, KEYS
from model_registry.domain.lifecycle import State
from model_registry.domain.query_parser import FIELDS, LONGEST_QUERY, MOST_TERMS
from model_registry.gnn.kinds import KINDS

Example = tuple[str, str]
"""A query, and what it finds."""

WORDS: tuple[Example, ...] = (
    ("coin judge", "both words, in any form (`judges`, `judged`); where no model has both, either, and `relaxed`"),
    ('"coin judge"', "the words one after the other"),
    ("prob*", "any word that begins so"),
    ("likelyhood~", "the word, or one spelled nearly so"),
    ("*", "every model; so does an empty query"),
    ("coin AND judge", "both"),
    ("coin OR dice", "either"),
    ("coin NOT bent", "the first without the second; `coin -bent` is the same"),
    ("(coin OR dice) toss", "parentheses group; operators are capitals"),
)

FIELD_EXAMPLES: Mapping[str, Example] = {
    "name": ("name:judge", "in the name"),
    "description": ("description:toss", "in the description"),
    "tag": ("tag:toy", "in a tag"),
    "author": ('author:"ada example"', "in the author"),
    "variable": ("variable:A", "a variable of this name"),
    "ontology": ("ontology:HiddenState", "an ontology term"),
    "comment": ("comment:prior", "in what the text says beside its variables and parameters"),
    "equation": ("equation:softmax", "in the equations"),
    "inside": ("inside:prior", "anywhere within the model, also its kinds and your own metadata keys"),
    "source": ('source:"fair coin"', "in the whole text, spelled so; slower, for the texts are read for it"),
}
"""Field -> how to look there alone."""

FACT_EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "kind": (("kind:pomdp", "of this kind"),),
    "state": (
        ("state:archived", "in this state of its life; without it archived and deleted models are left out"),
        (f"state:{ANY}", "in whatever state"),
    ),
    "time": (("time:dynamic", "its time: static or dynamic, discrete or continuous"),),
    "version": (("version:^1.2", "whose current version lies in the range"), ("version>=2", "likewise")),
    "updated": (("updated>2026-01-01", "changed after that day; a year or a month will do"),),
    "created": (("created<2026-06", "first registered before that month"),),
    "has": (
        ("has:B", "with this variable"),
        ("has:B[3,3,2]", "of these dims; axes of length 1 do not count"),
        ("has:*[3,*]", "`*` is any name or any size"),
    ),
    "edge": (("edge:s>o", "with this directed edge"), ("edge:s-o", "joined, in whatever direction")),
    "param": (
        ("param:A", "that gives numbers for it"),
        ("param:A~uniform", f"whose numbers are so: {', '.join(PATTERNS)}"),
    ),
}
"""Fact -> how to ask for it."""

NUMBER_EXAMPLES: tuple[Example, ...] = (
    ("states>4", "more than four states in the largest factor"),
    ("factors=2", "`>` `>=` `<` `<=` `=` and `:` compare"),
    ("errors=0 observations>=3", "facts and words stand together: all of them hold"),
    ("performance.accuracy>=0.8", "a metric measured on the current version"),
    ("performance>=0.8", "the metric `score`"),
)

FILTER_EXAMPLES: Mapping[str, tuple[Any, str]] = {
    "tags": (["toy"], "all of these tags"),
    "author": ("Ada Example", "this author"),
    "state": (["active", "archived"], "one of these states"),
    "kinds": (["pomdp"], "all of these kinds"),
    "ontology": (["HiddenState"], "all of these ontology terms"),
    "min_performance": (0.8, "at least this score"),
    "performance": ({"accuracy": 0.8}, "at least this much of each metric"),
    "updated_after": ("2026-01-31", "changed on that day or later"),
    "updated_before": ("2026-02-01T12:00:00Z", "changed before"),
    "created_after": ("2026-01-31", "first registered on that day or later"),
    "created_before": ("2026-02", "first registered before"),
    "metadata": ({"project": "coins"}, "these values of your own metadata keys"),
}
"""Filter -> a value, and what it asks for."""


def query_help() -> str:
    """Give the help on queries and filters, in Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Asking for models"
    yield "\n`search_models` takes a query, `search_models` and `list_models` take filters; all that is said must hold."
    yield "\n## Words\n"
    yield from _table("Query", "Finds", WORDS)
    yield "\n## In one field\n"
    yield from _table("Query", "Finds the words", (FIELD_EXAMPLES[field] for field in FIELDS))
    yield "\n## Facts\n"
    yield from _table("Query", "Finds models", (example for fact in FACTS for example in FACT_EXAMPLES[fact]))
    yield "\n## Numbers\n"
    yield from _table("Query", "Finds models with", NUMBER_EXAMPLES)
    yield f"\nNumbers there are: {', '.join(NUMBERS)}, performance.METRIC."
    yield "\n## Kinds\n"
    yield from _table("Kind", "Means", ((kind, meaning) for kind, meaning, _ in KINDS))
    yield f"\n## States\n\n{', '.join(state.value for state in State)}; `{ANY}` stands for all of them."
    yield "\n## Filters\n"
    rows = ((json.dumps({key: FILTER_EXAMPLES[key][0]}), FILTER_EXAMPLES[key][1]) for key in FILTERS)
    yield from _table("Filter", "Keeps models with", rows)
    yield '\nFacts are filters too, such as `{"states": ">4"}`, `{"has": ["A", "B[3,3,2]"]}`, `{"factors": 2}`: '
    yield f"{', '.join(key for key in KEYS if key not in FILTERS)}."
    yield "\n## What comes back"
    yield f"\nHits, best first; `facets` count the values of {', '.join(FACETS)} over all hits: refine by them."
    yield "`matched` names the fields that have the words; `suggestions` are queries with a spelling that is known."
    yield f"A query has at most {LONGEST_QUERY:,} characters and {MOST_TERMS} words."


def _table(left: str, right: str, rows: Iterable[Example]) -> Iterator[str]:
    yield f"| {left} | {right} |"
    yield "|---|---|"
    yield from (f"| `{code}` | {meaning} |" for code, meaning in rows)
