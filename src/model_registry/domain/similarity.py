"""How alike two models are, from what is on record of them, and why."""

from __future__ import annotations

from collections.abc import Mapping

from model_registry.domain.entry import ModelVersion

LEAST = 0.3
"""Below this, two models are not called similar."""


def similarity(subject: ModelVersion, other: ModelVersion) -> tuple[float, list[str]]:
    """Give how alike two models are, from 0 to 1, with the reasons.

    1 is the same model, whatever its names; else kinds weigh 0.6 (Jaccard) and sizes 0.4 (ratio of counts).
    """
    if subject.fingerprint == other.fingerprint:
        return 1.0, ["the same model: names, structure and numbers"]
    if subject.structure == other.structure:
        return 1.0, ["the same structure and numbers under other names"]
    shared = set(subject.kinds) & set(other.kinds)
    kinds = len(shared) / max(1, len(set(subject.kinds) | set(other.kinds)))
    sizes = _closeness(subject.counts, other.counts)
    score = 0.6 * kinds + 0.4 * sizes
    if score < LEAST or not shared:
        return 0.0, []
    return score, [f"both are {', '.join(sorted(shared))}", f"sizes agree to {sizes:.0%}"]


def _closeness(mine: Mapping[str, int], others: Mapping[str, int]) -> float:
    keys = sorted({*mine, *others})
    ratios = [min(mine.get(key, 0), others.get(key, 0)) / max(mine.get(key, 0), others.get(key, 0), 1) for key in keys]
    return sum(ratios) / max(1, len(ratios))
