"""What can be found wrong in reading a text: one table, and the list that collects findings while a text is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from model_registry.gnn.model import Diagnostic, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind of finding: its stable id, how much it matters, what it means, what to do."""

    id: str
    severity: Severity
    explanation: str
    hint: str


_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

_ROWS = (
    Finding("E005", _ERROR, "A line of Connections is not an edge.", "Write `a>b`, `a-b` or `(a, b)>c`, one a line."),
    Finding("P001", _ERROR, "A line of the state space declares nothing.", "Write `name[2,1,type=float]  # meaning`."),
    Finding("P002", _ERROR, "A line of InitialParameterization assigns nothing.", "Write `name={(0.5, 0.5)}`."),
    Finding("P003", _WARNING, "A line of the ontology maps no variable.", "Write `variable=Term`, one a line."),
    Finding("P004", _WARNING, "The brackets of a value do not match.", "Close each bracket outside comments."),
    Finding("P005", _WARNING, "A value is nested too deeply to be an array.", "Keep arrays to 16 axes or fewer."),
    Finding("P006", _WARNING, "The rows of a value differ in length or depth.", "Give all rows the same length."),
    Finding("P007", _INFO, "A line is written in an unusual form.", "Write `name[2,1,type=float]` or `name=value`."),
    Finding("P008", _WARNING, "A second model in the text was not read.", "Keep each model in a file of its own."),
    Finding("P009", _WARNING, "An elision in an edge could not be expanded.", "Name every endpoint."),
    Finding("P010", _INFO, "A value is empty or elided.", "Write the numbers, or leave the line out."),
    Finding("P011", _WARNING, "A code fence is never closed.", "Close it with the same number of backticks."),
    Finding("P012", _INFO, "A line of settings could not be read.", "Write `key: value` or `key=value`."),
    Finding("P013", _WARNING, "A setting is given twice; the last one counts.", "Keep one of them."),
    Finding("P014", _WARNING, "NUL characters in the text were left out.", "Save the file as plain UTF-8 text."),
    Finding("P015", _INFO, "A line of the front matter could not be read.", "Write `key: value`."),
    Finding("P016", _INFO, "A line is only decoration.", "Nothing needs to be done."),
    Finding("P017", _WARNING, "A line is too long to be read.", "Write one declaration, edge or mapping a line."),
    Finding("P018", _INFO, "A key of a declaration has no meaning.", "Keep to `type=` and `default=`."),
    Finding(
        "P019",
        _WARNING,
        "A heading ends the section above it, and the lines below it are not read.",
        "Begin a comment with one `#`, or with three.",
    ),
    Finding("P020", _WARNING, "Numbers stand without commas between them.", "Write `(0.5, -0.5)`."),
    Finding("P021", _INFO, "A fraction is kept as text and not computed.", "Write it as a decimal number."),
)

FINDINGS: Mapping[str, Finding] = MappingProxyType({row.id: row for row in _ROWS})
"""Every finding of the reader by id; an id never changes its meaning."""

QUOTED = 60
"""How many characters of a stranger's line a message quotes."""


class Findings:
    """Collects what is found while one text is read."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def add(self, code: str, line: int, detail: str = "") -> None:
        """Note a finding at a line; `detail` replaces the table's explanation."""
        row = FINDINGS[code]
        self._found.append(Diagnostic(code, row.severity, line, detail or row.explanation, row.hint))

    def quote(self, code: str, line: int, text: str) -> None:
        """Note a finding at a line and quote the start of what stands there."""
        self.add(code, line, f"{FINDINGS[code].explanation[:-1]}: {excerpt(text)}")

    def by_line(self) -> tuple[Diagnostic, ...]:
        """Give what was found, in line order."""
        return tuple(sorted(self._found, key=lambda found: found.line))


def excerpt(text: str) -> str:
    """Give the start of a text as one quoted, printable line."""
    shown = text.strip()[: QUOTED + 1]
    shown = "".join(character if character.isprintable() else " " for character in shown)
    return f"`{shown[:QUOTED]}{'…' if len(shown) > QUOTED else ''}`"
