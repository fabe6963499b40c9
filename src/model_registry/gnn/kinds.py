"""What kinds of model a model is: facets for searching, never part of what a change means.

A model may be of several kinds (a hierarchical, learning POMDP). The evidence, in this order of reading: the
GNNSection, names and their suffixes, ModelParameters, ontology terms, the time regime.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import cached_property
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
    evidence = Evidence(model)
    return tuple(kind for kind, _, holds in KINDS if holds(evidence))


@dataclass(frozen=True)
class Evidence:
    """What tells the kinds of a model, worked out once."""

    model: GNNModel

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Give the names of variables and parameters."""
        variables, parameters = self.model.variables, self.model.parameters
        return (*(variable.name for variable in variables), *(parameter.name for parameter in parameters))

    @cached_property
    def letters(self) -> Set[str]:
        """Give the family letters of the names: A of `A_m0`, `A_level1`, `A_agent2`, `A_loc`."""
        return {_AFFIX.sub("", name) for name in set(self.names)}

    @cached_property
    def section(self) -> str:
        """Give the GNNSection as it is searched for words."""
        return re.sub(r"[\s_-]", "", self.model.section).casefold()

    @cached_property
    def terms(self) -> str:
        """Give the ontology terms as they are searched for words, a line each."""
        return "\n".join(term.replace(" ", "").casefold() for _, term in self.model.ontology)

    def says(self, *words: str) -> bool:
        """Tell whether the GNNSection holds one of the words."""
        return any(word in self.section for word in words)

    def means(self, words: tuple[str, ...]) -> bool:
        """Tell whether an ontology term holds one of the words."""
        return any(word in self.terms for word in words)

    def count(self, *keys: str) -> int:
        """Give the largest number that settings or scalar parameters give for one of the keys."""
        settings = [self.model.model_parameters.get(key) for key in keys]
        scalars = [
            parameter.value.item()
            for parameter in self.model.parameters
            if parameter.name in keys and parameter.value is not None and parameter.value.size == 1
        ]
        numbers = [number for number in [*settings, *scalars] if isinstance(number, int | float)]
        return max((int(number) for number in numbers if abs(number) < 1e9), default=0)

    @property
    def discrete(self) -> bool:
        """Tell whether states are categories: a model in continuous time, or named continuous, has none."""
        return self.model.time.discrete is not False and not self.says("continuous")

    @cached_property
    def transition(self) -> bool:
        """Tell whether states follow one another."""
        return self.discrete and ("B" in self.letters or self.means(_TRANSITION_TERMS))

    @cached_property
    def actions(self) -> bool:
        """Tell whether somebody acts."""
        return bool({"u", "π", "pi"} & self.letters) or self.means(_ACTION_TERMS) or self.count("num_actions") > 1

    @cached_property
    def noise(self) -> bool:
        """Tell whether states show only through a likelihood; an identity matrix shows them as they are."""
        values = {part.name: part.value for part in self.model.parameters if part.name.startswith("A")}
        numeric = [np.squeeze(value) for value in values.values() if value is not None]
        if numeric and all(value.ndim == 2 and np.array_equal(value, np.eye(*value.shape)) for value in numeric):
            return False
        return "A" in self.letters or self.means(_LIKELIHOOD_TERMS)


def _several_agents(evidence: Evidence) -> bool:
    return (
        evidence.count("nr_agents", "num_agents", "n_agents") > 1
        or evidence.says("multiagent")
        or any(map(_AGENT_MATRIX.fullmatch, evidence.names))
    )


def _several_levels(evidence: Evidence) -> bool:
    return evidence.says("hierarchical") or any(map(_LEVEL.fullmatch, evidence.names))


def _continuous(evidence: Evidence) -> bool:
    assigned = {parameter.name for parameter in evidence.model.parameters}
    return (
        evidence.says("continuous")
        or evidence.model.time.discrete is False
        or assigned >= {"F", "H", "Q", "R"}
        or assigned >= {"prior_mean", "prior_cov"}
    )


def _learning(evidence: Evidence) -> bool:
    return evidence.says("learning") or any(name.startswith("dirichlet_") for name in evidence.names)


def _factored(evidence: Evidence) -> bool:
    factors = {match[1] for match in map(_FACTOR.fullmatch, evidence.names) if match}
    return evidence.count("num_factors") > 1 or len(factors) > 1


def _pomdp(evidence: Evidence) -> bool:
    return evidence.transition and evidence.actions and evidence.noise


def _mdp(evidence: Evidence) -> bool:
    return evidence.transition and evidence.actions and not evidence.noise


def _hmm(evidence: Evidence) -> bool:
    return evidence.transition and not evidence.actions and evidence.noise


def _markov_chain(evidence: Evidence) -> bool:
    return evidence.transition and not evidence.actions and not evidence.noise


def _static(evidence: Evidence) -> bool:
    return evidence.model.time.dynamic is False


KINDS: tuple[tuple[str, str, Callable[[Evidence], bool]], ...] = (
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
