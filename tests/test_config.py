"""The settings: where each may stand, what each does, and how what is wrong is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import model_registry as front
from model_registry import ConfigError, MetadataError, Registry, RegistryError, VersionNumberError, open_registry
from model_registry.cli import app
from model_registry.config import RegistryConfig
from texts import coin, source

SETTINGS: dict[str, Any] = {
    "index_enabled": False,
    "versioning_enabled": False,
    "backup_enabled": False,
    "cleanup_enabled": False,
    "max_versions": 1,
    "archive_after_days": 5,
    "retention_days": 2,
    "max_source_bytes": 100,
    "default_author": "Grace Example",
    "metadata.required_fields": ["name", "license"],
    "metadata.optional_fields": ["licence"],
    "metadata.validation_rules": {"name": "max_length:5"},
    "metadata.auto_extraction": False,
    "metadata.validation_enabled": False,
}
"""Setting -> a value other than its default."""

SOURCES = ("python", "environment", "config.json")

RunSet = Callable[[str, str, Any], Registry]


class Calendar:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def opened(workplace: Path, monkeypatch: pytest.MonkeyPatch, calendar: Calendar) -> RunSet:
    """Give what opens a registry that has one setting from one place."""

    def open_with(origin: str, key: str, value: Any) -> Registry:
        given: dict[str, Any] = {}
        if origin == "python":
            given = as_layer(key, value)
        elif origin == "environment":
            monkeypatch.setenv(variable(key), value if isinstance(value, str) else json.dumps(value))
        else:
            write_config(workplace, as_layer(key, value))
        return open_registry("models/registry", given, clock=calendar)

    return open_with


def as_layer(key: str, value: Any) -> dict[str, Any]:
    outer, _, inner = key.partition(".")
    return {outer: {inner: value}} if inner else {key: value}


def variable(key: str) -> str:
    return "MODEL_REGISTRY_" + key.upper().replace(".", "__")


def write_config(workplace: Path, settings: Any) -> Path:
    path = workplace / "models" / "registry" / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    return path


def shown(*options: str) -> dict[str, dict[str, Any]]:
    done = CliRunner().invoke(app, ["config", "show", "--json", *options])
    assert done.exit_code == 0, done.output
    settings: dict[str, dict[str, Any]] = json.loads(done.stdout)["settings"]
    return settings


def no_index_is_made(registry: Registry) -> None:
    registry.register_model(source())
    registry.search_models("coin")
    assert not (Path(registry.place) / "index").exists()


def change_is_refused(registry: Registry) -> None:
    registry.register_model(source())
    with pytest.raises(VersionNumberError, match="versioning is off"):
        registry.register_model(source(coin(heads=0.7)))


def processed(registry: Registry) -> tuple[str, ...]:
    from model_registry.pipeline import run_pipeline

    target = Path("incoming")
    target.mkdir()
    (target / "coin.md").write_text(coin())
    return run_pipeline(registry, target, "output").maintenance


def nothing_is_backed_up(registry: Registry) -> None:
    assert processed(registry) == ()


def nothing_is_cleaned_up(registry: Registry) -> None:
    registry.register_model(source(coin("Old Coin")))
    registry.deprecate_model("old-coin", "old", sunset="2020-01-01")
    assert not any(line.startswith("cleanup") for line in processed(registry))


def older_versions_are_pruned(registry: Registry) -> None:
    for heads in (0.5, 0.6):
        registry.register_model(source(coin(heads=heads)))
    registry.cleanup_registry(dry_run=False)
    states = [version["state"] for version in registry.get_model_versions("coin-judge")["items"]]
    assert states == ["registered", "pruned"]


def idle_models_are_archived(registry: Registry) -> None:
    registry.register_model(source())
    later(registry, days=6)
    assert [row["action"] for row in registry.cleanup_registry(dry_run=True)["actions"]] == ["archive"]


def deleted_models_are_purged(registry: Registry) -> None:
    registry.register_model(source())
    registry.delete_model("coin-judge")
    later(registry, days=3)
    assert [row["action"] for row in registry.cleanup_registry(dry_run=True)["actions"]] == ["purge"]


def later(registry: Registry, days: int) -> None:
    registry._clock.now += timedelta(days=days)  # type: ignore[attr-defined]


def large_texts_are_refused(registry: Registry) -> None:
    with pytest.raises(RegistryError, match="at most 100 are accepted"):
        registry.register_model(source())


def nobodys_model_is_by_that_author(registry: Registry) -> None:
    registry.register_model(source(coin().replace("Author: Ada Example\n", "")))
    assert registry.get_model_info("coin-judge")["author"] == "Grace Example"


def a_license_is_asked_for_and_no_author(registry: Registry) -> None:
    with pytest.raises(MetadataError) as refused:
        registry.register_model(source())
    assert [fault["field"] for fault in refused.value.facts["faults"]] == ["license"]
    assert registry.register_model(source(), {"license": "MIT"})["outcome"] == "created"


def what_nobody_foresaw_is_kept_and_told(registry: Registry) -> None:
    told = registry.register_model(source(), {"licence": "MIT", "licenses": "MIT", "colour": "red"})
    noted = [(row["code"], row["message"].split()[0], row["hint"]) for row in told["diagnostics"]]
    assert noted == [
        ("M002", "licenses", "Did you mean licence?"),
        ("M002", "colour", "Name it in optional_fields if it is meant to be there."),
    ]
    extra = registry.get_model_info("coin-judge")["metadata"]["extra"]
    assert extra == {"licence": "MIT", "licenses": "MIT", "colour": "red"}


def long_names_are_refused(registry: Registry) -> None:
    with pytest.raises(MetadataError, match="name has 10 characters, at most 5 are allowed"):
        registry.register_model(source())
    assert registry.register_model(source(), {"name": "Coin"})["outcome"] == "created"


def only_what_is_given_is_taken(registry: Registry) -> None:
    with pytest.raises(MetadataError, match="name is required"):
        registry.register_model(source())


def faults_become_findings(registry: Registry) -> None:
    told = registry.register_model(source(), {"description": "short"})
    assert [(row["code"], row["severity"]) for row in told["diagnostics"]] == [("M001", "error")]
    registry.update_model_metadata("coin-judge", {"description": "tiny"})
    assert registry.get_model_info("coin-judge")["description"] == "tiny"


EFFECTS: dict[str, Callable[[Registry], None]] = {
    "index_enabled": no_index_is_made,
    "versioning_enabled": change_is_refused,
    "backup_enabled": nothing_is_backed_up,
    "cleanup_enabled": nothing_is_cleaned_up,
    "max_versions": older_versions_are_pruned,
    "archive_after_days": idle_models_are_archived,
    "retention_days": deleted_models_are_purged,
    "max_source_bytes": large_texts_are_refused,
    "default_author": nobodys_model_is_by_that_author,
    "metadata.required_fields": a_license_is_asked_for_and_no_author,
    "metadata.optional_fields": what_nobody_foresaw_is_kept_and_told,
    "metadata.validation_rules": long_names_are_refused,
    "metadata.auto_extraction": only_what_is_given_is_taken,
    "metadata.validation_enabled": faults_become_findings,
}
"""Setting -> what holds when it has the value of `SETTINGS`, and does not hold by default."""


def test_every_setting_is_tried() -> None:
    known = RegistryConfig().model_dump()
    keys = {*known, *(f"metadata.{key}" for key in known["metadata"])} - {"metadata", "registry_path"}
    assert set(EFFECTS) == set(SETTINGS) == keys


@pytest.mark.parametrize("origin", SOURCES)
@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_has_its_effect_wherever_it_stands(opened: RunSet, key: str, origin: str) -> None:
    EFFECTS[key](opened(origin, key, SETTINGS[key]))


@pytest.mark.parametrize("key", SETTINGS)
def test_by_default_the_effect_is_not_there(workplace: Path, calendar: Calendar, key: str) -> None:
    with pytest.raises((AssertionError, RegistryError, pytest.fail.Exception)):
        EFFECTS[key](open_registry("models/registry", clock=calendar))


@pytest.mark.parametrize("origin", SOURCES[1:])
@pytest.mark.parametrize("key", SETTINGS)
def test_show_tells_the_value_and_where_it_came_from(opened: RunSet, key: str, origin: str) -> None:
    opened(origin, key, SETTINGS[key])
    rows = shown()
    assert rows.pop(key) == {"value": SETTINGS[key], "from": origin}
    assert {row["from"] for row in rows.values()} == {"default"}


class TestTheRegistryPath:
    def test_stands_in_an_argument_an_option_a_variable_or_in_configure(
        self, workplace: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert shown()["registry_path"] == {"value": "models/registry", "from": "default"}
        monkeypatch.setenv("MODEL_REGISTRY_PATH", "elsewhere")
        assert shown()["registry_path"] == {"value": "elsewhere", "from": "environment"}
        assert shown("--registry", "named")["registry_path"] == {"value": "named", "from": "--registry"}
        assert open_registry().place == str(workplace / "elsewhere")
        assert open_registry("named").place == str(workplace / "named")

    def test_a_config_json_that_names_another_registry_is_refused(self, workplace: Path) -> None:
        write_config(workplace, {"registry_path": "models/registry", "max_versions": 3})
        assert open_registry().config.max_versions == 3
        write_config(workplace, {"registry_path": "elsewhere"})
        with pytest.raises(ConfigError, match="names another registry") as refused:
            open_registry()
        assert "--registry" in refused.value.hint

    def test_has_one_variable_only(self, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MODEL_REGISTRY_REGISTRY_PATH", "elsewhere")
        with pytest.raises(ConfigError, match="unknown environment variable"):
            open_registry()


class TestPrecedence:
    def test_python_over_environment_over_config_json_key_by_key(
        self, workplace: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_config(
            workplace,
            {"max_versions": 2, "retention_days": 2, "metadata": {"auto_extraction": False, "required_fields": []}},
        )
        monkeypatch.setenv("MODEL_REGISTRY_MAX_VERSIONS", "3")
        monkeypatch.setenv("MODEL_REGISTRY_METADATA__REQUIRED_FIELDS", '["name"]')
        monkeypatch.setenv("MODEL_REGISTRY_ARCHIVE_AFTER_DAYS", "3")
        config = open_registry(None, {"archive_after_days": 4, "metadata": {"validation_enabled": False}}).config
        assert (config.max_versions, config.retention_days, config.archive_after_days) == (3, 2, 4)
        assert config.metadata.required_fields == ("name",)
        assert (config.metadata.auto_extraction, config.metadata.validation_enabled) == (False, False)

    def test_rules_of_the_environment_hold_for_the_functions_too(
        self, workplace: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MODEL_REGISTRY_METADATA__REQUIRED_FIELDS", '["license"]')
        front.validate_metadata({"license": "MIT"})
        with pytest.raises(MetadataError, match="license is required"):
            front.validate_metadata({"name": "A Coin"})

    def test_one_half_of_configure_leaves_the_other_and_an_empty_one_clears_it(self, workplace: Path) -> None:
        front.configure({"default_author": "Grace"}, {"auto_extraction": False})
        front.configure({"max_versions": 3})
        with pytest.raises(MetadataError):
            front.register_model(written(workplace))
        front.configure(metadata_config={})
        assert front.get_model_info(front.register_model(written(workplace)))["author"] == "Ada Example"

    def test_a_run_takes_settings_of_its_own(self, workplace: Path, caplog: pytest.LogCaptureFixture) -> None:
        written(workplace)
        assert (
            front.process_model_registry(workplace, "output", metadata_config={"required_fields": ["license"]}) is False
        )
        assert "license is required" in caplog.text
        assert front.process_model_registry(workplace, "output", config={"backup_enabled": False})
        assert not list((workplace / "models" / "registry" / "backups").iterdir())


def written(workplace: Path) -> Path:
    path = workplace / "coin.md"
    path.write_text(coin())
    return path


WRONG: list[tuple[Any, str, str]] = [
    ({"max_version": 3}, "unknown setting 'max_version'", "Did you mean max_versions?"),
    ({"metadata": {"required_field": []}}, "unknown setting 'metadata.required_field'", "metadata.required_fields?"),
    ({5: 1}, "unknown setting '5'", "Known: "),
    ({"max_versions": 0}, "max_versions (python): Input should be greater than or equal to 1", "default"),
    ({"index_enabled": "perhaps"}, "index_enabled (python)", "default"),
    ({"metadata": 5}, "metadata (python)", "default"),
    ({"metadata": {"validation_rules": {"name": "min_lenght:3"}}}, "did you mean min_length? known are", "default"),
    ({"metadata": {"validation_rules": {"name": "colour:red"}}}, "unknown rule 'colour'; known are", "default"),
    ({"metadata": {"validation_rules": {"name": ""}}}, "unknown rule ''", "default"),
    ({"metadata": {"validation_rules": {"name": "min_length:x"}}}, "such as min_length:3, not 'x'", "default"),
    ({"metadata": {"validation_rules": {"name": "max_length"}}}, "such as max_length:80, not ''", "default"),
    ({"metadata": {"validation_rules": {"name": "range:1-0"}}}, "such as range:0-1, not '1-0'", "default"),
    ({"metadata": {"validation_rules": {"name": "range:low-high"}}}, "such as range:0-1", "default"),
    ({"metadata": {"validation_rules": {"name": "pattern:("}}}, "a regular expression", "default"),
    ({"metadata": {"validation_rules": {"name": "one_of:a,,b"}}}, "words with commas", "default"),
    ("text", "config must be a mapping", "dict"),
]


@pytest.mark.parametrize(("given", "message", "hint"), WRONG, ids=lambda case: str(case)[:50])
def test_what_is_wrong_is_told_with_what_was_meant_and_changes_nothing(
    workplace: Path, given: Any, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        front.configure(given)
    assert message in refused.value.message
    assert hint in refused.value.hint
    front.register_model(written(workplace))


@pytest.mark.parametrize("text", ["{", "[]", "5", '"text"', '{"max_version": 1}', "[" * 100_000])
def test_a_config_json_that_cannot_be_used_is_told(workplace: Path, text: str) -> None:
    write_config(workplace, text)
    with pytest.raises(ConfigError):
        open_registry()


@pytest.mark.parametrize("name", ["METADATA", "METADATA__REQUIRED_FIELDS", "METADATA__VALIDATION_RULES"])
def test_a_variable_that_is_no_json_is_told_with_an_example(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"MODEL_REGISTRY_{name}", "name,author")
    with pytest.raises(ConfigError) as refused:
        open_registry()
    assert refused.value.code == "invalid_setting"
