"""The operations that move a model through its life: away from use, back, and out of the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.dependencies import require_free
from model_registry.domain.entry import ModelEntry
from model_registry.domain.lifecycle import State, after, already, read_sunset
from model_registry.domain.resolve import find_model
from model_registry.domain.version import migration_notes
from model_registry.domain.views import lifecycle_view
from model_registry.errors import LifecycleError
from model_registry.gnn.diff import diff
from model_registry.ledger import Plan
from model_registry.maintenance import Maintenance
from model_registry.operating import By, Operating, View


class Moving(Operating, Maintenance):
    """The lifecycle of a registry's models; `domain.lifecycle.TRANSITIONS` says which moves there are."""

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


def _same_notice(entry: ModelEntry, notice: Mapping[str, Any], reason: str) -> bool:
    known = entry.deprecation
    return known is not None and (known.reason, known.replacement, known.sunset) == (
        reason,
        notice["replacement"],
        notice["sunset"],
    )
