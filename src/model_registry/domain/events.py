"""What happened to a registry: facts in the past tense, chained so that none can be altered or lost unseen.

One operation is one event, and one event is one line of canonical JSON (UTF-8, sorted keys, no spaces). Its `hash` is
the SHA-256 of that line without the `hash` key; `prev` is the hash of the event before, and of the log's own identity
for the first. State is a fold over events (`entry.apply`), so the trail and the state cannot disagree.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1
"""The schema number new events carry; `decode` upcasts older ones."""

KINDS: Mapping[str, str] = {
    "model_registered": "a model and its first version came into the registry",
    "version_registered": "a model got a new version",
    "version_yanked": "a version was withdrawn from ranges, or given back to them",
    "versions_pruned": "source bytes of old versions were let go; their facts stay",
    "metadata_updated": "metadata, performance or dependencies changed",
    "alias_set": "a name for a version was set, moved or removed",
    "current_moved": "the current version was rolled back or forward",
    "model_deprecated": "use of a model is discouraged",
    "model_archived": "a model became read-only and left the search",
    "model_restored": "a model went back to the state it was in before",
    "model_deleted": "a model was deleted; it can be restored until it is purged",
    "model_purged": "the sources of a deleted model were let go",
    "registry_restored": "this log goes on from a backup of another",
}
"""Every kind of event and what it says."""

_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is decided but not yet numbered, dated and chained."""

    kind: str
    model: str | None
    revision: int
    data: Mapping[str, Any]
    actor: str
    op_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A committed event.

    `seq` counts from 1 without gaps, `at` is UTC (ISO 8601, microseconds) and never goes back, `revision` counts the
    events of the model, this one included.
    """

    seq: int
    op_id: str
    at: str
    actor: str
    kind: str
    model: str | None
    revision: int
    data: Mapping[str, Any]
    reason: str
    prev: str
    hash: str = ""
    schema: int = field(default=SCHEMA)

    def to_dict(self) -> dict[str, Any]:
        """Give the event as stored."""
        return {name: getattr(self, name) for name in _FIELDS}


_FIELDS = ("schema", "seq", "op_id", "at", "actor", "kind", "model", "revision", "data", "reason", "prev", "hash")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a log: which log, how many events, the hash of the last."""

    log_id: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Damage:
    """Where a log stops being what it was, and what was found there."""

    where: str
    message: str


class DamagedEventError(ValueError):
    """A line is not the event it claims to be."""


def canonical_json(value: Any) -> bytes:
    """Give the one spelling of a value as JSON: UTF-8, sorted keys, no spaces, no NaN."""
    return _JSON.encode(value).encode()


def genesis(log_id: str) -> str:
    """Give what the first event of a log names as the one before it."""
    return hashlib.sha256(b"model-registry log " + log_id.encode()).hexdigest()


def seal(draft: Draft, *, seq: int, at: str, prev: str) -> Event:
    """Make an event of a draft by numbering, dating and chaining it."""
    body = {
        "schema": SCHEMA,
        "seq": seq,
        "op_id": draft.op_id,
        "at": at,
        "actor": draft.actor,
        "kind": draft.kind,
        "model": draft.model,
        "revision": draft.revision,
        "data": draft.data,
        "reason": draft.reason,
        "prev": prev,
    }
    return Event(**body, hash=_hash(canonical_json(body)))  # type: ignore[arg-type]


def encode(event: Event) -> bytes:
    """Give the event's line, without its newline."""
    return canonical_json(event.to_dict())


def decode(line: bytes) -> Event:
    """Read an event from its line; DamagedEventError when the line is no event or its hash does not fit.

    The hash is that of the bytes as they stand, so that nothing has to be spelled again to be checked. Another spelling
    of the same values (`1E5` for `1e5`) is damage too: nobody writes it, so somebody altered it.
    """
    try:
        body = json.loads(line)
        stated = body.pop("hash")
        sealed = line.rstrip(b"\n").replace(b'"hash":"%s",' % stated.encode(), b"", 1)
        as_written = _hash(sealed) == stated
        if not as_written and _hash(canonical_json(body)) != stated:
            raise DamagedEventError("the hash does not fit the line")
        if body["schema"] > SCHEMA:
            raise DamagedEventError(f"schema {body['schema']} is newer than {SCHEMA}")
        if not as_written:
            raise DamagedEventError("the line is not spelled as it was written")
        return Event(**body, hash=stated)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DamagedEventError(str(error) or "not an event") from error


def _hash(sealed: bytes) -> str:
    return hashlib.sha256(sealed).hexdigest()
