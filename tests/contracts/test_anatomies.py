"""What every keeper of anatomies promises, and what the one on disk promises beyond: damage costs nothing but time."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_registry.adapters.directory import DirectoryStore
from model_registry.adapters.directory.anatomies import MOST_KNOWN, AnatomyFile
from model_registry.adapters.memory_anatomies import MemoryAnatomies
from model_registry.domain.anatomy import ANATOMY_VERSION, Anatomy, anatomy
from model_registry.domain.views import model_view
from model_registry.gnn.parser import parse
from model_registry.ports import Anatomies
from texts import coin

A, B = "a" * 64, "b" * 64
COIN = anatomy(parse(coin()))
LARGE = Anatomy(sizes={"states": 9}, shapes={"π": (3, "n")}, edges=frozenset({"s>o"}), values={"A": "uniform"})


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    store = DirectoryStore(tmp_path / "registry", model_view)
    store.place.prepare()
    return store


@pytest.fixture(params=["memory", "directory"])
def keeper(request: pytest.FixtureRequest, store: DirectoryStore) -> Anatomies:
    return MemoryAnatomies() if request.param == "memory" else store.anatomies


def file_of(store: DirectoryStore) -> Path:
    return store.root / "anatomy" / f"{ANATOMY_VERSION}.jsonl"


def test_nothing_is_known_of_a_text_at_first(keeper: Anatomies) -> None:
    assert keeper.find(A) is None


def test_what_is_kept_is_found_again(keeper: Anatomies) -> None:
    keeper.keep({A: COIN})
    keeper.keep({B: LARGE})
    assert (keeper.find(A), keeper.find(B)) == (COIN, LARGE)


def test_what_is_not_retained_is_gone_and_may_come_back(keeper: Anatomies) -> None:
    keeper.keep({A: COIN, B: LARGE})
    keeper.retain({B})
    assert (keeper.find(A), keeper.find(B)) == (None, LARGE)
    keeper.keep({A: LARGE})
    assert keeper.find(A) == LARGE
    keeper.retain(set())
    assert (keeper.find(A), keeper.find(B)) == (None, None)


def test_what_is_retained_lies_there_once_and_whole(store: DirectoryStore) -> None:
    for _ in range(2):
        AnatomyFile(store.place).keep({A: COIN, B: LARGE})
    file_of(store).with_name("0.jsonl").write_bytes(b"what an older version kept")
    with file_of(store).open("ab") as file:
        file.write(b"c" * 64 + b" 00000000 damaged\n")
    store.anatomies.retain({A, "c" * 64})
    assert [path.read_bytes().count(b"\n") for path in (store.root / "anatomy").iterdir()] == [1]
    assert AnatomyFile(store.place).find(A) == COIN


def test_another_process_finds_what_was_kept_before_and_after_it_looked(store: DirectoryStore) -> None:
    other = AnatomyFile(store.place)
    store.anatomies.keep({A: COIN})
    assert other.find(A) == COIN
    assert other.find(B) is None
    store.anatomies.keep({B: LARGE})
    assert other.find(B) == LARGE


def test_what_another_process_let_go_and_kept_anew_is_found(store: DirectoryStore) -> None:
    other = AnatomyFile(store.place)
    store.anatomies.keep({A: COIN, B: COIN})
    assert other.find(A) == COIN
    store.anatomies.retain(set())
    store.anatomies.keep({B: LARGE})
    assert AnatomyFile(store.place).find(B) == LARGE


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_a_damaged_line_is_not_believed(store: DirectoryStore, at: int) -> None:
    store.anatomies.keep({A: COIN, B: LARGE})
    path = file_of(store)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    read = AnatomyFile(store.place)
    assert read.find(A) in (COIN, None)
    assert read.find(B) in (LARGE, None)
    assert None in (read.find(A), read.find(B))


def test_a_torn_end_is_waited_for(store: DirectoryStore) -> None:
    store.anatomies.keep({A: COIN})
    path = file_of(store)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    read = AnatomyFile(store.place)
    assert read.find(A) is None
    path.write_bytes(whole)
    assert read.find(A) == COIN


def test_a_registry_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "nowhere", model_view)
    store.anatomies.keep({A: COIN})
    assert store.anatomies.find(A) == COIN
    assert not store.root.exists()


def test_what_another_process_made_anew_in_another_order_is_found(store: DirectoryStore) -> None:
    store.anatomies.keep({A: COIN})
    store.anatomies.keep({B: LARGE})
    other = AnatomyFile(store.place)
    assert other.find(B) == LARGE
    store.anatomies.retain(set())
    store.anatomies.keep({B: LARGE})
    store.anatomies.keep({A: COIN})
    assert other.find(A) == COIN
    assert AnatomyFile(store.place).find(B) == LARGE


def test_a_damaged_line_is_made_good_by_what_is_kept_in_its_place(store: DirectoryStore) -> None:
    store.anatomies.keep({A: COIN})
    path = file_of(store)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    read = AnatomyFile(store.place)
    assert read.find(A) is None
    read.keep({A: COIN})
    assert AnatomyFile(store.place).find(A) == COIN


def test_those_that_are_not_kept_in_memory_are_read_again(store: DirectoryStore) -> None:
    many = {f"{number:064x}": COIN if number % 2 else LARGE for number in range(2 * MOST_KNOWN)}
    many = {digest[::-1]: each for digest, each in many.items()}
    store.anatomies.keep(many)
    read = AnatomyFile(store.place)
    for _ in range(2):
        assert {digest: read.find(digest) for digest in many} == many
