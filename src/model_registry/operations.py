"""The operations of the registry, as one table: the source of its three doors, held together by a test."""

from __future__ import annotations

from dataclasses import dataclass

READ, WRITE, ADMIN = "read", "write", "admin"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a method of Registry and a tool of the same name, and a command of the command line.

    `destructive` tells that it takes something away, `idempotent` that repeating it changes nothing more.
    """

    name: str
    command: str
    toolset: str
    destructive: bool = False
    idempotent: bool = True


OPERATIONS = (
    Operation("register_model", "register", WRITE),
    Operation("create_model_version", "release", WRITE, idempotent=False),
    Operation("yank_model_version", "yank", WRITE),
    Operation("update_model_metadata", "update", WRITE),
    Operation("set_model_alias", "alias", WRITE),
    Operation("rollback_model", "rollback", WRITE),
    Operation("deprecate_model", "deprecate", WRITE),
    Operation("archive_model", "archive", WRITE),
    Operation("restore_model", "restore", WRITE),
    Operation("delete_model", "delete", WRITE, destructive=True),
    Operation("process_model_registry", "process", WRITE),
    Operation("get_model_info", "info", READ),
    Operation("get_model_source", "source", READ),
    Operation("get_model_versions", "versions", READ),
    Operation("compare_model_versions", "compare", READ),
    Operation("list_models", "list", READ),
    Operation("search_models", "search", READ),
    Operation("find_similar_models", "similar", READ),
    Operation("identify_model", "identify", READ),
    Operation("validate_model", "check", READ),
    Operation("get_audit_trail", "audit", READ),
    Operation("generate_registry_statistics", "stats", READ),
    Operation("validate_registry", "doctor", ADMIN),
    Operation("update_indexes", "reindex", ADMIN),
    Operation("cleanup_registry", "cleanup", ADMIN, destructive=True),
    Operation("backup_registry", "backup", ADMIN),
)
"""Every operation; `process_model_registry` is a door of its own, not a method of Registry."""
