"""What callers give by mistake: each is refused with an error of the operation's own, that says what it must be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import model_registry as front
from model_registry import (
    ConfigError,
    ConflictError,
    LifecycleError,
    MetadataError,
    NotFoundError,
    RegistrationError,
    RegistryError,
    SearchError,
    SourceError,
    VersionError,
)
from texts import coin

NO_TEXTS: list[Any] = [None, 5, b"bytes", ["list"], {"a": "mapping"}, 1.5]

Call = Callable[[Any], object]

CALLS: dict[str, tuple[Call, type[RegistryError]]] = {
    "search_models": (lambda given: front.search_models(given), SearchError),
    "get_model_info": (lambda given: front.get_model_info(given), NotFoundError),
    "get_model_versions": (lambda given: front.get_model_versions(given), NotFoundError),
    "create_model_version": (lambda given: front.create_model_version(given), VersionError),
    "register_model": (lambda given: front.register_model(given), RegistrationError),
    "discover_models": (lambda given: front.discover_models(given), SourceError),
    "extract_model_metadata": (lambda given: front.extract_model_metadata(given), SourceError),
    "validate_model": (lambda given: front.validate_model(given), SourceError),
    "identify_model": (lambda given: front.identify_model(given), SourceError),
    "yank_model_version": (lambda given: front.yank_model_version("coin-judge", given), VersionError),
    "rollback_model": (lambda given: front.rollback_model("coin-judge", given), VersionError),
    "set_model_alias": (lambda given: front.set_model_alias("coin-judge", given, "1.0.0"), VersionError),
    "restore_registry": (lambda given: front.restore_registry(given), SourceError),
    "list_models sort": (lambda given: front.list_models(sort=given), SearchError),
}


@pytest.fixture(autouse=True)
def registered(workplace: Path) -> Path:
    path = workplace / "coin.md"
    path.write_text(coin())
    front.register_model(path)
    return path


@pytest.mark.parametrize("given", NO_TEXTS, ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_text_is_refused_by_name(name: str, given: Any) -> None:
    call, refusal = CALLS[name]
    with pytest.raises(refusal) as refused:
        call(given)
    assert refused.value.hint


@pytest.mark.parametrize("given", [5, b"bytes", 1.5], ids=repr)
def test_a_number_that_is_no_text_is_refused(registered: Path, given: Any) -> None:
    for call in (
        lambda: front.create_model_version("coin-judge", given),
        lambda: front.register_model(registered, version=given),
        lambda: front.get_model_source("coin-judge", given),
        lambda: front.compare_model_versions("coin-judge", given, "1.0.0"),
    ):
        with pytest.raises(VersionError, match="version must be text"):
            call()


@pytest.mark.parametrize("given", ["x", True, 1.0, [1]], ids=repr)
def test_a_revision_is_a_whole_number(registered: Path, given: Any) -> None:
    for call in (
        lambda: front.register_model(registered, expected_revision=given),
        lambda: front.update_model_metadata("coin-judge", {"tags": ["toy"]}, expected_revision=given),
    ):
        with pytest.raises(ConflictError, match="expected_revision must be a whole number"):
            call()


@pytest.mark.parametrize("filters", [[], "tags", 5, [("tags", "toy")]], ids=repr)
def test_filters_are_a_mapping(filters: Any) -> None:
    with pytest.raises(SearchError, match="filters must be a mapping"):
        front.search_models("coin", filters)


@pytest.mark.parametrize("least", [float("nan"), float("inf"), True, "0.8"], ids=repr)
def test_a_least_performance_is_a_finite_number(least: Any) -> None:
    for filters in ({"min_performance": least}, {"performance": {"accuracy": least}}):
        with pytest.raises(SearchError, match="performance") as refused:
            front.search_models("coin", filters)
        assert refused.value.hint == "Give a finite number."


@pytest.mark.parametrize("metadata", [[], 5, "name"], ids=repr)
def test_metadata_is_a_mapping(registered: Path, metadata: Any) -> None:
    for call in (
        lambda: front.register_model(registered, metadata),
        lambda: front.update_model_metadata("coin-judge", metadata),
        lambda: front.validate_metadata(metadata),
    ):
        with pytest.raises(MetadataError, match="metadata must be a mapping"):
            call()


@pytest.mark.parametrize("reference", ["coin-judge@", "coin-judge@ ", "@1.0.0", "@"])
def test_a_reference_that_names_half_a_thing_is_not_found(reference: str) -> None:
    for call in (front.get_model_info, front.get_model_source, front.find_similar_models):
        with pytest.raises(NotFoundError, match="there is no model"):
            call(reference)


@pytest.mark.parametrize("move", [front.yank_model_version, front.rollback_model])
def test_what_withdraws_or_moves_a_version_falls_on_none_by_default(move: Callable[..., bool]) -> None:
    with pytest.raises(NotFoundError, match="no version of coin-judge is named") as refused:
        move("coin-judge", "")
    assert "1.0.0" in refused.value.hint
    assert front.get_model_versions("coin-judge")[0]["state"] == "registered"


@pytest.mark.parametrize("sunset", ["soon", "31.12.2026", "2026-13-01", 5, ["2026-12-31"]], ids=repr)
def test_a_sunset_is_a_date(sunset: Any) -> None:
    with pytest.raises(LifecycleError, match="is no date"):
        front.deprecate_model("coin-judge", "old", sunset=sunset)
    assert front.get_model_info("coin-judge")["state"] == "active"


def test_a_sunset_is_kept_in_its_usual_form() -> None:
    front.deprecate_model("coin-judge", "old", sunset="20261231")
    assert front.get_model_info("coin-judge")["deprecation"]["sunset"] == "2026-12-31"


@pytest.mark.parametrize("text", ["x" * 300, "~nobody-of-this-name/coin.md", "sha256:nothing"])
def test_a_text_that_is_no_path_is_looked_up_as_a_digest(text: str) -> None:
    assert front.identify_model(text)["known"] is False


@pytest.mark.parametrize("target", ["models/registry", "models/registry/sources", "output/model_registry"])
def test_the_place_of_a_registry_or_of_its_reports_is_no_place_of_models(
    workplace: Path, target: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert front.process_model_registry(workplace, workplace / "output")
    before = front.get_audit_trail()["total"]
    assert front.process_model_registry(target, "output") is False
    assert "is the place of a registry or of its reports" in caplog.text
    assert front.get_audit_trail()["total"] == before


def test_a_registry_cannot_lie_where_its_models_lie(workplace: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert front.process_model_registry(workplace, "output", registry_path=workplace) is False
    assert "put the registry elsewhere" in caplog.text


@pytest.mark.parametrize("given", [5, ["a"], b"bytes"], ids=repr)
def test_a_place_is_a_path(given: Any, caplog: pytest.LogCaptureFixture) -> None:
    for call in (
        lambda: front.configure({"registry_path": given}),
        lambda: front.get_model_info("coin-judge", registry_path=given),
        lambda: front.open_registry(given),
    ):
        with pytest.raises(ConfigError, match="names no place for a registry"):
            call()
    assert front.process_model_registry(given, "output") is False
    assert "is no usable path" in caplog.text
