"""Assignments of InitialParameterization: where each value ends, and what it is."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from model_registry.gnn.findings import Findings
from model_registry.gnn.lines import INDEX, NAME, STRING, Line, content, without_strings
from model_registry.gnn.literals import Fault, fitted, read_array
from model_registry.gnn.model import Parameter, Section, Variable

_SLICE = r"\([\d:,\s]{1,40}\)"
_NAME = rf"{NAME}(?:{INDEX})*(?:{_SLICE})?"
_ASSIGNMENT = re.compile(rf"(\s*)(?:[-*•]\s+)?({_NAME})\s*(?::=|=(?![=>]))\s*(.*)", re.DOTALL)
_PART = re.compile(rf"{STRING}|(?P<bracket>[(){{}}\[\]])|(?P<next>[;,]\s*(?={_NAME}\s*=(?![=>])))")
_COLON = re.compile(rf"(\s*)(?:[-*•]\s+)?({NAME})\s*:\s*(?=[\[({{\"'+\-.\d]|true\b|false\b)(.*)", re.DOTALL)
_CLOSER_OF = {"(": ")", "{": "}", "[": "]"}
_BRACKET = re.compile(r"[(){}\[\]]")
_FINDING_OF = {Fault.RAGGED: "P006", Fault.ELIDED: "P010", Fault.UNBALANCED: "P004", Fault.TOO_DEEP: "P005"} | {
    Fault.UNSEPARATED: "P020",
    Fault.FRACTION: "P021",
}


@dataclass(slots=True)
class _Assignment:
    """An assignment while its lines are read."""

    name: str
    line: int
    indent: int
    codes: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def take(self, code: str, comment: str) -> None:
        self.codes.append(code)
        for bracket in _BRACKET.findall(without_strings(code)):
            if bracket in _CLOSER_OF:
                self.opened.append(bracket)
            elif self.opened:
                self.opened.pop()
        if comment:
            self.comments.append(comment)

    @property
    def wants(self) -> bool:
        """Tell whether the value goes on: a bracket is open, or nothing has been given yet."""
        return bool(self.opened) or not any(self.codes)


def read_parameters(section: Section, findings: Findings) -> Iterator[Parameter]:
    """Give the parameters of a section, in order; a name assigned twice comes twice, and the last one counts."""
    for assignment in _assignments(section, findings):
        yield _parameter(assignment, findings)


def assigns_numbers(code: str) -> bool:
    """Tell whether a line assigns what looks like numbers: `A={`, `gamma = 0.5`."""
    match = _ASSIGNMENT.match(code)
    return match is not None and match[3][:1] in set("([{+-.0123456789")


def declared_shape(parameter: Parameter, variable: Variable | None) -> Parameter:
    """Give a parameter with its effective shape: the one fitted to the declaration, where there is one."""
    if parameter.shape is None:
        return parameter
    effective = fitted(parameter.shape, variable.shape, len(variable.dims)) if variable else fitted(parameter.shape)
    return replace(parameter, effective_shape=effective)


def _assignments(section: Section, findings: Findings) -> Iterator[_Assignment]:
    current: _Assignment | None = None
    for line in content(section, findings, longest=sys.maxsize):
        for part in _parts(line) if current is None or not current.opened else (line,):
            opened = _opened(part, current)
            if opened is not None:
                if current is not None:
                    yield _closed(current, findings)
                current = opened
            elif current is not None and _continues(current, part):
                current.take(part.code, part.comment)
            else:
                findings.quote("P002", part.number, part.code)
    if current is not None:
        yield _closed(current, findings)


def _parts(line: Line) -> Sequence[Line]:
    """Give the assignments of one line apart: `a = 1; b = 2` holds two, `f(a=1, b=2)` none."""
    if line.code.count("=") < 2 or not _ASSIGNMENT.match(line.code):
        return (line,)
    depth, starts, ends = 0, [0], []
    for match in _PART.finditer(line.code):
        if match["bracket"]:
            depth += 1 if match["bracket"] in _CLOSER_OF else -1
        elif match["next"] and depth == 0:
            ends.append(match.start())
            starts.append(match.end())
    codes = [line.code[start:end] for start, end in zip(starts, [*ends, None], strict=True)]
    return [Line(line.number, code, line.comment) for code in codes]


def _opened(line: Line, current: _Assignment | None) -> _Assignment | None:
    """Give the assignment a line begins; inside brackets, only where it cannot be an argument of a call."""
    inside = current is not None and bool(current.opened)
    match = _ASSIGNMENT.match(line.code) or (None if inside else _COLON.match(line.code))
    if match is None or (current is not None and _may_be_argument(current, len(match[1]))):
        return None
    assignment = _Assignment(match[2], line.number, len(match[1]))
    assignment.take(match[3].strip(), line.comment)
    return assignment


def _may_be_argument(current: _Assignment, indent: int) -> bool:
    """Tell whether `name=` may be an argument: it stands in parentheses, deeper than the assignment itself."""
    return current.opened[-1:] == ["("] and indent > current.indent


def _continues(current: _Assignment, line: Line) -> bool:
    return bool(current.opened) or (current.wants and line.code.lstrip()[:1] in _CLOSER_OF)


def _closed(assignment: _Assignment, findings: Findings) -> _Assignment:
    """Give the assignment with the brackets closed that its text left open."""
    if assignment.opened:
        findings.add("P004", assignment.line, f"The brackets of {assignment.name} are never closed.")
        assignment.codes[-1] += "".join(_CLOSER_OF[bracket] for bracket in reversed(assignment.opened))
    return assignment


def _parameter(assignment: _Assignment, findings: Findings) -> Parameter:
    text = "\n".join(assignment.codes).strip().rstrip("; \n")
    comment = "; ".join(assignment.comments)
    value = read_array(text)
    if isinstance(value, Fault):
        if value in _FINDING_OF:
            findings.add(_FINDING_OF[value], assignment.line)
        return Parameter(assignment.name, assignment.line, text=text, comment=comment)
    return Parameter(assignment.name, assignment.line, value.shape, value=value, comment=comment)
