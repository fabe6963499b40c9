"""What holds for every page: its address lasts, its headers keep it harmless, and it changes nothing."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from model_registry.domain.entry import ModelEntry
from model_registry.errors import (
    ConfigError,
    LifecycleError,
    NotFoundError,
    RegistryError,
    SearchError,
    StorageError,
)
from model_registry.registry import Registry
from model_registry.web.answering import HARMLESS
from model_registry.web.problems import problem_page, refusal
from model_registry.web.site import ROWS
from pages import Page, Read
from texts import coin, source

LEADING_ON = "/models/coin-judge/compare?from=1.0.0&to=1.1.0"
ADDRESSES = (
    "/",
    "/?q=coin",
    "/models/coin-judge",
    "/models/coin-judge/versions",
    "/models/coin-judge/versions/1.0.0",
    "/models/coin-judge/versions/1.0.0/source",
    "/models/coin-judge/versions/1.0.0/source.txt",
    LEADING_ON,
    "/models/coin-judge/compare/1.0.0/1.2.0",
    "/registry",
    "/changes",
    "/static/style.css",
)
COUNTING = {"/models/coin-judge", "/models/coin-judge/versions/1.0.0"}
"""Pages that tell how often they were read, so that reading changes them."""

FILES = {"/models/coin-judge/versions/1.0.0/source.txt", "/static/style.css"}
MISSING = (
    "/nothing",
    "/models/nobody",
    "/models/coin-judge/versions/9.9.9",
    "/static/secret.txt",
    "/?q=(",
    "/changes?cursor=x",
)


def test_every_page_of_the_table_is_tried_here() -> None:
    assert len({address.partition("?")[0] for address in ADDRESSES}) == len(ROWS)


@pytest.mark.parametrize("address", [*ADDRESSES, *MISSING])
def test_every_answer_bears_the_headers_that_keep_it_harmless(browser: TestClient, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == (answer.status_code if address in ADDRESSES else 400 if "?" in address else 404)
    assert {name: answer.headers[name] for name in HARMLESS} == HARMLESS
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("address", sorted({*ADDRESSES} - COUNTING - {LEADING_ON}))
def test_a_page_that_is_known_is_not_sent_again(browser: TestClient, address: str) -> None:
    first = browser.get(address)
    again = browser.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


@pytest.mark.parametrize("address", ["/", "/changes", "/models/coin-judge/versions", "/registry"])
def test_a_page_is_sent_again_when_somebody_wrote(registry: Registry, browser: TestClient, address: str) -> None:
    first = browser.get(address)
    registry.register_model(source(coin(heads=0.9)))
    again = browser.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
    assert again.text != first.text


def test_a_file_is_kept_for_ever_under_the_name_of_its_content(browser: TestClient, read: Read) -> None:
    address = read("/").one("link", rel="stylesheet").attributes["href"]
    assert "immutable" in browser.get(address).headers["cache-control"]
    assert "no-cache" in browser.get("/static/style.css").headers["cache-control"]


@pytest.mark.parametrize("address", [*ADDRESSES, *MISSING])
def test_asking_for_the_head_gives_what_asking_for_the_page_gives(browser: TestClient, address: str) -> None:
    head = browser.head(address)
    assert (head.status_code, head.content) == (browser.get(address).status_code, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_but_reading_is_answered(browser: TestClient, address: str, method: str) -> None:
    assert browser.request(method, address).status_code == 405


def test_reading_every_page_changes_nothing_that_the_log_holds(registry: Registry, browser: TestClient) -> None:
    def state() -> tuple[object, dict[str, ModelEntry]]:
        return registry.catalogue().position, dict(registry.catalogue().entries)

    before = state()
    for address in (*ADDRESSES, *MISSING):
        browser.get(address)
    assert state() == before


def test_whoever_reads_a_model_here_has_used_it(registry: Registry, browser: TestClient) -> None:
    before = registry.generate_registry_statistics()["most_used"]
    browser.get("/models/old-judge")
    after = {row["id"]: row["reads"] for row in registry.generate_registry_statistics()["most_used"]}
    assert after["old-judge"] == {row["id"]: row["reads"] for row in before}.get("old-judge", 0) + 1


@pytest.mark.parametrize("address", sorted({*ADDRESSES} - FILES - {LEADING_ON}))
def test_a_page_is_well_formed_and_one_finds_ones_way_in_it(read: Read, address: str) -> None:
    page = read(address)
    assert page.faults == []
    assert page.one("html").attributes["lang"] == "en"
    assert page.all("title")[0].text
    assert len(page.all("h1")) == 1
    assert page.all("a")[0].attributes == {"class": "skip", "href": "#main"}
    assert page.one("main").attributes["id"] == "main"
    ids = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    labelled = {each.attributes["for"] for each in page.all("label") if "for" in each.attributes}
    fields = [each for each in page.all("input") if each.attributes.get("type") != "hidden"]
    assert all(each.attributes["id"] in labelled for each in fields)


def test_every_link_of_every_page_leads_somewhere(read: Read, browser: TestClient) -> None:
    waiting, seen = ["/"], {"/"}
    while waiting:
        address = waiting.pop()
        answer = browser.get(address)
        assert answer.status_code == 200, address
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = Page(answer.text)
        anchors = {each.attributes.get("id") for each in page.elements}
        for link in page.links.values():
            target, _, anchor = link.partition("#")
            assert target or anchor in anchors, f"{address} has no #{anchor}"
            if target.startswith("/") and target not in seen and len(seen) < 150:
                seen.add(target)
                waiting.append(target)
    assert len(seen) > 40


def test_an_unknown_model_is_told_with_the_near_ones(read: Read) -> None:
    page = read("/models/coin-jduge", 404)
    assert "There is no model 'coin-jduge'. Did you mean coin-judge" in page.text
    assert page.links["All models"] == "/"


def test_the_registry_page_tells_numbers_health_and_what_happened_last(registry: Registry, read: Read) -> None:
    page = read("/registry")
    told = page.text
    assert "Models 3 Versions 5" in told
    assert "events, each chained to the one before" in told
    assert "ready: a search sees every write" in told
    assert "model archived old-judge by ada worn out" in told
    assert registry.head()["root"] in told


def test_changes_can_be_read_for_one_model_page_by_page(registry: Registry, read: Read) -> None:
    for number in range(60):
        registry.create_model_version("dice-judge", reason=f"release {number}")
    page = read("/changes?model=dice-judge")
    assert "61 events, newest first" in page.text
    assert "release 0" not in page.text.split()
    assert "release 59" in page.text
    assert "release 0" in read(page.links["Earlier changes"]).text


def test_a_list_that_is_followed_names_where_to_ask(read: Read) -> None:
    (live,) = (each for each in read("/registry").elements if "data-live" in each.attributes)
    assert live.attributes["data-live"] == "/changes"
    assert [each for each in read("/changes").elements if "data-live" in each.attributes]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFoundError("there is no model 'x'"), 404),
        (SearchError("no query"), 400),
        (StorageError("the log is damaged", hint="Run doctor."), 503),
        (ConfigError("a setting is wrong"), 503),
        (LifecycleError("it is deleted"), 409),
    ],
)
def test_every_refusal_has_its_status_and_its_next_step(error: RegistryError, status: int) -> None:
    problem = refusal(error)
    page = Page(str(problem_page(problem).content))
    assert (problem.status, page.one("p", class_="status").text.strip()) == (status, str(status))
    assert error.message[1:] in page.text
    assert error.hint in page.text


def test_the_facets_of_a_list_are_those_of_the_same_search(registry: Registry) -> None:
    for filters in ({}, {"tags": ["toy"]}, {"state": "any"}, {"author": "Bo Muster"}):
        assert registry.facets(filters) == registry.search_models("", filters)["facets"]
