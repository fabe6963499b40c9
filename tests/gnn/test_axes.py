"""The order of a tensor's axes is detected, its certainty told, and never assumed."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.gnn.axes import (
    TRANSITION_ORDER,
    Axis,
    AxisOrder,
    Evidence,
    likelihood_axes,
    read_order,
    stochastic_axes,
    transition_axes,
)
from model_registry.gnn.model import Comment, GNNModel, Parameter, Tensor, Variable
from model_registry.gnn.parser import parse

NEXT, PREVIOUS, ACTION, OUTCOME, STATE = Axis.NEXT, Axis.PREVIOUS, Axis.ACTION, Axis.OUTCOME, Axis.STATE
USUAL = (TRANSITION_ORDER, (ACTION, NEXT, PREVIOUS), (ACTION, PREVIOUS, NEXT))

CYCLE = [[0.1, 0.0, 0.9], [0.9, 0.1, 0.0], [0.0, 0.9, 0.1]]
"""Columns and rows both sum to 1, and the transpose is another matrix."""
DRIFT = [[0.9, 0.2, 0.0], [0.1, 0.7, 0.3], [0.0, 0.1, 0.7]]
"""Columns alone sum to 1."""


def parameter(value: object, name: str = "B", line: int = 0, comment: str = "") -> Parameter:
    array = np.asarray(value, dtype=np.float64)
    return Parameter(name, line, array.shape, array.shape, array, comment=comment)


def detect(value: object, comment: str = "", order: str = "") -> AxisOrder:
    settings = {"b_tensor_order": order} if order else {}
    return transition_axes(GNNModel(model_parameters=settings), parameter(value, comment=comment))


def stochastic(states: int, actions: int, seed: int) -> Tensor:
    """Give a random transition [next, previous, action] that sums to 1 over its first axis alone."""
    weights = np.random.default_rng(seed).uniform(0.1, 1.0, size=(states, states, actions))
    return np.asarray(weights / weights.sum(axis=0, keepdims=True))


@given(st.integers(2, 5), st.integers(2, 5), st.integers(0, 10_000), st.sampled_from(USUAL))
def test_a_transition_written_in_any_usual_order_is_recognised_by_its_numbers(
    states: int, actions: int, seed: int, order: tuple[Axis, ...]
) -> None:
    standard = stochastic(states, actions, seed)
    written = standard.transpose([TRANSITION_ORDER.index(axis) for axis in order])

    found = detect(written)

    assert found.axes == order
    assert found.evidence is Evidence.SUMS
    assert found.certain


@given(st.integers(2, 4), st.integers(5, 7), st.integers(0, 10_000), st.sampled_from([*permutations(TRANSITION_ORDER)]))
def test_even_an_unusual_order_is_found_when_shape_and_sums_leave_no_other(
    states: int, actions: int, seed: int, order: tuple[Axis, ...]
) -> None:
    written = stochastic(states, actions, seed).transpose([TRANSITION_ORDER.index(axis) for axis in order])

    assert detect(written).axes == order


def test_doubly_stochastic_slices_leave_next_and_previous_open() -> None:
    found = detect([CYCLE, np.transpose(CYCLE)])

    assert found.axes == (ACTION, None, None)
    assert found.evidence is Evidence.AMBIGUOUS
    assert found.stochastic == {1, 2}
    assert found.matters
    assert not found.certain


def test_an_open_order_does_not_matter_when_every_slice_is_symmetric() -> None:
    found = detect([np.eye(3), np.full((3, 3), 1 / 3)])

    assert found.evidence is Evidence.AMBIGUOUS
    assert not found.matters


def test_b_tensor_order_settles_what_the_numbers_leave_open() -> None:
    found = detect([CYCLE, np.transpose(CYCLE)], order="action_previous_state_next_state")

    assert found.axes == (ACTION, PREVIOUS, NEXT)
    assert found.evidence is Evidence.DECLARED


def test_b_tensor_order_counts_before_a_comment() -> None:
    found = detect([CYCLE, CYCLE], comment="[action, previous, next]", order="action_next_previous")

    assert found.axes == (ACTION, NEXT, PREVIOUS)


@pytest.mark.parametrize(
    "comment",
    [
        "B[action, previous_state, next_state]",
        "Layout: B[action][previous][next]",
        "Each slice is one action: rows are previous states, columns are next states",
        "order: action x prev x next",
    ],
)
def test_a_comment_settles_what_the_numbers_leave_open(comment: str) -> None:
    found = detect([CYCLE, CYCLE], comment=comment)

    assert found.axes == (ACTION, PREVIOUS, NEXT)
    assert found.evidence is Evidence.COMMENT


def test_the_comment_above_a_value_counts_before_the_one_above_its_declaration() -> None:
    model = GNNModel(
        variables=(Variable("B", line=3),),
        comments=(
            Comment("StateSpaceBlock", "B[next, previous, action]", 2),
            Comment("InitialParameterization", "B[action, next, previous]", 9),
        ),
    )

    assert transition_axes(model, parameter([CYCLE, CYCLE], line=10)).axes == (ACTION, NEXT, PREVIOUS)


def test_a_statement_that_the_sums_refute_is_not_believed() -> None:
    written = stochastic(3, 2, seed=1).transpose(2, 0, 1)

    found = detect(written, order="next_state_previous_state_action")

    assert found.contradicted
    assert found.stated == TRANSITION_ORDER
    assert found.axes == (ACTION, NEXT, PREVIOUS)


def test_a_tensor_that_sums_to_one_nowhere_fits_no_order() -> None:
    found = detect([[[0.6, 0.1], [0.3, 0.3]], [[0.3, 0.1], [0.6, 0.6]]])

    assert found.evidence is Evidence.NONE
    assert found.stochastic == frozenset()
    assert not found.certain


def test_a_matrix_of_transitions_has_no_action() -> None:
    assert detect(DRIFT).axes == (NEXT, PREVIOUS)
    assert detect(np.transpose(DRIFT)).axes == (PREVIOUS, NEXT)


def test_an_expression_has_no_axes() -> None:
    found = transition_axes(GNNModel(), Parameter("B", text="eye(3)"))

    assert found.axes == ()
    assert found.evidence is Evidence.NONE


@pytest.mark.parametrize(
    ("value", "axes"),
    [
        ([0.333, 0.333, 0.333], {0}),
        ([0.33333, 0.33333, 0.33333], {0}),
        ([0.33, 0.33, 0.33], set()),
        ([[0.9, 0.2], [0.1, 0.8]], {0}),
        ([[0.9, 0.1], [0.2, 0.8]], {1}),
        ([[0.7, 0.3], [0.3, 0.7]], {0, 1}),
        ([[0.9, 0.2], [0.2, 0.8]], set()),
    ],
)
def test_a_sum_may_miss_one_by_a_thousandth(value: object, axes: set[int]) -> None:
    assert stochastic_axes(np.asarray(value, dtype=np.float64)) == axes


def test_the_outcome_axis_is_the_one_that_sums_to_one() -> None:
    columns = [[0.9, 0.2, 0.5], [0.1, 0.8, 0.5]]

    assert likelihood_axes(GNNModel(), parameter(columns, "A")).axes == (OUTCOME, STATE)
    assert likelihood_axes(GNNModel(), parameter(np.transpose(columns), "A")).axes == (STATE, OUTCOME)


def test_the_number_of_outcomes_settles_a_likelihood_that_sums_to_one_both_ways() -> None:
    value = np.full((2, 2, 4), 0.5)
    value[:, :, :] = [[[0.5] * 4, [0.5] * 4], [[0.5] * 4, [0.5] * 4]]

    assert likelihood_axes(GNNModel(), parameter(value, "A")).evidence is Evidence.AMBIGUOUS
    assert likelihood_axes(GNNModel(), parameter(np.full((4, 4), 0.25), "A"), outcomes=4).axes == (None, None)


def test_a_likelihood_never_takes_the_size_of_its_outcomes_for_proof_of_its_sums() -> None:
    rows = parameter([[0.8, 0.1, 0.1], [0.2, 0.3, 0.5]], "A")

    found = likelihood_axes(GNNModel(), rows, outcomes=2)

    assert found.evidence is Evidence.NONE
    assert found.stochastic == {1}


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("next_state_previous_state_action", TRANSITION_ORDER),
        ("action, prev, next", (ACTION, PREVIOUS, NEXT)),
        ("next, next, action", None),
        ("action first", None),
        ("", None),
    ],
)
def test_an_order_is_read_only_if_it_names_each_axis_once(text: str, order: tuple[Axis, ...] | None) -> None:
    assert read_order(text, 3) == order


NEXT_FIRST, ACTION_NEXT, ACTION_PREVIOUS = USUAL
ACTION_FIRST = (ACTION, None, None)
OPEN_MATRIX = (None, None)

CONVENTIONS: dict[tuple[str, str], tuple[set[int], tuple[Axis | None, ...]]] = {
    ("pomdp_gridworld_3x3", "B"): ({0}, NEXT_FIRST),
    ("dirichlet_likelihood_learning", "B"): ({0, 1}, NEXT_FIRST),
    ("pymdp_scaling_N4_T100", "B"): ({0, 2}, (None, PREVIOUS, None)),
    ("pymdp_scaling_N64_T100", "B"): ({0, 2}, (None, PREVIOUS, None)),
    ("two_state_bistable", "B"): ({1}, ACTION_NEXT),
    ("stigmergic_swarm", "B_agent1"): ({1}, ACTION_NEXT),
    ("stigmergic_swarm", "B_agent3"): ({1}, ACTION_NEXT),
    ("curiosity_driven_agent", "B"): ({2}, ACTION_PREVIOUS),
    ("actinf_pomdp_agent", "B"): ({1, 2}, ACTION_PREVIOUS),
    ("continuous_navigation", "B"): ({1, 2}, ACTION_FIRST),
    ("predictive_coding_agent", "B"): ({1, 2}, ACTION_FIRST),
    ("stochastic_dynamics", "B"): ({1, 2}, ACTION_FIRST),
    ("deep_planning_horizon", "B"): ({1, 2}, ACTION_FIRST),
    ("multi_armed_bandit", "B"): ({1, 2}, ACTION_FIRST),
    ("hierarchical_pomdp", "B_level1"): ({1, 2}, ACTION_FIRST),
    ("temporal_hierarchy", "B_level0"): ({1, 2}, ACTION_FIRST),
    ("temporal_hierarchy", "B_level1"): ({1, 2}, ACTION_FIRST),
    ("multi_agent_coordination", "B_agent1"): ({1, 2}, ACTION_FIRST),
    ("precision_weighted", "B"): ({1, 2}, ACTION_FIRST),
    ("factorized_posterior", "B_f0"): ({1, 2}, ACTION_FIRST),
    ("static_perception", "B"): ({0, 1, 2}, NEXT_FIRST),
    ("bnlearn_causal_model", "B"): ({0, 1, 2}, (None, None, None)),
    ("simple_mdp", "B"): ({0, 1, 2}, NEXT_FIRST),
    ("hmm_baseline", "B"): ({0}, (NEXT, PREVIOUS)),
    ("markov_chain", "B"): ({0}, (NEXT, PREVIOUS)),
    ("tmaze_epistemic", "B_loc"): (set(), (None, None, None)),
    ("time_varying_dynamics", "B_t"): (set(), (None, None, ACTION)),
}
"""Transitions of real models: the axes that sum to 1, and the order found (comments decide where sums cannot)."""


@pytest.mark.parametrize(("stem", "name"), CONVENTIONS)
def test_the_convention_of_a_real_transition_is_found(corpus: Path, stem: str, name: str) -> None:
    path = next((corpus / "gnn_files").rglob(f"{stem}.md"))
    model = parse(path.read_text(encoding="utf-8"))
    tensor = next(parameter for parameter in model.parameters if parameter.name == name)

    found = transition_axes(model, tensor)

    assert (set(found.stochastic), found.axes) == CONVENTIONS[stem, name]


@pytest.mark.parametrize(
    ("stem", "name", "axes"),
    [
        ("dynamic_perception", "A", {1}),
        ("static_perception", "A", {1}),
        ("hmm_baseline", "A", {1}),
        ("predictive_coding_agent", "A", {1}),
        ("hierarchical_pomdp", "A_level2", {1}),
        ("temporal_hierarchy", "A_level0", {1}),
        ("temporal_hierarchy", "A_level1", set()),
        ("temporal_hierarchy", "A_level2", set()),
        ("stochastic_dynamics", "A", {0}),
        ("multi_armed_bandit", "A", {0}),
        ("dirichlet_likelihood_learning", "A", {0}),
        ("stigmergic_swarm", "A_agent1", {0}),
        ("factorized_posterior", "A_m0", {0}),
        ("tmaze_epistemic", "A_rew", {0}),
    ],
)
def test_the_axes_over_which_a_real_likelihood_sums_to_one(corpus: Path, stem: str, name: str, axes: set[int]) -> None:
    path = next((corpus / "gnn_files").rglob(f"{stem}.md"))
    model = parse(path.read_text(encoding="utf-8"))
    tensor = next(parameter for parameter in model.parameters if parameter.name == name)

    assert likelihood_axes(model, tensor).stochastic == axes


def test_every_transition_of_the_examples_is_in_the_order_of_the_specification(examples: list[Path]) -> None:
    for path in examples:
        model = parse(path.read_text(encoding="utf-8"))
        for tensor in (each for each in model.parameters if each.name.startswith("B")):
            found = transition_axes(model, tensor)
            assert found.axes == TRANSITION_ORDER[: len(found.axes)], f"{path.name} {tensor.name}"
            assert found.evidence is Evidence.DECLARED
