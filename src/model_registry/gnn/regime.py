"""Rules about time, policies, learning and the numbers that ModelParameters repeat."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from operator import add, mul

from model_registry.gnn.facts import Facts, Remark
from model_registry.gnn.findings import excerpt
from model_registry.gnn.roles import Role, name_parts
from model_registry.gnn.shapes import action_axis

OPEN_HORIZONS = frozenset({"unbounded", "infinite", "infinity", "inf", "∞", "adaptive", "none"})

COMBINED = 10
"""How many lengths are combined at most: two levels, three agents and two factors give fewer."""

_MOVING = (Role.TRANSITION, Role.DYNAMICS, Role.NEXT_STATE)


def static_with_dynamics(facts: Facts) -> Iterator[Remark]:
    """Find static models that nevertheless move from state to state."""
    moving = [name for name in facts.of_role(*_MOVING) if name in facts.variables]
    if facts.model.time.dynamic is False and moving:
        named = ", ".join(moving)
        yield Remark(facts.section_line("Time", "Static"), f"The model is Static and declares {named}.")


def dynamic_without_transition(facts: Facts) -> Iterator[Remark]:
    """Find dynamic models in which nothing moves from state to state."""
    if facts.model.time.dynamic and facts.model.variables and not any(facts.of_role(*_MOVING)):
        message = "The model is Dynamic, and has no transition and no next state."
        yield Remark(facts.section_line("Time", "Dynamic"), message)


def unreadable_horizon(facts: Facts) -> Iterator[Remark]:
    """Find horizons that are neither a positive number nor open nor a name of the model."""
    horizon = facts.model.time.horizon
    if horizon is not None and not _is_horizon(facts, horizon.strip()):
        line = facts.section_line("Time", "ModelTimeHorizon")
        yield Remark(
            line, f"The horizon {excerpt(horizon)} is no positive whole number and names nothing in the model."
        )


def horizon_against_steps(facts: Facts) -> Iterator[Remark]:
    """Find horizons that differ from num_timesteps."""
    horizon, steps = _whole(facts.model.time.horizon or ""), facts.whole("num_timesteps")
    if horizon is not None and steps is not None and horizon != steps:
        line = facts.section_line("Time", "ModelTimeHorizon")
        yield Remark(line, f"The horizon is {horizon} and num_timesteps is {steps}.")


def undeclared_time(facts: Facts) -> Iterator[Remark]:
    """Find time variables that the state space does not declare."""
    variable = facts.model.time.variable
    if variable and variable not in facts.variables:
        message = f"The time variable {excerpt(variable)} is not declared."
        yield Remark(facts.section_line("Time"), message)


def policy_length(facts: Facts) -> Iterator[Remark]:
    """Find policies of another length than actions to the power of the planning horizon."""
    depth = facts.whole("planning_horizon") or facts.whole("policy_length") or facts.whole("policy_len")
    for name in facts.of_role(Role.POLICY):
        length, actions = facts.size(name), _actions(facts, name)
        if length is None or actions is None or not _is_wrong(length, actions, depth):
            continue
        fitting = f"no power of {actions} actions" if depth is None else f"neither {actions} nor {actions}^{depth}"
        yield Remark(facts.line(name), f"The policy {name} has {length} entries, {fitting}.")


def learning_without_counts(facts: Facts) -> Iterator[Remark]:
    """Find models that say they learn and hold no Dirichlet counts."""
    if "learning" in facts.model.section.casefold() and not any(facts.of_role(Role.DIRICHLET)):
        line = facts.section_line("GNNSection")
        yield Remark(
            line, f"The section {excerpt(facts.model.section)} speaks of learning; no Dirichlet counts are given."
        )


def counted_states(facts: Facts) -> Iterator[Remark]:
    """Find a num_hidden_states that no state bears out."""
    yield from _counted(facts, "num_hidden_states", _lengths(facts, Role.STATE))


def counted_outcomes(facts: Facts) -> Iterator[Remark]:
    """Find a num_obs that no observation and no likelihood bears out."""
    lengths = _lengths(facts, Role.OBSERVATION)
    axes = [sizes[0] for name in facts.of_role(Role.LIKELIHOOD, Role.READOUT) if (sizes := facts.sizes(name))]
    yield from _counted(facts, "num_obs", lengths or axes)


def counted_actions(facts: Facts) -> Iterator[Remark]:
    """Find a num_actions that no transition, policy or action bears out."""
    axes = [axis for name in facts.of_role(Role.TRANSITION) if (axis := action_axis(facts, name)) is not None]
    yield from _counted(facts, "num_actions", axes or _lengths(facts, Role.ACTION) or _lengths(facts, Role.POLICY))


def counted_factors(facts: Facts) -> Iterator[Remark]:
    """Find a num_factors that differs from the factors that names number."""
    yield from _counted_members(facts, "num_factors", "f", "factor")


def counted_modalities(facts: Facts) -> Iterator[Remark]:
    """Find a num_modalities that differs from the modalities that names number."""
    yield from _counted_members(facts, "num_modalities", "m", "modality")


def counted_agents(facts: Facts) -> Iterator[Remark]:
    """Find a number of agents that differs from the agents that names number."""
    for key in ("nr_agents", "num_agents"):
        yield from _counted_members(facts, key, "agent", "agent")


def _is_horizon(facts: Facts, horizon: str) -> bool:
    if horizon.casefold() in OPEN_HORIZONS:
        return True
    known = {*facts.variables, *facts.parameters, *facts.model.model_parameters}
    return _whole(horizon) is not None or horizon in known


def _whole(text: str) -> int | None:
    """Read a positive whole number, `10.0` included."""
    found = re.fullmatch(r"\s*([0-9]{1,9})(?:\.0*)?\s*", text)
    return int(found[1]) or None if found else None


def _actions(facts: Facts, policy: str) -> int | None:
    """Give how many actions a policy chooses among: by the transitions of its member, else by num_actions."""
    member = name_parts(policy).member
    own = [name for name in facts.of_role(Role.TRANSITION) if not member or name_parts(name).member == member]
    axes = {axis for name in own if (axis := action_axis(facts, name)) is not None}
    if len(axes) == 1:
        return axes.pop()
    return None if member or axes else facts.whole("num_actions")


def _is_wrong(length: int, actions: int, depth: int | None) -> bool:
    """Tell whether a policy fits neither one step nor, where that is said, its depth."""
    if length == actions or actions < 2:
        return False
    steps = _logarithm(length, actions)
    return steps is None or depth not in {None, steps}


def _logarithm(number: int, base: int) -> int | None:
    """Give the exponent of an exact power; the power of a stranger's exponent is never computed."""
    steps = 0
    while number > 1 and number % base == 0:
        number, steps = number // base, steps + 1
    return steps if number == 1 else None


def _lengths(facts: Facts, role: Role) -> list[int]:
    return [size for name in facts.of_role(role) if name in facts.variables and (size := facts.size(name)) is not None]


def _counted(facts: Facts, key: str, lengths: Sequence[int]) -> Iterator[Remark]:
    """Compare a count with lengths: it may be one of them, a sum or product of some, or a list of some."""
    stated = facts.setting(key)
    if not lengths or not _is_count(stated):
        return
    if isinstance(stated, list):
        fits = set(stated) <= set(lengths)
    else:
        fits = stated in _combined(lengths, add) | _combined(lengths, mul)
    if not fits:
        found = ", ".join(map(str, lengths))
        yield Remark(facts.section_line("ModelParameters", key), f"{key} is {stated}; the tensors say {found}.")


def _combined(lengths: Sequence[int], operation: Callable[[int, int], int]) -> set[int]:
    """Give every sum, or product, of some of the first lengths."""
    found: set[int] = set()
    for length in lengths[:COMBINED]:
        found |= {operation(length, other) for other in found} | {length}
    return found


def _is_count(stated: object) -> bool:
    numbers = stated if isinstance(stated, list) else [stated]
    return bool(numbers) and all(isinstance(number, int) and not isinstance(number, bool) for number in numbers)


def _counted_members(facts: Facts, key: str, mark: str, unit: str) -> Iterator[Remark]:
    """Compare a count with the numbered members (`_f0`, `_m1`, `_agent2`) among the names of variables."""
    stated = facts.whole(key)
    if stated is None:
        return
    pattern = re.compile(rf"(?:{mark}|{unit})_?(\d+)")
    members = {found[1] for name in facts.variables if (found := pattern.fullmatch(name_parts(name).member))}
    if members and len(members) != stated:
        line = facts.section_line("ModelParameters", key)
        yield Remark(line, f"{key} is {stated} and the names number {len(members)} ({', '.join(sorted(members))}).")
