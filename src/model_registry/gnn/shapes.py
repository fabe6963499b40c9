"""Rules about sizes: each value against its declaration, and the tensors of a model against one another.

A likelihood is [outcome, state, ...] and a transition [next, previous, action], in whatever order its axes stand; the
partners of a tensor are the variables it shares an edge with, else those with its suffix (`Facts.partners`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from model_registry.gnn.axes import Axis
from model_registry.gnn.facts import STATES, Facts, Remark, shown
from model_registry.gnn.model import Parameter
from model_registry.gnn.roles import Role, counted, name_parts

_TENSORS = (Role.LIKELIHOOD, Role.TRANSITION, Role.PREFERENCE, Role.PRIOR, Role.HABIT)


def value_against_declaration(facts: Facts) -> Iterator[Remark]:
    """Find values that hold other axes than declared, axes of length 1 apart."""
    for parameter, declared, given in _declared_and_given(facts):
        if sorted(declared) != sorted(given):
            message = f"{parameter.name} is declared {shown(declared)} and its value is {shown(given)}."
            yield Remark(parameter.line, message)


def permuted_axes(facts: Facts) -> Iterator[Remark]:
    """Find values whose axes stand in another order than declared."""
    for parameter, declared, given in _declared_and_given(facts):
        if declared != given and sorted(declared) == sorted(given) and not _known_otherwise(facts, parameter):
            message = (
                f"{parameter.name} is declared {shown(declared)} and written {shown(given)}: its axes are permuted."
            )
            yield Remark(parameter.line, message)


def infinite_value(facts: Facts) -> Iterator[Remark]:
    """Find values that hold infinities or no number at all."""
    for name, value in facts.values.items():
        wrong = int(np.count_nonzero(~np.isfinite(value)))
        if wrong:
            yield Remark(facts.parameters[name].line, f"{name} holds {wrong} infinite or undefined entries.")


def symbolic_dimension(facts: Facts) -> Iterator[Remark]:
    """Find dimensions whose size nothing in the text gives."""
    for variable in facts.variables.values():
        if variable.shape is None and "0" not in variable.dims:
            dims = ", ".join(variable.dims)
            yield Remark(variable.line, f"{variable.name}[{dims}] has no known size: a dimension stays a symbol.")


def empty_dimension(facts: Facts) -> Iterator[Remark]:
    """Find dimensions of size 0."""
    for variable in facts.variables.values():
        if "0" in variable.dims:
            yield Remark(variable.line, f"{variable.name}[{', '.join(variable.dims)}] has a dimension of size 0.")


def unchecked_value(facts: Facts) -> Iterator[Remark]:
    """Find tensors given as expressions, which are kept as text and never evaluated."""
    for name, parameter in facts.parameters.items():
        if parameter.value is None and parameter.text and facts.roles[name] in _TENSORS:
            yield Remark(parameter.line, f"The value of {name} is an expression or incomplete, and was not checked.")


def tensor_without_value(facts: Facts) -> Iterator[Remark]:
    """Find generative tensors that are declared and never given."""
    given = set(map(facts.referred, facts.parameters))
    for name in facts.of_role(*_TENSORS):
        if name in facts.variables and name not in given:
            yield Remark(facts.line(name), f"{name} is declared as a {facts.roles[name]} and has no value.")


def likelihood_outcomes(facts: Facts) -> Iterator[Remark]:
    """Find likelihoods in which no axis has the size of their observation."""
    for name in facts.of_role(Role.LIKELIHOOD):
        sizes = facts.sizes(name)
        for observation, outcomes in facts.partner_sizes(name, Role.OBSERVATION).items():
            if sizes and outcomes not in _outcome_sizes(facts, name, sizes):
                message = f"{name} is {shown(sizes)} and its observation {observation} has {outcomes} outcomes."
                yield Remark(facts.line(name), message)


def likelihood_states(facts: Facts) -> Iterator[Remark]:
    """Find likelihoods with an axis that has the size of none of their states, nor of another neighbour."""
    for name in facts.of_role(Role.LIKELIHOOD):
        sizes, states = facts.sizes(name), facts.partner_sizes(name, *STATES)
        if not sizes or not states or len(sizes) - 1 > len(states):
            continue
        around = {facts.size(neighbour) for neighbour in facts.neighbours.get(name, ())}
        strangers = [size for size in sizes[1:] if size not in {*states.values(), *around}]
        if strangers and not _transposed(facts, name):
            known = ", ".join(f"{state} {size}" for state, size in states.items())
            yield Remark(facts.line(name), f"{name} is {shown(sizes)} and its states are {known}.")


def likelihood_factors(facts: Facts) -> Iterator[Remark]:
    """Find likelihoods with more state axes than the states that edges join to them."""
    for name in facts.of_role(Role.LIKELIHOOD):
        sizes = facts.sizes(name) or ()
        states = {state for state in facts.neighbours.get(name, ()) if facts.roles.get(state) in STATES}
        if states and len(sizes) - 1 > len(states):
            joined = ", ".join(sorted(states))
            message = f"{name} has {len(sizes) - 1} state axes and edges join it to {len(states)}: {joined}."
            yield Remark(facts.line(name), message)


def transition_states(facts: Facts) -> Iterator[Remark]:
    """Find transitions without two axes of the size of their state."""
    for name in facts.of_role(Role.TRANSITION):
        sizes, states = facts.sizes(name), facts.partner_sizes(name, *STATES)
        if not sizes or len(sizes) not in {2, 3} or not states:
            continue
        if not any(sizes.count(size) >= 2 for size in states.values()):
            known = ", ".join(f"{state} {size}" for state, size in states.items())
            yield Remark(facts.line(name), f"{name} is {shown(sizes)}, with no two axes of its state's size ({known}).")


def transition_actions(facts: Facts) -> Iterator[Remark]:
    """Find transitions whose action axis has another length than there are actions."""
    for name in facts.of_role(Role.TRANSITION):
        actions = action_axis(facts, name)
        for source, known in _action_counts(facts, name).items():
            if actions is not None and actions != known:
                yield Remark(facts.line(name), f"{name} has {actions} actions and {source} {known}.")


def preference_length(facts: Facts) -> Iterator[Remark]:
    """Find preferences of another length than the outcomes of the likelihood of that name (`C_m0` and `A_m0`)."""
    for name in facts.of_role(Role.PREFERENCE):
        likelihood = name.replace(name_parts(name).stem, "A", 1)
        length, sizes = facts.size(name), facts.sizes(likelihood)
        if facts.roles.get(likelihood) is not Role.LIKELIHOOD or length is None or not sizes:
            continue
        if length not in _outcome_sizes(facts, likelihood, sizes):
            yield Remark(facts.line(name), f"{name} has {length} entries and {likelihood} {sizes[0]} outcomes.")


def prior_length(facts: Facts) -> Iterator[Remark]:
    """Find priors of another length than the state they are the prior of."""
    for name in facts.of_role(Role.PRIOR):
        states = facts.partner_sizes(name, Role.STATE)
        length = facts.size(name)
        if length is not None and states and length not in states.values():
            known = ", ".join(f"{state} has {size}" for state, size in states.items())
            yield Remark(facts.line(name), f"{name} has {length} entries and {known} states.")


def habit_length(facts: Facts) -> Iterator[Remark]:
    """Find habits of another length than the policy they weigh."""
    for name in facts.of_role(Role.HABIT):
        length = facts.size(name)
        for policy, size in facts.partner_sizes(name, Role.POLICY).items():
            if length is not None and length != size:
                yield Remark(facts.line(name), f"{name} has {length} entries and the policy {policy} {size}.")


def dirichlet_shape(facts: Facts) -> Iterator[Remark]:
    """Find Dirichlet counts of another shape than the tensor they are the counts of."""
    for name in facts.of_role(Role.DIRICHLET):
        tensor = counted(name)
        counts, sizes = facts.sizes(name), facts.sizes(tensor)
        if counts and sizes and counts != sizes:
            yield Remark(facts.line(name), f"{name} is {shown(counts)} and {tensor} is {shown(sizes)}.")


def action_axis(facts: Facts, name: str) -> int | None:
    """Give the length of a transition's action axis: the one that differs, else any of three equal ones; or None.

    One declared `[n, n, 1]` knows one action.
    """
    sizes, variable = facts.sizes(name), facts.variables.get(name)
    if sizes and len(sizes) == 2 and variable is not None and len(variable.dims) == 3:
        return 1
    if not sizes or len(sizes) != 3:
        return None
    once = [size for size in sizes if sizes.count(size) == 1]
    if len(once) == 1:
        return once[0]
    return sizes[0] if len(set(sizes)) == 1 else None


def _declared_and_given(facts: Facts) -> Iterator[tuple[Parameter, tuple[int, ...], tuple[int, ...]]]:
    for name, value in facts.values.items():
        variable = facts.variables.get(name)
        if variable is not None and variable.dims and variable.shape is not None:
            yield facts.parameters[name], tuple(size for size in variable.shape if size != 1), value.shape


def _known_otherwise(facts: Facts, parameter: Parameter) -> bool:
    """Tell whether the order of a transition's axes is a finding already, by what the text says of it."""
    return facts.roles[parameter.name] is Role.TRANSITION and facts.axes(parameter).contradicted


def _outcome_sizes(facts: Facts, name: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Give how many outcomes a likelihood may have: its first axis, any axis where outcomes stand on another one."""
    return sizes if _transposed(facts, name) else sizes[:1]


def _transposed(facts: Facts, name: str) -> bool:
    """Tell whether a likelihood is known to keep its outcomes on another axis than the first."""
    parameter = facts.parameters.get(name)
    if parameter is None or name not in facts.values:
        return False
    order = facts.axes(parameter)
    return order.certain and order.axes[0] is not Axis.OUTCOME


def _action_counts(facts: Facts, name: str) -> Mapping[str, int]:
    """Give how many actions the action variables of a transition say there are, else what the settings say."""
    counts = dict(facts.partner_sizes(name, Role.ACTION))
    total = facts.whole("num_actions")
    if not counts and total is not None and not name_parts(name).member:
        counts["num_actions"] = total
    return counts
