"""How a log goes on from a backup: under a new identity, with the events of the old one in their order.

The first event, `registry_restored`, records which log it was, how many events it had and the hash of the last. The old
events follow as they were (op_id, time, actor, data, reason, revision), numbered and chained anew. Nothing of theirs is
lost with that: `original_head` numbers and chains them as before and must come to the head recorded, so a head pinned
before the restore can still be checked. Time never goes back in a log, so the first event bears the time of the oldest
one; when it really happened stands in its data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import from_dict, to_dict
from model_registry.domain.events import KINDS, Draft, Event, Position, genesis, seal
from model_registry.domain.identity import MODEL_ID
from model_registry.domain.views import model_view
from model_registry.errors import RegistryError

RESTORED = "registry_restored"

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

UNFIT = (LookupError, TypeError, ValueError, AttributeError, StopIteration, RecursionError, RegistryError)
"""What folding and showing raise for events that no registry wrote."""


def carried_over(events: Iterable[Event], log_id: str, restored: Draft, now: str) -> Iterator[Event]:
    """Give the events of a new log: first that it was restored, then all of the old one."""
    old = iter(events)
    first = next(old, None)
    prev = genesis(log_id)
    begun = seal(restored, seq=1, at=first.at if first else now, prev=prev)
    yield begun
    prev = begun.hash
    for event in chain([first] if first else [], old):
        carried = _chained(event, seq=event.seq + 1, prev=prev)
        prev = carried.hash
        yield carried


def original_head(events: Iterable[Event], log_id: str, size: int) -> str:
    """Give the hash of the last of `size` events as it was in the log they came from."""
    prev = genesis(log_id)
    for event in islice(events, size):
        prev = _chained(event, seq=event.seq - 1, prev=prev).hash
    return prev


def checked(events: Iterable[Event], position: Position) -> Catalogue:
    """Fold events that anybody may have written, and show what came of it; ValueError naming the event that cannot be.

    `position` is the beginning of their log.
    """
    catalogue = Catalogue(position)
    for event in events:
        try:
            _refuse_malformed(event, catalogue)
            catalogue.apply(event)
        except UNFIT as error:
            raise ValueError(f"event {event.seq} cannot have happened: {error}") from error
    for entry in catalogue.entries.values():
        try:
            model_view(from_dict(to_dict(entry)))
        except UNFIT as error:
            raise ValueError(f"the model {entry.id} cannot be shown: {error}") from error
    return catalogue


def _chained(event: Event, *, seq: int, prev: str) -> Event:
    draft = Draft(event.kind, event.model, event.revision, event.data, event.actor, event.op_id, event.reason)
    return seal(draft, seq=seq, at=event.at, prev=prev)


def _refuse_malformed(event: Event, catalogue: Catalogue) -> None:
    texts: tuple[Any, ...] = (event.op_id, event.actor, event.reason, event.at)
    if not all(isinstance(text, str) for text in texts) or not isinstance(event.data, Mapping):
        raise ValueError("a field is not of its type")
    if event.kind not in KINDS or not MOMENT.fullmatch(event.at) or event.at < catalogue.last_at:
        raise ValueError("its kind is unknown, or its time goes back")
    if event.model is None:
        return
    known = catalogue.entries.get(event.model) if MODEL_ID.fullmatch(event.model) else None
    if not MODEL_ID.fullmatch(event.model) or event.revision != (known.revision if known else 0) + 1:
        raise ValueError("its model is no id, or its revision does not follow")
    if (known is None) is not (event.kind == "model_registered"):
        raise ValueError("its model is not there, or was registered before")
