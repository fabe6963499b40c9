"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("GNN_CORPUS", PROJECT.parent / "shared" / "corpus"))
MEMORY = Path("/dev/shm")
EXAMPLES = PROJECT / "src" / "model_registry" / "examples"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Give the folder of real GNN models, which the project may not ship; set GNN_CORPUS to where it is."""
    if not CORPUS.is_dir():
        pytest.skip("the GNN corpus is absent (set GNN_CORPUS)")
    return CORPUS


@pytest.fixture(scope="session")
def examples() -> list[Path]:
    """Give the example models the package ships, in path order."""
    return sorted(EXAMPLES.glob("*.md"))


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder in memory where the system has one: what is broken by simulation need wait for no disk."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty directory, with no setting of the surroundings in force."""
    for variable in list(os.environ):
        if variable.startswith("MODEL_REGISTRY_"):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    front_door = sys.modules.get("model_registry.front_door")
    if front_door:
        front_door._configured.clear()
