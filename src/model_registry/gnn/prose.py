"""What is said to people, compared: comments, descriptions, free texts. Spacing and order of comments do not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from model_registry.gnn.canonical import Form, canonical_setting, canonical_text
from model_registry.gnn.changes import Change
from model_registry.gnn.edges import edge_text
from model_registry.gnn.model import GNNModel, Parameter, Variable
from model_registry.gnn.sections import KNOWN

EXCERPT = 80
"""How many characters of a text a change shows."""

_UNREAD = frozenset({"E005", "P001", "P002", "P003", "P012", "P018"})
"""Findings that say a line was not read."""


def prose_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give the changes of prose: free texts, descriptions, comments, front matter, sections without a meaning."""
    old, new = before.model, after.model
    for kind in ("name", "title", "annotation", "footer", "signature"):
        yield from _reworded(kind, kind, getattr(old, kind), getattr(new, kind))
    yield from _mapped("front-matter", _settings(old.front_matter), _settings(new.front_matter))
    yield from _mapped("section-text", _extensions(old), _extensions(new))
    yield from _descriptions(before, after)
    yield from _sections_of_variables(before, after)
    yield from _spellings(before, after)
    yield from _comments(old, new)


def excerpt(text: str) -> str | None:
    """Give the start of a text on one line, None for no text."""
    line = " ".join(text.split())
    return (line if len(line) <= EXCERPT else f"{line[:EXCERPT]}…") or None


def _reworded(kind: str, name: str, old: str, new: str) -> Iterator[Change]:
    if _plain(old) != _plain(new):
        yield Change(kind, name, excerpt(old), excerpt(new))


def _plain(text: str) -> str:
    return canonical_text(text)


def _mapped(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        yield from _reworded(kind, name, old.get(name, ""), new.get(name, ""))


def _settings(settings: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(canonical_setting(value)) for key, value in settings.items()}


def _extensions(model: GNNModel) -> dict[str, str]:
    return {section.name: f"{section.name}\n{section.text}" for section in model.sections if section.name not in KNOWN}


def _descriptions(before: Form, after: Form) -> Iterator[Change]:
    """Give the comments that differ on what stands on both sides."""
    for name in before.variables.keys() & after.variables.keys():
        old, new = before.variables[name].description, after.variables[name].description
        yield from _reworded("variable-description", name, old, new)
    for edge in before.edges.keys() & after.edges.keys():
        old, new = before.edges[edge].description, after.edges[edge].description
        yield from _reworded("edge-description", edge_text(edge), old, new)
    for name in before.parameters.keys() & after.parameters.keys():
        old, new = before.parameters[name].comment, after.parameters[name].comment
        yield from _reworded("parameter-comment", name, old, new)


def _sections_of_variables(before: Form, after: Form) -> Iterator[Change]:
    for name in before.variables.keys() & after.variables.keys():
        yield from _reworded("variable-section", name, before.variables[name].section, after.variables[name].section)


def _spellings(before: Form, after: Form) -> Iterator[Change]:
    """Give the names and terms that are written differently and mean the same."""
    for name in before.variables.keys() & after.variables.keys():
        old, new = before.variables[name].name, after.variables[name].name
        if before.names.of(new) == before.names.spelled(old):
            yield from _reworded("spelling", name, old, new)
    for name in before.terms.keys() & after.terms.keys():
        for term in before.terms[name].keys() & after.terms[name].keys():
            yield from _reworded("spelling", name, before.terms[name][term], after.terms[name][term])


def _comments(old: GNNModel, new: GNNModel) -> Iterator[Change]:
    """Give the comments and unread lines that differ, section by section; each set of lines is one change."""
    rows = (
        ("comments", _commented(old), _commented(new)),
        ("equations-comments", {"Equations": _equation_comments(old)}, {"Equations": _equation_comments(new)}),
        ("unread-lines", _unread(old), _unread(new)),
    )
    for kind, before, after in rows:
        for section in dict.fromkeys([*before, *after]):
            yield from _lines(kind, section, before.get(section, Counter()), after.get(section, Counter()))


def _lines(kind: str, section: str, old: Counter[str], new: Counter[str]) -> Iterator[Change]:
    if old != new:
        gone, come = sorted((old - new).elements()), sorted((new - old).elements())
        detail = {"removed": len(gone), "added": len(come)}
        yield Change(kind, section or "preamble", excerpt("; ".join(gone)), excerpt("; ".join(come)), detail)


def _commented(model: GNNModel) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for comment in model.comments:
        found.setdefault(comment.section, Counter())[_plain(comment.text)] += 1
    return found


def _equation_comments(model: GNNModel) -> Counter[str]:
    return _counted(line.partition("#")[2].lstrip("#") for line in model.equations.splitlines() if "#" in line)


def _unread(model: GNNModel) -> dict[str, Counter[str]]:
    """Give the lines that findings say were not read, and those that later ones override, by section."""
    lines = {diagnostic.line for diagnostic in model.diagnostics if diagnostic.code in _UNREAD}
    lines |= {part.line for parts in (model.variables, model.parameters) for part in _overridden(parts)}
    found = {}
    for section in model.sections if lines else ():
        body = enumerate(section.text.split("\n"), section.line + 1)
        unread = _counted(line.partition("#")[0] for number, line in body if number in lines)
        if unread:
            found[section.name] = unread
    return found


def _overridden(parts: Sequence[Variable] | Sequence[Parameter]) -> Iterator[Variable | Parameter]:
    """Give the declarations or assignments of names that are given again further on."""
    last = {part.name: part for part in parts}
    return (part for part in parts if len(last) < len(parts) and last[part.name] is not part)


def _counted(lines: Iterable[str]) -> Counter[str]:
    return Counter(map(_plain, lines))
