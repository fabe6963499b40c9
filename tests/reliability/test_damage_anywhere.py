"""Damage in any file of a registry: no crash, nothing silently wrong, and mended is what can be mended.

A registry with all there can be (packed and plain segments and texts, checkpoint, snapshots, index, counters, backups,
settings) is harmed in one file at a time and asked about everything.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.adapters.directory import checkpoint
from model_registry.adapters.directory import log as log_module
from model_registry.bootstrap import open_registry, restore_registry
from model_registry.errors import RegistryError
from model_registry.registry import Registry
from reliability.power_driver import Unsynced
from reliability.test_damage import LONG_TALE
from texts import coin, source

CACHES = ("models", "checkpoint", "index", "anatomy", "columns", "usage", "lock", ".tmp")
"""What can be made again from the log and the texts."""

Answers = dict[str, Any]

NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Whole:
    """A registry on disk, without harm, and what it answers."""

    place: Path
    answers: Answers

    @property
    def files(self) -> list[str]:
        """Give every file below it."""
        return sorted(str(path.relative_to(self.place)) for path in self.place.rglob("*") if path.is_file())


def opened(place: Path) -> Registry:
    return open_registry(place, actor="ada", files=Unsynced())


def answers(registry: Registry) -> Answers:
    """Give all a registry tells that does not change with being asked."""
    ids = [row["id"] for row in registry.list_models(sort="id")["items"]]
    infos = {model_id: registry.get_model_info(model_id, versions=None) for model_id in ids}
    return {
        "infos": {model_id: {**info, "usage": None} for model_id, info in infos.items()},
        "texts": {model_id: registry.get_model_source(model_id)["text"] for model_id in ids},
        "trail": [event.hash for event in registry.events()],
        "found": sorted(hit["id"] for hit in registry.search_models("coin", limit=None)["items"]),
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    place = tmp_path_factory.mktemp("whole") / "registry"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_module, "SEGMENT_BYTES", 3_000)
        patch.setattr(checkpoint, "LEAST_TAIL", 3)
        registry = opened(place)
        for number in range(6):
            registry.register_model(source(coin(f"Coin {number}", heads=0.1 * (number + 1))), {"tags": ["toy"]})
        registry.register_model(source(coin("Tale", annotation=LONG_TALE)))
        registry.backup_registry()
        registry.archive_model("tale")
        (place / "config.json").write_text(json.dumps({"max_versions": 7}))
        registry.cleanup_registry(dry_run=False)
        registry.register_model(source(coin("Coin 0", heads=0.95)))
        told = answers(opened(place))
    for needed in ("log/000001.jsonl.gz", "checkpoint/state", "models/coin-0.json", "config.json"):
        assert (place / needed).is_file(), needed
        registry._usage.flush()  # type: ignore[attr-defined]
    pristine = shutil.copytree(place, place.with_name("pristine"))
    return Whole(pristine, told)


def harmed(data: st.DataObject, whole: bytes, others: list[bytes]) -> bytes | None:
    """Give the bytes of a file harmed in one way or another, None for a file that is gone."""
    kind = data.draw(st.sampled_from(["flip", "cut", "gone", "double", "swap", "zeros", "noise", "other"]))
    offsets = st.integers(0, max(0, len(whole) - 1))
    first, second = sorted(data.draw(st.tuples(offsets, offsets)))
    middle = (first + second) // 2
    ways: dict[str, Callable[[], bytes | None]] = {
        "flip": lambda: whole[:first] + bytes([whole[first] ^ data.draw(st.integers(1, 255))]) + whole[first + 1 :],
        "cut": lambda: whole[:first],
        "gone": lambda: None,
        "double": lambda: whole[:second] + whole[first:],
        "swap": lambda: whole[:first] + whole[middle:second] + whole[first:middle] + whole[second:],
        "zeros": lambda: whole[:first] + bytes(second - first) + whole[second:],
        "noise": lambda: data.draw(st.binary(max_size=60)),
        "other": lambda: data.draw(st.sampled_from(others)),
    }
    return ways[kind if whole else "noise"]()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_harm_to_any_file_is_named_or_changes_nothing(whole: Whole, data: st.DataObject) -> None:
    hold(whole, data)


@pytest.mark.long
@settings(max_examples=1_500, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_great_deal_of_harm_to_any_file_is_named_or_changes_nothing(whole: Whole, data: st.DataObject) -> None:
    hold(whole, data)


@pytest.mark.parametrize("name", ["checkpoint/state", "checkpoint/position.json", "models/coin-0.json"])
def test_a_digit_altered_in_a_cache_changes_no_answer(whole: Whole, name: str) -> None:
    data = (whole.place / name).read_bytes()
    digits = [offset for offset, byte in enumerate(data) if chr(byte).isdigit()]
    for offset in digits[:: max(1, len(digits) // 12)]:
        place = whole.place.with_name(f"harmed-{next(NUMBERS)}")
        shutil.copytree(whole.place, place)
        (place / name).write_bytes(data[:offset] + (b"9" if data[offset] < ord("9") else b"0") + data[offset + 1 :])
        look_at(whole, place, name)


def hold(whole: Whole, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(whole.files))
    place = whole.place.with_name(f"harmed-{next(NUMBERS)}")
    shutil.copytree(whole.place, place)
    before = (place / name).read_bytes()
    others = [(place / other).read_bytes() for other in whole.files[:40:3]]
    after = harmed(data, before, others)
    if after is None:
        (place / name).unlink()
    else:
        (place / name).write_bytes(after)
    look_at(whole, place, name)
    shutil.rmtree(place, ignore_errors=True)


def look_at(whole: Whole, place: Path, name: str) -> None:
    """Ask a harmed registry everything; then mend it, or put its backup back."""
    told = tried(place)
    try:
        found = opened(place).validate_registry()["findings"]
    except RegistryError:
        assert name in {"config.json", "format.json"}
        return
    serious = [finding for finding in found if finding["severity"] != "info"]
    assert told == whole.answers or serious, f"{name} is wrong and nobody says so"
    if name.startswith(CACHES):
        assert told == whole.answers, "a cache is never believed over the log"
        assert opened(place).validate_registry(repair=True)["ok"]
        assert opened(place).validate_registry()["findings"] == []
        opened(place).register_model(source(coin("Another Coin")))
    elif serious and not name.startswith("backups"):
        mended(whole, place, name)


def tried(place: Path) -> Answers | None:
    """Give the answers, None where the registry refuses one of them."""
    errors: list[RegistryError] = []
    try:
        return answers(opened(place))
    except RegistryError as error:
        errors.append(error)
    assert errors[0].hint
    return None


def mended(whole: Whole, place: Path, name: str) -> None:
    """Mend what can be mended; a log is mended by putting a backup in its place."""
    if opened(place).validate_registry(repair=True)["ok"]:
        assert tried(place) == whole.answers or name.startswith("sources")
        return
    backup = next((place / "backups").glob("registry-*.zip"))
    restore_registry(backup, place, force=True, files=Unsynced())
    assert opened(place).validate_registry()["ok"]
