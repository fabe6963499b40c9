"""How alike two models are, from what they are made of and what is said of them, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import NamedTuple

import numpy as np

from model_registry.domain.anatomy import Anatomy
from model_registry.domain.entry import ModelVersion
from model_registry.domain.found import Scores
from model_registry.domain.gist import gist
from model_registry.domain.metadata import Metadata
from model_registry.domain.shelf import Look

LEAST = 0.25
"""Below this, two models are not called similar."""

MOST_UNLIKE = 0.999
"""The most that two models can be alike that are not the same."""

STRUCTURE, KINDS, WORDS = 0.6, 0.2, 0.2
"""What each part weighs: roles with their shapes and edges, kinds, words of name, description and tags."""

SHOWN = 3
"""How many examples a reason gives."""


class Likeness(NamedTuple):
    """What a model is compared by; `words` by their stems."""

    fingerprint: str
    structure: str
    kinds: frozenset[str]
    traits: frozenset[str]
    words: Mapping[str, str]


def likeness(version: ModelVersion, made_of: Anatomy, metadata: Metadata) -> Likeness:
    """Give what a model is compared by."""
    return Likeness(version.fingerprint, version.structure, frozenset(version.kinds), made_of.traits, gist(metadata))


def likest(look: Look, subject: Likeness, same: Iterable[str] = (), least: float = LEAST) -> Scores:
    """Give for each model how alike it is, as `similarity` has it, all at once; 0 where that is less than `least`.

    `same` are the ids of the models of the same structure. Kinds and words are looked into only where they can make a
    model alike enough.
    """
    traits, score = look.shares("traits", subject.traits), np.zeros(look.count)
    near = np.flatnonzero((traits > 0) & (STRUCTURE * traits + KINDS + WORDS >= least))
    if near.size:
        kinds, words = look.shares("kinds", subject.kinds, near), look.shares("gist", subject.words, near)
        likeness = STRUCTURE * traits[near] + KINDS * kinds + WORDS * words
        score[near] = np.where(likeness < least, 0.0, np.minimum(likeness, MOST_UNLIKE))
    numbers = look.numbers(same)
    score[numbers[numbers >= 0]] = 1.0
    return score


def similarity(subject: Likeness, other: Likeness) -> tuple[float, list[str]]:
    """Give how alike two models are, from 0 to 1, with the reasons.

    1 is the same model, whatever its names; else the shares that both have of all that either has (Jaccard), weighed.
    Models without a trait in common are not similar.
    """
    if subject.fingerprint == other.fingerprint:
        return 1.0, ["the same model: names, structure and numbers"]
    if subject.structure == other.structure:
        return 1.0, ["the same structure and numbers under other names"]
    traits, kinds = subject.traits & other.traits, subject.kinds & other.kinds
    score = (
        STRUCTURE * _share(subject.traits, other.traits)
        + KINDS * _share(subject.kinds, other.kinds)
        + WORDS * _share(subject.words.keys(), other.words.keys())
    )
    if score < LEAST or not traits:
        return 0.0, []
    return min(score, MOST_UNLIKE), [*_reasons(subject, other, traits, kinds)]


def _reasons(subject: Likeness, other: Likeness, traits: Set[str], kinds: Set[str]) -> Iterator[str]:
    if kinds:
        yield f"both are {', '.join(sorted(kinds))}"
    shapes = [trait.replace("_", " ") for trait in sorted(traits) if trait[-1].isdigit()]
    if shapes:
        yield f"both have {', '.join(shapes[:SHOWN])}{_more(len(shapes))}"
    yield f"{len(traits)} of {len(subject.traits | other.traits)} parts and joints agree"
    words = [word for root, word in sorted(subject.words.items()) if root in other.words]
    if words:
        yield f"both speak of {', '.join(words[:SHOWN])}{_more(len(words))}"


def _more(count: int) -> str:
    return f" and {count - SHOWN} more" if count > SHOWN else ""


def _share(mine: Set[str], others: Set[str]) -> float:
    return len(mine & others) / max(1, len(mine | others))
