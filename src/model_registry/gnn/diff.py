"""What has changed between two models, by name and kind, never by line."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from model_registry.gnn.canonical import (
    Form,
    canonical_setting,
    canonical_tensor,
    canonical_text,
    canonical_time,
    canonical_value,
    canonical_variable,
    equation_lines,
    read_form,
    read_names,
    tokens,
)
from model_registry.gnn.changes import KINDS, Change
from model_registry.gnn.edges import edge_changes, pairs_of
from model_registry.gnn.model import GNNModel, Parameter, Tensor, Variable
from model_registry.gnn.prose import excerpt, prose_changes
from model_registry.gnn.renames import Renaming, find_renamings, rename_map
from model_registry.gnn.roles import Role, role_of, role_of_term
from model_registry.gnn.tensors import difference, shown

SHOWN_LINES = 5
"""How many lines of the equations a change shows."""

DIMENSION_COUNT = re.compile(
    r"(?:num|nr|n)_(?:\w+_)?(?:states?|obs|observations?|outcomes?|actions?|controls?|policies|modalities|factors|agents|levels)"
    r"(?:_\w+)?"
)
"""ModelParameters that count dimensions: num_hidden_states, num_obs, num_actions, num_factors, nr_agents ..."""

AXIS_ORDER = "b_tensor_order"

_CLASSES = {
    "real": ("float", "real", "double", "continuous"),
    "whole": ("int", "integer", "discrete", "categorical"),
    "truth": ("bool", "boolean", "binary"),
    "text": ("string", "str"),
    "unstated": ("none",),
}
_CLASS_OF = {name: group for group, names in _CLASSES.items() for name in names}

_NO_PROBABILITIES = frozenset(
    {Role.PREFERENCE, Role.DYNAMICS, Role.READOUT, Role.CONTROL, Role.COVARIANCE, Role.DIRICHLET, Role.PRECISION}
    | {Role.VFE, Role.EFE, Role.TIME}
)
"""Roles whose values sum to 1 only by chance."""


def diff(old: GNNModel, new: GNNModel) -> tuple[Change, ...]:
    """Give every change from one model to another, in the order of `changes.KINDS`, then by name.

    Layout, order of declarations and spelling of numbers are no change. A variable that only goes by another name is
    told as renamed once, and nothing else is told of it that stayed the same.
    """
    before, after, renamings = _aligned(old, new)
    changes = [_renamed(pair) for pair in renamings]
    changes += [change for part in _PARTS for change in part(before, after)]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return tuple(sorted(changes, key=lambda change: (order[change.kind], change.name, str(change.before))))


def graph_summary(old: GNNModel, new: GNNModel) -> dict[str, Any]:
    """Give how the graph differs: nodes and edges before and after, and the nodes whose parents changed.

    A hyperedge counts as the product of its sides; parents are the sources of directed edges.
    """
    before, after, _ = _aligned(old, new)
    parents = [_parents(form) for form in (before, after)]
    moved = [name for name in sorted({*parents[0], *parents[1]}) if parents[0].get(name) != parents[1].get(name)]
    return {
        "nodes": {"before": len(_nodes(before)), "after": len(_nodes(after))},
        "edges": {"before": _edge_count(before), "after": _edge_count(after)},
        "parents": [
            {"name": name, "before": sorted(parents[0].get(name, ())), "after": sorted(parents[1].get(name, ()))}
            for name in moved
        ],
    }


def _aligned(old: GNNModel, new: GNNModel) -> tuple[Form, Form, tuple[Renaming, ...]]:
    """Give both models under one reading of names, the old one with the names of the new."""
    names = replace(read_names(old), kept=read_names(old).kept | read_names(new).kept)
    before, after = read_form(old, names), read_form(new, names)
    renamings = find_renamings(before, after)
    if renamings:
        before = read_form(old, replace(names, renamed=rename_map(renamings)))
    return before, after, renamings


def _renamed(pair: Renaming) -> Change:
    return Change("variable-renamed", pair.after, pair.before, pair.after, {"confidence": pair.confidence})


def _variables(before: Form, after: Form) -> Iterator[Change]:
    for name, variable in before.variables.items():
        if name not in after.variables:
            yield Change("variable-removed", name, _declared(variable))
        else:
            yield from _variable(name, before, after)
    for name, variable in after.variables.items():
        if name not in before.variables:
            yield Change("variable-added", name, None, _declared(variable))


def _variable(name: str, before: Form, after: Form) -> Iterator[Change]:
    old, new = before.variables[name], after.variables[name]
    was, now = canonical_variable(old, before.names), canonical_variable(new, after.names)
    if was["dims"] != now["dims"] or old.shape != new.shape:
        yield Change("variable-dims", name, _dims(old), _dims(new), {"axes": list(_axes(old, new))})
    if was["type"] != now["type"]:
        kind = "variable-type" if _same_class(was["type"], now["type"]) else "variable-type-class"
        yield Change(kind, name, old.type, new.type)
    if was["default"] != now["default"]:
        yield Change("variable-default", name, old.default, new.default)


def _declared(variable: Variable) -> str:
    return _dims(variable) + (f" {variable.type}" if variable.type else "")


def _dims(variable: Variable) -> str:
    """Give the dims as written, with the sizes they stand for where they are symbols."""
    written = f"[{', '.join(variable.dims)}]"
    symbolic = variable.shape is not None and any(not dim.isdigit() for dim in variable.dims)
    return f"{written} = [{', '.join(map(str, variable.shape or ()))}]" if symbolic else written


def _axes(old: Variable, new: Variable) -> Iterator[dict[str, Any]]:
    """Give the axes that differ: its number, its size as written before and after (None where it is not there)."""
    for axis, (was, now) in enumerate(zip_longest(old.dims, new.dims)):
        if was != now:
            yield {"axis": axis, "before": was, "after": now}


def _same_class(old: str | None, new: str | None) -> bool:
    """Tell whether two types are of one class; saying nothing fits every class."""
    classes = [
        {_CLASS_OF.get(part, part) for part in written.split("|")} if written else set() for written in (old, new)
    ]
    return classes[0] == classes[1] or any(known <= {"unstated"} for known in classes)


def _parameters(before: Form, after: Form) -> Iterator[Change]:
    chance = _summing_by_chance(before) | _summing_by_chance(after)
    for name, old in before.parameters.items():
        new = after.parameters.get(name)
        if new is None:
            yield Change("parameter-removed", name, _shown(old))
        elif old.value is None or new.value is None:
            yield from _text(name, before, after)
        else:
            yield from _numbers(name, old.value, new.value, probabilities=name not in chance)
    for name, new in after.parameters.items():
        if name not in before.parameters:
            yield Change("parameter-added", name, None, _shown(new))


def _text(name: str, before: Form, after: Form) -> Iterator[Change]:
    old, new = before.parameters[name], after.parameters[name]
    if canonical_value(old, before.names) != canonical_value(new, after.names):
        yield Change("parameter-text", name, _shown(old), _shown(new))


def _numbers(name: str, old: Tensor, new: Tensor, *, probabilities: bool) -> Iterator[Change]:
    was, now = canonical_tensor(old), canonical_tensor(new)
    if was.shape != now.shape:
        detail = {"shapes": {"before": list(was.shape), "after": list(now.shape)}}
        yield Change("parameter-shape", name, shown(was), shown(now), detail)
        return
    found = difference(was, now, probabilities=probabilities)
    if found is not None:
        kind = "parameter-values" if found.beyond else "parameter-rounding"
        yield Change(kind, name, shown(was), shown(now), found.detail)


def _summing_by_chance(form: Form) -> set[str]:
    return {form.names.of(name) for name, role in role_of(form.model).items() if role in _NO_PROBABILITIES}


def _shown(parameter: Parameter) -> str:
    return shown(parameter.value) if parameter.value is not None else excerpt(parameter.text or "") or "nothing"


def _ontology(before: Form, after: Form) -> Iterator[Change]:
    for name in dict.fromkeys([*before.terms, *after.terms]):
        old, new = before.terms.get(name, {}), after.terms.get(name, {})
        lost = sorted(term for folded, term in old.items() if folded not in new)
        gained = sorted(term for folded, term in new.items() if folded not in old)
        for was, now in zip_longest(lost, gained):
            yield Change(_mapping_kind(was, now), name, was, now)


def _mapping_kind(old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return "ontology-added" if old is None else "ontology-removed"
    roles = role_of_term(old), role_of_term(new)
    return "ontology-refined" if None in roles or roles[0] is roles[1] else "ontology-role"


def _time(before: Form, after: Form) -> Iterator[Change]:
    old, new = (canonical_time(form.model.time, form.names) for form in (before, after))
    was, now = before.model.time, after.model.time
    yield from _regime("time-regime", "dynamic", was.dynamic, now.dynamic, ("static", "dynamic"))
    yield from _regime("time-discretisation", "discrete", was.discrete, now.discrete, ("continuous", "discrete"))
    for field in ("variable", "horizon"):
        if old[field] != new[field]:
            yield Change(f"time-{field}", field, getattr(was, field), getattr(now, field))
    for key in dict.fromkeys([*old["other"], *new["other"]]):
        if old["other"].get(key) != new["other"].get(key):
            yield Change("time-setting", key, was.other.get(key), now.other.get(key))


def _regime(kind: str, name: str, old: bool | None, new: bool | None, words: tuple[str, str]) -> Iterator[Change]:
    if old is not new:
        was, now = (None if side is None else words[side] for side in (old, new))
        yield Change("time-stated" if None in (old, new) else kind, name, was, now)


def _settings(before: Form, after: Form) -> Iterator[Change]:
    dims = {dim for form in (before, after) for variable in form.variables.values() for dim in variable.dims}
    old, new = (
        {unicodedata.normalize("NFC", key): value for key, value in form.model.model_parameters.items()}
        for form in (before, after)
    )
    for key in dict.fromkeys([*old, *new]):
        counts = key in dims or DIMENSION_COUNT.fullmatch(key) is not None
        if key not in new:
            yield Change(_setting_kind(key, "removed", counts=counts), key, old[key])
        elif key not in old:
            yield Change("model-parameter-added", key, None, new[key])
        elif _by_value(old[key]) != _by_value(new[key]):
            yield Change(_setting_kind(key, "changed", counts=counts), key, old[key], new[key])


def _setting_kind(key: str, what: str, *, counts: bool) -> str:
    family = "axis-order" if key == AXIS_ORDER else "dimension-parameter" if counts else "model-parameter"
    return f"{family}-{what}"


def _by_value(setting: Any) -> str:
    """Give a setting as JSON, in which true is not 1."""
    return json.dumps(canonical_setting(setting), sort_keys=True)


def _equations(before: Form, after: Form) -> Iterator[Change]:
    old, new = ([tokens(line, form.names) for line in equation_lines(form.model.equations)] for form in (before, after))
    if old != new:
        gone, come = (list((Counter(one) - Counter(other)).elements()) for one, other in ((old, new), (new, old)))
        detail = {"removed": len(gone), "added": len(come), "lines": {"before": len(old), "after": len(new)}}
        lost, gained = (excerpt("; ".join(lines[:SHOWN_LINES])) for lines in (gone, come))
        yield Change("equations", "equations", lost, gained, detail)


def _labels(before: Form, after: Form) -> Iterator[Change]:
    old, new = before.model, after.model
    versions = [_release(model.language_version) for model in (old, new)]
    if versions[0] != versions[1]:
        majors = {version[:1] for version in versions if version}
        kind = "language-major" if len(majors) > 1 else "language-version"
        yield Change(kind, "language_version", old.language_version or None, new.language_version or None)
    if canonical_text(old.section) != canonical_text(new.section):
        yield Change("section-kind", "section", excerpt(old.section), excerpt(new.section))
    for key in dict.fromkeys([*old.flags, *new.flags]):
        if canonical_text(old.flags.get(key, "")) != canonical_text(new.flags.get(key, "")):
            yield Change("flag", key, old.flags.get(key), new.flags.get(key))


def _release(version: str) -> tuple[str, ...]:
    """Give the parts of a language version without trailing zeros: 1.0 is 1."""
    return tuple(re.sub(r"(\.0+)+$", "", version.strip()).split(".")) if version.strip() else ()


_PARTS: tuple[Callable[[Form, Form], Iterator[Change]], ...] = (
    _variables,
    edge_changes,
    _parameters,
    _ontology,
    _time,
    _settings,
    _equations,
    _labels,
    prose_changes,
)


def _nodes(form: Form) -> set[str]:
    return {*form.variables, *(name for edge in form.edges for pair in pairs_of(edge) for name in pair)}


def _edge_count(form: Form) -> int:
    return len({(edge.directed, *pair) for edge in form.edges for pair in pairs_of(edge)})


def _parents(form: Form) -> Mapping[str, set[str]]:
    parents: dict[str, set[str]] = {}
    for edge in (edge for edge in form.edges if edge.directed):
        for source, target in pairs_of(edge):
            parents.setdefault(target, set()).add(source)
    return parents
