"""How much models are used: counted beside the log, told with the models, and never in anybody's way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model_registry.adapters.directory import usage as usage_module
from model_registry.adapters.files import Files
from model_registry.bootstrap import memory_registry, open_registry
from model_registry.errors import StorageError
from model_registry.registry import Registry
from texts import coin, source


@pytest.fixture(params=["memory", "directory"])
def registry(request: pytest.FixtureRequest, place: Path) -> Registry:
    return memory_registry(actor="ada") if request.param == "memory" else open_registry(place, actor="ada")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "registry"


@pytest.fixture
def shared(place: Path) -> Path:
    """Give the place of a registry that holds one model and was never asked for it."""
    open_registry(place).register_model(source(coin()))
    return place


def use(registry: Registry, model_id: str = "coin-judge") -> dict[str, Any]:
    told: dict[str, Any] = registry.generate_registry_statistics()
    return next((row for row in told["most_used"] if row["id"] == model_id), {"reads": 0, "hits": 0})


def flush(registry: Registry) -> None:
    """Let the registry write its counts, as the end of its process would."""
    counter: Any = registry._usage
    counter.flush()


def files(place: Path) -> list[Path]:
    return sorted((place / "usage").glob("*.json"))


def test_info_tells_how_often_a_model_was_read_and_found_before(registry: Registry) -> None:
    registry.register_model(source(coin()))
    assert registry.get_model_info("coin-judge")["usage"] == {"reads": 0, "hits": 0, "last_used": None}
    registry.get_model_source("coin-judge")
    registry.search_models("coin")
    told = registry.get_model_info("coin-judge@1.0.0")["usage"]
    assert (told["reads"], told["hits"]) == (2, 1)
    assert told["last_used"] is not None


def test_only_hits_that_were_shown_are_counted(registry: Registry) -> None:
    for name in ("Coin One", "Coin Two"):
        registry.register_model(source(coin(name)))
    shown = registry.search_models("coin", limit=1)["items"][0]["id"]
    assert [(row["id"], row["hits"]) for row in registry.generate_registry_statistics()["most_used"]] == [(shown, 1)]


def test_statistics_name_the_models_used_most(registry: Registry) -> None:
    for name in ("Coin One", "Coin Two", "Coin Three"):
        registry.register_model(source(coin(name)))
    for model_id in ("coin-two", "coin-one", "coin-two"):
        registry.get_model_info(model_id)
    most = registry.generate_registry_statistics()["most_used"]
    assert [(row["id"], row["reads"]) for row in most] == [("coin-two", 2), ("coin-one", 1)]


def test_counting_is_no_event(registry: Registry) -> None:
    registry.register_model(source(coin()))
    registry.get_model_info("coin-judge")
    assert registry.get_audit_trail()["total"] == 1


def test_what_one_process_counted_is_told_by_another(shared: Path) -> None:
    for _ in range(2):
        reader = open_registry(shared)
        reader.get_model_info("coin-judge")
        flush(reader)
    assert use(open_registry(shared))["reads"] == 2


def test_the_end_of_a_process_writes_what_it_counted(shared: Path) -> None:
    code = (
        "import sys; from model_registry import open_registry; open_registry(sys.argv[1]).get_model_info('coin-judge')"
    )
    subprocess.run([sys.executable, "-c", code, str(shared)], check=True)
    assert use(open_registry(shared))["reads"] == 1


def test_many_files_are_merged_without_losing_a_count(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_module, "MOST_FILES", 3)
    readers = [open_registry(shared) for _ in range(8)]
    for _ in range(2):
        for reader in readers:
            reader.get_model_info("coin-judge")
            flush(reader)
    assert len(files(shared)) <= 4
    assert use(open_registry(shared))["reads"] == 16


@pytest.mark.parametrize(
    "damage", [b"", b"noise", b"[1]", b'{"coin-judge":[1]}', b'{"coin-judge":[-1,0,""]}', b"[" * 9_000]
)
def test_a_damaged_file_counts_for_nothing_and_harms_nothing(shared: Path, damage: bytes) -> None:
    reader = open_registry(shared)
    reader.get_model_info("coin-judge")
    flush(reader)
    (shared / "usage" / "broken.json").write_bytes(damage)
    assert use(open_registry(shared))["reads"] == 1


class Failing(Files):
    """A disk on which nothing of the counters can be written or read."""

    def write(self, path: Path, data: bytes) -> None:
        raise StorageError("the disk is full", code="disk_full")

    def names(self, folder: Path) -> list[str]:
        if folder.name == "usage":
            raise StorageError("the disk reports errors", code="disk_error")
        return super().names(folder)


def test_a_disk_that_fails_never_fails_a_read(shared: Path) -> None:
    reader = open_registry(shared, files=Failing())
    for _ in range(2):
        assert reader.get_model_info("coin-judge")["name"] == "Coin Judge"
        flush(reader)
    assert files(shared) == []
    assert use(reader)["reads"] == 2


def test_a_registry_that_nobody_may_write_is_left_as_it_is(shared: Path) -> None:
    before = sorted(path.name for path in shared.iterdir())
    shared.chmod(0o500)
    try:
        reader = open_registry(shared)
        reader.get_model_info("coin-judge")
        flush(reader)
        assert sorted(path.name for path in shared.iterdir()) == before
    finally:
        shared.chmod(0o700)


def test_counting_makes_no_registry_where_there_is_none(place: Path) -> None:
    nobody = open_registry(place)
    nobody._usage.count(reads=["ghost"])
    flush(nobody)
    assert not place.exists()


def test_the_files_hold_counts_and_nothing_else(shared: Path) -> None:
    reader = open_registry(shared)
    reader.search_models("coin")
    flush(reader)
    (written,) = files(shared)
    counts = json.loads(written.read_bytes())
    assert list(counts) == ["coin-judge"]
    assert counts["coin-judge"][:2] == [0, 1]
