"""Killed writers: what was acknowledged is there, nothing is there by half or twice, and the next writer goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model_registry.bootstrap import open_registry
from reliability.crash_driver import POINTS
from texts import coin

DRIVER = Path(__file__).parent / "crash_driver.py"


def tried(folder: Path, how: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, str(DRIVER), str(folder), how], capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    print(done.stdout)
    return result


def test_dying_before_any_call_of_the_file_seam_loses_nothing(quick_folder: Path) -> None:
    result = tried(quick_folder, "23")
    assert result["faults"] == []
    assert result["points"] >= 10


def test_dying_at_a_named_point_of_the_commit_protocol_loses_nothing(quick_folder: Path) -> None:
    result = tried(quick_folder, "named")
    assert result["faults"] == []
    assert {title.rpartition(" (")[0] for title in result["died_at"]} == POINTS.keys()


@pytest.mark.long
def test_dying_before_each_single_call_loses_nothing(quick_folder: Path) -> None:
    assert tried(quick_folder, "1")["faults"] == []


@pytest.mark.parametrize("kills", [40, pytest.param(500, marks=pytest.mark.long)])
def test_killing_all_writers_at_any_moment_loses_nothing_and_does_nothing_twice(quick_folder: Path, kills: int) -> None:
    command = [sys.executable, str(DRIVER.with_name("kill_driver.py")), str(quick_folder), "--kills", str(kills)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    tally = json.loads(done.stdout)
    print({key: value for key, value in tally.items() if key != "faults"})
    assert tally["faults"] == []
    assert tally["kills"] == kills
    assert tally["acknowledged"] > 5 * kills


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_process_run_is_finished_by_the_next_one(tmp_path: Path, seed: int) -> None:
    models = tmp_path / "models"
    models.mkdir()
    for number in range(90):
        (models / f"{number:03d}.md").write_text(coin(f"Coin {number}", heads=round(0.3 + number / 500, 3)))
    place = tmp_path / "registry"
    command = [sys.executable, "-m", "model_registry", "--registry", str(place), "process", str(models)]
    command += ["--output", str(tmp_path / "output")]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for_events(place, random.Random(seed).choice([1, 64]), running)
    running.send_signal(signal.SIGKILL)
    running.wait()

    subprocess.run(command, check=True, capture_output=True)
    registry = open_registry(place)
    assert registry.list_models()["total"] == 90
    assert registry.get_audit_trail(kind="model_registered")["total"] == 90
    assert [finding for finding in registry.validate_registry()["findings"] if finding["severity"] != "info"] == []
    assert registry.search_models("coin")["total"] == 90


def wait_for_events(place: Path, wanted: int, running: subprocess.Popen[bytes]) -> None:
    """Wait until the log holds so many events, or the run is over."""
    log = place / "log" / "000001.jsonl"
    while running.poll() is None:
        if log.exists() and log.read_bytes().count(b"\n") >= wanted:
            return
        os.sched_yield()
