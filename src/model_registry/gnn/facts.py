"""What the rules ask of a model: names, roles, sizes, neighbours and the lines things stand on, worked out once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from model_registry.gnn.axes import TOLERANCE, AxisOrder, deviations, likelihood_axes, squeezed, transition_axes, within
from model_registry.gnn.commentary import commentary
from model_registry.gnn.model import Connection, GNNModel, Parameter, Tensor, Variable
from model_registry.gnn.roles import Role, listed_keys, name_parts, sought_keys

EXPANDED = 1_000
"""A hyperedge of more pairs is not taken apart: it says nothing about who belongs to whom."""

_KEY = re.compile(r"[=:#]")
_INDEX = re.compile(r"(?:\[[^\]]*\]|\([^)]*\))$")

_KEYED = frozenset({"Time", "ActInfOntologyAnnotation", "ModelParameters"})
"""The sections whose entries a rule may point at."""

STATES: Set[Role] = frozenset({Role.STATE, Role.NEXT_STATE})


@dataclass(frozen=True, slots=True)
class Remark:
    """One place where a rule is broken: its line, one sentence, and a hint where the rule's own is too general."""

    line: int
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Facts:
    """A model and what follows from it. A name given twice counts as given last."""

    model: GNNModel

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """Give the declared variables by name."""
        return {variable.name: variable for variable in self.model.variables}

    @cached_property
    def parameters(self) -> Mapping[str, Parameter]:
        """Give the assigned parameters by name."""
        return {parameter.name: parameter for parameter in self.model.parameters}

    @cached_property
    def values(self) -> Mapping[str, Tensor]:
        """Give the numeric values by name, without axes of length 1."""
        found = {name: squeezed(parameter) for name, parameter in self.parameters.items()}
        return {name: value for name, value in found.items() if value is not None and value.size}

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """Give the role of every variable and parameter by name."""
        return self.model.roles

    @cached_property
    def neighbours(self) -> Mapping[str, Set[str]]:
        """Give for each name the names it shares an edge with, from the other side of it."""
        found: dict[str, set[str]] = {}
        for connection in self.model.connections:
            for source, target in self.pairs(connection):
                found.setdefault(source, set()).add(target)
                found.setdefault(target, set()).add(source)
        return found

    @cached_property
    def connected(self) -> Set[str]:
        """Give the names that stand in any edge."""
        ends = (end for connection in self.model.connections for end in (*connection.sources, *connection.targets))
        return frozenset(map(self.referred, ends))

    def pairs(self, connection: Connection) -> Iterator[tuple[str, str]]:
        """Give the pairs of one connection: a hyperedge is the product of its sides, unless that is too large."""
        if len(connection.sources) * len(connection.targets) > EXPANDED:
            return
        for source in map(self.referred, connection.sources):
            yield from ((source, self.referred(target)) for target in connection.targets)

    def referred(self, endpoint: str) -> str:
        """Give the name that an endpoint refers to: `x[t-1]` and `x(:,0)` are `x`, and so may `pi` be `π`."""
        name = endpoint if endpoint in self.variables else _INDEX.sub("", endpoint)
        alias = {"pi": "π", "π": "pi"}.get(name, name)
        return alias if name not in self.variables and alias in self.variables else name

    def of_role(self, *roles: Role) -> Iterator[str]:
        """Give the names that play one of the roles, in the order of the text."""
        return (name for name, role in self.roles.items() if role in roles)

    def valued(self, *roles: Role) -> Iterator[tuple[Parameter, Tensor]]:
        """Give the parameters of some roles that have a numeric value, and that value."""
        for name in self.of_role(*roles):
            if name in self.values:
                yield self.parameters[name], self.values[name]

    def sizes(self, name: str) -> tuple[int, ...] | None:
        """Give the sizes of a name's axes without those of length 1: as declared, else of its value."""
        variable = self.variables.get(name)
        if variable is not None and variable.dims:
            shape = variable.shape
        else:
            value = self.values.get(name)
            shape = None if value is None else value.shape
        return None if shape is None else tuple(size for size in shape if size != 1)

    def size(self, name: str) -> int | None:
        """Give the length of a vector; None for a scalar, whose range is not its size (`u[1]` is an index)."""
        sizes = self.sizes(name)
        return math.prod(sizes) if sizes else None

    def partners(self, name: str, *roles: Role) -> tuple[str, ...]:
        """Give the variables of some roles that belong to a tensor: by an edge, else by suffix, else the only one."""
        around = self.neighbours.get(name, frozenset())
        joined = [other for other in around if other in self.variables and self.roles[other] in roles]
        if joined:
            return tuple(sorted(joined, key=self.line))
        named = [other for key in sought_keys(name) for role in roles for other in self._members.get((role, key), ())]
        if named or name_parts(name).member:
            return tuple(named)
        candidates = [other for role in roles for other in self._variables_of[role]]
        return tuple(candidates) if len(candidates) == 1 else ()

    @cached_property
    def _variables_of(self) -> Mapping[Role, list[str]]:
        found: dict[Role, list[str]] = {role: [] for role in Role}
        for name in self.variables:
            found[self.roles[name]].append(name)
        return found

    @cached_property
    def _members(self) -> Mapping[tuple[Role, str], list[str]]:
        """Give the variables of each role by the keys of their members."""
        found: dict[tuple[Role, str], list[str]] = {}
        for name in self.variables:
            for key in listed_keys(name):
                found.setdefault((self.roles[name], key), []).append(name)
        return found

    def partner_sizes(self, name: str, *roles: Role) -> Mapping[str, int]:
        """Give the lengths of a tensor's partners, where they are known."""
        sizes = {partner: self.size(partner) for partner in self.partners(name, *roles)}
        return {partner: size for partner, size in sizes.items() if size is not None}

    def axes(self, parameter: Parameter) -> AxisOrder:
        """Give the detected order of a likelihood's or a transition's axes."""
        return self._axes[parameter.name]

    @cached_property
    def _axes(self) -> Mapping[str, AxisOrder]:
        said = commentary(self.model)
        found = {}
        for parameter, _ in self.valued(Role.TRANSITION):
            sums = self.stochastic(parameter.name)
            found[parameter.name] = transition_axes(self.model, parameter, said, sums=sums)
        for parameter, _ in self.valued(Role.LIKELIHOOD):
            outcomes = set(self.partner_sizes(parameter.name, Role.OBSERVATION).values())
            known = outcomes.pop() if len(outcomes) == 1 else None
            sums = self.stochastic(parameter.name)
            found[parameter.name] = likelihood_axes(self.model, parameter, said, outcomes=known, sums=sums)
        return found

    def stochastic(self, name: str, tolerance: float = TOLERANCE) -> frozenset[int]:
        """Give the axes over which a value sums to 1."""
        known = self._deviations.get(name)
        if known is None:
            known = self._deviations[name] = deviations(self.values[name])
        return within(known, tolerance)

    @cached_property
    def _deviations(self) -> dict[str, tuple[float, ...]]:
        return {}

    def setting(self, key: str) -> Any:
        """Give the value of a ModelParameters key, None where it is not given."""
        return self.model.model_parameters.get(key)

    def whole(self, key: str) -> int | None:
        """Give a ModelParameters key that is a whole number."""
        value = self.setting(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def line(self, name: str) -> int:
        """Give the line a name is declared on, else the line it is assigned on, else 0."""
        part = self.variables.get(name) or self.parameters.get(name)
        return part.line if part else 0

    def section_line(self, section: str, key: str = "") -> int:
        """Give the line of a section's entry for a key, else of the section's heading, else 0."""
        return self._entries.get((section, key)) or self._entries.get((section, ""), 0)

    @cached_property
    def _entries(self) -> Mapping[tuple[str, str], int]:
        """Give the line of every `key=value` and `key: value`, by section and key; the heading's by an empty key."""
        found: dict[tuple[str, str], int] = {}
        for section in self.model.sections:
            found.setdefault((section.name, ""), section.line)
            lines = section.text.split("\n") if section.name in _KEYED else ()
            for line, text in enumerate(lines, start=section.line + 1):
                for key in _KEY.split(text, maxsplit=1)[0].split(","):
                    found.setdefault((section.name, key.strip(" \t-*•")), line)
        return found


def shown(sizes: tuple[int, ...]) -> str:
    """Write sizes as people do: `3 x 4`."""
    return " x ".join(map(str, sizes)) or "a single number"


def listed(names: Set[str] | tuple[str, ...]) -> str:
    """Write names as a list, at most five of them."""
    ordered = sorted(names)
    return ", ".join(ordered[:5]) + (f" and {len(ordered) - 5} more" if len(ordered) > 5 else "")
