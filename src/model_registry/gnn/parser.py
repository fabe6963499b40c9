"""Reading GNN: a text becomes a GNNModel, whatever the text.

`parse` is lenient. What it understands becomes a value with its line, what it does not becomes a finding with its
line (see `findings.FINDINGS`), sections it does not know are kept verbatim. It is linear in the size of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import chain
from typing import Any

from model_registry.gnn.connections import is_edge, read_connections
from model_registry.gnn.declarations import read_extension, read_variables, resolved
from model_registry.gnn.findings import Findings
from model_registry.gnn.lines import comments, content
from model_registry.gnn.model import Comment, GNNModel, Parameter, Section, TimeSettings, Variable
from model_registry.gnn.parameters import assigns_numbers, declared_shape, read_parameters
from model_registry.gnn.sections import KNOWN, Document, cut, is_model, unquoted
from model_registry.gnn.settings import read_model_parameters, read_ontology, read_time, read_version, title_version

__all__ = ["is_model", "parse"]

_TEXTS = frozenset({"ModelAnnotation", "Equations", "Footer", "Signature"})
_COMMENTED = frozenset(KNOWN) - _TEXTS
_UNDECLARING = frozenset(KNOWN) - {"Observations", "Actions"}

_Sections = Mapping[str, Sequence[Section]]


def parse(text: str) -> GNNModel:
    """Give the model a text describes; it never raises, and `diagnostics` says what could not be read.

    Names are in NFC. Parameters keep their axes as written (`Parameter.shape`); `Parameter.effective_shape` is
    fitted to the declaration. A name given twice stands twice, in order: the last one counts.
    """
    findings = Findings()
    document = cut(text, findings)
    named: dict[str, list[Section]] = {}
    for section in document.sections:
        named.setdefault(section.name, []).append(section)
    return _model(document, named, findings)


def _model(document: Document, named: _Sections, findings: Findings) -> GNNModel:
    settings = _merged(read_model_parameters(section, findings) for section in named.get("ModelParameters", ()))
    declared = tuple(chain.from_iterable(_variables(section, findings) for section in document.sections))
    by_name = {variable.name: variable for variable in declared}
    variables, parameters = _resolved(declared, named, settings, findings)
    version, flags = _version(document, named, findings)
    _note_cut_sections(document, by_name.keys(), findings)
    return GNNModel(
        name=_first_line(named, "ModelName", findings),
        title=document.title,
        section=_first_line(named, "GNNSection", findings),
        language_version=version,
        flags=flags,
        annotation=_text(named, "ModelAnnotation"),
        equations=_text(named, "Equations"),
        footer=_text(named, "Footer"),
        signature=_text(named, "Signature"),
        front_matter=document.front_matter,
        model_parameters=settings,
        variables=variables,
        connections=tuple(
            edge
            for section in named.get("Connections", ())
            for edge in read_connections(section, by_name.keys(), findings)
        ),
        parameters=parameters,
        ontology=tuple(
            pair
            for section in named.get("ActInfOntologyAnnotation", ())
            for pair in read_ontology(section, {*by_name, *(parameter.name for parameter in parameters)}, findings)
        ),
        time=_time(named, findings),
        sections=document.sections,
        comments=_comments(document),
        diagnostics=findings.by_line(),
    )


def _variables(section: Section, findings: Findings) -> Iterable[Variable]:
    if section.name == "StateSpaceBlock":
        return read_variables(section, findings)
    return () if section.name in _UNDECLARING else read_extension(section)


def _resolved(
    declared: Sequence[Variable], named: _Sections, settings: Mapping[str, Any], findings: Findings
) -> tuple[tuple[Variable, ...], tuple[Parameter, ...]]:
    """Give variables and parameters; a shape may need a scalar parameter, an effective shape the declaration."""
    sections = named.get("InitialParameterization", ())
    assigned = [parameter for section in sections for parameter in read_parameters(section, findings)]
    scalars = {
        parameter.name: float(parameter.value.flat[0])
        for parameter in assigned
        if parameter.value is not None and parameter.value.size == 1
    }
    numbers = {name: value for name, value in settings.items() if type(value) in {int, float}}
    variables = resolved(declared, numbers | scalars)
    by_name = {variable.name: variable for variable in variables}
    return variables, tuple(declared_shape(parameter, by_name.get(parameter.name)) for parameter in assigned)


def _version(document: Document, named: _Sections, findings: Findings) -> tuple[str, Mapping[str, str]]:
    """Give the language version and flags; the comment below the title, or a heading, may name the version too."""
    read = [read_version(section, findings) for section in named.get("GNNVersionAndFlags", ())]
    flags = _merged(found for _, found in read)
    versions = [version for version, _ in read] + [title_version(comment.text) for comment in document.comments]
    versions += [title_version(section.heading) for section in document.sections]
    return next(filter(None, versions), ""), flags


def _note_cut_sections(document: Document, declared: Set[str], findings: Findings) -> None:
    """Report headings that cut a section of edges or parameters in two: what stands below them is not read."""
    core = ""
    for section in document.sections:
        if section.name in KNOWN:
            core = section.name
        elif core in {"Connections", "InitialParameterization"}:
            lines = list(content(section, Findings()))
            if any(is_edge(line, declared) if core == "Connections" else assigns_numbers(line.code) for line in lines):
                findings.quote("P019", section.line, section.heading)


def _first_line(named: _Sections, name: str, findings: Findings) -> str:
    """Give the first line of a section; of a repeated section, the last one's."""
    lines = [next(content(section, findings), None) for section in named.get(name, ())]
    codes = [unquoted(line.code) for line in lines if line is not None]
    return codes[-1] if codes else ""


def _text(named: _Sections, name: str) -> str:
    return "\n".join(section.text.strip() for section in named.get(name, ())).strip()


def _time(named: _Sections, findings: Findings) -> TimeSettings:
    time = TimeSettings()
    for section in named.get("Time", ()):
        time = read_time(section, time, findings)
    return time


def _comments(document: Document) -> tuple[Comment, ...]:
    read = (section for section in document.sections if section.name in _COMMENTED)
    return document.comments + tuple(comment for section in read for comment in comments(section))


def _merged(mappings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for mapping in mappings:
        merged |= mapping
    return merged
