"""What keeps a registry in order: checking all of it, and building the index anew."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import OURS, Figure, timed
from benchmarks.stage import Stage


def measure(stage: Stage) -> Iterator[Figure]:
    """Measure once: both read everything."""
    stage.registry.catch_up()
    findings = stage.registry.validate_registry()
    assert findings["ok"], findings["findings"][:3]
    took = timed(stage.registry.validate_registry) / 1_000
    yield Figure("validate_registry", stage.models, OURS, took, "s")
    yield Figure("update_indexes", stage.models, OURS, timed(stage.registry.update_indexes) / 1_000, "s")
