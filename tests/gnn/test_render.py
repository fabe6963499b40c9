"""Writing a model: what is written reads back as the same model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.gnn.model import Connection, GNNModel, Parameter, TimeSettings, Variable
from model_registry.gnn.parser import parse
from model_registry.gnn.render import to_markdown

EVERY_FORM = (Path(__file__).parents[1] / "data" / "gnn" / "every_form.md").read_text(encoding="utf-8")


def meaning(model: GNNModel) -> dict[str, Any]:
    """Give all that a model says, without the lines it says it on."""
    form = model.to_dict(full=True)
    for key in ("sections", "missing_sections", "diagnostics"):
        del form[key]
    for row in (*form["variables"], *form["connections"], *form["parameters"]):
        del row["line"]
    texts = (model.title, model.annotation, model.footer, model.signature, model.flags, model.front_matter)
    notes = [edge.description for edge in model.connections] + [value.comment for value in model.parameters]
    return form | {"texts": texts, "notes": notes}


def test_a_model_of_every_form_reads_back() -> None:
    model = parse(EVERY_FORM)
    assert meaning(parse(to_markdown(model))) == meaning(model)


def test_the_fingerprint_of_a_model_reads_back() -> None:
    model = parse(EVERY_FORM)
    assert parse(to_markdown(model)).fingerprint == model.fingerprint


def test_the_examples_read_back(examples: list[Path]) -> None:
    assert examples
    for path in examples:
        model = parse(path.read_text(encoding="utf-8"))
        assert meaning(parse(to_markdown(model))) == meaning(model), path.name
        assert parse(to_markdown(model)).fingerprint == model.fingerprint, path.name


def test_writing_twice_gives_the_same_text() -> None:
    once = to_markdown(parse(EVERY_FORM))
    assert to_markdown(parse(once)) == once


@pytest.mark.parametrize("text", ["## StateSpaceBlock\nq[2]", "```\nunclosed", "# Time\nStatic", "a\n---\nb"])
def test_a_free_text_opens_no_section_when_written(text: str) -> None:
    model = GNNModel(name="M", annotation=text, variables=(Variable("s", ("2",)),), footer="end")
    read = parse(to_markdown(model))
    assert ([variable.name for variable in read.variables], read.footer) == (["s"], "end")
    assert read.time == TimeSettings()


@pytest.mark.parametrize("text", ["a # b", "3", "true", "[1, 2]", "plain"])
def test_texts_that_look_like_something_else_stay_texts(text: str) -> None:
    model = GNNModel(model_parameters={"k": text}, time=TimeSettings(horizon=text), ontology=(("s", "T # u"),))
    read = parse(to_markdown(model))
    assert (read.model_parameters["k"], read.time.horizon, read.ontology) == (text, text, (("s", "T # u"),))


@pytest.mark.parametrize(
    "text",
    [
        "## Wind\nA[3]\nprose\n## StateSpaceBlock\nA[2]",
        "## StateSpaceBlock\nA[2]\n## Wind\nA[3]\n## StateSpaceBlock\nB[2]\n## Wind\nprose",
        "## StateSpaceBlock\ns[2]\n## InitialParameterization\nx=f(\n  a=1,\n  b=2)\n  y={\n    1,\n    2",
        "## StateSpaceBlock\ns[2]\n## ActInfOntologyAnnotation\ns[1, 2], s=Term",
    ],
)
def test_the_fingerprint_of_a_disordered_model_reads_back(text: str) -> None:
    model = parse(text)
    assert parse(to_markdown(model)).fingerprint == model.fingerprint


NAMES = st.from_regex(r"[A-Za-zπμ][A-Za-z0-9_]{0,6}", fullmatch=True).filter(lambda name: name != "len")
DIMS = st.lists(st.integers(1, 9).map(str) | NAMES.filter(lambda name: len(name) > 3), max_size=3).map(tuple)
WORDS = st.from_regex(r"[A-Za-z][A-Za-z ,.]{0,20}[a-z]", fullmatch=True)
VARIABLES = st.builds(Variable, NAMES, DIMS, st.just(()), st.sampled_from([None, "float", "A|B"]), description=WORDS)
GROUPS = st.lists(NAMES, min_size=1, max_size=3).map(tuple)
EDGES = st.builds(
    lambda sources, targets, operator, label: Connection(
        sources, targets, operator, operator not in {"-", "<->"}, label
    ),
    GROUPS,
    GROUPS,
    st.sampled_from([">", "->", "-", "<->", "|", "<", "<-"]),
    st.none() | NAMES,
)
CELLS = st.floats(allow_nan=False)
VALUES = st.builds(
    lambda name, shape, cell: Parameter(name, value=np.full(shape, cell)),
    NAMES,
    st.lists(st.integers(1, 3), min_size=0, max_size=4).map(tuple),
    CELLS,
)


@given(st.lists(VARIABLES, max_size=4), st.lists(EDGES, max_size=4), st.lists(VALUES, max_size=3))
@settings(max_examples=150, deadline=None)
def test_every_model_reads_back(
    variables: list[Variable], edges: list[Connection], parameters: list[Parameter]
) -> None:
    model = GNNModel(name="M", variables=tuple(variables), connections=tuple(edges), parameters=tuple(parameters))
    read = parse(to_markdown(model))
    assert [(v.name, v.dims, v.type, v.description) for v in read.variables] == [
        (v.name, v.dims, v.type, v.description) for v in variables
    ]
    assert [(e.sources, e.targets, e.operator, e.directed, e.label) for e in read.connections] == [
        (e.sources, e.targets, e.operator, e.directed, e.label) for e in edges
    ]
    assert [p.name for p in read.parameters] == [p.name for p in parameters]
    for found, given_ in zip(read.parameters, parameters, strict=True):
        assert found.value is not None
        assert given_.value is not None
        np.testing.assert_array_equal(found.value, given_.value, strict=True)
