"""How many single changes of real texts the differ catches, and whether it draws the right consequence.

    python -m tests.benchmarks.mutants [FOLDER]

Each text of FOLDER (the shipped examples, unless one is given) is changed in one place by each mutation below, with
seeded choices of the place, and compared with itself. The bump that a mutation deserves is stated here, and not read
from the table that is under test.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from model_registry.domain.version import bump_of
from model_registry.gnn.diff import diff
from model_registry.gnn.model import Connection, GNNModel, Parameter, Variable
from model_registry.gnn.parser import is_model, parse

EXAMPLES = Path(__file__).resolve().parents[2] / "src" / "model_registry" / "examples"
PLACES = 3
"""How many places of a text each mutation is tried at."""

_NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")
_DIM = re.compile(r"(?<=[\[,])\s*\d+\s*(?=[,\]])")


@dataclass(frozen=True)
class Draft:
    """A text about to be changed: its lines, what they mean, and the source of chance."""

    lines: tuple[str, ...]
    model: GNNModel
    random: Random

    def with_line(self, number: int, *new: str) -> str:
        """Give the text with a line (1-based) replaced by others, or taken out."""
        return "\n".join([*self.lines[: number - 1], *new, *self.lines[number:]])

    def changed(self, number: int, old: str | re.Pattern[str], new: str) -> str | None:
        """Give the text with the first match in a line replaced; None where nothing matches."""
        pattern = old if isinstance(old, re.Pattern) else re.compile(re.escape(old))
        line, count = pattern.subn(lambda _: new, self.lines[number - 1], count=1)
        return self.with_line(number, line) if count else None

    def below(self, heading: str, *new: str) -> str | None:
        """Give the text with lines added directly below a heading; None without that section."""
        section = self.section(heading)
        return self.with_line(section, self.lines[section - 1], *new) if section else None

    def section(self, heading: str) -> int:
        """Give the line of a heading, 0 where there is none."""
        return next((section.line for section in self.model.sections if section.name == heading), 0)

    def first_line(self, heading: str) -> int:
        """Give the first line of a section that says something, 0 where there is none."""
        start = self.section(heading)
        return next((n for n in range(start + 1, len(self.lines) + 1) if self.lines[n - 1].strip()), 0) if start else 0

    def variables(self) -> list[Variable]:
        """Give the variables declared once, alone on their line, whose name is no dimension of another."""
        names = [variable.name for variable in self.model.variables]
        used = " ".join(dim for variable in self.model.variables for dim in variable.dims)
        alone = {
            n for n in (v.line for v in self.model.variables) if [v.line for v in self.model.variables].count(n) == 1
        }
        return [
            variable
            for variable in self.model.variables
            if variable.line in alone
            and names.count(variable.name) == 1
            and variable.name not in re.findall(r"\w+", used)
        ]

    def edges(self) -> list[Connection]:
        """Give the plain directed edges that stand alone on their line and once in the text."""
        lines = [edge.line for edge in self.model.connections]
        groups = [_ends(edge) for edge in self.model.connections]
        return [
            edge
            for edge in self.model.connections
            if lines.count(edge.line) == 1
            and groups.count(_ends(edge)) == 1
            and edge.operator == ">"
            and not edge.label
        ]

    def numbers(self) -> list[Parameter]:
        """Give the parameters with decimal numbers on their first line, assigned once."""
        names = [parameter.name for parameter in self.model.parameters]
        return [
            parameter
            for parameter in self.model.parameters
            if parameter.value is not None
            and names.count(parameter.name) == 1
            and _NUMBER.search(self.code(parameter.line))
        ]

    def is_repeated(self, number: int) -> bool:
        """Tell whether a finding says that what a line sets is set again: only the last one counts."""
        key = re.match(r"\w*", self.lines[number - 1])
        return any(found.code == "P013" and key and f"{key[0]} " in found.message for found in self.model.diagnostics)

    def code(self, number: int) -> str:
        """Give a line without its comment."""
        return self.lines[number - 1].partition("#")[0]


Make = Callable[[Draft], "str | None"]


@dataclass(frozen=True)
class Mutation:
    """A way to change a text in one place: the kind of change it is ("" for none) and the bump it deserves."""

    kind: str
    bump: str
    make: Make
    name: str = ""

    @property
    def title(self) -> str:
        """Give what the table calls it."""
        return self.name or self.kind


def _ends(edge: Connection) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(edge.sources), frozenset(edge.targets)


def _picked(draft: Draft, choices: Sequence[Variable | Connection | Parameter]) -> int:
    """Give the line of one choice, 0 for none."""
    return draft.random.choice(choices).line if choices else 0


def _in_declaration(old: str | re.Pattern[str], new: str) -> Make:
    def make(draft: Draft) -> str | None:
        fitting = [v for v in draft.variables() if re.search(old, draft.code(v.line))]
        line = _picked(draft, fitting)
        return draft.changed(line, old if isinstance(old, re.Pattern) else re.compile(old), new) if line else None

    return make


def _without_variable(draft: Draft) -> str | None:
    line = _picked(draft, [v for v in draft.variables() if v.name != draft.model.time.variable])
    return draft.with_line(line) if line else None


def _renamed(draft: Draft) -> str | None:
    """Rename a variable in every core section, but not in comments and prose."""
    joined = {end for edge in draft.model.connections for end in (*edge.sources, *edge.targets)}
    names = [v.name for v in draft.variables() if v.name in joined and v.name.isidentifier() and v.name != "pi"]
    if not names:
        return None
    name = draft.random.choice(names)
    word = re.compile(rf"(?<!\w){re.escape(name)}(?![\w+'])")
    heads = {"StateSpaceBlock", "Connections", "InitialParameterization", "ActInfOntologyAnnotation", "Time"}
    core = {
        number
        for section in draft.model.sections
        if section.name in heads
        for number in range(section.line + 1, section.line + 1 + section.text.count("\n") + 1)
    }
    return "\n".join(
        word.sub(f"{name}_zz", line.partition("#")[0]) + "".join(line.partition("#")[1:]) if number in core else line
        for number, line in enumerate(draft.lines, 1)
    )


def _other_dim(draft: Draft) -> str | None:
    line = _picked(draft, [v for v in draft.variables() if _DIM.search(draft.code(v.line))])
    return draft.changed(line, _DIM, "17") if line else None


def _other_description(draft: Draft) -> str | None:
    line = _picked(draft, [v for v in draft.variables() if v.description])
    return draft.with_line(line, f"{draft.lines[line - 1]} indeed") if line else None


def _edge(write: Callable[[Connection], str | None]) -> Make:
    """Write one edge in another way; nothing where that edge stands in the text already."""

    def make(draft: Draft) -> str | None:
        edges = draft.edges()
        edge = draft.random.choice(edges) if edges else None
        new = write(edge) if edge else None
        known = {_ends(other) for other in draft.model.connections}
        if edge is None or new is None or (edge.targets != edge.sources and _ends(edge)[::-1] in known):
            return None
        return draft.with_line(edge.line, *new.splitlines())

    return make


def _text(edge: Connection, operator: str = ">", extra: tuple[str, ...] = ()) -> str:
    return f"({', '.join((*edge.sources, *extra))}){operator}({', '.join(edge.targets)})"


def _reversed(edge: Connection) -> str | None:
    if {*edge.sources} == {*edge.targets}:
        return None
    return f"({', '.join(edge.targets)})>({', '.join(edge.sources)})"


def _reduced(edge: Connection) -> str | None:
    kept = edge.sources[1:]
    return f"({', '.join(kept)})>({', '.join(edge.targets)})" if {*kept} and {*kept} != {*edge.sources} else None


def _number(change: Callable[[float], float]) -> Make:
    """Change the first decimal number of a parameter that the change alters."""

    def make(draft: Draft) -> str | None:
        line = _picked(draft, draft.numbers())
        found = next((n for n in _NUMBER.finditer(draft.code(line)) if float(n[0])), None) if line else None
        if found is None:
            return None
        text = draft.lines[line - 1]
        return draft.with_line(line, text[: found.start()] + repr(change(float(found[0]))) + text[found.end() :])

    return make


def _parameter(write: Callable[[Parameter], str]) -> Make:
    """Write a parameter that stands on one line in another way ("" takes it out)."""

    def make(draft: Draft) -> str | None:
        closed = [p for p in draft.numbers() if draft.code(p.line).rstrip().endswith("}") and p.value is not None]
        whole = [p for p in closed if draft.code(p.line).count("{") == draft.code(p.line).count("}")]
        if not whole:
            return None
        parameter = draft.random.choice(whole)
        return draft.with_line(parameter.line, *filter(None, [write(parameter)]))

    return make


def _longer(parameter: Parameter) -> str:
    cells = [] if parameter.value is None else parameter.value.ravel().tolist()
    return f"{parameter.name}={{({', '.join(map(repr, [*cells, 0.125]))})}}"


def _term(old: str, new: str) -> Make:
    def make(draft: Draft) -> str | None:
        start = draft.section("ActInfOntologyAnnotation")
        fitting = [n for n in range(start + 1, len(draft.lines) + 1) if re.search(rf"={old}\s*$", draft.code(n))]
        return draft.changed(draft.random.choice(fitting), f"={old}", f"={new}") if start and fitting else None

    return make


def _without_mapping(draft: Draft) -> str | None:
    line = draft.first_line("ActInfOntologyAnnotation")
    return draft.with_line(line) if line and "=" in draft.code(line) else None


def _line_of(heading: str, old: str, new: str | None) -> Make:
    """Change the first line of a section that matches; without `new`, take it out."""

    def make(draft: Draft) -> str | None:
        section = next((section for section in draft.model.sections if section.name == heading), None)
        if section is None:
            return None
        numbers = range(section.line + 1, section.line + 2 + section.text.count("\n"))
        line = next((n for n in numbers if re.search(old, draft.lines[n - 1])), 0)
        if not line or draft.is_repeated(line):
            return None
        return draft.with_line(line) if new is None else draft.changed(line, re.compile(old), new)

    return make


def _said_otherwise(heading: str) -> Make:
    def make(draft: Draft) -> str | None:
        line = draft.first_line(heading)
        return draft.with_line(line, f"{draft.lines[line - 1]} and so on") if line else None

    return make


def _added(heading: str, line: str) -> Make:
    return lambda draft: draft.below(heading, line)


def _new_edge(draft: Draft) -> str | None:
    names = [variable.name for variable in draft.variables()]
    known = {end for edge in draft.model.connections for end in _ends(edge)}
    pairs = [(a, b) for a in names for b in names if a != b and frozenset({a}) in known]
    taken = {_ends(edge) for edge in draft.model.connections}
    free = [
        (a, b) for a, b in pairs if not {(frozenset({a}), frozenset({b})), (frozenset({b}), frozenset({a}))} & taken
    ]
    return draft.below("Connections", "{}>{}".format(*draft.random.choice(free))) if free else None


def _titled(draft: Draft) -> str | None:
    line = next((n for n, text in enumerate(draft.lines, 1) if text.startswith("# ")), 0)
    return draft.with_line(line, f"{draft.lines[line - 1]} again") if line and draft.model.title else None


def _whole(change: Callable[[str], str]) -> Make:
    return lambda draft: change("\n".join(draft.lines))


def _shuffled(heading: str) -> Make:
    """Put the lines of a section into another order, where each says one thing."""

    def make(draft: Draft) -> str | None:
        section = next((section for section in draft.model.sections if section.name == heading), None)
        if section is None:
            return None
        body = [line for line in section.text.split("\n") if line.strip() and not line.lstrip().startswith(("#", "`"))]
        if len({line.split("=")[0].split("[")[0].strip() for line in body}) < len(body) and heading != "Connections":
            return None
        draft.random.shuffle(body)
        comments = [line for line in section.text.split("\n") if line.lstrip().startswith("#")]
        start = section.line
        return "\n".join([*draft.lines[:start], *body, *comments, *draft.lines[start + section.text.count("\n") + 1 :]])

    return make


def _sections_reversed(draft: Draft) -> str | None:
    text = "\n".join(draft.lines)
    head, *sections = re.split(r"(?m)^(?=## )", text)
    known = len({section.name for section in draft.model.sections}) == len(sections)
    return head + "\n".join(reversed(sections)) if known and "\n---" not in text else None


def _numbers_longer(draft: Draft) -> str | None:
    lines = {parameter.line for parameter in draft.numbers()}
    return "\n".join(
        _NUMBER.sub(lambda found: f"{found[0]}0", line.partition("#")[0]) + "".join(line.partition("#")[1:])
        if number in lines
        else line
        for number, line in enumerate(draft.lines, 1)
    )


MUTATIONS = (
    Mutation("variable-added", "minor", _added("StateSpaceBlock", "zz_new[3,type=float]  # Something new")),
    Mutation("variable-removed", "major", _without_variable),
    Mutation("variable-renamed", "major", _renamed),
    Mutation("variable-dims", "major", _other_dim),
    Mutation("variable-dims", "major", _in_declaration(r",\s*type=", ",5,type="), "variable-dims (rank)"),
    Mutation("variable-type-class", "major", _in_declaration("type=float", "type=int")),
    Mutation("variable-type", "minor", _in_declaration("type=float", "type=real")),
    Mutation("variable-description", "patch", _other_description),
    Mutation("edge-added", "minor", _new_edge),
    Mutation("edge-removed", "major", _edge(lambda edge: "")),
    Mutation("edge-reversed", "major", _edge(_reversed)),
    Mutation("edge-directedness", "major", _edge(lambda edge: _text(edge, "-"))),
    Mutation("edge-operator", "minor", _edge(lambda edge: _text(edge, "|"))),
    Mutation("edge-label", "minor", _edge(lambda edge: f"{_text(edge)}:marked")),
    Mutation("edge-extended", "minor", _edge(lambda edge: _text(edge, extra=("zz_new",)))),
    Mutation("edge-reduced", "major", _edge(_reduced)),
    Mutation("parameter-values", "minor", _number(lambda value: value + 0.07)),
    Mutation("parameter-rounding", "patch", _number(lambda value: value * (1 + 2**-12) if value < 1 else value)),
    Mutation("parameter-shape", "major", _parameter(_longer)),
    Mutation("parameter-removed", "major", _parameter(lambda _: "")),
    Mutation("parameter-text", "minor", _parameter(lambda parameter: f"{parameter.name}=uniform(2)")),
    Mutation("parameter-added", "minor", _added("InitialParameterization", "zz_rate=0.25")),
    Mutation("ontology-added", "minor", _added("ActInfOntologyAnnotation", "zz_new=Prior")),
    Mutation("ontology-removed", "minor", _without_mapping),
    Mutation("ontology-refined", "minor", _term("HiddenState", "HiddenStateFactor7")),
    Mutation("ontology-role", "major", _term("HiddenState", "Observation")),
    Mutation("spelling", "patch", _term("HiddenState", "hidden_state")),
    Mutation("time-regime", "major", _line_of("Time", r"^Dynamic\b", "Static")),
    Mutation("time-discretisation", "major", _line_of("Time", r"^Discrete\s*$", "Continuous")),
    Mutation("time-horizon", "minor", _line_of("Time", r"(?<=ModelTimeHorizon=).*", "977")),
    Mutation("time-setting", "minor", _added("Time", "ZzStep=0.5")),
    Mutation("model-parameter-added", "minor", _added("ModelParameters", "zz_rate: 0.5")),
    Mutation("dimension-parameter-changed", "major", _line_of("ModelParameters", r"(?<=^num_obs: ).*", "977")),
    Mutation("dimension-parameter-removed", "major", _line_of("ModelParameters", r"^num_hidden_states\b", None)),
    Mutation("model-parameter-changed", "minor", _line_of("ModelParameters", r"(?<=^num_timesteps: ).*", "977")),
    Mutation("model-parameter-removed", "minor", _line_of("ModelParameters", r"^num_timesteps\b", None)),
    Mutation("axis-order-changed", "major", _line_of("ModelParameters", r"(?<=^b_tensor_order: ).*", "other_order")),
    Mutation("axis-order-removed", "major", _line_of("ModelParameters", r"^b_tensor_order\b", None)),
    Mutation("equations", "minor", _added("Equations", "zz = 1")),
    Mutation("equations-comments", "patch", _added("Equations", "# So much for that")),
    Mutation("section-kind", "minor", _said_otherwise("GNNSection")),
    Mutation("language-major", "major", _line_of("GNNVersionAndFlags", r"(?<=GNN v)\d+", "977")),
    Mutation("language-version", "minor", _line_of("GNNVersionAndFlags", r"(?<=GNN v)1(\.0)?$", "1.977")),
    Mutation("flag", "minor", _line_of("GNNVersionAndFlags", r"$", "\nzz=true")),
    Mutation("name", "patch", _said_otherwise("ModelName")),
    Mutation("title", "patch", _titled),
    Mutation("annotation", "patch", _said_otherwise("ModelAnnotation")),
    Mutation("footer", "patch", _said_otherwise("Footer")),
    Mutation("signature", "patch", _said_otherwise("Signature")),
    Mutation("comments", "patch", _added("Connections", "# So much for that")),
    Mutation("unread-lines", "patch", _added("Connections", "zz=Clock")),
    Mutation("section-text", "patch", _whole(lambda text: f"{text}\n\n## Zz Remarks\nSo much for that.\n")),
    Mutation("front-matter", "patch", _whole(lambda text: f"---\nzz: yes\n---\n{text}")),
    Mutation("", "none", _whole(lambda text: text.replace("\n", "\r\n")), "no change: CRLF"),
    Mutation("", "none", _whole(lambda text: f"\ufeff{text}"), "no change: byte order mark"),
    Mutation("", "none", _whole(lambda text: text.replace("\n", "  \n")), "no change: trailing spaces"),
    Mutation("", "none", _whole(lambda text: text.replace("\n## ", "\n\n\n## ")), "no change: blank lines"),
    Mutation("", "none", _whole(lambda text: text.rstrip()), "no change: no final newline"),
    Mutation("", "none", _edge(lambda edge: _text(edge, "->")), "no change: -> for >"),
    Mutation("", "none", _edge(lambda edge: f"{_text(edge)}\n{_text(edge)}"), "no change: an edge twice"),
    Mutation("", "none", _numbers_longer, "no change: 0.50 for 0.5"),
    Mutation("", "none", _in_declaration(r",\s*type=", " ,  type = "), "no change: spaces in a declaration"),
    Mutation("", "none", _shuffled("Connections"), "no change: edges in another order"),
    Mutation("", "none", _shuffled("StateSpaceBlock"), "no change: declarations in another order"),
    Mutation("", "none", _shuffled("ActInfOntologyAnnotation"), "no change: mappings in another order"),
    Mutation("", "none", _shuffled("ModelParameters"), "no change: settings in another order"),
    Mutation("", "none", _sections_reversed, "no change: sections in another order"),
)


@dataclass
class Score:
    """How often a mutation was made, noticed, told as the right change alone, and given the right bump."""

    title: str
    made: int = 0
    caught: int = 0
    told: int = 0
    right: int = 0
    missed: list[str] = field(default_factory=list)

    def count(self, mutation: Mutation, kinds: list[str], bump: str, place: str) -> None:
        """Count one mutant by what was found in it."""
        expected = [mutation.kind] if mutation.kind else []
        self.made += 1
        self.caught += bool(kinds) is bool(expected)
        self.told += kinds == expected
        self.right += bump == mutation.bump
        if kinds != expected or bump != mutation.bump:
            self.missed.append(f"{place}: {', '.join(kinds) or 'nothing'} ({bump})")


def mutants(text: str, mutation: Mutation, places: int, seed: str) -> Iterator[str]:
    """Give the different mutants of a text, at most one for each place tried."""
    found: set[str] = set()
    for place in range(places):
        draft = Draft(tuple(text.split("\n")), parse(text), Random(f"{seed}/{mutation.title}/{place}"))
        mutant = mutation.make(draft)
        if mutant is not None and mutant != text and mutant not in found:
            found.add(mutant)
            yield mutant


def scores(texts: Iterable[tuple[str, str]], places: int = PLACES) -> list[Score]:
    """Give the score of each mutation over (name, text) pairs."""
    table = {mutation.title: Score(mutation.title) for mutation in MUTATIONS}
    for name, text in texts:
        model = parse(text)
        for mutation in MUTATIONS:
            for mutant in mutants(text, mutation, places, name):
                changes = diff(model, parse(mutant))
                kinds = [change.kind for change in changes]
                table[mutation.title].count(mutation, kinds, bump_of(changes).value, name)
    return list(table.values())


def read_texts(folder: Path) -> list[tuple[str, str]]:
    """Give the models below a folder as (name, text), with plain line ends."""
    read = ((path.name, path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.md")))
    return [(name, text) for name, text in read if is_model(text)]


def report(table: Sequence[Score]) -> Iterator[str]:
    """Give the table as lines, the failures below it."""
    yield f"{'mutation':42}{'mutants':>8}{'caught':>8}{'told':>8}{'bump':>8}"
    for score in table:
        yield f"{score.title:42}{score.made:8}{score.caught:8}{score.told:8}{score.right:8}"
    total = [sum(getattr(score, column) for score in table) for column in ("made", "caught", "told", "right")]
    yield "{:42}{:8}{:8}{:8}{:8}".format("all", *total)
    yield from (f"  {score.title}: {line}" for score in table for line in score.missed)


def main() -> int:
    """Print the table for a folder of texts; exit status 1 where a mutant was missed or misjudged."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES
    table = scores(read_texts(folder))
    print("\n".join(report(table)))
    return int(any(score.right < score.made or score.caught < score.made for score in table))


if __name__ == "__main__":
    raise SystemExit(main())
