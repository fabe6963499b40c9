"""The operations that change a registry: what comes in, how it is numbered and named.

The moves of the lifecycle stand in `moving`, what can be asked in `inquiries`, what keeps order in `maintenance`.

Each reads, decides and writes, in this order; what it decides is pure and lies in `domain`. Results are the JSON that
every door gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from logging import getLogger
from time import perf_counter
from typing import Any, Unpack

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.dependencies import dependents_outside, settle
from model_registry.domain.entry import PRUNED, YANKED, ModelEntry, ModelVersion
from model_registry.domain.events import Draft
from model_registry.domain.identity import check_alias
from model_registry.domain.metadata import Given, read_given
from model_registry.domain.printable import printable
from model_registry.domain.registration import Decision, Request, decide, metadata_update, told_again
from model_registry.domain.resolve import find_model, find_named_version, find_version
from model_registry.domain.source import Reading, Source, refuse_large
from model_registry.domain.version import first_stable
from model_registry.domain.views import lifecycle_view, one_version_view, registration_view
from model_registry.errors import LifecycleError, RegistryError, VersionError
from model_registry.ledger import Plan, Write, Written
from model_registry.moving import Moving
from model_registry.operating import By, View, refuse_unknown, request_digest

logger = getLogger("model_registry")

NEARLY_THE_SAME = 0.9
"""Models as alike as this are told of when one of them is registered (see `domain.similarity`)."""

MOST_TWINS = 20
"""How many copies under other names are told of, the oldest first."""

NEAR_ONES = 3
"""How many of them are told of, the most alike first."""

LOOKED_INTO = 1_000
"""Models that a registration looks into at most, for near copies; a run of `process`, and a server in quiet, look into
all of them, and what they find is kept for others."""


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


class Registry(Moving):
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
            view = self._registration_view(catalogue, decision)
            return self._near_ones(view, source, metadata) | {"dry_run": True}
        written = self._ledger.write(self._registration(wish, by))
        return self._near_ones(self._registered(written, self._ledger.known()), source, metadata)

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

    def _registration(self, wish: Registration, by: By, *, new_release: bool = False) -> Write[Decision]:
        refuse_unknown(by)
        request = self._request(wish, new_release=new_release)

        def plan(catalogue: Catalogue) -> Plan[Decision]:
            decision = self._decided(catalogue, request)
            self._expect(catalogue.entries.get(decision.model_id), by)
            if not decision.kind:
                return Plan(None, decision)
            return Plan(self._drafted(decision, by, wish.reason), decision)

        asked = [wish.metadata, wish.model_id, wish.version, wish.if_exists, new_release, request.reading.digest]
        return Write(plan, wish.source.data, by.get("op_id", ""), request_digest("register", *asked))

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
            {"id": model_id, "version": version.version, "why": "the same structure and numbers under other names"}
            for model_id, version in islice(catalogue.with_content(structure), MOST_TWINS)
            if model_id != decision.model_id
        ]

    def _near_ones(self, view: View, source: Source, metadata: Mapping[str, Any] | None) -> View:
        """Add to what is told of a new model the models in use that it is nearly a copy of."""
        if view["outcome"] != "created":
            return view
        catalogue, own = self._ledger.known(), view["model_id"]
        look = self._finder.shelf.look(catalogue)
        unread = max(map(look.unread, ("traits", "kinds", "gist")))
        if unread > LOOKED_INTO:
            logger.info("near copies of %s are not looked for: %d models have yet to be looked into", own, unread)
            return view
        entry = catalogue.entries.get(own)
        subject = self._likeness(entry) if entry else self._likeness_of(source, metadata)
        known = {own, *(row["id"] for row in view["similar"])}
        found, _ = self._alike(catalogue, subject, own, len(known) + NEAR_ONES, least=NEARLY_THE_SAME)
        near = [
            {
                "id": other,
                "version": catalogue.entries[other].current,
                "why": "; ".join(self._reasons(catalogue, subject, other)),
            }
            for other, _ in found
            if other not in known
        ]
        return view | {"similar": [*view["similar"], *near[:NEAR_ONES]]}

    def _drafted(self, decision: Decision, by: By, reason: str) -> Draft:
        return self._event(decision.kind, decision.model_id, decision.revision, decision.data, by, reason)

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
