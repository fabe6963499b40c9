"""Factor graphs: everything is drawn, nothing lies on anything else, and what is stored stays text."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from drawn import SVG, of_class, paths, points, read, texts, told
from model_registry.gnn.model import Connection, GNNModel, Variable
from model_registry.gnn.parser import parse
from model_registry.pictures import factor_graph
from model_registry.pictures.folding import folded
from model_registry.pictures.graph import ENDS, NODES, read_graph
from model_registry.pictures.layout import Box, Strand, arranged, laid_out
from model_registry.pictures.letters import SMALL_SIZE, text_width
from model_registry.pictures.plan import Rectangle, planned
from texts import coin

GOLDEN = Path(__file__).parents[1] / "data" / "pictures"
EXAMPLES = sorted((Path(__file__).parents[2] / "src" / "model_registry" / "examples").glob("*.md"))


def of(names: Iterable[str], *connections: Connection) -> GNNModel:
    return GNNModel(name="a model", variables=tuple(map(Variable, names)), connections=connections)


def assert_all_is_drawn(model: GNNModel) -> None:
    root = read(factor_graph(model))
    shown = [node.attrib["data-name"] for node in of_class(root, "node")]
    assert sorted(shown) == sorted(set(shown))
    assert {variable.name for variable in model.variables} <= set(shown)
    edges = {
        (edge.attrib["data-source"], edge.attrib["data-target"])
        for edge in of_class(root, "edge")
        if "data-source" in edge.attrib
    }
    assert edges == {(" ".join(link.sources), " ".join(link.targets)) for link in read_graph(model).links}
    assert all(set(ends.split()) <= set(shown) for pair in edges for ends in pair)


def assert_nothing_lies_on_anything(model: GNNModel) -> None:
    """Hold that no two boxes meet, no line enters a box that it does not join, and no label lies on another thing."""
    boxes = planned(read_graph(model)).boxes
    for (one, box), (other, its) in combinations(boxes.items(), 2):
        assert not _meet(box, its), f"{one} lies on {other}"
    root = read(factor_graph(model))
    edges = [edge for edge in of_class(root, "edge") if "data-source" in edge.attrib]
    for edge in edges:
        ends = {*edge.attrib["data-source"].split(), *edge.attrib["data-target"].split()}
        foreign = {name: box for name, box in boxes.items() if name not in ends}
        for path in paths(edge):
            for name, box in foreign.items():
                assert not any(_inside(point, box) for point in path), f"{ends} runs through {name}"
    labels = [label for edge in edges for label in _labels(edge)]
    for label in labels:
        assert not [name for name, box in boxes.items() if _meet(label, box)]
    assert not [pair for pair in combinations(labels, 2) if _meet(*pair)]


def _inside(point: tuple[float, float], box: Rectangle) -> bool:
    return abs(point[0] - box.x) < box.width / 2 - 0.2 and abs(point[1] - box.y) < box.height / 2 - 0.2


def _meet(one: Rectangle, other: Rectangle) -> bool:
    apart = (abs(one.x - other.x), abs(one.y - other.y))
    return apart[0] < (one.width + other.width) / 2 - 0.2 and apart[1] < (one.height + other.height) / 2 - 0.2


def _labels(edge: ET.Element) -> Iterator[Rectangle]:
    for label in edge.findall(f"{SVG}text"):
        width = text_width(label.text or "", SMALL_SIZE)
        left = float(label.attrib["x"]) - (width / 2 if label.get("text-anchor") == "middle" else 0.0)
        yield Rectangle(left + width / 2, float(label.attrib["y"]) - 4, width, 9.0)


class TestModels:
    """The models that are shipped and those that people wrote."""

    @pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
    def test_an_example_is_drawn_whole_and_clear(self, path: Path) -> None:
        model = parse(path.read_text())
        assert_all_is_drawn(model)
        assert_nothing_lies_on_anything(model)

    def test_real_models_are_drawn_whole_and_clear(self, corpus: Path) -> None:
        for path in sorted(corpus.rglob("*.md")):
            model = parse(path.read_text())
            if model.variables:
                assert_all_is_drawn(model)
                assert_nothing_lies_on_anything(model)

    @pytest.mark.parametrize("name", ["markov_chain", "t_maze"])
    def test_an_example_is_drawn_as_reviewed(self, name: str) -> None:
        path = next(path for path in EXAMPLES if path.stem == name)
        drawn = factor_graph(parse(path.read_text()), standalone=True) + "\n"
        golden = GOLDEN / f"{name}.svg"
        if os.environ.get("UPDATE_GOLDEN"):
            golden.write_text(drawn, "utf-8")
        assert drawn == golden.read_text("utf-8")


FIND = (Phase.explicit, Phase.reuse, Phase.generate)
"""A picture that fails is small enough to be read; to make it smaller takes long."""

NAMES = [f"{letter}{number}" for letter in "sAoBu" for number in range(3)]
ends = st.lists(st.sampled_from([*NAMES, "s0[t-1]", "o1[t]"]), min_size=1, max_size=4).map(tuple)
connections = st.builds(
    Connection,
    sources=ends,
    targets=ends,
    operator=st.sampled_from([">", "-", "<->", "|"]),
    directed=st.booleans(),
    label=st.sampled_from([None, None, "a label", "another, longer label of an edge"]),
)


class TestAnyGraph:
    @settings(max_examples=30, deadline=None, phases=FIND)
    @given(st.lists(connections, max_size=14))
    def test_is_drawn_whole_and_clear(self, edges: list[Connection]) -> None:
        model = of(NAMES, *edges)
        assert_all_is_drawn(model)
        assert_nothing_lies_on_anything(model)

    @pytest.mark.long
    @settings(max_examples=300, deadline=None, phases=FIND)
    @given(st.lists(connections, max_size=30))
    def test_is_drawn_whole_and_clear_at_length(self, edges: list[Connection]) -> None:
        assert_nothing_lies_on_anything(of(NAMES, *edges))

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True))
    def test_any_names_give_well_formed_text_without_markup(self, names: list[str]) -> None:
        model = of(names, Connection((names[0],), (names[-1],), label=names[0]))
        for standalone in (False, True):
            root = read(factor_graph(model, standalone=standalone))
            assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
                "svg", "title", "desc", "style", "g", "rect", "path", "circle", "text",
            }  # fmt: skip
            assert not [
                name for element in root.iter() for name in element.attrib if "href" in name or name.startswith("on")
            ]


def unrolled(steps: int) -> GNNModel:
    """Give a model with a state, an observation and an action for each step of time."""
    names = [f"{letter}_t{step}" for step in range(steps) for letter in "sou"]
    edges = [Connection((f"s_t{step}",), (f"o_t{step}",), label="seen" if step % 3 else None) for step in range(steps)]
    edges += [Connection((f"s_t{step}", f"u_t{step}"), (f"s_t{step + 1}",)) for step in range(steps - 1)]
    return of(names, *edges, Connection(("s_t0",), (f"s_t{steps - 1}",)), Connection((f"u_t{steps - 1}",), ("u_t0",)))


class TestLongGraphs:
    @pytest.mark.parametrize("steps", [12, 20, 50])
    def test_are_folded_into_columns_and_stay_whole_and_clear(self, steps: int) -> None:
        model = unrolled(steps)
        assert_all_is_drawn(model)
        assert_nothing_lies_on_anything(model)
        plan = planned(read_graph(model))
        assert 1 / 3 < plan.width / plan.height < 3

    def test_a_line_reaches_its_arrow_also_where_it_turns_round(self) -> None:
        root = read(factor_graph(unrolled(20)))
        for edge in of_class(root, "edge"):
            tips = [next(points(arrow.attrib["d"])) for arrow in of_class(edge, "arrow")]
            stops = [point for path in paths(edge) for point in (path[0], path[-1])]
            assert all(any(abs(x - tip[0]) + abs(y - tip[1]) < 6.5 for x, y in stops) for tip in tips)

    def test_a_short_graph_is_not_folded(self) -> None:
        skeleton = arranged([False] * 3, [Strand(0, 1, 2), Strand(1, 2, 2)])
        layout = laid_out(skeleton, [Box(20, 40, outline="square")] * 3)
        assert folded(layout, 2) != layout
        assert planned(read_graph(of("abc", Connection(("a",), ("b",)), Connection(("b",), ("c",))))).height < 60


class TestParts:
    """What the parts of a picture say."""

    def test_a_node_tells_its_name_size_type_description_and_term(self) -> None:
        root = read(factor_graph(parse(coin())))
        node = next(node for node in of_class(root, "node") if node.attrib["data-name"] == "A")
        assert told(node).splitlines() == ["A [2, 2], float", "P(face | coin)", "LikelihoodMatrix", "likelihood"]
        assert node.attrib["class"] == "node role-likelihood likelihood"
        assert node.attrib["tabindex"] == "0"

    def test_arrows_tell_directed_from_undirected(self) -> None:
        root = read(factor_graph(parse(coin())))
        arrows = {
            told(edge).splitlines()[0]: len(of_class(edge, "arrow")) for edge in of_class(root, "edge") if told(edge)
        }
        assert arrows == {"D → s": 1, "s – A": 0, "A – o": 0}

    def test_a_connection_of_many_has_one_joint_and_a_strand_for_each(self) -> None:
        root = read(factor_graph(of("abc", Connection(("a", "b"), ("c",), label="both"))))
        [edge] = [edge for edge in of_class(root, "edge") if told(edge)]
        assert (edge.attrib["data-source"], edge.attrib["data-target"]) == ("a b", "c")
        assert len(of_class(edge, "joint")) == len(of_class(edge, "arrow")) == 1
        assert len(list(paths(edge))) == 3
        assert "both" in texts(edge)

    def test_an_index_is_the_label_of_an_edge_that_has_none(self) -> None:
        root = read(factor_graph(of("xy", Connection(("x[t-1]",), ("x[t]",)), Connection(("x[t]",), ("y",)))))
        assert {"t-1 → t", "t"} <= set(texts(root))

    def test_what_is_not_declared_is_told_apart(self) -> None:
        root = read(factor_graph(of("a", Connection(("a",), ("b",)))))
        assert [node.attrib["data-name"] for node in of_class(root, "undeclared")] == ["b"]

    def test_the_legend_names_the_groups_that_there_are(self) -> None:
        shown = texts(read(factor_graph(parse(coin()))))
        assert {"Observations", "Hidden states", "Likelihood", "Priors and preferences", "undirected"} <= set(shown)
        assert "Policy and action" not in shown

    def test_the_picture_has_a_name_and_a_description(self) -> None:
        root = read(factor_graph(parse(coin())))
        named = {element.get("id"): element.text for element in root if element.get("id")}
        assert named[root.attrib["aria-labelledby"]] == "The connections of Coin Judge"
        about = named[root.attrib["aria-describedby"]] or ""
        assert about.startswith("4 variables, 3 connections. Hidden states: s. Observations: o.")

    def test_only_a_file_brings_a_style(self) -> None:
        model = parse(coin())
        page, file = factor_graph(model), factor_graph(model, standalone=True)
        assert "<style>" not in page
        assert "style=" not in page
        assert "prefers-color-scheme" in file
        assert "var(" not in file

    def test_a_model_without_variables_says_so(self) -> None:
        assert "The model declares no variables." in texts(read(factor_graph(GNNModel())))


def large() -> GNNModel:
    names = [f"v{number}" for number in range(5_000)]
    return of(names, *(Connection((name,), (names[(7 * place) % 900],)) for place, name in enumerate(names)))


class TestBounds:
    def test_a_large_model_is_cut_and_says_so(self) -> None:
        graph = read_graph(large())
        root = read(factor_graph(large()))
        assert len(of_class(root, "node")) == NODES
        assert sum(len(link.sources) + len(link.targets) for link in graph.links) <= ENDS
        left = f"Not drawn: {5_000 - NODES:,} more variables and {5_000 - len(graph.links):,} more connections."
        assert left in texts(root)

    def test_a_hyperedge_beyond_bounds_is_left_out_and_counted(self) -> None:
        names = [f"v{number}" for number in range(NODES)]
        model = of(names, *(Connection(tuple(names[1:]), (name,)) for name in names))
        graph = read_graph(model)
        assert len(graph.links) == ENDS // NODES
        assert f"Not drawn: {NODES - len(graph.links)} more connections." in texts(read(factor_graph(model)))

    def test_the_same_model_gives_the_same_bytes(self) -> None:
        assert factor_graph(large()) == factor_graph(large())
