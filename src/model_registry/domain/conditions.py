"""What a model must be, one condition at a time: which values of which column are wanted.

A query asks for facts by name (`condition`): `has:B[3,3,2]` for a variable with these dims (axes of length 1 do not
count, `*` is any size or any name), `edge:s>o` for an edge, `edge:s-o` for two variables joined in whatever direction,
`param:A~uniform` for an assigned parameter and the pattern of its numbers, `states>4` for a number,
`performance.accuracy>=0.8` for a measurement.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from model_registry.domain.anatomy import PATTERNS, edge
from model_registry.domain.columns import NUMBERS, SCORED, Subject, Value, column, squeezed
from model_registry.domain.lifecycle import State
from model_registry.domain.query import Where
from model_registry.domain.version import parse_range
from model_registry.errors import VersionError

ANY = "any"
"""The state that stands for all of them."""


@dataclass(frozen=True, slots=True)
class Condition:
    """That a model has one of some `values` in a column, or a value that passes a `test`, or one in between.

    `between` gives the least value wanted and the one that all must be below, None where there is no such bound.
    """

    column: str
    values: frozenset[Value] = frozenset()
    test: Callable[[Value], bool] | None = None
    between: tuple[Value | None, Value | None] | None = None

    def admits(self, value: Value) -> bool:
        """Tell whether a value is wanted."""
        if self.between is not None:
            low, high = self.between
            return (low is None or value >= low) and (high is None or value < high)
        return value in self.values if self.test is None else self.test(value)

    def holds(self, subject: Subject) -> bool:
        """Tell whether a model has what is wanted."""
        return any(map(self.admits, column(self.column)(subject)))


def exactly(name: str, *values: Value) -> Condition:
    """Give the condition that a column has one of these values."""
    return Condition(name, frozenset(values))


def folded(name: str, *values: str) -> Condition:
    """Give the condition that a column has one of these texts, in whatever case."""
    wanted = frozenset(value.casefold() for value in values)
    return Condition(name, test=lambda value: value.casefold() in wanted)


def condition(where: Where) -> Condition:
    """Give the condition that a fact stands for; ValueError with what was expected."""
    name, _, metric = where.field.partition(".")
    if name == "performance":
        return _number(where.field if metric else SCORED, where.relation, where.value)
    if name in NUMBERS:
        return _number(name, where.relation, where.value)
    return FACTS[name](where.relation, where.value)


def is_fact(field: str) -> bool:
    """Tell whether a name is one of the facts that can be asked for."""
    name, dot, _ = field.partition(".")
    return name == "performance" or (not dot and name in {*NUMBERS, *FACTS})


def _between(name: str, relation: str, value: Value, following: Value) -> Condition:
    """Give the condition that values stand so to one; `following` is the least that comes after it."""
    ends = {">=": (value, None), ">": (following, None), "<": (None, value), "<=": (None, following)}
    return Condition(name, between=ends.get(relation, (value, following)))


_HAS = re.compile(r"([^\s\[\]]+)(?:\[([^\[\]]*)\])?")
_EDGE = re.compile(r"\s*([^\s<>-]+)\s*(->|<-|>|<|-)\s*([^\s<>-]+)\s*")
_PARAM = re.compile(r"([^\s~]+)(?:~([A-Za-z-]*))?")
_LAST_LETTER = "\x7f"  # after every one that a moment has
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T[\d:.]+Z?)?)?)?")


def _kind(relation: str, value: str) -> Condition:
    return exactly("kinds", _stated(relation, value, "a kind, as in kind:pomdp").casefold())


def _state(relation: str, value: str) -> Condition:
    wanted = _stated(relation, value, "a state, as in state:archived").casefold()
    states = [state.value for state in State]
    if wanted not in {*states, ANY}:
        raise ValueError(f"one of {', '.join(states)}, {ANY}")
    return exactly("state", *(states if wanted == ANY else [wanted]))


def _time(relation: str, value: str) -> Condition:
    return exactly("time", _stated(relation, value, "a word of the time, as in time:dynamic").casefold())


def _version(relation: str, value: str) -> Condition:
    try:
        wanted = parse_range(value if relation in ":=" else f"{relation}{value}")
    except VersionError:
        raise ValueError("a range, as in version:^1.2 or version>=2") from None
    return Condition("version", test=wanted.__contains__)


def _updated(relation: str, value: str) -> Condition:
    return _moment("updated", relation, value)


def _created(relation: str, value: str) -> Condition:
    return _moment("created", relation, value)


def _moment(name: str, relation: str, value: str) -> Condition:
    """Compare as far as the date is given: `updated>2026-01-31` begins with the day after."""
    if not _DATE.fullmatch(value):
        raise ValueError(f"a date, as in {name}>2026-01-31")
    return _between(name, relation, value, f"{value}{_LAST_LETTER}")


def _has(relation: str, value: str) -> Condition:
    match = _HAS.fullmatch(_stated(relation, value, "a variable, as in has:B or has:B[3,3,2]"))
    if match is None:
        raise ValueError("a variable with its dims, as in has:B[3,3,2]")
    name, sizes = match[1], None if match[2] is None else squeezed(match[2].split(","))
    if sizes is not None and "*" not in (name, *sizes):
        return exactly("shapes", (name, sizes))
    return Condition(
        "shapes",
        test=lambda shape: name in ("*", shape[0]) and (sizes is None or _same_sizes(sizes, shape[1])),
    )


def _same_sizes(wanted: tuple[str, ...], given: tuple[str, ...]) -> bool:
    return len(wanted) == len(given) and all(size in ("*", other) for size, other in zip(wanted, given, strict=True))


def _edge(relation: str, value: str) -> Condition:
    match = _EDGE.fullmatch(_stated(relation, value, "an edge, as in edge:s>o or edge:s-o"))
    if match is None:
        raise ValueError("an edge, as in edge:s>o or edge:s-o")
    source, arrow, target = match.groups()
    if arrow.startswith("<"):
        source, target = target, source
    wanted = [edge(source, target, directed=True)]
    if arrow == "-":
        wanted += [edge(target, source, directed=True), edge(source, target, directed=False)]
    if "*" not in source + target:
        return exactly("edges", *wanted)
    patterns = [re.compile("[^>-]+".join(map(re.escape, text.split("*")))) for text in wanted]
    return Condition("edges", test=lambda text: any(pattern.fullmatch(text) for pattern in patterns))


def _param(relation: str, value: str) -> Condition:
    match = _PARAM.fullmatch(_stated(relation, value, "a parameter, as in param:A or param:A~uniform"))
    if match is None:
        raise ValueError("a parameter and a pattern, as in param:A~uniform")
    name, pattern = match[1], match[2]
    if pattern is not None and pattern not in PATTERNS:
        near = get_close_matches(pattern, PATTERNS, n=1)
        raise ValueError(f"one of ~{', ~'.join(PATTERNS)}" + (f" (did you mean ~{near[0]}?)" if near else ""))
    if pattern is not None and name != "*":
        return exactly("values", (name, pattern))
    return Condition("values", test=lambda part: name in ("*", part[0]) and pattern in (None, part[1]))


def _stated(relation: str, value: str, expected: str) -> str:
    if relation not in ":=" or not value:
        raise ValueError(expected)
    return value


FACTS: Mapping[str, Callable[[str, str], Condition]] = {
    "kind": _kind,
    "state": _state,
    "time": _time,
    "version": _version,
    "updated": _updated,
    "created": _created,
    "has": _has,
    "edge": _edge,
    "param": _param,
}
"""Name of a fact -> function of the relation and the value asked for that gives the condition."""


def _number(name: str, relation: str, value: str) -> Condition:
    try:
        wanted = float(value)
    except ValueError:
        raise ValueError("a number") from None
    if not math.isfinite(wanted):
        raise ValueError("a finite number")
    return _between(name, relation, wanted, math.nextafter(wanted, math.inf))
