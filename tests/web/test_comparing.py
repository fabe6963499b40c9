"""Two versions side by side."""

from __future__ import annotations

from starlette.testclient import TestClient

from model_registry.registry import Registry
from pages import Read
from texts import coin, source


def test_changes_stand_by_their_step_the_deciding_one_first(registry: Registry, read: Read) -> None:
    registry.register_model(source(coin(heads=0.9, annotation="Judges a coin.").replace("s-A\n", "")))
    page = read("/models/coin-judge/compare/1.0.0/2.0.0")
    groups = [each.text.split()[0] for each in page.all("h3")]
    assert groups[:3] == ["major", "minor", "patch"]
    told = " ".join(page.one("section", id="changes").text.split())
    assert "A-s an edge is gone" in told
    assert "A a parameter's numbers differ beyond rounding 2 of 4 cells differ, at most by 0.4" in told
    assert "What users have to do" in page.text


def test_a_comparison_goes_either_way(read: Read) -> None:
    assert "an edge is new" in read("/models/coin-judge/compare/1.1.0/1.2.0").text
    assert "an edge is gone" in read("/models/coin-judge/compare/1.2.0/1.1.0").text
    assert "The two texts say the same." in read("/models/coin-judge/compare/1.2.0/1.2.0").text


def test_measurements_are_compared(read: Read) -> None:
    assert "score +0.25" in " ".join(read("/models/coin-judge/compare/1.0.0/1.1.0").text.split())


def test_a_form_leads_to_the_address_of_the_comparison(browser: TestClient, read: Read) -> None:
    form = read("/models/coin-judge").one("form", class_="compare")
    led = browser.get(form.attributes["action"], params={"from": "1.0.0", "to": "1.2.0"})
    assert (led.status_code, led.headers["location"]) == (303, "/models/coin-judge/compare/1.0.0/1.2.0")
    assert browser.get(form.attributes["action"], params={"from": "1.0.0", "to": "9.0.0"}).status_code == 404
    assert browser.get(form.attributes["action"]).status_code == 404


def test_a_comparison_of_what_is_not_there_says_what_is(read: Read) -> None:
    assert "Its newest versions: 1.0.0, 1.1.0, 1.2.0" in read("/models/coin-judge/compare/1.0.0/7.0.0", 404).text
