"""What part each name plays in a model: decided by its ontology term, then by its comment, then by its letter.

The letter alone is not enough: in a linear-Gaussian model `F` is the transition and no free energy, and `A` may be it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model_registry.gnn.model import GNNModel, Parameter, Variable


class Role(StrEnum):
    """The part a variable or a parameter plays."""

    STATE = "state"
    NEXT_STATE = "next_state"
    OBSERVATION = "observation"
    ACTION = "action"
    POLICY = "policy"
    LIKELIHOOD = "likelihood"
    TRANSITION = "transition"
    PREFERENCE = "preference"
    PRIOR = "prior"
    HABIT = "habit"
    VFE = "vfe"
    EFE = "efe"
    TIME = "time"
    DIRICHLET = "dirichlet"
    MEAN = "mean"
    COVARIANCE = "covariance"
    PRECISION = "precision"
    DYNAMICS = "dynamics"
    """The matrix that carries a continuous state one step on; nothing in it sums to 1."""
    READOUT = "readout"
    """The matrix that reads an output off a continuous state; nothing in it sums to 1."""
    CONTROL = "control"
    """The matrix by which a control acts on a continuous state."""
    OTHER = "other"


READ = 200
"""How many characters of a term or a comment are read for a role; the head of a sentence says what a thing is."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart: `s_prime_f0` is the stem `s` of the member `f0`, one step later."""

    stem: str
    member: str
    later: bool


_NAME = re.compile(r"(?P<stem>[^\W\d_]+)(?P<later>_?(?:prime|next)|_t\+1|')?_?(?P<member>\w*)")


def name_parts(name: str) -> Name:
    """Give a name's stem, its member (`m0`, `f1`, `level2`, `agent1`, `loc` ...) and whether it is one step later."""
    return _taken_apart(name) if len(name) <= READ else _taken_apart.__wrapped__(name)


@lru_cache(maxsize=4_096)
def _taken_apart(name: str) -> Name:
    """Take a name apart; the models of a registry share most of their names, long ones are not kept."""
    found = _NAME.match(name)
    if found is None:
        return Name(name, "", later=False)
    member = "" if found["member"] == "t" else found["member"]
    return Name("π" if found["stem"] == "pi" else found["stem"], member, later=bool(found["later"]))


def listed_keys(name: str) -> tuple[str, ...]:
    """Give the keys under which a name is found by those that belong to it (see `sought_keys`)."""
    member, number = _member(name)
    return (member, f"#{number}") if number and number != member else (member,)


def sought_keys(name: str) -> tuple[str, ...]:
    """Give the keys under which a name finds those it belongs to: `A_level1` finds `s_level1` and `π1`, not `s_f1`."""
    member, number = _member(name)
    if not number:
        return (member,)
    return (member, f"#{number}") if number == member else (member, number)


def _member(name: str) -> tuple[str, str]:
    """Give the member of a name, and its number if it is a bare number or a word with one (`level2`)."""
    member = name_parts(name).member
    numbered = re.fullmatch(r"[a-z]*?(\d+)", member)
    return member, numbered[1] if numbered else ""


_TERMS: tuple[tuple[str, Role], ...] = (
    ("concentration|dirichlet|pseudocount", Role.DIRICHLET),
    ("precision|temperature|gammaparameter|betaparameter|initialbeta", Role.PRECISION),
    ("variance", Role.COVARIANCE),
    ("expectedfreeenergy", Role.EFE),
    ("freeenergy", Role.VFE),
    ("statetransitionmatrix", Role.DYNAMICS),
    ("observationmatrix", Role.READOUT),
    ("controlinputmatrix", Role.CONTROL),
    ("transition", Role.TRANSITION),
    ("likelihood|recognition|emission|observationmodel", Role.LIKELIHOOD),
    ("preference", Role.PREFERENCE),
    ("habit|policyprior|prioronaction|priorover(?:action|polic)|initialpolicy", Role.HABIT),
    ("policy", Role.POLICY),
    ("prior|initialstatedistribution", Role.PRIOR),
    ("control(?:state|factor|signal|variable)", Role.ACTION),
    ("next\\w*state", Role.NEXT_STATE),
    ("state", Role.STATE),
    ("observation", Role.OBSERVATION),
    ("action", Role.ACTION),
    ("^time(?:step)?$", Role.TIME),
)
"""Words of an ontology term, without spaces and in lower case, and the role they give; the first that fits decides."""

_TERM_PATTERNS = tuple((re.compile(words), role) for words, role in _TERMS)
_NO_LETTERS = re.compile(r"[\W_]+")

_COMMENTS: tuple[tuple[str, Role], ...] = (
    (r"dirichlet|concentration|pseudo-?counts?", Role.DIRICHLET),
    (r"(?:\w+ ){0,3}precision\b|(?:inverse )?temperature", Role.PRECISION),
    (r"covariance", Role.COVARIANCE),
    (r"expected free energy", Role.EFE),
    (r"variational free energy", Role.VFE),
    (r"(?:state )?transitions?\b", Role.TRANSITION),
    (r"likelihood|emission|recognition matrix|observation model", Role.LIKELIHOOD),
    (r"(?:prior (?:over )?(?:\w+ )?)?(?:log-?)?preferences?\b", Role.PREFERENCE),
    (r"habit|(?:policy|action) prior|prior over (?:the )?(?:actions|policies)", Role.HABIT),
    (r"policy", Role.POLICY),
    (r"prior\b", Role.PRIOR),
    (r"(?:next|predicted) (?:hidden )?state", Role.NEXT_STATE),
    (r"(?:hidden|current) state", Role.STATE),
    (r"observations?\b", Role.OBSERVATION),
    (r"(?:selected |chosen )?action\b", Role.ACTION),
    (r"(?:discrete )?time (?:step|index)", Role.TIME),
)
"""Words of a comment and the role they give; the one that stands first in the comment decides."""

_ASIDE = re.compile(r"\([^()]*\)")
_COMMENT = re.compile("|".join(f"(?P<r{i}>{words})" for i, (words, _) in enumerate(_COMMENTS)), re.IGNORECASE)

_LETTERS: Mapping[str, Role] = {
    "A": Role.LIKELIHOOD,
    "B": Role.TRANSITION,
    "C": Role.PREFERENCE,
    "D": Role.PRIOR,
    "E": Role.HABIT,
    "F": Role.VFE,
    "G": Role.EFE,
    "s": Role.STATE,
    "x": Role.STATE,
    "o": Role.OBSERVATION,
    "y": Role.OBSERVATION,
    "u": Role.ACTION,
    "a": Role.ACTION,
    "π": Role.POLICY,
    "t": Role.TIME,
    "H": Role.READOUT,
}

_SQUARE_LETTERS: Mapping[str, Role] = {
    "F": Role.DYNAMICS,
    "Q": Role.COVARIANCE,
    "R": Role.COVARIANCE,
}
"""Letters that mean this where they hold a square matrix, and are not declared as anything else."""

_SCALAR_LETTERS = frozenset({"γ", "β", "ω", "gamma", "beta", "omega"})

_COUNTS = re.compile(r"dirichlet_(.+)|p([A-E](?:_.+)?)|([A-E](?:_.+)?)_prior")
_COVARIANCE = re.compile(r".+_cov(?:ariance)?|(?:Σ|Sigma)(?:_.+)?")

_DISCRETE_TO_CONTINUOUS: Mapping[Role, Role] = {
    Role.LIKELIHOOD: Role.READOUT,
    Role.TRANSITION: Role.DYNAMICS,
    Role.PRIOR: Role.MEAN,
}


def role_of(model: GNNModel) -> Mapping[str, Role]:
    """Give the role of every variable and every parameter, by name.

    The first source that says something decides: ontology term, comment, letter; but names such as `dirichlet_A` and
    `prior_cov` mean what they say, whatever term of their tensor they carry. Where the states are continuous, a
    likelihood is a readout and a transition is dynamics: their axes hold no probabilities.
    """
    terms = dict(reversed(model.ontology))
    roles = {part.name: _role(part, terms.get(part.name, ""), comment) for part, comment in _parts(model)}
    if not _is_continuous(model, roles):
        return roles
    return {name: _DISCRETE_TO_CONTINUOUS.get(role, role) for name, role in roles.items()}


def role_of_term(term: str) -> Role | None:
    """Give the role that an ontology term names, known to the list or not (`FastTransitionMatrix` is a transition)."""
    return _role_of_words(term[:READ]) if term else None


@lru_cache(maxsize=4_096)
def _role_of_words(term: str) -> Role | None:
    """Give the role of the head of a term; the models of a registry share most of their terms."""
    squashed = _NO_LETTERS.sub("", term).casefold()
    return next((role for pattern, role in _TERM_PATTERNS if pattern.search(squashed)), None)


def role_of_comment(comment: str) -> Role | None:
    """Give the role that a comment names first, asides in parentheses left out."""
    found = _COMMENT.search(_ASIDE.sub("", comment[:READ]))
    return _COMMENTS[int(str(found.lastgroup)[1:])][1] if found else None


def counted(name: str) -> str:
    """Give the tensor that Dirichlet counts are the counts of (`dirichlet_A_m0`, `pA_m0`: `A_m0`), else nothing."""
    found = _COUNTS.fullmatch(name)
    return next(filter(None, found.groups()), "") if found else ""


def _parts(model: GNNModel) -> Iterator[tuple[Variable | Parameter, str]]:
    """Give the variables, and the parameters that declare nothing of their own, each with its comment."""
    yield from ((variable, variable.description) for variable in model.variables)
    declared = {variable.name for variable in model.variables}
    yield from ((part, part.comment) for part in model.parameters if part.name not in declared)


def _role(part: Variable | Parameter, term: str, comment: str) -> Role:
    return _role_of_whole_name(part.name) or role_of_term(term) or role_of_comment(comment) or _role_of_letter(part)


def _role_of_whole_name(name: str) -> Role | None:
    """Give the role of a name that says more than any term: `dirichlet_A`, `pA`, `prior_cov`, `prior_mean`."""
    if counted(name):
        return Role.DIRICHLET
    if _COVARIANCE.fullmatch(name):
        return Role.COVARIANCE
    return Role.MEAN if name == "prior_mean" else None


def _role_of_letter(part: Variable | Parameter) -> Role:
    name = name_parts(part.name)
    if _is_square(part) and name.stem in _SQUARE_LETTERS:
        return _SQUARE_LETTERS[name.stem]
    if name.stem in _SCALAR_LETTERS and not _sizes(part):
        return Role.PRECISION
    role = _LETTERS.get(name.stem, Role.OTHER)
    return Role.NEXT_STATE if role is Role.STATE and name.later else role


def _sizes(part: Variable | Parameter) -> tuple[int, ...]:
    return tuple(size for size in part.shape or () if size != 1)


def _is_square(part: Variable | Parameter) -> bool:
    sizes = _sizes(part)
    return len(sizes) == 2 and sizes[0] == sizes[1]


def _is_continuous(model: GNNModel, roles: Mapping[str, Role]) -> bool:
    """Tell whether the hidden states are real numbers: their declared type says so, or the model's section does."""
    states = [variable for variable in model.variables if roles[variable.name] is Role.STATE]
    return "continuous" in model.section.casefold() or any(state.type == "continuous" for state in states)
