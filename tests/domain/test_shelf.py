"""The shelf lists as sorting would, whatever comes between two pages, and compares as reading would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model_registry.bootstrap import memory_registry
from model_registry.domain.anatomy import Anatomy
from model_registry.domain.columns import BESIDE, COLUMNS, Subject
from model_registry.domain.conditions import condition
from model_registry.domain.entry import ModelEntry
from model_registry.domain.query import Where
from model_registry.domain.query_parser import parse_query
from model_registry.domain.shelf import SORTS, Shelf
from model_registry.domain.similarity import likeness, likest, similarity
from model_registry.domain.source import Source
from model_registry.registry import Registration, Registry


@pytest.fixture(scope="module")
def filled(examples: list[Path]) -> Registry:
    registry = memory_registry(actor="ada")
    registry.register_models([Registration(Source(path.read_bytes(), path.name)) for path in examples])
    return registry


def subject(registry: Registry, model_id: str) -> Subject:
    entries = registry.catalogue().entries
    return Subject(entries[model_id].brief, entries, registry._finder.anatomy_of)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_a_subset_join_to_its_order(filled: Registry, sort: str) -> None:
    look = filled._finder.shelf.look(filled.catalogue())
    key, descending = SORTS[sort]
    chosen = np.arange(look.count) % 3 != 0
    models = [subject(filled, model_id) for model_id in look.ids(np.flatnonzero(chosen))]
    listed: list[str] = []
    after = None
    while True:
        page = look.page(chosen, sort, after, 3)
        assert (page.start, page.total) == (len(listed), len(models))
        listed += page.ids
        if len(page.ids) < 3:
            break
        after = page.last
    assert listed == [model.brief.id for model in sorted(models, key=key, reverse=descending)]


@pytest.mark.parametrize(
    "fact",
    [
        *(f"states{relation}4" for relation in (">", ">=", "<", "<=", "=", ":")),
        *(
            "updated>2001",
            "updated<2001",
            "created>=2001-01-01",
            "created<2001",
            "performance>0.5",
            "version:^1",
            "kind:pomdp",
            "state:any",
        ),
        *("has:B", "has:*[4,4]", "has:A[5,3]", "edge:D>s", "edge:D-*", "param:A", "param:*~identity", "time:static"),
    ],
)
def test_a_shelf_finds_the_models_that_meet_a_condition_one_by_one(filled: Registry, fact: str) -> None:
    query = parse_query(fact)
    assert isinstance(query, Where)
    wanted, look = condition(query), filled._finder.shelf.look(filled.catalogue())
    subjects = {model_id: subject(filled, model_id) for model_id in filled.catalogue().entries}
    found = set(look.ids(np.flatnonzero(look.find([wanted]))))
    assert found == {model_id for model_id, model in subjects.items() if wanted.holds(model)}


def test_a_look_does_not_grow_with_what_comes_later(filled: Registry, examples: list[Path]) -> None:
    registry = memory_registry(actor="ada")
    registry.register_models([Registration(Source(path.read_bytes(), path.name)) for path in examples[:4]])
    look = registry._finder.shelf.look(registry.catalogue())
    everything = look.all()
    registry.register_models([Registration(Source(path.read_bytes(), path.name)) for path in examples[4:]])
    later = registry._finder.shelf.look(registry.catalogue())
    assert (look.count, later.count) == (4, len(examples))
    assert look.page(everything, "name", None, 99).total == 4
    assert len(look.newest_first(everything)) == 4
    assert (look.numbers(later.ids(np.arange(later.count))) >= 0).sum() == 4


def test_all_at_once_is_as_alike_as_one_by_one(filled: Registry) -> None:
    look, entries = filled._finder.shelf.look(filled.catalogue()), filled.catalogue().entries
    known = {
        model_id: likeness(entry.current_version, filled._finder.anatomy_of(entry), entry.metadata)
        for model_id, entry in entries.items()
    }
    for subject in known.values():
        found = likest(look, subject, filled._same(filled.catalogue(), subject))
        scores = dict(zip(look.ids(np.arange(look.count)), found.tolist(), strict=True))
        for model_id, other in known.items():
            assert scores[model_id] == pytest.approx(similarity(subject, other)[0])


def test_who_looks_into_the_models_for_one_column_looks_no_more_for_those_beside_it(examples: list[Path]) -> None:
    registry = memory_registry(actor="ada")
    registry.register_models([Registration(Source(path.read_bytes(), path.name)) for path in examples])
    catalogue, looked = registry.catalogue(), []

    def noting(entry: ModelEntry) -> Anatomy:
        looked.append(entry.id)
        return registry._finder.anatomy_of(entry)

    look = Shelf(noting).look(catalogue)
    for fact in ("states>4", "actions=1", "time:static", "observations<3"):
        query = parse_query(fact)
        assert isinstance(query, Where)
        look.find([condition(query)])
    assert sorted(looked) == sorted(catalogue.entries)


def test_columns_beside_each_other_are_columns() -> None:
    assert set().union(*BESIDE) <= COLUMNS.keys()
