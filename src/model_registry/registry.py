"""The operations that change a registry. What can be asked stands in `inquiries`, what keeps order in `maintenance`.

Each reads, decides and writes, in this order; what it decides is pure and lies in `domain`. Results are the JSON that
every door gives.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from logging import getLogger
from time import perf_counter
from typing import Any, TypedDict, Unpack

from model_registry.asked import as_number
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.dependencies import dependents_outside, require_free, settle
from model_registry.domain.entry import PRUNED, YANKED, ModelEntry, ModelVersion
from model_registry.domain.events import Draft
from model_registry.domain.identity import check_alias
from model_registry.domain.lifecycle import State, after, already, read_sunset, require_writable
from model_registry.domain.metadata import Given, read_given
from model_registry.domain.printable import printable
from model_registry.domain.registration import Decision, Request, decide, metadata_update, told_again
from model_registry.domain.resolve import find_model, find_named_version, find_version
from model_registry.domain.source import Reading, Source, refuse_large
from model_registry.domain.version import first_stable, migration_notes
from model_registry.domain.views import lifecycle_view, one_version_view, registration_view
from model_registry.errors import ConflictError, LifecycleError, RegistryError, VersionError
from model_registry.gnn.diff import diff
from model_registry.inquiries import Inquiries
from model_registry.ledger import Plan, Write, Written
from model_registry.maintenance import Maintenance

View = dict[str, Any]
logger = getLogger("model_registry")

NEARLY_THE_SAME = 0.9
"""Models as alike as this are told of when one of them is registered (see `domain.similarity`)."""

MOST_TWINS = 20
"""How many copies under other names are told of, the oldest first."""

NEAR_ONES = 3
"""How many of them are told of, the most alike first."""


class By(TypedDict, total=False):
    """What every write takes besides its subject: who, which call of theirs, and which revision they saw."""

    actor: str
    op_id: str
    expected_revision: int | None


@dataclass(frozen=True, slots=True)
class Registration:
    """A source to register, with what is said about it; many of them can be registered together."""

    source: Source
    metadata: Mapping[str, Any] | None = None
    model_id: str = ""
    version: str = ""
    if_exists: str = "version"
    allow_lower: bool = False
    reason: str = ""
    force: bool = False


class Registry(Inquiries, Maintenance):
    """A registry of GNN models. It takes sources as bytes, never as paths; `open_registry` makes one."""

    def register_model(
        self,
        source: Source,
        metadata: Mapping[str, Any] | None = None,
        *,
        model_id: str = "",
        version: str = "",
        if_exists: str = "version",
        allow_lower: bool = False,
        force: bool = False,
        dry_run: bool = False,
        reason: str = "",
        **by: Unpack[By],
    ) -> View:
        """Register a GNN model: a new one, or the next version of the model of that name.

        Gives the outcome (created, new_version, unchanged or metadata_updated), the version, the bump its changes
        required and why, the findings in its text, models it is (nearly) a copy of, and dependents whose range the
        version lies outside of. `dry_run` writes nothing; `force` with a reason lets contradicting dependencies stand.
        Raises only RegistrationErrors: SourceError, MetadataError, VersionNumberError, ConflictError and the like.
        """
        wish = Registration(source, metadata, model_id, version, if_exists, allow_lower, reason, force)
        if dry_run:
            catalogue = self._ledger.catalogue()
            decision = self._decided(catalogue, self._request(wish))
            return self._near_ones(self._registration_view(catalogue, decision), source) | {"dry_run": True}
        written = self._ledger.write(self._registration(wish, by))
        return self._near_ones(self._registered(written, self._ledger.known()), source)

    def register_models(self, registrations: Sequence[Registration], **by: Unpack[By]) -> list[View | RegistryError]:
        """Register many models in one commit; a refused one gives its error and leaves the others untouched."""
        outcomes: list[View | RegistryError] = []
        writes: dict[int, Write[Decision]] = {}
        for place, wish in enumerate(registrations):
            try:
                writes[place] = self._registration(wish, by)
            except RegistryError as error:
                outcomes.append(error)
            else:
                outcomes.append({})
        all_written = self._ledger.write_all(list(writes.values()))
        catalogue = self._ledger.known()
        for place, written in zip(writes, all_written, strict=True):
            outcomes[place] = written if isinstance(written, RegistryError) else self._registered(written, catalogue)
        return outcomes

    def create_model_version(
        self,
        model_id: str,
        version: str | None = None,
        *,
        source: Source | None = None,
        metadata: Mapping[str, Any] | None = None,
        allow_lower: bool = False,
        force: bool = False,
        reason: str = "",
        **by: Unpack[By],
    ) -> View:
        """Create the next version of a model, from a source or by releasing its newest content again.

        The number is computed from what changed unless one is given; a given one must be above all before it and at
        least the step the changes require (`allow_lower` with a reason waives the step); `force` with a reason lets
        contradicting dependencies stand. Raises only VersionErrors.
        """
        entry = find_model(self._ledger.catalogue(), model_id)
        wish = Registration(
            source or self._ledger.source_of(entry.newest),
            metadata,
            model_id=entry.id,
            version=version or "",
            allow_lower=allow_lower,
            force=force,
            reason=reason,
        )
        written = self._ledger.write(self._registration(wish, by, new_release=True))
        entry = find_model(self._ledger.known(), entry.id)
        decision = self._decision(written)
        return one_version_view(entry, decision.version) | {
            "model_id": entry.id,
            "outcome": decision.outcome,
            "explanation": decision.explanation,
            "dependents_outside": dependents_outside(self._ledger.known(), entry.id, decision.version),
            "revision": decision.revision,
        }

    def yank_model_version(
        self, model_id: str, version: str, reason: str = "", *, undo: bool = False, **by: Unpack[By]
    ) -> View:
        """Withdraw a version: it stays readable by its exact number, but no range picks it; `undo` gives it back."""

        def decision(catalogue: Catalogue) -> Plan[None]:
            entry = self._writable(catalogue, model_id, by)
            yanked = find_named_version(entry, version)
            if yanked.state == PRUNED or (yanked.state == YANKED) is not undo:
                return Plan(None, None)
            current = self._current_after_yank(entry, yanked.version, undo=undo)
            data = {"version": yanked.version, "undo": undo, "current": current}
            return Plan(self._draft("version_yanked", entry, data, by, reason), None)

        entry = self._write(decision, by, "yank", model_id, version, undo)
        return one_version_view(entry, find_version(entry, version).version) | {"current_version": entry.current}

    def update_model_metadata(
        self,
        model_id: str,
        metadata: Mapping[str, Any],
        *,
        version: str = "",
        force: bool = False,
        reason: str = "",
        **by: Unpack[By],
    ) -> View:
        """Change metadata of a model, or performance and dependencies of a version (the current one by default).

        Only the fields given change; an extra key given as None is removed. Gives what changed, before and after.
        Raises MetadataError naming every fault, ConflictError when `expected_revision` is stale, DependencyError with
        the chain for dependencies that cannot stand, unless `force` with a reason.
        """
        given = read_given(metadata)

        def decision(catalogue: Catalogue) -> Plan[dict[str, Any]]:
            entry = self._writable(catalogue, model_id, by)
            measured = find_version(entry, version or _version_part(model_id))
            data = metadata_update(entry, given, self.config, measured)
            if data is None:
                return Plan(None, {})
            data |= self._forced(catalogue, entry.id, given, force, reason)
            return Plan(self._draft("metadata_updated", entry, data, by, reason), data)

        written = self._ledger.write(self._operation(decision, by, "update", model_id, metadata, version))
        entry = find_model(self._ledger.known(), model_id)
        data = written.event.data if written.event else {}
        return {
            "id": entry.id,
            "outcome": "updated" if written.event else "unchanged",
            "changed": {key: {"before": b, "after": a} for key, (b, a) in data.get("changed", {}).items()},
            "version": data.get("version", entry.current),
            "revision": entry.revision,
            "uri": lifecycle_view(entry)["uri"],
        }

    def set_model_alias(
        self, model_id: str, alias: str, version: str = "", *, reason: str = "", **by: Unpack[By]
    ) -> View:
        """Let an alias such as `production` name a version of a model; without a version the alias is removed."""
        check_alias(alias)

        def decision(catalogue: Catalogue) -> Plan[None]:
            entry = self._writable(catalogue, model_id, by)
            target = find_version(entry, version) if version else None
            number = target.version if target else None
            if entry.aliases.get(alias) == number:
                return Plan(None, None)
            if target:
                _refuse_pruned(entry, target)
            data = {"alias": alias, "version": number, "before": entry.aliases.get(alias)}
            return Plan(self._draft("alias_set", entry, data, by, reason), None)

        entry = self._write(decision, by, "alias", model_id, alias, version)
        return lifecycle_view(entry) | {"aliases": dict(entry.aliases)}

    def rollback_model(self, model_id: str, version: str, reason: str = "", **by: Unpack[By]) -> View:
        """Make an earlier version the current one (or the newest again); nothing is erased."""

        def decision(catalogue: Catalogue) -> Plan[None]:
            entry = self._writable(catalogue, model_id, by)
            target = find_named_version(entry, version)
            if target.version == entry.current:
                return Plan(None, None)
            _refuse_pruned(entry, target)
            pinned = target.version != first_stable(entry.offered())
            data = {"version": target.version, "before": entry.current, "pinned": pinned}
            return Plan(self._draft("current_moved", entry, data, by, reason), None)

        entry = self._write(decision, by, "rollback", model_id, version)
        return lifecycle_view(entry) | {"current_version": entry.current, "pinned": entry.pinned}

    def deprecate_model(
        self,
        model_id: str,
        reason: str = "",
        *,
        replacement: str = "",
        sunset: str = "",
        **by: Unpack[By],
    ) -> View:
        """Mark a model as deprecated; it stays readable and searchable, with a notice.

        `replacement` names the model to use instead (suggested by similarity when none is given), `sunset` the date
        after which cleanup archives it.
        """

        def decision(catalogue: Catalogue) -> Plan[None]:
            entry = self._entry(catalogue, model_id, by)
            notice = self._notice(catalogue, entry, replacement, sunset)
            if already(entry.state, "deprecate") and _same_notice(entry, notice, reason):
                return Plan(None, None)
            if not already(entry.state, "deprecate"):
                after(entry.state, "deprecate", model_id=entry.id)
            return Plan(self._draft("model_deprecated", entry, notice, by, reason), None)

        entry = self._write(decision, by, "deprecate", model_id, reason, replacement, sunset)
        notice = entry.deprecation
        return lifecycle_view(entry) | {
            "reason": notice.reason if notice else "",
            "replacement": notice.replacement if notice else None,
            "sunset": notice.sunset if notice else None,
            "alternatives": list(notice.alternatives) if notice else [],
            "migration_notes": list(notice.migration_notes) if notice else [],
        }

    def archive_model(self, model_id: str, reason: str = "", **by: Unpack[By]) -> View:
        """Archive a model: it becomes read-only and leaves the search until it is restored.

        Its large sources are compressed, unless a model in use shares them.
        """
        view = self._move("archive", "model_archived", model_id, reason, by, lambda *_: {})
        self._pack(view["id"])
        return view

    def restore_model(self, model_id: str, reason: str = "", **by: Unpack[By]) -> View:
        """Bring a deprecated, archived or deleted model back to the state it was in before.

        A purged one gets its sources back from a backup; LifecycleError naming what no backup holds.
        """

        def decision(catalogue: Catalogue) -> Plan[None]:
            entry = self._entry(catalogue, model_id, by)
            if already(entry.state, "restore"):
                return Plan(None, None)
            if entry.purged:
                self._fetch_sources(entry)
            return Plan(self._draft("model_restored", entry, {"state": entry.before[-1].value}, by, reason), None)

        return lifecycle_view(self._write(decision, by, "restore", model_id))

    def delete_model(self, model_id: str, force: bool = False, *, reason: str = "", **by: Unpack[By]) -> View:
        """Delete a model after backing it up; it can be restored until it is purged.

        Refused with a DependencyError naming the dependents while other models require it, unless `force`.
        """

        def facts(catalogue: Catalogue, entry: ModelEntry) -> dict[str, Any]:
            needing = require_free(catalogue, entry.id, force=force)
            return {"backup": self._backup_model(entry), "forced": bool(needing), "dependents": needing}

        return self._move("delete", "model_deleted", model_id, reason, by, facts, force)

    def _move(
        self,
        move: str,
        kind: str,
        model_id: str,
        reason: str,
        by: By,
        facts: Callable[[Catalogue, ModelEntry], dict[str, Any]],
        *asked: Any,
    ) -> View:
        """Move a model forward in its life; repeating a move in effect is quiet."""

        def decision(catalogue: Catalogue) -> Plan[None]:
            entry = self._entry(catalogue, model_id, by)
            if already(entry.state, move):
                return Plan(None, None)
            after(entry.state, move, model_id=entry.id)
            return Plan(self._draft(kind, entry, facts(catalogue, entry), by, reason), None)

        return lifecycle_view(self._write(decision, by, move, model_id, *asked))

    def _registration(self, wish: Registration, by: By, *, new_release: bool = False) -> Write[Decision]:
        _refuse_unknown(by)
        request = self._request(wish, new_release=new_release)

        def plan(catalogue: Catalogue) -> Plan[Decision]:
            decision = self._decided(catalogue, request)
            self._expect(catalogue.entries.get(decision.model_id), by)
            if not decision.kind:
                return Plan(None, decision)
            return Plan(self._drafted(decision, by, wish.reason), decision)

        asked = [wish.metadata, wish.model_id, wish.version, wish.if_exists, new_release, request.reading.digest]
        return Write(plan, wish.source.data, by.get("op_id", ""), _digest("register", *asked))

    def _request(self, wish: Registration, *, new_release: bool = False) -> Request:
        refuse_large(wish.source, self.config.max_source_bytes)
        began = perf_counter()
        reading = self.understood(wish.source)
        logger.debug("understood %s: %s (%.1f ms)", printable(wish.source.filename), _in_short(reading), _since(began))
        return Request(
            source=wish.source,
            reading=reading,
            given=read_given(wish.metadata),
            model_id=wish.model_id,
            version=wish.version,
            new_release=new_release,
            if_exists=wish.if_exists,
            allow_lower=wish.allow_lower,
            force=wish.force,
            reason=wish.reason,
            author=self._author,
        )

    def _decided(self, catalogue: Catalogue, request: Request) -> Decision:
        began = perf_counter()
        decision = decide(catalogue, request, self.config, lambda version: self._ledger.reading_of(version).model)
        where = f"{decision.model_id}@{decision.version}, required step {decision.required_bump}"
        logger.debug("decided on %s: %s (%.1f ms)", decision.outcome, where, _since(began))
        if not decision.kind:
            return decision
        forced = self._forced(catalogue, decision.model_id, request.given, request.force, request.reason)
        return replace(decision, data={**decision.data, **forced})

    def _forced(
        self, catalogue: Catalogue, model_id: str, given: Given, force: bool, reason: str
    ) -> dict[str, list[str]]:
        """Give what the event records of objections to the given dependencies that were overridden."""
        forced = settle(catalogue, model_id, given.dependencies or (), force=force, reason=reason)
        return {"forced": forced} if forced else {}

    def _decision(self, written: Written[Decision]) -> Decision:
        if written.result is not None:
            return written.result
        assert written.event is not None, "a replayed write has an event"
        return told_again(written.event)

    def _registered(self, written: Written[Decision], catalogue: Catalogue) -> View:
        view = self._registration_view(catalogue, self._decision(written))
        return view | ({"replayed": True} if written.replayed else {})

    def _registration_view(self, catalogue: Catalogue, decision: Decision) -> View:
        outside = dependents_outside(catalogue, decision.model_id, decision.version)
        return registration_view(decision, self._similar(catalogue, decision), outside)

    def _similar(self, catalogue: Catalogue, decision: Decision) -> list[dict[str, Any]]:
        """Give other models of the same structure, whatever their names: near-duplicates."""
        structure = decision.data.get("structure", "")
        return [
            {"id": model_id, "version": version, "why": "the same structure and numbers under other names"}
            for model_id, version in islice(catalogue.with_content(structure), MOST_TWINS)
            if model_id != decision.model_id
        ]

    def _near_ones(self, view: View, source: Source) -> View:
        """Add to what is told of a new model the models in use that it is nearly a copy of."""
        if view["outcome"] != "created":
            return view
        catalogue, own = self._ledger.known(), view["model_id"]
        entry = catalogue.entries.get(own)
        subject = self._likeness(entry) if entry else self._likeness_of(source)
        known = {own, *(row["id"] for row in view["similar"])}
        found, _ = self._alike(catalogue, subject, own, len(known) + NEAR_ONES)
        near = [
            {
                "id": other,
                "version": catalogue.entries[other].current,
                "why": "; ".join(self._reasons(catalogue, subject, other)),
            }
            for other, score in found
            if score >= NEARLY_THE_SAME and other not in known
        ]
        return view | {"similar": [*view["similar"], *near[:NEAR_ONES]]}

    def _drafted(self, decision: Decision, by: By, reason: str) -> Draft:
        return self._event(decision.kind, decision.model_id, decision.revision, decision.data, by, reason)

    def _draft(self, kind: str, entry: ModelEntry, data: Mapping[str, Any], by: By, reason: str) -> Draft:
        return self._event(kind, entry.id, entry.revision + 1, data, by, reason)

    def _event(self, kind: str, model_id: str, revision: int, data: Mapping[str, Any], by: By, reason: str) -> Draft:
        return Draft(kind, model_id, revision, data, by.get("actor") or self._who(), uuid.uuid4().hex, reason)

    def _operation(self, decision: Callable[[Catalogue], Plan[Any]], by: By, *asked: Any) -> Write[Any]:
        _refuse_unknown(by)
        return Write(decision, op_id=by.get("op_id", ""), request=_digest(*asked))

    def _write(self, decision: Callable[[Catalogue], Plan[None]], by: By, *asked: Any) -> ModelEntry:
        """Carry out an operation on one model and give the model as that operation left it."""
        written = self._ledger.write(self._operation(decision, by, *asked))
        entry = find_model(self._ledger.known(), str(asked[1]))
        if written.replayed and written.event and written.event.seq != entry.seq:
            return self._ledger.entry_at(entry.id, written.event.seq)
        return entry

    def _entry(self, catalogue: Catalogue, model_id: str, by: By) -> ModelEntry:
        entry = find_model(catalogue, model_id)
        self._expect(entry, by)
        return entry

    def _writable(self, catalogue: Catalogue, model_id: str, by: By) -> ModelEntry:
        entry = self._entry(catalogue, model_id, by)
        require_writable(entry.state, entry.id)
        return entry

    def _expect(self, entry: ModelEntry | None, by: By) -> None:
        expected = by.get("expected_revision")
        actual = entry.revision if entry else 0
        if expected is not None and expected != actual:
            raise ConflictError(
                f"{entry.id if entry else 'the model'} is at revision {actual}, not {expected}",
                code="stale_revision",
                where="expected_revision",
                hint="Read the model again, see what changed, and repeat with its revision.",
                expected=expected,
                actual=actual,
                theirs=self._events_since(entry, expected),
            )

    def _events_since(self, entry: ModelEntry | None, revision: int) -> list[View]:
        if entry is None:
            return []
        events = self.get_audit_trail(entry.id, limit=max(1, min(entry.revision - revision, 20)))["items"]
        return [{key: event[key] for key in ("kind", "actor", "at", "revision", "reason")} for event in events]

    def _notice(self, catalogue: Catalogue, entry: ModelEntry, replacement: str, sunset: str) -> dict[str, Any]:
        target = find_model(catalogue, replacement) if replacement else None
        if target:
            self._refuse_replacement(catalogue, entry, target)
        return {
            "replacement": target.id if target else None,
            "sunset": read_sunset(sunset),
            "alternatives": []
            if target
            else [row["id"] for row in self.find_similar_models(entry.id, limit=3)["items"]],
            "migration_notes": list(self._migration(entry, target)) if target else [],
        }

    def _alternatives(self, entry: ModelEntry) -> list[str]:
        return [row["id"] for row in self.find_similar_models(entry.id, limit=3)["items"]]

    def _refuse_replacement(self, catalogue: Catalogue, entry: ModelEntry, target: ModelEntry) -> None:
        step: ModelEntry | None = target
        while step is not None:
            if step.id == entry.id or step.state in {State.ARCHIVED, State.DELETED}:
                raise LifecycleError(
                    f"{target.id} cannot replace {entry.id}: "
                    + ("it leads back to it" if step.id == entry.id else f"{step.id} is {step.state}"),
                    code="bad_replacement",
                    where="replacement",
                    hint="Name an active model that is not itself replaced by this one.",
                )
            following = step.deprecation.replacement if step.deprecation else None
            step = catalogue.entries.get(following) if following else None

    def _migration(self, entry: ModelEntry, target: ModelEntry) -> Sequence[str]:
        old, new = (self._ledger.reading_of(side.current_version).model for side in (entry, target))
        return migration_notes(diff(old, new))

    def _current_after_yank(self, entry: ModelEntry, number: str, *, undo: bool) -> str:
        """Give the current version after a yank: the highest that remains, unless one was rolled back to."""
        stays = entry.current != number and (entry.pinned or not undo)
        best = first_stable(entry.offered(given_back=number) if undo else entry.offered(withdrawn=number))
        if best is None and not undo:
            raise VersionError(
                f"{number} is the last version of {entry.id} that is not yanked",
                code="last_version",
                where=f"{entry.id}@{number}",
                hint="Release another version first, or archive the model.",
            )
        return entry.current if stays or best is None else best


def _in_short(reading: Reading) -> str:
    found = f"{len(reading.diagnostics)} findings"
    return f"{len(reading.model.variables)} variables, {len(reading.model.connections)} connections, {found}"


def _since(began: float) -> float:
    return 1_000 * (perf_counter() - began)


def _refuse_pruned(entry: ModelEntry, version: ModelVersion) -> None:
    if version.state == PRUNED:
        raise LifecycleError(
            f"{entry.id}@{version.version} was pruned: its source was let go",
            code="version_pruned",
            where=f"{entry.id}@{version.version}",
            hint="Name a version that is still stored; the versions_pruned event names the backup that holds this one.",
        )


def _version_part(reference: str) -> str:
    return reference.partition("@")[2]


def _refuse_unknown(by: By) -> None:
    """Raise TypeError for a keyword that no write has: a misspelt `expected_revision` must not pass unseen.

    ConflictError for a revision that is no number.
    """
    unknown = sorted(by.keys() - By.__annotations__.keys())
    if unknown:
        known = ", ".join(By.__annotations__)
        raise TypeError(f"unexpected keyword {unknown[0]!r}; besides its own, a write takes {known}")
    if by.get("expected_revision") is not None:
        as_number(by["expected_revision"], "expected_revision", ConflictError)


def _same_notice(entry: ModelEntry, notice: Mapping[str, Any], reason: str) -> bool:
    known = entry.deprecation
    return known is not None and (known.reason, known.replacement, known.sunset) == (
        reason,
        notice["replacement"],
        notice["sunset"],
    )


def _digest(*asked: Any) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
