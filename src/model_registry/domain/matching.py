"""Which models a query means: what a search engine finds, joined with what only the facts or the texts can tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from model_registry.domain.found import Found, Mask, all_of, any_of, unscored, within
from model_registry.domain.query import SOURCE, And, Everything, Not, Or, Query, Text, Where

Leaf = Everything | Text | Where


class Senses(NamedTuple):
    """The ways to find out: the engine for words, the values on record for facts, the whole texts.

    Texts are read only of the models that a mask leaves.
    """

    words: Callable[[Query], Found]
    fact: Callable[[Where], Mask]
    source: Callable[[Text, Mask], Mask]


def find(query: Query, among: Mask, senses: Senses) -> Found:
    """Give the models among these that a query means, each with its score (0 where only facts were asked for)."""
    if _is_words(query):
        return within(senses.words(query), among)
    match query:
        case Everything():
            return unscored(among)
        case And(parts):
            return _all(parts, among, senses)
        case Or(parts):
            return any_of((find(part, among, senses) for part in parts), len(among))
        case Not(part):
            return unscored(among & ~find(part, among, senses).mask)
        case Where():
            return unscored(among & senses.fact(query))
        case _:
            return unscored(among & senses.source(query, among))


def facts(query: Query) -> Iterator[Where]:
    """Give the facts that a query asks about, also those it excludes."""
    return (leaf for leaf in _leaves(query) if isinstance(leaf, Where))


def _all(parts: tuple[Query, ...], among: Mask, senses: Senses) -> Found:
    """Join the parts, what is cheap to find out first: each one is asked only of the models that are left."""
    words = tuple(part for part in parts if _is_words(part))
    others = (part for part in parts if not _is_words(part))
    found = find(And(words), among, senses) if words else unscored(among)
    for part in sorted(others, key=_reads_texts):
        found = all_of((found, find(part, found.mask, senses)))
    return found


def _is_words(query: Query) -> bool:
    """Tell whether an engine can answer a query alone."""
    return all(not isinstance(leaf, Where | Everything) and leaf.field != SOURCE for leaf in _leaves(query))


def _reads_texts(query: Query) -> bool:
    """Tell whether texts must be read to answer a query."""
    return any(isinstance(leaf, Text) and leaf.field == SOURCE for leaf in _leaves(query))


def _leaves(query: Query) -> Iterator[Leaf]:
    """Give everything that a query is made of, what it excludes too."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case _:
            yield query
