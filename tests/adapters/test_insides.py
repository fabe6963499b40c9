"""What texts tell is kept beside them: showing a model reads no text, and nothing depends on what is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from model_registry.adapters.files import Files
from model_registry.bootstrap import open_registry
from texts import coin, source


class NotingFiles(Files):
    """Notes which files are read."""

    def __init__(self) -> None:
        self.seen: list[Path] = []

    def read(self, path: Path, offset: int = 0, size: int = -1) -> bytes | None:
        self.seen.append(path)
        return super().read(path, offset, size)

    def texts(self, place: Path) -> list[Path]:
        return [path for path in self.seen if place / "sources" in path.parents]


def kept(place: Path) -> list[Path]:
    return [path for path in (place / "inside").rglob("*") if path.is_file()]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    registry = open_registry(tmp_path / "registry")
    registry.register_model(source(coin()))
    registry.register_model(source(coin("Other", heads=0.7)))
    return tmp_path / "registry"


def test_another_process_shows_a_model_without_reading_its_text(place: Path) -> None:
    files = NotingFiles()
    shown = open_registry(place, files=files).get_model_info("other")
    assert files.texts(place) == []
    for path in kept(place):
        path.unlink()
    again = open_registry(place, files=files).get_model_info("other")
    assert len(files.texts(place)) == 1
    assert shown == {**again, "usage": shown["usage"]}
    assert [finding["code"] for finding in shown["diagnostics"]] == [each["code"] for each in again["diagnostics"]]
    assert shown["structure"]["variables"][0]["name"] == "s"


def test_what_was_not_kept_is_kept_when_it_is_first_asked_for(place: Path) -> None:
    for path in kept(place):
        path.unlink()
    open_registry(place).get_model_info("other")
    assert len(kept(place)) == 1


@pytest.mark.parametrize("damage", [b"", b"noise", b"00000000 {}", b"zz {}", b"\xff", b"[" * 100_000])
def test_what_is_damaged_counts_for_nothing(place: Path, damage: bytes) -> None:
    before = open_registry(place).get_model_info("other")
    for path in kept(place):
        path.write_bytes(damage or path.read_bytes()[:-1])
    after = open_registry(place).get_model_info("other")
    assert after == {**before, "usage": after["usage"]}


def test_a_lost_text_is_told_though_something_is_kept_of_it(place: Path) -> None:
    digest = open_registry(place).catalogue().entries["other"].newest.digest
    (place / "sources" / digest[:2] / digest).unlink()
    shown = open_registry(place).get_model_info("other")
    assert shown["structure"] is None
    assert [finding["code"] for finding in shown["diagnostics"]] == ["source_gone"]


def test_building_anew_reads_no_text_and_lets_go_of_what_no_current_text_tells(place: Path) -> None:
    registry = open_registry(place)
    registry.register_model(source(coin("Other", heads=0.8)))
    old = place / "inside" / "1-of-the-past" / "ab" / "abcd"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"00000000 {}")
    assert len(kept(place)) == 4
    files = NotingFiles()
    registry = open_registry(place, files=files)
    registry.update_indexes()
    assert files.texts(place) == []
    assert {path.name for path in kept(place)} == {
        entry.current_version.digest for entry in registry.catalogue().entries.values()
    }


def test_a_lost_index_is_built_again_without_a_text_and_finds_the_same(place: Path) -> None:
    queries = ("hidden", "other", "ontology:HiddenState", "variable:s", "states:2", "equation:toss", "fair")
    registry = open_registry(place)
    before = {query: registry.search_models(query)["items"] for query in queries}
    shutil.rmtree(place / "index")
    files = NotingFiles()
    quick = open_registry(place, files=files)
    quick.prepare_search()
    assert files.texts(place) == []
    assert {query: quick.search_models(query)["items"] for query in queries} == before
    shutil.rmtree(place / "index")
    shutil.rmtree(place / "inside")
    shutil.rmtree(place / "anatomy")
    slow = open_registry(place)
    assert {query: slow.search_models(query)["items"] for query in queries} == before


def test_a_registry_that_may_not_be_written_is_shown_all_the_same(place: Path) -> None:
    for path in kept(place):
        path.unlink()
    place.chmod(0o500)
    try:
        assert open_registry(place).get_model_info("other")["structure"]
        assert kept(place) == []
    finally:
        place.chmod(0o700)
