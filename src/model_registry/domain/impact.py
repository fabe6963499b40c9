"""How far each kind of change takes the version number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from model_registry.gnn.changes import Change


class Bump(StrEnum):
    """A step of the version number, ordered: none < patch < minor < major."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"

    @property
    def size(self) -> int:
        """Give the place of the step in the order."""
        return _ORDER.index(self)

    def __lt__(self, other: str) -> bool:
        return self.size < Bump(other).size

    def __le__(self, other: str) -> bool:
        return self.size <= Bump(other).size

    def __gt__(self, other: str) -> bool:
        return self.size > Bump(other).size

    def __ge__(self, other: str) -> bool:
        return self.size >= Bump(other).size


_ORDER = tuple(Bump)

IMPACT: Mapping[str, Bump] = MappingProxyType(
    {
        "variable-removed": Bump.MAJOR,
        "variable-renamed": Bump.MAJOR,
        "variable-dims": Bump.MAJOR,
        "variable-type-class": Bump.MAJOR,
        "variable-type": Bump.MINOR,
        "variable-default": Bump.MINOR,
        "variable-added": Bump.MINOR,
        "edge-removed": Bump.MAJOR,
        "edge-reduced": Bump.MAJOR,
        "edge-reversed": Bump.MAJOR,
        "edge-directedness": Bump.MAJOR,
        "edge-operator": Bump.MINOR,
        "edge-label": Bump.MINOR,
        "edge-extended": Bump.MINOR,
        "edge-added": Bump.MINOR,
        "parameter-removed": Bump.MAJOR,
        "parameter-shape": Bump.MAJOR,
        "parameter-values": Bump.MINOR,
        "parameter-rounding": Bump.PATCH,
        "parameter-text": Bump.MINOR,
        "parameter-added": Bump.MINOR,
        "ontology-role": Bump.MAJOR,
        "ontology-refined": Bump.MINOR,
        "ontology-removed": Bump.MINOR,
        "ontology-added": Bump.MINOR,
        "time-regime": Bump.MAJOR,
        "time-discretisation": Bump.MAJOR,
        "time-stated": Bump.MINOR,
        "time-variable": Bump.MINOR,
        "time-horizon": Bump.MINOR,
        "time-setting": Bump.MINOR,
        "dimension-parameter-removed": Bump.MAJOR,
        "dimension-parameter-changed": Bump.MAJOR,
        "axis-order-removed": Bump.MAJOR,
        "axis-order-changed": Bump.MAJOR,
        "model-parameter-removed": Bump.MINOR,
        "model-parameter-changed": Bump.MINOR,
        "model-parameter-added": Bump.MINOR,
        "equations": Bump.MINOR,
        "language-major": Bump.MAJOR,
        "language-version": Bump.MINOR,
        "section-kind": Bump.MINOR,
        "flag": Bump.MINOR,
        "name": Bump.PATCH,
        "title": Bump.PATCH,
        "annotation": Bump.PATCH,
        "front-matter": Bump.PATCH,
        "variable-description": Bump.PATCH,
        "variable-section": Bump.PATCH,
        "edge-description": Bump.PATCH,
        "parameter-comment": Bump.PATCH,
        "equations-comments": Bump.PATCH,
        "comments": Bump.PATCH,
        "spelling": Bump.PATCH,
        "section-text": Bump.PATCH,
        "unread-lines": Bump.PATCH,
        "footer": Bump.PATCH,
        "signature": Bump.PATCH,
    }
)
"""The step each kind of change requires: major breaks what others build on a model, minor adds to it or alters its
numbers, patch alters words only.

An edge added between variables that were there before changes their independence, and is minor all the same: nothing
that was declared is lost. So is a mapping removed: its meaning is lost, the interface stays.
"""


def bump_of(changes: Iterable[Change]) -> Bump:
    """Give the step that changes require together: the largest of their steps, none for no change."""
    return max((IMPACT[change.kind] for change in changes), default=Bump.NONE)
