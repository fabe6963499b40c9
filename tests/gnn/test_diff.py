"""Comparing models: each kind of change, the numbers in it, and the laws that hold for any two models."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from change_pairs import BASE, EDITS, edited, touching
from model_registry.gnn.changes import KINDS, LABELS, PROSE, STRUCTURE, Change
from model_registry.gnn.diff import diff, graph_summary
from model_registry.gnn.model import Connection, GNNModel, Parameter, TimeSettings, Variable
from model_registry.gnn.parser import parse

MIRRORED = {
    "variable-removed": "variable-added",
    "edge-removed": "edge-added",
    "edge-reduced": "edge-extended",
    "parameter-removed": "parameter-added",
    "ontology-removed": "ontology-added",
    "model-parameter-removed": "model-parameter-added",
    "dimension-parameter-removed": "model-parameter-added",
    "axis-order-removed": "model-parameter-added",
}
"""What the kinds that have a direction are called from the other side."""


def mirrored_kind(kind: str) -> str:
    """Give one name to a kind and to what it is called from the other side."""
    return MIRRORED.get(kind, kind)


def changes_of(kind: str) -> tuple[Change, ...]:
    return diff(parse(BASE), parse(edited(kind)))


def with_value(name: str, value: object, **fields: object) -> GNNModel:
    tensor = np.array(value, dtype=np.float64)
    return GNNModel(parameters=(Parameter(name, 1, tensor.shape, tensor.shape, tensor),), **fields)  # type: ignore[arg-type]


def only(old: GNNModel, new: GNNModel) -> Change:
    (change,) = diff(old, new)
    return change


def test_every_kind_of_change_has_an_edit_that_makes_it_and_no_other_has() -> None:
    assert EDITS.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", EDITS)
def test_one_edit_is_one_change_of_its_kind_told_by_its_name(kind: str) -> None:
    changes = changes_of(kind)
    assert [(change.kind, change.name) for change in changes] == [(kind, EDITS[kind].name)]


@pytest.mark.parametrize("kind", EDITS)
def test_a_change_is_json_and_short(kind: str) -> None:
    (change,) = changes_of(kind)
    text = json.dumps([change.before, change.after, dict(change.detail)], allow_nan=False)
    assert len(text) < 1_500


@pytest.mark.parametrize("kind", EDITS)
def test_the_sides_swapped_swap_added_with_removed_and_before_with_after(kind: str) -> None:
    (forward,) = changes_of(kind)
    (backward,) = diff(parse(edited(kind)), parse(BASE))
    assert mirrored_kind(backward.kind) == mirrored_kind(forward.kind)
    assert (backward.kind == forward.kind) is (forward.kind == mirrored_kind(forward.kind) not in MIRRORED.values())
    assert (backward.before, backward.after) == (forward.after, forward.before)


@pytest.mark.parametrize("kind", EDITS)
def test_the_fingerprint_sees_structure_and_nothing_else(kind: str) -> None:
    same = parse(edited(kind)).fingerprint == parse(BASE).fingerprint
    assert same is (kind not in STRUCTURE)


def test_the_kinds_fall_into_structure_labels_and_prose() -> None:
    assert [*STRUCTURE, *LABELS, *PROSE] == list(KINDS)


@pytest.mark.parametrize(
    "spelled",
    [
        BASE.replace("\n", "\r\n"),
        "\ufeff" + BASE,
        BASE.replace("0.5, 0.5", "0.50,5e-1"),
        BASE.replace("D={(0.5, 0.5)}", "D=[0.5, 0.5]"),
        BASE.replace("D>s", "D -> s"),
        BASE.replace("s-A", "A - s"),
        BASE.replace("(s, u)>B", "(u,s) > B"),
        BASE.replace("D>s\ns-A", "s-A\nD>s"),
        BASE.replace("## StateSpaceBlock", "## State Space Block:"),
        BASE.replace("learning_rate: 0.1", "learning_rate = 0.10"),
        BASE.replace("ModelTimeHorizon=10", "ModelTimeHorizon=10.0"),
        BASE.replace("s_prime = B[u] s", "s_prime=B[u]  s"),
        BASE.replace("type=int", "type=Int"),
        BASE.replace("A[3,2,", "A[ 3 , 2 , "),
    ],
)
def test_layout_order_and_the_spelling_of_numbers_are_no_change(spelled: str) -> None:
    assert spelled != BASE
    assert diff(parse(BASE), parse(spelled)) == ()


def test_pi_and_its_letter_are_one_name_spelled_twice() -> None:
    (change,) = diff(parse(BASE), parse(BASE.replace("π", "pi")))
    assert (change.kind, change.before, change.after) == ("spelling", "π", "pi")


def test_pi_beside_its_letter_is_a_variable_of_its_own() -> None:
    added = only(parse(BASE), parse(BASE.replace("u[1,type=int]", "pi[1,type=int]\nu[1,type=int]")))
    assert (added.kind, added.name) == ("variable-added", "pi")


def test_true_is_not_the_number_one() -> None:
    change = only(GNNModel(model_parameters={"x": 1}), GNNModel(model_parameters={"x": True}))
    assert change.kind == "model-parameter-changed"


def test_a_renamed_variable_is_told_once_with_its_confidence() -> None:
    (change,) = changes_of("variable-renamed")
    assert (change.before, change.after) == ("w", "ear")
    assert 0.6 <= change.detail["confidence"] <= 1.0


def test_a_variable_of_other_dimensions_is_no_renamed_one() -> None:
    old, new = (GNNModel(variables=(Variable(name, (size,), (int(size),)),)) for name, size in (("a", "2"), ("b", "3")))
    assert {change.kind for change in diff(old, new)} == {"variable-removed", "variable-added"}


def test_two_renamed_variables_are_told_apart_by_what_they_are_joined_to() -> None:
    old = parse("## StateSpaceBlock\nx[2]\ny[2]\np[3]\nq[4]\n## Connections\nx>p\ny>q\n")
    new = parse("## StateSpaceBlock\nfirst[2]\nsecond[2]\np[3]\nq[4]\n## Connections\nsecond>p\nfirst>q\n")
    assert {(change.before, change.after) for change in diff(old, new)} == {("x", "second"), ("y", "first")}


def test_a_variable_renamed_and_changed_is_told_as_both() -> None:
    changes = diff(parse(BASE), parse(edited("variable-renamed", "variable-default")))
    assert [(change.kind, change.name) for change in changes] == [
        ("variable-renamed", "ear"),
        ("variable-default", "ear"),
    ]


def test_a_variable_renamed_in_its_declaration_alone_is_removed_and_added() -> None:
    kinds = {change.kind for change in diff(parse(BASE), parse(BASE.replace("D[2,type", "D0[2,type")))}
    assert kinds == {"variable-removed", "variable-added"}


def test_dimensions_are_told_axis_by_axis() -> None:
    (change,) = changes_of("variable-dims")
    assert (change.before, change.after) == ("[2, 1]", "[2]")
    assert change.detail["axes"] == [{"axis": 1, "before": "1", "after": None}]


def test_a_symbol_that_stands_for_another_size_changes_the_dimensions() -> None:
    changes = diff(parse(BASE + "\n## ModelParameters\nn_bins: 4\n"), parse(BASE + "\n## ModelParameters\nn_bins: 5\n"))
    assert {change.kind: change.name for change in changes} == {
        "variable-dims": "k",
        "dimension-parameter-changed": "n_bins",
    }


def test_a_group_edge_tells_who_joined() -> None:
    (change,) = changes_of("edge-extended")
    assert change.detail == {"joined": ["t"]}


def test_changed_probabilities_are_told_in_cells_and_divergences() -> None:
    change = only(with_value("A", [[0.9, 0.2], [0.1, 0.8]]), with_value("A", [[0.8, 0.2], [0.2, 0.8]]))
    assert change.kind == "parameter-values"
    assert change.detail["changed"] == 2
    assert change.detail["cells"] == 4
    assert change.detail["max_abs"] == pytest.approx(0.1)
    assert change.detail["first"][0] == {"index": [0, 0], "before": 0.9, "after": 0.8}
    assert change.detail["normalised"] == {"before": True, "after": True}
    (column,) = change.detail["kl"]["columns"]
    assert column["column"] == [":", 0]
    assert column["forward"] == pytest.approx(0.9 * np.log(0.9 / 0.8) + 0.1 * np.log(0.1 / 0.2))
    assert column["backward"] == pytest.approx(0.8 * np.log(0.8 / 0.9) + 0.2 * np.log(0.2 / 0.1))


def test_a_probability_that_was_impossible_diverges_without_bound() -> None:
    kl = only(with_value("D", [1.0, 0.0]), with_value("D", [0.5, 0.5])).detail["kl"]
    assert kl["forward"] == pytest.approx(np.log(2))
    assert kl["backward"] is None
    assert kl["infinite"] is True


def test_probabilities_that_no_longer_sum_to_one_have_no_divergence() -> None:
    detail = only(with_value("D", [0.5, 0.5]), with_value("D", [0.5, 0.9])).detail
    assert detail["normalised"] == {"before": True, "after": False}
    assert detail["kl"] is None


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ([0.5, 0.5], [0.501, 0.499], "parameter-rounding"),
        ([0.5, 0.5], [0.5011, 0.4989], "parameter-values"),
        ([0.0005, 0.9995], [0.0010, 0.9990], "parameter-rounding"),
        ([1000.0, 0.0], [1000.9, 0.0], "parameter-rounding"),
        ([1000.0, 0.0], [1001.1, 0.0], "parameter-values"),
        ([3.0, 0.0005], [3.0, 0.0010], "parameter-values"),
        ([3.0, 1.0], [3.0, np.inf], "parameter-values"),
        ([3.0, np.inf], [3.0, -np.inf], "parameter-values"),
        ([1.0, 2.0], [1.0, np.nan], "parameter-values"),
    ],
)
def test_rounding_is_a_thousandth_absolute_for_probabilities_and_relative_elsewhere(
    before: list[float], after: list[float], kind: str
) -> None:
    change = only(with_value("X", before), with_value("X", after))
    assert change.kind == kind
    json.dumps(dict(change.detail), allow_nan=False)


def test_preferences_that_sum_to_one_by_chance_are_no_probabilities() -> None:
    change = only(with_value("C", [1.0, 0.0005, -0.0005]), with_value("C", [1.0, 0.0010, -0.0010]))
    assert (change.kind, change.detail["kl"]) == ("parameter-values", None)


@pytest.mark.parametrize("value", [[np.nan, 1.0], [np.inf, -np.inf], [-0.0, 0.0], 3.5, [[[1.0]]]])
def test_any_value_equals_itself(value: object) -> None:
    assert diff(with_value("X", value), with_value("X", value)) == ()


@pytest.mark.parametrize("shape", [(64, 64, 64), (1, 40_000)])
def test_a_large_tensor_is_told_in_few_words(shape: tuple[int, ...]) -> None:
    numbers = np.random.default_rng(1).random(shape)
    change = only(with_value("B", numbers), with_value("B", numbers[::-1, ..., ::-1]))
    assert change.detail["changed"] == numbers.size
    assert len(json.dumps([change.before, change.after, dict(change.detail)])) < 3_000


def test_names_and_values_of_any_length_are_told_in_few_words() -> None:
    long = "x" * 100_000
    new = GNNModel(
        variables=(Variable(long),),
        model_parameters={"rates": [0.5] * 10_000},
        connections=(Connection(tuple(f"s{number}" for number in range(5_000)), ("t",)),),
        annotation=long,
    )
    for change in diff(GNNModel(), new):
        assert len(json.dumps([change.name, change.before, change.after, dict(change.detail)])) < 1_500


def test_a_group_too_large_to_take_apart_is_still_one_edge() -> None:
    ends = tuple(f"s{number}" for number in range(2_000))
    old, new = GNNModel(), GNNModel(connections=(Connection(ends, ends),))
    assert [change.kind for change in diff(old, new)] == ["edge-added"]
    assert graph_summary(old, new)["nodes"] == {"before": 0, "after": 2_000}


@pytest.mark.parametrize("key", ["num_hidden_states", "num_obs_m1", "n_actions", "nr_agents", "num_states_level2"])
def test_settings_that_count_dimensions_are_known_by_their_name(key: str) -> None:
    assert only(GNNModel(model_parameters={key: 2}), GNNModel(model_parameters={key: 3})).kind == (
        "dimension-parameter-changed"
    )


@pytest.mark.parametrize("key", ["num_timesteps", "learning_rate", "num_obs_noise_scale", "inference_iterations"])
def test_other_settings_are_not(key: str) -> None:
    assert only(GNNModel(model_parameters={key: 2}), GNNModel(model_parameters={key: 3})).kind == (
        "model-parameter-changed"
    )


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("1", "1.0.0", []),
        ("1.0", "1.4", ["language-version"]),
        ("", "2.0", ["language-version"]),
        ("1.9", "2", ["language-major"]),
        ("1.10", "1.1", ["language-version"]),
    ],
)
def test_language_versions_are_compared_part_by_part(before: str, after: str, kinds: list[str]) -> None:
    changes = diff(GNNModel(language_version=before), GNNModel(language_version=after))
    assert [change.kind for change in changes] == kinds


HOSTILE = {
    "digits": "1" * 200_000 + "x",
    "points": "1.0" * 100_000,
    "primes": "'" * 200_000,
    "an open quote": '"' + "a" * 200_000,
    "policies": "pi_" * 60_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_are_compared_in_linear_time(text: str) -> None:
    new = GNNModel(
        annotation=text,
        equations=text,
        language_version=text,
        model_parameters={text: text, f"n_{text}": 1},
        parameters=(Parameter("X", text=text),),
        time=TimeSettings(horizon=text),
    )
    assert len(diff(GNNModel(), new)) == 7


def test_the_role_of_a_term_decides_between_refined_and_another_role() -> None:
    old = GNNModel(ontology=(("s", "HiddenState"), ("A", "LikelihoodMatrix")))
    new = GNNModel(ontology=(("s", "HiddenStateFactor0"), ("A", "TransitionMatrix")))
    assert {change.name: change.kind for change in diff(old, new)} == {"s": "ontology-refined", "A": "ontology-role"}


def test_time_newly_stated_is_no_change_of_regime() -> None:
    (change,) = diff(GNNModel(), GNNModel(time=TimeSettings(dynamic=True)))
    assert (change.kind, change.before, change.after) == ("time-stated", None, "dynamic")


def test_changed_lines_of_the_equations_are_counted() -> None:
    (change,) = changes_of("equations")
    assert change.detail == {"removed": 1, "added": 1, "lines": {"before": 2, "after": 2}}


def test_the_graph_summary_counts_pairs_and_names_changed_parents() -> None:
    old = GNNModel(connections=(Connection(("s", "u"), ("B",)), Connection(("A",), ("o",))))
    new = GNNModel(connections=(Connection(("s",), ("B",)), Connection(("A",), ("o",)), Connection(("o",), ("x",))))
    assert graph_summary(old, new) == {
        "nodes": {"before": 5, "after": 5},
        "edges": {"before": 3, "after": 3},
        "parents": [
            {"name": "B", "before": ["s", "u"], "after": ["s"]},
            {"name": "x", "before": [], "after": ["o"]},
        ],
    }


CONFLICTING: tuple[set[str], ...] = (
    {"time-discretisation", "time-stated"},
    {"language-major", "language-version"},
    {"variable-added", "variable-removed"},
    {"parameter-removed", "edge-extended"},
)
"""Edits of different words that together mean something else than each."""

disjoint = st.sets(st.sampled_from(sorted(EDITS)), min_size=2, max_size=4).filter(
    lambda kinds: not touching(kinds) and not any(pair <= kinds for pair in CONFLICTING)
)


@given(disjoint)
def test_disjoint_edits_are_told_side_by_side(kinds: set[str]) -> None:
    changes = diff(parse(BASE), parse(edited(*sorted(kinds))))
    assert sorted(change.kind for change in changes) == sorted(kinds)


UNORDERED = {"StateSpaceBlock", "Connections", "InitialParameterization", "ActInfOntologyAnnotation", "ModelParameters"}


@given(st.data())
def test_declarations_edges_and_sections_in_another_order_are_no_change(data: st.DataObject) -> None:
    head, *sections = re.split(r"(?m)^(?=## )", BASE)
    for place, section in enumerate(sections):
        heading, *lines = section.strip().split("\n")
        if heading.removeprefix("## ") in UNORDERED:
            sections[place] = "\n".join([heading, *data.draw(st.permutations(lines)), "", ""])
    assert diff(parse(BASE), parse(head + "".join(data.draw(st.permutations(sections))))) == ()


names = st.sampled_from(["a", "b", "c", "d", "pi", "π", "s_prime"])
groups = st.lists(names, min_size=1, max_size=3, unique=True).map(tuple)
tensors = st.lists(st.sampled_from([0.0, -0.0, 0.25, 0.2501, 0.5, 1.0]), min_size=1, max_size=4).map(np.array)
models = st.builds(
    GNNModel,
    name=st.sampled_from(["", "M", "N"]),
    equations=st.sampled_from(["", "# x", "a = b", "a=b", "a = b # x"]),
    model_parameters=st.dictionaries(
        st.sampled_from(["num_obs", "rate", "b_tensor_order"]), st.sampled_from([1, 1.0, True, "x"])
    ),
    variables=st.lists(
        st.builds(
            Variable,
            names,
            dims=st.sampled_from([(), ("2",), ("02",), ("pi",)]),
            type=st.sampled_from([None, "float", "Float", "int", "a|b", "b|a"]),
            description=st.sampled_from(["", "x"]),
        ),
        max_size=4,
        unique_by=lambda variable: variable.name,
    ).map(tuple),
    connections=st.lists(
        st.builds(
            lambda sources, targets, operator, label: Connection(
                sources, targets, operator, operator not in {"-", "<->"}, label
            ),
            groups,
            groups,
            st.sampled_from([">", "->", "-", "<->", "|"]),
            st.sampled_from([None, "x", "y"]),
        ),
        max_size=4,
    ).map(tuple),
    parameters=st.lists(
        st.builds(lambda name, value: Parameter(name, 1, value.shape, value.shape, value), names, tensors),
        max_size=3,
        unique_by=lambda parameter: parameter.name,
    ).map(tuple),
    ontology=st.lists(
        st.tuples(names, st.sampled_from(["HiddenState", "hidden_state", "Observation", "Odd"])), max_size=3
    ).map(tuple),
    time=st.builds(
        TimeSettings, st.sampled_from([None, True, False]), horizon=st.sampled_from([None, "3", "3.0", "∞", "inf"])
    ),
)


@given(models)
def test_a_model_does_not_differ_from_itself(model: GNNModel) -> None:
    assert diff(model, model) == ()


@given(models, models)
def test_fingerprints_are_equal_exactly_where_no_structure_differs(old: GNNModel, new: GNNModel) -> None:
    structural = [change for change in diff(old, new) if change.kind in STRUCTURE]
    assert (old.fingerprint == new.fingerprint) is (not structural)


@given(models, models)
def test_a_comparison_read_backwards_is_its_mirror(old: GNNModel, new: GNNModel) -> None:
    def told(changes: tuple[Change, ...], *, mirrored: bool) -> list[tuple[str, str, str]]:
        ends = ((change.after, change.before) if mirrored else (change.before, change.after) for change in changes)
        kinds = (mirrored_kind(change.kind) for change in changes)
        return sorted((kind, str(before), str(after)) for kind, (before, after) in zip(kinds, ends, strict=True))

    assert told(diff(old, new), mirrored=False) == told(diff(new, old), mirrored=True)


def test_no_shipped_example_differs_from_itself_and_all_differ_from_each_other(examples: list[Path]) -> None:
    models = [parse(path.read_text(encoding="utf-8")) for path in examples]
    for model in models:
        assert [other is model for other in models if not diff(model, other)] == [True]


def test_no_real_model_differs_from_itself_in_any_layout(corpus: Path) -> None:
    for path in sorted(corpus.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        assert diff(parse(text), parse(text.replace("\n", "\r\n"))) == (), path.name
