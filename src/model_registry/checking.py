"""Whether a registry is what its log says: a finding for each fault, and how to mend what can be made again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from model_registry.domain.catalogue import Catalogue
from model_registry.domain.dependencies import dependency_findings
from model_registry.domain.entry import PRUNED, ModelEntry
from model_registry.domain.events import Position, genesis
from model_registry.domain.merkle import Tree
from model_registry.domain.proof import Head, head_text, read_head
from model_registry.domain.restoration import RESTORED, original_head
from model_registry.domain.retention import readable_versions, unreferenced
from model_registry.errors import RegistryError
from model_registry.finder import Finder
from model_registry.ledger import Ledger
from model_registry.ports import Backups, Clock

View = dict[str, Any]

REPAIR = "Run `model-registry doctor --repair`."


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be; `mend` makes it again, where that can be done."""

    code: str
    severity: str
    where: str
    message: str
    hint: str
    mend: Callable[[], object] | None = None

    def to_dict(self, *, mended: bool = False) -> View:
        """Give the fault as a finding."""
        finding = {name: getattr(self, name) for name in ("code", "severity", "where", "message", "hint")}
        return finding | ({"hint": "It was mended.", "mended": True} if mended else {})


class Checking:
    """The part of a registry that checks it."""

    _ledger: Ledger
    _finder: Finder
    _backups: Backups
    _clock: Clock

    def validate_registry(self, *, repair: bool = False, head: str = "") -> View:
        """Check everything: the chain of the log, every source, and all that is kept beside them against the log.

        Gives a finding for each fault; `repair` makes again what can be made from the log, and brings sources back that
        a backup holds. `head` is a SIZE:HASH noted earlier and elsewhere: with it even a log that was cut or rewritten
        as a whole is found. Dependencies that nothing meets are warnings.
        """
        pinned = read_head(head) if head else None
        catalogue = self._ledger.catalogue().fork()
        faults = [*self._log_faults(catalogue, pinned), *self._source_faults(catalogue)]
        if not any(fault.severity == "error" and not fault.mend for fault in faults):
            faults += self._fold_faults(catalogue)
        faults += [*self._snapshot_faults(catalogue), *self._index_faults(catalogue)]
        faults += [*self._backup_faults(), *self._leftovers()]
        findings = [*_mended(faults, repair=repair), *dependency_findings(catalogue)]
        return {
            "ok": not any(finding["severity"] == "error" and not finding.get("mended") for finding in findings),
            "findings": findings,
            "models": len(catalogue.entries),
            "events": catalogue.position.seq,
            "head": head_text(catalogue.tree),
        }

    def _log_faults(self, catalogue: Catalogue, pinned: Head | None) -> Iterator[Fault]:
        """Read the whole log, and hold it against the chain, the pinned head, and whatever has seen it before."""
        seen = [known for known in (self._ledger.log.witnessed, catalogue.position) if known]
        last = Position(catalogue.position.log_id, 0, genesis(catalogue.position.log_id))
        tree = noted = Tree()
        other: list[int] = []
        for event in self._ledger.log.read():
            last = Position(last.log_id, event.seq, event.hash)
            other += [event.seq for known in seen if known.seq == event.seq and known.hash != event.hash]
            tree = tree.grown(bytes.fromhex(event.hash))
            if pinned and pinned.size in {None, tree.size}:
                noted = tree
        if pinned:
            yield from _head_faults(pinned, tree.size, noted.root)
        yield from self._damage_faults(last.seq, max((known.seq for known in seen), default=0), other)
        yield from self._origin_faults()

    def _damage_faults(self, last: int, seen: int, other: Iterable[int]) -> Iterator[Fault]:
        damage = self._ledger.log.damage
        if damage:
            yield Fault("damaged_log", "error", damage.where, damage.message, self._remedy())
        elif last < seen:
            message = f"the log ends at event {last}, {seen} were seen"
            yield Fault("lost_events", "error", self._ledger.log.end, message, self._remedy())
        for seq in sorted(set(other)):
            message = "it is not the event that was there before"
            yield Fault("rewritten_log", "error", f"event {seq}", message, self._remedy())

    def _origin_faults(self) -> Iterator[Fault]:
        """Tell whether a log that goes on from a backup has the events of the log it says it comes from."""
        first = next(iter(self._ledger.log.read()), None)
        if first is None or first.kind != RESTORED:
            return
        origin, size = first.data, int(first.data["events"])
        head = original_head(islice(self._ledger.log.read(1), size), str(origin["log_id"]), size)
        if size and head != origin["head"]:
            message = "the events carried over do not lead to the head of the log they come from"
            yield Fault("false_origin", "error", "event 1", message, self._remedy())

    def _source_faults(self, catalogue: Catalogue) -> Iterator[Fault]:
        needed: dict[str, str] = {}
        for entry in catalogue.entries.values():
            yield from _pruned_in_use(entry)
            needed |= {version.digest: f"{entry.id}@{version.version}" for version in readable_versions(entry)}
        for digest, where in needed.items():
            try:
                data = self._ledger.sources.get(digest)
            except RegistryError as error:
                yield self._lost_source(digest, where, error)
            else:
                yield from self._altered_source(digest, where, data)
        for loose in unreferenced(catalogue, self._ledger.sources.stored(), self._clock()):
            hint = "`model-registry cleanup --apply` removes it."
            yield Fault("unreferenced_source", "info", f"sources/{loose.id}", loose.why, hint)

    def _lost_source(self, digest: str, where: str, error: RegistryError) -> Fault:
        kept = self._backups.find(digest)
        if kept is None:
            hint = "No backup holds it: register the file again, or put back the backup that does."
            return Fault(error.code, "error", where, error.message, hint)
        backup, data = kept
        hint = f"{backup} holds it. {REPAIR}"
        return Fault(error.code, "error", where, error.message, hint, partial(self._bring_back, digest, data))

    def _altered_source(self, digest: str, where: str, data: bytes) -> Iterator[Fault]:
        if self._ledger.sources.altered(digest):
            mend = partial(self._bring_back, digest, data)
            message = f"the file of source {digest[:12]} was altered; the text in it is whole"
            yield Fault("altered_source", "warning", where, message, REPAIR, mend)

    def _bring_back(self, digest: str, data: bytes) -> None:
        self._ledger.sources.remove(digest)
        self._ledger.sources.put(data)

    def _fold_faults(self, catalogue: Catalogue) -> Iterator[Fault]:
        """Hold what opening read from the checkpoint, and the checkpoint itself, against a fold of the whole log."""
        kept = self._ledger.checkpoint()
        for known in (catalogue, kept):
            if known and not _same(known, self._ledger.at(known.position.seq)):
                message = f"it is not the fold of the log up to event {known.position.seq}"
                yield Fault("false_checkpoint", "error", "checkpoint", message, REPAIR, self._ledger.begin_anew)
                return

    def _snapshot_faults(self, catalogue: Catalogue) -> Iterator[Fault]:
        whole = self._ledger.log.witnessed == catalogue.position
        ahead = {} if whole else self._ledger.ahead()
        for model_id, (seen, reached) in ahead.items():
            message = f"it shows revision {seen}, the log leads to {reached}: events were lost"
            yield Fault("lost_events", "error", f"models/{model_id}.json", message, self._remedy())
        for model_id in self._ledger.stale([e for e in catalogue.entries.values() if e.id not in ahead]):
            mend = partial(self._ledger.redraw, [catalogue.entries[model_id]])
            where = f"models/{model_id}.json"
            yield Fault("stale_snapshot", "warning", where, "it differs from the log", REPAIR, mend)

    def _index_faults(self, catalogue: Catalogue) -> Iterator[Fault]:
        seen = self._finder.position()
        if seen and (seen.log_id != catalogue.position.log_id or seen.seq > catalogue.position.seq):
            mend = partial(self._finder.rebuild, catalogue)
            message = "it was made from another log, or has seen events this one does not have"
            yield Fault("foreign_index", "info", "index", message, "The next search builds it anew.", mend)

        elif seen is None and self._finder.has_index():
            mend = partial(self._finder.rebuild, catalogue)
            yield Fault("damaged_index", "info", "index", "it is damaged", "The next search builds it anew.", mend)

    def _backup_faults(self) -> Iterator[Fault]:
        for where, message in self._backups.damaged():
            hint = "Make another one: `model-registry backup`."
            yield Fault("damaged_backup", "warning", where, message, hint)

    def _leftovers(self) -> Iterator[Fault]:
        clear = self._ledger.log.clear_leftovers
        for where, message in self._ledger.log.leftovers():
            hint = f"It was never acknowledged; the next writer clears it. {REPAIR}"
            yield Fault("leftover", "info", where, message, hint, clear)

    def _remedy(self) -> str:
        latest = self._backups.latest()
        if not latest:
            return "Reading goes on with what is whole. There is no backup here: put one in its place to write again."
        return f"Reading goes on with what is whole. `model-registry restore-backup {latest} --force` to write again."


def _mended(faults: Iterable[Fault], *, repair: bool) -> Iterator[View]:
    for fault in faults:
        mended = False
        if repair and fault.mend:
            try:
                fault.mend()
                mended = True
            except RegistryError:
                mended = False
        yield fault.to_dict(mended=mended)


def _same(one: Catalogue, other: Catalogue) -> bool:
    kept = ("position", "entries", "operations", "last_at", "tree")
    return all(getattr(one, name) == getattr(other, name) for name in kept)


def _pruned_in_use(entry: ModelEntry) -> Iterator[Fault]:
    named = {entry.current, entry.newest.version, *entry.aliases.values()}
    for version in entry.versions:
        if version.state == PRUNED and version.version in named:
            hint = "Register its file again; the versions_pruned event names the backup that holds it."
            message = "it was pruned, but it is current, newest or has an alias"
            yield Fault("pruned_in_use", "error", f"{entry.id}@{version.version}", message, hint)


def _head_faults(pinned: Head, size: int, root: bytes) -> Iterator[Fault]:
    hint = "The log is not the one whose head was noted: restore a backup, and ask who changed it."
    if pinned.size is not None and size < pinned.size:
        message = f"it ends at event {size}, the head was noted at {pinned.size}: events were cut off"
        yield Fault("log_cut", "error", f"event {size + 1}", message, hint)
    elif root != pinned.root:
        where = f"the first {size if pinned.size is None else pinned.size} events"
        yield Fault("log_rewritten", "error", where, "they are not those of the head that was noted", hint)
