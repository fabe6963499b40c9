"""The tree that other tools exchange models as (JSON, YAML, XML): read leniently into a GNNModel.

Three forms are known: our own JSON form (`GNNModel.to_dict`), the tree of the GNN pipeline (`model_name`,
`variables[{name, data_type, dimensions}]` ...), and either of them with the sections verbatim in `raw_sections`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any

from model_registry.gnn.declarations import resolved
from model_registry.gnn.literals import Fault, read_array
from model_registry.gnn.model import (
    Connection,
    Diagnostic,
    GNNModel,
    Parameter,
    Section,
    Severity,
    TimeSettings,
    Variable,
)
from model_registry.gnn.parameters import declared_shape
from model_registry.gnn.parser import parse
from model_registry.gnn.sections import canonical_name

OPERATORS: Mapping[str, str] = MappingProxyType(
    {"directed": ">", "undirected": "-", "bidirectional": "<->", "conditional": "|"}
)
"""The operators of the connection types of the exchange tree."""

_HEADING_LINE = re.compile(r"^(?=#{1,2}(?!#))", re.MULTILINE)

Tree = Mapping[str, Any]


def model_of(tree: Tree) -> GNNModel:
    """Give the model a tree describes; what has not the expected form is left out."""
    raw = tree.get("raw_sections")
    if isinstance(raw, Mapping) and any(canonical_name(str(heading)) == "StateSpaceBlock" for heading in raw):
        return _from_raw_sections(raw)
    return _from_own_form(tree) if "fingerprint" in tree and "language_version" in tree else _from_pipeline_form(tree)


def _from_raw_sections(raw: Tree) -> GNNModel:
    """Give the model of verbatim sections; a body cannot open a section of its own."""
    bodies = ((heading, _HEADING_LINE.sub(" " * 4, str(body))) for heading, body in raw.items())
    return parse("\n\n".join(f"## {_line(heading)}\n{body}" for heading, body in bodies))


def _from_own_form(tree: Tree) -> GNNModel:
    variables = tuple(_variable(row) for row in _rows(tree, "variables"))
    return GNNModel(
        name=_text(tree, "name"),
        section=_text(tree, "section"),
        language_version=_text(tree, "language_version"),
        equations=_text(tree, "equations"),
        model_parameters=_mapping(tree, "model_parameters"),
        variables=variables,
        connections=tuple(_edges(tree)),
        parameters=tuple(_parameters(tree, variables)),
        ontology=tuple((str(pair[0]), str(pair[1])) for pair in _list(tree, "ontology") if _is_pair(pair)),
        time=_time(_mapping(tree, "time")),
        sections=tuple(
            Section(str(heading), canonical_name(str(heading)) or str(heading).rstrip(":").strip(), 0, "")
            for heading in _list(tree, "sections")
        ),
        diagnostics=tuple(_diagnostics(tree)),
    )


def _from_pipeline_form(tree: Tree) -> GNNModel:
    variables = tuple(_variable(row) for row in _rows(tree, "variables"))
    parameters = tuple(_parameters(tree, variables))
    scalars = {
        parameter.name: float(parameter.value.flat[0])
        for parameter in parameters
        if parameter.value is not None and parameter.value.size == 1
    }
    extensions = _mapping(tree, "extensions")
    return GNNModel(
        name=_text(tree, "model_name") or _text(tree, "name"),
        section=_text(extensions, "gnn_section"),
        language_version=_text(tree, "version"),
        annotation=_text(tree, "annotation"),
        footer=_text(extensions, "footer"),
        signature=_text(extensions, "signature"),
        equations="\n".join(_equations(tree)),
        variables=resolved(variables, scalars),
        connections=tuple(_edges(tree)),
        parameters=parameters,
        ontology=tuple(_mappings(tree)),
        time=_specified_time(_mapping(tree, "time_specification")),
    )


def _line(value: object) -> str:
    return " ".join(str(value).split())


def _text(tree: Tree, *keys: str) -> str:
    """Give the first text or number that one of the keys has, else nothing."""
    values = (tree.get(key) for key in keys)
    return next((str(value) for value in values if isinstance(value, str | int | float) and value != ""), "")


def _mapping(tree: Tree, key: str) -> dict[str, Any]:
    value = tree.get(key)
    return {str(name): item for name, item in value.items()} if isinstance(value, Mapping) else {}


def _list(tree: Tree, key: str) -> list[Any]:
    value = tree.get(key)
    return value if isinstance(value, list) else []


def _rows(tree: Tree, key: str) -> Iterator[Tree]:
    return (row for row in _list(tree, key) if isinstance(row, Mapping))


def _names(row: Tree, *keys: str) -> tuple[str, ...]:
    return tuple(chain.from_iterable((_line(name) for name in _list(row, key)) for key in keys))


def _whole(row: Tree, key: str) -> int:
    value = row.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2


def _shape(row: Tree, key: str) -> tuple[int, ...] | None:
    value = row.get(key)
    if not isinstance(value, list) or not all(isinstance(size, int) and 0 < size < 1e9 for size in value):
        return None
    return tuple(value)


def _variable(row: Tree) -> Variable:
    return Variable(
        name=_line(_text(row, "name")),
        dims=_names(row, "dims", "dimensions"),
        shape=_shape(row, "shape"),
        type=_line(_text(row, "data_type", "type")) or None,
        section=_text(row, "section") or "StateSpaceBlock",
        line=_whole(row, "line"),
        description=_text(row, "description"),
        default=_text(row, "default") or None,
    )


def _edges(tree: Tree) -> Iterator[Connection]:
    """Give the connections of a tree that join something; some exports hold empty ones."""
    edges = (_connection(row) for row in _rows(tree, "connections"))
    return (edge for edge in edges if edge.sources and edge.targets)


def _connection(row: Tree) -> Connection:
    operator = _text(row, "operator") or OPERATORS.get(_text(row, "connection_type"), ">")
    directed = row.get("directed")
    return Connection(
        sources=_names(row, "sources", "source_variables"),
        targets=_names(row, "targets", "target_variables"),
        operator=operator,
        directed=directed if isinstance(directed, bool) else operator not in {"-", "<->"},
        label=_text(row, "label") or None,
        line=_whole(row, "line"),
        description=_text(row, "description"),
    )


def _parameters(tree: Tree, variables: tuple[Variable, ...]) -> Iterator[Parameter]:
    declared = {variable.name: variable for variable in variables}
    for row in _rows(tree, "parameters"):
        yield declared_shape(_parameter(row), declared.get(_line(_text(row, "name"))))


def _parameter(row: Tree) -> Parameter:
    """Give a parameter: lists and numbers become arrays, a text is read as a literal unless it is named text."""
    name, line, comment = _line(_text(row, "name")), _whole(row, "line"), _text(row, "description")
    given = row.get("value")
    text = _text(row, "text") if given is None else given if isinstance(given, str) else json.dumps(given)
    value = Fault.NOT_NUMERIC if given is None else read_array(text)
    if isinstance(value, Fault):
        return Parameter(name, line, _shape(row, "shape"), _shape(row, "effective_shape"), text=text, comment=comment)
    return Parameter(name, line, value.shape, None, value, comment=comment)


def _equations(tree: Tree) -> Iterator[str]:
    for equation in _list(tree, "equations"):
        yield _text(equation, "content") if isinstance(equation, Mapping) else str(equation)


def _mappings(tree: Tree) -> Iterator[tuple[str, str]]:
    for row in _rows(tree, "ontology_mappings"):
        pair = (_line(_text(row, "variable_name")), _line(_text(row, "ontology_term")))
        if all(pair):
            yield pair


def _time(tree: Tree) -> TimeSettings:
    dynamic, discrete = tree.get("dynamic"), tree.get("discrete")
    return TimeSettings(
        dynamic=dynamic if isinstance(dynamic, bool) else None,
        discrete=discrete if isinstance(discrete, bool) else None,
        variable=_text(tree, "variable") or None,
        horizon=_text(tree, "horizon") or None,
        other={key: str(value) for key, value in _mapping(tree, "other").items()},
    )


def _specified_time(tree: Tree) -> TimeSettings:
    """Give the time of a `time_specification` (`time_type`, `discretization`, `horizon`, `step_size`)."""
    words = [f"{_text(tree, 'time_type')}", _text(tree, "discretization")]
    horizon, step = _line(_text(tree, "horizon")), _line(_text(tree, "step_size"))
    lines = [*words, f"ModelTimeHorizon={horizon}" if horizon else "", f"step_size={step}" if step else ""]
    return parse("\n".join(["## Time", *map(_line, filter(None, lines))])).time


def _diagnostics(tree: Tree) -> Iterator[Diagnostic]:
    severities = {severity.value: severity for severity in Severity}
    for row in _rows(tree, "diagnostics"):
        severity = severities.get(_text(row, "severity"), Severity.INFO)
        yield Diagnostic(_text(row, "code"), severity, _whole(row, "line"), _text(row, "message"), _text(row, "hint"))
