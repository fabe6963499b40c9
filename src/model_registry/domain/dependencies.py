"""What models require of each other: resolved both ways, and refused where it cannot be met.

The graph is that of the current versions of all models that are not deleted. A requirement nobody meets yet is no
fault, since its model may be registered later; a cycle or two ranges that no version can meet are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations, islice, product
from typing import Any

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.lifecycle import State
from model_registry.domain.requirement import Requirement, is_foreign, required_models
from model_registry.domain.resolve import find_version
from model_registry.domain.version import Range, parse_range
from model_registry.errors import DependencyError, NotFoundError, VersionError

Statement = tuple[str, Requirement]
"""The id of a model, and one requirement it states."""

MOST_OBJECTIONS = 5
"""Objections told at once: the first is what one mends first."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why requirements cannot stand together, with the chains of models that lead there."""

    code: str
    message: str
    chains: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """What is required below a model: who states which requirement, and by whom each model is first reached."""

    stated: tuple[Statement, ...]
    above: Mapping[str, str | None]

    def chain(self, model_id: str) -> tuple[str, ...]:
        """Give a shortest chain of models from the top to this one."""
        way: list[str] = []
        step: str | None = model_id
        while step is not None:
            way.append(step)
            step = self.above[step]
        return tuple(reversed(way))

    def by_target(self) -> dict[str, list[Statement]]:
        """Give the statements about each required model."""
        found: dict[str, list[Statement]] = {}
        for requirer, requirement in self.stated:
            found.setdefault(requirement.model_id, []).append((requirer, requirement))
        return found


def dependents(catalogue: Catalogue, model_id: str) -> list[str]:
    """Give the ids of the models, deleted ones apart, whose current version requires this one."""
    requiring = catalogue.requiring(model_id)
    return sorted(other for other in requiring if catalogue.entries[other].state is not State.DELETED)


def require_free(catalogue: Catalogue, model_id: str, *, force: bool = False) -> list[str]:
    """Give the dependents of a model that is to go; DependencyError naming them unless `force`."""
    needing = dependents(catalogue, model_id)
    if needing and not force:
        raise DependencyError(
            f"{model_id} is required by {', '.join(needing)}",
            code="required_by_others",
            where=model_id,
            hint="Change those models first, or pass force=True.",
            dependents=needing,
        )
    return needing


def dependents_outside(catalogue: Catalogue, model_id: str, version: str) -> list[dict[str, str]]:
    """Give the dependents whose range a version of this model lies outside of: id and requirement."""
    return [
        {"id": other, "requirement": str(requirement)}
        for other, requirement in _requirements_on(catalogue, model_id)
        if (wanted := _range(requirement)) and version not in wanted
    ]


def dependencies_view(catalogue: Catalogue, entry: ModelEntry) -> dict[str, Any]:
    """Give what the current version requires, resolved where it can be, and which models require this one.

    `resolved` is the version meant, or null with the `problem`; `dependents` tells how each of them requires it.
    """
    dependencies = entry.current_version.dependencies
    return {
        "requires": [
            {"requirement": str(requirement), "id": requirement.model_id} | _resolution(catalogue, requirement)
            for requirement in required_models(dependencies)
        ],
        "required_by": dependents(catalogue, entry.id),
        "dependents": [
            {"id": other, "requirement": str(requirement)} | _resolution(catalogue, requirement)
            for other, requirement in _requirements_on(catalogue, entry.id)
        ],
        "external": [requirement for requirement in dependencies if is_foreign(requirement)],
    }


def settle(
    catalogue: Catalogue, model_id: str, dependencies: Iterable[str], *, force: bool = False, reason: str = ""
) -> list[str]:
    """Refuse requirements that lead back to the model or contradict others, with the chains that show it.

    `force` with a reason lets them stand; what was overridden is given, to be recorded. What stands already, because
    somebody let it stand, is not held against the model again.
    """
    found = find_objections(catalogue, model_id, dependencies)
    standing = _standing(catalogue, model_id) if found else frozenset()
    objections = [objection for objection in found if objection.message not in standing]
    if objections and not (force and reason):
        raise _refusal(objections[0], force)
    return [objection.message for objection in objections]


def find_objections(catalogue: Catalogue, model_id: str, dependencies: Iterable[str]) -> list[Objection]:
    """Give why these requirements of a model cannot stand, below it and below whatever requires it."""
    graph = _Graph(catalogue, {model_id: tuple(required_models(dependencies))})
    own = graph.reach(model_id)
    found = chain(_cycles(own, model_id), _contradictions(own), _contradictions_above(graph, own, model_id))
    return list(islice(found, MOST_OBJECTIONS))


def _standing(catalogue: Catalogue, model_id: str) -> frozenset[str]:
    entry = catalogue.entries.get(model_id)
    known = entry.current_version.dependencies if entry else ()
    return frozenset(objection.message for objection in find_objections(catalogue, model_id, known))


def dependency_findings(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Give each requirement that nothing meets, and each cycle and contradiction that was let stand, as findings."""
    graph = _Graph(catalogue, {})
    for entry in sorted(catalogue.entries.values(), key=lambda entry: entry.id):
        for requirement in graph.required(entry.id):
            problem = _resolution(catalogue, requirement).get("problem")
            if problem:
                hint = "Register what is missing, or change the requirement (update_model_metadata)."
                yield _finding("unresolved_dependency", entry, f"{requirement}: {problem}", hint)
        reach = graph.reach(entry.id)
        for objection in (*_cycles(reach, entry.id), *_contradictions(reach)):
            yield _finding(objection.code, entry, objection.message, "Change one of these requirements.")


class _Graph:
    """The requirements of current versions, with those of some models replaced by proposed ones."""

    def __init__(self, catalogue: Catalogue, proposed: Mapping[str, tuple[Requirement, ...]]) -> None:
        self._catalogue = catalogue
        self._proposed = proposed

    def required(self, model_id: str) -> tuple[Requirement, ...]:
        if model_id in self._proposed:
            return self._proposed[model_id]
        entry = self._catalogue.entries.get(model_id)
        if entry is None or entry.state is State.DELETED:
            return ()
        return tuple(required_models(entry.current_version.dependencies))

    def reach(self, root: str) -> Reach:
        """Walk down from a model, nearest first."""
        above: dict[str, str | None] = {root: None}
        stated: list[Statement] = []
        waiting = deque([root])
        while waiting:
            requirer = waiting.popleft()
            for requirement in self.required(requirer):
                stated.append((requirer, requirement))
                if requirement.model_id not in above:
                    above[requirement.model_id] = requirer
                    waiting.append(requirement.model_id)
        return Reach(tuple(stated), above)

    def above(self, model_id: str) -> Iterator[str]:
        """Walk up from a model: whatever requires it, directly or not."""
        seen = {model_id}
        waiting = deque([model_id])
        while waiting:
            for other in dependents(self._catalogue, waiting.popleft()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
                    yield other

    def common(self, model_id: str, other: str) -> str | None:
        """Give the nearest model above the first that requires the other too, or is it."""
        roots = {other, *self.above(other)}
        return next((root for root in self.above(model_id) if root in roots), None)

    def requirements_on(self, model_id: str) -> Iterator[Statement]:
        """Give what the current versions of other models state about this one."""
        return _requirements_on(self._catalogue, model_id)


def _cycles(reach: Reach, model_id: str) -> Iterator[Objection]:
    closing = (requirer for requirer, requirement in reach.stated if requirement.model_id == model_id)
    for requirer in islice(closing, 1):
        way = (*reach.chain(requirer), model_id)
        yield Objection("dependency_cycle", f"{model_id} would require itself: {' -> '.join(way)}", (way,))


def _contradictions(reach: Reach) -> Iterator[Objection]:
    for statements in reach.by_target().values():
        for one, other in combinations(statements, 2):
            if _contradict(one[1], other[1]):
                yield _contradiction(reach, one, other)


def _contradictions_above(graph: _Graph, own: Reach, model_id: str) -> Iterator[Objection]:
    """Compare what is required below a model with what others require, where one model needs both."""
    for target, statements in own.by_target().items():
        rivals = [statement for statement in graph.requirements_on(target) if statement[0] not in own.above]
        for one, other in product(statements, rivals):
            root = graph.common(model_id, other[0]) if _contradict(one[1], other[1]) else None
            if root:
                yield _contradiction(graph.reach(root), one, other)


def _contradiction(reach: Reach, one: Statement, other: Statement) -> Objection:
    chains = tuple((*reach.chain(requirer), str(requirement)) for requirer, requirement in (one, other))
    told = " and ".join(" -> ".join(way) for way in chains)
    return Objection("contradicting_ranges", f"no version of {one[1].model_id} can meet both {told}", chains)


def _contradict(one: Requirement, other: Requirement) -> bool:
    first, second = _range(one), _range(other)
    return first is not None and second is not None and disjoint(first, second)


def disjoint(first: Range, second: Range) -> bool:
    """Tell whether two ranges have no version in common: the highest lower bound lies above the lowest upper one."""
    bounds = (*first.bounds, *second.bounds)
    lows = [(bound, operator == ">") for operator, bound in bounds if operator in {">", ">=", "=="}]
    highs = [(bound, operator != "<") for operator, bound in bounds if operator in {"<", "<=", "=="}]
    if not lows or not highs:
        return False
    (low, above), (high, reached) = max(lows), min(highs)
    return bool(low > high or (low == high and (above or not reached)))


def _range(requirement: Requirement) -> Range | None:
    """Give the range of a requirement; None for any version, and for an alias, which may move."""
    try:
        return parse_range(requirement.wanted) if requirement.wanted else None
    except VersionError:
        return None


def _requirements_on(catalogue: Catalogue, model_id: str) -> Iterator[Statement]:
    for other in dependents(catalogue, model_id):
        for requirement in required_models(catalogue.entries[other].current_version.dependencies):
            if requirement.model_id == model_id:
                yield other, requirement


def _resolution(catalogue: Catalogue, requirement: Requirement) -> dict[str, str | None]:
    entry = catalogue.entries.get(requirement.model_id)
    if entry is None or entry.state is State.DELETED:
        return {"resolved": None, "problem": "it is deleted" if entry else "there is no such model"}
    try:
        return {"resolved": find_version(entry, requirement.wanted).version}
    except NotFoundError:
        return {"resolved": None, "problem": f"it has no such version; its current one is {entry.current}"}


def _refusal(objection: Objection, force: bool) -> DependencyError:
    return DependencyError(
        objection.message,
        code="reason_missing" if force else objection.code,
        where="reason" if force else "dependencies",
        hint="Say why in reason; it is recorded."
        if force
        else "Leave one of these requirements out or change its range, or pass force=True with a reason.",
        chain=list(objection.chains[0]),
        chains=[list(way) for way in objection.chains],
    )


def _finding(code: str, entry: ModelEntry, message: str, hint: str) -> dict[str, Any]:
    where = f"{entry.id}@{entry.current}"
    return {"code": code, "severity": "warning", "where": where, "message": message, "hint": hint}
