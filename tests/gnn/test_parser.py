"""What a text means: sections, declarations, edges, settings, and that nothing in it is lost or raises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.gnn.findings import FINDINGS
from model_registry.gnn.model import GNNModel, TimeSettings
from model_registry.gnn.parser import is_model, parse

DATA = Path(__file__).parents[1] / "data" / "gnn"
EVERY_FORM = (DATA / "every_form.md").read_text(encoding="utf-8")
CORE = ("StateSpaceBlock", "Connections", "InitialParameterization", "ActInfOntologyAnnotation")


def states(*lines: str) -> GNNModel:
    return parse("\n".join(["## StateSpaceBlock", *lines]))


def edges(*lines: str, declared: str = "") -> GNNModel:
    return parse("\n".join(["## StateSpaceBlock", declared, "## Connections", *lines]))


def codes(model: GNNModel) -> list[tuple[str, int]]:
    return [(found.code, found.line) for found in model.diagnostics]


# ---------------------------------------------------------------------------------------------- sections


@pytest.mark.parametrize(
    "heading",
    [
        "## StateSpaceBlock",
        "## State Space Block",
        "## State_Space_Block:",
        "##StateSpaceBlock",
        "  ## statespaceblock  ",
        "##\tStateSpaceBlock ##",
        "# StateSpaceBlock",
    ],
)
def test_a_heading_is_known_in_every_spelling(heading: str) -> None:
    model = parse(f"{heading}\ns[2]\n")
    assert [section.name for section in model.sections] == ["StateSpaceBlock"]
    assert [variable.name for variable in model.variables] == ["s"]


@pytest.mark.parametrize(
    "heading", ["ActInfOntologyAnnotation", "ActInf Ontology Annotation", "Active Inference Ontology"]
)
def test_the_ontology_section_has_aliases(heading: str) -> None:
    assert parse(f"## {heading}\ns=HiddenState\n").ontology == (("s", "HiddenState"),)


def test_a_known_word_in_a_comment_is_no_section() -> None:
    model = states("# Time", "t[1,type=int]", "# Connections", "s[2]")
    assert [variable.name for variable in model.variables] == ["t", "s"]
    assert [comment.text for comment in model.comments] == ["Time", "Connections"]


def test_in_the_level_one_dialect_a_comment_above_a_declaration_is_no_section() -> None:
    model = parse("# ModelName\nTide\n# StateSpaceBlock\n# Time\nt[1]\n# Connections\nt>t\n# Time\nStatic\n")
    assert [section.name for section in model.sections] == ["ModelName", "StateSpaceBlock", "Connections", "Time"]
    assert (model.name, model.time.dynamic, len(model.variables)) == ("Tide", False, 1)


def test_unknown_sections_are_kept_verbatim() -> None:
    model = parse("## Harbour Notes\n\n| a | b |\n  indented # not a comment\n## StateSpaceBlock\ns[2]")
    assert model.sections[0].heading == "Harbour Notes"
    assert model.sections[0].text == "\n| a | b |\n  indented # not a comment"


def test_headings_in_code_fences_open_no_section() -> None:
    text = "## ModelAnnotation\n```\n## StateSpaceBlock\ns[2]\n```\n~~~ gnn\n## Time\n~~~\n## Footer\nend"
    assert [section.name for section in parse(text).sections] == ["ModelAnnotation", "Footer"]
    assert not is_model(text)


def test_a_fence_that_is_never_closed_hides_nothing() -> None:
    model = parse("## Footer\n```\n## StateSpaceBlock\ns[2]")
    assert [variable.name for variable in model.variables] == ["s"]
    assert codes(model) == [("P011", 2)]


def test_declarations_in_a_fence_are_read() -> None:
    model = states("```", "s[2]", "```")
    assert [variable.name for variable in model.variables] == ["s"]
    assert codes(model) == [("P016", 2), ("P016", 4)]


def test_a_second_model_is_not_read() -> None:
    one = "## ModelName\nOne\n## StateSpaceBlock\ns[2]\n"
    two = "## ModelName\nTwo\n## StateSpaceBlock\nr[2]\n"
    model = parse(f"{one}---\n{two}")
    assert (model.name, [variable.name for variable in model.variables]) == ("One", ["s"])
    assert codes(model) == [("P008", 5)]


def test_a_rule_before_prose_ends_nothing() -> None:
    model = states("s[2]", "", "---", "", "## Background", "prose", "## Connections", "s>s")
    assert len(model.connections) == 1
    assert codes(model) == [("P016", 4)]


def test_a_repeated_section_is_read_too() -> None:
    model = parse("## StateSpaceBlock\na[2]\n## StateSpaceBlock\nb[2]")
    assert [variable.name for variable in model.variables] == ["a", "b"]
    assert [section.line for section in model.sections] == [1, 3]


def test_front_matter_is_read() -> None:
    block = '---\nauthor : A. Author\ntags: [a, "b"]\nmore:\n  - x\n  - y\nversion: 1.10\nlong: two\n  lines\n---\n'
    model = parse(f"{block}# Title\n## ModelName\nM")
    assert model.front_matter == {
        "author": "A. Author",
        "tags": ["a", "b"],
        "more": ["x", "y"],
        "version": "1.10",
        "long": "two lines",
    }
    assert (model.title, model.name) == ("Title", "M")


def test_a_rule_at_the_start_is_no_front_matter() -> None:
    assert parse("---\n# T\n## ModelName\nM\n---\n").name == "M"


@pytest.mark.parametrize(
    ("text", "version", "flags"),
    [
        ("GNN v1", "1", {}),
        ("GNN_v1.0", "1.0", {}),
        ("GNN v1.4.1", "1.4.1", {}),
        ("Version: 1.0", "1.0", {}),
        ("GNN v2.0.0 strict=true", "2.0.0", {"strict": "true"}),
        ("GNN v1\nTargets: a, b\nfast", "1", {"Targets": "a, b", "fast": "true"}),
    ],
)
def test_language_version_and_flags_are_read(text: str, version: str, flags: dict[str, str]) -> None:
    model = parse(f"## GNNVersionAndFlags\n{text}")
    assert (model.language_version, model.flags) == (version, flags)


def test_the_comment_below_the_title_may_name_the_language_version() -> None:
    assert parse("# Title\n# GNN Version: 1.2\n## ModelName\nM").language_version == "1.2"


@pytest.mark.parametrize(
    "change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), lambda t: t.rstrip("\n")]
)
def test_byte_order_mark_line_ends_and_final_newline_change_nothing(change: object) -> None:
    assert callable(change)
    assert parse(change(EVERY_FORM)).to_dict(full=True) == parse(EVERY_FORM).to_dict(full=True)


def test_tabs_and_nul_characters_do_no_harm() -> None:
    model = parse("## StateSpaceBlock\n\ts\0[2,\ttype=float]\t# x\n## Connections\n\ts\t>\ts\n")
    assert [(v.name, v.dims, v.type, v.description) for v in model.variables] == [("s", ("2",), "float", "x")]
    assert [(e.sources, e.targets) for e in model.connections] == [(("s",), ("s",))]
    assert codes(model) == [("P014", 2)]


# ---------------------------------------------------------------------------------------------- variables


@pytest.mark.parametrize(
    ("line", "name", "dims", "type_"),
    [
        ("s[2,1,type=float]", "s", ("2", "1"), "float"),
        ("s[ 2 , 1 , type = float ]", "s", ("2", "1"), "float"),
        ("X[type=float]", "X", (), "float"),
        ("X[2]", "X", ("2",), None),
        ("π[3,type=float]", "π", ("3",), "float"),
        ("F_π[π,type=float]", "F_π", ("π",), "float"),
        ("A_μ[2,2,type=float]", "A_μ", ("2", "2"), "float"),
        ("s_t+1[3,1,type=float]", "s_t+1", ("3", "1"), "float"),
        ("s_{t+1}[3,type=float]", "s_{t+1}", ("3",), "float"),
        ("s'[2,1,type=float]", "s'", ("2", "1"), "float"),
        ("x^2[2]", "x^2", ("2",), None),
        ("o[3,1],int", "o", ("3", "1"), "int"),
        ("o[3,1], type=int", "o", ("3", "1"), "int"),
        ("o[3,1,int]", "o", ("3", "1"), "int"),
        ("o[3,1] type=int", "o", ("3", "1"), "int"),
        ("o[3,1;type=int]", "o", ("3", "1"), "int"),
        ("o[3,type=A|B]", "o", ("3",), "A|B"),
        ("G[len(π), type=float]", "G", ("len(π)",), "float"),
        ("k=[2]", "k", ("2",), None),
        ("- s[2,type=float]", "s", ("2",), "float"),
        ("x[2,type=float,default=[0, 1]]", "x", ("2",), "float"),
    ],
)
def test_a_declaration_is_read_in_every_form(line: str, name: str, dims: tuple[str, ...], type_: str | None) -> None:
    (variable,) = states(line + "   # meaning # more").variables
    assert (variable.name, variable.dims, variable.type, variable.line) == (name, dims, type_, 2)
    assert variable.description == "meaning # more"


@pytest.mark.parametrize(
    ("line", "default"), [("x[2,default=zeros]", "zeros"), ("x[2,default=[0, 1]]", "[0, 1]"), ("x[2]", None)]
)
def test_a_default_is_kept(line: str, default: str | None) -> None:
    assert states(line).variables[0].default == default


def test_several_declarations_may_share_a_line() -> None:
    model = states("a[1] b[2,2,type=int], c[type=x|y]; d[3],bool")
    assert [(v.name, v.dims, v.type) for v in model.variables] == [
        ("a", ("1",), None),
        ("b", ("2", "2"), "int"),
        ("c", (), "x|y"),
        ("d", ("3",), "bool"),
    ]


@pytest.mark.parametrize("line", ["just words", "s[2", "s]", "[2]", "s[2] and words", "s", "| a | b |", "s(2)"])
def test_a_line_that_declares_nothing_is_reported(line: str) -> None:
    assert codes(states(line)) == [("P001", 2)]


@pytest.mark.parametrize("line", ["k=[2]", "o[3,1],int"])
def test_an_unusual_declaration_is_noted(line: str) -> None:
    assert codes(states(line)) == [("P007", 2)]


def test_names_are_composed() -> None:
    assert states("u\u0308[2]").variables[0].name == "ü"


@pytest.mark.parametrize(
    ("declared", "parameters", "settings_", "shape"),
    [
        ("π[3]\nx[π]", "", "", (3,)),
        ("π[3]\nx[pi]", "", "", (3,)),
        ("π[3]\nx[len(π),2]", "", "", (3, 2)),
        ("m[2,3]\nx[m]", "", "", (6,)),
        ("x[n]", "n=4", "n: 5", (4,)),
        ("x[n]", "", "n: 5", (5,)),
        ("n[1,type=int]\nx[n]", "n=4", "", (4,)),
        ("n[2,type=int]\nx[n]", "n=4", "", (2,)),
        ("x[y]\ny[z]\nz[2]", "", "", (2,)),
        ("x[y]\ny[x]", "", "", None),
        ("x[T]", "", "", None),
        ("x[0]", "", "", None),
        ("x[n]", "n=2.5", "", None),
        ("x[99999999999999999999]", "", "", None),
    ],
)
def test_dimensions_are_resolved_in_the_documented_order(
    declared: str, parameters: str, settings_: str, shape: tuple[int, ...] | None
) -> None:
    model = parse(
        f"## StateSpaceBlock\n{declared}\n## InitialParameterization\n{parameters}\n## ModelParameters\n{settings_}"
    )
    assert {variable.name: variable.shape for variable in model.variables}["x"] == shape


@pytest.mark.parametrize("heading", ["Observations", "Actions", "Hidden Causes"])
def test_extension_sections_may_declare(heading: str) -> None:
    model = parse(f"## StateSpaceBlock\ns[2]\n## {heading}\no[2,type=int]  # seen\nplain words\nref[1] in a sentence\n")
    assert [(v.name, v.section, v.line) for v in model.variables] == [("s", "StateSpaceBlock", 2), ("o", heading, 4)]
    assert model.diagnostics == ()


# -------------------------------------------------------------------------------------------- connections


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("A>B", [("A", ">", "B")]),
        ("A -> B", [("A", "->", "B")]),
        ("A-B", [("A", "-", "B")]),
        ("A<->B", [("A", "<->", "B")]),
        ("A|B", [("A", "|", "B")]),
        ("A<B", [("B", "<", "A")]),
        ("A<-B", [("B", "<-", "A")]),
        ("A → B", [("A", "->", "B")]),
        ("(s, u) > B", [("s u", ">", "B")]),
        ("(D) -> (s)", [("D", "->", "s")]),
        ("x1, x2 > y", [("x1 x2", ">", "y")]),
        ("y > x1, x2", [("y", ">", "x1 x2")]),
        ("a>b>c", [("a", ">", "b"), ("b", ">", "c")]),
        ("(a, b) -> M -> c", [("a b", "->", "M"), ("M", "->", "c")]),
        ("a-b-c", [("a", "-", "b"), ("b", "-", "c")]),
        ("a-b>c", [("a", "-", "b"), ("b", ">", "c")]),
        ("x[t-1] > x[t]", [("x[t-1]", ">", "x[t]")]),
        ("x_0 > x[1]", [("x_0", ">", "x[1]")]),
        ("s_t>s_t+1", [("s_t", ">", "s_t+1")]),
        ("s_t-1>s_t", [("s_t-1", ">", "s_t")]),
        ("s_t-s_t+1", [("s_t", "-", "s_t+1")]),
        ("s'>s", [("s'", ">", "s")]),
        ("π>u", [("π", ">", "u")]),
        ("s > s", [("s", ">", "s")]),
        ("(x0, x1, ..., x4) > y", [("x0 x1 x2 x3 x4", ">", "y")]),
        ("x_1, ..., x_3 > y", [("x_1 x_2 x_3", ">", "y")]),
        ("(x1 ... x3) > y", [("x1 x2 x3", ">", "y")]),
        ("x1..x3 > y", [("x1 x2 x3", ">", "y")]),
        ("[a, b] > {c, d}", [("a b", ">", "c d")]),
        ("x08, …, x11 > y", [("x08 x09 x10 x11", ">", "y")]),
        ("D>s s-A A-o", [("D", ">", "s"), ("s", "-", "A"), ("A", "-", "o")]),
        ("D>s; s-A", [("D", ">", "s"), ("s", "-", "A")]),
        ("- D>s", [("D", ">", "s")]),
        ("D>s   ### comment", [("D", ">", "s")]),
    ],
)
def test_an_edge_is_read_in_every_form(line: str, expected: list[tuple[str, str, str]]) -> None:
    model = edges(line)
    found = [(" ".join(edge.sources), edge.operator, " ".join(edge.targets)) for edge in model.connections]
    assert found == expected
    assert {edge.line for edge in model.connections} == {4}
    assert model.diagnostics == ()


@pytest.mark.parametrize(
    ("operator", "directed"), [(">", True), ("->", True), ("|", True), ("-", False), ("<->", False)]
)
def test_an_operator_says_whether_an_edge_has_a_direction(operator: str, directed: bool) -> None:
    assert edges(f"a{operator}b").connections[0].directed is directed


def test_a_declared_name_with_an_operator_in_it_is_one_endpoint() -> None:
    model = edges("s_t-tau>s_t", "s_t-o", declared="s_t-tau[2] s_t[2] tau[1] o[2]")
    assert [(edge.sources, edge.targets) for edge in model.connections] == [
        (("s_t-tau",), ("s_t",)),
        (("s_t",), ("o",)),
    ]


def test_an_edge_may_have_a_label_and_a_comment() -> None:
    (edge,) = edges("A>B:reads  # why").connections
    assert (edge.label, edge.description) == ("reads", "why")


@pytest.mark.parametrize(
    "line", ["k=Clock", "A>", ">B", "A B", "(A>B", "A)>B", "words only", "A>B>", "A,>", "s>5", "()>a"]
)
def test_a_line_that_is_no_edge_is_reported(line: str) -> None:
    model = edges(line)
    assert model.connections == ()
    assert codes(model) == [("E005", 4)]


@pytest.mark.parametrize(
    "line", ["(x0, ..., xn) > y", "(x0, x2, ..., x8) > y", "(a1, ..., b4) > y", "(..., x3) > y", "x4, ..., x1 > y"]
)
def test_an_uncertain_elision_is_kept_and_reported(line: str) -> None:
    model = edges(line)
    assert "..." in model.connections[0].sources
    assert codes(model) == [("P009", 4)]


def test_elisions_cannot_multiply_a_text_without_bound() -> None:
    model = edges(*["(x0, ..., x3000) > y"] * 50)
    assert sum(len(edge.sources) for edge in model.connections) < 4_500
    assert [code for code, _ in codes(model)] == ["P009"] * 49


# ---------------------------------------------------------------------------------------- the other sections


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("s=HiddenState", [("s", "HiddenState")]),
        ("s = HiddenState  # comment", [("s", "HiddenState")]),
        ('s="HiddenState"', [("s", "HiddenState")]),
        ("s=A / B", [("s", "A"), ("s", "B")]),
        ("s=A, B", [("s", "A"), ("s", "B")]),
        ("s: HiddenState", [("s", "HiddenState")]),
        ("s_t+1=Next Hidden State", [("s_t+1", "Next Hidden State")]),
        ("π=PolicyVector", [("π", "PolicyVector")]),
        ("A, s=Both", [("A", "Both"), ("s", "Both")]),
        ("other=Term (a, b)", [("other", "Term (a, b)")]),
    ],
)
def test_an_ontology_line_is_read_in_every_form(line: str, pairs: list[tuple[str, str]]) -> None:
    model = parse(f"## StateSpaceBlock\ns[2]\n## ActInfOntologyAnnotation\n{line}")
    assert list(model.ontology) == pairs
    assert model.diagnostics == ()


@pytest.mark.parametrize("line", ["Domain: robots", "words only", "s=", "=Term"])
def test_an_ontology_line_that_maps_nothing_is_reported(line: str) -> None:
    model = parse(f"## StateSpaceBlock\ns[2]\n## ActInfOntologyAnnotation\n{line}")
    assert (model.ontology, codes(model)) == ((), [("P003", 4)])


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Static", TimeSettings(dynamic=False)),
        ("Dynamic\nDiscrete\nTime=t", TimeSettings(True, True, "t")),
        ("Dynamic\nDiscreteTime=t", TimeSettings(True, True, "t")),
        ("DiscreteTime = t", TimeSettings(None, True, "t")),
        ("DiscreteTime", TimeSettings(None, True)),
        ("ContinuousTime=x", TimeSettings(None, False, "x")),
        ("Continuous", TimeSettings(None, False)),
        ("Dynamic: True", TimeSettings(True)),
        ("Dynamic: false", TimeSettings(False)),
        ("Dynamic(rate=2)", TimeSettings(True, other={"Dynamic": "rate=2"})),
        ("Dynamic, Discrete", TimeSettings(True, True)),
        ("ModelTimeHorizon=Unbounded # comment", TimeSettings(horizon="Unbounded")),
        ('ModelTimeHorizon: "10.0"', TimeSettings(horizon="10.0")),
        ("ModelTimeHorizon=∞", TimeSettings(horizon="∞")),
        ("ModelTimeHorizon_level1=5\nstep=0.1", TimeSettings(other={"ModelTimeHorizon_level1": "5", "step": "0.1"})),
        ("Time=Discrete", TimeSettings(None, True)),
    ],
)
def test_time_is_read_in_every_form(text: str, time: TimeSettings) -> None:
    assert parse(f"## Time\n{text}").time == time


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("k: 3", 3),
        ("k=3", 3),
        ("k: -0.5", -0.5),
        ("k: 1e-3", 0.001),
        ("k: true", True),
        ("k: [3, 2]", [3, 2]),
        ("k: [a, 0.5, false]", ["a", 0.5, False]),
        ("k: up,down", "up,down"),
        ('k: "7"', "7"),
        ("k: v1.2  # comment", "v1.2"),
        ("k: 1e999", "1e999"),
        ("k: " + "9" * 5000, "9" * 5000),
        ("- k: 3", 3),
    ],
)
def test_settings_are_typed(line: str, value: object) -> None:
    found = parse(f"## ModelParameters\n{line}").model_parameters["k"]
    assert (found, type(found)) == (value, type(value))


def test_the_last_of_two_settings_counts_and_is_reported() -> None:
    model = parse("## ModelParameters\nk: 1\nk: 2\nno setting")
    assert (model.model_parameters, codes(model)) == ({"k": 2}, [("P013", 3), ("P012", 4)])


# ------------------------------------------------------------------------------------------------- the whole


def test_every_form_reads_as_reviewed() -> None:
    expected = json.loads((DATA / "every_form.json").read_text(encoding="utf-8"))
    found = parse(EVERY_FORM).to_dict(full=True)
    del found["fingerprint"], found["kinds"]
    assert found == expected


def test_every_line_of_the_core_sections_is_read_or_reported() -> None:
    assert unaccounted(EVERY_FORM) == []


def unaccounted(text: str) -> list[int]:
    """Give the lines of the core sections that became neither a value nor a finding."""
    model = parse(text)
    known = {found.line for found in model.diagnostics}
    known |= {variable.line for variable in model.variables} | {edge.line for edge in model.connections}
    starts = sorted(parameter.line for parameter in model.parameters)
    known |= _lines_of_values(text, starts)
    mapped = {variable for variable, _ in model.ontology}
    missing = []
    for section in model.sections:
        for number, line in enumerate(section.text.split("\n"), section.line + 1):
            said = line.split("#")[0].strip()
            if section.name not in CORE or not said or number in known:
                continue
            if section.name != "ActInfOntologyAnnotation" or not any(name in said for name in mapped):
                missing.append(number)
    return missing


def _lines_of_values(text: str, starts: list[int]) -> set[int]:
    """Give the lines from the start of each value to where its brackets close."""
    lines = text.split("\n")
    covered = set()
    for start in starts:
        depth, number = 0, start
        while number <= len(lines):
            said = lines[number - 1].split("#")[0]
            depth += sum(map(said.count, "({[")) - sum(map(said.count, ")}]"))
            covered.add(number)
            number += 1
            if depth <= 0:
                break
    return covered


CORE_LINES = st.sampled_from(
    [
        "s[2]",
        "a>b",
        "A={(1,2)}",
        "s=Term",
        "words",
        "B={",
        "(1, 2),",
        "}",
        "# note",
        "",
        "x y z",
        "a-b:c",
        "k=[2]",
        "---",
    ]
)


@given(st.lists(st.tuples(st.sampled_from(["StateSpaceBlock", "Connections"]), st.lists(CORE_LINES))))
@settings(max_examples=100, deadline=None)
def test_no_line_of_states_and_connections_is_dropped(blocks: list[tuple[str, list[str]]]) -> None:
    text = "\n".join("\n".join([f"## {name}", *lines]) for name, lines in blocks)
    assert unaccounted(text) == []


TEXTS = st.text(st.sampled_from("abAπ_12.,=:;()[]{}<>|-+#\"'`~\\/ \t\n\r\0\ufeff…") | st.characters())


def broken(text: str, draw: st.DataObject) -> str:
    """Give a text with a few of its parts removed, repeated or replaced by noise."""
    for _ in range(draw.draw(st.integers(1, 4))):
        start = draw.draw(st.integers(0, len(text)))
        end = draw.draw(st.integers(start, min(len(text), start + 60)))
        text = text[:start] + draw.draw(st.sampled_from([text[start:end] * 2, "", *"({[#\n\"'"])) + text[end:]
    return text


def assert_parses(text: str) -> None:
    model = parse(text)
    assert all(found.code in FINDINGS and found.hint for found in model.diagnostics)
    assert all(0 <= found.line <= text.count("\n") + text.count("\r") + 1 for found in model.diagnostics)


@given(TEXTS)
@settings(max_examples=250, deadline=None)
def test_parse_never_raises_on_arbitrary_text(text: str) -> None:
    assert_parses(text)


@given(st.data())
@settings(max_examples=250, deadline=None)
def test_parse_never_raises_on_damaged_models(data: st.DataObject) -> None:
    assert_parses(broken(EVERY_FORM, data))


@pytest.mark.long
@given(st.data())
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_parse_never_raises_on_damaged_models_for_long(data: st.DataObject) -> None:
    assert_parses(broken(data.draw(st.just(EVERY_FORM) | TEXTS), data))


@pytest.mark.parametrize(
    "text",
    [
        "## StateSpaceBlock\n" + "a[" * 50_000,
        "## StateSpaceBlock\na[" + "(" * 50_000,
        "## StateSpaceBlock\n" + "".join(f"a{i}[a{i + 1}]\n" for i in range(5_000)),
        "## StateSpaceBlock\n" + ("a[2]" + " " * 49_000 + "x\n") * 50,
        "## StateSpaceBlock\n" + ("a[type=x" + " " * 49_000 + "y]\n") * 50,
        "## StateSpaceBlock\n" + "<!-- " * 200_000,
        "## Connections\n" + "(" * 50_000 + "a>b",
        "## Connections\n" + ">".join("a" * 20_000),
        "## ActInfOntologyAnnotation\n" + ",".join("s" * 3_000) + "=" + ",".join("T" * 3_000),
        "## ModelParameters\nk" + " " * 100_000 + "!",
        "## Time\nDynamic" + " " * 100_000 + "x",
        "```\n" * 50_000 + "x",
        "#" * 1_000_000,
        "---\nk" + " " * 100_000 + "b\n---\n",
    ],
)
def test_hostile_text_is_read_with_a_bounded_result(text: str) -> None:
    model = parse(text)
    found = (model.variables, model.connections, model.parameters, model.ontology, model.diagnostics)
    assert sum(map(len, found)) <= text.count("\n") + text.count(">") + 1


@pytest.mark.parametrize(
    "name", ["StateSpaceBlock", "Connections", "ActInfOntologyAnnotation", "Time", "ModelParameters"]
)
def test_a_line_of_megabytes_is_reported_and_skipped(name: str) -> None:
    model = parse(f"## {name}\n" + "a>b s[2] s=T " * 400_000 + "\n## Notes\n" + "s[2] " * 1_000_000)
    assert codes(model) == [("P017", 2)]
    assert (model.variables, model.connections, model.ontology) == ((), (), ())


def test_a_parameter_may_stand_on_a_line_of_megabytes() -> None:
    model = parse("## InitialParameterization\nA={" + "(1, 2), " * 300_000 + "}")
    assert (model.parameters[0].shape, model.diagnostics) == ((300_000, 2), ())


def test_every_kind_of_finding_explains_itself() -> None:
    assert all(row.id == code and row.explanation.endswith(".") and row.hint for code, row in FINDINGS.items())
