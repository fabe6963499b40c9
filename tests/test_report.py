"""The report files: their shape, and that stored text stays text in them."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from model_registry.bootstrap import open_registry
from model_registry.gnn.model import Connection, GNNModel, Variable
from model_registry.gnn.parser import parse
from model_registry.pipeline import run_pipeline
from model_registry.report import documentation_markdown, statistics_markdown
from model_registry.report.data import SCHEMA
from model_registry.report.files import json_text
from model_registry.report.markdown import code, escape, table
from model_registry.report.mermaid import NODES, dependency_graph, factor_graph, label
from model_registry.report.schemas import FORMS, json_schemas
from texts import coin

GOLDEN = Path(__file__).parent / "data" / "reports"
VARYING = (
    (re.compile(r'"head": "\d+:[0-9a-f]{64}"'), '"head": "<hash>"'),
    (re.compile(r'"(digest|fingerprint)": "(fp1:)?[0-9a-f]{64}"'), r'"\1": "<\1>"'),
)
"""What depends on the log's identity, or is tested where it is made."""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, examples: list[Path]) -> dict[str, str]:
    """Give the reports on the examples, written at a fixed time, outside of any git work tree."""
    place = tmp_path_factory.mktemp("reports")
    start = datetime(2026, 1, 31, 12, tzinfo=UTC)
    moments = (start + timedelta(minutes=minute) for minute in range(1_000))
    registry = open_registry(place / "registry", {"cleanup_enabled": False}, actor="ada", clock=lambda: next(moments))
    models = shutil.copytree(examples[0].parent, place / "models", ignore=shutil.ignore_patterns("__pycache__"))
    run_pipeline(registry, models, place / "output")
    texts = {path.name: path.read_text("utf-8") for path in (place / "output" / "model_registry").glob("*.*")}
    return {name: settled(text, place) for name, text in texts.items()}


def settled(text: str, place: Path) -> str:
    text = text.replace(str(place), "/place")
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    return text


@pytest.mark.parametrize(
    "name",
    [
        "registry.json",
        "model_index.json",
        "version_history.json",
        "metadata_index.json",
        "registry_statistics.json",
        "registry_report.md",
        "registry_summary.md",
    ],
)
def test_the_report_on_the_examples_is_as_reviewed(reports: dict[str, str], name: str) -> None:
    golden = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(reports[name], "utf-8")
    assert reports[name] == golden.read_text("utf-8")


def test_json_reports_name_their_schema(reports: dict[str, str]) -> None:
    named = {name: json.loads(text) for name, text in reports.items() if name.endswith(".json")}
    assert all(form["schema"].startswith("model-registry/") for form in named.values())
    assert {form["schema_version"] for form in named.values()} == {1}


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give the JSON reports on a registry that has some of everything."""
    place = tmp_path_factory.mktemp("varied")
    models = place / "models"
    models.mkdir()
    for number in range(4):
        (models / f"{number}.md").write_text(coin(f"Coin {number}", heads=0.1 + number / 10))
    registry = open_registry(place / "registry")
    run_pipeline(registry, models, place / "output")
    registry.update_model_metadata("coin-0", {"tags": ["toy"], "dependencies": ["coin-1@^1", "no@2", "pypi:numpy"]})
    registry.update_model_metadata("coin-1", {"performance": {"loss": {"value": 0.5, "dataset": "tosses"}, "score": 1}})
    registry.create_model_version("coin-1", "1.1.0-rc.1", reason="a trial")
    registry.yank_model_version("coin-1", "1.1.0-rc.1")
    registry.set_model_alias("coin-1", "best", "1.0.0")
    registry.deprecate_model("coin-2", "old", replacement="coin-1", sunset="2031-01-01")
    registry.archive_model("coin-3")
    (models / "0.md").write_text(coin("Coin 0", heads=0.9))
    run_pipeline(registry, models, place / "output")
    return {path.name: path.read_text("utf-8") for path in (place / "output" / "model_registry").glob("*.json")}


class TestForms:
    """The types of the JSON reports."""

    def test_every_json_report_has_a_form(self, varied: dict[str, str]) -> None:
        assert varied.keys() == FORMS.keys() == json_schemas().keys()

    @pytest.mark.parametrize("name", FORMS)
    def test_a_report_is_of_its_form(self, reports: dict[str, str], varied: dict[str, str], name: str) -> None:
        for text in (reports[name], varied[name]):
            FORMS[name].model_validate_json(text, strict=True)

    @pytest.mark.parametrize("name", FORMS)
    def test_a_key_more_or_less_is_another_form(self, varied: dict[str, str], name: str) -> None:
        form = json.loads(varied[name])
        for key in form:
            less = {known: value for known, value in form.items() if known != key}
            with pytest.raises(ValidationError):
                FORMS[name].model_validate(less)
        with pytest.raises(ValidationError):
            FORMS[name].model_validate({**form, "more": 1})

    def test_the_json_schema_tells_which_report_it_is_of_and_what_its_keys_hold(self) -> None:
        for name, schema in json_schemas().items():
            told = schema["properties"]
            assert told["schema"]["const"] == f"model-registry/{name.removesuffix('.json').replace('_', '-')}"
            assert told["schema_version"]["const"] == SCHEMA
            assert told["head"]["description"].startswith("SIZE:HASH")
            assert schema["description"].startswith(name)
            assert schema["additionalProperties"] is False

    def test_the_timeline_has_every_version_newest_first(self, varied: dict[str, str]) -> None:
        history = json.loads(varied["version_history.json"])
        moments = [(moment["model"], moment["version"]) for moment in history["timeline"]]
        assert moments[:2] == [("coin-0", "1.1.0"), ("coin-1", "1.1.0-rc.1")]
        assert sorted(moments) == sorted(
            (m, v["version"]) for m, versions in history["models"].items() for v in versions
        )
        days = [moment["at"] for moment in history["timeline"]]
        assert days == sorted(days, reverse=True)


class TestFullReport:
    """What the Markdown report tells beyond a list of models."""

    @pytest.fixture
    def report(self, tmp_path: Path) -> Callable[[], str]:
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "a.md").write_text(coin().replace("(0.5, 0.8)", "(0.5, 0.1)"))
        (tmp_path / "models" / "b.md").write_text(coin("Other", heads=0.3).replace("(0.3, 0.8)", "(0.3, 0.1)"))

        def write() -> str:
            run_pipeline(open_registry(tmp_path / "registry"), tmp_path / "models", tmp_path / "output")
            return (tmp_path / "output" / "model_registry" / "registry_report.md").read_text()

        return write

    def test_findings_are_counted_by_kind_before_each_is_told(self, report: Callable[[], str]) -> None:
        text = report()
        overview, _, rest = text.partition("## Findings")[2].partition("### Errors and warnings")
        assert re.search(r"\| error \| E020 \| 2 \| 2 \| \S", overview)
        assert len(re.findall(r"\| error \| `(?:coin-judge|other)` \| \d+ \| E020 \|", rest)) == 2

    def test_new_versions_of_all_models_stand_in_one_table(self, report: Callable[[], str], tmp_path: Path) -> None:
        assert "## Newest versions" not in report()
        (tmp_path / "models" / "a.md").write_text(coin(heads=0.6))
        newest = report().partition("## Newest versions")[2].splitlines()
        assert re.fullmatch(r"\| [0-9-]{10} \| `coin-judge` \| `1\.1\.0` \| minor \| .* \| \w+ \|", newest[4])

    def test_what_nothing_meets_is_told_below_the_graph(self, report: Callable[[], str], tmp_path: Path) -> None:
        report()
        requirements = {"dependencies": ["other@^1", "nowhere@2"]}
        open_registry(tmp_path / "registry").update_model_metadata("coin-judge", requirements)
        told = report().partition("## Dependencies")[2].partition("##")[0]
        assert "-->" in told
        assert told.strip().endswith("- `coin-judge` requires `nowhere@2`: there is no such model.")

    def test_growth_largest_and_most_used_are_told(self, report: Callable[[], str], tmp_path: Path) -> None:
        report()
        registry = open_registry(tmp_path / "registry")
        registry.get_model_source("other")
        page = statistics_markdown(registry.generate_registry_statistics())
        assert re.search(r"\| \d{4}-\d\d \| 2 \| 2 \|", page)
        assert "| `coin-judge` | 4 |" in page
        assert "| `other` | 1 | 0 |" in page
        assert "Most versions" not in page


def test_the_summary_is_one_page(reports: dict[str, str]) -> None:
    assert len(reports["registry_summary.md"].splitlines()) < 60


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), json_values, max_size=4))
def test_json_text_reads_back_as_it_was(form: dict[str, object]) -> None:
    assert json.loads("".join(json_text(form))) == form


HOSTILE = "a|b\n# c <script>x</script> `d` [e](f) *g* \x1b[31m\u202e $h$"


class TestMarkdown:
    def test_shows_a_hostile_text_as_it_is(self) -> None:
        assert escape(HOSTILE) == (r"a\|b \# c &lt;script&gt;x&lt;/script&gt; \`d\` \[e\](f) \*g\* \[31m \$h\$")

    def test_leaves_names_readable(self) -> None:
        assert (escape("A_m0 and s_f1"), escape("_so_")) == ("A_m0 and s_f1", r"\_so\_")

    @given(st.text())
    def test_a_cell_never_breaks_its_table(self, text: str) -> None:
        for cell in (escape(text), code(text)):
            assert len(table(("one",), [(cell,)]).splitlines()) == 3
            assert not re.search(r"(?<!\\)(?:\\\\)*\|", cell)

    @given(st.text())
    def test_no_text_opens_an_element(self, text: str) -> None:
        assert "<" not in escape(text)

    def test_a_long_text_is_cut(self) -> None:
        assert escape("word " * 100, 20) == "word word word word…"

    def test_a_table_without_rows_is_nothing(self) -> None:
        assert table(("one",), []) == ""


class TestFactorGraph:
    def test_groups_by_role_and_draws_directed_and_undirected_edges(self) -> None:
        assert factor_graph(parse(coin())).splitlines() == [
            "```mermaid",
            "flowchart LR",
            '  subgraph g0["Observations"]',
            '    n1["o<br/>2 × 1"]',
            "  end",
            '  subgraph g1["Hidden states"]',
            '    n0["s<br/>2 × 1"]',
            "  end",
            '  subgraph g2["Likelihood"]',
            '    n2["A<br/>2 × 2"]',
            "  end",
            '  subgraph g4["Priors and preferences"]',
            '    n3["D<br/>2"]',
            "  end",
            "  n3 --> n0",
            "  n0 --- n2",
            "  n2 --- n1",
            "```",
        ]

    def test_an_index_and_a_label_stand_at_the_edge(self) -> None:
        model = GNNModel(
            variables=(Variable("x"), Variable("y")),
            connections=(Connection(("x[t-1]",), ("x",)), Connection(("x",), ("y",), label="sees")),
        )
        lines = factor_graph(model).splitlines()
        assert '  n0 -->|"t-1"| n0' in lines
        assert '  n0 -->|"sees"| n1' in lines

    def test_a_large_model_is_cut_and_says_so(self) -> None:
        names = [f"v{number}" for number in range(NODES + 7)]
        model = GNNModel(variables=tuple(map(Variable, names)), connections=(Connection((names[-1],), (names[0],)),))
        drawing = factor_graph(model)
        assert drawing.count('["v') == NODES
        assert f'["{names[-1]}"]' in drawing
        assert drawing.endswith("7 more nodes are not drawn.")

    @given(st.text())
    def test_no_label_leaves_its_quotes_or_its_line(self, text: str) -> None:
        assert not set(label(text)) & set('"<>`|\\\n\r')

    @given(st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True))
    def test_any_names_give_a_drawing_of_one_block(self, names: list[str]) -> None:
        model = GNNModel(variables=tuple(map(Variable, names)), connections=(Connection((names[0],), (names[-1],)),))
        assert factor_graph(model).count("```") == 2


class TestDependencyGraph:
    def test_tells_resolved_from_unresolved(self) -> None:
        requires = [
            {"id": "b", "requirement": "b@^1", "resolved": "1.0.0"},
            {"id": "c", "requirement": "c", "resolved": None},
        ]
        drawing = dependency_graph([{"id": "a", "dependencies": {"requires": requires}}])
        assert '  n0 -->|"^1"| n1' in drawing
        assert "  n0 -.-> n2" in drawing

    def test_is_nothing_where_nothing_is_required(self) -> None:
        assert dependency_graph([{"id": "a", "dependencies": {"requires": []}}]) == ""


def test_a_hostile_model_leaves_the_report_whole(tmp_path: Path) -> None:
    text = coin("Evil | <b>Coin</b> \x1b[2J", annotation="Hello | there ``` </details> # heading, friend.")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a.md").write_text(text)
    run_pipeline(open_registry(tmp_path / "r"), tmp_path / "m", tmp_path / "o")
    report = (tmp_path / "o" / "model_registry" / "registry_report.md").read_text()
    assert "<b>" not in report
    assert "</details>" not in report
    assert "\x1b" not in report
    assert report.count("```") == 2


class TestPagesForPrograms:
    def test_statistics_become_tables(self) -> None:
        page = statistics_markdown({"registry": "/r", "models": 2, "versions": 3, "kinds": {"pomdp": 2}, "states": {}})
        assert "Registry: `/r`" in page
        assert "| Models | 2 |" in page
        assert "| pomdp | 2 |" in page

    def test_statistics_of_nothing_are_still_a_page(self) -> None:
        assert statistics_markdown({}).startswith("<!-- model-registry report")

    def test_models_and_rows_of_a_run_become_a_page(self) -> None:
        listed = {"id": "a", "name": "A model", "current_version": "1.2.0", "state": "active", "description": "Some."}
        registered = {"path": "b.md", "model_id": "b", "version": "1.0.0", "outcome": "created", "kinds": ["hmm"]}
        page = documentation_markdown([listed, registered])
        assert "| `a` | A model | 1.2.0 | active |  |  |" in page
        assert "| `b` | b.md | 1.0.0 | created | hmm |  |" in page
        assert "## A model\n\nSome." in page

    def test_no_models_are_said_to_be_none(self) -> None:
        assert "No models." in documentation_markdown([])
