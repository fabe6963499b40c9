"""What can differ between two models: a change, and the table of its kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two models, by kind and name, never by line.

    `before` and `after` are short readable values (None where there is none), never a tensor; `detail` holds numbers
    for programs (changed cells, largest difference, per-axis sizes ...).
    """

    kind: str
    name: str
    before: Any = None
    after: Any = None
    detail: Mapping[str, Any] = field(default_factory=dict)


STRUCTURE: Mapping[str, str] = MappingProxyType(
    {
        "variable-removed": "a variable is no longer declared",
        "variable-renamed": "a variable goes by another name; `detail` says how sure that is",
        "variable-dims": "a variable has other dimensions or another rank",
        "variable-type-class": "a variable's values are of another class: real, whole, truth, text",
        "variable-type": "a variable's type is refined, stated or left out, within its class",
        "variable-default": "a variable's default is another",
        "variable-added": "a variable is new",
        "edge-removed": "an edge is gone",
        "edge-reduced": "a group edge has lost members",
        "edge-reversed": "an edge points the other way",
        "edge-directedness": "an edge has gained or lost its direction",
        "edge-operator": "an edge is of another sort and as directed as before: conditional, bidirectional",
        "edge-label": "an edge has another label",
        "edge-extended": "a group edge has new members",
        "edge-added": "an edge is new",
        "parameter-removed": "a parameter is no longer given",
        "parameter-shape": "a parameter's value has another shape, axes of length 1 aside",
        "parameter-values": "a parameter's numbers differ beyond rounding",
        "parameter-rounding": "a parameter's numbers differ by no more than rounding",
        "parameter-text": "a parameter's value is another text, or has become text or numbers",
        "parameter-added": "a parameter is new",
        "ontology-role": "a variable's ontology term gives it another role",
        "ontology-refined": "a variable's ontology term is another one of the same role",
        "ontology-removed": "a variable is no longer mapped to a term",
        "ontology-added": "a variable is newly mapped to a term",
        "time-regime": "a static model has become dynamic, or the reverse",
        "time-discretisation": "discrete time has become continuous, or the reverse",
        "time-stated": "the time regime is newly stated, or no longer",
        "time-variable": "another variable counts time",
        "time-horizon": "the model's horizon is another",
        "time-setting": "another setting of the Time section differs",
        "dimension-parameter-removed": "a ModelParameter that counts dimensions is gone",
        "dimension-parameter-changed": "a ModelParameter that counts dimensions is another",
        "axis-order-removed": "the order of the axes of B is no longer declared",
        "axis-order-changed": "the declared order of the axes of B is another",
        "model-parameter-removed": "a ModelParameter is gone",
        "model-parameter-changed": "a ModelParameter is another",
        "model-parameter-added": "a ModelParameter is new",
        "equations": "lines of the equations differ",
    }
)
"""Changes of what the model is: those that the fingerprint sees."""

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "language-major": "the text is written in another major version of GNN",
        "language-version": "the text is written in another minor version of GNN",
        "section-kind": "the GNNSection names another kind of model",
        "flag": "a flag of GNNVersionAndFlags differs",
    }
)
"""Changes of what the text says about itself. They matter to tools, and exports lose them: no fingerprint sees them."""

PROSE: Mapping[str, str] = MappingProxyType(
    {
        "name": "the ModelName is another",
        "title": "the title is another",
        "annotation": "the annotation reads differently",
        "front-matter": "a key of the front matter differs",
        "variable-description": "the comment on a variable differs",
        "variable-section": "a variable is declared in another section",
        "edge-description": "the comment on an edge differs",
        "parameter-comment": "the comments on a parameter differ",
        "equations-comments": "the comments among the equations differ",
        "comments": "the full-line comments of a section differ",
        "spelling": "a name or a term is spelled differently and means the same",
        "section-text": "a section without a meaning of its own reads differently",
        "unread-lines": "lines that could not be read, or that later lines override, differ",
        "footer": "the footer reads differently",
        "signature": "the signature reads differently",
    }
)
"""Changes of what is said to people."""

KINDS: Mapping[str, str] = MappingProxyType({**STRUCTURE, **LABELS, **PROSE})
"""Every kind of change and what it means, in the order in which changes are told."""
