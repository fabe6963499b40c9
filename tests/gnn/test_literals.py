"""Values: what is an array and of which shape, what stays text, where a value ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model_registry.gnn.literals import MAX_DEPTH, Fault, fitted, read_array, read_setting
from model_registry.gnn.model import GNNModel, Parameter
from model_registry.gnn.parser import parse
from model_registry.gnn.render import to_markdown


def assigned(*lines: str, declared: str = "") -> GNNModel:
    return parse("\n".join(["## StateSpaceBlock", declared, "## InitialParameterization", *lines]))


def only(model: GNNModel) -> Parameter:
    (parameter,) = model.parameters
    return parameter


def codes(model: GNNModel) -> list[str]:
    return [found.code for found in model.diagnostics]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0", 1.0),
        ("-2", -2.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e-3", 0.001),
        ("-inf", -math.inf),
        ("(0.5)", [0.5]),
        ("{(0.5)}", [[0.5]]),
        ("{0.5, 0.5}", [0.5, 0.5]),
        ("{(0.5, 0.5)}", [[0.5, 0.5]]),
        ("{(0.5),(0.5)}", [[0.5], [0.5]]),
        ("{ (0.9, 0.1), (0.1, 0.9) }", [[0.9, 0.1], [0.1, 0.9]]),
        ("{ ((1,0),(0,1)), ((0,1),(1,0)) }", [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]),
        ("{((0.5, 0.5),),}", [[[0.5, 0.5]]]),
        ("[[1, 0], [0, 1]]", [[1, 0], [0, 1]]),
        ("{ [[1, 0], [0, 1]] }", [[[1, 0], [0, 1]]]),
        ("{(1,2);(3,4)}", [[1, 2], [3, 4]]),
        ("[1, 2; 3, 4]", [[1, 2], [3, 4]]),
        ("[1; 2]", [[1], [2]]),
        ("{(1,2)(3,4)}", [[1, 2], [3, 4]]),
        ("1, 2, 3", [1, 2, 3]),
        ("[\n[1,\n2]\n]", [[1, 2]]),
        ("((((1))))", [[[[1]]]]),
        ("(0.5 0.5)", [0.5, 0.5]),
        ("[[1 2], [3  4]]", [[1, 2], [3, 4]]),
    ],
)
def test_numbers_in_brackets_are_an_array_with_an_axis_a_level(text: str, value: object) -> None:
    found = read_array(text)
    assert not isinstance(found, Fault)
    assert (str(found.dtype), found.tolist()) == ("float64", value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("mean_field", Fault.NOT_NUMERIC),
        ("eye(4)", Fault.NOT_NUMERIC),
        ("ones(6) / 6", Fault.NOT_NUMERIC),
        ("(ln(0.7), ln(0.3))", Fault.NOT_NUMERIC),
        ("[x for x in (1, 2)]", Fault.NOT_NUMERIC),
        ("1_000", Fault.NOT_NUMERIC),
        ("٣", Fault.NOT_NUMERIC),
        ("nan", Fault.NOT_NUMERIC),
        ("1/3", Fault.FRACTION),
        ("(1/3, 2/3)", Fault.FRACTION),
        ("(0.5 -0.5)", Fault.UNSEPARATED),
        ("(1,,2)", Fault.NOT_NUMERIC),
        ("true", Fault.NOT_NUMERIC),
        ('[{"a": 1}]', Fault.NOT_NUMERIC),
        ("{(0.2, ..., 0.2)}", Fault.ELIDED),
        ("{(1, …)}", Fault.ELIDED),
        ("", Fault.ELIDED),
        ("{}", Fault.ELIDED),
        ("{(1,2),(3)}", Fault.RAGGED),
        ("{1,(2)}", Fault.RAGGED),
        ("[1,2;3]", Fault.RAGGED),
        ("{(1,2)", Fault.UNBALANCED),
        ("(1,2))", Fault.UNBALANCED),
        ("(1,2]", Fault.UNBALANCED),
        ("(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1), Fault.TOO_DEEP),
        ("(" * 1_000_000, Fault.TOO_DEEP),
    ],
)
def test_other_texts_are_no_array_and_say_why(text: str, fault: Fault) -> None:
    assert read_array(text) is fault


@pytest.mark.parametrize("text", ["," * 1_000_000, "{" + ";" * 1_000_000 + "}", "{" + "1," * 1_000_000 + "}"])
def test_a_million_separators_are_no_trouble(text: str) -> None:
    found = read_array(text)
    assert isinstance(found, Fault) or found.shape == (1_000_000,)


@given(
    arrays.arrays(
        np.float64,
        arrays.array_shapes(min_dims=1, max_dims=5, max_side=4),
        elements=st.floats(allow_nan=False, width=64),
    )
)
@settings(deadline=None)
def test_every_array_reads_back_in_all_three_brackets(array: np.ndarray) -> None:
    text = str(array.tolist())
    for opened, closed in ("[]", "()", "{}"):
        found = read_array(text.replace("[", opened).replace("]", closed))
        assert not isinstance(found, Fault)
        np.testing.assert_array_equal(found, array, strict=True)


@given(st.text("0123456789.,;()[]{}+-eE \n", max_size=80))
@settings(deadline=None)
def test_reading_an_array_never_raises_and_keeps_every_cell(text: str) -> None:
    found = read_array(text)
    assert isinstance(found, Fault) or math.prod(found.shape) == found.size


@pytest.mark.parametrize(
    ("shape", "declared", "fit"),
    [
        ((1, 2), (2,), (2,)),
        ((1, 2), (2, 1), (2, 1)),
        ((2, 1), (2,), (2,)),
        ((1, 1), (1,), (1,)),
        ((), (1,), (1,)),
        ((1, 1), (), ()),
        ((2, 2), (2, 2), (2, 2)),
        ((1, 4), (2,), (4,)),
        ((1, 2, 2), (2, 2, 2), (1, 2, 2)),
        ((4, 3, 3), (3, 3, 4), (4, 3, 3)),
    ],
)
def test_a_shape_is_fitted_to_the_declared_one(
    shape: tuple[int, ...], declared: tuple[int, ...], fit: tuple[int, ...]
) -> None:
    assert fitted(shape, declared, len(declared)) == fit


@pytest.mark.parametrize(
    ("shape", "fit"), [((1, 2), (2,)), ((1, 1), (1,)), ((2, 1), (2, 1)), ((1, 1, 2), (2,)), ((), ())]
)
def test_an_undeclared_shape_loses_its_leading_ones(shape: tuple[int, ...], fit: tuple[int, ...]) -> None:
    assert fitted(shape) == fit


def test_one_value_in_parentheses_is_a_row_as_the_declaration_decides() -> None:
    column = only(assigned("D={(0.5),(0.5)}", declared="D[2,1]"))
    vector = only(assigned("D={(0.5),(0.5)}", declared="D[2]"))
    assert (column.shape, column.effective_shape) == ((2, 1), (2, 1))
    assert (vector.shape, vector.effective_shape) == ((2, 1), (2,))


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["x=mean_field"], "mean_field"),
        (["x=red,green"], "red,green"),
        (["x = B_1"], "B_1"),
        (["x=eye(4)  # note"], "eye(4)"),
        (["x=ones(6) / 6"], "ones(6) / 6"),
        (['x="run_{id}.csv"'], '"run_{id}.csv"'),
        (['x="a # b"'], '"a # b"'),
        (["x='{('"], "'{('"),
        (["x=false"], "false"),
        (['x=[{"name":"left","ids":[1,2]},', '{"name":"}"}]'], '[{"name":"left","ids":[1,2]},\n{"name":"}"}]'),
        (["x={ rest: eye(3), go: shift(3) }"], "{ rest: eye(3), go: shift(3) }"),
        (["x={", "  rest: eye(3),", "", "  # why", "  go: shift(3)", "}"], "{\n  rest: eye(3),\n  go: shift(3)\n}"),
        (['x={ "description": "left out" }'], '{ "description": "left out" }'),
        (["x=f(", "    a=1,", "    b=2)"], "f(\n    a=1,\n    b=2)"),
    ],
)
def test_a_value_that_is_no_array_stays_text(lines: list[str], text: str) -> None:
    model = assigned(*lines)
    assert (only(model).name, only(model).text, only(model).value) == ("x", text, None)
    assert codes(model) == []


@pytest.mark.parametrize(
    "lines",
    [
        ["M={", "(1, 0),  # first", "# between", "", "(0, 1)", "}"],
        ["M=", "{(1,0),(0,1)}"],
        ["M = [", "[1, 0],", "[0, 1],", "]"],
        ["M={ (1,0),", "(0,1) } # done"],
        ["  M :=[[1,0],[0,1]]"],
        ["M: {(1,0),(0,1)}"],
        ["- M={(1,0),(0,1)}"],
    ],
)
def test_a_value_may_take_many_lines(lines: list[str]) -> None:
    parameter = only(assigned(*lines))
    assert parameter.value is not None
    assert (parameter.name, parameter.value.tolist(), parameter.line) == ("M", [[1, 0], [0, 1]], 4)


def test_comments_behind_a_value_are_kept() -> None:
    assert only(assigned("M={(1,0),  # first", "(0,1)}  # last")).comment == "first; last"


def test_a_brace_swallowed_by_a_comment_eats_no_assignment() -> None:
    model = assigned("B={ # left out }", "C={(1,2)}", "D={(1,2),", " E=3")
    assert [(p.name, p.text, p.shape) for p in model.parameters] == [
        ("B", "{}", None),
        ("C", None, (1, 2)),
        ("D", None, (1, 2)),
        ("E", None, ()),
    ]
    assert codes(model) == ["P004", "P010", "P004"]


def test_a_name_assigned_twice_stands_twice_in_order() -> None:
    assert [(p.name, p.line, p.value.item()) for p in assigned("k=1", "k=2").parameters if p.value is not None] == [
        ("k", 4, 1.0),
        ("k", 5, 2.0),
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("loose words", ["P002"]),
        ("(1, 2)", ["P002"]),
        ("Note: in prose", ["P002"]),
        ("a == b", ["P002"]),
        ("x=", ["P010"]),
        ("x={(1,2),(3)}", ["P006"]),
        ("x={(1,2)}}", ["P004"]),
        ("x=" + "(" * 20 + "1" + ")" * 20, ["P005"]),
    ],
)
def test_what_cannot_be_read_is_reported(line: str, found: list[str]) -> None:
    assert codes(assigned(line)) == found


def test_nothing_is_ever_evaluated() -> None:
    text = "__import__('os').abort()"
    assert only(assigned(f"x={text}")).text == text


@pytest.mark.parametrize("value", [True, 3, -0.5, [1, 2.5, True, "a"], "plain"])
def test_a_setting_reads_back_as_itself(value: object) -> None:
    model = GNNModel(model_parameters={"k": value})
    assert parse(to_markdown(model)).model_parameters == {"k": value}


@pytest.mark.parametrize(("text", "value"), [("'3'", "3"), ("[[1]]", "[[1]]"), ("()", []), ("-", "-"), ("", "")])
def test_odd_settings_are_text(text: str, value: object) -> None:
    assert read_setting(text) == value
