"""The values of a GNN model: what a text means, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_registry.gnn.canonical import Form, fingerprint, read_form
from model_registry.gnn.kinds import kinds
from model_registry.gnn.roles import Role, role_of

Tensor = NDArray[np.float64]

VALUE_CELLS = 1_000
"""Tensors of more cells are left out of the JSON form unless it is asked for in full."""

REQUIRED_SECTIONS = ("ModelName", "StateSpaceBlock", "Connections")


class Severity(StrEnum):
    """How much a finding matters: an error makes the model wrong, a warning doubtful, an info is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding in a text: what, where (1-based line, 0 when it has none), and what to do about it."""

    code: str
    severity: Severity
    line: int
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared variable: `dims` as written, `shape` resolved to integers or None where a symbol stays open."""

    name: str
    dims: tuple[str, ...] = ()
    shape: tuple[int, ...] | None = ()
    type: str | None = None
    section: str = "StateSpaceBlock"
    line: int = 0
    description: str = ""
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """One edge between groups of variables; a chain `a>b>c` is two. An index stays in its endpoint (`x[t-1]`)."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    operator: str = ">"
    directed: bool = True
    label: str | None = None
    line: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """One assignment: `value` where it is numeric (axes as written), else its unevaluated `text`.

    `shape` is the value's own, `effective_shape` the one fitted to the declaration by dropping axes of length 1
    (`{(a, b)}` written for a declared `[2]` has shape (1, 2) and effective shape (2,)).
    """

    name: str
    line: int = 0
    shape: tuple[int, ...] | None = None
    effective_shape: tuple[int, ...] | None = None
    value: Tensor | None = None
    text: str | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class TimeSettings:
    """The time regime; None where the text does not say."""

    dynamic: bool | None = None
    discrete: bool | None = None
    variable: str | None = None
    horizon: str | None = None
    other: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comment:
    """A full-line comment and the section it stands in."""

    section: str
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A section as it stands in the text: heading as written, canonical name, 1-based line of the heading, body."""

    heading: str
    name: str
    line: int
    text: str


@dataclass(frozen=True)
class GNNModel:
    """A GNN model: everything a text declares, with the line of each thing and all that was found wrong in reading it.

    `ontology` holds (variable, term) pairs in the order written; `model_parameters` the keys of ModelParameters with
    int, float, bool, list or text values; `front_matter` what a leading `---` block declares.
    """

    name: str = ""
    title: str = ""
    section: str = ""
    language_version: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    annotation: str = ""
    equations: str = ""
    footer: str = ""
    signature: str = ""
    front_matter: Mapping[str, Any] = field(default_factory=dict)
    model_parameters: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    connections: tuple[Connection, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    ontology: tuple[tuple[str, str], ...] = ()
    time: TimeSettings = field(default_factory=TimeSettings)
    sections: tuple[Section, ...] = ()
    comments: tuple[Comment, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """Give `fp1:<sha256>` of the canonical form: equal for models that differ only in prose, order or spelling."""
        return fingerprint(self)

    @cached_property
    def form(self) -> Form:
        """Give what the model declares by canonical name."""
        return read_form(self)

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """Give the role of every variable and every parameter, by name."""
        return role_of(self)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Give the kinds of model this is (pomdp, hmm, hierarchical ...), most specific first."""
        return kinds(self)

    @property
    def missing_sections(self) -> tuple[str, ...]:
        """Give the required sections that the text does not have."""
        present = {section.name for section in self.sections}
        return tuple(name for name in REQUIRED_SECTIONS if name not in present)

    def to_dict(self, *, full: bool = False) -> dict[str, Any]:
        """Give the JSON form; `full` includes tensors above 1,000 cells."""
        return {
            "name": self.name,
            "section": self.section,
            "language_version": self.language_version,
            "kinds": list(self.kinds),
            "fingerprint": self.fingerprint,
            "equations": self.equations,
            "sections": [section.heading for section in self.sections],
            "missing_sections": list(self.missing_sections),
            "model_parameters": dict(self.model_parameters),
            "variables": [_variable(variable) for variable in self.variables],
            "connections": [_connection(connection) for connection in self.connections],
            "parameters": [_parameter(parameter, full=full) for parameter in self.parameters],
            "ontology": [list(pair) for pair in self.ontology],
            "time": {
                "dynamic": self.time.dynamic,
                "discrete": self.time.discrete,
                "variable": self.time.variable,
                "horizon": self.time.horizon,
                "other": dict(self.time.other),
            },
            "diagnostics": [_diagnostic(diagnostic) for diagnostic in self.diagnostics],
        }


def _variable(variable: Variable) -> dict[str, Any]:
    default = {} if variable.default is None else {"default": variable.default}
    return {
        "name": variable.name,
        "dims": list(variable.dims),
        "shape": None if variable.shape is None else list(variable.shape),
        "type": variable.type,
        "section": variable.section,
        "line": variable.line,
        "description": variable.description,
    } | default


def _connection(connection: Connection) -> dict[str, Any]:
    return {
        "line": connection.line,
        "sources": list(connection.sources),
        "targets": list(connection.targets),
        "operator": connection.operator,
        "directed": connection.directed,
        "label": connection.label,
    }


def _parameter(parameter: Parameter, *, full: bool) -> dict[str, Any]:
    value = parameter.value
    form: dict[str, Any] = {
        "name": parameter.name,
        "line": parameter.line,
        "shape": None if parameter.shape is None else list(parameter.shape),
        "effective_shape": None if parameter.effective_shape is None else list(parameter.effective_shape),
    }
    if value is not None and (full or value.size <= VALUE_CELLS):
        form["value"] = value.tolist()
    if parameter.text is not None:
        form["text"] = parameter.text
    return form


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "line": diagnostic.line,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }
