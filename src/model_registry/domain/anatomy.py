"""What a model is made of, in a form small enough to be kept beside it and to be asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Any

import numpy as np

from model_registry.gnn.axes import TOLERANCE
from model_registry.gnn.canonical import endpoint_name
from model_registry.gnn.model import GNNModel, Tensor
from model_registry.gnn.roles import Role

ANATOMY_VERSION = 2
"""Raised when the same text would be told otherwise, so that what is kept of it is made anew."""

MOST_EDGES = 10_000
"""Edges kept of one model."""

_NEARLY = TOLERANCE + 1e-9


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The parts of a model that can be searched for.

    `sizes` counts factors and modalities and gives the largest number of states, observations and actions; `shapes`
    holds the dims of each declared variable, a number where it is known and the symbol where not; `edges` reads `s>o`
    and `s-o`, with names in order for undirected ones; `values` calls the pattern of each assigned parameter ("" for
    none of `PATTERNS`); `traits` name roles with their shapes and the roles that edges join, whatever the names: equal
    for renamed copies.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    shapes: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict)
    edges: frozenset[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)
    terms: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()


def anatomy(model: GNNModel) -> Anatomy:
    """Give what a model is made of."""
    roles = model.roles
    edges = frozenset(_edges(model))
    patterns = [(part.name, pattern_of(part.value)) for part in model.parameters]
    return Anatomy(
        sizes=_sizes(model, roles),
        shapes={variable.name: _dims(variable.shape, variable.dims) for variable in model.variables},
        edges=edges,
        values=dict(patterns),
        terms=tuple(sorted({term for _, term in model.ontology})),
        time=tuple(_time(model)),
        traits=frozenset((*_traits(model, roles), *_role_edges(edges, roles), *_role_patterns(patterns, roles))),
    )


def to_row(anatomy: Anatomy) -> list[Any]:
    """Give an anatomy as JSON."""
    return [
        dict(anatomy.sizes),
        {name: list(dims) for name, dims in anatomy.shapes.items()},
        sorted(anatomy.edges),
        dict(anatomy.values),
        list(anatomy.terms),
        list(anatomy.time),
        sorted(anatomy.traits),
    ]


def from_row(row: list[Any]) -> Anatomy:
    """Read an anatomy from its JSON; ValueError, TypeError or AttributeError when it is none.

    Models share most of their names, so that each is kept in memory once.
    """
    sizes, shapes, edges, values, terms, time, traits = row
    return Anatomy(
        {intern(name): int(size) for name, size in sizes.items()},
        {intern(name): tuple(dims) for name, dims in shapes.items()},
        frozenset(map(intern, edges)),
        {intern(name): intern(pattern) for name, pattern in values.items()},
        tuple(map(intern, terms)),
        tuple(map(intern, time)),
        frozenset(map(intern, traits)),
    )


def pattern_of(value: Tensor | None) -> str:
    """Call the pattern of numbers: the first of `PATTERNS` that holds, "" for none."""
    if value is None or value.size < 2:
        return ""
    return next((name for name, holds in PATTERNS.items() if holds(value)), "")


def _uniform(value: Tensor) -> bool:
    return float(value.max()) - float(value.min()) <= TOLERANCE and bool(value.any())


def _zero(value: Tensor) -> bool:
    return not value.any()


def _identity(value: Tensor) -> bool:
    """Tell whether every slice is an identity; one matrix, or one for each action on the last or the first axis."""
    flat = np.squeeze(value)
    if flat.ndim == 2:
        return flat.shape[0] == flat.shape[1] and bool((abs(flat - np.eye(len(flat))) <= _NEARLY).all())
    return flat.ndim == 3 and (all(map(_identity, flat)) or all(map(_identity, np.moveaxis(flat, -1, 0))))


def _one_hot(value: Tensor) -> bool:
    flat = np.squeeze(value)
    return flat.ndim == 1 and _ones_and_zeros(flat) and bool(flat.sum() == 1)


def _deterministic(value: Tensor) -> bool:
    flat = np.squeeze(value)
    return flat.ndim > 1 and _ones_and_zeros(flat) and any(bool((flat.sum(axis) == 1).all()) for axis in range(2))


def _ones_and_zeros(value: Tensor) -> bool:
    return bool(((value == 0) | (value == 1)).all())


PATTERNS = {
    "zero": _zero,
    "uniform": _uniform,
    "identity": _identity,
    "onehot": _one_hot,
    "deterministic": _deterministic,
}
"""Pattern of a numeric parameter -> test, in the order asked."""


_SIZED = {
    "states": {Role.STATE},
    "observations": {Role.OBSERVATION},
    "actions": {Role.ACTION, Role.POLICY, Role.HABIT},
}
"""Size -> the roles of the variables of which the largest one gives it."""


def _sizes(model: GNNModel, roles: Mapping[str, Role]) -> dict[str, int]:
    shapes = {variable.name: variable.shape for variable in model.variables}
    largest = {
        name: max((_largest(shapes[each]) for each in shapes if roles.get(each) in meant), default=0)
        for name, meant in _SIZED.items()
    }
    controlled = (shapes[name] or () for name in shapes if roles.get(name) is Role.TRANSITION)
    largest["actions"] = max((shape[2] for shape in controlled if len(shape) > 2), default=largest["actions"])
    return largest | {
        "factors": sum(roles.get(name) is Role.STATE for name in shapes),
        "modalities": sum(roles.get(name) is Role.OBSERVATION for name in shapes),
    }


def _largest(shape: tuple[int, ...] | None) -> int:
    return max(shape or (), default=1)


def _dims(shape: tuple[int, ...] | None, written: tuple[str, ...]) -> tuple[int | str, ...]:
    return written if shape is None else shape


def _edges(model: GNNModel) -> Iterator[str]:
    room = MOST_EDGES
    for connection in model.connections:
        room -= len(connection.sources) * len(connection.targets)
        if room < 0:
            return
        for source in connection.sources:
            for target in connection.targets:
                yield edge(endpoint_name(source), endpoint_name(target), directed=connection.directed)


def edge(source: str, target: str, *, directed: bool) -> str:
    """Write an edge as it is kept and asked for."""
    return f"{source}>{target}" if directed else "-".join(sorted((source, target)))


def _time(model: GNNModel) -> Iterator[str]:
    if model.time.dynamic is not None:
        yield "dynamic" if model.time.dynamic else "static"
    if model.time.discrete is not None:
        yield "discrete" if model.time.discrete else "continuous"


def _traits(model: GNNModel, roles: Mapping[str, Role]) -> Iterator[str]:
    for variable in model.variables:
        dims = "x".join(map(str, (size for size in _dims(variable.shape, variable.dims) if size != 1)))
        yield f"{_role(roles, variable.name)} {dims}".strip()
    yield from (f"time {word}" for word in _time(model))


def _role_patterns(patterns: Iterable[tuple[str, str]], roles: Mapping[str, Role]) -> Iterator[str]:
    return (f"{_role(roles, name)} is {pattern}" for name, pattern in patterns if pattern)


def _role_edges(edges: Iterable[str], roles: Mapping[str, Role]) -> Iterator[str]:
    for text in edges:
        mark = ">" if ">" in text else "-"
        source, target = text.split(mark, 1)
        yield edge(_role(roles, source), _role(roles, target), directed=mark == ">")


def _role(roles: Mapping[str, Role], name: str) -> str:
    return roles.get(name, Role.OTHER).value
