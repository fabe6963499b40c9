"""The checks on a model, as one table: what each finds, how much it matters, what to do about it.

An id never changes its meaning; E001 to W003 keep the meaning they have elsewhere in the GNN world. A finding never
refuses a registration. What could not be read at all is reported by the parser, under codes of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from model_registry.gnn import regime, shapes, stochastic, structure
from model_registry.gnn.facts import Facts, Remark
from model_registry.gnn.model import Diagnostic, GNNModel, Severity

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@dataclass(frozen=True, slots=True)
class Rule:
    """A check: its stable id, how much a finding matters, what it means, what to do, and the function that looks."""

    id: str
    severity: Severity
    explanation: str
    hint: str
    find: Callable[[Facts], Iterator[Remark]]


RULES: tuple[Rule, ...] = (
    Rule(
        "E001",
        ERROR,
        "A required section is missing: ModelName, StateSpaceBlock or Connections.",
        "Add the section.",
        structure.missing_section,
    ),
    Rule(
        "E002",
        ERROR,
        "A value has another shape than its variable declares, axes of length 1 apart.",
        "Correct the declaration or the value.",
        shapes.value_against_declaration,
    ),
    Rule("E004", ERROR, "A variable is declared twice.", "Keep one declaration.", structure.duplicate_variable),
    Rule(
        "E006",
        ERROR,
        "The state space declares no variable.",
        "Declare one, such as `s[2,1,type=float]`.",
        structure.no_variable,
    ),
    Rule("E009", ERROR, "A value holds an infinity or no number.", "Give a finite number.", shapes.infinite_value),
    Rule("E010", ERROR, "A dimension has size 0.", "Give a positive size.", shapes.empty_dimension),
    Rule(
        "E011",
        ERROR,
        "A likelihood has no axis of its observation's size.",
        "Give it one row for each outcome.",
        shapes.likelihood_outcomes,
    ),
    Rule(
        "E012",
        ERROR,
        "A likelihood has an axis of none of its states' sizes.",
        "Give it one column for each state.",
        shapes.likelihood_states,
    ),
    Rule(
        "E013",
        ERROR,
        "A transition has no two axes of its state's size.",
        "Give it [next, previous, action] with both states' sizes equal.",
        shapes.transition_states,
    ),
    Rule(
        "E015",
        ERROR,
        "A prior has another length than its state.",
        "Give it one entry for each state.",
        shapes.prior_length,
    ),
    Rule(
        "E016",
        ERROR,
        "A habit has another length than its policy.",
        "Give it one entry for each policy.",
        shapes.habit_length,
    ),
    Rule(
        "E020",
        ERROR,
        "A likelihood sums to 1 over no axis.",
        "Make each column, one for each state, sum to 1 over outcomes.",
        stochastic.likelihood_sums,
    ),
    Rule(
        "E021",
        ERROR,
        "A transition sums to 1 over no axis.",
        "Make the next states sum to 1 for each previous state and action.",
        stochastic.transition_sums,
    ),
    Rule("E022", ERROR, "A prior does not sum to 1.", "Make its entries sum to 1.", stochastic.prior_sum),
    Rule(
        "E024",
        ERROR,
        "A probability is below 0 or above 1.",
        "Give probabilities; logarithms belong into preferences.",
        stochastic.probability_range,
    ),
    Rule(
        "E025",
        ERROR,
        "A Dirichlet count is not positive.",
        "Give every cell a positive count.",
        stochastic.positive_counts,
    ),
    Rule(
        "E026",
        ERROR,
        "Dirichlet counts have another shape than their tensor.",
        "Give one count for each cell of the tensor.",
        shapes.dirichlet_shape,
    ),
    Rule(
        "E027", ERROR, "A covariance is not symmetric.", "Mirror it at its diagonal.", stochastic.symmetric_covariance
    ),
    Rule(
        "E028",
        ERROR,
        "A covariance is not positive semi-definite.",
        "Check its variances and correlations.",
        stochastic.positive_covariance,
    ),
    Rule(
        "E029",
        ERROR,
        "A precision or temperature is not positive.",
        "Give a positive number.",
        stochastic.positive_precision,
    ),
    Rule(
        "W001",
        WARNING,
        "A tensor has a value and stands in no edge.",
        "Connect it, or leave it out.",
        structure.orphan_with_value,
    ),
    Rule(
        "W002",
        WARNING,
        "An edge names something that is not declared.",
        "Declare it in the state space, or correct the name.",
        structure.undeclared_endpoint,
    ),
    Rule(
        "W003",
        INFO,
        "A parameter is not declared in the state space.",
        "Declare it if it is part of the model.",
        structure.undeclared_parameter,
    ),
    Rule(
        "W004",
        WARNING,
        "A parameter is assigned twice; the last value counts.",
        "Keep one assignment.",
        structure.duplicate_parameter,
    ),
    Rule("W005", WARNING, "A section stands twice.", "Join the two.", structure.duplicate_section),
    Rule("W007", WARNING, "Two names read the same and are not.", "Use one spelling.", structure.look_alike_names),
    Rule("W008", WARNING, "An edge is written twice.", "Keep one of them.", structure.duplicate_edge),
    Rule(
        "W009",
        WARNING,
        "Two variables are joined both with and without a direction.",
        "Decide for one.",
        structure.mixed_edge,
    ),
    Rule(
        "W010",
        WARNING,
        "A variable's ontology term and its comment disagree about its role.",
        "Correct the one that is wrong.",
        structure.role_conflict,
    ),
    Rule(
        "W011",
        WARNING,
        "A value has its axes in another order than declared.",
        "Declare the axes as they are written, or transpose the value.",
        shapes.permuted_axes,
    ),
    Rule(
        "W012",
        WARNING,
        "A likelihood has more state axes than edges show states.",
        "Draw an edge from every state factor it depends on.",
        shapes.likelihood_factors,
    ),
    Rule(
        "W013",
        WARNING,
        "A transition has another number of actions than the model.",
        "Give it one slice for each action.",
        shapes.transition_actions,
    ),
    Rule(
        "W014",
        WARNING,
        "A preference has another length than the outcomes of its likelihood.",
        "Give it one entry for each outcome.",
        shapes.preference_length,
    ),
    Rule(
        "W020",
        WARNING,
        "A likelihood sums to 1 over states, not outcomes.",
        "Transpose it if it is P(outcome | state); each column must sum to 1.",
        stochastic.likelihood_sums_over_states,
    ),
    Rule(
        "W021",
        WARNING,
        "A transition is not in the order of axes that the text states.",
        "Correct the comment or b_tensor_order, or reorder the value.",
        stochastic.contradicted_order,
    ),
    Rule(
        "W022",
        WARNING,
        "A habit does not sum to 1.",
        "Make its entries sum to 1, or say that they are logarithms.",
        stochastic.habit_sum,
    ),
    Rule(
        "W023",
        WARNING,
        "Probabilities are rounded so far that they miss 1.",
        "Write more digits, or let one entry take up the rest.",
        stochastic.rounded_sums,
    ),
    Rule(
        "W030",
        WARNING,
        "A static model has a transition or a next state.",
        "Make it Dynamic, or leave them out.",
        regime.static_with_dynamics,
    ),
    Rule(
        "W031",
        WARNING,
        "A dynamic model has no transition and no next state.",
        "Make it Static, or add them.",
        regime.dynamic_without_transition,
    ),
    Rule(
        "W032",
        WARNING,
        "The horizon is neither a positive whole number nor open.",
        "Write a positive whole number, Unbounded, or a name of the model.",
        regime.unreadable_horizon,
    ),
    Rule(
        "W033",
        WARNING,
        "The horizon and num_timesteps differ.",
        "Give both the same number.",
        regime.horizon_against_steps,
    ),
    Rule(
        "W034",
        WARNING,
        "The time variable is not declared.",
        "Declare it, such as `t[1,type=int]`.",
        regime.undeclared_time,
    ),
    Rule(
        "W035",
        WARNING,
        "A policy's length fits neither the actions nor the planning horizon.",
        "Give it one entry for each action, or for each sequence of actions.",
        regime.policy_length,
    ),
    Rule(
        "W036",
        WARNING,
        "A model is said to learn and holds no Dirichlet counts.",
        "Add them, such as `dirichlet_A`, or name the section otherwise.",
        regime.learning_without_counts,
    ),
    Rule("W037", WARNING, "num_hidden_states disagrees with the states.", "Correct the number.", regime.counted_states),
    Rule("W038", WARNING, "num_obs disagrees with the observations.", "Correct the number.", regime.counted_outcomes),
    Rule("W039", WARNING, "num_actions disagrees with the transitions.", "Correct the number.", regime.counted_actions),
    Rule(
        "W040",
        WARNING,
        "num_factors disagrees with the numbered factors.",
        "Correct the number.",
        regime.counted_factors,
    ),
    Rule(
        "W041",
        WARNING,
        "num_modalities disagrees with the numbered modalities.",
        "Correct the number.",
        regime.counted_modalities,
    ),
    Rule(
        "W042",
        WARNING,
        "The number of agents disagrees with the numbered agents.",
        "Correct the number.",
        regime.counted_agents,
    ),
    Rule("I001", INFO, "A variable stands in no edge.", "Connect it if something depends on it.", structure.orphan),
    Rule(
        "I002",
        INFO,
        "A variable is mapped to several ontology terms.",
        "Keep the one that says most.",
        structure.duplicate_mapping,
    ),
    Rule("I003", INFO, "Two variables have an edge each way.", "Check that a loop is meant.", structure.opposed_edges),
    Rule(
        "I005",
        INFO,
        "An ontology mapping names nothing in the model.",
        "Correct the name, or remove the mapping.",
        structure.mapping_of_unknown_name,
    ),
    Rule(
        "I006",
        INFO,
        "An ontology term is not in the list.",
        "Use a term of the ontology if one fits.",
        structure.unknown_term,
    ),
    Rule(
        "I007",
        INFO,
        "An ontology term is near one of the list.",
        "Use the term of the ontology if it is meant.",
        structure.misspelt_term,
    ),
    Rule(
        "I008",
        INFO,
        "A generative tensor is declared and has no value.",
        "Give it one in InitialParameterization.",
        shapes.tensor_without_value,
    ),
    Rule(
        "I009",
        INFO,
        "The value of a tensor is an expression and was not checked.",
        "Write numbers if they should be checked.",
        shapes.unchecked_value,
    ),
    Rule(
        "I010",
        INFO,
        "A dimension is a symbol without a size.",
        "Give the symbol a value in InitialParameterization or ModelParameters.",
        shapes.symbolic_dimension,
    ),
    Rule(
        "I021",
        INFO,
        "A transition is certainly in another order than [next, previous, action].",
        "State it: `b_tensor_order: ...` in ModelParameters.",
        stochastic.other_order,
    ),
    Rule(
        "I022",
        INFO,
        "A transition's order of axes cannot be told.",
        "State it: `b_tensor_order: next_state_previous_state_action` in ModelParameters.",
        stochastic.ambiguous_order,
    ),
)
"""Every check, in the order of its id's letter and number."""


def check(model: GNNModel) -> tuple[Diagnostic, ...]:
    """Give every finding of every rule, in line order; what the parser found stands in `model.diagnostics`."""
    facts = Facts(model)
    with np.errstate(over="ignore", invalid="ignore"):
        found = [_diagnostic(rule, remark) for rule in RULES for remark in rule.find(facts)]
    return tuple(sorted(found, key=lambda diagnostic: (diagnostic.line, diagnostic.code)))


def rules_table() -> str:
    """Give the rules as a Markdown table: id, severity, meaning, what to do."""
    cells = ((rule.id, rule.severity, rule.explanation, rule.hint) for rule in RULES)
    rows = ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells)
    return "\n".join(("| Id | Severity | What it means | What to do |", "|---|---|---|---|", *rows)) + "\n"


def _diagnostic(rule: Rule, remark: Remark) -> Diagnostic:
    return Diagnostic(rule.id, rule.severity, remark.line, remark.message, remark.hint or rule.hint)
