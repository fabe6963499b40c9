"""The role of a name: its ontology term decides, then its comment, then its letter."""

from __future__ import annotations

import numpy as np
import pytest

from model_registry.gnn.model import GNNModel, Parameter, Variable
from model_registry.gnn.roles import (
    Role,
    counted,
    listed_keys,
    name_parts,
    role_of,
    role_of_comment,
    role_of_term,
    sought_keys,
)


def role(name: str, *, term: str = "", comment: str = "", shape: tuple[int, ...] = (2, 2)) -> Role:
    variable = Variable(name, tuple(map(str, shape)), shape, description=comment)
    return role_of(GNNModel(variables=(variable,), ontology=((name, term),) if term else ()))[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A", Role.LIKELIHOOD),
        ("A_m0", Role.LIKELIHOOD),
        ("B_level2", Role.TRANSITION),
        ("B_t", Role.TRANSITION),
        ("C", Role.PREFERENCE),
        ("D_f1", Role.PRIOR),
        ("E", Role.HABIT),
        ("G_epi", Role.EFE),
        ("s_agent1", Role.STATE),
        ("s_prime_f0", Role.NEXT_STATE),
        ("x_next1", Role.NEXT_STATE),
        ("s_t+1", Role.NEXT_STATE),
        ("s_t", Role.STATE),
        ("o_m2", Role.OBSERVATION),
        ("u", Role.ACTION),
        ("pi0", Role.POLICY),
        ("π", Role.POLICY),
        ("t", Role.TIME),
        ("dirichlet_A", Role.DIRICHLET),
        ("pA_m0", Role.DIRICHLET),
        ("B_f1_prior", Role.DIRICHLET),
        ("Σ_x", Role.COVARIANCE),
        ("Q", Role.COVARIANCE),
        ("prior_cov", Role.COVARIANCE),
        ("prior_mean", Role.MEAN),
        ("H", Role.READOUT),
        ("signal_decay", Role.OTHER),
        ("Aroma", Role.OTHER),
    ],
)
def test_a_letter_gives_a_role_where_nothing_else_does(name: str, expected: Role) -> None:
    assert role(name) is expected


def test_the_term_counts_before_the_comment_and_the_comment_before_the_letter() -> None:
    assert role("A", term="TransitionMatrix", comment="Likelihood") is Role.TRANSITION
    assert role("A", comment="Transition matrix") is Role.TRANSITION
    assert role("A") is Role.LIKELIHOOD


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("FastTransitionMatrix", Role.TRANSITION),
        ("StateTransitionMatrix", Role.DYNAMICS),
        ("RecognitionMatrix", Role.LIKELIHOOD),
        ("ObservationMatrix", Role.READOUT),
        ("Agent1NextHiddenState", Role.NEXT_STATE),
        ("LogPreferenceVectorModality0", Role.PREFERENCE),
        ("PriorOverHiddenStates", Role.PRIOR),
        ("PolicyPrior", Role.HABIT),
        ("PriorPreferences", Role.PREFERENCE),
        ("ControlState", Role.ACTION),
        ("ExpectedFreeEnergyPerPolicy", Role.EFE),
        ("LikelihoodMatrixConcentrationParameters", Role.DIRICHLET),
        ("InitialStateVariance", Role.COVARIANCE),
        ("Time", Role.TIME),
        ("FastTimeConstant", None),
        ("Zebra", None),
    ],
)
def test_a_term_gives_a_role_whether_or_not_the_ontology_knows_it(term: str, expected: Role | None) -> None:
    assert role_of_term(term) is expected


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("Likelihood mapping hidden states to observations", Role.LIKELIHOOD),
        ("State transitions given previous state and action", Role.TRANSITION),
        ("Log-preferences over observations", Role.PREFERENCE),
        ("Prior preferences over outcomes", Role.PREFERENCE),
        ("Prior over log-preferences", Role.PREFERENCE),
        ("Prior over the states that preferences favour", Role.PRIOR),
        ("Prior over initial hidden states", Role.PRIOR),
        ("Prior over actions", Role.HABIT),
        ("Process noise precision", Role.PRECISION),
        ("Selected first action from the best policy", Role.ACTION),
        ("Policy over actions", Role.POLICY),
        ("Expected Free Energy per policy", Role.EFE),
        ("Gain (preference satisfaction)", None),
        ("Which of the doors is open", None),
    ],
)
def test_the_first_role_that_a_comment_names_counts(comment: str, expected: Role | None) -> None:
    assert role_of_comment(comment) is expected


def test_a_free_energy_is_no_dynamics_unless_it_is_a_square_matrix() -> None:
    assert role("F", shape=(1,)) is Role.VFE
    assert role("F", shape=(2, 2)) is Role.DYNAMICS


def test_a_greek_letter_is_a_precision_only_if_it_is_a_single_number() -> None:
    assert role("γ", shape=(1,)) is Role.PRECISION
    assert role("beta", shape=(4, 1)) is Role.OTHER


def test_matrices_of_a_continuous_model_hold_no_probabilities() -> None:
    model = GNNModel(
        variables=(Variable("x", ("2",), (2,), "continuous"), Variable("A", ("2", "2"), (2, 2))),
        parameters=(Parameter("B", value=np.eye(2), shape=(2, 2)),),
    )

    assert role_of(model) == {"x": Role.STATE, "A": Role.READOUT, "B": Role.DYNAMICS}


def test_a_parameter_without_a_declaration_has_a_role_too() -> None:
    assert role_of(GNNModel(parameters=(Parameter("D", value=np.ones(1), shape=(1,)),))) == {"D": Role.PRIOR}


@pytest.mark.parametrize(
    ("name", "stem", "member", "later"),
    [
        ("A", "A", "", False),
        ("A_m0", "A", "m0", False),
        ("s_prime_f0", "s", "f0", True),
        ("s_t+1", "s", "", True),
        ("o_t", "o", "", False),
        ("pi0", "π", "0", False),
        ("x_next1", "x", "1", True),
        ("dirichlet_A", "dirichlet", "A", False),
        ("_", "_", "", False),
    ],
)
def test_a_name_is_taken_apart(name: str, stem: str, member: str, later: bool) -> None:
    parts = name_parts(name)

    assert (parts.stem, parts.member, parts.later) == (stem, member, later)


@pytest.mark.parametrize(
    ("name", "tensor"),
    [("dirichlet_A_m0", "A_m0"), ("pB", "B"), ("D_prior", "D"), ("prior", ""), ("pi", ""), ("p", "")],
)
def test_counts_name_the_tensor_they_count(name: str, tensor: str) -> None:
    assert counted(name) == tensor


def test_counts_are_counts_whatever_term_they_are_mapped_to() -> None:
    assert role("dirichlet_A", term="LikelihoodMatrix") is Role.DIRICHLET


@pytest.mark.parametrize(
    ("left", "right", "together"),
    [
        ("A_level1", "s_level1", True),
        ("A_level1", "π1", True),
        ("π1", "A_level1", True),
        ("A", "s", True),
        ("A_level1", "s_level2", False),
        ("A_m0", "s_f0", False),
        ("A_m0", "s", False),
    ],
)
def test_names_belong_together_by_their_member(left: str, right: str, together: bool) -> None:
    assert bool({*sought_keys(left)} & {*listed_keys(right)}) is together
