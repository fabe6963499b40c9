"""The parts of a model as pictures tell them apart: one table of groups of roles, each with an outline of its own."""

from __future__ import annotations

from dataclasses import dataclass

from model_registry.gnn.roles import Role


@dataclass(frozen=True, slots=True)
class Group:
    """Roles that are drawn alike: the class of the style, the title of the legend, the outline (`shapes.OUTLINES`)."""

    key: str
    title: str
    outline: str
    roles: frozenset[Role] = frozenset()


GROUPS = (
    Group("observations", "Observations", "double-round", frozenset({Role.OBSERVATION})),
    Group("states", "Hidden states", "round", frozenset({Role.STATE, Role.NEXT_STATE})),
    Group("likelihood", "Likelihood", "square", frozenset({Role.LIKELIHOOD, Role.READOUT})),
    Group("dynamics", "Dynamics", "barred", frozenset({Role.TRANSITION, Role.DYNAMICS, Role.CONTROL})),
    Group(
        "priors",
        "Priors and preferences",
        "cut",
        frozenset({Role.PRIOR, Role.PREFERENCE, Role.HABIT, Role.MEAN}),
    ),
    Group("policy", "Policy and action", "pointed", frozenset({Role.POLICY, Role.ACTION, Role.EFE})),
    Group(
        "precision",
        "Precision and learning",
        "folded",
        frozenset({Role.PRECISION, Role.COVARIANCE, Role.DIRICHLET}),
    ),
)
"""The groups in the order in which they are told; what has another role belongs to `OTHERS`."""

OTHERS = Group("others", "Others", "soft")

_OF_ROLE = {role: group for group in GROUPS for role in group.roles}


def group_of(role: Role | None) -> Group:
    """Give the group that a role belongs to."""
    return OTHERS if role is None else _OF_ROLE.get(role, OTHERS)
