"""Writing GNN: a model as canonical Markdown, which reads back to the same model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from model_registry.gnn.connections import BACKWARD
from model_registry.gnn.declarations import BARE_TYPES
from model_registry.gnn.findings import Findings
from model_registry.gnn.literals import read_setting
from model_registry.gnn.model import Connection, GNNModel, Parameter, Tensor, Variable
from model_registry.gnn.sections import KNOWN, canonical_name, fenced

_BREAKS = re.compile(r"[\r\n\0]+")
_HEADING = re.compile(r" {0,3}(#{1,2})(?!#)(.*)")
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_PLAIN_DIM = re.compile(r"[\w^']+(?:\([\w^']+\))?")


def to_markdown(model: GNNModel) -> str:
    """Give a model as canonical GNN text: sections in the usual order, one declaration a line, arrays in brackets.

    Reading it gives a model of the same fingerprint. Full-line comments and the layout of values are not kept.
    """
    blocks = [f"# {_line(model.title or model.name)}"]
    blocks += [f"## {heading}\n\n{body}" for heading, body in _sections(model) if body]
    return "\n\n".join(filter(None, [_front_matter(model), *blocks])) + "\n"


def _sections(model: GNNModel) -> Iterator[tuple[str, str]]:
    yield "GNNSection", _line(model.section)
    yield "GNNVersionAndFlags", _version(model)
    yield "ModelName", _quoted(model.name)
    yield "ModelAnnotation", _text(model.annotation)
    yield from _declaring(model)
    yield "Connections", _lines(map(_edge, model.connections))
    yield "InitialParameterization", _lines(map(_assignment, model.parameters))
    yield "Equations", _text(model.equations)
    yield "Time", _lines(_time(model))
    yield "ActInfOntologyAnnotation", _lines(f"{variable}={_quoted(term)}" for variable, term in model.ontology)
    yield "ModelParameters", _lines(f"{key}: {_setting(value)}" for key, value in model.model_parameters.items())
    yield "Footer", _text(model.footer)
    yield "Signature", _text(model.signature)
    yield from _undeclaring(model)


def _declaring(model: GNNModel) -> Iterator[tuple[str, str]]:
    """Give the sections that declare variables, in the order of the variables: the last of two of a name counts."""
    verbatim = dict(_verbatim(model))
    for name, variables in groupby(model.variables, key=attrgetter("section")):
        yield name, verbatim.get(name) or _lines(map(_declaration, variables))


def _undeclaring(model: GNNModel) -> Iterator[tuple[str, str]]:
    declaring = {variable.section for variable in model.variables}
    return ((name, text) for name, text in _verbatim(model) if name not in declaring)


def _verbatim(model: GNNModel) -> Iterator[tuple[str, str]]:
    """Give the sections without a meaning of their own, with their texts."""
    texts: dict[str, list[str]] = {}
    for section in model.sections:
        if section.name not in KNOWN and section.text.strip():
            texts.setdefault(section.name, []).append(section.text.strip("\n"))
    return ((name, _text(_lines(parts))) for name, parts in texts.items())


def _text(text: str) -> str:
    """Give a free text that opens no section and no fence when it stands in a larger one."""
    lines = text.replace("\0", "").strip("\r\n").split("\n")
    inside = fenced(lines, Findings())
    return _lines(f"    {line}" if index not in inside and _opens(line) else line for index, line in enumerate(lines))


def _opens(line: str) -> bool:
    heading = _HEADING.match(line)
    if heading is None:
        return _FENCE.match(line) is not None
    return heading[1] == "##" or canonical_name(heading[2]) is not None


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _commented(code: str, comment: str) -> str:
    return f"{code}  # {_line(comment)}" if comment.strip() else code


def _front_matter(model: GNNModel) -> str:
    if not model.front_matter:
        return ""
    lines = [f"{key}: {_setting(value)}" for key, value in model.front_matter.items()]
    return _lines(["---", *lines, "---"])


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_setting(item) for item in value)}]"
    text = _quoted(str(value))
    return text if not isinstance(value, str) or read_setting(text) == value else f'"{text}"'


def _quoted(text: str) -> str:
    """Give a text as one line, in quotes where a comment would begin in it."""
    line = _line(text)
    return f'"{line}"' if "#" in line else line


def _version(model: GNNModel) -> str:
    flags = [f"{key}: {_line(value)}" for key, value in model.flags.items()]
    return _lines([f"GNN v{model.language_version}", *flags]) if model.language_version else _lines(flags)


def _declaration(variable: Variable) -> str:
    keys = [f"{key}={value}" for key, value in (("type", variable.type), ("default", variable.default)) if value]
    plain = all(_PLAIN_DIM.fullmatch(dim) and dim.casefold() not in BARE_TYPES for dim in variable.dims)
    inside = [*variable.dims, *keys] if plain else [*keys, *variable.dims]
    return _commented(f"{variable.name}[{','.join(inside)}]", variable.description)


def _edge(edge: Connection) -> str:
    left, right = (edge.targets, edge.sources) if edge.operator in BACKWARD else (edge.sources, edge.targets)
    label = f":{edge.label}" if edge.label else ""
    return _commented(f"{_group(left)}{edge.operator}{_group(right)}{label}", edge.description)


def _group(endpoints: tuple[str, ...]) -> str:
    return endpoints[0] if len(endpoints) == 1 else f"({', '.join(endpoints)})"


def _assignment(parameter: Parameter) -> str:
    value = _array(parameter.value) if parameter.value is not None else parameter.text or ""
    return _commented(f"{parameter.name}={value}", parameter.comment)


def _array(value: Tensor) -> str:
    """Give an array as bracketed rows, each number in the shortest form that reads back as itself."""
    if value.ndim == 0:
        return _number(float(value))
    texts = [_number(cell) for cell in value.ravel().tolist()]
    opened, closed = "(", ")"
    for size in reversed(value.shape):
        rows = [texts[start : start + size] for start in range(0, len(texts), size)]
        texts = [f"{opened}{', '.join(row)}{closed}" for row in rows]
    return f"{{{texts[0][1:-1]}}}"


def _number(cell: float) -> str:
    return repr(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)


def _time(model: GNNModel) -> Iterator[str]:
    time = model.time
    if time.dynamic is not None:
        yield "Dynamic" if time.dynamic else "Static"
    if time.discrete is not None:
        yield "Discrete" if time.discrete else "Continuous"
    if time.variable is not None:
        yield f"Time={_line(time.variable)}"
    if time.horizon is not None:
        yield f"ModelTimeHorizon={_quoted(time.horizon)}"
    yield from (f"{key}={_quoted(value)}" for key, value in time.other.items())
