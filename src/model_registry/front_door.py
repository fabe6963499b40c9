"""The registry as plain functions, for programs and notebooks: each opens the registry of the place it is called in.

Which registry: `registry_path=`, else MODEL_REGISTRY_PATH, else what `configure` was given, else `models/registry`
below the working directory. Every writing function takes `actor`, `reason`, `op_id` and `expected_revision`;
every function takes `debug=True`, which logs each stage with its decision and duration to the logger `model_registry`.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from time import perf_counter
from typing import Any, cast

from model_registry import bootstrap, discovery, pipeline, report
from model_registry.bootstrap import open_registry
from model_registry.config import ENVIRONMENT_PREFIX, laid_over, load_settings, locate_registry
from model_registry.domain.metadata import extract, read_given, refuse, validate
from model_registry.domain.source import Source, understand
from model_registry.registry import Registry
from model_registry.sources import as_path, names_a_file, read_source, recorded_source

PathLike = str | os.PathLike[str]
logger = logging.getLogger("model_registry")

_configured: dict[str, Any] = {}


def configure(config: Mapping[str, Any] | None = None, metadata_config: Mapping[str, Any] | None = None) -> None:
    """Set the settings that every later call of this process uses; None leaves a half as it was, {} clears it.

    Raises ConfigError naming the key that is unknown or the value that is wrong; nothing is then changed.
    """
    merged = laid_over(_kept(config, metadata_config), config, metadata_config)
    load_settings(locate_registry(None, merged.get("registry_path")), merged)
    _configured.clear()
    _configured.update(merged)


def process_model_registry(target_dir: PathLike, output_dir: PathLike, verbose: bool = False, **kwargs: Any) -> bool:
    """Discover and register every model below a directory, maintain the registry and write its reports.

    Gives True only if nothing failed; what failed is logged and stands in the report.
    """
    return pipeline.process_model_registry(target_dir, output_dir, verbose, configured=_configured, **kwargs)


def register_model(model_path: PathLike, metadata: Mapping[str, Any] | None = None, **kwargs: Any) -> str:
    """Register a GNN model file: a new model, or the next version of the model of that name; gives its id.

    Raises only RegistrationErrors.
    """
    with _registry(kwargs) as registry:
        source = kwargs.pop("source", None) or read_source(model_path)
        return str(registry.register_model(source, metadata, **kwargs)["model_id"])


def get_model_info(model_id: str, **kwargs: Any) -> dict[str, Any]:
    """Give all about a model: metadata, structure, every version, dependencies, performance, findings."""
    with _registry(kwargs) as registry:
        return registry.get_model_info(model_id, versions=kwargs.pop("versions", None), **kwargs)


def get_model_source(model_id: str, version: str = "", **kwargs: Any) -> dict[str, Any]:
    """Give the exact text of a version of a model, the current one by default."""
    with _registry(kwargs) as registry:
        return registry.get_model_source(model_id, version, **kwargs)


def search_models(query: str, filters: Mapping[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
    """Find models by words and filters, best first; every hit unless `limit` is given. Raises only SearchErrors."""
    with _registry(kwargs) as registry:
        began = perf_counter()
        found = registry.search_models(query, filters, limit=kwargs.pop("limit", None), **kwargs)
        told = (found["total"], found["position"], "" if found["complete"] else ", texts not searched")
        logger.debug("found %d at event %d%s (%.1f ms)", *told, 1_000 * (perf_counter() - began))
        return cast("list[dict[str, Any]]", found["items"])


def list_models(filters: Mapping[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    """List models, one page at a time: {items, total, next_cursor}."""
    with _registry(kwargs) as registry:
        return registry.list_models(filters, **kwargs)


def find_similar_models(model_id: str = "", **kwargs: Any) -> dict[str, Any]:
    """Find models like a registered one, or like `source`: copies under other names first, with the reasons."""
    with _registry(kwargs) as registry:
        return registry.find_similar_models(model_id, **kwargs)


def identify_model(model: PathLike | Source, **kwargs: Any) -> dict[str, Any]:
    """Tell which id@version a file, a digest or a fingerprint is."""
    with _registry(kwargs) as registry:
        if isinstance(model, str) and not names_a_file(model):
            return registry.identify_model(model)
        return registry.identify_model(source=_source(model))


def validate_model(
    model: PathLike | Source, metadata: Mapping[str, Any] | None = None, **kwargs: Any
) -> dict[str, Any]:
    """Check a model file as registering would, without writing: {ok, findings, ...}."""
    with _registry(kwargs) as registry:
        return registry.validate_model(_source(model), metadata)


def update_model_metadata(model_id: str, metadata: Mapping[str, Any], **kwargs: Any) -> bool:
    """Change metadata of a model, or performance and dependencies of a version; gives True, or raises."""
    with _registry(kwargs) as registry:
        registry.update_model_metadata(model_id, metadata, **kwargs)
    return True


def create_model_version(model_id: str, version: str | None = None, **kwargs: Any) -> str:
    """Create the next version of a model and give its number. Raises only VersionErrors.

    The text is `source=` or `model_path=`, else the file the model was registered from if it is still there, else the
    newest text released again.
    """
    with _registry(kwargs) as registry:
        path = kwargs.pop("model_path", None)
        source = kwargs.pop("source", None) or (
            read_source(path) if path else recorded_source(registry.get_model_info(model_id, versions=1))
        )
        return str(registry.create_model_version(model_id, version, source=source, **kwargs)["version"])


def get_model_versions(model_id: str, **kwargs: Any) -> list[dict[str, Any]]:
    """Give every version of a model, newest first, each with what changed since the one before."""
    with _registry(kwargs) as registry:
        views = registry.get_model_info(model_id, versions=None, **kwargs)["versions"]
        return cast("list[dict[str, Any]]", views)


def compare_model_versions(model_id: str, version1: str, version2: str, **kwargs: Any) -> dict[str, Any]:
    """Compare two versions of a model: structure, parameters, metadata, dependencies, performance, migration."""
    with _registry(kwargs) as registry:
        return registry.compare_model_versions(model_id, version1, version2, **kwargs)


def yank_model_version(model_id: str, version: str, reason: str = "", **kwargs: Any) -> bool:
    """Withdraw a version from ranges (`undo=True` gives it back); gives True, or raises."""
    with _registry(kwargs) as registry:
        registry.yank_model_version(model_id, version, reason, **kwargs)
    return True


def set_model_alias(model_id: str, alias: str, version: str = "", **kwargs: Any) -> bool:
    """Let an alias name a version of a model; without a version the alias is removed. Gives True, or raises."""
    with _registry(kwargs) as registry:
        registry.set_model_alias(model_id, alias, version, **kwargs)
    return True


def rollback_model(model_id: str, version: str, reason: str = "", **kwargs: Any) -> bool:
    """Make another version the current one; nothing is erased. Gives True, or raises."""
    with _registry(kwargs) as registry:
        registry.rollback_model(model_id, version, reason, **kwargs)
    return True


def deprecate_model(model_id: str, reason: str | None = None, **kwargs: Any) -> bool:
    """Mark a model as deprecated; gives True, or raises."""
    with _registry(kwargs) as registry:
        registry.deprecate_model(model_id, reason or "", **kwargs)
    return True


def archive_model(model_id: str, reason: str | None = None, **kwargs: Any) -> bool:
    """Archive a model: read-only, and out of the search; gives True, or raises."""
    with _registry(kwargs) as registry:
        registry.archive_model(model_id, reason or "", **kwargs)
    return True


def restore_model(model_id: str, reason: str | None = None, **kwargs: Any) -> bool:
    """Bring a model back to the state it was in before; gives True, or raises."""
    with _registry(kwargs) as registry:
        registry.restore_model(model_id, reason or "", **kwargs)
    return True


def delete_model(model_id: str, force: bool = False, **kwargs: Any) -> bool:
    """Delete a model after backing it up; gives True, or raises (never False for an error)."""
    with _registry(kwargs) as registry:
        registry.delete_model(model_id, force, **kwargs)
    return True


def get_audit_trail(model_id: str = "", **kwargs: Any) -> dict[str, Any]:
    """Give what happened, newest first, one page at a time."""
    with _registry(kwargs) as registry:
        return registry.get_audit_trail(model_id, **kwargs)


def get_metadata_history(model_id: str, **kwargs: Any) -> dict[str, Any]:
    """Give how each metadata field of a model came to be what it is, newest change first."""
    with _registry(kwargs) as registry:
        return registry.get_metadata_history(model_id, **kwargs)


def generate_registry_statistics(models: Sequence[Mapping[str, Any]] | None = None, **kwargs: Any) -> dict[str, Any]:
    """Give the registry in numbers; with `models` (rows that carry an id) only of these."""
    with _registry(kwargs) as registry:
        ids = None if models is None else [str(row.get("model_id") or row.get("id")) for row in models]
        return registry.generate_registry_statistics(models=ids, **kwargs)


def validate_registry(**kwargs: Any) -> dict[str, Any]:
    """Check everything the registry holds: {ok, findings, ...}."""
    with _registry(kwargs) as registry:
        return registry.validate_registry(**kwargs)


def update_indexes(**kwargs: Any) -> dict[str, Any]:
    """Build the search index and the snapshots anew."""
    with _registry(kwargs) as registry:
        return registry.update_indexes()


def cleanup_registry(**kwargs: Any) -> dict[str, Any]:
    """Clean up by the rules of the configuration; it acts unless `dry_run=True`."""
    with _registry(kwargs) as registry:
        return registry.cleanup_registry(dry_run=kwargs.pop("dry_run", False), **kwargs)


def backup_registry(**kwargs: Any) -> dict[str, Any]:
    """Put the whole registry aside as one verified archive."""
    with _registry(kwargs) as registry:
        return registry.backup_registry(**kwargs)


def restore_registry(backup: PathLike, into: PathLike | None = None, **kwargs: Any) -> dict[str, Any]:
    """Put a backup in an empty place (by default that of the registry), or with `force=True` in that of a registry.

    What was there is backed up before. Raises StorageError for what is no backup, ConfigError for a place taken.
    """
    place = into or kwargs.pop("registry_path", None) or locate_registry(None, _configured.get("registry_path"))
    return bootstrap.restore_registry(as_path(backup), place, **kwargs)


def discover_models(target_dir: PathLike, **kwargs: Any) -> list[dict[str, Any]]:
    """Find the GNN models below a directory, in path order: [{path, origin, format, name, size}]."""
    return discovery.discover_models(as_path(target_dir), **kwargs)


def extract_model_metadata(path: PathLike, **kwargs: Any) -> dict[str, Any]:
    """Give what a model file says of itself: name, description, author, tags."""
    with _registry(kwargs) as registry:
        source = read_source(path)
        return {"author": registry.author, **extract(understand(source).model, source.stem)}


def validate_metadata(metadata: Mapping[str, Any], **kwargs: Any) -> None:
    """Check metadata against the rules of the registry; MetadataError naming every fault.

    With `validation_enabled` off only what cannot be stored is refused.
    """
    with _registry(kwargs) as registry:
        given, rules = read_given(metadata), registry.config.metadata
        if rules.validation_enabled:
            refuse(validate({**(metadata or {}), "performance": given.performance}, rules))


def index_model(model_id: str, metadata: Mapping[str, Any] | None = None, **kwargs: Any) -> bool:
    """Let the search know a model at once; `metadata` that differs from what is on record is recorded first."""
    with _registry(kwargs) as registry:
        if metadata:
            registry.update_model_metadata(model_id, metadata)
        registry.catch_up()
    return True


def register_discovered_models(target_dir: PathLike, **kwargs: Any) -> list[dict[str, Any]]:
    """Register every model below a directory and give one row each: path, model_id, version, outcome, error."""
    with _registry(kwargs) as registry:
        return pipeline.register_discovered_models(registry, target_dir, **kwargs)


def create_registry_report(statistics: Mapping[str, Any]) -> str:
    """Give a Markdown report of statistics."""
    return report.statistics_markdown(statistics)


def create_registry_documentation(models: Sequence[Mapping[str, Any]]) -> str:
    """Give a Markdown page about models (rows of a list, or of `register_discovered_models`)."""
    return report.documentation_markdown(models)


@contextmanager
def _registry(kwargs: dict[str, Any]) -> Iterator[Registry]:
    """Open the registry a call means, taking out of its keywords what says which."""
    kwargs.pop("verbose", None)
    place = kwargs.pop("registry_path", None)
    with _debugging(kwargs.pop("debug", False)):
        yield _opened(place)


def _opened(place: PathLike | None) -> Registry:
    root = locate_registry(place, _configured.get("registry_path"))
    environment = tuple(item for item in sorted(os.environ.items()) if item[0].startswith(ENVIRONMENT_PREFIX))
    return _open_once(str(root), json.dumps(_configured, sort_keys=True, default=str), environment)


@lru_cache(maxsize=8)
def _open_once(root: str, config: str, environment: tuple[tuple[str, str], ...]) -> Registry:
    return open_registry(root, {**json.loads(config), "registry_path": root})


@contextmanager
def _debugging(wanted: bool) -> Iterator[None]:
    level = logger.level
    if wanted:
        logger.setLevel(logging.DEBUG)
        if not logger.hasHandlers():
            logging.basicConfig(format="%(name)s: %(message)s")
    try:
        yield
    finally:
        logger.setLevel(level)


def _source(model: PathLike | Source) -> Source:
    return model if isinstance(model, Source) else read_source(model)


def _kept(config: object, metadata_config: object) -> dict[str, Any]:
    """Give what stays of the settings made before: the halves that are not given anew."""
    stays = {True: metadata_config is None, False: config is None}
    return {key: value for key, value in _configured.items() if stays[key == "metadata"]}
