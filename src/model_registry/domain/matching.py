"""Which models a query means: what a search engine finds, joined with what only the facts or the texts can tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from model_registry.domain.query import SOURCE, And, Everything, Not, Or, Query, Text, Where

Scores = dict[str, float]
Leaf = Everything | Text | Where


class Senses(NamedTuple):
    """The ways to find out: the engine for words, a test for facts, a test for words of the whole text."""

    words: Callable[[Query], Scores]
    fact: Callable[[Where], Callable[[str], bool]]
    source: Callable[[Text], Callable[[str], bool]]


def find(query: Query, among: Collection[str], senses: Senses) -> Scores:
    """Give the models among these ids that a query means, each with its score (0 where only facts were asked for)."""
    if _is_words(query):
        return {model_id: score for model_id, score in senses.words(query).items() if model_id in among}
    match query:
        case Everything():
            return dict.fromkeys(among, 0.0)
        case And(parts):
            return _all(parts, among, senses)
        case Or(parts):
            return _any((find(part, among, senses) for part in parts), among)
        case Not(part):
            return dict.fromkeys(_without(among, find(part, among, senses)), 0.0)
        case Where():
            return dict.fromkeys(filter(senses.fact(query), among), 0.0)
        case _:
            return dict.fromkeys(filter(senses.source(query), among), 0.0)


def facts(query: Query) -> Iterator[Where]:
    """Give the facts that a query asks about, also those it excludes."""
    return (leaf for leaf in _leaves(query) if isinstance(leaf, Where))


def _all(parts: tuple[Query, ...], among: Collection[str], senses: Senses) -> Scores:
    """Join the parts, what is cheap to find out first: each one is asked only of the models that are left."""
    words = tuple(part for part in parts if _is_words(part))
    others = (part for part in parts if not _is_words(part))
    found = find(And(words), among, senses) if words else dict.fromkeys(among, 0.0)
    for part in sorted(others, key=_reads_texts):
        scores = find(part, found.keys(), senses)
        found = {model_id: score + scores[model_id] for model_id, score in found.items() if model_id in scores}
    return found


def _any(found: Iterable[Scores], among: Collection[str]) -> Scores:
    total: Scores = {}
    for scores in found:
        for model_id, score in scores.items():
            total[model_id] = total.get(model_id, 0.0) + score
    return {model_id: total[model_id] for model_id in among if model_id in total}


def _without(among: Iterable[str], unwanted: Collection[str]) -> list[str]:
    return [model_id for model_id in among if model_id not in unwanted]


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
