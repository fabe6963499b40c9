"""The Python functions, called as programs and notebooks call them."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import model_registry
from model_registry import (
    ConfigError,
    LifecycleError,
    MetadataError,
    NotFoundError,
    RegistrationError,
    SearchError,
    SourceError,
    StorageError,
    VersionError,
    configure,
    create_model_version,
    extract_model_metadata,
    get_model_info,
    get_model_versions,
    register_model,
    search_models,
    update_model_metadata,
    validate_metadata,
)
from texts import coin


@pytest.fixture
def model_file(workplace: Path) -> Path:
    path = workplace / "coin.md"
    path.write_text(coin())
    return path


def test_the_registry_lies_below_the_working_directory(model_file: Path, workplace: Path) -> None:
    register_model(model_file)
    assert (workplace / "models" / "registry" / "models" / "coin-judge.json").is_file()


@pytest.mark.parametrize("path", ["coin.md", "./coin.md", "~/coin.md"])
def test_paths_may_be_text_relative_or_below_home(
    model_file: Path, path: str, monkeypatch: pytest.MonkeyPatch, workplace: Path
) -> None:
    monkeypatch.setenv("HOME", str(workplace / "home"))
    (workplace / "home").mkdir()
    (workplace / "home" / "coin.md").write_text(coin())
    assert register_model(path) == "coin-judge"


def test_which_registry_argument_over_environment_over_configured(
    model_file: Path, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure({"registry_path": "configured"})
    register_model(model_file)
    monkeypatch.setenv("MODEL_REGISTRY_PATH", str(workplace / "from-environment"))
    register_model(model_file)
    register_model(model_file, registry_path="argument")
    for place in ("configured", "from-environment", "argument"):
        assert (workplace / place / "format.json").is_file(), place


def test_the_root_and_the_home_directory_are_no_place_for_a_registry(
    model_file: Path, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(workplace))
    with pytest.raises(ConfigError) as refused:
        register_model(model_file)
    assert refused.value.code == "no_registry"
    assert isinstance(refused.value, RegistrationError)


def test_no_such_file_a_directory_and_a_pipe_are_refused(workplace: Path) -> None:
    import os

    os.mkfifo(workplace / "pipe.md")
    for path, code in [("missing.md", "no_such_file"), (".", "is_a_directory"), ("pipe.md", "not_a_file")]:
        with pytest.raises(SourceError) as refused:
            register_model(path)
        assert refused.value.code == code
    assert not (workplace / "models").exists()


def test_searching_and_asking_make_no_registry(workplace: Path) -> None:
    assert search_models("anything") == []
    with pytest.raises(NotFoundError):
        get_model_info("anything")
    assert list(workplace.iterdir()) == []


def test_a_version_from_the_file_the_model_came_from(model_file: Path) -> None:
    register_model(model_file)
    model_file.write_text(coin(heads=0.6))
    assert create_model_version("coin-judge") == "1.1.0"
    model_file.unlink()
    assert create_model_version("coin-judge") == "1.1.1"
    assert [version["version"] for version in get_model_versions("coin-judge")] == ["1.1.1", "1.1.0", "1.0.0"]


def test_what_creating_a_version_raises_is_a_version_error(model_file: Path) -> None:
    with pytest.raises(VersionError):
        create_model_version("unknown")
    register_model(model_file)
    model_registry.archive_model("coin-judge")
    with pytest.raises(VersionError) as refused:
        create_model_version("coin-judge")
    assert isinstance(refused.value, LifecycleError)


def test_what_searching_raises_is_a_search_error(model_file: Path) -> None:
    register_model(model_file)
    for query, filters in [('"open', None), ("coin", {"colour": "red"})]:
        with pytest.raises(SearchError):
            search_models(query, filters)


def test_metadata_is_extracted_and_validated(model_file: Path) -> None:
    metadata = extract_model_metadata(model_file)
    assert metadata["name"] == "Coin Judge"
    assert metadata["author"] == "Ada Example"
    validate_metadata(metadata)
    with pytest.raises(MetadataError, match="author is required"):
        validate_metadata({"name": "Coin Judge", "description": "long enough"})


def test_the_settings_of_the_description_are_taken_word_for_word(model_file: Path, workplace: Path) -> None:
    configure(
        config={
            "registry_path": "models/registry",
            "index_enabled": True,
            "versioning_enabled": True,
            "backup_enabled": True,
            "cleanup_enabled": True,
            "max_versions": 10,
            "archive_after_days": 365,
        },
        metadata_config={
            "required_fields": ["name", "description", "author"],
            "optional_fields": ["tags", "performance", "dependencies"],
            "validation_rules": {"name": "min_length:3", "description": "min_length:10", "performance": "range:0-1"},
            "auto_extraction": True,
            "validation_enabled": True,
        },
    )
    assert register_model(model_file) == "coin-judge"


def test_a_setting_that_is_unknown_or_wrong_is_refused_and_nothing_changes(model_file: Path) -> None:
    for config in ({"max_version": 3}, {"max_versions": 0}, {"index_enabled": "perhaps"}):
        with pytest.raises(ConfigError):
            configure(config)
    register_model(model_file)


def test_versioning_switched_off_refuses_changed_content(model_file: Path) -> None:
    configure({"versioning_enabled": False})
    register_model(model_file)
    model_file.write_text(coin(heads=0.6))
    with pytest.raises(RegistrationError) as refused:
        register_model(model_file)
    assert refused.value.code == "versioning_disabled"


def test_validation_switched_off_makes_findings_of_faults(model_file: Path) -> None:
    configure(metadata_config={"validation_enabled": False})
    assert register_model(model_file, {"description": "short"}) == "coin-judge"


def test_extraction_switched_off_takes_only_what_is_given(model_file: Path) -> None:
    configure(metadata_config={"auto_extraction": False})
    with pytest.raises(MetadataError, match="name is required"):
        register_model(model_file)
    given = {"name": "Given Name", "description": "given by hand", "author": "Ada"}
    assert get_model_info(register_model(model_file, given))["name"] == "Given Name"


def test_searching_without_an_index_still_finds(model_file: Path, workplace: Path) -> None:
    configure({"index_enabled": False})
    register_model(model_file)
    assert [hit["id"] for hit in search_models("judge")] == ["coin-judge"]
    assert not (workplace / "models" / "registry" / "index").exists()


def test_an_author_nobody_wrote_down_is_marked_as_derived(workplace: Path) -> None:
    path = workplace / "anonymous.md"
    path.write_text(coin().replace("Author: Ada Example\n", ""))
    info = get_model_info(register_model(path))
    assert info["author"]
    assert info["derived"] == {"author": "account"}


def test_performance_and_dependencies_belong_to_a_version(model_file: Path) -> None:
    register_model(model_file, {"performance": 0.9, "dependencies": ["other-model@^1"]})
    model_file.write_text(coin(heads=0.6))
    register_model(model_file)
    info = get_model_info("coin-judge")
    assert info["performance"] == {}
    assert [row["id"] for row in info["dependencies"]["requires"]] == ["other-model"]
    assert update_model_metadata("coin-judge", {"performance": {"score": 0.95, "loss": 2.5}}) is True
    newest, oldest = get_model_versions("coin-judge")
    assert newest["performance_delta"] == {"score": pytest.approx(0.05)}
    assert oldest["performance"] == {"score": 0.9}


def test_debugging_tells_each_stage(model_file: Path, caplog: pytest.LogCaptureFixture) -> None:
    register_model(model_file)
    model_file.write_text(coin(heads=0.6))
    assert caplog.messages == []
    with caplog.at_level(logging.DEBUG, "model_registry"):
        register_model(model_file, debug=True, verbose=True)
        search_models("coin", debug=True)
    assert [re.sub(r"[\d.]+ ms", "TIME", message) for message in caplog.messages] == [
        "understood coin.md: 4 variables, 3 connections, 0 findings (TIME)",
        "decided on new_version: coin-judge@1.1.0, required step minor (TIME)",
        "decided 1 operations at event 1 (TIME)",
        "committed 1 events, now at event 2 (TIME)",
        "found 1 at event 2 (TIME)",
    ]


def test_an_unwritable_place_is_a_storage_error(model_file: Path, workplace: Path) -> None:
    (workplace / "blocked").write_text("a file")
    with pytest.raises(StorageError):
        register_model(model_file, registry_path="blocked/registry")


def test_an_unknown_environment_variable_is_named(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_REGISTRY_MAX_VERSION", "3")
    with pytest.raises(ConfigError, match="MODEL_REGISTRY_MAX_VERSION") as refused:
        register_model(model_file)
    assert "MODEL_REGISTRY_MAX_VERSIONS" in refused.value.hint
