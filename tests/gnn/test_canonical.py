"""The canonical form and its fingerprints: what they see, what they do not, and that they stay the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from change_pairs import BASE, EDITS, edited
from model_registry.gnn.canonical import canonical, fingerprint, structure_fingerprint
from model_registry.gnn.changes import STRUCTURE
from model_registry.gnn.model import Connection, GNNModel, Parameter, Variable
from model_registry.gnn.parser import parse

RENAMED = {"A": "Likely", "B": "Moves", "s": "door", "s_prime": "door_later", "o": "sound", "u": "deed", "w": "ear"}


def with_value(value: object) -> GNNModel:
    tensor = np.array(value, dtype=np.float64)
    return GNNModel(parameters=(Parameter("X", 1, tensor.shape, tensor.shape, tensor),))


def renamed(model: GNNModel, names: dict[str, str]) -> GNNModel:
    """Give a copy in which variables go by other names, everywhere but in prose."""

    def new(name: str) -> str:
        return names.get(name, name)

    return GNNModel(
        variables=tuple(
            Variable(new(item.name), tuple(map(new, item.dims)), item.shape, item.type) for item in model.variables
        ),
        connections=tuple(
            Connection(
                tuple(map(new, item.sources)), tuple(map(new, item.targets)), item.operator, item.directed, item.label
            )
            for item in model.connections
        ),
        parameters=tuple(
            Parameter(new(item.name), 0, item.shape, item.effective_shape, item.value, item.text)
            for item in model.parameters
        ),
        ontology=tuple((new(name), term) for name, term in model.ontology),
        time=model.time,
    )


def test_the_fingerprint_of_a_given_text_never_changes() -> None:
    model = parse(
        "## StateSpaceBlock\ns[2,1,type=float]\n## Connections\nD>s\n## InitialParameterization\nD={(0.5, 0.5)}\n"
    )
    assert fingerprint(model) == "fp1:78c4bf69905a88975132a5b8f09cb011c4b2b2a32997b52100c2e00fec5f2b50"
    assert structure_fingerprint(model) == "sp1:59f4e6cf2748768ad7737bae01bdb87b240d7fdd48d8c6d04497e415c14042cc"


def test_the_canonical_form_of_a_small_model() -> None:
    model = parse(
        "## StateSpaceBlock\npi[02, type=Float]\n## Connections\n(u, pi) -> s:go\n"
        "## Time\nDynamic\nModelTimeHorizon=∞\n"
    )
    assert canonical(model) == {
        "variables": {"π": {"dims": ["2"], "type": "float", "default": None}},
        "connections": [["directed", ("u", "π"), ("s",), "go"]],
        "parameters": {},
        "ontology": [],
        "time": {"dynamic": True, "discrete": None, "variable": None, "horizon": "unbounded", "other": {}},
        "model_parameters": {},
        "equations": [],
    }


@pytest.mark.parametrize("kind", EDITS)
def test_the_canonical_form_is_json_and_small(kind: str) -> None:
    assert len(json.dumps(canonical(parse(edited(kind))), allow_nan=False)) < 5_000


@pytest.mark.parametrize("value", [[0.5, 0.5], [[0.5, 0.5]], [[0.5], [0.5]], [[[0.5, 0.5]]]])
def test_axes_of_length_one_do_not_count(value: object) -> None:
    assert with_value(value).fingerprint == with_value([0.5, 0.5]).fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 3.0], [2.0, 4.0]]),
        ([[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0, 3.0, 4.0]),
        ([0.5, 0.5], [0.5, 0.5000001]),
        ([1.0], [2.0]),
    ],
)
def test_other_numbers_and_other_shapes_count(one: object, other: object) -> None:
    assert with_value(one).fingerprint != with_value(other).fingerprint


def test_the_sign_of_zero_and_the_layout_in_memory_do_not_count() -> None:
    value = np.array([[0.0, 1.0], [2.0, -3.0]])
    assert with_value(-value).fingerprint == with_value(np.asfortranarray(0.0 - value)).fingerprint


def test_an_undirected_edge_reads_the_same_from_both_ends() -> None:
    one = GNNModel(connections=(Connection(("a", "b"), ("c",), "-", directed=False),))
    other = GNNModel(connections=(Connection(("c",), ("b", "a"), "-", directed=False),))
    assert one.fingerprint == other.fingerprint


def test_a_directed_edge_does_not() -> None:
    one, other = (GNNModel(connections=(Connection((a,), (b,)),)) for a, b in ("xy", "yx"))
    assert one.fingerprint != other.fingerprint


def test_a_backward_arrow_is_the_forward_one_turned() -> None:
    head = "## StateSpaceBlock\na[1]\nb[1]\n## Connections\n"
    assert parse(head + "a<-b\n").fingerprint == parse(head + "b>a\n").fingerprint


def test_composed_and_decomposed_letters_are_one_name() -> None:
    one, other = (GNNModel(variables=(Variable(name),)) for name in ("s\u00e9", "se\u0301"))
    assert one.fingerprint == other.fingerprint


def test_a_word_that_begins_with_pi_is_not_the_policy() -> None:
    one, other = (GNNModel(variables=(Variable(name),)) for name in ("pilot", "πlot"))
    assert one.fingerprint != other.fingerprint


def test_comments_in_equations_do_not_count_and_lines_do() -> None:
    texts = ("x = y # so", "# before\nx=y", "x = z")
    first, second, third = (GNNModel(equations=text).fingerprint for text in texts)
    assert first == second != third


def test_primes_in_equations_are_no_quotes() -> None:
    assert GNNModel(equations="s' = B  s'").fingerprint == GNNModel(equations="s'=B s'").fingerprint


def test_spaces_in_a_value_count_only_inside_quotes() -> None:
    texts = ('f( "a b", 0.50 )', 'f("a b",0.5)', 'f("a  b",0.5)')
    first, second, third = (GNNModel(parameters=(Parameter("X", text=text),)).fingerprint for text in texts)
    assert first == second != third


def test_copies_with_other_names_have_one_structure() -> None:
    model = parse(BASE)
    copy = renamed(model, RENAMED)
    assert structure_fingerprint(copy) == structure_fingerprint(model)
    assert copy.fingerprint != model.fingerprint


@given(st.permutations(sorted(RENAMED)))
def test_names_may_even_change_places(order: list[str]) -> None:
    model = renamed(parse(BASE), {})
    copy = renamed(model, dict(zip(sorted(RENAMED), order, strict=True)))
    assert structure_fingerprint(copy) == structure_fingerprint(model)


NAMELESS = {"time-variable", "time-horizon", "time-setting", "equations", "variable-renamed", "variable-default"}
"""What the structure leaves out, ModelParameters aside."""


@pytest.mark.parametrize("kind", [kind for kind in STRUCTURE if "model-parameter" not in kind])
def test_the_structure_sees_the_graph_and_the_numbers(kind: str) -> None:
    left_out = kind in NAMELESS or kind.startswith(("dimension-parameter", "axis-order"))
    same = structure_fingerprint(parse(edited(kind))) == structure_fingerprint(parse(BASE))
    assert same is left_out


def test_a_cycle_and_two_shorter_ones_differ_by_their_nodes() -> None:
    def ring(*names: str) -> tuple[Connection, ...]:
        return tuple(Connection((a,), (b,)) for a, b in zip(names, (*names[1:], names[0]), strict=True))

    one = GNNModel(variables=(Variable("a", ("2",), (2,)),), connections=ring(*"abcdef"))
    two = GNNModel(variables=(Variable("a", ("2",), (2,)),), connections=ring(*"abc") + ring(*"def"))
    assert structure_fingerprint(one) != structure_fingerprint(two)


def test_no_two_shipped_examples_share_a_fingerprint(examples: list[Path]) -> None:
    models = [parse(path.read_text(encoding="utf-8")) for path in examples]
    assert len({model.fingerprint for model in models}) == len(models)
    assert len({structure_fingerprint(model) for model in models}) == len(models)


def test_real_models_share_a_fingerprint_only_when_they_share_their_text(corpus: Path) -> None:
    texts = {path.read_text(encoding="utf-8") for path in corpus.rglob("*.md") if "StateSpaceBlock" in path.read_text()}
    assert len({parse(text).fingerprint for text in texts}) == len(texts)


@pytest.mark.parametrize("elision", ["{(0.2, …, 0.2)}", "{(0.2, ..., 0.2)}"])
def test_values_left_out_read_alike_however_the_dots_are_written(elision: str) -> None:
    written = "## ModelName\nDots\n\n## StateSpaceBlock\nD[9,type=float]\n\n## InitialParameterization\nD={}\n"
    dots = parse(written.replace("{}", "{(0.2, ... , 0.2)}"))
    assert parse(written.replace("{}", elision)).fingerprint == dots.fingerprint
