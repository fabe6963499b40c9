"""The models shipped with the package: what they are, that they are right, and that they cover every kind."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from model_registry.gnn.axes import stochastic_axes
from model_registry.gnn.facts import Facts
from model_registry.gnn.model import GNNModel
from model_registry.gnn.parser import parse
from model_registry.gnn.roles import Role
from model_registry.gnn.rules import check

SECTIONS = (
    "GNNSection",
    "GNNVersionAndFlags",
    "ModelName",
    "ModelAnnotation",
    "StateSpaceBlock",
    "Connections",
    "InitialParameterization",
    "Equations",
    "Time",
    "ActInfOntologyAnnotation",
    "ModelParameters",
    "Footer",
    "Signature",
)

FINDINGS: dict[str, dict[str, int]] = {
    "bandit_agent": {},
    "hidden_markov_model": {},
    "hierarchical_agent": {},
    "learning_agent": {},
    "linear_gaussian_tracker": {},
    "markov_chain": {},
    "multi_agent_bridge": {},
    "multi_modality_agent": {},
    "pomdp_agent": {},
    "static_perception": {},
    "t_maze": {},
    "two_factor_agent": {},
}
"""What each example gives, by rule: nothing."""

NAMES = tuple(FINDINGS)


@pytest.fixture(scope="module")
def models(examples: list[Path]) -> dict[str, GNNModel]:
    return {path.stem: parse(path.read_text(encoding="utf-8")) for path in examples}


def test_there_are_twelve_examples_with_names_of_their_own(models: dict[str, GNNModel]) -> None:
    assert tuple(models) == NAMES
    assert len({model.name for model in models.values()}) == 12


@pytest.mark.parametrize("name", NAMES)
def test_an_example_gives_the_reviewed_findings(models: dict[str, GNNModel], name: str) -> None:
    assert Counter(finding.code for finding in check(models[name])) == FINDINGS[name]
    assert models[name].diagnostics == ()


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_every_section_in_the_usual_order_and_an_author(models: dict[str, GNNModel], name: str) -> None:
    model = models[name]

    assert tuple(section.name for section in model.sections) == SECTIONS
    assert model.title == f"GNN Example: {model.name}"
    assert "\nAuthor: Model Registry contributors" in model.annotation


@pytest.mark.parametrize("name", NAMES)
def test_every_likelihood_and_transition_sums_to_one_over_its_first_axis(
    models: dict[str, GNNModel], name: str
) -> None:
    facts = Facts(models[name])

    for parameter, value in facts.valued(Role.LIKELIHOOD, Role.TRANSITION, Role.PRIOR, Role.HABIT):
        assert 0 in stochastic_axes(value), parameter.name
        assert np.all(value >= 0), parameter.name


@pytest.mark.parametrize("name", NAMES)
def test_every_value_stands_in_the_axis_order_of_its_declaration(models: dict[str, GNNModel], name: str) -> None:
    model = models[name]
    declared = {variable.name: variable.shape for variable in model.variables}

    assert {each.name: each.effective_shape for each in model.parameters} == {
        each.name: declared[each.name] for each in model.parameters
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_connected_or_the_time(models: dict[str, GNNModel], name: str) -> None:
    model, connected = models[name], Facts(models[name]).connected

    assert {each.name for each in model.variables} - connected <= {model.time.variable}


def test_the_likelihood_learnt_is_the_mean_of_its_counts(models: dict[str, GNNModel]) -> None:
    values = Facts(models["learning_agent"]).values

    assert np.allclose(values["A"], values["dirichlet_A"] / values["dirichlet_A"].sum(axis=0))


def test_the_prior_of_the_fast_level_is_what_the_slow_level_predicts(models: dict[str, GNNModel]) -> None:
    values = Facts(models["hierarchical_agent"]).values

    assert np.allclose(values["D_level1"], values["A_level2"] @ values["D_level2"])


def test_the_cue_first_plan_of_the_maze_beats_a_blind_choice(models: dict[str, GNNModel]) -> None:
    values = Facts(models["t_maze"]).values
    outcome, preference, context = values["A_m1"], values["C_m1"], values["D_f1"]
    left, right, cue = 1, 2, 3

    def worth(position: int, belief: object) -> float:
        return float(preference @ (outcome[:, position, :] @ np.asarray(belief)))

    blind = max(worth(left, context), worth(right, context))
    after_cue = sum(
        float(outcome[seen, cue, :] @ context) * max(worth(left, belief), worth(right, belief))
        for seen in (1, 2)
        for belief in [outcome[seen, cue, :] * context / float(outcome[seen, cue, :] @ context)]
    )

    assert after_cue > blind + 1


def test_each_example_is_small_enough_to_read(examples: list[Path]) -> None:
    assert max(len(path.read_text(encoding="utf-8").splitlines()) for path in examples) <= 170
