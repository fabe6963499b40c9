"""Killed writers: what was acknowledged is there, nothing is there by half or twice, and the next writer goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from model_registry.bootstrap import open_registry
from texts import coin

DRIVER = Path(__file__).parent / "crash_driver.py"


def tried(folder: Path, step: int) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(folder), str(step)], capture_output=True, text=True, check=True
    )
    result: dict[str, object] = json.loads(done.stdout)
    print(done.stdout)
    return result


def test_dying_before_any_call_of_the_file_seam_loses_nothing(tmp_path: Path) -> None:
    result = tried(tmp_path, 29)
    assert result["faults"] == []
    assert int(str(result["points"])) > 12


@pytest.mark.long
def test_dying_before_each_single_call_loses_nothing(tmp_path: Path) -> None:
    assert tried(tmp_path, 1)["faults"] == []


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
