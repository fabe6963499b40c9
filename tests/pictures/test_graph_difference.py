"""Two models in one picture: what was added, removed and changed is marked, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from change_pairs import BASE, EDITS, edited
from drawn import of_class, read, told
from model_registry.gnn.changes import STRUCTURE
from model_registry.gnn.parser import parse
from model_registry.pictures import Mark, factor_graph, graph_difference
from texts import coin

OLD = coin()


def marks(new: str, old: str = OLD) -> tuple[dict[str, str], dict[str, str]]:
    """Give the marks of nodes and of edges (as written) in the picture of a text drawn over an older one."""
    before, after = parse(old), parse(new)
    root = read(factor_graph(after, compared=graph_difference(before, after)))
    nodes: dict[str, str] = {}
    edges: dict[str, str] = {}
    for mark in Mark:
        nodes |= {node.attrib["data-name"]: mark for node in of_class(root, mark) if "data-name" in node.attrib}
        edges |= {told(edge).splitlines()[0]: mark for edge in of_class(root, mark) if "data-source" in edge.attrib}
    return nodes, edges


class TestMarks:
    def test_a_model_beside_itself_has_none(self) -> None:
        assert marks(OLD) == ({}, {})

    def test_what_only_the_newer_has_is_added(self) -> None:
        new = OLD.replace("D[2,", "E[3,type=float]\nD[2,").replace("D>s\n", "D>s\nE>s\n")
        assert marks(new) == ({"E": "added"}, {"E → s": "added"})

    def test_what_only_the_older_has_is_drawn_and_removed(self) -> None:
        new = OLD
        for line in ("D[2,type=float]      # prior over coins", "D>s", "D={(0.5, 0.5)}", "D=PriorOverHiddenStates"):
            new = new.replace(f"{line}\n", "")
        assert marks(new) == ({"D": "removed"}, {"D → s": "removed"})

    def test_other_numbers_change_a_variable(self) -> None:
        after = parse(coin(heads=0.1))
        difference = graph_difference(parse(OLD), after)
        assert difference.variables == {"A": Mark.CHANGED}
        assert difference.notes == {"A": ("changed: a parameter's numbers differ beyond rounding",)}

    def test_a_renamed_variable_is_one_changed_variable_with_its_edges_in_place(self) -> None:
        new = OLD.replace("o[2", "out[2").replace("A-o", "A-out").replace("o=Observation", "out=Observation")
        nodes, edges = marks(new)
        assert (nodes, edges) == ({"out": "changed"}, {})
        difference = graph_difference(parse(OLD), parse(new))
        assert difference.notes["out"] == ("renamed from o",)

    def test_an_edge_turned_round_is_changed_and_tells_what_it_was(self) -> None:
        nodes, edges = marks(OLD.replace("D>s", "s>D"))
        assert (nodes, edges) == ({}, {"s → D": "changed"})
        after = parse(OLD.replace("D>s", "s>D"))
        [notes] = graph_difference(parse(OLD), after).notes.values()
        assert notes == ("changed: an edge points the other way; before: D>s",)

    def test_the_sides_exchanged_exchange_added_and_removed(self) -> None:
        new = OLD.replace("D[2,", "E[3,type=float]\nD[2,").replace("D>s\n", "D>s\nE>s\n")
        there, back = graph_difference(parse(OLD), parse(new)), graph_difference(parse(new), parse(OLD))
        assert (there.variables, there.gone.variables, there.gone.connections) == ({"E": Mark.ADDED}, (), ())
        assert (back.variables, [variable.name for variable in back.gone.variables]) == ({}, ["E"])
        assert [connection.sources for connection in back.gone.connections] == [("E",)]


def test_the_signs_are_told_in_the_legend() -> None:
    before, after = parse(OLD), parse(coin(heads=0.1))
    picture = factor_graph(after, compared=graph_difference(before, after))
    root = read(picture)
    assert "compared" in root.attrib["class"].split()
    assert picture.count(">changed<") == 1
    assert ">added<" not in picture
    assert [badge.get("class") for badge in of_class(root, "badge")] == ["badge changed"] * 2


@pytest.mark.parametrize("kind", EDITS)
def test_a_change_of_any_kind_marks_what_it_is_of_and_nothing_else(kind: str) -> None:
    nodes, edges = marks(edited(kind), BASE)
    what = kind.partition("-")[0] if kind in STRUCTURE else ""
    assert list(nodes) == ([EDITS[kind].name] if what in {"variable", "parameter", "ontology"} else [])
    assert len(edges) == (what == "edge")
    assert set(nodes.values()) | set(edges.values()) <= {_MARKS.get(kind, "changed")}


_MARKS = {
    "variable-added": "added",
    "edge-added": "added",
    "variable-removed": "removed",
    "edge-removed": "removed",
}


def test_versions_of_an_example_may_be_compared_with_any_other(examples: list[Path]) -> None:
    models = [parse(path.read_text()) for path in examples]
    for before, after in zip(models, models[1:] + models[:1], strict=True):
        difference = graph_difference(before, after)
        root = read(factor_graph(after, compared=difference))
        names = {node.attrib["data-name"] for node in of_class(root, "node")}
        assert {v.name for v in after.variables} | {v.name for v in difference.gone.variables} <= names
