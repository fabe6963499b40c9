"""How an operation on one model reads, decides and writes, and what every one of them takes besides its subject."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from model_registry.asked import as_number
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.events import Draft
from model_registry.domain.lifecycle import require_writable
from model_registry.domain.resolve import find_model
from model_registry.errors import ConflictError
from model_registry.inquiries import Inquiries
from model_registry.ledger import Plan, Write

View = dict[str, Any]


class By(TypedDict, total=False):
    """What every write takes besides its subject: who, which call of theirs, and which revision they saw."""

    actor: str
    op_id: str
    expected_revision: int | None


class Operating(Inquiries):
    """The part of a registry that every change of a model goes through."""

    def _event(self, kind: str, model_id: str, revision: int, data: Mapping[str, Any], by: By, reason: str) -> Draft:
        return Draft(kind, model_id, revision, data, by.get("actor") or self._who(), uuid.uuid4().hex, reason)

    def _draft(self, kind: str, entry: ModelEntry, data: Mapping[str, Any], by: By, reason: str) -> Draft:
        return self._event(kind, entry.id, entry.revision + 1, data, by, reason)

    def _operation(self, decision: Callable[[Catalogue], Plan[Any]], by: By, *asked: Any) -> Write[Any]:
        refuse_unknown(by)
        return Write(decision, op_id=by.get("op_id", ""), request=request_digest(*asked))

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


def refuse_unknown(by: By) -> None:
    """Raise TypeError for a keyword that no write has: a misspelt `expected_revision` must not pass unseen.

    ConflictError for a revision that is no number.
    """
    unknown = sorted(by.keys() - By.__annotations__.keys())
    if unknown:
        known = ", ".join(By.__annotations__)
        raise TypeError(f"unexpected keyword {unknown[0]!r}; besides its own, a write takes {known}")
    if by.get("expected_revision") is not None:
        as_number(by["expected_revision"], "expected_revision", ConflictError)


def request_digest(*asked: Any) -> str:
    """Give what tells one request from another: a call repeated with an `op_id` must ask for the same."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
