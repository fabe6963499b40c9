"""How other people write GNN: each form in our own words, against values written by hand."""

from __future__ import annotations

import pytest

from model_registry.gnn.diff import diff
from model_registry.gnn.model import GNNModel
from model_registry.gnn.parser import is_model, parse
from model_registry.gnn.rules import check


def states(*lines: str) -> GNNModel:
    return parse("\n".join(["## StateSpaceBlock", *lines]))


def edges(*lines: str) -> GNNModel:
    return parse("\n".join(["## StateSpaceBlock", "sea[2], o[2]", "## Connections", *lines]))


def values(*lines: str) -> GNNModel:
    return parse("\n".join(["## StateSpaceBlock", "sea[2]", "## InitialParameterization", *lines]))


def codes(model: GNNModel) -> list[tuple[str, int]]:
    return [(found.code, found.line) for found in model.diagnostics]


def declared(model: GNNModel) -> list[tuple[str, tuple[str, ...], str | None]]:
    return [(variable.name, variable.dims, variable.type) for variable in model.variables]


def joined(model: GNNModel) -> list[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    return [(edge.sources, edge.operator, edge.targets) for edge in model.connections]


def given(model: GNNModel) -> list[tuple[str, tuple[int, ...] | None]]:
    return [(parameter.name, parameter.shape) for parameter in model.parameters]


# ---------------------------------------------------------------------------------------------- whole dialects

COLON_HEADINGS = """# GNN Specification: tide pool
GNNVersionAndFlags: 1.4

ModelName: Tide_Pool

ModelAnnotation: |
  A pool that fills: twice a day.

StateSpaceBlock:
  # Water
  level[5,discrete]          ### How high: the water
  swell[depth,5,continuous]  ### Predicted
  depth[1,discrete]

Connections:
  level -> swell             ### Level moves the swell

InitialParameterization:
  depth = 12                 ### Steps

Equations:
  For step = 0 to depth:
    level = f(level)

Time:
  ModelTimeHorizon: depth
  DiscreteTime: true
  Dynamic: true

ActInfOntologyAnnotation:
  level: "hidden_level"

Signature:
  Author: "A. Keeper"
"""


def test_sections_may_be_headed_by_a_colon_and_indented() -> None:
    model = parse(COLON_HEADINGS)
    assert is_model(COLON_HEADINGS)
    assert (model.name, model.language_version, model.annotation) == (
        "Tide_Pool",
        "1.4",
        "A pool that fills: twice a day.",
    )
    assert declared(model) == [
        ("level", ("5",), "discrete"),
        ("swell", ("depth", "5"), "continuous"),
        ("depth", ("1",), "discrete"),
    ]
    assert [variable.shape for variable in model.variables] == [(5,), (12, 5), (1,)]
    assert joined(model) == [(("level",), "->", ("swell",))]
    assert [(parameter.name, parameter.line) for parameter in model.parameters] == [("depth", 19)]
    assert (model.time.dynamic, model.time.discrete, model.time.horizon) == (True, True, "depth")
    assert model.ontology == (("level", "hidden_level"),)
    assert model.signature == 'Author: "A. Keeper"'
    assert codes(model) == []


LEVEL_ONE = """# GNNVersionAndFlags

GNN Version: 1.0
Processing Flags: ParseMath=True

# ModelName

Lock Keeper: two gates

# StateSpaceBlock

### Hidden States
gate[2,1,type=categorical] ### Gate: {0=shut, 1=open}

# Connections

### Gates
gate > gate ### stays

# InitialParameterization

B_gate = eye(2) * 0.9 + 0.05 ### mostly stays

# Time

Dynamic: True
DiscreteTime: True
ModelTimeHorizon: 20

# ActInfOntologyAnnotation

- Gate (gate): Maps to "Barrier"
"""


def test_sections_may_stand_on_level_one_throughout() -> None:
    model = parse(LEVEL_ONE)
    assert (model.name, model.language_version) == ("Lock Keeper: two gates", "1.0")
    assert declared(model) == [("gate", ("2", "1"), "categorical")]
    assert model.variables[0].description == "Gate: {0=shut, 1=open}"
    assert joined(model) == [(("gate",), ">", ("gate",))]
    assert [(parameter.name, parameter.text) for parameter in model.parameters] == [("B_gate", "eye(2) * 0.9 + 0.05")]
    assert (model.time.dynamic, model.time.discrete, model.time.horizon) == (True, True, "20")
    assert codes(model) == [("P003", 32)]


def test_a_section_of_level_one_counts_among_those_of_level_two() -> None:
    model = parse("# GNNVersionAndFlags\nGNN v1.0\n\n## ModelName\nBuoy\n## StateSpaceBlock\n# Time\nt[1]\n")
    assert (model.language_version, model.name, model.title) == ("1.0", "Buoy", "")
    assert [section.name for section in model.sections] == ["GNNVersionAndFlags", "ModelName", "StateSpaceBlock"]


def test_a_heading_may_name_the_language_version_and_the_title_stand_below_it() -> None:
    model = parse("## GNN v1\n\n# Harbour Bell\n\n## Model annotations\nIt rings.\n## State space block\ns[2]\n# End\n")
    assert (model.language_version, model.title, model.annotation) == ("1", "Harbour Bell", "It rings.")
    assert [section.name for section in model.sections] == ["GNN v1", "ModelAnnotation", "StateSpaceBlock"]


def test_a_report_below_the_model_that_speaks_of_its_state_space_declares_nothing() -> None:
    text = (
        "## StateSpaceBlock\ns[2]\n## Footer\nend\n## State Space\n\n- **s** (int, 2)\n\n| name | kind |\n|---|---|\n"
    )
    model = parse(text)
    assert [section.name for section in model.sections] == ["StateSpaceBlock", "Footer", "State Space"]
    assert codes(model) == []


def test_a_state_space_may_be_headed_so_where_it_is_the_only_one() -> None:
    assert declared(parse("## State Space\ns[2]")) == [("s", ("2",), None)]


# ---------------------------------------------------------------------------------------------- state space


@pytest.mark.parametrize(
    ("line", "name", "dims", "type_", "description"),
    [
        ("s^{t+1}[2]", "s^{t+1}", ("2",), None, ""),
        ("cove: [3, 1]", "cove", ("3", "1"), None, ""),
        ("- cove: [3, 3] (matrix of depths)", "cove", ("3", "3"), None, "matrix of depths"),
        ("cove[3],int: Depth", "cove", ("3",), "int", "Depth"),
        ("cove[3]: how deep", "cove", ("3",), None, "how deep"),
        ("cove[3]: float", "cove", ("3",), "float", ""),
        ("cove[3] - how deep (in feet)", "cove", ("3",), None, "how deep (in feet)"),
        ("cove[3,type=float] // how deep", "cove", ("3",), "float", "how deep"),
        ("cove[3] (deep)  # in feet", "cove", ("3",), None, "in feet"),
        ("cove[3,type=float] <!-- how deep -->", "cove", ("3",), "float", "how deep"),
        ('cove[3,type="float"]', "cove", ("3",), "float", ""),
        ("- **cove[3]**: how deep", "cove", ("3",), None, "how deep"),
        ("- `cove[3,type=int]`", "cove", ("3",), "int", ""),
    ],
)
def test_a_declaration_may_bear_its_meaning_in_other_ways(
    line: str, name: str, dims: tuple[str, ...], type_: str | None, description: str
) -> None:
    model = states(line)
    assert declared(model) == [(name, dims, type_)]
    assert model.variables[0].description == description


@pytest.mark.parametrize("line", ["cove: [3]", "cove[3] (deep)", "cove[3]: how deep", "cove[3] // deep"])
def test_a_declaration_in_another_form_is_noted(line: str) -> None:
    assert codes(states(line)) == [("P007", 2)]


@pytest.mark.parametrize("line", ["cove: [Bay] size(2)", "Variables:", "- cove: name (int, size=2)", "a[2] - b[2]"])
def test_a_line_with_more_than_a_declaration_and_its_meaning_is_reported(line: str) -> None:
    model = states(line)
    assert (declared(model), codes(model)) == ([], [("P001", 2)])


def test_a_key_without_meaning_is_reported_and_its_declaration_read() -> None:
    model = states("cove[3,type=int,unit=feet]", "bay[2,default=uniform]")
    assert declared(model) == [("cove", ("3",), "int"), ("bay", ("2",), None)]
    assert codes(model) == [("P018", 2)]


def test_a_comment_of_markdown_declares_nothing_over_many_lines() -> None:
    model = states("<!-- left out:", "old[2]", "-->", "new[3]", "<!-- never closed", "late[4]")
    assert declared(model) == [("new", ("3",), None), ("late", ("4",), None)]
    assert codes(model) == [("P001", 6)]


def test_an_assignment_in_another_section_declares_nothing() -> None:
    model = parse("## StateSpaceBlock\ns[2]\n## Limits\nforbidden=[0]\nallowed: [1]\n## Outcomes\no[3,type=int]\n")
    assert declared(model) == [("s", ("2",), None), ("o", ("3",), "int")]


# ---------------------------------------------------------------------------------------------- connections


@pytest.mark.parametrize(
    ("line", "operator", "sources", "targets"),
    [
        ("sea <= o", "<-", ("o",), ("sea",)),
        ("sea <=> o", "<->", ("sea",), ("o",)),
        ("sea ⇔ o", "<->", ("sea",), ("o",)),
        ("sea ⇐ o", "<-", ("o",), ("sea",)),
        ("sea ⇒ o", "->", ("sea",), ("o",)),
    ],
)
def test_double_arrows_are_arrows(line: str, operator: str, sources: tuple[str, ...], targets: tuple[str, ...]) -> None:
    assert joined(edges(line)) == [(sources, operator, targets)]


def test_an_edge_may_bear_its_meaning_behind_a_colon() -> None:
    model = edges("- sea -> o: what is seen")
    assert [(edge.sources, edge.targets, edge.label) for edge in model.connections] == [
        (("sea",), ("o",), "what is seen")
    ]


def test_a_heading_that_cuts_edges_off_is_reported() -> None:
    model = edges("sea > o", "## Feedback", "o > sea")
    assert len(model.connections) == 1
    assert codes(model) == [("P019", 5)]


def test_a_heading_that_cuts_assignments_off_is_reported() -> None:
    assert codes(values("k=1", "## Preferences", "C={(0.5, 0.5)}")) == [("P019", 5)]


def test_a_heading_above_prose_or_tables_is_not_reported() -> None:
    assert codes(edges("sea > o", "## Background", "The sea moves.", "| sea | o |")) == []


# ---------------------------------------------------------------------------------------------- parameters


def test_slices_are_parameters_of_their_own() -> None:
    lines = ("B(:,:,0)={", "  (1.0, 0.0),", "  (0.0, 1.0)", "}", "B[:,:,1] = [[0, 1], [1, 0]]", "B(2)=eye(2)")
    model = values(*lines)
    assert given(model) == [("B(:,:,0)", (2, 2)), ("B[:,:,1]", (2, 2)), ("B(2)", None)]
    assert codes(model) == []


def test_the_slices_of_a_transition_are_its_value() -> None:
    text = (
        "## ModelName\nM\n## StateSpaceBlock\ns[2]\nB[2,2,2,type=float]\n## Connections\ns>B\n"
        "## InitialParameterization\nB(:,:,0)={(1,0),(0,1)}\nB(:,:,1)={(0,1),(1,0)}\n"
    )
    assert [found.code for found in check(parse(text))] == []


def test_slices_in_either_brackets_are_the_same() -> None:
    assert values("B(:, 0)={(1,0)}").fingerprint == values("B[:,0]={(1,0)}").fingerprint


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a = 3; b = 4", [("a", 3.0), ("b", 4.0)]),
        ("a=0.5, b=0.25", [("a", 0.5), ("b", 0.25)]),
        ("a={(1,2)}; b=2  # both", [("a", [[1.0, 2.0]]), ("b", 2.0)]),
        ("a=f(x=1, y=2)", [("a", "f(x=1, y=2)")]),
        ('a="x; y=2"', [("a", '"x; y=2"')]),
        ("a=1;", [("a", 1.0)]),
        ("a={(1,0),(0,1)};", [("a", [[1.0, 0.0], [0.0, 1.0]])]),
    ],
)
def test_a_line_may_hold_several_assignments_and_end_in_a_semicolon(
    line: str, expected: list[tuple[str, object]]
) -> None:
    found = [
        (parameter.name, parameter.text if parameter.value is None else parameter.value.tolist())
        for parameter in values(line).parameters
    ]
    assert found == expected


def test_a_semicolon_behind_a_value_adds_no_axis() -> None:
    assert given(values("A={(1,0),(0,1)};", "k=3;")) == [("A", (2, 2)), ("k", ())]


def test_comments_alone_in_braces_leave_a_value_empty() -> None:
    model = values("B={", "  # to be written", "  # ... (nine matrices in all)", "}", "k=1")
    assert given(model) == [("B", None), ("k", ())]
    assert codes(model) == [("P010", 4)]


def test_rows_may_stand_between_blank_lines_and_comments() -> None:
    lines = (
        "A={",
        "  # healed",
        "",
        "  (0.7, 0.3),  # calm, sober",
        "",
        "  # torn",
        "  (0.2, 0.8)  # wild",
        "}  # all",
    )
    assert given(values(*lines)) == [("A", (2, 2))]


@pytest.mark.parametrize("text", ["(0.5 -0.5)", "[1 -2]"])
def test_signed_numbers_apart_by_spaces_are_reported_and_kept_as_text(text: str) -> None:
    model = values(f"C={text}")
    assert (model.parameters[0].text, codes(model)) == (text, [("P020", 4)])


def test_a_fraction_is_reported_and_kept_as_text() -> None:
    model = values("D={(1/3, 2/3)}")
    assert (model.parameters[0].text, codes(model)) == ("{(1/3, 2/3)}", [("P021", 4)])


# ---------------------------------------------------------------------------------------------- time, terms, settings


@pytest.mark.parametrize(
    ("lines", "dynamic", "discrete", "horizon", "other"),
    [
        ("Dynamic, DiscreteTime, ModelTimeHorizon=10", True, True, "10", {}),
        ("Dynamic; Discrete; ModelTimeHorizon: 7; dt=0.5", True, True, "7", {"dt": "0.5"}),
        ("Dynamic(steps=8)", True, None, None, {"Dynamic": "steps=8"}),
        ("Piecewise\nDiscreteTime=t", None, True, None, {"Piecewise": ""}),
        ("phases=[rest, go]", None, None, None, {"phases": "[rest, go]"}),
    ],
)
def test_time_may_be_told_in_other_ways(
    lines: str, dynamic: bool | None, discrete: bool | None, horizon: str | None, other: dict[str, str]
) -> None:
    model = parse(f"## Time\n{lines}")
    found = model.time
    assert (found.dynamic, found.discrete, found.horizon, found.other) == (dynamic, discrete, horizon, other)
    assert codes(model) == []


def test_a_regime_stated_twice_is_reported_and_the_last_one_counts() -> None:
    model = parse("## Time\nStatic\nDynamic\nDiscreteTime=t\nContinuousTime=t\n")
    assert (model.time.dynamic, model.time.discrete) == (True, False)
    assert codes(model) == [("P013", 3), ("P013", 5)]


def test_a_regime_repeated_is_not_reported() -> None:
    assert codes(parse("## Time\nDynamic\nDynamic: True\nDiscreteTime=t\nDiscrete\n")) == []


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("sea -> HiddenState", [("sea", "HiddenState")]),
        ("sea → HiddenState", [("sea", "HiddenState")]),
        ("sea => HiddenState", [("sea", "HiddenState")]),
        ("- **sea**: HiddenState", [("sea", "HiddenState")]),
        ("`sea` = HiddenState", [("sea", "HiddenState")]),
        ("gain: PrecisionParameter", [("gain", "PrecisionParameter")]),
    ],
)
def test_a_mapping_may_be_written_in_other_ways(line: str, pairs: list[tuple[str, str]]) -> None:
    text = f"## StateSpaceBlock\nsea[2]\n## InitialParameterization\ngain=2\n## ActInfOntologyAnnotation\n{line}"
    model = parse(text)
    assert (list(model.ontology), codes(model)) == (pairs, [])


@pytest.mark.parametrize("line", ["sea==HiddenState", "sea=", "author: somebody", "hasSpace: [terms]"])
def test_a_line_that_maps_no_name_of_the_model_is_reported(line: str) -> None:
    model = parse(f"## StateSpaceBlock\nsea[2]\n## ActInfOntologyAnnotation\n{line}")
    assert (model.ontology, codes(model)) == ((), [("P003", 4)])


def test_a_comma_behind_a_setting_does_not_belong_to_it() -> None:
    assert parse("## ModelParameters\nnum_obs: 3,\nnum_actions: 2;\n").model_parameters == {
        "num_obs": 3,
        "num_actions": 2,
    }


# ---------------------------------------------------------------------------------------------- changes and checks


def test_the_comment_on_an_edge_that_became_another_is_told_too() -> None:
    changes = diff(edges("sea-o  # both"), edges("sea>o  # one way"))
    assert [(change.kind, change.before, change.after) for change in changes] == [
        ("edge-directedness", "o-sea", "sea>o"),
        ("edge-description", "both", "one way"),
    ]


def test_synonyms_of_a_type_are_one_type() -> None:
    old, new = (
        states("a[2,type=int]", "b[2,type=bool]", "c[1,type=string]"),
        states("a[2],integer", "b[2,type=Boolean]", "c[1,type=str]"),
    )
    assert (diff(old, new), old.fingerprint) == ((), new.fingerprint)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## StateSpaceBlock\na[2]\na[3]\n", "## StateSpaceBlock\na[4]\na[3]\n"),
        ("## InitialParameterization\na=2\na=3\n", "## InitialParameterization\na=4\na=3\n"),
    ],
)
def test_a_change_of_what_a_later_line_overrides_is_prose(old: str, new: str) -> None:
    assert [change.kind for change in diff(parse(old), parse(new))] == ["unread-lines"]
    assert parse(old).fingerprint == parse(new).fingerprint


def test_one_action_declared_as_an_axis_of_one_is_counted() -> None:
    text = "## StateSpaceBlock\ns[3]\nB[3,3,1]\nπ[3]\n## Connections\ns>B\n## ModelParameters\nnum_actions: 1\n"
    assert "W039" not in [found.code for found in check(parse(text))]


@pytest.mark.parametrize(
    ("term", "code"),
    [("ObservationNoiseCovariance", "I006"), ("HiddenStatee", "I007"), ("SlowHiddenState", "I007")],
)
def test_no_term_of_another_role_is_suggested(term: str, code: str) -> None:
    text = f"## StateSpaceBlock\nR[2,2]\n## ActInfOntologyAnnotation\nR={term}\n"
    assert [found.code for found in check(parse(text)) if found.code in {"I006", "I007"}] == [code]
