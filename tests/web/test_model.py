"""The page of a model: everything that is known of it, at each of its versions."""

from __future__ import annotations

import re

from starlette.testclient import TestClient

from model_registry.bootstrap import memory_registry
from model_registry.registry import Registry
from model_registry.web.site import pages
from pages import Page, Read
from texts import coin, source


def sections(page: Page) -> set[str]:
    return {each.attributes["id"] for each in page.all("section") if "id" in each.attributes}


def test_a_model_tells_what_it_is_and_how_it_is_made(read: Read) -> None:
    page = read("/models/coin-judge")
    assert page.one("h1").text == "Coin Judge"
    assert "Judges from one toss whether a coin is fair." in page.text
    assert page.links["toy"] == "/?tags=toy"
    about = page.one("section", id="about").text
    for label, value in (("Variables", "4"), ("States", "2"), ("Observations", "2"), ("Author", "Ada Example")):
        assert re.search(rf"{label}\s*{value}", about), label


def test_every_variable_and_connection_stands_in_a_table_too(read: Read) -> None:
    rows = [" ".join(row.text.split()) for row in read("/models/coin-judge").all("tr")]
    assert "A 2 × 2 float likelihood LikelihoodMatrix P(face | coin)" in rows
    edges = [each.text for each in read("/models/coin-judge").all("code")]
    assert "D → s" in edges
    assert "s — A" in edges


def test_versions_tell_their_step_and_reason_and_lead_to_comparisons(read: Read) -> None:
    page = read("/models/coin-judge")
    told = " ".join(page.one("section", id="versions").text.split())
    assert "1.1.0 minor" in told
    assert "the coin is bent" in told
    assert "production" in told
    assert page.links["compare with 1.1.0"] == "/models/coin-judge/compare/1.1.0/1.2.0"


def test_an_earlier_version_says_that_it_is_one(read: Read) -> None:
    page = read("/models/coin-judge/versions/1.0.0")
    assert "This is version 1.0.0; the current one is 1.2.0." in page.text
    assert page.links["Compare them"] == "/models/coin-judge/compare/1.0.0/1.2.0"


def test_an_alias_and_a_range_name_a_version(read: Read) -> None:
    assert "This is version 1.0.0" in read("/models/coin-judge@production").text
    assert "This is version 1.1.0" in read("/models/coin-judge/versions/~1.1").text


def test_dependencies_lead_both_ways_and_tell_what_is_not_met(read: Read) -> None:
    page = read("/models/dice-judge")
    assert page.links["coin-judge@^1"] == "/models/coin-judge/versions/1.2.0"
    told = " ".join(page.one("section", id="dependencies").text.split())
    assert "nobody@^2 there is no such model" in told
    assert "pypi:numpy>=1.26 outside the registry" in told
    assert read("/models/coin-judge").links["dice-judge"] == "/models/dice-judge"


def test_measurements_stand_beside_their_versions(read: Read) -> None:
    told = " ".join(read("/models/coin-judge").one("section", id="performance").text.split())
    assert "1.1.0" in told
    assert "score 0.75" in told


def test_the_trail_names_who_did_what_and_why(read: Read) -> None:
    told = " ".join(read("/models/coin-judge").one("section", id="trail").text.split())
    assert "version registered 1.1.0 by ada the coin is bent" in told
    assert "alias set 1.0.0 by ada" in told


def test_it_says_how_to_use_it_from_everywhere(read: Read) -> None:
    told = read("/models/coin-judge").one("section", id="use").text
    assert "registry://models/coin-judge/versions/1.2.0" in told
    assert 'get_model_source("coin-judge@1.2.0")' in told
    assert "model-registry info coin-judge@1.2.0" in told


def test_what_it_says_to_type_can_be_typed(registry: Registry) -> None:
    assert registry.get_model_source("coin-judge@1.2.0")["version"] == "1.2.0"


def test_a_deprecated_model_names_its_replacement(registry: Registry, read: Read) -> None:
    registry.deprecate_model("coin-judge", "too fair", replacement="dice-judge", sunset="2031-01-01")
    page = read("/models/coin-judge")
    assert "Deprecated: too fair. Use dice-judge instead; it is archived after 1 Jan 2031." in page.text


def test_a_model_that_is_put_away_says_so(read: Read) -> None:
    assert "Archived: worn out." in read("/models/old-judge").text


def test_a_graph_too_wide_to_be_read_when_fitted_is_moved_about_in(registry: Registry, read: Read) -> None:
    names = [f"x{number}" for number in range(50)]
    declared = "\n".join(f"{name}[1,type=float]" for name in names)
    joined = "\n".join(f"{name}>{other}" for place, name in enumerate(names) for other in names[place + 1 : place + 11])
    text = coin("Braid Judge").replace("D[2,type", f"{declared}\nD[2,type").replace("D>s\n", f"D>s\n{joined}\n")
    registry.register_model(source(text))
    assert "vast" in read("/models/braid-judge").one("figure", class_="graph").attributes["class"]
    assert "vast" not in read("/models/coin-judge").one("figure", class_="graph").attributes["class"]


def test_the_numbers_of_a_parameter_stand_with_its_axes_and_how_they_are_known(read: Read) -> None:
    page = read("/models/coin-judge")
    told = [" ".join(each.text.split()) for each in page.all("figcaption")]
    assert told[-2:] == ["A 2 × 2[outcome, state] by what sums to 1", "D 2"]
    assert {"0.7", "0.8", "0.3"} <= {cell.text for cell in page.all("text", class_="value")}


def test_findings_lead_to_their_lines_and_stand_beside_them(registry: Registry, read: Read) -> None:
    registry.register_model(source(coin("Bent Judge").replace("(0.5, 0.5)", "(0.5, 0.9)")))
    page = read("/models/bent-judge")
    (place,) = {link for words, link in page.links.items() if re.fullmatch(r"line \d+", words)}
    address, _, line = place.partition("#")
    text = read(address)
    assert text.one("tr", id=line).attributes["class"] == "has-finding"
    assert text.one("tr", id=line).text.split()[1] == "D={(0.5,"
    assert len(text.all("tr", class_="line-findings")) == 1


def test_the_text_stands_line_by_line_and_can_be_had_as_a_file(browser: TestClient, read: Read) -> None:
    page = read("/models/coin-judge/versions/1.0.0/source")
    text = coin()
    assert [cell.text.rstrip() for cell in page.all("td", class_="line")] == text.split("\n")
    file = browser.get(page.links["Download"])
    assert file.text == text
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="coin-judge-1.0.0.md"'


def test_a_long_text_goes_on_on_the_next_page(registry: Registry, read: Read) -> None:
    registry.register_model(source(coin("Long Judge") + "\n".join(f"# line {n}" for n in range(3_000))))
    page = read("/models/long-judge/versions/1.0.0/source")
    assert len(page.all("td", class_="line")) == 2_000
    following = read(f"/models/long-judge/versions/1.0.0/source{page.links['From line 2001 on']}")
    assert following.all("tr")[0].attributes["id"] == "L2001"


def test_a_very_long_line_is_cut_and_says_where_the_rest_is(registry: Registry, read: Read) -> None:
    registry.register_model(source(coin("Wide Judge") + f"\n# {'x' * 5_000}\n"))
    page = read("/models/wide-judge/versions/1.0.0/source")
    assert page.links["… and 3,002 characters more, in the file"].endswith("/source.txt")


def test_a_long_history_has_pages_of_its_own(registry: Registry, read: Read) -> None:
    for number in range(60):
        registry.create_model_version("dice-judge", reason=f"release {number}")
    page = read("/models/dice-judge")
    assert page.links["All 61 versions"] == "/models/dice-judge/versions"
    history = read("/models/dice-judge/versions")
    assert len(history.all("a", class_="number")) == 50
    assert len(read(history.links["Earlier versions"]).all("a", class_="number")) == 11


def test_a_version_whose_text_was_let_go_keeps_its_facts() -> None:
    registry = memory_registry({"max_versions": 1})
    for heads in (0.5, 0.6, 0.7):
        registry.register_model(source(coin(heads=heads)))
    registry.cleanup_registry(dry_run=False)
    answer = TestClient(pages(registry)).get("/models/coin-judge/versions/1.0.0")
    page = Page(answer.text)
    assert "let go of by cleanup" in page.text
    assert sections(page) >= {"about", "versions", "trail"}
    assert "graph" not in sections(page)
