"""A registry of GNN models: parsed, versioned by what changed, checked, found, and with a history that can be proved.

    from model_registry import register_model, search_models

Every name here is a function of `model_registry.front_door`, an error, or a class; nothing heavy is imported until one
is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model_registry.bootstrap import memory_registry, open_registry
    from model_registry.domain.source import Source
    from model_registry.errors import (
        ConfigError,
        ConflictError,
        DependencyError,
        LifecycleError,
        MetadataError,
        NotFoundError,
        OutcomeUnknownError,
        ProofError,
        RegistrationError,
        RegistryError,
        SearchError,
        SourceError,
        StorageError,
        VersionError,
        VersionNumberError,
    )
    from model_registry.front_door import (
        archive_model,
        backup_registry,
        cleanup_registry,
        compare_model_versions,
        configure,
        create_model_version,
        create_registry_documentation,
        create_registry_report,
        delete_model,
        deprecate_model,
        discover_models,
        extract_model_metadata,
        find_similar_models,
        generate_registry_statistics,
        get_audit_trail,
        get_metadata_history,
        get_model_info,
        get_model_source,
        get_model_versions,
        identify_model,
        index_model,
        list_models,
        process_model_registry,
        register_discovered_models,
        register_model,
        restore_model,
        restore_registry,
        rollback_model,
        search_models,
        set_model_alias,
        update_indexes,
        update_model_metadata,
        validate_metadata,
        validate_model,
        validate_registry,
        yank_model_version,
    )
    from model_registry.registry import Registry

__version__ = "0.1.0"

_HOMES = {
    "bootstrap": ("memory_registry", "open_registry"),
    "domain.source": ("Source",),
    "registry": ("Registry",),
    "errors": (
        "ConfigError",
        "ConflictError",
        "DependencyError",
        "LifecycleError",
        "MetadataError",
        "NotFoundError",
        "OutcomeUnknownError",
        "ProofError",
        "RegistrationError",
        "RegistryError",
        "SearchError",
        "SourceError",
        "StorageError",
        "VersionError",
        "VersionNumberError",
    ),
    "front_door": (
        "archive_model",
        "backup_registry",
        "cleanup_registry",
        "compare_model_versions",
        "configure",
        "create_model_version",
        "create_registry_documentation",
        "create_registry_report",
        "delete_model",
        "deprecate_model",
        "discover_models",
        "extract_model_metadata",
        "find_similar_models",
        "generate_registry_statistics",
        "get_audit_trail",
        "get_metadata_history",
        "get_model_info",
        "get_model_source",
        "get_model_versions",
        "identify_model",
        "index_model",
        "list_models",
        "process_model_registry",
        "register_discovered_models",
        "register_model",
        "restore_model",
        "restore_registry",
        "rollback_model",
        "search_models",
        "set_model_alias",
        "update_indexes",
        "update_model_metadata",
        "validate_metadata",
        "validate_model",
        "validate_registry",
        "yank_model_version",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ConfigError",
    "ConflictError",
    "DependencyError",
    "LifecycleError",
    "MetadataError",
    "NotFoundError",
    "OutcomeUnknownError",
    "ProofError",
    "RegistrationError",
    "Registry",
    "RegistryError",
    "SearchError",
    "Source",
    "SourceError",
    "StorageError",
    "VersionError",
    "VersionNumberError",
    "archive_model",
    "backup_registry",
    "cleanup_registry",
    "compare_model_versions",
    "configure",
    "create_model_version",
    "create_registry_documentation",
    "create_registry_report",
    "delete_model",
    "deprecate_model",
    "discover_models",
    "extract_model_metadata",
    "find_similar_models",
    "generate_registry_statistics",
    "get_audit_trail",
    "get_metadata_history",
    "get_model_info",
    "get_model_source",
    "get_model_versions",
    "identify_model",
    "index_model",
    "list_models",
    "memory_registry",
    "open_registry",
    "process_model_registry",
    "register_discovered_models",
    "register_model",
    "restore_model",
    "restore_registry",
    "rollback_model",
    "search_models",
    "set_model_alias",
    "update_indexes",
    "update_model_metadata",
    "validate_metadata",
    "validate_model",
    "validate_registry",
    "yank_model_version",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
