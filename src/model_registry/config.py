"""Settings: what they are, where they come from, and where the registry lies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, JsonConfigSettingsSource, SettingsConfigDict

from model_registry.errors import ConfigError

ENVIRONMENT_PREFIX = "MODEL_REGISTRY_"
PLACE_VARIABLE = "MODEL_REGISTRY_PATH"
ACTOR_VARIABLE = "MODEL_REGISTRY_ACTOR"
DEFAULT_PLACE = "models/registry"
CONFIG_FILE = "config.json"


class MetadataConfig(BaseModel):
    """What metadata a model must have and which rules its fields obey.

    A rule is `name:argument`, several are joined by `|`: `min_length:3`, `max_length:80`, `range:0-1`,
    `pattern:^[a-z]+$`, `one_of:draft,final`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    required_fields: tuple[str, ...] = ("name", "description", "author")
    optional_fields: tuple[str, ...] = ("tags", "performance", "dependencies")
    validation_rules: Mapping[str, str] = Field(
        default_factory=lambda: {"name": "min_length:3", "description": "min_length:10", "performance": "range:0-1"}
    )
    auto_extraction: bool = True
    validation_enabled: bool = True


class RegistryConfig(BaseSettings):
    """The settings of a registry."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, extra="forbid", frozen=True)

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
    """The settings in force and, for each, where it came from (python, environment, config.json or default)."""

    config: RegistryConfig
    origins: Mapping[str, str]


def load_settings(registry: Path, given: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings of the registry at a place: Python over environment over its config.json over the defaults."""
    _refuse_unknown_variables()
    layers = {
        CONFIG_FILE: _config_file(registry / CONFIG_FILE),
        "environment": EnvSettingsSource(RegistryConfig)(),
        "python": dict(given or {}),
    }
    merged = {key: value for layer in layers.values() for key, value in layer.items()}
    _refuse_unknown_keys(merged)
    origins = {key: name for name, layer in layers.items() for key in layer}
    try:
        config = RegistryConfig(**merged)
    except ValidationError as error:
        raise _invalid(error) from error
    return Settings(config, {key: origins.get(key, "default") for key in RegistryConfig.model_fields})


def metadata_config(given: Mapping[str, Any]) -> MetadataConfig:
    """Read the metadata settings from a mapping; ConfigError naming each key that is wrong."""
    try:
        return MetadataConfig(**given)
    except ValidationError as error:
        raise _invalid(error) from error


def locate_registry(argument: str | os.PathLike[str] | None = None, configured: str | None = None) -> Path:
    """Give the absolute place of the registry: argument, MODEL_REGISTRY_PATH, configured path, then `models/registry`.

    The last is refused where the working directory is the root or the home directory.
    """
    chosen = argument or os.environ.get(PLACE_VARIABLE) or configured
    if chosen:
        return Path(chosen).expanduser().absolute()
    here = Path.cwd()
    if here in {Path(here.anchor), Path.home()}:
        raise ConfigError(
            f"no registry is named, and {here} is no place to make one",
            code="no_registry",
            hint=f"Change to a project's directory, pass --registry, or set {PLACE_VARIABLE}.",
        )
    return here / DEFAULT_PLACE


def _config_file(path: Path) -> dict[str, Any]:
    try:
        return dict(JsonConfigSettingsSource(RegistryConfig, json_file=path)())
    except (ValueError, TypeError, OSError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}", code="bad_config_file", where=str(path), hint="Mend or remove the file."
        ) from error


def _refuse_unknown_variables() -> None:
    known = {PLACE_VARIABLE, ACTOR_VARIABLE} | {
        ENVIRONMENT_PREFIX + name.upper() for name in RegistryConfig.model_fields
    }
    for variable in os.environ:
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in known:
            raise _unknown("environment variable", variable, known)


def _refuse_unknown_keys(given: Mapping[str, Any]) -> None:
    for key in given:
        if key not in RegistryConfig.model_fields:
            raise _unknown("setting", key, set(RegistryConfig.model_fields))


def _unknown(what: str, name: str, known: set[str]) -> ConfigError:
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."
    return ConfigError(f"unknown {what} {name!r}", code="unknown_setting", where=name, hint=hint)


def _invalid(error: ValidationError) -> ConfigError:
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return ConfigError(
        f"invalid settings: {'; '.join(faults)}",
        code="invalid_setting",
        where=".".join(map(str, error.errors()[0]["loc"])),
        hint="Correct the values named; `model-registry config show` says where each comes from.",
    )
