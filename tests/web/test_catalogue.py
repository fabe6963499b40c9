"""The list of models: what is found, how it is narrowed, and that every view of it has an address."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from model_registry.registry import Registry
from model_registry.web.catalogue import PAGE
from pages import Read
from texts import coin, source


def names(read: Read, address: str) -> list[str]:
    """Give the models that a list shows, in order."""
    page = read(address)
    return [link.attributes["href"].removeprefix("/models/") for link in page.all("a") if _is_model(link.attributes)]


def _is_model(attributes: dict[str, str]) -> bool:
    return attributes["href"].startswith("/models/")


def test_all_models_in_use_are_listed_with_what_they_are(read: Read) -> None:
    page = read("/")
    assert set(names(read, "/")) == {"coin-judge", "dice-judge"}
    assert "2 models" in page.text
    assert "4 variables · 3 versions · changed" in page.text


def test_words_find_a_model_and_mark_what_they_found(read: Read) -> None:
    page = read("/?q=dice")
    assert names(read, "/?q=dice") == ["dice-judge"]
    assert "1 model, best match first" in page.text
    assert page.one("input", id="q").attributes["value"] == "dice"
    assert [mark.text for mark in read("/?q=fair").all("mark")] == ["fair", "fair"]


def test_words_that_no_model_has_together_are_told_and_mended(read: Read) -> None:
    page = read("/?q=dise")
    assert page.links["dice"] == "/?q=dice"
    assert "none has all the words" in read("/?q=dice+bread").text


@pytest.mark.parametrize(
    ("query", "before", "behind", "told"),
    [
        ("coin stats>3", "coin ", "stats>3", "Did you mean states?"),
        ("states>many", "", "states>many", "Expected a number after states>"),
        ('coin "fair', "coin ", '"fair', "close the phrase"),
        ("(coin", "", "(coin", "close the parenthesis"),
    ],
)
def test_what_cannot_be_asked_is_told_where_it_was_typed(
    browser: TestClient, read: Read, query: str, before: str, behind: str, told: str
) -> None:
    address = str(browser.build_request("GET", "/", params={"q": query}).url)
    page = read(address, 400)
    place = page.one("div", class_="fault")
    assert place.text.strip().startswith(before + behind)
    assert page.one("mark").text == behind
    assert told.casefold() in " ".join(place.text.split()).casefold()
    assert page.one("input", id="q").attributes["aria-invalid"] == "true"


def test_facets_count_and_narrow_and_can_be_taken_off(read: Read) -> None:
    page = read("/")
    (toy,) = (link for link in page.all("a") if link.attributes["href"] == "/?tags=toy")
    assert toy.text == "toy1"
    narrowed = read("/?tags=toy")
    assert names(read, "/?tags=toy") == ["coin-judge"]
    (taken,) = (link for link in narrowed.all("a") if link.text.startswith("toy"))
    assert taken.attributes["aria-current"] == "true"
    assert taken.attributes["href"] == "/"


def test_facets_narrow_what_words_found_together(read: Read) -> None:
    assert names(read, "/?q=judge&author=Bo+Muster") == ["dice-judge"]
    assert names(read, "/?q=judge&tags=toy&author=Bo+Muster") == []
    assert "Nothing fits" in read("/?q=judge&tags=toy&author=Bo+Muster").text


def test_a_state_shows_the_models_that_are_in_it(read: Read) -> None:
    assert names(read, "/?state=archived") == ["old-judge"]
    assert len(names(read, "/?state=any")) == 3
    assert "one of active" in read("/?state=lost", 400).text


@pytest.mark.parametrize(
    ("sort", "first"),
    [("name", "coin-judge"), ("updated", "dice-judge"), ("created", "dice-judge"), ("versions", "coin-judge")],
)
def test_a_list_is_put_in_order(read: Read, sort: str, first: str) -> None:
    assert names(read, f"/?sort={sort}")[0] == first
    assert read(f"/?sort={sort}").one("option", value=sort).attributes.get("selected") is not None


@pytest.mark.parametrize("query", ["states>1", "kind:static", "states:2 has:A[2,2]", "state:any", "*"])
def test_facts_are_put_in_order_as_a_list_is(read: Read, query: str) -> None:
    found = names(read, f"/?q={quote(query)}")
    assert len(found) > 1
    assert names(read, f"/?q={quote(query)}&sort=name") == sorted(found)
    assert names(read, f"/?q={quote(query)}&sort=versions")[0] == "coin-judge"


@pytest.mark.parametrize("query", ["judge", "judge states>1", "states>1 OR states>2", "-tag:toy", "updated>2001"])
def test_where_words_are_looked_for_no_other_order_is_offered(read: Read, query: str) -> None:
    assert read(f"/?q={quote(query)}").all("select") == []
    assert names(read, f"/?q={quote(query)}&sort=name") == names(read, f"/?q={quote(query)}")


def test_an_order_that_is_none_is_told(read: Read) -> None:
    assert "Sort by id, name" in read("/?sort=beauty", 400).text


def test_a_filter_stays_when_another_question_is_asked(read: Read) -> None:
    page = read("/?tags=toy&state=active&sort=name")
    kept = {field.attributes["name"]: field.attributes["value"] for field in page.all("input", type="hidden")}
    assert kept == {"tags": "toy", "state": "active", "sort": "name"}


@pytest.mark.parametrize("asked", ["", "?sort=name", "?q=judge"])
def test_pages_follow_each_other_and_no_model_comes_twice(registry: Registry, read: Read, asked: str) -> None:
    for number in range(2 * PAGE):
        registry.register_model(source(coin(f"Judge {number}")))
    address, seen, pages = f"/{asked}", [], 0
    while address:
        page = read(address)
        seen += names(read, address)
        pages += 1
        address = page.links.get("Next page", "")
        assert pages == 1 or page.links["First page"] == f"/{asked}"
    assert pages == 3
    assert len(seen) == len(set(seen)) == 2 * PAGE + 2


def test_a_cursor_of_another_list_is_told_with_the_way_back(read: Read) -> None:
    page = read("/?q=coin&cursor=bm90aGluZw", 400)
    assert "does not belong to this list" in page.text
    assert page.links["Start again without it"] == "/?q=coin"


def test_an_empty_registry_says_how_to_begin() -> None:
    from model_registry.bootstrap import memory_registry
    from model_registry.web.site import pages

    answer = TestClient(pages(memory_registry())).get("/")
    assert "holds no models yet" in answer.text
    assert "model-registry register" in answer.text
