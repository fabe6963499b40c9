"""An old registry opens and commits as a new one does, and a process that works for long holds no more than before."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_registry.adapters.directory import checkpoint
from reliability.ageing import Age, filled, fresh, measure, soak

CHECKPOINT_SHARE = 3
"""An opening reads the checkpoint, and a tail of at most so many times its size: one event for each 4 kB of it, which
takes about 1 kB, or a least tail."""

MOST_DESCRIPTORS = 64
"""What a process may hold open: a few of its own, and the files of the search index."""


def test_opening_reads_a_checkpoint_and_a_tail_and_a_commit_costs_what_it_costs_at_first(
    quick_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "LEAST_TAIL", 100)
    hold(quick_folder, 900, 30, 150_000)


@pytest.mark.long
def test_two_hundred_thousand_events_are_opened_and_added_to_as_a_few_are(quick_folder: Path) -> None:
    old = hold(quick_folder, 200_000, 2_000, 1_500_000)
    assert old.packed_log_bytes < 0.5 * old.log_bytes


def hold(folder: Path, events: int, models: int, least_tail: int) -> Age:
    """Hold an old registry against a new one, and give what it costs."""
    filled(folder / "new", 20, 20)
    filled(folder / "old", events, models)
    new, old = measure(folder / "new"), measure(folder / "old")
    print(old.told())
    assert old.opening.read <= CHECKPOINT_SHARE * old.checkpoint_bytes + least_tail
    assert old.opening.read < old.log_bytes
    assert old.commit.calls <= new.commit.calls + 2, "the last commit may be the one that writes a checkpoint"
    assert old.commit.written <= new.commit.written + 20_000, "a snapshot shows the newest ten versions"
    return old


@pytest.mark.long
def test_ten_minutes_of_work_leave_memory_and_descriptors_as_they_were(tmp_path: Path) -> None:
    told = list(soak(tmp_path / "registry", 600))
    new = fresh(tmp_path / "registry")
    print(told[0], told[-1], new)
    assert max(each["descriptors"] for each in told) <= MOST_DESCRIPTORS
    assert told[-1]["resident_mb"] <= 1.5 * new["resident_mb"], "what the registry needs, a new process needs too"


def test_work_leaves_no_descriptor_open(tmp_path: Path) -> None:
    told = list(soak(tmp_path / "registry", 1))
    assert max(each["descriptors"] for each in told) <= MOST_DESCRIPTORS
