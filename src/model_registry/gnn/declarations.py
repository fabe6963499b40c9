"""Variable declarations, `name[2, 1, type=float]  # meaning`, and the sizes of their dimensions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from model_registry.gnn.findings import Findings
from model_registry.gnn.lines import LONGEST_LINE, NAME, Line, content, numbered, split_comment, without_bullet
from model_registry.gnn.model import Section, Variable

BARE_TYPES = frozenset(
    {"float", "real", "complex", "int", "integer", "bool", "boolean", "binary", "string", "str", "none"}
    | {"categorical", "discrete", "continuous"}
)
"""The words that give a type where `type=` is left out (`x[2, float]`, `x[2],int`)."""

ALIASES: Mapping[str, str] = MappingProxyType({"pi": "π", "π": "pi"})
"""Names that authors use for one another."""

SYMBOL_DEPTH = 8
"""How many symbols may stand between a dimension and its number."""

_TYPE = r"[^\W\d]\w*(?:\s*\|\s*[^\W\d]\w*)*"
# Possessive and atomic groups keep a failing match linear.
_DECLARATION = re.compile(
    rf"(?P<name>{NAME}(?:[+-]\w+)?)\s*(?P<equals>[=:]\s*)?\[(?P<inside>(?>[^\[\]]+|\[[^\[\]]*+\])*+)\]"
    rf"(?:\s*+(?:(?:[,:]\s*+)?type\s*=\s*|,\s*|:\s*(?=(?:{'|'.join(sorted(BARE_TYPES))})\b))"
    rf"(?P<outside>{_TYPE})(?=\s*(?:[,;:(]|$)))?"
)
_BRACKETS = frozenset("()[]")
_BREAK = re.compile(r"[\s,;]*")
_REMARK = re.compile(r"\((?P<enclosed>[^\[\]]*)\)|(?://|[-–—]\s|:)\s*+(?P<open>[^\[\]]*+)")
_KEYED = re.compile(r"([A-Za-z_]++)\s*+[=:]\s*+(.*)")
_STRANGE_KEY = re.compile(r"[\[,;]\s*(?!(?:type|default)\s*[=:])[A-Za-z_]+\s*[=:]", re.IGNORECASE)
_INTEGER = re.compile(r"[0-9]{1,9}")
_LENGTH = re.compile(r"len\s*\(\s*([^\s()]+)\s*\)")
_QUICK = re.compile(r"[^\W\d][^\[\s=:]{0,80}\s?\[")


def read_variables(section: Section, findings: Findings) -> Iterator[Variable]:
    """Give the variables that the state space declares; a line that declares none is a finding."""
    for line in content(section, findings):
        declared = _declared(line, section.name)
        if declared is None:
            findings.quote("P001", line.number, line.code)
            continue
        if _unusual(line.code):
            findings.quote("P007", line.number, line.code)
        if _STRANGE_KEY.search(line.code):
            findings.quote("P018", line.number, line.code)
        yield from declared


def read_extension(section: Section) -> Iterator[Variable]:
    """Give the variables that another section declares (Observations, Actions ...); its other lines are its own."""
    for number, text in numbered(section):
        if len(text) <= LONGEST_LINE and _QUICK.match(text.lstrip(" \t-*")):
            yield from _declared(Line(number, *split_comment(text)), section.name) or ()


def _declared(line: Line, section: str) -> list[Variable] | None:
    """Give all declarations of a line, None unless it consists of them; the last may bear a remark: `(meaning)`."""
    code = without_bullet(line.code)
    variables: list[Variable] = []
    position = 0
    while position < len(code):
        match = _DECLARATION.match(code, position)
        if match is None:
            remark = _REMARK.fullmatch(code, position) if variables else None
            return [*variables[:-1], _remarked(variables[-1], remark)] if remark else None
        variables.append(_variable(match, line, section))
        separator = _BREAK.match(code, match.end())
        position = separator.end() if separator else match.end()
    return variables


def _remarked(variable: Variable, remark: re.Match[str]) -> Variable:
    return replace(variable, description=variable.description or (remark["enclosed"] or remark["open"] or "").strip())


def _unusual(code: str) -> bool:
    code = code.strip()
    match = _DECLARATION.match(code)
    return match is None or bool(match["equals"] or match["outside"] or _REMARK.match(code[match.end() :].lstrip()))


def _variable(match: re.Match[str], line: Line, section: str) -> Variable:
    dims, keys = [], {}
    for item in filter(None, _items(match["inside"])):
        keyed = None if item.isdigit() else _KEYED.fullmatch(item)
        if keyed:
            keys[keyed[1].casefold()] = keyed[2]
        elif item.casefold() in BARE_TYPES and "type" not in keys:
            keys["type"] = item
        else:
            dims.append(item)
    return Variable(
        name=match["name"],
        dims=tuple(dims),
        shape=_shape(dims, {}, {}),
        type=keys.get("type", "").strip("\"'") or match["outside"],
        section=section,
        line=line.number,
        description=line.comment,
        default=keys.get("default"),
    )


def _items(inside: str) -> Iterator[str]:
    """Give what stands between the commas or semicolons of a declaration; those in brackets do not part."""
    if not _BRACKETS.isdisjoint(inside):
        yield from _items_around_brackets(inside)
        return
    yield from map(str.strip, inside.replace(";", ",").split(","))


def _items_around_brackets(inside: str) -> Iterator[str]:
    depth, start = 0, 0
    for match in re.finditer(r"[,;(\[)\]]", inside):
        if match[0] not in ",;":
            depth += 1 if match[0] in "([" else -1
        elif depth == 0:
            yield inside[start : match.start()].strip()
            start = match.end()
    yield inside[start:].strip()


def resolved(variables: Sequence[Variable], numbers: Mapping[str, float]) -> tuple[Variable, ...]:
    """Give the variables with their shapes; a dimension that stays a symbol leaves the shape None.

    A symbol is the size of the declared variable of that name, else a number given for it (`numbers`: scalar
    parameters before settings); a variable of size 1 counts as its number. `len(x)` is the length of `x`.
    """
    whole = {name: int(number) for name, number in numbers.items() if 0 < number < 1e9 and number == int(number)}
    shapes: dict[str, tuple[int, ...] | None] = dict.fromkeys((variable.name for variable in variables), None)
    waiting = list(variables)
    for _ in range(SYMBOL_DEPTH):
        shapes |= {variable.name: variable.shape or _shape(variable.dims, shapes, whole) for variable in waiting}
        unresolved = [variable for variable in waiting if shapes[variable.name] is None]
        if len(unresolved) == len(waiting):
            break
        waiting = unresolved
    return tuple(
        replace(variable, shape=_shape(variable.dims, shapes, whole)) if variable.shape is None else variable
        for variable in variables
    )


def _shape(
    dims: Sequence[str], shapes: Mapping[str, tuple[int, ...] | None], numbers: Mapping[str, int]
) -> tuple[int, ...] | None:
    sizes = [int(dim) if _INTEGER.fullmatch(dim) else _size(dim, shapes, numbers) for dim in dims]
    known = tuple(size for size in sizes if size)
    return known if len(known) == len(sizes) else None


def _size(symbol: str, shapes: Mapping[str, tuple[int, ...] | None], numbers: Mapping[str, int]) -> int | None:
    length = _LENGTH.fullmatch(symbol)
    name = length[1] if length else symbol
    if name not in shapes and name not in numbers:
        name = ALIASES.get(name, name)
    if name not in shapes:
        return numbers.get(name)
    shape = shapes[name]
    if shape is None:
        return None
    if math.prod(shape) == 1:
        return numbers.get(name, 1)
    return next(size for size in shape if size > 1) if length else math.prod(shape)
