"""The registry's memory: the fold of the log, kept fresh, and the one way to add to it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from logging import getLogger
from time import perf_counter
from typing import Generic, TypeVar

from model_registry.domain.anatomy import Anatomy, anatomy
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import PRUNED, ModelEntry, ModelVersion, fold
from model_registry.domain.events import Damage, Draft, Event, Position, canonical_json, genesis, seal
from model_registry.domain.inside import Inside, inside_view
from model_registry.domain.source import Reading, Readings, Source, understand
from model_registry.errors import ConflictError, NotFoundError, RegistryError, StorageError
from model_registry.ports import Anatomies, Checkpoints, EventLog, Insides, Projection, SourceKeeper

T = TypeVar("T")
logger = getLogger("model_registry")

NEAR = 64
"""Events as near as this are reached by reading on rather than by looking for the place anew."""


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """What an operation decided: the event to be (None for none), and what to tell its caller."""

    draft: Draft | None
    result: T


@dataclass(frozen=True, slots=True)
class Write(Generic[T]):
    """An operation that may add to the log. `decide` is pure and may be asked twice.

    `source` is stored before the event that names it. With an `op_id` a repeated call finds its first event, provided
    that `request`, a digest of what was asked, is the same.
    """

    decide: Callable[[Catalogue], Plan[T]]
    source: bytes | None = None
    op_id: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """What became of a write: the event (None when there was nothing to do) and what its decision tells (None for an
    event committed earlier by the same op_id)."""

    event: Event | None
    result: T | None

    @property
    def replayed(self) -> bool:
        """Tell whether an earlier call with the same op_id did this already."""
        return self.result is None


class Ledger:
    """Reads the log into a catalogue, and writes to it: read, decide, write, in this order, in every operation."""

    def __init__(
        self,
        log: EventLog,
        sources: SourceKeeper,
        checkpoints: Checkpoints | None = None,
        projections: Sequence[Projection] = (),
        insides: Insides | None = None,
        anatomies: Anatomies | None = None,
    ) -> None:
        self.log = log
        self.sources = sources
        self._checkpoints = checkpoints
        self._projections = projections
        self._insides = insides
        self._anatomies = anatomies
        self._catalogue: Catalogue | None = None
        self._past: Catalogue | None = None
        self._lineage: object = None
        self._damage: Damage | None = None
        self._guard = threading.RLock()
        self.readings = Readings()

    def catalogue(self) -> Catalogue:
        """Give the catalogue with every event committed before this call, by whatever process."""
        with self._guard:
            catalogue = _read_on(self.log, self._opened())
            damage = self.log.damage
            return self._looked_again(catalogue) if damage and damage != self._damage else catalogue

    def known(self) -> Catalogue:
        """Give the catalogue with every event this process knows; to answer a write, which must not fail once done."""
        return self._catalogue or Catalogue(self._beginning())

    def at(self, moment: int | str) -> Catalogue:
        """Give the catalogue as it stood after a sequence number, or at a moment (ISO 8601, UTC)."""
        with self._guard:
            known = past = self._past_before(moment)
            for event in self.log.read(known.position.seq):
                if event.seq > moment if isinstance(moment, int) else event.at > moment:
                    break
                past = known.fork() if past is known else past
                past.apply(event)
            self._past = past
            return past

    def entry_at(self, model_id: str, seq: int) -> ModelEntry:
        """Give a model as its event of that sequence number left it; nothing but its own events is read."""
        seqs = [known for known in self.catalogue().trail(model_id) if known <= seq]
        entry = fold(self.events(reversed(seqs)))
        assert entry is not None, "the model has an event of that number"
        return entry

    def events(self, seqs: Iterable[int]) -> Iterator[Event]:
        """Read committed events by their ascending sequence numbers; what lies between near ones is read over.

        StorageError when one of them cannot be read.
        """
        reading: Iterator[Event] = iter(())
        last = -NEAR
        for seq in seqs:
            if seq - last >= NEAR:
                reading = self.log.read(seq - 1)
            event = next((event for event in reading if event.seq >= seq), None)
            if event is None:
                raise StorageError(
                    f"event {seq} cannot be read",
                    code="damaged_log",
                    where=f"event {seq}",
                    hint="Run `model-registry doctor`, and restore a backup.",
                )
            yield event
            last = seq

    def event(self, seq: int) -> Event:
        """Read one committed event."""
        return next(self.events([seq]))

    def hash_at(self, seq: int) -> str:
        """Give the hash of a committed event, for 0 that of the beginning."""
        return self.event(seq).hash if seq else self._beginning().hash

    def source_of(self, version: ModelVersion) -> Source:
        """Read the source of a version; NotFoundError if it was pruned."""
        if version.state == PRUNED:
            raise NotFoundError(
                f"the source of {version.version} was pruned; its facts and its place in the trail stay",
                code="source_pruned",
                where=version.version,
                hint="The versions_pruned event in get_audit_trail names the backup that holds it.",
            )
        return Source(self.sources.get(version.digest), version.filename, version.origin)

    def reading_of(self, version: ModelVersion) -> Reading:
        """Give the source of a version understood."""
        known = self.readings.find(version.digest)
        if known is None:
            known = understand(self.source_of(version), require_variables=False)
            self.readings.keep(known, version.size)
        return known

    def inside_of(self, version: ModelVersion) -> Inside:
        """Give the structure and the findings of a version, from what is kept of its text where there is something.

        Raises what reading the text would where that is pruned or lost.
        """
        kept = self._insides.find(version.digest) if self._insides and self.sources.has(version.digest) else None
        if kept is None or version.state == PRUNED:
            reading = self.reading_of(version)
            kept = inside_view(reading)
            self._keep([reading])
        return kept

    def anatomy_of(self, version: ModelVersion) -> Anatomy:
        """Give what a version is made of, from what is kept of its text where there is something.

        Raises what reading the text would where it has to be read.
        """
        found = self._anatomies.find(version.digest) if self._anatomies else None
        if found is None:
            reading = self.reading_of(version)
            found = anatomy(reading.model)
            self._keep_anatomies({version.digest: found})
        return found

    def tidy_texts(self) -> None:
        """Let go of what is kept of texts that are no model's current one."""
        digests = {entry.current_version.digest for entry in self.catalogue().entries.values()}
        if self._insides:
            self._insides.retain(digests)
        if self._anatomies:
            self._anatomies.retain(digests)

    def write(self, write: Write[T]) -> Written[T]:
        """Carry out one operation."""
        outcome = self.write_all([write])[0]
        if isinstance(outcome, RegistryError):
            raise outcome
        return outcome

    def write_all(self, writes: Sequence[Write[T]]) -> list[Written[T] | RegistryError]:
        """Carry out operations in order, together in one commit; a refused one leaves the others untouched.

        Everything is decided before the lock is taken, and again under it only if somebody wrote in between. Nothing is
        told before all it rests on is durable, be it the event of an earlier call or of somebody else.
        """
        started = perf_counter()
        seen = self.catalogue().position
        outcomes = self._decide(writes)
        logger.debug("decided %d operations at event %d (%.1f ms)", len(writes), seen.seq, _since(started))
        self._mend_sources(writes, outcomes)
        if not any(map(_changes, outcomes)) and (self.log.settled or not any(map(_succeeds, outcomes))):
            return [self._told(outcome, None) for outcome in outcomes]
        self._store_sources(writes, outcomes)
        with self.log.exclusive() as appender:
            if self.catalogue().position != seen:
                outcomes = self._decide(writes)
                self._store_sources(writes, outcomes)
            self._catch_projections_up()
            drafts = [plan.draft for plan in outcomes if isinstance(plan, Plan) and plan.draft]
            committed = appender.commit(drafts) if drafts else []
            if committed:
                self._show(self._taken_in(committed), committed)
        self._keep(list(filter(None, map(self._at_hand, committed))))
        events = iter(committed)
        logger.debug(
            "committed %d events, now at event %d (%.1f ms)", len(drafts), self.known().position.seq, _since(started)
        )
        return [
            self._told(outcome, next(events) if isinstance(outcome, Plan) and outcome.draft else None)
            for outcome in outcomes
        ]

    def catch_up(self) -> None:
        """Bring every projection up to date with the log, if one lags behind it."""
        if any(projection.position() < self.catalogue().position.seq for projection in self._projections):
            with self.log.exclusive():
                self.catalogue()
                self._catch_projections_up()

    def rest(self) -> None:
        """Leave a checkpoint behind, if much was written since the last, so that the next opening is quick."""
        if self._checkpoints:
            with self.log.exclusive():
                self._checkpoints.keep(self.catalogue(), at_rest=True)

    def checkpoint(self) -> Catalogue | None:
        """Give what the next opening would begin from, if there is a checkpoint."""
        return self._checkpoints.peek() if self._checkpoints else None

    def begin_anew(self) -> None:
        """Forget the checkpoint and what was folded, and fold the whole log."""
        with self._guard:
            if self._checkpoints:
                self._checkpoints.drop()
            self._catalogue = None
            self.catalogue()

    def _looked_again(self, catalogue: Catalogue) -> Catalogue:
        """Read the whole log again where it no longer follows from what was read.

        A writer whose disk failed may have taken back what was read already; damage is only what is still found then.
        """
        self.log.forget()
        anew = _read_on(self.log, Catalogue(self._beginning()))
        self._damage, self._lineage, self._past = self.log.damage, self.log.lineage, None
        self._catalogue = catalogue if self._damage else anew
        return self._catalogue

    def stale(self, entries: Sequence[ModelEntry]) -> list[str]:
        """Give the ids of the entries that some projection does not show as they are."""
        return sorted({model_id for projection in self._projections for model_id in projection.stale(entries)})

    def ahead(self) -> dict[str, tuple[int, int]]:
        """Give the models that some projection shows at a later revision than the log leads to, and both revisions.

        The projections are read before the log, so that what is written meanwhile is not taken for lost.
        """
        shown = [row for projection in self._projections for row in projection.revisions().items()]
        entries = self.catalogue().entries
        reached = {model_id: entries[model_id].revision if model_id in entries else 0 for model_id, _ in shown}
        return {model_id: (seen, reached[model_id]) for model_id, seen in shown if seen > reached[model_id]}

    def redraw(self, entries: Sequence[ModelEntry]) -> int:
        """Let every projection show these entries anew; gives how many they are."""
        if not entries:
            return 0
        with self.log.exclusive():
            current = self.catalogue()
            for projection in self._projections:
                projection.update([current.entries[entry.id] for entry in entries], current.position)
        return len(entries)

    def _past_before(self, moment: int | str) -> Catalogue:
        """Give the past catalogue last asked for, if the one wanted can be made from it, else an empty one."""
        past = self._past
        if past is None or self._lineage is not self.log.lineage:
            return Catalogue(self._beginning())
        reached = past.position.seq <= moment if isinstance(moment, int) else past.last_at <= moment
        return past if reached else Catalogue(self._beginning())

    def _opened(self) -> Catalogue:
        if self._catalogue is None or self._lineage is not self.log.lineage:
            found = self._checkpoints.load() if self._checkpoints else None
            self._catalogue = found or Catalogue(self._beginning())
            self._lineage, self._past = self.log.lineage, None
        return self._catalogue

    def _beginning(self) -> Position:
        return Position(self.log.log_id, 0, genesis(self.log.log_id))

    def _decide(self, writes: Sequence[Write[T]]) -> list[Plan[T] | Event | RegistryError]:
        """Decide each write on the catalogue that the ones before it will leave behind."""
        catalogue = self._opened() if len(writes) == 1 else self._opened().fork()
        outcomes = []
        for write in writes:
            outcome = self._decide_one(write, catalogue)
            outcomes.append(outcome)
            if len(writes) > 1 and isinstance(outcome, Plan) and outcome.draft:
                seq, prev = catalogue.position.seq + 1, catalogue.position.hash
                catalogue.apply(seal(outcome.draft, seq=seq, at=catalogue.last_at, prev=prev))
        return outcomes

    def _decide_one(self, write: Write[T], catalogue: Catalogue) -> Plan[T] | Event | RegistryError:
        try:
            return self._replayed(write, catalogue) or _signed(write.decide(catalogue), write)
        except RegistryError as error:
            return error

    def _replayed(self, write: Write[T], catalogue: Catalogue) -> Event | None:
        seq = catalogue.operations.get(write.op_id) if write.op_id else None
        if seq is None or seq > self._opened().position.seq:
            return None
        event = self.event(seq)
        if event.data.get("request") != write.request:
            raise ConflictError(
                f"op_id {write.op_id[:80]!r} was used for another operation (event {seq}, {event.kind})",
                code="op_id_reused",
                where="op_id",
                hint="Give each operation an op_id of its own; repeat one only to retry the same call.",
            )
        return event

    def _mend_sources(self, writes: Sequence[Write[T]], outcomes: Iterable[object]) -> None:
        """Store a source again that changes nothing, where what is on record of it is lost or damaged."""
        for write, outcome in zip(writes, outcomes, strict=True):
            if write.source is not None and isinstance(outcome, Plan) and not outcome.draft:
                digest = hashlib.sha256(write.source).hexdigest()
                if any(self._opened().with_content(digest)) and not self._is_whole(digest):
                    self.sources.remove(digest)
                    self.sources.put(write.source)

    def _is_whole(self, digest: str) -> bool:
        try:
            self.sources.get(digest)
        except (NotFoundError, StorageError):
            return False
        return True

    def _store_sources(self, writes: Sequence[Write[T]], outcomes: Iterable[object]) -> None:
        texts = [
            write.source
            for write, outcome in zip(writes, outcomes, strict=True)
            if write.source is not None and isinstance(outcome, Plan) and outcome.draft
        ]
        self.sources.put_all(texts)

    def _at_hand(self, event: Event) -> Reading | None:
        """Give the reading of the text that an event brought in, if it is still at hand."""
        return self.readings.find(event.data.get("digest", ""))

    def _keep(self, readings: Sequence[Reading]) -> None:
        """Keep beside the texts what is asked of them again and again, while they are understood."""
        if self._insides:
            self._insides.keep({reading.digest: inside_view(reading) for reading in readings})
        self._keep_anatomies({reading.digest: anatomy(reading.model) for reading in readings})

    def _keep_anatomies(self, found: Mapping[str, Anatomy]) -> None:
        if self._anatomies and found:
            self._anatomies.keep(found)

    def _told(self, outcome: Plan[T] | Event | RegistryError, event: Event | None) -> Written[T] | RegistryError:
        if isinstance(outcome, RegistryError):
            return outcome
        return Written(outcome, None) if isinstance(outcome, Event) else Written(event, outcome.result)

    def _catch_projections_up(self) -> None:
        """Bring up to date what a writer that died left behind."""
        catalogue = self._opened()
        for projection in self._projections:
            seen = projection.position()
            if seen < catalogue.position.seq:
                projection.update(catalogue.entries.changed(seen), catalogue.position)

    def _taken_in(self, events: Iterable[Event]) -> Catalogue:
        """Let the catalogue take in what was just committed, as far as no other thread has read it already."""
        with self._guard:
            catalogue = self.known()
            for event in events:
                if event.seq > catalogue.position.seq:
                    catalogue.apply(event)
            return catalogue

    def _show(self, catalogue: Catalogue, events: Iterable[Event]) -> None:
        """Let the projections show what was committed; they can be made again, so their failure undoes nothing."""
        ids = dict.fromkeys(event.model for event in events if event.model)
        changed: list[ModelEntry] = [catalogue.entries[model_id] for model_id in ids]
        try:
            for projection in self._projections:
                projection.update(changed, catalogue.position)
            if self._checkpoints:
                self._checkpoints.keep(catalogue)
        except StorageError as error:
            logger.warning("a projection lags behind the log: %s", error.message)


def _read_on(log: EventLog, catalogue: Catalogue) -> Catalogue:
    """Let a catalogue take in what was committed since it last did."""
    for event in log.read(catalogue.position.seq):
        catalogue.apply(event)
    return catalogue


def _changes(outcome: object) -> bool:
    return isinstance(outcome, Plan) and outcome.draft is not None


def _succeeds(outcome: object) -> bool:
    return not isinstance(outcome, RegistryError)


def _since(started: float) -> float:
    return (perf_counter() - started) * 1_000


def _signed(plan: Plan[T], write: Write[T]) -> Plan[T]:
    """Let the event carry the caller's op_id, and what was asked under it."""
    if plan.draft is None:
        return plan
    signed = plan.draft
    if write.op_id:
        signed = replace(signed, op_id=write.op_id, data={**signed.data, "request": write.request})
    _refuse_unstorable(signed)
    return replace(plan, draft=signed)


def _refuse_unstorable(draft: Draft) -> None:
    """Refuse what the caller says of an operation, or brings, where the trail could not keep it as Unicode text."""
    for name, said in (("actor", draft.actor), ("op_id", draft.op_id), ("reason", draft.reason)):
        if not isinstance(said, str) or any("\ud800" <= character <= "\udfff" for character in said):
            hint = f"Give {name} as a string of Unicode text."
            raise ConflictError(f"{name} cannot be {said!a:.80}", code="bad_text", where=name, hint=hint)
    try:
        canonical_json(draft.data)
    except ValueError as error:
        hint = "Give names of files, and all texts, as strings of Unicode text."
        raise ConflictError(
            f"this cannot be stored: {error!s:.200}", code="bad_text", where="data", hint=hint
        ) from error
