"""Rules about what is there: sections, names, edges and mappings."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from model_registry.gnn.facts import Facts, Remark, listed
from model_registry.gnn.findings import excerpt
from model_registry.gnn.model import Connection, Parameter, Section, Variable
from model_registry.gnn.ontology import How, Match, lookup
from model_registry.gnn.roles import Role, role_of_comment, role_of_term

ONTOLOGY = "ActInfOntologyAnnotation"

Part = TypeVar("Part", Variable, Parameter, Section)


def missing_section(facts: Facts) -> Iterator[Remark]:
    """Find the required sections that are not there."""
    for name in facts.model.missing_sections:
        yield Remark(0, f"The section {name} is missing.", f"Add a line `## {name}` with its content below.")


def no_variable(facts: Facts) -> Iterator[Remark]:
    """Find a text that declares nothing."""
    if not facts.model.variables:
        yield Remark(facts.section_line("StateSpaceBlock"), "The state space declares no variable.")


def duplicate_variable(facts: Facts) -> Iterator[Remark]:
    """Find variables declared more than once."""
    for again, first in _repeated(facts.model.variables):
        yield Remark(again.line, f"{again.name} is declared again; line {first.line} declares it first.")


def duplicate_parameter(facts: Facts) -> Iterator[Remark]:
    """Find parameters assigned more than once."""
    for again, first in _repeated(facts.model.parameters):
        yield Remark(again.line, f"{again.name} is assigned again and overrides the value of line {first.line}.")


def duplicate_section(facts: Facts) -> Iterator[Remark]:
    """Find sections that stand twice."""
    for again, first in _repeated(facts.model.sections):
        yield Remark(again.line, f"The section {excerpt(again.name)} stands twice; line {first.line} begins the first.")


def duplicate_mapping(facts: Facts) -> Iterator[Remark]:
    """Find variables mapped to more than one ontology term."""
    counts = Counter(name for name, _ in facts.model.ontology)
    for name in (name for name, count in counts.items() if count > 1):
        terms = [term for mapped, term in facts.model.ontology if mapped == name]
        line = facts.section_line(ONTOLOGY, name)
        yield Remark(line, f"{name} is mapped {len(terms)} times: {', '.join(map(excerpt, terms))}.")


def undeclared_endpoint(facts: Facts) -> Iterator[Remark]:
    """Find names in edges that nothing declares, each once for all its edges on one line."""
    known = facts.variables.keys() | facts.parameters.keys()
    for connection in facts.model.connections:
        names = dict.fromkeys(map(facts.referred, (*connection.sources, *connection.targets)))
        for name in (name for name in names if name not in known):
            yield Remark(connection.line, f"The edge names {name}, which is not declared.")


def undeclared_parameter(facts: Facts) -> Iterator[Remark]:
    """Find parameters that no variable declares."""
    for name, parameter in facts.parameters.items():
        if facts.referred(name) not in facts.variables:
            yield Remark(parameter.line, f"{name} is assigned but not declared in the state space.")


def orphan_with_value(facts: Facts) -> Iterator[Remark]:
    """Find tensors that have a value and stand in no edge."""
    for variable in _orphans(facts):
        if variable.name in facts.values and facts.sizes(variable.name):
            yield Remark(variable.line, f"{variable.name} has a value but stands in no edge.")


def orphan(facts: Facts) -> Iterator[Remark]:
    """Find the other variables that stand in no edge; the time variable needs none."""
    for variable in _orphans(facts):
        if not (variable.name in facts.values and facts.sizes(variable.name)):
            yield Remark(variable.line, f"{variable.name} stands in no edge.")


def look_alike_names(facts: Facts) -> Iterator[Remark]:
    """Find names that read the same and are not: the micro sign and the Greek mu, `pi` and `π`."""
    seen: dict[str, str] = {}
    for name in sorted(facts.variables.keys() | facts.parameters.keys(), key=lambda name: (facts.line(name), name)):
        first = seen.setdefault(_skeleton(name), name)
        if first != name:
            points = ", ".join(f"U+{ord(sign):04X}" for sign in name if not sign.isascii())
            yield Remark(facts.line(name), f"{name} ({points or 'ASCII'}) looks like {first}, and is another name.")


def duplicate_edge(facts: Facts) -> Iterator[Remark]:
    """Find edges written more than once, one for each line."""
    return _one_a_line(_duplicate_edges(facts))


def mixed_edge(facts: Facts) -> Iterator[Remark]:
    """Find pairs joined both by a directed and by an undirected edge, one for each line."""
    return _one_a_line(_mixed_edges(facts))


def opposed_edges(facts: Facts) -> Iterator[Remark]:
    """Find pairs with an edge each way, one for each line."""
    return _one_a_line(_opposed_edges(facts))


def mapping_of_unknown_name(facts: Facts) -> Iterator[Remark]:
    """Find mappings of names that neither the state space nor the parameters know."""
    known = facts.variables.keys() | facts.parameters.keys()
    for name in dict.fromkeys(name for name, _ in facts.model.ontology):
        if facts.referred(name) not in known:
            yield Remark(facts.section_line(ONTOLOGY, name), f"{name} is mapped to a term but declared nowhere.")


def misspelt_term(facts: Facts) -> Iterator[Remark]:
    """Find terms that are near one of the ontology."""
    for name, term, match in _matches(facts, How.NEAR):
        best = match.suggestions[0]
        hint = f"Write {best} if that is meant" + _alternatives(match) + "."
        yield Remark(facts.section_line(ONTOLOGY, name), f"{name} is mapped to {excerpt(term)}, near to {best}.", hint)


def unknown_term(facts: Facts) -> Iterator[Remark]:
    """Find terms that are like none of the ontology."""
    for name, term, _ in _matches(facts, How.UNKNOWN):
        line = facts.section_line(ONTOLOGY, name)
        yield Remark(line, f"{name} is mapped to {excerpt(term)}, which the ontology does not know.")


def role_conflict(facts: Facts) -> Iterator[Remark]:
    """Find variables whose ontology term and whose comment name different roles."""
    terms = dict(reversed(facts.model.ontology))
    for variable in facts.model.variables:
        by_term = role_of_term(terms.get(variable.name, ""))
        by_comment = role_of_comment(variable.description)
        if by_term in MATRICES and by_comment in MATRICES and by_term is not by_comment:
            message = f"{variable.name} is a {by_term} by its term and a {by_comment} by its comment."
            yield Remark(variable.line, message)


MATRICES = frozenset({Role.LIKELIHOOD, Role.TRANSITION, Role.PREFERENCE, Role.COVARIANCE, Role.DIRICHLET})
"""Roles that exclude one another; a vector may well be both a prior and a state."""

_CONFUSABLE = str.maketrans("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοаеорсухАВЕКМНОРСТХ", "ABEZHIKMNOPTYXoaeopcyxABEKMHOPCTX")
"""Greek and Cyrillic letters drawn like Latin ones."""


def _skeleton(name: str) -> str:
    """Give what a reader sees: compatibility forms folded, look-alike letters as Latin ones, `pi` as `π`."""
    folded = unicodedata.normalize("NFKC", name).translate(_CONFUSABLE)
    return folded.replace("π", "pi", 1) if folded.startswith("π") else folded


def _repeated(parts: Iterable[Part]) -> Iterator[tuple[Part, Part]]:
    """Give each part whose name was there before, with the first of that name."""
    first: dict[str, Part] = {}
    for part in parts:
        if part.name in first:
            yield part, first[part.name]
        first.setdefault(part.name, part)


def _orphans(facts: Facts) -> Sequence[Variable]:
    def timed(name: str) -> bool:
        return name == facts.model.time.variable or facts.roles[name] is Role.TIME

    return [variable for name, variable in facts.variables.items() if name not in facts.connected and not timed(name)]


def _edges(facts: Facts, *, directed: bool) -> Iterator[tuple[tuple[str, str], int]]:
    def chosen(connection: Connection) -> bool:
        return connection.directed is directed

    for connection in filter(chosen, facts.model.connections):
        yield from ((pair, connection.line) for pair in facts.pairs(connection))


def _matches(facts: Facts, how: How) -> Iterator[tuple[str, str, Match]]:
    for name, term in dict.fromkeys(facts.model.ontology):
        match = _match(term)
        if match.how is how:
            yield name, term, match


def _match(term: str) -> Match:
    """Give what a term is in the ontology, without suggestions of another role than its own words name."""
    match, role = lookup(term), role_of_term(term)
    if match.how is not How.NEAR or role is None:
        return match
    fitting = tuple(name for name in match.suggestions if role_of_term(name) in {role, None})
    return replace(match, suggestions=fitting) if fitting else Match(How.UNKNOWN)


def _alternatives(match: Match) -> str:
    rest = match.suggestions[1:]
    return f" (or {listed(rest)})" if rest else ""


def _duplicate_edges(facts: Facts) -> Iterator[Remark]:
    first: dict[tuple[str, str, bool], int] = {}
    for connection in facts.model.connections:
        for source, target in facts.pairs(connection):
            start, end = (source, target) if connection.directed else sorted((source, target))
            key = (start, end, connection.directed)
            if key in first:
                arrow = connection.operator
                yield Remark(connection.line, f"The edge {source}{arrow}{target} stands on line {first[key]} already.")
            first.setdefault(key, connection.line)


def _mixed_edges(facts: Facts) -> Iterator[Remark]:
    directed = {frozenset(pair): line for pair, line in _edges(facts, directed=True)}
    for pair, line in _edges(facts, directed=False):
        other = directed.get(frozenset(pair))
        if other is not None:
            joined = " and ".join(sorted(pair))
            yield Remark(
                max(line, other), f"{joined} are joined with a direction and without (line {min(line, other)})."
            )


def _opposed_edges(facts: Facts) -> Iterator[Remark]:
    seen: dict[tuple[str, str], int] = {}
    for (source, target), line in _edges(facts, directed=True):
        if source != target and (target, source) in seen and (source, target) not in seen:
            yield Remark(line, f"{source}>{target} runs against {target}>{source} of line {seen[target, source]}.")
        seen.setdefault((source, target), line)


def _one_a_line(remarks: Iterable[Remark]) -> Iterator[Remark]:
    """Give the first remark on each line: two hyperedges may share a thousand pairs."""
    seen: set[int] = set()
    for remark in remarks:
        if remark.line not in seen:
            seen.add(remark.line)
            yield remark
