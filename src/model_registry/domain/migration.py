"""Changes in words: why a version number moves, what a version brought, what its users have to adapt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from model_registry.domain.impact import IMPACT, Bump, bump_of
from model_registry.gnn.changes import KINDS, PROSE, Change

TOLD = 5
"""How many changes an explanation names before it counts the rest."""

SUMMED = 3
"""How many changes of one kind a summary names before it counts them."""

MOST_NOTES = 50
"""How many migration notes are given before the rest is counted."""

LONGEST = 6
"""How many parts a summary has before it counts the rest."""


def explain(changes: Sequence[Change]) -> str:
    """Give the required step and why, the deciding change first, in sentences that can be quoted."""
    if not changes:
        return "Nothing changed: no new version is needed."
    ordered = sorted(changes, key=lambda change: -IMPACT[change.kind].size)
    bump = bump_of(changes)
    others = [told(change) for change in ordered[1:TOLD]]
    sentences = [f"A {bump} step, because {told(ordered[0])}."]
    if others:
        sentences.append(f"Also: {'; '.join(others)}.")
    if len(ordered) > TOLD:
        sentences.append(f"And {_counted_steps(ordered[TOLD:])}.")
    return " ".join(sentences)


def summary(changes: Sequence[Change]) -> str:
    """Give the changes as one short line, the weightiest first; "" for no change."""
    by_kind: dict[str, list[Change]] = {}
    for change in changes:
        by_kind.setdefault(change.kind, []).append(change)
    kinds = sorted(by_kind, key=lambda kind: (-IMPACT[kind].size, list(KINDS).index(kind)))
    words = [kind for kind in kinds if kind in PROSE]
    parts = [part for kind in kinds if kind not in PROSE for part in _summed(kind, by_kind[kind])]
    parts += [_reworded(words)] if words else []
    rest = len(parts) - LONGEST
    return "; ".join(parts[:LONGEST] + ([f"and {rest} more"] if rest > 0 else []))


def migration_notes(changes: Iterable[Change]) -> tuple[str, ...]:
    """Give what the users of a model have to adapt: a sentence for each major change, then for each minor one."""
    ordered = sorted(changes, key=lambda change: -IMPACT[change.kind].size)
    notes = [_NOTES[change.kind](change) for change in ordered if change.kind in _NOTES]
    rest = len(notes) - MOST_NOTES
    return tuple(notes[:MOST_NOTES] + ([f"And {rest} more: compare the versions."] if rest > 0 else []))


def told(change: Change) -> str:
    """Give one change as a clause: what it happened to, and what it was and is."""
    return (
        _TOLD[change.kind](change) if change.kind in _TOLD else f"{change.name}: {KINDS[change.kind]}{_moved(change)}"
    )


def _moved(change: Change) -> str:
    if change.before is None and change.after is None:
        return ""
    return f" ({_value(change.before)} -> {_value(change.after)})"


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def _cells(change: Change) -> str:
    """Give how many cells changed and how far, as in `3 of 27 cells, max 0.1`."""
    detail = change.detail
    if "changed" not in detail:
        return f"{_value(change.before)} -> {_value(change.after)}"
    largest = detail.get("max_abs")
    reach = "without bound" if largest is None else f"max {largest:.3g}"
    return f"{detail['changed']} of {detail['cells']} cells, {reach}"


def _template(text: str) -> Callable[[Change], str]:
    """Give a function that fills {name}, {before}, {after}, {cells} of a change into a text."""

    def fill(change: Change) -> str:
        values = {"name": change.name, "before": _value(change.before), "after": _value(change.after)}
        return text.format(**values, cells=_cells(change) if "{cells}" in text else "")

    return fill


def _templates(texts: Mapping[str, str]) -> Mapping[str, Callable[[Change], str]]:
    return MappingProxyType({kind: _template(text) for kind, text in texts.items()})


_TOLD = _templates(
    {
        "variable-removed": "variable {name} was removed",
        "variable-renamed": "variable {before} was renamed to {after}",
        "variable-dims": "{name} has other dimensions ({before} -> {after})",
        "variable-type-class": "{name} has a type of another class ({before} -> {after})",
        "variable-type": "{name} has another type ({before} -> {after})",
        "variable-default": "{name} has another default ({before} -> {after})",
        "variable-added": "variable {name} was added",
        "edge-removed": "edge {name} was removed",
        "edge-reduced": "edge {before} lost members ({after})",
        "edge-reversed": "edge {before} was reversed ({after})",
        "edge-directedness": "edge {before} became {after}",
        "edge-operator": "edge {before} became {after}",
        "edge-label": "edge {name} has another label ({before} -> {after})",
        "edge-extended": "edge {before} gained members ({after})",
        "edge-added": "edge {name} was added",
        "parameter-removed": "parameter {name} was removed",
        "parameter-shape": "the value of {name} has another shape ({before} -> {after})",
        "parameter-values": "{name} values changed ({cells})",
        "parameter-rounding": "{name} values were rounded differently ({cells})",
        "parameter-text": "the value of {name} reads differently",
        "parameter-added": "parameter {name} was added",
        "ontology-role": "{name} has another role ({before} -> {after})",
        "ontology-refined": "{name} is mapped to another term ({before} -> {after})",
        "ontology-removed": "{name} is no longer mapped to {before}",
        "ontology-added": "{name} is mapped to {after}",
        "time-regime": "the time regime changed ({before} -> {after})",
        "time-discretisation": "time changed from {before} to {after}",
        "time-stated": "the statement of the time regime changed ({before} -> {after})",
        "time-variable": "the time variable changed ({before} -> {after})",
        "time-horizon": "the horizon changed ({before} -> {after})",
        "time-setting": "the time setting {name} changed ({before} -> {after})",
        "dimension-parameter-removed": "the dimension count {name} was removed",
        "dimension-parameter-changed": "the dimension count {name} changed ({before} -> {after})",
        "axis-order-removed": "the order of the axes of B is no longer declared ({before})",
        "axis-order-changed": "the declared order of the axes of B changed ({before} -> {after})",
        "model-parameter-removed": "the model parameter {name} was removed",
        "model-parameter-changed": "the model parameter {name} changed ({before} -> {after})",
        "model-parameter-added": "the model parameter {name} was added",
        "equations": "the equations changed",
        "language-major": "the language version changed ({before} -> {after})",
        "language-version": "the language version changed ({before} -> {after})",
        "section-kind": "the GNNSection changed ({before} -> {after})",
        "flag": "the flag {name} changed ({before} -> {after})",
        "name": "the model was renamed",
    }
)

_NOTES = _templates(
    {
        "variable-removed": "{name} is gone: drop every use of it.",
        "variable-renamed": "{before} is now called {after}: use the new name.",
        "variable-dims": "{name} went from {before} to {after}: resize what you pass to it and read from it.",
        "variable-type-class": "{name} went from {before} to {after}: convert its values.",
        "variable-type": "{name} went from {before} to {after}: its values are of the same class.",
        "variable-default": "{name} starts from {after} instead of {before}: give a value if you rely on the old one.",
        "variable-added": "{name} is new: give it a value where you list all variables.",
        "edge-removed": "{name} is gone: do not rely on that dependence.",
        "edge-reduced": "{before} is now {after}: do not rely on the members that left.",
        "edge-reversed": "{before} is now {after}: the dependence runs the other way.",
        "edge-directedness": "{before} is now {after}: parents and children have changed.",
        "edge-operator": "{before} is now {after}: check what you read into the operator.",
        "edge-label": "The label of {name} went from {before} to {after}: look it up by the new one.",
        "edge-extended": "{before} is now {after}: factors that list its members grow.",
        "edge-added": "{name} is new: factors over these variables gain a dependence.",
        "parameter-removed": "{name} has no value any more: supply your own.",
        "parameter-shape": "The value of {name} went from {before} to {after}: resize what you index in it.",
        "parameter-values": "{name} holds other numbers ({cells}): results will differ; compare them.",
        "parameter-text": "The value of {name} is written differently: read it again.",
        "parameter-added": "{name} now has a value: yours is no longer needed, or overrides it.",
        "ontology-role": "{name} went from {before} to {after}: check code that picks it by role.",
        "ontology-refined": "{name} is mapped to {after} instead of {before}: look it up by the new term.",
        "ontology-removed": "{name} is no longer mapped to {before}: look it up by name.",
        "ontology-added": "{name} can be found by the term {after}.",
        "time-regime": "The model went from {before} to {after}: change the loop that runs it.",
        "time-discretisation": "Time went from {before} to {after}: change the integrator or the step.",
        "time-stated": "The time regime was {before} and is {after}: check that your loop agrees.",
        "time-variable": "Time is counted by {after} instead of {before}: read the new one.",
        "time-horizon": "The horizon went from {before} to {after}: adjust how long you run.",
        "time-setting": "{name} went from {before} to {after}: adjust it where you run the model.",
        "dimension-parameter-removed": "{name} is gone: count from the dimensions of the variables.",
        "dimension-parameter-changed": "{name} went from {before} to {after}: resize what depends on it.",
        "axis-order-removed": "The axes of B were declared as {before}, and are no longer: find out which is which.",
        "axis-order-changed": "The axes of B went from {before} to {after}: transpose what you index.",
        "model-parameter-removed": "{name} is gone: set it yourself where a tool needs it.",
        "model-parameter-changed": "{name} went from {before} to {after}: tools that read it behave differently.",
        "model-parameter-added": "{name} is {after}: tools that read it will take it up.",
        "equations": "The equations read differently: compare them with your implementation.",
        "language-major": "The text is in GNN {after} instead of {before}: check that your tools read it.",
        "language-version": "The text is in GNN {after} instead of {before}.",
        "section-kind": "The GNNSection is {after} instead of {before}: tools that choose by it take another path.",
        "flag": "The flag {name} is {after} instead of {before}: tools that heed it behave differently.",
    }
)
"""What to do about each kind of change of a minor or major step."""

_NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "variable-removed": "variable removed",
        "variable-renamed": "variable renamed",
        "variable-added": "variable added",
        "edge-removed": "edge removed",
        "edge-added": "edge added",
        "parameter-removed": "parameter removed",
        "parameter-added": "parameter added",
        "ontology-removed": "mapping removed",
        "ontology-added": "mapping added",
        "model-parameter-removed": "model parameter removed",
        "model-parameter-added": "model parameter added",
    }
)
"""The kinds that a summary counts instead of naming each."""


def _summed(kind: str, changes: Sequence[Change]) -> Iterator[str]:
    if kind in _NOUNS:
        noun, participle = _NOUNS[kind].rsplit(" ", 1)
        yield f"{len(changes)} {noun}{'s' if len(changes) > 1 else ''} {participle}"
    else:
        yield from map(told, changes[:SUMMED])
        if len(changes) > SUMMED:
            yield f"{len(changes) - SUMMED} more of this kind"


def _reworded(kinds: Sequence[str]) -> str:
    """Give the changes of prose as one part: `annotation and comments reworded`."""
    words = [kind.replace("-", " ") for kind in kinds]
    return f"{' and '.join(filter(None, [', '.join(words[:-1]), words[-1]]))} reworded"


def _counted_steps(changes: Iterable[Change]) -> str:
    counts = Counter(IMPACT[change.kind] for change in changes)
    return " and ".join(f"{counts[bump]} more of {bump} weight" for bump in reversed(Bump) if counts[bump])
