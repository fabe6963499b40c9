"""What kinds of model a model is: facets for searching, never part of what a change means.

A model may be of several kinds (a hierarchical, learning POMDP). The evidence, in this order of reading: the
GNNSection, names and their suffixes, ModelParameters, ontology terms, the time regime.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model_registry.gnn.model import GNNModel

_AFFIX = re.compile(r"_?(?:[mfc]\d+|level_?\d+|agent_?\d+|[a-z]{2,})$|\d+$|_\d+$")
_AGENT_MATRIX = re.compile(r"[A-E]_?agent_?\d+", re.IGNORECASE)
_LEVEL = re.compile(r".*_level_?\d+")
_FACTOR = re.compile(r".*_f(\d+)")

_LIKELIHOOD_TERMS = ("likelihood", "recognitionmatrix", "emission", "observationmodel", "observationmatrix")
_TRANSITION_TERMS = ("transition",)
_ACTION_TERMS = ("action", "policy", "control")


def kinds(model: GNNModel) -> tuple[str, ...]:
    """Give the kinds of a model, most specific first; the rows of `KINDS` say what each means."""
    return tuple(kind for kind, _, holds in KINDS if holds(model))


def _names(model: GNNModel) -> Iterator[str]:
    yield from (variable.name for variable in model.variables)
    yield from (parameter.name for parameter in model.parameters)


def _count(model: GNNModel, *keys: str) -> int:
    """Give the largest number that settings or scalar parameters give for one of the keys."""
    settings = [model.model_parameters.get(key) for key in keys]
    scalars = [
        parameter.value.item()
        for parameter in model.parameters
        if parameter.name in keys and parameter.value is not None and parameter.value.size == 1
    ]
    numbers = [number for number in [*settings, *scalars] if isinstance(number, int | float)]
    return max((int(number) for number in numbers if abs(number) < 1e9), default=0)


def _says(model: GNNModel, *words: str) -> bool:
    """Tell whether the GNNSection holds one of the words."""
    section = re.sub(r"[\s_-]", "", model.section).casefold()
    return any(word in section for word in words)


def _letters(model: GNNModel) -> set[str]:
    """Give the family letters of the names: A of `A_m0`, `A_level1`, `A_agent2`, `A_loc`."""
    return {_AFFIX.sub("", name) for name in _names(model)}


def _means(model: GNNModel, words: tuple[str, ...]) -> bool:
    """Tell whether an ontology term holds one of the words."""
    return any(word in term.replace(" ", "").casefold() for _, term in model.ontology for word in words)


def _several_agents(model: GNNModel) -> bool:
    return (
        _count(model, "nr_agents", "num_agents", "n_agents") > 1
        or _says(model, "multiagent")
        or any(_AGENT_MATRIX.fullmatch(name) for name in _names(model))
    )


def _several_levels(model: GNNModel) -> bool:
    return _says(model, "hierarchical") or any(_LEVEL.fullmatch(name) for name in _names(model))


def _continuous(model: GNNModel) -> bool:
    assigned = {parameter.name for parameter in model.parameters}
    return (
        _says(model, "continuous")
        or model.time.discrete is False
        or assigned >= {"F", "H", "Q", "R"}
        or assigned >= {"prior_mean", "prior_cov"}
    )


def _learning(model: GNNModel) -> bool:
    return _says(model, "learning") or any(name.startswith("dirichlet_") for name in _names(model))


def _factored(model: GNNModel) -> bool:
    factors = {match[1] for name in _names(model) if (match := _FACTOR.fullmatch(name))}
    return _count(model, "num_factors") > 1 or len(factors) > 1


def _discrete(model: GNNModel) -> bool:
    """Tell whether states are categories: a model in continuous time, or named continuous, has none."""
    return model.time.discrete is not False and not _says(model, "continuous")


def _has_transition(model: GNNModel) -> bool:
    return _discrete(model) and ("B" in _letters(model) or _means(model, _TRANSITION_TERMS))


def _has_actions(model: GNNModel) -> bool:
    return bool({"u", "π", "pi"} & _letters(model)) or _means(model, _ACTION_TERMS) or _count(model, "num_actions") > 1


def _observed_through_noise(model: GNNModel) -> bool:
    """Tell whether states show only through a likelihood; an identity matrix shows them as they are."""
    values = {parameter.name: parameter.value for parameter in model.parameters if parameter.name.startswith("A")}
    numeric = [np.squeeze(value) for value in values.values() if value is not None]
    if numeric and all(value.ndim == 2 and np.array_equal(value, np.eye(*value.shape)) for value in numeric):
        return False
    return "A" in _letters(model) or _means(model, _LIKELIHOOD_TERMS)


def _pomdp(model: GNNModel) -> bool:
    return _has_transition(model) and _has_actions(model) and _observed_through_noise(model)


def _mdp(model: GNNModel) -> bool:
    return _has_transition(model) and _has_actions(model) and not _observed_through_noise(model)


def _hmm(model: GNNModel) -> bool:
    return _has_transition(model) and not _has_actions(model) and _observed_through_noise(model)


def _markov_chain(model: GNNModel) -> bool:
    return _has_transition(model) and not _has_actions(model) and not _observed_through_noise(model)


def _static(model: GNNModel) -> bool:
    return model.time.dynamic is False


KINDS: tuple[tuple[str, str, Callable[[GNNModel], bool]], ...] = (
    ("multi-agent", "several agents: nr_agents above 1, or matrices such as A_agent2", _several_agents),
    ("hierarchical", "several levels: named so, or names such as s_level2", _several_levels),
    ("continuous", "continuous states or time: named so, F, H, Q and R, or prior_mean and prior_cov", _continuous),
    ("learning", "learns its parameters: named so, or dirichlet_ counts", _learning),
    ("factored", "several state factors: num_factors above 1, or names such as s_f0 and s_f1", _factored),
    ("pomdp", "discrete, with transitions, actions and noisy observations", _pomdp),
    ("mdp", "discrete, with transitions and actions, its states seen as they are", _mdp),
    ("hmm", "discrete, with transitions and noisy observations, without actions", _hmm),
    ("markov-chain", "discrete, with transitions only", _markov_chain),
    ("static", "without time", _static),
)
"""Each kind, what it means, and the test for it; most specific first."""
