"""What a registry can tell of its past, and prove of it. Nothing here writes."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from itertools import islice
from typing import Any

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.events import KINDS, Event
from model_registry.domain.history import field_history
from model_registry.domain.paging import decode_cursor, encode_cursor, page_size
from model_registry.domain.proof import head_view, prove_event
from model_registry.domain.resolve import find_model, find_version
from model_registry.errors import SearchError, StorageError
from model_registry.ledger import Ledger

View = dict[str, Any]

NEWEST_CHANGES = 20
"""Changes of one field shown unless more are asked for."""

DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Trail:
    """The part of a registry that answers what happened, when, and by whom."""

    _ledger: Ledger

    def get_audit_trail(
        self,
        model_id: str = "",
        *,
        actor: str = "",
        kind: str = "",
        since: str = "",
        until: str = "",
        limit: int = 50,
        cursor: str = "",
    ) -> View:
        """Give what happened, newest first: to one model or to all, by whom, of which kind, in which time.

        `since` is included, `until` is not; both take a moment (ISO 8601; UTC unless it names an offset) or a date,
        which as `until` means its end. Raises SearchError for a kind or a moment that is none.
        """
        catalogue = self._ledger.catalogue()
        wanted = find_model(catalogue, model_id).id if model_id else ""
        _check_kind(kind)
        scope = f"audit {wanted} {actor} {kind} {since} {until}"
        last = _last_shown(cursor, scope, catalogue.position.seq + 1)
        seqs = self._within(_seqs(catalogue, wanted), since, until)
        size = page_size(limit)
        if actor or kind:
            shown, total, earlier = self._matching(seqs, last, size, actor, kind)
        else:
            earlier, total = bisect_left(seqs, last), len(seqs)
            shown = list(self._ledger.events(seqs[max(0, earlier - size) : earlier]))
        return {
            "items": [event.to_dict() for event in reversed(shown)],
            "total": total,
            "next_cursor": encode_cursor(scope, shown[0].seq, 0) if earlier > len(shown) else None,
        }

    def get_metadata_history(self, model_id: str, *, field: str = "", limit: int = NEWEST_CHANGES) -> View:
        """Give how each metadata field of a model came to be what it is, newest change first; `field` picks one.

        A change is {at, actor, before, after, revision, version, reason}; each field shows its newest `limit` changes.
        """
        catalogue = self._ledger.catalogue()
        entry = find_model(catalogue, model_id)
        history = field_history(self._ledger.events(_seqs(catalogue, entry.id)))
        if field and field not in history:
            raise SearchError(
                f"{entry.id} has no history of {field[:80]!r}",
                code="unknown_field",
                where="field",
                hint=f"Its fields: {', '.join(sorted(history))}.",
            )
        chosen = {field: history[field]} if field else history
        return {
            "model_id": entry.id,
            "fields": {name: list(islice(reversed(rows), max(1, limit))) for name, rows in sorted(chosen.items())},
            "totals": {name: len(rows) for name, rows in sorted(chosen.items())},
        }

    def head(self) -> View:
        """Give the head of the log: its size and the Merkle root over its events (RFC 9162), to be pinned elsewhere."""
        return head_view(self._ledger.catalogue().tree)

    def prove(self, reference: str) -> View:
        """Give the proof that MODEL@VERSION was registered: its event, and the hashes that lead to the head's root.

        Whoever knows the head can check it without the registry (`verify_proof`).
        """
        catalogue = self._ledger.catalogue()
        tree = catalogue.tree
        version = find_version(find_model(catalogue, reference), reference.partition("@")[2])
        events = islice(self._ledger.log.read(), tree.size)
        proven, hashes = None, []
        for event in events:
            hashes.append(bytes.fromhex(event.hash))
            proven = event if event.seq == version.seq else proven
        if proven is None or len(hashes) < tree.size:
            hint = "Run `model-registry doctor`, and restore a backup."
            raise StorageError(
                f"the log can be read up to event {len(hashes)} of {tree.size} only", code="damaged_log", hint=hint
            )
        return prove_event(proven, hashes, tree.root)

    def _within(self, seqs: Sequence[int], since: str, until: str) -> Sequence[int]:
        """Give the events of a time. `at` never goes back in a log, so that halving finds both ends."""

        def at(seq: int) -> str:
            return self._ledger.event(seq).at

        first = bisect_left(seqs, moment(since, "since"), key=at) if since else 0
        end = bisect_left(seqs, _end(until), key=at) if until else len(seqs)
        return seqs[first:end]

    def _matching(
        self, seqs: Sequence[int], last: int, size: int, actor: str, kind: str
    ) -> tuple[list[Event], int, int]:
        """Give the newest matches before `last`, how many match at all, and how many before `last`."""
        shown: deque[Event] = deque(maxlen=size)
        total = earlier = 0
        for event in self._ledger.events(seqs):
            if (not actor or event.actor == actor) and (not kind or event.kind == kind):
                total += 1
                if event.seq < last:
                    earlier += 1
                    shown.append(event)
        return list(shown), total, earlier


def moment(text: str, where: str) -> str:
    """Give a moment as events carry it (UTC, microseconds); a date is its start. SearchError when it is neither."""
    try:
        return _stamp(datetime.fromisoformat(text))
    except (ValueError, OverflowError, TypeError):
        raise SearchError(
            f"{str(text)[:80]!r} is no moment",
            code="bad_moment",
            where=where,
            hint="Write a date or a moment in ISO 8601: 2026-01-31, 2026-01-31T12:00:00Z or 2026-01-31T12:00:00+02:00.",
        ) from None


def past_position(as_of: int | str) -> int | str:
    """Read what names a place in the past: a sequence number, a moment, or a date, which means the end of that day."""
    if isinstance(as_of, int) or (isinstance(as_of, str) and as_of.isascii() and as_of.isdigit()):
        return int(as_of)
    at = moment(as_of, "as_of")
    return f"{at[:10]}T23:59:59.999999Z" if DAY.fullmatch(as_of) else at


def _end(until: str) -> str:
    """Give the moment before which something lies; a date lies before the day after it begins."""
    at = moment(until, "until")
    if not DAY.fullmatch(until):
        return at
    day = date.fromisoformat(until)
    return f"{day + timedelta(days=1)}T00:00:00.000000Z" if day < date.max else "~"


def _stamp(at: datetime) -> str:
    known = at if at.tzinfo else at.replace(tzinfo=UTC)
    return known.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _seqs(catalogue: Catalogue, model_id: str) -> Sequence[int]:
    """Give the sequence numbers of a model's events, or of all, oldest first."""
    return [*catalogue.trail(model_id)][::-1] if model_id else range(1, catalogue.position.seq + 1)


def _last_shown(cursor: str, scope: str, beyond: int) -> int:
    last = decode_cursor(cursor, scope)[0] if cursor else beyond
    return last if isinstance(last, int) else beyond


def _check_kind(kind: str) -> None:
    if kind and kind not in KINDS:
        near = get_close_matches(kind, KINDS, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"Kinds: {', '.join(KINDS)}."
        raise SearchError(f"there is no kind of event {kind[:80]!r}", code="bad_kind", where="kind", hint=hint)
