"""Rules about probabilities: what must sum to 1, over which axis, and what must be positive.

Preferences are logarithms and are never summed; nothing is renormalised.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

import numpy as np

from model_registry.gnn.axes import ROUNDED, TOLERANCE, TRANSITION_ORDER, Axis, AxisOrder, Evidence
from model_registry.gnn.facts import Facts, Remark, shown
from model_registry.gnn.model import Parameter, Tensor
from model_registry.gnn.roles import Role

PROBABILITIES = (Role.LIKELIHOOD, Role.TRANSITION, Role.PRIOR)


def likelihood_sums(facts: Facts) -> Iterator[Remark]:
    """Find likelihoods that sum to 1 over no axis."""
    yield from _sums_nowhere(facts, Role.LIKELIHOOD)


def transition_sums(facts: Facts) -> Iterator[Remark]:
    """Find transitions that sum to 1 over no axis."""
    yield from _sums_nowhere(facts, Role.TRANSITION)


def likelihood_sums_over_states(facts: Facts) -> Iterator[Remark]:
    """Find likelihoods that sum to 1, but not over the first axis, where the specification puts outcomes."""
    for parameter, value in facts.valued(Role.LIKELIHOOD):
        axes = facts.stochastic(parameter.name)
        if value.ndim > 1 and axes and 0 not in axes:
            yield Remark(
                parameter.line,
                f"{parameter.name} ({shown(value.shape)}) sums to 1 over states (axis {_numbers(axes)}), not outcomes: "
                f"over axis 0 the sums run {_range(value, 0)}.",
            )


def rounded_sums(facts: Facts) -> Iterator[Remark]:
    """Find probabilities that miss 1 by little, as three times 0.33 does."""
    for parameter, value in facts.valued(*PROBABILITIES, Role.HABIT):
        axes = _summed_axes(value, facts.roles[parameter.name])
        nearly = facts.stochastic(parameter.name, ROUNDED) & axes
        if nearly and not facts.stochastic(parameter.name) & axes:
            axis = min(nearly)
            message = f"{parameter.name} sums to 1 only roughly: over axis {axis} the sums run {_range(value, axis)}."
            yield Remark(parameter.line, message)


def prior_sum(facts: Facts) -> Iterator[Remark]:
    """Find priors that do not sum to 1."""
    for parameter, value in facts.valued(Role.PRIOR):
        if remark := _wrong_sum(facts, parameter, value):
            yield remark


def habit_sum(facts: Facts) -> Iterator[Remark]:
    """Find habits that do not sum to 1; one with a negative entry holds logarithms."""
    for parameter, value in facts.valued(Role.HABIT):
        if value.min() >= 0 and (remark := _wrong_sum(facts, parameter, value)):
            yield remark


def probability_range(facts: Facts) -> Iterator[Remark]:
    """Find probabilities below 0 or above 1."""
    for parameter, value in facts.valued(*PROBABILITIES):
        outside = int(np.count_nonzero((value < -TOLERANCE) | (value > 1 + TOLERANCE)))
        if outside:
            low, high = float(value.min()), float(value.max())
            message = f"{parameter.name} holds {outside} entries outside 0 to 1 (from {low:g} to {high:g})."
            yield Remark(parameter.line, message)


def contradicted_order(facts: Facts) -> Iterator[Remark]:
    """Find transitions whose stated order of axes the sums refute."""
    for parameter, value in facts.valued(Role.TRANSITION):
        order = facts.axes(parameter)
        if order.contradicted and order.stated:
            yield Remark(
                parameter.line,
                f"{parameter.name} is said to be {_named(order.stated)}, but sums to 1 over axis "
                f"{_numbers(order.stochastic)}: it is {_described(order)} (shape {shown(value.shape)}).",
            )


def other_order(facts: Facts) -> Iterator[Remark]:
    """Find transitions that are certainly in another order than next, previous, action."""
    for parameter, _ in facts.valued(Role.TRANSITION):
        order = facts.axes(parameter)
        if order.certain and not order.contradicted and order.axes != TRANSITION_ORDER[: len(order.axes)]:
            message = f"{parameter.name} is {_described(order)} (by {_EVIDENCE[order.evidence]})."
            yield Remark(parameter.line, message, _statement(order))


def ambiguous_order(facts: Facts) -> Iterator[Remark]:
    """Find transitions whose order of axes cannot be told, and would make a difference."""
    for parameter, _ in facts.valued(Role.TRANSITION):
        order = facts.axes(parameter)
        if order.evidence is Evidence.AMBIGUOUS and order.matters and not order.contradicted:
            sums = f"it sums to 1 over axis {_numbers(order.stochastic)}"
            yield Remark(parameter.line, f"The axes of {parameter.name} are {_described(order)}: {sums}.")


def positive_counts(facts: Facts) -> Iterator[Remark]:
    """Find Dirichlet counts that are not positive."""
    for parameter, value in facts.valued(Role.DIRICHLET):
        wrong = int(np.count_nonzero(value <= 0))
        if wrong:
            yield Remark(parameter.line, f"{parameter.name} holds {wrong} counts that are not positive.")


def symmetric_covariance(facts: Facts) -> Iterator[Remark]:
    """Find covariances that are not square and symmetric."""
    for parameter, value in facts.valued(Role.COVARIANCE):
        if value.ndim == 2 and not _is_symmetric(value):
            yield Remark(parameter.line, f"{parameter.name} ({shown(value.shape)}) is not symmetric.")


def positive_covariance(facts: Facts) -> Iterator[Remark]:
    """Find covariances with a negative eigenvalue, and negative variances."""
    for parameter, value in facts.valued(Role.COVARIANCE):
        lowest = _lowest_eigenvalue(value)
        if lowest is not None and lowest < -TOLERANCE:
            yield Remark(parameter.line, f"{parameter.name} has the negative eigenvalue {lowest:g}.")


def positive_precision(facts: Facts) -> Iterator[Remark]:
    """Find precisions and temperatures that are not positive."""
    for parameter, value in facts.valued(Role.PRECISION):
        if np.any(value <= 0):
            yield Remark(parameter.line, f"{parameter.name} is {float(value.min()):g}, and must be positive.")


_SPELLED = {Axis.NEXT: "next_state", Axis.PREVIOUS: "previous_state", Axis.ACTION: "action"}
"""How `b_tensor_order` writes the axes of a transition."""

_EVIDENCE = {
    Evidence.DECLARED: "its b_tensor_order",
    Evidence.COMMENT: "its comment",
    Evidence.SHAPE: "its shape",
    Evidence.SUMS: "its sums",
}


def _sums_nowhere(facts: Facts, role: Role) -> Iterator[Remark]:
    for parameter, value in facts.valued(role):
        axes = _summed_axes(value, role)
        if value.ndim > 1 and not facts.stochastic(parameter.name, ROUNDED) & axes:
            sums = "; ".join(f"over axis {axis} {_range(value, axis)}" for axis in sorted(axes))
            where = "no axis" if len(axes) == value.ndim else "no axis that can hold the next state"
            yield Remark(parameter.line, f"{parameter.name} ({shown(value.shape)}) sums to 1 over {where}: {sums}.")


def _summed_axes(value: Tensor, role: Role) -> Set[int]:
    """Give the axes over which a tensor may sum to 1: of a transition, those as long as another, if there are any."""
    every = frozenset(range(value.ndim))
    paired = frozenset(axis for axis in every if value.shape.count(value.shape[axis]) > 1)
    return paired if role is Role.TRANSITION and paired else every


def _wrong_sum(facts: Facts, parameter: Parameter, value: Tensor) -> Remark | None:
    if value.ndim != 1 or facts.stochastic(parameter.name, ROUNDED):
        return None
    return Remark(parameter.line, f"{parameter.name} sums to {float(value.sum()):g}, not to 1.")


def _range(value: Tensor, axis: int) -> str:
    """Write the smallest and the largest sum over an axis."""
    sums = value.sum(axis=axis)
    low, high = float(sums.min()), float(sums.max())
    return f"from {low:.4g} to {high:.4g}"


def _numbers(axes: frozenset[int]) -> str:
    return " and ".join(map(str, sorted(axes)))


def _named(axes: tuple[object, ...]) -> str:
    return "[" + ", ".join("?" if axis is None else str(axis) for axis in axes) + "]"


def _statement(order: AxisOrder) -> str:
    """Write the line that states a known order."""
    spelled = "_".join(_SPELLED[axis] for axis in order.axes if axis)
    return f"State it: `b_tensor_order: {spelled}` in ModelParameters."


def _described(order: AxisOrder) -> str:
    return _named(order.axes)


def _is_symmetric(value: Tensor) -> bool:
    return value.shape[0] == value.shape[1] and bool(np.allclose(value, value.T, atol=TOLERANCE))


def _lowest_eigenvalue(value: Tensor) -> float | None:
    if not np.all(np.isfinite(value)):
        return None
    if value.ndim < 2:
        return float(value.min())
    if value.ndim > 2 or not _is_symmetric(value):
        return None
    scale = float(np.abs(value).max()) or 1.0
    return float(np.linalg.eigvalsh(value / scale).min()) * scale
