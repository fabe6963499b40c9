"""The Active Inference terms that variables are mapped to, and the search for the term a text meant.

The names and `obo:` identifiers are those of the Active Inference ontology; the descriptions are our own. Fewer than
half of the terms found in real models are in the list, so an unknown term is worth a remark and never a fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

NEAR = 3
"""The largest edit distance at which one term may be a misspelling of another."""

SUGGESTED = 3

SHORTEST = 5
"""A shorter term (`Time`) stands in too many words to suggest it."""

LONGEST = 80
"""A text longer than this is prose and no misspelt term."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the ontology: its name, its identifier, and what it means."""

    name: str
    identifier: str
    description: str


class How(StrEnum):
    """How a text was matched to a term."""

    EXACT = "exact"
    CASEFOLD = "casefold"
    AFFIX = "affix"
    NEAR = "near"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """What `lookup` found: the term meant, how it was found, and the nearest terms where it is only a guess."""

    how: How
    term: Term | None = None
    suggestions: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Tell whether the text names a term of the list, however spelled."""
        return self.term is not None


_ROWS = """
HiddenState | ACTO_000001 | What is the case in the world or in the agent, and has to be inferred.
ObservableState | ACTO_000002 | A state that is seen as it is, without noise in between.
Observation | ACTO_000003 | What the senses deliver at one moment.
Action | ACTO_000004 | What the agent does to the world or to itself.
Policy | ACTO_000005 | A course of action: a plan, or a rule that gives an action for each state.
PriorBelief | ACTO_000006 | What is believed before the data are in.
PosteriorBelief | ACTO_000007 | What is believed after the data are in.
LikelihoodMapping | ACTO_000008 | How probable each outcome is under each hidden state; often called A.
TransitionMatrix | ACTO_000009 | How probable each next state is, given the present one and the action; often called B.
Preferences | ACTO_000010 | Which outcomes or states the agent wants; often called C.
ExpectedFreeEnergy | ACTO_000011 | The score of a plan: what it is likely to teach and to bring, lower being better.
VariationalFreeEnergy | TEMP_000065 | An upper bound on surprise; lowering it makes a belief fit the data.
GenerativeModel | ACTO_000013 | The agent's own account of how the world brings about what it senses.
GenerativeProcess | ACTO_000014 | What really brings about the observations, whatever the agent thinks.
Precision | ACTO_000015 | How sharply a distribution is peaked: the inverse of its variance.
RecognitionMatrix | TEMP_000016 | An older name for the matrix of outcomes given states.
Prior | TEMP_000017 | The distribution over states at the start; often called D.
NextHiddenState | TEMP_000018 | The hidden state one step later.
Time | TEMP_000066 | The moment, or the counter of moments, a model runs by.
Preference | TEMP_000020 | How much each outcome is wanted; it steers the choice of policy.
PolicyVector | TEMP_000021 | The probability of each policy, or one policy as a list of actions.
PriorOnAction | TEMP_000022 | How probable each action is before its consequences are weighed.
BetaParameter | TEMP_000023 | A temperature: the larger, the more random the choice or the softer the update.
GammaParameter | TEMP_000024 | A gain on a choice or an update, such as a precision, a discount or a rate.
ExpectedFreeEnergyPerPolicy | TEMP_000025 | The expected free energies of the policies, one number for each.
InitialPolicyProbability | TEMP_000026 | The probability of each policy before the first step.
PrecisionParameter | TEMP_000027 | A number that sets how much confidence a belief deserves.
BetaUpdateTerm | TEMP_000028 | One summand in the rule by which a temperature is updated.
InitialBeta | TEMP_000029 | The temperature before the first update.
LikelihoodMatrixModality0 | TEMP_000030 | The likelihood of the first observation modality.
LikelihoodMatrixModality1 | TEMP_000031 | The likelihood of the second observation modality.
LikelihoodMatrixModality2 | TEMP_000032 | The likelihood of the third observation modality.
TransitionMatrixFactor0 | TEMP_000033 | The transition of the first hidden state factor.
TransitionMatrixFactor1 | TEMP_000034 | The transition of the second hidden state factor.
LogPreferenceVectorModality0 | TEMP_000035 | The log-preference over outcomes of the first modality.
LogPreferenceVectorModality1 | TEMP_000036 | The log-preference over outcomes of the second modality.
LogPreferenceVectorModality2 | TEMP_000037 | The log-preference over outcomes of the third modality.
PriorOverHiddenStatesFactor0 | TEMP_000038 | The initial distribution of the first hidden state factor.
PriorOverHiddenStatesFactor1 | TEMP_000039 | The initial distribution of the second hidden state factor.
HiddenStateFactor0 | TEMP_000040 | The first factor of the hidden state.
HiddenStateFactor1 | TEMP_000041 | The second factor of the hidden state.
NextHiddenStateFactor0 | TEMP_000042 | The first factor of the hidden state, one step later.
NextHiddenStateFactor1 | TEMP_000043 | The second factor of the hidden state, one step later.
ObservationModality0 | TEMP_000044 | What the first modality delivers.
ObservationModality1 | TEMP_000045 | What the second modality delivers.
ObservationModality2 | TEMP_000046 | What the third modality delivers.
PolicyVectorFactor1 | TEMP_000047 | The probability of each policy that controls the second factor.
ActionFactor1 | TEMP_000048 | The action on the second factor.
TimeStep | TEMP_000049 | One tick of discrete time.
ConstraintParameter | TEMP_000050 | How strongly a constraint binds in inference or optimisation.
TrajectoryLength | TEMP_000051 | How many steps or way points a planned path has.
InferenceIterations | TEMP_000052 | How often inference is repeated before its result is used.
NumberOfAgents | TEMP_000053 | How many agents take part.
SoftminTemperature | TEMP_000054 | How sharply a soft minimum prefers the smallest value.
StateTransitionMatrix | TEMP_000055 | The matrix that carries a continuous state one step on.
ControlInputMatrix | TEMP_000056 | The matrix by which a control acts on a continuous state.
ObservationMatrix | TEMP_000057 | The matrix that reads an output off a continuous state.
InitialStateVariance | TEMP_000058 | How uncertain the first state is.
ControlVariance | TEMP_000059 | How noisy the control or the dynamics are.
GoalConstraintVariance | TEMP_000060 | How loosely a goal holds a planned path.
LikelihoodMatrix | TEMP_000061 | The matrix of outcome probabilities, one column for each hidden state.
LogPreferenceVector | TEMP_000062 | Preferences as logarithms, defined up to a constant.
PriorOverHiddenStates | TEMP_000063 | The probability of each hidden state before anything is observed.
Habit | TEMP_000064 | What the agent does when it does not think: a prior over actions or policies.
"""


def _term(row: str) -> Term:
    name, identifier, description = (cell.strip() for cell in row.split("|"))
    return Term(name, f"obo:{identifier}", description)


TERMS: Mapping[str, Term] = {term.name: term for term in map(_term, _ROWS.strip().splitlines())}
"""The terms by name, in the order of the ontology's own list."""

_FOLDED = {name.casefold(): term for name, term in TERMS.items()}
_AFFIX = r"(?:factor|modality|agent|level|control|group|policy)_?\d+"
_PREFIX = re.compile(rf"^{_AFFIX}_?")
_SUFFIX = re.compile(rf"_?{_AFFIX}$|_?\d+$")


@lru_cache(maxsize=4_096)
def lookup(text: str) -> Match:
    """Give the term a text names: as written, whatever its case, or without affixes such as `Factor0` and `Agent1`.

    Otherwise the match carries suggestions: terms of which one contains the other, or within edit distance 3.
    """
    if text in TERMS:
        return Match(How.EXACT, TERMS[text])
    folded = re.sub(r"[\s_-]+", "", text).casefold()
    if folded in _FOLDED:
        return Match(How.CASEFOLD, _FOLDED[folded])
    bases = tuple(_without_affixes(folded))
    for base in bases:
        if base in _FOLDED:
            return Match(How.AFFIX, _FOLDED[base])
    suggestions = next(filter(None, map(_suggestions, (folded, *bases))), ())
    return Match(How.NEAR if suggestions else How.UNKNOWN, suggestions=suggestions)


def _without_affixes(folded: str) -> Iterator[str]:
    """Give ever shorter forms of a term: one affix less each time, from either end."""
    while True:
        shorter = _SUFFIX.sub("", folded) or _PREFIX.sub("", folded)
        if shorter == folded:
            shorter = _PREFIX.sub("", folded)
        if shorter in {folded, ""}:
            return
        folded = shorter
        yield folded


def _suggestions(folded: str) -> tuple[str, ...]:
    """Give at most three terms: misspelt by two letters at most, else one within the other, else by three letters."""
    if not 3 <= len(folded) <= LONGEST:
        return ()
    misspelt = _misspelt(folded)
    close = tuple(name for distance, name in misspelt if distance < NEAR)
    return (close or _nested(folded) or tuple(name for _, name in misspelt))[:SUGGESTED]


def _misspelt(folded: str) -> list[tuple[int, str]]:
    """Give the terms within the edit distance that a word of this length allows, nearest first."""
    allowed = min(NEAR, len(folded) // 3)
    candidates = [(key, name) for key, name in _names() if abs(len(key) - len(folded)) <= allowed]
    distances = ((_distance(folded, key, allowed), name) for key, name in candidates)
    return sorted((distance, name) for distance, name in distances if distance <= allowed)


def _nested(folded: str) -> tuple[str, ...]:
    """Give the terms that contain a word or are contained in it: those that end alike first, then by length."""
    keys = ((key.removeprefix("log"), name) for key, name in _names())
    nested = [(key, name) for key, name in keys if len(key) >= SHORTEST and (key in folded or folded in key)]

    def rank(pair: tuple[str, str]) -> tuple[bool, int, str]:
        key, name = pair
        return not (folded.endswith(key) or key.endswith(folded)), abs(len(key) - len(folded)), name

    return tuple(name for _, name in sorted(nested, key=rank))


def _names() -> Iterator[tuple[str, str]]:
    """Give the terms that may be suggested: those of one numbered factor or modality never are."""
    for key, term in _FOLDED.items():
        if not key[-1].isdigit():
            yield key, term.name


def _distance(left: str, right: str, limit: int) -> int:
    """Give the edit distance of two words (Levenshtein: an insertion, deletion or substitution is one step).

    Beyond the limit any number above it will do.
    """
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(right, start=1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
        if min(row) > limit:
            break
    return row[-1]
