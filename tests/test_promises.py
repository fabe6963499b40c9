"""What the description of the module promises and no other test shows; its table is in the inner README."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from model_registry import (
    DependencyError,
    MetadataError,
    archive_model,
    backup_registry,
    compare_model_versions,
    create_model_version,
    delete_model,
    generate_registry_statistics,
    get_audit_trail,
    get_metadata_history,
    get_model_info,
    get_model_versions,
    open_registry,
    process_model_registry,
    register_model,
    restore_model,
    search_models,
    update_model_metadata,
)
from model_registry.adapters.files import Files
from model_registry.adapters.memory_index import MemoryIndex
from model_registry.bootstrap import memory_registry
from model_registry.domain.found import Found, Numbering
from model_registry.domain.query import Query
from texts import coin, source

OUTPUT = Path("output") / "model_registry"
LARGEST_METADATA, LARGEST_INDEX, LARGEST_VERSION, LARGEST_BACKUP = 10_000, 50_000, 5_000, 3
"""The most that the description allows a model, its index, a version (in bytes), and backups (of the registry)."""


@pytest.fixture
def model_file(workplace: Path) -> Path:
    path = workplace / "coin.md"
    path.write_text(coin())
    return path


@pytest.fixture
def two_versions(model_file: Path) -> str:
    """Give a model whose second version lacks an edge of the first, and needs and scores more."""
    model_id = register_model(model_file, {"performance": 0.5, "dependencies": ["toolbox@^1"]})
    model_file.write_text(coin(annotation="Judges a coin without looking at it.").replace("A-o\n", ""))
    more = {"performance": 0.75, "dependencies": ["toolbox@^2", "pypi:numpy>=2"], "tags": ["blind"]}
    register_model(model_file, more, reason="the outcome is hidden now", actor="grace")
    return model_id


def test_information_holds_the_metadata_and_properties_of_a_model(model_file: Path) -> None:
    info = get_model_info(register_model(model_file, {"tags": ["toy"], "license": "MIT"}))
    assert {key: info[key] for key in ("id", "name", "author", "tags", "state", "kinds", "current_version")} == {
        "id": "coin-judge",
        "name": "Coin Judge",
        "author": "Ada Example",
        "tags": ["toy"],
        "state": "active",
        "kinds": ["static"],
        "current_version": "1.0.0",
    }
    assert info["description"].startswith("Judges from one toss")
    assert info["metadata"]["extra"] == {"license": "MIT"}
    assert [variable["name"] for variable in info["structure"]["variables"]] == ["s", "o", "A", "D"]
    assert len(info["structure"]["connections"]) == 3


class TestHistory:
    """Everything that the history of a model's versions promises."""

    def test_numbers_and_timestamps(self, two_versions: str) -> None:
        newest, oldest = get_model_versions(two_versions)
        assert [oldest["version"], newest["version"]] == ["1.0.0", "2.0.0"]
        assert oldest["created_at"] < newest["created_at"]
        assert get_model_info(two_versions)["versions"] == [newest, oldest]

    def test_descriptions_of_changes_computed_and_given(self, two_versions: str) -> None:
        newest = get_model_versions(two_versions)[0]
        assert (newest["bump"], newest["reason"], newest["author"]) == ("major", "the outcome is hidden now", "grace")
        assert "edge-removed" in {change["kind"] for change in newest["changes"]}
        assert newest["summary"] == "1 edge removed; annotation reworded"

    def test_performance_and_dependencies_against_the_version_before(self, two_versions: str) -> None:
        newest = get_model_versions(two_versions)[0]
        assert newest["performance_delta"] == {"score": 0.25}
        assert newest["dependency_changes"] == [
            {"change": "removed", "requirement": "toolbox@^1"},
            {"change": "added", "requirement": "pypi:numpy>=2"},
            {"change": "added", "requirement": "toolbox@^2"},
        ]

    def test_migration_notes_stay_with_the_version_that_asks_for_them(self, two_versions: str) -> None:
        newest, oldest = get_model_versions(two_versions)
        assert any("A" in note for note in newest["migration_notes"])
        assert not oldest["migration_notes"]

    def test_a_comparison_tells_metadata_dependencies_and_what_it_takes_to_migrate(self, two_versions: str) -> None:
        told = compare_model_versions(two_versions, "1.0.0", "2.0.0")
        assert told["required_bump"] == "major"
        assert told["migration_notes"] == get_model_versions(two_versions)[0]["migration_notes"]
        assert {"description", "tags"} <= {change["name"] for change in told["metadata_changes"]}
        assert [row["requirement"] for row in told["dependency_changes"]] == [
            "toolbox@^1",
            "pypi:numpy>=2",
            "toolbox@^2",
        ]
        assert told["performance_delta"] == {"score": 0.25}
        back = compare_model_versions(two_versions, "2.0.0", "1.0.0")
        assert back["performance_delta"] == {"score": -0.25}


class TestNewVersions:
    """What creating a version promises beyond its number."""

    def test_what_changed_in_the_file_is_tracked(self, model_file: Path) -> None:
        model_id = register_model(model_file)
        model_file.write_text(coin(heads=0.75))
        assert create_model_version(model_id) == "1.1.0"
        (change,) = get_model_versions(model_id)[0]["changes"]
        assert (change["kind"], change["name"], change["bump"]) == ("parameter-values", "A", "minor")

    def test_dependencies_are_inherited_until_others_are_given(self, model_file: Path) -> None:
        model_id = register_model(model_file, {"dependencies": ["toolbox@^1"]})
        create_model_version(model_id)
        create_model_version(model_id, metadata={"dependencies": ["toolbox@^2"]})
        versions = get_model_versions(model_id)
        assert [row["dependencies"] for row in versions] == [["toolbox@^2"], ["toolbox@^1"], ["toolbox@^1"]]
        assert not versions[1]["dependency_changes"]

    def test_a_dependency_conflict_is_resolved_or_forced_with_a_reason(self, model_file: Path, workplace: Path) -> None:
        register_model(model_file)
        other = workplace / "other.md"
        other.write_text(coin("Other Coin", heads=0.75))
        register_model(other, {"dependencies": ["coin-judge@^1"]})
        circle = {"dependencies": ["other-coin@^1"]}
        with pytest.raises(DependencyError, match="coin-judge"):
            create_model_version("coin-judge", metadata=circle)
        with pytest.raises(DependencyError):
            create_model_version("coin-judge", metadata=circle, force=True)
        assert create_model_version("coin-judge", metadata=circle, force=True, reason="agreed") == "1.0.1"
        event = get_audit_trail("coin-judge")["items"][0]
        assert (event["reason"], len(event["data"]["forced"])) == ("agreed", 1)


class TestUpdates:
    """What updating metadata promises."""

    def test_what_breaks_a_rule_is_refused_whole(self, two_versions: str) -> None:
        before = get_model_info(two_versions)
        with pytest.raises(MetadataError) as refused:
            update_model_metadata(two_versions, {"name": "X", "performance": 7, "tags": ["other"]})
        assert [fault["field"] for fault in refused.value.facts["faults"]] == ["name", "performance"]
        after = get_model_info(two_versions)
        assert {**after, "usage": None} == {**before, "usage": None}

    def test_each_one_is_a_revision_and_stands_in_the_history(self, two_versions: str) -> None:
        revision = get_model_info(two_versions)["revision"]
        update_model_metadata(two_versions, {"description": "Judges coins behind a curtain."}, reason="clearer")
        assert get_model_info(two_versions)["revision"] == revision + 1
        newest = get_metadata_history(two_versions, field="description")["fields"]["description"][0]
        assert (newest["after"], newest["reason"]) == ("Judges coins behind a curtain.", "clearer")

    def test_dependencies_and_performance_of_any_version_can_be_set(self, two_versions: str) -> None:
        update_model_metadata(two_versions, {"dependencies": ["toolbox@~1.4"]})
        update_model_metadata(two_versions, {"performance": {"score": 0.25, "loss": 3.5}}, version="1.0.0")
        info = get_model_info(two_versions)
        assert [row["requirement"] for row in info["dependencies"]["requires"]] == ["toolbox@~1.4"]
        assert info["versions"][1]["performance"] == {"score": 0.25, "loss": 3.5}
        assert info["versions"][0]["performance_delta"] == {"score": 0.5}


class TestPuttingAway:
    """What archiving and deleting promise beyond the state."""

    def test_an_archived_model_says_who_archived_it_why_and_when(self, two_versions: str) -> None:
        archive_model(two_versions, "no longer maintained", actor="grace")
        info = get_model_info(two_versions)
        event = get_audit_trail(two_versions)["items"][0]
        assert (info["state"], info["state_reason"]) == ("archived", "no longer maintained")
        assert (event["kind"], event["actor"], event["reason"]) == ("model_archived", "grace", "no longer maintained")
        assert info["versions"][0]["version"] == "2.0.0"

    def test_a_deleted_model_lies_in_a_backup_with_its_texts_and_comes_back_whole(self, two_versions: str) -> None:
        before = get_model_info(two_versions)
        delete_model(two_versions, reason="a mistake")
        backup = get_audit_trail(two_versions)["items"][0]["data"]["backup"]
        with zipfile.ZipFile(Path("models") / "registry" / "backups" / Path(backup).name) as archive:
            held = {Path(name).name for name in archive.namelist()}
        assert {version["digest"] for version in before["versions"]} <= held
        restore_model(two_versions)
        assert get_model_info(two_versions)["versions"] == before["versions"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"metadata": {"license": "MIT"}}, ["coin-a"]),
        ({"version": "^1"}, ["coin-a", "coin-b"]),
        ({"version": ">=2"}, ["coin-c"]),
        ({"performance": {"accuracy": 0.5}}, ["coin-b"]),
        ({"min_performance": 0.5}, ["coin-a"]),
        ({"tags": ["toy"], "version": "1.x", "min_performance": 0.5}, ["coin-a"]),
    ],
    ids=str,
)
def test_filters_take_extra_metadata_versions_and_any_metric(filters: dict[str, Any], found: list[str]) -> None:
    registry = memory_registry()
    registry.register_model(source(coin("Coin A")), {"license": "MIT", "performance": 0.75, "tags": ["toy"]})
    registry.register_model(source(coin("Coin B")), {"performance": {"accuracy": 0.75, "score": 0.25}, "tags": ["toy"]})
    registry.register_model(source(coin("Coin C")), {"version": "2.0.0", "tags": ["toy"]})
    assert sorted(hit["id"] for hit in registry.search_models("coin", filters)["items"]) == found


class TestTheSevenFiles:
    """Each output file holds what its line of the description says, of every model."""

    @pytest.fixture(autouse=True)
    def processed(self, two_versions: str, workplace: Path) -> None:
        (workplace / "other.md").write_text(coin("Other Coin", heads=0.75))
        assert process_model_registry(workplace, "output")

    def read(self, name: str) -> Any:
        return json.loads((OUTPUT / name).read_text("utf-8"))

    @pytest.mark.parametrize(
        "name", ["registry.json", "model_index.json", "metadata_index.json", "version_history.json"]
    )
    def test_a_file_for_programs_names_every_model(self, name: str) -> None:
        text = json.dumps(self.read(name))
        assert all(f'"{model_id}"' in text for model_id in ("coin-judge", "other-coin"))

    def test_the_complete_data_have_every_version(self) -> None:
        models = {model["id"]: model for model in self.read("registry.json")["models"]}
        assert [version["version"] for version in models["coin-judge"]["versions"]] == ["2.0.0", "1.0.0"]

    def test_the_statistics_are_those_of_the_registry(self) -> None:
        written, asked = self.read("registry_statistics.json"), generate_registry_statistics()
        assert (written["models"], written["versions"]) == (
            asked["models"],
            asked["versions"],
        )

    @pytest.mark.parametrize("name", ["registry_report.md", "registry_summary.md"])
    def test_a_page_for_people_names_every_model(self, name: str) -> None:
        text = (OUTPUT / name).read_text("utf-8")
        assert all(model_id in text for model_id in ("coin-judge", "other-coin"))


class TextFiles(Files):
    """Notes which texts of models are read, or what is kept of them."""

    def __init__(self) -> None:
        self.read_texts: list[str] = []

    def read(self, path: Path, offset: int = 0, size: int = -1) -> bytes | None:
        if {"sources", "inside"} & set(path.parts):
            self.read_texts.append(path.name)
        return super().read(path, offset, size)


def test_catching_up_reads_the_changed_model_and_no_other(workplace: Path) -> None:
    registry = open_registry("registry")
    for number in range(30):
        registry.register_model(source(coin(f"Coin {number}", heads=number / 100)))
    registry.catch_up()
    open_registry("registry").register_model(source(coin("Coin 7", heads=0.95, annotation="A changed annotation.")))
    files = TextFiles()
    later = open_registry("registry", files=files)
    assert later.search_models("changed annotation")["complete"]
    changed = later.get_model_info("coin-7")["versions"][0]["digest"]
    assert set(files.read_texts) == {changed}


class CountingIndex(MemoryIndex):
    """Counts how often words are looked for."""

    searches = 0

    def search(self, query: Query, models: Numbering) -> Found:
        self.searches += 1
        return super().search(query, models)


def test_a_question_asked_again_is_answered_from_memory_until_somebody_writes() -> None:
    registry = memory_registry()
    registry._finder._index = index = CountingIndex()
    registry.register_model(source())
    answers = [registry.search_models("coin", limit=limit)["items"] for limit in (20, 1, 20)]
    assert answers[0] == answers[1] == answers[2]
    assert index.searches == 1
    registry.update_model_metadata("coin-judge", {"tags": ["changed"]})
    assert registry.search_models("coin")["items"][0]["tags"] == ["changed"]
    assert index.searches == 2


def test_registering_leaves_the_indexing_for_later(model_file: Path) -> None:
    register_model(model_file)
    index = Path("models") / "registry" / "index"
    assert not list(index.rglob("*"))
    search_models("coin")
    assert list(index.rglob("*"))


def size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def test_storage_stays_within_what_the_description_allows(workplace: Path, examples: list[Path]) -> None:
    ids = [register_model(path) for path in examples]
    search_models("state")
    registry = Path("models") / "registry"
    assert max(path.stat().st_size for path in (registry / "models").iterdir()) <= LARGEST_METADATA
    assert size(registry / "index") / len(ids) <= LARGEST_INDEX
    before = size(registry)
    for model_id in ids:
        create_model_version(model_id)
    assert (size(registry) - before) / len(ids) <= LARGEST_VERSION
    base = size(registry)
    backup_registry()
    assert size(registry / "backups") / base <= LARGEST_BACKUP


def test_a_backup_compresses_the_log_and_the_texts(workplace: Path, examples: list[Path]) -> None:
    for path in examples:
        register_model(path)
    with zipfile.ZipFile(Path("models") / "registry" / backup_registry()["backup"]) as archive:
        parts = [part for part in archive.infolist() if part.file_size > 2_000]
    assert len(parts) > len(examples) / 2
    assert sum(part.compress_size for part in parts) < sum(part.file_size for part in parts) / 2
