"""Which variable of one model goes by another name in the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from model_registry.gnn.canonical import Form, canonical_text, canonical_value, canonical_variable, endpoint_name

THRESHOLD = 0.6
"""How sure a renaming must be to be told as one."""

MOST_PAIRS = 20_000
"""Beyond so many pairs of a lost and a new variable, none are taken for each other."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """A variable's old and new name, and how sure it is that both are one, from 0 to 1."""

    before: str
    after: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Profile:
    """What is known of a variable apart from its name."""

    declaration: object
    neighbours: Set[tuple[str, str]]
    terms: Set[str]
    value: object
    description: str


def find_renamings(before: Form, after: Form) -> tuple[Renaming, ...]:
    """Give the variables that were renamed, the surest first, each name at most once.

    Dimensions and type must be equal, and both names new to the other side. Neighbours (Jaccard), ontology terms, value
    and description then weigh in; with less to go by, the confidence is lower.
    """
    lost = [name for name in before.variables if name not in _all_names(after)]
    gained = [name for name in after.variables if name not in _all_names(before)]
    if not lost or not gained or len(lost) * len(gained) > MOST_PAIRS:
        return ()
    unsettled = {*lost, *gained}
    olds = {name: _profile(before, name, unsettled) for name in lost}
    news = {name: _profile(after, name, unsettled) for name in gained}
    pairs = (Renaming(old, new, _confidence(olds[old], news[new])) for old in lost for new in gained)
    return tuple(_chosen([pair for pair in pairs if pair.confidence >= THRESHOLD]))


def _chosen(candidates: list[Renaming]) -> Iterator[Renaming]:
    """Give the surest candidates; equally sure ones by likeness of name, in an order that ignores which is older."""
    taken: set[str] = set()
    for pair in sorted(candidates, key=lambda pair: (-pair.confidence, -_likeness(pair), sorted(_ends(pair)))):
        if taken.isdisjoint(_ends(pair)):
            taken.update(_ends(pair))
            yield pair


def _ends(pair: Renaming) -> tuple[str, str]:
    return pair.before, pair.after


def _likeness(pair: Renaming) -> float:
    """Give how many letter pairs two names share (Dice's coefficient)."""
    old, new = ({name[place : place + 2] for place in range(max(1, len(name) - 1))} for name in _ends(pair))
    return 2 * len(old & new) / (len(old) + len(new))


def _all_names(form: Form) -> Set[str]:
    ends = {endpoint_name(end) for edge in form.edges for end in (*edge.sources, *edge.targets)}
    return {*form.variables, *form.parameters, *form.terms, *ends}


def _profile(form: Form, name: str, unsettled: Set[str]) -> _Profile:
    parameter = form.parameters.get(name)
    return _Profile(
        canonical_variable(form.variables[name], form.names),
        _neighbours(form, name) - {(side, other) for side in ("to", "from", "with") for other in unsettled},
        form.terms.get(name, {}).keys(),
        canonical_value(parameter, form.names) if parameter else None,
        canonical_text(form.variables[name].description),
    )


def _neighbours(form: Form, name: str) -> Set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for edge in form.edges:
        sources, targets = ({endpoint_name(end) for end in ends} for ends in (edge.sources, edge.targets))
        if name in sources:
            found |= {("to" if edge.directed else "with", other) for other in targets}
        if name in targets:
            found |= {("from" if edge.directed else "with", other) for other in sources}
    return found


def _confidence(old: _Profile, new: _Profile) -> float:
    """Give the mean of what is known to agree, from 0.6 of it with hardly any evidence to all of it with full."""
    if old.declaration != new.declaration:
        return 0.0
    evidence = [(weight, likeness) for weight, likeness in _evidence(old, new) if likeness is not None]
    weight = sum(weight for weight, _ in evidence)
    if not weight:
        return 0.0
    return round(sum(weight * likeness for weight, likeness in evidence) / weight * (0.6 + 0.4 * weight), 3)


def _evidence(old: _Profile, new: _Profile) -> Iterator[tuple[float, float | None]]:
    """Give the weight of each trait and how alike it is; None where neither side has it."""
    yield 0.4, _jaccard(old.neighbours, new.neighbours)
    yield 0.25, _jaccard(old.terms, new.terms)
    yield 0.15, float(old.value == new.value) if old.value or new.value else None
    yield 0.2, float(old.description == new.description) if old.description or new.description else None


def _jaccard(old: Set[object] | Set[str], new: Set[object] | Set[str]) -> float | None:
    return len({*old} & {*new}) / len({*old} | {*new}) if old or new else None


def rename_map(renamings: tuple[Renaming, ...]) -> Mapping[str, str]:
    """Give the new name for each old one."""
    return {pair.before: pair.after for pair in renamings}
