"""A model is found by its name, the path of a file, and its digests, as looking at every model would find it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain import lookups
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry, ModelVersion
from model_registry.domain.events import Position
from model_registry.domain.lookups import Settled
from model_registry.domain.metadata import Metadata

IDS, NAMES, PATHS, CONTENTS = ["a", "b", "c", "d"], ["Ada", "Bo", "Cy"], ["", "1.md", "2.md"], ["x", "y", "z"]

Step = tuple[str, str, str, str]
"""A version that comes in: of which model, which it is named by then, from which file, and what it holds."""

steps = st.lists(st.tuples(*map(st.sampled_from, (IDS, NAMES, PATHS, CONTENTS))), max_size=12)


def version(seq: int, path: str, content: str) -> ModelVersion:
    return ModelVersion(
        version=f"1.{seq}.0",
        seq=seq,
        created_at="",
        author="",
        digest=f"digest {content}",
        fingerprint=f"fp1:{content}",
        structure="sp1:all are alike",
        size=1,
        bump="none",
        summary="",
        metadata=Metadata(),
        origin={"path": path} if path else None,
    )


def take(catalogue: Catalogue, seq: int, step: Step) -> None:
    """Let a catalogue take in a version, of a new model or of one that may change its name with it."""
    model_id, name, path, content = step
    known, fresh = catalogue.entries.get(model_id), version(seq, path, content)
    if known is None:
        entry = ModelEntry(model_id, name, Metadata(name=name), (fresh,), fresh.version, "", "", seq, 1)
    else:
        entry = replace(known, model_name=name, versions=(*known.versions, fresh), seq=seq, revision=known.revision + 1)
    catalogue.add(entry)


def taken(*pieces: list[Step]) -> Iterator[Catalogue]:
    """Give the catalogue after each piece, the lookups of the one before settled and read back from bytes."""
    catalogue, seq = Catalogue(Position("log", 0, "")), 0
    for piece in pieces:
        for step in piece:
            seq += 1
            take(catalogue, seq, step)
        yield catalogue
        ids = tuple(catalogue.entries)
        settled = catalogue.lookups.settle(ids)
        read = Settled.read(settled.written(), len(settled.keys))
        catalogue = Catalogue(catalogue.position, catalogue.entries, lookups.Lookups(read, ids)).fork()


def agrees(catalogue: Catalogue) -> None:
    """Hold every way of finding against a look at all models."""
    entries = list(catalogue.entries.values())
    for name in NAMES:
        bearers = [entry for entry in entries if entry.model_name == name]
        assert catalogue.named(name) == min(bearers, key=lambda entry: entry.versions[0].seq, default=None)
    each = [(entry, version) for entry in entries for version in entry.versions]
    for path in filter(None, PATHS):
        last = max((found.seq for _, found in each if found.origin and found.origin["path"] == path), default=0)
        assert catalogue.from_origin(path) == next((entry for entry, found in each if found.seq == last), None)
    for key in ("sp1:all are alike", *(f"digest {content}" for content in CONTENTS), *(f"fp1:{c}" for c in CONTENTS)):
        assert sorted(catalogue.with_content(key), key=repr) == sorted(
            ((entry.id, found) for entry, found in each if key in (found.digest, found.fingerprint, found.structure)),
            key=repr,
        )


@given(steps, steps, steps)
def test_what_is_looked_up_is_what_looking_at_all_finds(
    first: list[Step], second: list[Step], third: list[Step]
) -> None:
    for catalogue in taken(first, second, third):
        agrees(catalogue)


def test_other_things_of_the_same_key_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "_key", lambda kind, said: 7)
    for catalogue in taken([("a", "Ada", "1.md", "x"), ("b", "Bo", "2.md", "y")], [("c", "Cy", "1.md", "z")]):
        agrees(catalogue)


def test_a_fork_goes_its_own_way() -> None:
    catalogue = next(taken([("a", "Ada", "1.md", "x")]))
    other = catalogue.fork()
    take(other, 2, ("b", "Bo", "2.md", "y"))
    assert catalogue.named("Bo") is None
    assert other.named("Bo") is not None
