"""Columns are kept as they were read; damage costs nothing but time, and nothing is believed that is of another log."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from damaging import DAMAGES
from model_registry.adapters.directory.columns import ColumnFiles
from model_registry.adapters.directory.store import DirectoryStore
from model_registry.bootstrap import open_registry
from model_registry.domain import columns, shelf, values
from model_registry.domain.events import Position
from model_registry.domain.values import Combinations, Kept
from model_registry.domain.views import model_view
from model_registry.registry import Registration, Registry
from texts import coin, source

KEPT = Kept(
    Position("log", 7, "hash"),
    "digest",
    Combinations(
        ("two\nlines", "é\ud800", 3, 0.25, ("B", ("3", "3"))),
        np.array([0, 2, 3], np.int32),
        np.array([0, 1, 2, 3, 4], np.int32),
        np.array([2, -1, 0, 1], np.int32),
    ),
)
FILTERS = (
    {"kinds": "static"},
    {"tags": "copper"},
    {"has": "A[2,2]"},
    {"param": "A"},
    {"variables": ">3"},
    {"edge": "D>s"},
)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """Give the store of a registry that is there."""
    store = DirectoryStore(tmp_path / "store", model_view)
    store.place.prepare()
    return store


def same(found: Kept | None) -> bool:
    """Tell whether what was found is what was kept."""
    if found is None:
        return False
    return (*found[:2], found.read.values) == (*KEPT[:2], KEPT.read.values) and all(
        np.array_equal(one, other) for one, other in zip(found.read[1:], KEPT.read[1:], strict=True)
    )


def test_a_column_is_read_as_it_was_kept(store: DirectoryStore) -> None:
    assert store.columns.find("kinds") is None
    store.columns.keep("kinds", KEPT)
    assert same(ColumnFiles(store.place).find("kinds"))
    assert store.columns.find("tags") is None


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_column_counts_for_nothing_and_is_kept_anew(store: DirectoryStore, damage: str) -> None:
    store.columns.keep("kinds", KEPT)
    (path,) = (store.root / "columns").glob("*/kinds")
    DAMAGES[damage](path)
    assert store.columns.find("kinds") is None
    store.columns.keep("kinds", KEPT)
    assert same(store.columns.find("kinds")) is not path.is_dir()


def test_no_bit_of_a_column_can_change_unseen(store: DirectoryStore) -> None:
    store.columns.keep("kinds", KEPT)
    (path,) = (store.root / "columns").glob("*/kinds")
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        found = store.columns.find("kinds")
        assert found is None or same(found)


def test_what_is_dropped_is_gone_whatever_version_kept_it(store: DirectoryStore) -> None:
    store.columns.keep("kinds", KEPT)
    (folder,) = (store.root / "columns").iterdir()
    shutil.copytree(folder, folder.with_name("0-0"))
    store.columns.drop()
    assert not [path for path in (store.root / "columns").rglob("*") if path.is_file()]


class TestARegistryOfManyModels:
    """That is one of a few, for this class."""

    @pytest.fixture(autouse=True)
    def _keep_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shelf, "LEAST_KEPT", 1)

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        registry = open_registry(tmp_path / "r", actor="ada")
        put(registry, "Copper Coin", "Silver Coin", "Tin Coin")
        answers(registry)
        return tmp_path / "r"

    def test_another_process_looks_into_no_model_for_what_is_kept(self, place: Path) -> None:
        registry = open_registry(place)
        told = answers(registry)
        shutil.rmtree(place / "anatomy")
        shutil.rmtree(place / "sources")
        assert answers(open_registry(place)) == told

    def test_what_changed_since_is_read_anew(self, place: Path) -> None:
        registry = open_registry(place, actor="ada")
        registry.update_model_metadata("tin-coin", {"tags": ["copper"]})
        put(registry, "Gold Coin")
        registry.archive_model("silver-coin", reason="molten")
        told = answers(open_registry(place))
        shutil.rmtree(place / "columns")
        assert told == answers(open_registry(place))
        assert told[1] == ["tin-coin"]

    def test_columns_of_another_log_count_for_nothing(self, place: Path, tmp_path: Path) -> None:
        other = open_registry(tmp_path / "other", actor="ada")
        put(other, "Copper Coin", "Silver Coin", "Tin Coin")
        other.update_model_metadata("tin-coin", {"tags": ["copper"]})
        shutil.copytree(place / "columns", tmp_path / "other" / "columns")
        assert answers(other)[1] == ["tin-coin"]

    def test_columns_of_a_time_that_was_taken_back_count_for_nothing(self, place: Path, tmp_path: Path) -> None:
        shutil.copytree(place, tmp_path / "earlier")
        open_registry(place, actor="ada").update_model_metadata("tin-coin", {"tags": ["copper"]})
        answers(open_registry(place))
        earlier = open_registry(tmp_path / "earlier", actor="ada")
        earlier.update_model_metadata("copper-coin", {"tags": ["copper"]})
        shutil.rmtree(tmp_path / "earlier" / "columns")
        shutil.copytree(place / "columns", tmp_path / "earlier" / "columns")
        assert answers(open_registry(tmp_path / "earlier"))[1] == ["copper-coin"]

    def test_reindexing_lets_go_of_what_is_kept(self, place: Path) -> None:
        open_registry(place).update_indexes()
        assert not [path for path in (place / "columns").rglob("*") if path.is_file()]

    def test_another_version_of_the_columns_is_passed_over(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        told = answers(open_registry(place))
        monkeypatch.setattr("model_registry.adapters.directory.columns.COLUMNS_VERSION", columns.COLUMNS_VERSION + 1)
        assert answers(open_registry(place)) == told
        assert len(list((place / "columns").iterdir())) == 2


def put(registry: Registry, *names: str) -> None:
    registry.register_models([Registration(source(coin(name, heads=0.1 + len(name) / 100))) for name in names])


def answers(registry: Registry) -> list[object]:
    """Give what needs columns: lists by filters, and the facets."""
    listed: list[object] = [[row["id"] for row in registry.list_models(wanted)["items"]] for wanted in FILTERS]
    return [*listed, registry.facets()]


def test_a_column_whose_values_always_change_is_kept_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LEAST_KEPT", 2)
    monkeypatch.setattr(values, "MOST_WORN", 2)
    for round_ in range(5):
        registry = open_registry(tmp_path)
        for number in range(6):
            tagged = {"tags": [f"tag-{number}-{round_}"]}
            registry.register_model(source(coin(f"Coin {number}")), tagged)
        found = [open_registry(tmp_path).list_models({"tags": [f"tag-{n}-{round_}"]})["total"] for n in range(6)]
        assert found == [1] * 6


def test_a_model_whose_text_was_lost_is_looked_into_again_when_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LEAST_KEPT", 2)
    registry = open_registry(tmp_path)
    registry.register_models([Registration(source(coin(name))) for name in ("Coin A", "Coin B", "Coin C")])
    shutil.rmtree(tmp_path / "anatomy")
    digest = registry.get_model_source("coin-b")["digest"]
    (tmp_path / "sources" / digest[:2] / digest).unlink()
    assert open_registry(tmp_path).search_models("observations>=1")["total"] == 2
    assert open_registry(tmp_path).register_model(source(coin("Coin B")))["outcome"] == "unchanged"
    assert open_registry(tmp_path).search_models("observations>=1")["total"] == 3
