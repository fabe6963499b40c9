"""Settings: what they are, where they come from, and where the registry lies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from model_registry.asked import as_mapping
from model_registry.errors import ConfigError
from model_registry.metadata_rules import read_rules

ENVIRONMENT_PREFIX = "MODEL_REGISTRY_"
PLACE_VARIABLE = "MODEL_REGISTRY_PATH"
ACTOR_VARIABLE = "MODEL_REGISTRY_ACTOR"
DEFAULT_PLACE = "models/registry"
CONFIG_FILE = "config.json"
_NESTED = "__"


class MetadataConfig(BaseModel):
    """What metadata a model must have and which rules its fields obey.

    A rule is `name:argument`, several are joined by `|`: `min_length:3`, `max_length:80`, `range:0-1`,
    `pattern:^[a-z]+$`, `one_of:draft,final`. A field that is neither required nor optional is kept with a finding.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    required_fields: tuple[str, ...] = ("name", "description", "author")
    optional_fields: tuple[str, ...] = ("tags", "performance", "dependencies")
    validation_rules: Mapping[str, str] = Field(
        default_factory=lambda: {"name": "min_length:3", "description": "min_length:10", "performance": "range:0-1"}
    )
    auto_extraction: bool = True
    validation_enabled: bool = True

    @field_validator("validation_rules")
    @classmethod
    def _can_be_read(cls, rules: Mapping[str, str]) -> Mapping[str, str]:
        for field, text in rules.items():
            try:
                read_rules(text)
            except ValueError as error:
                raise ValueError(f"{field}: {error}") from error
        return rules


class RegistryConfig(BaseModel):
    """The settings of a registry; `load_settings` reads them, and knows where each came from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    registry_path: str = Field(default=DEFAULT_PLACE, description="where the registry lies")
    index_enabled: bool = Field(default=True, description="search with the full-text index, else by the catalogue")
    versioning_enabled: bool = Field(default=True, description="accept changed content as a new version")
    backup_enabled: bool = Field(default=True, description="back up at the end of `process`, when something changed")
    cleanup_enabled: bool = Field(default=True, description="clean up at the end of `process`")
    max_versions: int = Field(default=10, ge=1, description="versions whose source bytes are kept for each model")
    archive_after_days: int = Field(default=365, ge=1, description="days without an event until archival")
    retention_days: int = Field(default=30, ge=0, description="days a deleted model can be restored")
    max_source_bytes: int = Field(default=16_000_000, ge=1, description="the largest source accepted")
    default_author: str = Field(default="", description="the author of models that name none")
    metadata: MetadataConfig = Field(default_factory=MetadataConfig, description="rules for metadata")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force and, for each, where it came from (python, environment, config.json or default).

    The keys of the rules for metadata have origins of their own, as `metadata.required_fields`.
    """

    config: RegistryConfig
    origins: Mapping[str, str]


def load_settings(registry: Path, given: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings of the registry at a place: Python over environment over its config.json over the defaults.

    Each key is taken from the first that has it. ConfigError naming what is unknown or wrong, and where it stands.
    """
    layers = {
        CONFIG_FILE: _config_file(registry),
        "environment": _environment(),
        "python": as_mapping(given, "config", ConfigError),
    }
    origins = {key: name for name, layer in layers.items() for key in _keys(layer)}
    _refuse_unknown_keys(origins)
    try:
        config = RegistryConfig(**_merged(layers.values()))
    except ValidationError as error:
        raise _invalid(error, origins) from error
    return Settings(config, {key: origins.get(key, "default") for key in _keys(config.model_dump())})


def laid_over(
    settings: Mapping[str, Any], config: Mapping[str, Any] | None, metadata_config: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Give settings with others laid over them, key by key; the two dictionaries are those of the description."""
    rules = as_mapping(metadata_config, "metadata_config", ConfigError)
    return _merged([settings, as_mapping(config, "config", ConfigError), {"metadata": rules} if rules else {}])


def read_config(given: Mapping[str, Any] | None) -> RegistryConfig:
    """Read settings from a mapping alone; ConfigError naming what is unknown or wrong."""
    try:
        return RegistryConfig(**as_mapping(given, "config", ConfigError))
    except ValidationError as error:
        raise _invalid(error, {}) from error


def locate_registry(argument: str | os.PathLike[str] | None = None, configured: str | None = None) -> Path:
    """Give the absolute place of the registry: argument, MODEL_REGISTRY_PATH, configured path, then `models/registry`.

    The last is refused where the working directory is the root or the home directory.
    """
    chosen = argument or os.environ.get(PLACE_VARIABLE) or configured
    if chosen:
        return _place(chosen)
    here = Path.cwd()
    if here in {Path(here.anchor), Path.home()}:
        raise ConfigError(
            f"no registry is named, and {here} is no place to make one",
            code="no_registry",
            hint=f"Change to a project's directory, pass --registry, or set {PLACE_VARIABLE}.",
        )
    return here / DEFAULT_PLACE


def _place(chosen: object) -> Path:
    try:
        return Path(chosen).expanduser().absolute()  # type: ignore[arg-type]
    except (TypeError, RuntimeError) as error:
        raise ConfigError(
            f"{chosen!r:.80} names no place for a registry: {error}",
            code="bad_place",
            where="registry_path",
            hint="Give a path as a string.",
        ) from error


def _config_file(registry: Path) -> Mapping[str, Any]:
    path = registry / CONFIG_FILE
    try:
        found = as_mapping(json.loads(path.read_text("utf-8")), CONFIG_FILE, ConfigError)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (ValueError, OSError, RecursionError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}", code="bad_config_file", where=str(path), hint="Mend or remove the file."
        ) from error
    _refuse_elsewhere(found, registry)
    return found


def _refuse_elsewhere(found: Mapping[str, Any], registry: Path) -> None:
    """Refuse a config.json that sends its own registry elsewhere: it is read only once the place is known."""
    named = found.get("registry_path")
    if named is not None and _place(named) != registry:
        raise ConfigError(
            f"{registry / CONFIG_FILE} names another registry, {named!r:.80}",
            code="misplaced_setting",
            where="registry_path",
            hint=f"Take registry_path out of it; name the registry with --registry or {PLACE_VARIABLE}.",
        )


def _environment() -> Mapping[str, Any]:
    """Give the settings that environment variables make; MODEL_REGISTRY_PATH is the registry_path."""
    known = _variables()
    for variable in os.environ:
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in known:
            raise _unknown("environment variable", variable, known)
    set_here = {name for name in map(str.upper, os.environ) if name.startswith(ENVIRONMENT_PREFIX)}
    found = _set_by_variables() if set_here - {PLACE_VARIABLE, ACTOR_VARIABLE} else {}
    place = os.environ.get(PLACE_VARIABLE)
    return {**found, "registry_path": place} if place else found


def _set_by_variables() -> Mapping[str, Any]:
    from pydantic_settings import (  # 4 MB and 30 ms, and few set any
        BaseSettings,
        EnvSettingsSource,
        SettingsConfigDict,
        SettingsError,
    )

    class Variables(RegistryConfig, BaseSettings):
        model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter=_NESTED)

    try:
        return EnvSettingsSource(Variables)()
    except SettingsError as error:
        raise ConfigError(
            f"an environment variable is no JSON: {error}",
            code="invalid_setting",
            where="environment",
            hint=f"""Write lists and mappings as JSON: {ENVIRONMENT_PREFIX}METADATA__REQUIRED_FIELDS='["name"]'.""",
        ) from error


def _variables() -> set[str]:
    names = {key.replace(".", _NESTED).upper() for key in _keys(RegistryConfig().model_dump())} | {"METADATA"}
    return {PLACE_VARIABLE, ACTOR_VARIABLE, *(ENVIRONMENT_PREFIX + name for name in names - {"REGISTRY_PATH"})}


def _keys(layer: Mapping[str, Any]) -> Iterator[str]:
    """Give the keys of a layer of settings, those of the rules for metadata as `metadata.required_fields`."""
    for key, value in layer.items():
        if key == "metadata" and isinstance(value, Mapping):
            yield from (f"metadata.{inner}" for inner in value)
        else:
            yield str(key)


def _merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Give all layers as one, key by key; a later one wins."""
    merged: dict[str, Any] = {}
    for layer in layers:
        known, rules = merged.get("metadata"), layer.get("metadata")
        merged |= layer
        if isinstance(known, Mapping) and isinstance(rules, Mapping):
            merged["metadata"] = {**known, **rules}
    return merged


def _refuse_unknown_keys(origins: Mapping[str, str]) -> None:
    known = {*_keys(RegistryConfig().model_dump()), "metadata"}
    for key, origin in origins.items():
        if key not in known:
            raise _unknown("setting", key, known, f" ({origin})")


def _unknown(what: str, name: str, known: set[str], origin: str = "") -> ConfigError:
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."
    return ConfigError(f"unknown {what} {name!r}{origin}", code="unknown_setting", where=name, hint=hint)


def _invalid(error: ValidationError, origins: Mapping[str, str]) -> ConfigError:
    faults = [_fault(fault["loc"], fault["msg"], origins) for fault in error.errors()]
    return ConfigError(
        f"invalid settings: {'; '.join(faults)}",
        code="invalid_setting",
        where=".".join(map(str, error.errors()[0]["loc"])),
        hint="Correct the values named where they stand; an unset key has its default.",
    )


def _fault(place: tuple[int | str, ...], message: str, origins: Mapping[str, str]) -> str:
    key = ".".join(map(str, place))
    origin = next((origin for known, origin in origins.items() if f"{key}.".startswith(f"{known}.")), "")
    return f"{key}{origin and f' ({origin})'}: {message.removeprefix('Value error, ')}"
