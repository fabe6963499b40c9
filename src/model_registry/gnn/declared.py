"""What a model declares, compared: variables, the values of parameters, ontology terms."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any

from model_registry.gnn.canonical import Form, canonical_tensor, canonical_variable
from model_registry.gnn.changes import Change
from model_registry.gnn.model import Parameter, Tensor, Variable
from model_registry.gnn.prose import excerpt
from model_registry.gnn.roles import Role, role_of_term
from model_registry.gnn.tensors import difference, shown

SHOWN_AXES = 16
"""How many differing axes of one variable a change shows."""

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


def variable_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give the variables that came, went, or are declared in another way."""
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
        yield Change("variable-dims", name, _dims(old), _dims(new), {"axes": list(islice(_axes(old, new), SHOWN_AXES))})
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


def parameter_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give the parameters that came, went, or hold other values."""
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
    if before.values[name] != after.values[name]:
        yield Change("parameter-text", name, _shown(before.parameters[name]), _shown(after.parameters[name]))


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
    return {form.names.of(name) for name, role in form.model.roles.items() if role in _NO_PROBABILITIES}


def _shown(parameter: Parameter) -> str:
    return shown(parameter.value) if parameter.value is not None else excerpt(parameter.text or "") or "nothing"


def mapping_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give the variables that are mapped to other terms: of another role, or of the same one."""
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
