"""Long work tells how far it is, and stops between two steps when it is cancelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from asking import call
from model_registry.bootstrap import open_registry
from model_registry.intake import CHUNK
from model_registry.registry import Registry
from texts import coin, source

pytestmark = pytest.mark.anyio


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Give a folder of models that need two commits."""
    folder = tmp_path / "models"
    folder.mkdir()
    for number in range(CHUNK + 10):
        (folder / f"judge_{number:03d}.md").write_text(coin(f"Judge {number:03d}", heads=0.3 + number / 400))
    return folder


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return open_registry(tmp_path / "registry", {"backup_enabled": False}, actor="ada")


class Steps:
    """What a client is told of the progress."""

    def __init__(self) -> None:
        self.done: list[float] = []
        self.total: float | None = 0
        self.messages: list[str] = []

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.done.append(progress)
        self.total = total
        self.messages.append(message or "")


async def test_a_run_reports_every_step_and_a_second_one_changes_nothing(
    client: Client, models: Path, tmp_path: Path
) -> None:
    steps = Steps()
    asked = {"target_dir": str(models), "output_dir": str(tmp_path / "out")}
    result = await client.call_tool("process_model_registry", asked, progress_callback=steps)
    assert result.structured_content is not None
    assert result.structured_content["outcomes"] == {"created": CHUNK + 10}
    assert steps.done == sorted(steps.done)
    assert steps.done[-1] == steps.total == 2 * (CHUNK + 10)
    assert "judge_000.md: read" in steps.messages
    again = await call(client, "process_model_registry", **asked)
    assert again["outcomes"] == {"unchanged": CHUNK + 10}
    assert (tmp_path / "out" / "model_registry" / "registry_report.md").is_file()


async def test_a_cancelled_run_leaves_whole_chunks_and_the_next_one_does_the_rest(
    client: Client, registry: Registry, models: Path, tmp_path: Path
) -> None:
    asked = {"target_dir": str(models), "output_dir": str(tmp_path / "out")}
    with anyio.CancelScope() as scope:

        async def cancel(progress: float, total: float | None, message: str | None) -> None:
            if "created" in (message or ""):
                scope.cancel()

        await client.call_tool("process_model_registry", asked, progress_callback=cancel)
    assert scope.cancelled_caught
    left = len(registry.catalogue().entries)
    assert left == CHUNK
    assert (await call(client, "validate_registry"))["ok"]
    again = await call(client, "process_model_registry", **asked)
    assert again["outcomes"] == {"created": CHUNK + 10 - left, "unchanged": left}


async def test_a_reindexing_reports_every_model(client: Client, registry: Registry) -> None:
    for name in ("Coin Judge", "Dice Judge"):
        registry.register_model(source(coin(name)))
    steps = Steps()
    result = await client.call_tool("update_indexes", {}, progress_callback=steps)
    assert result.structured_content is not None
    assert result.structured_content["indexed"] == 2
    assert (steps.messages, steps.total) == (["coin-judge: read", "dice-judge: read"], 2)


def test_a_reindexing_that_is_stopped_leaves_the_old_index(registry: Registry) -> None:
    class StoppedError(Exception):
        pass

    def stop(*_: Any) -> None:
        raise StoppedError

    registry.register_model(source(coin()))
    registry.search_models("coin")
    with pytest.raises(StoppedError):
        registry.update_indexes(progress=stop)
    assert registry.search_models("coin")["total"] == 1
