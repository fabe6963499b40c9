"""The benchmark command: what it counts, compares and tells. Times themselves are not tested."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.budgets import verdicts
from benchmarks.corpora import corpus, new_texts
from benchmarks.growing import EXPECTED, departures
from benchmarks.measuring import OURS, Disk, Figure, agree, call, exponent, figures, growth
from benchmarks.peers import Environment
from benchmarks.plot import log_plot
from benchmarks.stage import Stage
from benchmarks.writing import measure as measure_writing
from model_registry.bootstrap import open_registry

NOTES = ["MLflow took part up to 10 models."]
PROJECT = Path(__file__).resolve().parents[2]


def figure(operation: str, models: int, value: float, who: str = OURS, **more: float) -> Figure:
    return Figure(operation, models, who, value, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("power", "sizes"), [(0, {10: 5, 100: 5}), (1, {10: 1, 100: 10, 1000: 100}), (2, {2: 4, 4: 16})]
)
def test_growth_is_told_as_a_power_of_the_number_of_models(power: float, sizes: dict[int, float]) -> None:
    assert exponent(sizes) == pytest.approx(power)


def test_only_our_own_growth_is_told_and_only_from_two_sizes_on() -> None:
    seen = [figure("a", 10, 1), figure("a", 100, 2), figure("b", 10, 1), figure("a", 100, 9, "other")]
    assert growth(seen) == {"a": {10: 1, 100: 2}}


def test_participants_work_in_turn_and_a_disk_waits_beside_them(tmp_path: Path) -> None:
    order: list[str] = []
    calls = {name: call(lambda number, name=name: order.append(f"{name}{number}")) for name in ("a", "b")}  # type: ignore[misc]
    found = list(figures("work", 10, calls, 2, disk=Disk(tmp_path)))
    assert order == ["a-1", "b-1", "a0", "b0", "a1", "b1"]
    assert [each.who for each in found] == ["a", "b"]
    assert all(each.fsync > 0 for each in found)


def test_other_answers_end_the_run() -> None:
    agree("count", {"one": 3, "two": 3})
    with pytest.raises(SystemExit, match=r"count: .*one: 3; two: 4"):
        agree("count", {"one": 3, "two": 4})


def test_budgets_and_leads_are_held_against_what_was_measured() -> None:
    seen = [
        figure("register a new model", 10_000, 4),
        figure("register a new model", 10_000, 6, "MLflow"),
        figure("search: all of the five", 10_000, 3, p95=30),
        figure("get a model of 1000 versions", 2, 4),
        figure("get a model of 1000 versions", 2, 1, "one version"),
    ]
    assert [(verdict.found, verdict.met) for verdict in verdicts(seen)] == [
        ("4 ms", True),
        ("3 ms", True),
        ("30 ms", False),
        ("1.5 times", False),
        ("4 times", False),
    ]


def test_growth_is_held_against_the_power_asked_of_each_operation() -> None:
    seen = [
        *(figure("get a model", size, size**power) for size, power in ((1_000, 0.1), (10_000, 0.1), (100_000, 0.1))),
        *(figure("search: one word", size, size**0.7) for size in (1_000, 10_000, 100_000)),
        *(figure("statistics", size, size) for size in (1_000, 100_000)),
        figure("list everything", 1_000, 1),
        *(figure("memory, opened", size, size**2) for size in (1_000, 100_000)),
    ]
    assert [(each.operation, each.asked, round(each.found, 2), each.met) for each in departures(seen)] == [
        ("get a model", 0, 0.1, True),
        ("search: one word", 0.6, 0.7, False),
        ("statistics", 1, 1, True),
    ]


def test_what_may_grow_is_told_why() -> None:
    assert all(each.why for each in EXPECTED if each.power)
    assert len({each.operation for each in EXPECTED}) == len(EXPECTED)


def test_budgets_for_a_hundred_thousand_models_hold_there_alone() -> None:
    asked = {"process, cold": 601, "open, to the first page": 1_001, "memory, after a get and a search": 501}
    seen = [figure(operation, size, value) for operation, value in asked.items() for size in (10_000, 100_000)]
    seen += [figure("search: one word", 100_000, 19), figure("get a model", 100_000, 0.6)]
    seen += [figure("list by a filter, first page", 100_000, 3.1)]
    assert [(verdict.asked.partition(" at most")[0], verdict.met) for verdict in verdicts(seen)] == [
        ("process, cold at 100,000", False),
        ("open, to the first page at 100,000", False),
        ("memory, after a get and a search at 100,000", False),
        ("search: one word at 100,000", True),
        ("get a model at 100,000", False),
        ("list by a filter, first page at 100,000", False),
    ]


def test_a_corpus_is_written_once_and_edited_where_asked(tmp_path: Path) -> None:
    made = corpus(tmp_path / "models", 20)
    before = [text.text for text in made.texts]
    again = corpus(tmp_path / "models", 20)
    assert [text.text for text in again.texts] == before
    assert again.edit(0.1) == 2
    after = [text.text for text in corpus(tmp_path / "models", 20).texts]
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 2


def test_a_corpus_can_be_made_of_a_folder(tmp_path: Path, examples: list[Path]) -> None:
    made = corpus(tmp_path / "models", 30, examples[0].parent)
    assert len({text.item["name"] for text in made.texts}) == 30


def test_peers_are_told_what_the_text_says() -> None:
    item = new_texts(1, 0)[0].item
    assert item["tags"]
    assert item["name"].casefold().split() == item["id"].split("-")
    assert item["description"].startswith("A ")


def test_writes_are_measured_and_done(tmp_path: Path) -> None:
    models = corpus(tmp_path / "models", 100)
    registry = open_registry(tmp_path / "registry")
    registry.register_models([text.registration for text in models.texts])
    stage = Stage(models, tmp_path / "registry", registry, tmp_path)
    found = {each.operation: each for each in measure_writing(stage)}
    assert found.keys() == {
        "register a new model",
        "register 64 models at once",
        "create_model_version",
        "update_model_metadata",
    }
    assert all(each.fsync > 0 for each in found.values())
    assert len(registry.catalogue().entries) > 400


def test_the_report_tells_figures_growth_peers_and_who_is_absent(tmp_path: Path) -> None:
    seen = [figure("get a model", size, 1) for size in (1_000, 10_000)]
    seen += [figure("get a model", 10_000, 7, "MLflow"), figure("register a new model", 1_000, 4, fsync=2)]
    run = report.Run("2031-01-01", {"Python": "3"}, {"GTO": "no such package"}, seen, {"Base Memory": "57 MB"}, NOTES)
    report.write(run, tmp_path / "run.md")
    told = (tmp_path / "run.md").read_text()
    assert "| get a model | ms | 1 | 1 | +0.00 |" in told
    assert "| get a model | 10,000 | 1 | MLflow | 7 | 7.0 |" in told
    assert "| register a new model | ms | 4 (2.0) |" in told
    assert "| get a model | 0 | +0.00 | yes |" in told
    assert "GTO did not take part: no such package." in told
    assert "MLflow took part up to 10 models." in told
    assert json.loads((tmp_path / "run.json").read_text())["figures"][0]["operation"] == "get a model"
    assert ET.fromstring((tmp_path / "run.svg").read_text()).tag.endswith("svg")


def test_a_picture_names_every_line_and_escapes_what_it_names() -> None:
    drawn = ET.fromstring(log_plot({"a < b": {1: 0.1, 1_000: 20}, "c": {1: 3}}, "Time", "ms"))
    told = {element.text for element in drawn.iter() if element.text}
    assert {"a < b", "c", "1,000", "Time (ms)"} <= told


def test_a_driven_peer_that_is_not_there_ends_the_run(tmp_path: Path) -> None:
    nobody = Environment("mlflow", Path(sys.executable), "")
    with pytest.raises(SystemExit, match="MLflow ended"), nobody.driven(tmp_path / "mlflow"):
        raise AssertionError("it never began")


def test_the_command_says_how_it_is_used() -> None:
    asked = [sys.executable, "-m", "tests.benchmarks", "--help"]
    told = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert all(option in told for option in ("--models", "--peers", "--corpus", "--out", "--work"))
