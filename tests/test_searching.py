"""Finding models: what an answer tells, the order it stands in, its pages, and what it does without its index."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damaging import DAMAGES
from model_registry import finder
from model_registry.bootstrap import memory_registry, open_registry
from model_registry.domain.columns import Subject
from model_registry.domain.conditions import Condition, condition
from model_registry.domain.query import Where
from model_registry.domain.shelf import SORTS, Look, Shelf
from model_registry.domain.source import Source
from model_registry.errors import SearchError
from model_registry.registry import Registration, Registry
from texts import coin, source


@pytest.fixture(params=["memory", "directory"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    return memory_registry(actor="ada") if request.param == "memory" else open_registry(tmp_path / "r", actor="ada")


@pytest.fixture(scope="module")
def filled(examples: list[Path]) -> Registry:
    """Give a registry of the shipped examples."""
    registry = memory_registry(actor="ada")
    registry.register_models([Registration(Source(path.read_bytes(), path.name)) for path in examples])
    return registry


def put(registry: Registry, name: str, **more: Any) -> str:
    metadata: dict[str, Any] = {key: more.pop(key) for key in ("tags", "description") if key in more}
    return str(registry.register_model(source(coin(name, **more)), metadata or None)["model_id"])


def ids(found: dict[str, Any]) -> list[str]:
    return [item["id"] for item in found["items"]]


def hit(found: dict[str, Any], model_id: str) -> dict[str, Any]:
    return next(item for item in found["items"] if item["id"] == model_id)


class TestAnswers:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("actions>2 observations>4", {"solar-rover", "t-maze-explorer"}),
            ("has:B[3,3,2]", {"tea-taster"}),
            ("has:B_f1[4,4,3]", {"restless-bandit-player"}),
            ("edge:dirichlet_A>A", {"tea-taster"}),
            ("kind:pomdp factors>1 param:B_f1~deterministic", {"restless-bandit-player"}),
        ],
    )
    def test_facts_are_found_inside_models(self, filled: Registry, query: str, found: set[str]) -> None:
        assert set(ids(filled.search_models(query, limit=None))) == found

    def test_words_facts_and_texts_join_in_one_query(self, registry: Registry) -> None:
        put(registry, "Copper Coin", heads=0.6)
        put(registry, "Silver Coin", heads=0.7)
        assert ids(registry.search_models("coin (silver OR gold) states:2 -has:B source:bent")) == ["silver-coin"]
        assert ids(registry.search_models("coin source:crooked")) == []

    def test_the_source_is_searched_as_it_is_written(self, registry: Registry) -> None:
        put(registry, "Coin")
        for query, found in {
            'source:"P(face | coin)"': 1,
            "source:FACE": 1,
            "source:fac": 0,
            "source:fac*": 1,
            'source:"coin face"': 0,
        }.items():
            assert registry.search_models(query)["total"] == found, query

    def test_a_hit_tells_which_fields_have_the_words_and_shows_the_passage(self, registry: Registry) -> None:
        put(registry, "Copper Coin", description="About copper.")
        found = registry.search_models("copper")["items"][0]
        assert set(found["matched"]) >= {"name", "description"}
        assert found["snippet"] == "About **copper**."

    def test_a_word_that_only_the_text_has_is_shown_where_it_stands(self, registry: Registry) -> None:
        put(registry, "Copper Coin")
        found = registry.search_models("prior over coins")["items"][0]
        assert "comment" in found["matched"]
        assert "**prior** **over** **coins**" in found["snippet"]

    def test_facets_count_all_hits_and_not_only_those_of_the_page(self, registry: Registry) -> None:
        for number in range(3):
            put(registry, f"Coin {number}", heads=0.1 * number, tags=["toy"])
        found = registry.search_models("coin", limit=1)
        assert found["facets"]["tags"] == {"toy": 3}
        assert found["facets"]["ontology"]["HiddenState"] == 3
        assert found["facets"]["time"] == {"static": 3}
        assert found["facets"]["state"] == {"active": 3}

    def test_a_misspelt_word_is_answered_with_the_query_that_was_probably_meant(self, registry: Registry) -> None:
        put(registry, "Copper Coin")
        found = registry.search_models("coper coin -gold")
        assert found["suggestions"] == ["copper coin -gold"]

    def test_nothing_is_suggested_where_every_word_is_known(self, registry: Registry) -> None:
        put(registry, "Copper Coin")
        assert registry.search_models("copper coin")["suggestions"] == []

    def test_facts_stay_wanted_when_words_are_relaxed(self, registry: Registry) -> None:
        put(registry, "Copper Coin")
        put(registry, "Silver Coin", heads=0.6)
        assert registry.search_models("copper silver states:2")["relaxed"] is True
        assert registry.search_models("copper silver states:3")["total"] == 0

    def test_asking_for_a_state_shows_what_is_put_away(self, registry: Registry) -> None:
        registry.archive_model(put(registry, "Copper Coin"))
        assert registry.search_models("copper")["total"] == 0
        assert ids(registry.search_models("copper state:archived")) == ["copper-coin"]

    @pytest.mark.parametrize("query", ["(" * 5_000, "a* OR " * 1_000 + "b", "x" * 10_001, '"' * 9_999, "\x00:\x1b[2J"])
    def test_hostile_queries_are_answered_or_refused(self, registry: Registry, query: str) -> None:
        put(registry, "Copper Coin")
        with suppress(SearchError):
            assert registry.search_models(query)["total"] <= 1


class TestOrder:
    def test_a_name_comes_before_a_tag_before_a_description_before_the_inside(self, registry: Registry) -> None:
        put(registry, "Coin A", annotation="One of many.", connections="# river\n")
        put(registry, "Coin B", heads=0.6, description="It stands by the river and waits.")
        put(registry, "Coin C", heads=0.7, tags=["river"])
        put(registry, "River", heads=0.9)
        assert ids(registry.search_models("river")) == ["river", "coin-c", "coin-b", "coin-a"]

    def test_a_deprecated_model_comes_after_an_active_one_that_fits_as_well(self, registry: Registry) -> None:
        first, second = put(registry, "Coin A"), put(registry, "Coin B", heads=0.6)
        assert ids(registry.search_models("coin"))[0] == second
        registry.deprecate_model(second, reason="old")
        assert ids(registry.search_models("coin")) == [first, second]

    def test_of_equal_hits_the_more_used_comes_first_then_the_newer(self, registry: Registry) -> None:
        first, second, third = (
            put(registry, f"Coin {name}", heads=h) for name, h in (("A", 0.1), ("B", 0.2), ("C", 0.3))
        )
        registry.get_model_info(first)
        assert ids(registry.search_models("coin")) == [first, third, second]


class TestPages:
    def pages(self, ask: Any, limit: int = 2) -> Iterator[dict[str, Any]]:
        cursor = ""
        while True:
            page = ask(limit=limit, cursor=cursor)
            yield page
            cursor = page["next_cursor"]
            if not cursor:
                return

    @pytest.fixture
    def five(self, registry: Registry) -> Registry:
        for number in range(5):
            put(registry, f"Coin {number}", heads=0.1 * number)
        return registry

    def test_the_pages_of_a_search_show_every_hit_once_in_order(self, five: Registry) -> None:
        whole = ids(five.search_models("coin", limit=None))
        parts = [ids(page) for page in self.pages(lambda **page: five.search_models("coin", **page))]
        assert [len(part) for part in parts] == [2, 2, 1]
        assert list(chain.from_iterable(parts)) == whole

    def test_no_hit_comes_twice_when_others_write_between_two_pages(self, five: Registry) -> None:
        pages = self.pages(lambda **page: five.search_models("coin", **page))
        seen = ids(next(pages))
        for name in ("Coin Coin", "Coin Coin Coin"):
            put(five, name, heads=0.9)
        five.get_model_info("coin-0")
        moved = []
        for page in pages:
            seen += ids(page)
            moved.append(page["moved"])
        assert sorted(seen) == [f"coin-{number}" for number in range(5)]
        assert moved[0] is True

    @pytest.mark.parametrize("sort", SORTS)
    def test_no_model_comes_twice_in_a_list_while_others_come_and_move(self, five: Registry, sort: str) -> None:
        pages = self.pages(lambda **page: five.list_models(sort=sort, **page))
        seen = ids(next(pages))
        five.update_model_metadata(seen[-1], {"tags": ["moved"]})
        put(five, "Coin 00", heads=0.95)
        second = next(pages)
        assert second["moved"] is True
        seen += ids(second)
        for page in pages:
            seen += ids(page)
        assert len(seen) == len(set(seen))
        assert set(seen) >= {f"coin-{number}" for number in range(5)}

    def test_a_cursor_of_another_question_is_refused(self, five: Registry) -> None:
        cursor = five.search_models("coin", limit=2)["next_cursor"]
        for query, filters in (("coins", None), ("coin", {"kinds": "static"})):
            with pytest.raises(SearchError, match="does not belong"):
                five.search_models(query, filters, cursor=cursor)

    @pytest.mark.parametrize("sort", SORTS)
    def test_a_list_is_in_order_also_after_changes(self, five: Registry, sort: str) -> None:
        five.list_models(sort=sort)
        five.update_model_metadata("coin-3", {"name": "A coin"})
        put(five, "Coin 1", heads=0.77)
        entries = five.catalogue().entries
        key, descending = SORTS[sort]
        models = [Subject(entry.brief, entries, five._finder.anatomy_of) for entry in entries.values()]
        expected = [model.brief.id for model in sorted(models, key=key, reverse=descending)]
        assert ids(five.list_models(sort=sort)) == expected


class TestFreshness:
    def test_the_same_question_is_answered_anew_after_every_write(self, registry: Registry) -> None:
        for number in range(4):
            put(registry, f"Coin {number}", heads=0.1 * number)
            for query in ("coin", "states:2", "kind:static coin", "*"):
                assert registry.search_models(query)["total"] == number + 1, query
            assert registry.list_models({"has": "A[2,2]"})["total"] == number + 1

    def test_values_that_a_model_lost_do_not_find_it_any_more(self, registry: Registry) -> None:
        model = put(registry, "Coin", tags=["toy"])
        assert registry.list_models({"tags": "toy"})["total"] == 1
        registry.update_model_metadata(model, {"tags": ["game"]})
        assert (registry.list_models({"tags": "toy"})["total"], registry.list_models({"tags": "game"})["total"]) == (
            0,
            1,
        )

    def test_a_list_of_the_past_filters_by_what_was_so_then(self, registry: Registry) -> None:
        model = put(registry, "Coin", tags=["toy"])
        before = registry.catalogue().position.seq
        registry.update_model_metadata(model, {"tags": ["game"]})
        assert registry.list_models({"tags": "toy"}, as_of=before)["total"] == 1
        assert registry.list_models({"tags": "game"}, as_of=before)["total"] == 0
        assert registry.list_models({"tags": "game"})["total"] == 1


class TestSimilarity:
    def test_a_renamed_copy_is_the_same_model(self, registry: Registry) -> None:
        put(registry, "Coin")
        copy = coin("Other").replace("s[2", "x[2").replace("D>s", "D>x").replace("s-A", "x-A").replace("s=H", "x=H")
        found = registry.find_similar_models(source=source(copy))["items"]
        assert (found[0]["score"], found[0]["why"]) == (1.0, ["the same structure and numbers under other names"])

    def test_structure_counts_more_than_words_and_the_reasons_are_told(self, filled: Registry) -> None:
        found = filled.find_similar_models("sleep-stages")["items"]
        assert found[0]["score"] > found[-1]["score"] or len(found) == 1
        assert any("parts and joints agree" in reason for reason in found[0]["why"])

    def test_every_example_is_unlike_a_static_coin_or_says_why_not(self, filled: Registry) -> None:
        for item in filled.find_similar_models(source=source(coin()))["items"]:
            assert 0 < item["score"] < 1
            assert item["why"]


class TestWithoutIndex:
    def test_the_catalogue_answers_words_and_facts_and_says_that_texts_were_not_searched(self, tmp_path: Path) -> None:
        registry = open_registry(tmp_path / "r", {"index_enabled": False})
        put(registry, "Copper Coin")
        found = registry.search_models("copper states:2")
        assert (ids(found), found["complete"], found["index"]) == (["copper-coin"], False, "off")
        assert registry.search_models("states:2")["complete"] is True

    def test_a_lost_index_of_many_models_is_built_beside_the_answers(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(finder, "BUILT_AT_ONCE", 1)
        registry = open_registry(tmp_path / "r")
        put(registry, "Copper Coin")
        put(registry, "Silver Coin", heads=0.6)
        found = registry.search_models("copper")
        assert ids(found) == ["copper-coin"]
        assert (found["complete"], found["index"]) in [(False, "rebuilding"), (False, "ready")]
        for thread in threading.enumerate():
            if thread.name == "search index":
                thread.join()
        found = registry.search_models("bent copper")
        assert (ids(found), found["complete"], found["index"]) == (["copper-coin"], True, "ready")

    def test_a_damaged_index_costs_no_answer(self, tmp_path: Path) -> None:
        registry = open_registry(tmp_path / "r")
        put(registry, "Copper Coin")
        registry.search_models("copper")
        for path in sorted((tmp_path / "r" / "index").rglob("*")):
            if path.is_file():
                path.write_bytes(b"noise")
        assert ids(registry.search_models("bent copper")) == ["copper-coin"]

    @pytest.mark.parametrize("damage", sorted(DAMAGES.keys() - {"a folder"}))
    def test_damage_to_any_file_of_the_index_costs_no_answer_of_an_open_registry_or_a_new_one(
        self, tmp_path: Path, damage: str
    ) -> None:
        place = tmp_path / "r"
        registry = open_registry(place)
        for number in range(3):
            put(registry, f"Coin {number}", heads=0.1 * number)
            registry.search_models("coin")
        for name in sorted(path.relative_to(place) for path in (place / "index").rglob("*") if path.is_file()):
            if (place / name).is_file():  # what was rebuilt meanwhile has other names
                DAMAGES[damage](place / name)
            for asked in (registry, open_registry(place)):
                found = asked.search_models("bent coin")
                assert (sorted(ids(found)), found["complete"]) == (["coin-0", "coin-1", "coin-2"], True), name

    def test_an_index_ahead_of_what_one_has_read_is_not_taken_back(self, tmp_path: Path) -> None:
        slow, quick = (open_registry(tmp_path / "registry") for _ in range(2))
        slow.register_model(source(coin("First Coin")))
        slow.catch_up()
        seen = slow.catalogue()
        quick.register_model(source(coin("Second Coin", heads=0.7)))
        quick.catch_up()
        slow._finder.catch_up(seen)
        assert slow._finder.position() == quick.catalogue().position
        assert quick.search_models("second")["total"] == 1

    def test_reindexing_lets_go_of_what_no_current_text_says(self, tmp_path: Path) -> None:
        registry = open_registry(tmp_path / "r")
        put(registry, "Copper Coin")
        registry.search_models("copper")
        put(registry, "Copper Coin", heads=0.6)
        registry.search_models("copper")
        kept = next((tmp_path / "r" / "anatomy").iterdir())
        assert kept.read_bytes().count(b"\n") == 2
        registry.update_indexes()
        assert kept.read_bytes().count(b"\n") == 1
        assert ids(registry.search_models("states:2")) == ["copper-coin"]

    def test_lost_anatomies_are_made_anew(self, tmp_path: Path) -> None:
        put(open_registry(tmp_path / "r"), "Copper Coin")
        open_registry(tmp_path / "r").search_models("copper")
        shutil.rmtree(tmp_path / "r" / "anatomy")
        assert open_registry(tmp_path / "r").search_models("states:2")["total"] == 1


STEPS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(["register", "tag", "archive", "restore", "ask"])), max_size=14
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_a_shelf_that_follows_finds_what_a_new_one_finds(steps: list[tuple[int, str]]) -> None:
    registry = memory_registry(actor="ada")
    asked = [Where("has", ":", "A[2,2]"), Where("state", ":", "active"), Where("versions", ">", "1")]
    shelf = registry._finder.shelf
    for number, step in steps:
        model_id = f"coin-{number}"
        known = model_id in registry.catalogue().entries
        if step == "register" or not known:
            registry.restore_model(model_id) if known else None
            put(registry, f"Coin {number}", heads=0.01 * len(registry.catalogue().operations) + 0.1 * number)
        elif step == "tag":
            registry.restore_model(model_id)
            registry.update_model_metadata(model_id, {"tags": [f"t{registry.catalogue().position.seq}"]})
        elif step == "archive":
            registry.archive_model(model_id)
        elif step == "restore":
            registry.restore_model(model_id)
        else:
            for where in asked:
                shelf.look(registry.catalogue()).find([condition(where)])
            registry.list_models(sort="updated")
    catalogue = registry.catalogue()
    old, new = shelf.look(catalogue), Shelf(registry._finder.anatomy_of).look(catalogue)
    for where in asked:
        assert named(old, [condition(where)]) == named(new, [condition(where)])
    for sort in SORTS:
        assert old.page(old.all(), sort, None, 99).ids == new.page(new.all(), sort, None, 99).ids
    names = ("tags", "state", "ontology")
    assert old.commonest(names, np.flatnonzero(old.all()), 20) == new.commonest(names, np.flatnonzero(new.all()), 20)


def named(look: Look, wanted: list[Condition]) -> set[str]:
    return set(look.ids(np.flatnonzero(look.find(wanted))))
