"""The command that shows the registry in a browser, as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from model_registry.bootstrap import open_registry
from serving import SOURCES, SURROUNDINGS
from texts import coin, source


def started(folder: Path, *options: str, browser: str = "") -> tuple[subprocess.Popen[str], str]:
    """Start the command over the registry in a folder; gives the process and the address it shows."""
    open_registry(folder / "registry", actor="ada").register_model(source(coin()))
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "model_registry", "--registry", "registry", "browse", *options],
        cwd=folder,
        env={**SURROUNDINGS, "PYTHONPATH": str(SOURCES), "BROWSER": browser},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    told = process.stderr.readline()
    assert told.startswith("Showing the registry at http://127.0.0.1:"), told + process.stderr.read()
    return process, told.split()[-1]


def ended(process: subprocess.Popen[str]) -> int:
    """Stop the command as Ctrl-C does; gives its exit code."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return process.returncode


@pytest.mark.parametrize("options", [["--no-open"], []])
def test_it_serves_pages_to_this_machine_and_opens_them_unless_told_not_to(tmp_path: Path, options: list[str]) -> None:
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path / "opened"}\n')
    opener.chmod(0o755)
    process, address = started(tmp_path, *options, browser=str(opener))
    page = httpx2.get(address)
    assert page.status_code == 200
    assert "Coin Judge" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert httpx2.get(address, headers={"Host": "registry.example.org"}).status_code == 421
    assert ended(process) in {0, 130}
    opened = tmp_path / "opened"
    assert (opened.read_text().strip() if opened.exists() else "") == ("" if options else address)


def test_it_answers_at_the_port_that_is_named(tmp_path: Path) -> None:
    first, address = started(tmp_path, "--no-open")
    port = address.rstrip("/").rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "model_registry", "--registry", "registry", "browse", "--no-open", "--port", port],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended(first) in {0, 130}
    assert (second.returncode, "cannot be listened at" in second.stderr) == (1, True)
