"""Which variable of one model goes by another name in the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from model_registry.gnn.canonical import Form, canonical_text, canonical_variable, endpoint_name
from model_registry.gnn.edges import pairs_of

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
    known = _all_names(before), _all_names(after)
    lost = [name for name in before.variables if name not in known[1]]
    gained = [name for name in after.variables if name not in known[0]]
    if not lost or not gained or len(lost) * len(gained) > MOST_PAIRS:
        return ()
    unsettled = {*lost, *gained}
    olds, news = _profiles(before, lost, unsettled), _profiles(after, gained, unsettled)
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


def _profiles(form: Form, names: Iterable[str], unsettled: Set[str]) -> dict[str, _Profile]:
    """Give what is known of some variables; neighbours that may be renamed themselves say nothing."""
    around = _neighbours(form, unsettled)
    return {name: _profile(form, name, around.get(name, set())) for name in names}


def _profile(form: Form, name: str, neighbours: Set[tuple[str, str]]) -> _Profile:
    declared = canonical_variable(form.variables[name], form.names)
    return _Profile(
        (declared["dims"], declared["type"]),
        neighbours,
        form.terms.get(name, {}).keys(),
        form.values.get(name),
        canonical_text(form.variables[name].description),
    )


def _neighbours(form: Form, unsettled: Set[str]) -> Mapping[str, Set[tuple[str, str]]]:
    """Give for each unsettled name the settled ones it is joined to, and how."""
    found: dict[str, set[tuple[str, str]]] = {}
    for edge in form.edges:
        ways = ("to", "from") if edge.directed else ("with", "with")
        for source, target in pairs_of(edge):
            if source in unsettled and target not in unsettled:
                found.setdefault(source, set()).add((ways[0], target))
            if target in unsettled and source not in unsettled:
                found.setdefault(target, set()).add((ways[1], source))
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
