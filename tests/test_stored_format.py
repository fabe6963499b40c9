"""A registry written by the first release opens in this one, and says what it said then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model_registry.bootstrap import open_registry
from model_registry.registry import Registry

STORED = Path(__file__).parent / "data" / "registries" / "format-1"
SIZE = 17
ROOT = "5a77ca9a2342dc07331cc7516d02893c4762038aa284fa1bfe60f71a6d5c4bfb"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return open_registry(shutil.copytree(STORED, tmp_path / "registry"))


def test_its_history_is_what_it_was(registry: Registry) -> None:
    assert registry.head() == {"size": SIZE, "root": ROOT}
    found = registry.validate_registry(repair=True, head=f"{SIZE}:{ROOT}")
    assert found["ok"], found["findings"]


def test_its_models_are_what_they_were(registry: Registry) -> None:
    entries = registry.catalogue().entries.values()
    assert [(e.id, e.state.value, e.current, len(e.versions), e.revision) for e in entries] == [
        ("coin-judge", "active", "1.2.0", 5, 9),
        ("base-coin", "active", "1.0.0", 1, 3),
        ("old-coin", "archived", "1.0.0", 1, 3),
        ("lost-coin", "deleted", "1.0.0", 1, 2),
    ]


def test_its_versions_and_words_are_what_they_were(registry: Registry) -> None:
    info = registry.get_model_info("coin-judge", versions=None)
    told = [(version["version"], version["bump"], version["state"]) for version in info["versions"]]
    assert told == [
        ("2.0.0", "none", "registered"),
        ("2.0.0-rc.1", "none", "registered"),
        ("1.2.0", "minor", "registered"),
        ("1.1.0", "minor", "yanked"),
        ("1.0.0", "none", "registered"),
    ]
    assert info["aliases"] == {"paper": "1.0.0"}
    assert info["tags"] == ["toy"]
    assert registry.get_model_source("coin-judge@paper")["text"].startswith("# A coin")
    assert [hit["id"] for hit in registry.search_models("toss", {"state": "any"})["items"]].count("coin-judge") == 1


def test_it_goes_on(registry: Registry) -> None:
    assert registry.restore_model("lost-coin")["state"] == "active"
    assert registry.create_model_version("coin-judge")["version"] == "2.0.1"
    assert registry.catalogue().position.seq == SIZE + 2
