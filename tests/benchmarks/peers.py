"""The registries beside which this one is measured: each in its own environment, driven over a pipe."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

DRIVER = Path(__file__).resolve().parent / "peer_driver.py"


@dataclass(frozen=True, slots=True)
class Kind:
    """A peer that comes from the package index: what it installs as, and up to how many models it is filled."""

    title: str
    package: str
    most: int


KINDS: Mapping[str, Kind] = {"mlflow": Kind("MLflow", "mlflow", 100_000), "gto": Kind("GTO", "gto", 1_000)}

BESIDE = 10_000
"""Up to how many models peers take part unless more is asked for: filling one with more takes longer than the rest."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A peer that is installed: its interpreter and its version."""

    name: str
    python: Path
    version: str

    @property
    def title(self) -> str:
        """Give its name as people write it."""
        return KINDS[self.name].title

    @contextmanager
    def driven(self, folder: Path) -> Iterator[Peer]:
        """Let it work on a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(self.python), "-P", str(DRIVER), self.name, str(folder)]
        errors = (folder.parent / f"{self.name}.log").open("a")
        began = perf_counter()
        with (
            errors,
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
            ) as process,
        ):
            peer = Peer(self.title, process)
            peer.hear()
            peer.started = (perf_counter() - began) * 1_000
            yield peer
            assert process.stdin
            process.stdin.close()


class Peer:
    """Another registry at work. `started` is how long its process took to be ready, in milliseconds."""

    def __init__(self, title: str, process: subprocess.Popen[str]) -> None:
        self.title = title
        self.started = 0.0
        self._process = process

    def ask(self, operation: str, *arguments: Any) -> tuple[float, Any]:
        """Let it do something; gives the milliseconds it took there, and the answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps([operation, *arguments]) + "\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> tuple[float, Any]:
        """Read the next answer."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.title} ended; its log lies beside its folder")
        took, answer = json.loads(line)
        return took, answer


def installed(names: Sequence[str], folder: Path) -> tuple[list[Environment], dict[str, str]]:
    """Install peers into environments below a folder; gives those that are there, and why the others are not."""
    there, absent = [], {}
    for name in names:
        try:
            there.append(_environment(name, folder / name))
        except (subprocess.CalledProcessError, OSError) as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
            absent[KINDS[name].title] = said[-1] if said else "it cannot be installed"
    return there, absent


def _environment(name: str, folder: Path) -> Environment:
    python, package = folder / "bin" / "python", KINDS[name].package
    if not python.exists():
        _run(sys.executable, "-m", "venv", str(folder))
    _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package)
    version = _run(str(python), "-c", f"from importlib.metadata import version; print(version({package!r}))")
    return Environment(name, python, version.strip())


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
