"""What kinds of model a model is."""

from __future__ import annotations

import pytest

from model_registry.gnn.kinds import KINDS
from model_registry.gnn.parser import parse

STATES = "## StateSpaceBlock\n"
POMDP = "A[3,2]\nB[2,2,4]\ns[2]\no[3]\nu[1]\n"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (STATES + POMDP, ("pomdp",)),
        (STATES + POMDP + "## Time\nStatic", ("pomdp", "static")),
        (STATES + "A[3,2]\nB[2,2]\ns[2]\no[3]", ("hmm",)),
        (STATES + "B[2,2]\ns[2]", ("markov-chain",)),
        (STATES + "A[2,2]\nB[2,2]\n## InitialParameterization\nA={(1,0),(0,1)}", ("markov-chain",)),
        (STATES + "B[2,2,3]\ns[2]\nπ[3]", ("mdp",)),
        (STATES + "A[2,2]\nB[2,2,3]\nu[1]\n## InitialParameterization\nA={(1,0),(0,1)}", ("mdp",)),
        (STATES + "A_m0[3,2]\nB_f0[2,2,2]\nB_f1[4,4,1]\nu_c0[1]", ("factored", "pomdp")),
        (STATES + POMDP + "## ModelParameters\nnum_factors: 2", ("factored", "pomdp")),
        (STATES + "A_agent1[3,2]\nB_agent1[2,2,4]\nu_agent1[1]", ("multi-agent", "pomdp")),
        (STATES + POMDP + "## InitialParameterization\nnr_agents=3", ("multi-agent", "pomdp")),
        (STATES + POMDP + "## ModelParameters\nnr_agents: 1", ("pomdp",)),
        (STATES + "A_level1[3,2]\nB_level1[2,2,4]\nu_level1[1]", ("hierarchical", "pomdp")),
        ("## GNNSection\nActInfPOMDP_Hierarchical\n" + STATES + POMDP, ("hierarchical", "pomdp")),
        (STATES + POMDP + "dirichlet_A[3,2]", ("learning", "pomdp")),
        (STATES + "x[2]\n## Time\nContinuousTime=t", ("continuous",)),
        (STATES + "x[2]\n## InitialParameterization\nF=1\nH=1\nQ=1\nR=1", ("continuous",)),
        (STATES + "x[2]\n## InitialParameterization\nprior_mean=0\nprior_cov=1", ("continuous",)),
        (STATES + "A[3,2]\ns[2]\no[3]\n## Time\nStatic", ("static",)),
        (STATES + "x[2]", ()),
        (STATES + "P[2,2]\nx[2]\n## ActInfOntologyAnnotation\nP=TransitionMatrix", ("markov-chain",)),
    ],
)
def test_a_model_is_of_the_kinds_its_parts_show(text: str, kinds: tuple[str, ...]) -> None:
    assert parse(text).kinds == kinds


def test_every_kind_says_what_it_means_once() -> None:
    names = [name for name, _, _ in KINDS]
    assert len(set(names)) == len(names)
    assert all(meaning for _, meaning, _ in KINDS)
