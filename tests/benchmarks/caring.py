"""What keeps a registry in order: checking all of it, and building the index anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.measuring import OURS, Figure, timed
from benchmarks.stage import Stage


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure once: both read everything."""
    stage.registry.catch_up()
    told: list[Mapping[str, Any]] = []
    took = timed(lambda: told.append(stage.registry.validate_registry())) / 1_000
    assert told[0]["ok"], told[0]["findings"][:3]
    yield Figure("validate_registry", stage.models, OURS, took, "s")
    yield Figure("update_indexes", stage.models, OURS, timed(stage.registry.update_indexes) / 1_000, "s")
