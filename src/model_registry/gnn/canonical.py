"""The canonical form of a model, and the two fingerprints taken of it.

Two texts that differ only in prose, order or spelling have one canonical form. The differ compares models in this form
too (`read_form`), so that it sees a change of structure exactly where the fingerprint does.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from model_registry.gnn.model import Connection, GNNModel, Parameter, Tensor, TimeSettings, Variable

KEPT = 200
"""Spellings of names up to this long are kept."""

ROUNDS = 4
"""How far the structural fingerprint looks around each node: colours travel one edge a round."""

_POLICY = re.compile(r"^pi(?=$|[_\d^'′])")
_WORD = re.compile(r"[^\W\d]\w*")
# A quote behind a name or a bracket is a prime (`s'`) and opens no string.
_TOKEN = re.compile(r"\"[^\"]*\"|(?<![\w\])}'])'[^']*'|[^\W\d]\w*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\S")
# Possessive, so that a long run of digits costs no backtracking.
_NUMBER = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]{1,3})?")
_OPEN_HORIZON = frozenset({"unbounded", "infinite", "infinity", "inf", "∞"})
_SAME_TYPE = {"integer": "int", "boolean": "bool", "str": "string"}
_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":"))
_RELATIONS = {"-": "undirected", "<->": "bidirectional", "|": "conditional"}


@dataclass(frozen=True, slots=True)
class Names:
    """How the names of a model are read: in NFC, `pi` as `π` unless both are names of their own (`kept`).

    `renamed` maps names of an older model to those that a newer one uses for the same things.
    """

    kept: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)

    def spelled(self, name: str) -> str:
        """Give the one spelling of a name."""
        name, policy = _spellings(name) if len(name) <= KEPT else _spellings.__wrapped__(name)
        return name if name in self.kept else policy

    def of(self, name: str) -> str:
        """Give the canonical name, renamed where it is; an index stays behind it: `x[t-1]`, or `x(t-1)`, the same."""
        if name.endswith(")"):
            name = "[".join(name[:-1].split("(", 1)) + "]"
        base, bracket, index = name.partition("[")
        spelled = self.spelled(base.strip())
        return self.renamed.get(spelled, spelled) + (self.inside(bracket + index) if bracket else "")

    def inside(self, text: str) -> str:
        """Give a dimension or an index without spaces, the names in it canonical (`len(pi)` is `len(π)`)."""
        return _WORD.sub(lambda word: self.of(word[0]), "".join(text.split()))


class Edge(NamedTuple):
    """An edge between sets of names; the two ends of an undirected one stand in alphabetical order."""

    relation: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    label: str

    @property
    def directed(self) -> bool:
        """Tell whether the edge has one direction."""
        return self.relation not in {"undirected", "bidirectional"}


@dataclass(frozen=True)
class Form:
    """What a model declares, by canonical name; of a name given twice the last declaration counts.

    `terms` holds for each variable its ontology terms: folded spelling -> term as written.
    """

    model: GNNModel
    names: Names
    variables: Mapping[str, Variable]
    parameters: Mapping[str, Parameter]
    edges: Mapping[Edge, Connection]
    terms: Mapping[str, Mapping[str, str]]

    @cached_property
    def values(self) -> Mapping[str, Mapping[str, Any]]:
        """Give the canonical value of each parameter."""
        return {name: canonical_value(parameter, self.names) for name, parameter in self.parameters.items()}


@lru_cache(maxsize=4_096)
def _spellings(name: str) -> tuple[str, str]:
    """Give a name in NFC, and with `pi` as `π`; the models of a registry share most of their names."""
    name = unicodedata.normalize("NFC", name)
    return name, _POLICY.sub("π", name)


def read_names(model: GNNModel) -> Names:
    """Give how the names of a model are read: a model that has both `pi` and `π` means two things by them."""
    families = ({variable.name for variable in model.variables}, {parameter.name for parameter in model.parameters})
    spelled = ((names, name, Names().spelled(name)) for names in families for name in names)
    return Names(frozenset(name for names, name, other in spelled if other != name and other in names))


def read_form(model: GNNModel, names: Names | None = None) -> Form:
    """Give what a model declares by canonical name, in the order of declaration."""
    names = names or read_names(model)
    terms: dict[str, dict[str, str]] = {}
    for name, term in model.ontology:
        terms.setdefault(names.of(name), {})[folded_term(term)] = term
    return Form(
        model,
        names,
        {names.of(variable.name): variable for variable in model.variables},
        {names.of(parameter.name): parameter for parameter in model.parameters},
        {canonical_edge(connection, names): connection for connection in model.connections},
        terms,
    )


def canonical(model: GNNModel) -> dict[str, Any]:
    """Give the canonical form as JSON: what fingerprints are taken of.

    A tensor stands as its shape without axes of length 1 and the SHA-256 of its cells (row-major, little-endian
    float64), so that the form stays small.
    """
    form, names = model.form, model.form.names
    return {
        "variables": {name: canonical_variable(variable, names) for name, variable in form.variables.items()},
        "connections": sorted([edge.relation, edge.sources, edge.targets, edge.label] for edge in form.edges),
        "parameters": form.values,
        "ontology": sorted([name, term] for name, terms in form.terms.items() for term in terms),
        "time": canonical_time(model.time, names),
        "model_parameters": {
            unicodedata.normalize("NFC", key): canonical_setting(value) for key, value in model.model_parameters.items()
        },
        "equations": [tokens(line, names) for line in equation_lines(model.equations)],
    }


def fingerprint(model: GNNModel) -> str:
    """Give `fp1:<sha256>` of the canonical form: equal for models that differ only in prose, order or spelling."""
    return f"fp1:{_digest(canonical(model))}"


def canonical_variable(variable: Variable, names: Names) -> dict[str, Any]:
    """Give a variable's dims, type and default."""
    return {
        "dims": [canonical_dim(dim, names) for dim in variable.dims],
        "type": canonical_type(variable.type),
        "default": None if variable.default is None else canonical_text(variable.default),
    }


def canonical_dim(dim: str, names: Names) -> str:
    """Give a dimension: a number by value, a symbol by its canonical name."""
    return str(int(dim)) if dim.isascii() and dim.isdigit() and len(dim) < 19 else names.inside(dim)


def canonical_type(written: str | None) -> str | None:
    """Give a type in lower case, in its shorter spelling; the members of a union stand in alphabetical order."""
    if not written:
        return None
    parts = (part.strip().casefold() for part in written.split("|"))
    return "|".join(sorted(_SAME_TYPE.get(part, part) for part in parts))


def canonical_edge(connection: Connection, names: Names) -> Edge:
    """Give an edge with the members of its groups as sets, `->` read as `>`."""
    sources, targets = (tuple(sorted(set(map(names.of, ends)))) for ends in (connection.sources, connection.targets))
    fallback = "directed" if connection.directed else "undirected"
    relation = _RELATIONS.get(connection.operator, fallback)
    if relation in {"undirected", "bidirectional"}:
        sources, targets = sorted((sources, targets))
    return Edge(relation, sources, targets, canonical_text(connection.label or ""))


def canonical_value(parameter: Parameter, names: Names) -> dict[str, Any]:
    """Give a tensor by shape and digest, any other value by the tokens of its text."""
    if parameter.value is None:
        return {"text": tokens(parameter.text or "", names)}
    cells = canonical_tensor(parameter.value)
    return {"shape": list(cells.shape), "sha256": hashlib.sha256(cells.tobytes()).hexdigest()}


def canonical_tensor(value: Tensor) -> Tensor:
    """Give a value without axes of length 1, contiguous, little-endian, -0.0 as 0.0."""
    return np.asarray(np.squeeze(value) + 0.0, dtype="<f8", order="C")


def canonical_time(time: TimeSettings, names: Names) -> dict[str, Any]:
    """Give the time regime with the horizon by value; all words for an open horizon are one."""
    return {
        "dynamic": time.dynamic,
        "discrete": time.discrete,
        "variable": None if time.variable is None else names.of(time.variable),
        "horizon": None if time.horizon is None else _horizon(time.horizon, names),
        "other": {unicodedata.normalize("NFC", key): canonical_text(value) for key, value in time.other.items()},
    }


def canonical_setting(value: Any) -> Any:
    """Give a setting with numbers by value (1.0 is 1, true is not) and text without extra spaces."""
    match value:
        case None | bool():
            return value
        case int():
            return value
        case float():
            return int(value) if value.is_integer() else value
        case list() | tuple():
            return [canonical_setting(item) for item in value]
        case Mapping():
            return {str(key): canonical_setting(item) for key, item in value.items()}
        case _:
            return canonical_text(str(value))


def canonical_text(text: str) -> str:
    """Give a text in NFC with single spaces; a number by value."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    return repr(float(text)) if _NUMBER.fullmatch(text) else text


def folded_term(term: str) -> str:
    """Give an ontology term as it is compared: without spaces, hyphens, underscores and case."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFC", term)).casefold()


def tokens(text: str, names: Names) -> str:
    """Give an expression or an equation as its tokens, one space apart: names canonical, numbers by value."""
    plain = unicodedata.normalize("NFC", text).replace("…", "...")
    return " ".join(_token(match[0], names) for match in _TOKEN.finditer(plain))


def equation_lines(text: str) -> Iterator[str]:
    """Give the lines of an Equations section that say something, without comments."""
    lines = (line.partition("#")[0] for line in text.splitlines())
    return (line for line in lines if line.strip())


def structure_fingerprint(model: GNNModel) -> str:
    """Give `sp1:<sha256>` of the structure alone: equal for copies in which everything is renamed.

    Colour refinement (Weisfeiler and Leman, 1968) over the factor graph: a node starts with its dimensions, type,
    ontology terms and value as its colour, and each round takes in the colours around it.
    """
    form = model.form
    colours = {name: _digest(_first_colour(form, name)) for name in _nodes(form)}
    for _ in range(ROUNDS):
        classes = len(set(colours.values()))
        colours = _refined(form, colours)
        if len(set(colours.values())) == classes:
            break
    time = model.time
    edges = sorted(_edge_colour(edge, colours) for edge in form.edges)
    return f"sp1:{_digest([sorted(colours.values()), edges, time.dynamic, time.discrete])}"


def endpoint_name(endpoint: str) -> str:
    """Give the name an endpoint refers to: `x[t-1]` is a reference to `x`."""
    return endpoint.partition("[")[0]


def _horizon(horizon: str, names: Names) -> str:
    text = canonical_text(horizon)
    return "unbounded" if text.casefold() in _OPEN_HORIZON else names.of(text)


def _token(token: str, names: Names) -> str:
    if token[0] in "\"'":
        return token
    return names.spelled(token) if token[0].isalpha() else canonical_text(token)


def _nodes(form: Form) -> list[str]:
    ends = (endpoint_name(end) for edge in form.edges for end in (*edge.sources, *edge.targets))
    return list(dict.fromkeys([*form.variables, *form.parameters, *ends]))


def _first_colour(form: Form, name: str) -> list[Any]:
    """Give what a node is without any name: dims (symbols as "?" where they stay open), type, terms, value."""
    variable, value = form.variables.get(name), form.values.get(name, {})
    return [
        _sizes(variable) if variable else None,
        canonical_type(variable.type) if variable else None,
        sorted(form.terms.get(name, ())),
        _nameless(value["text"], form) if "text" in value else value,
    ]


def _sizes(variable: Variable) -> list[Any]:
    return (
        list(variable.shape) if variable.shape is not None else [dim if dim.isdigit() else "?" for dim in variable.dims]
    )


def _nameless(text: str, form: Form) -> str:
    known = {*form.variables, *form.parameters}
    return " ".join("?" if token in known else token for token in text.split(" "))


def _refined(form: Form, colours: Mapping[str, str]) -> dict[str, str]:
    around: dict[str, list[list[str]]] = {name: [] for name in colours}
    for edge in form.edges:
        colour = _edge_colour(edge, colours)
        for side, ends in (("source", edge.sources), ("target", edge.targets)):
            for end in ends:
                around[endpoint_name(end)].append([colour, side if edge.directed else "end"])
    return {name: _digest([colour, sorted(around[name])]) for name, colour in colours.items()}


def _edge_colour(edge: Edge, colours: Mapping[str, str]) -> str:
    groups = [sorted(_end_colours(ends, colours)) for ends in (edge.sources, edge.targets)]
    return _digest([edge.relation, edge.label, groups if edge.directed else sorted(groups)])


def _end_colours(ends: Iterable[str], colours: Mapping[str, str]) -> Iterator[list[Any]]:
    return ([colours[endpoint_name(end)], "[" in end] for end in ends)


def _digest(form: Any) -> str:
    return hashlib.sha256(_JSON.encode(form).encode("ascii")).hexdigest()
