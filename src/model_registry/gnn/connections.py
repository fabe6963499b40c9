"""Edges: `a>b`, `a-b`, `(a, b) -> c`, chains, labels, elisions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from model_registry.gnn.findings import Findings
from model_registry.gnn.lines import INDEX, NAME, Line, content, without_bullet
from model_registry.gnn.model import Connection, Section

SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "→": "->",
        "⟶": "->",
        "←": "<-",
        "↔": "<->",
        "⟷": "<->",
        "-->": "->",
        "<--": "<-",
        "<-->": "<->",
        "=>": "->",
        "⇒": "->",
        "<=": "<-",
        "⇐": "<-",
        "<=>": "<->",
        "⇔": "<->",
    }
    | dict.fromkeys(("--", "—", "–", "−"), "-")
)
"""Operators that stand for another one; the others are kept as written."""

BACKWARD = frozenset({"<", "<-"})
"""Operators whose arrow points left: what stands on their right is the source."""

UNDIRECTED = frozenset({"-", "<->"})
"""Operators without one direction."""

ELLIPSES = frozenset({"...", "…", ".."})

EXPANDED_ENDPOINTS = 4_000
"""How many endpoints the elisions of one text may stand for in all."""

_TOKEN = re.compile(
    rf"\s*(?:(?P<name>{NAME}(?:{INDEX})*)|(?P<dots>\.{{2,3}}|…)|(?P<operator><-{{1,2}}>|<=>|<-{{1,2}}|<=|-{{1,2}}>|=>|--|[-<>|→⟶⇒←⇐↔⟷⇔—–−])"
    r"|(?P<open>[({\[])|(?P<close>[)}\]])|(?P<comma>,)|(?P<part>;)|(?P<colon>:)|(?P<other>[+\d]\w*))"
)
_NUMBERED = re.compile(r"(.*?)([0-9]{1,6})(\D*)", re.DOTALL)


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class _Unreadable(Exception):  # noqa: N818  (never leaves this module)
    """The line is not an edge."""


@dataclass(slots=True)
class _Budget:
    """What is left of the endpoints that elisions may stand for."""

    left: int = EXPANDED_ENDPOINTS


def read_connections(section: Section, declared: Set[str], findings: Findings) -> Iterator[Connection]:
    """Give the edges of a section; a line that is none is a finding. `declared` are the names of the variables."""
    budget = _Budget()
    for line in content(section, findings):
        try:
            edges = _edges(line, declared)
        except _Unreadable:
            findings.quote("E005", line.number, line.code)
            continue
        for edge in edges:
            yield _without_elisions(edge, budget, findings)


def is_edge(line: Line, declared: Set[str]) -> bool:
    """Tell whether a line is an edge between declared names."""
    try:
        edges = _edges(line, declared)
    except _Unreadable:
        return False
    return all({*edge.sources, *edge.targets} <= declared for edge in edges)


def _edges(line: Line, declared: Set[str]) -> list[Connection]:
    code = without_bullet(line.code)
    tokens = _joined(list(_tokens(code)), declared)
    statements = list(_statements(tokens))
    if not statements:
        raise _Unreadable
    return [edge for statement in statements for edge in _chain(statement, line)]


def _tokens(code: str) -> Iterator[_Token]:
    """Give the tokens of a line; the text behind a colon is one token, the label."""
    position = 0
    while position < len(code):
        match = _TOKEN.match(code, position)
        if match is None or match.lastgroup is None:
            raise _Unreadable
        if match.lastgroup == "colon":
            yield _Token("label", code[match.end() :].strip(), position, len(code))
            return
        yield _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup), match.end())
        position = match.end()


def _joined(tokens: Sequence[_Token], declared: Set[str]) -> list[_Token]:
    """Give the tokens with those joined that together spell a declared name (`s_t`, `-`, `tau` as `s_t-tau`)."""
    joined: list[_Token] = []
    for token in tokens:
        joined.append(token)
        if len(joined) < 3 or joined[-3].end != joined[-2].start or joined[-2].end != token.start:
            continue
        name = "".join(part.text for part in joined[-3:])
        if name in declared:
            joined[-3:] = [_Token("name", name, joined[-3].start, token.end)]
    return joined


def _statements(tokens: Iterable[_Token]) -> Iterator[list[_Token]]:
    """Give the statements of a line: they part at `;` and where one operand follows another."""
    statement: list[_Token] = []
    for token in tokens:
        operand = token.kind in {"name", "open"}
        if token.kind == "part" or (operand and statement and statement[-1].kind in {"name", "close"}):
            if statement:
                yield statement
            statement = []
        if token.kind != "part":
            statement.append(token)
    if statement:
        yield statement


def _chain(statement: Sequence[_Token], line: Line) -> list[Connection]:
    """Give the edges of one statement: `a>b>c` is a>b and b>c."""
    label = statement[-1].text if statement[-1].kind == "label" else None
    groups, operators = _operands([token for token in statement if token.kind != "label"])
    if not operators:
        raise _Unreadable
    return [
        _edge(groups[place], operator, groups[place + 1], label or None, line)
        for place, operator in enumerate(operators)
    ]


def _operands(tokens: Sequence[_Token]) -> tuple[list[tuple[str, ...]], list[str]]:
    """Give the groups of endpoints between the operators, and the operators."""
    groups: list[list[str]] = [[]]
    operators: list[str] = []
    depth = 0
    for token in tokens:
        match token.kind:
            case "name" | "dots":
                groups[-1].append(token.text)
            case "open":
                depth += 1
            case "close":
                depth -= 1
            case "operator" if depth == 0:
                operators.append(SPELLINGS.get(token.text, token.text))
                groups.append([])
            case "comma":
                pass
            case _:
                raise _Unreadable
    if depth or not all(groups):
        raise _Unreadable
    return [tuple(group) for group in groups], operators


def _edge(left: tuple[str, ...], operator: str, right: tuple[str, ...], label: str | None, line: Line) -> Connection:
    sources, targets = (right, left) if operator in BACKWARD else (left, right)
    return Connection(sources, targets, operator, operator not in UNDIRECTED, label, line.number, line.comment)


def _without_elisions(edge: Connection, budget: _Budget, findings: Findings) -> Connection:
    if ELLIPSES.isdisjoint(edge.sources + edge.targets):
        return edge
    sources, targets = expanded(edge.sources, budget.left), expanded(edge.targets, budget.left)
    budget.left -= len(sources) + len(targets)
    if not ELLIPSES.isdisjoint(sources + targets):
        findings.add("P009", edge.line)
    return replace(edge, sources=sources, targets=targets)


def expanded(endpoints: tuple[str, ...], limit: int = EXPANDED_ENDPOINTS) -> tuple[str, ...]:
    """Give the endpoints an elision stands for: `x0, x1, ..., x4` is x0 to x4.

    Where prefix and numbers do not make it certain, or more than `limit` endpoints would result, the ellipsis stays.
    """
    full: list[str] = []
    for place, endpoint in enumerate(endpoints):
        between = _between(endpoints, place, limit - len(full)) if endpoint in ELLIPSES else None
        full.extend([endpoint] if between is None else between)
    return tuple(full)


def _between(endpoints: Sequence[str], place: int, limit: int) -> list[str] | None:
    """Give the names that the ellipsis at a place stands for, None where that is not certain or they are too many."""
    if not 0 < place < len(endpoints) - 1:
        return None
    first, last = _NUMBERED.fullmatch(endpoints[place - 1]), _NUMBERED.fullmatch(endpoints[place + 1])
    if not first or not last or (first[1], first[3]) != (last[1], last[3]) or not _by_ones(endpoints[:place]):
        return None
    low, high = int(first[2]), int(last[2])
    if not 0 < high - low <= limit:
        return None
    width = len(first[2]) if first[2].startswith("0") else 0
    return [f"{first[1]}{number:0{width}d}{first[3]}" for number in range(low + 1, high)]


def _by_ones(before: Sequence[str]) -> bool:
    """Tell whether the last two names before an ellipsis count up by one."""
    if len(before) < 2:
        return True
    pair = [_NUMBERED.fullmatch(name) for name in before[-2:]]
    if pair[0] is None or pair[1] is None:
        return True
    return pair[0][1] != pair[1][1] or int(pair[1][2]) - int(pair[0][2]) == 1
