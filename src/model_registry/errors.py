"""Everything that can go wrong, as one tree.

RegistryError
├── RegistrationError        registering a model was refused
│   ├── SourceError          the bytes are not a model that can be read           (also a VersionError)
│   └── MetadataError        the metadata breaks rules; carries every fault       (also a VersionError)
├── VersionError             a version was refused
│   └── VersionNumberError   the number is malformed, taken or too low            (also a RegistrationError)
├── SearchError              a query or a filter cannot be understood
├── LifecycleError           the model's state forbids it
├── NotFoundError            the model, version or alias named does not exist
├── ConflictError            somebody else was first, or the name is taken
├── DependencyError          other models stand in the way
├── StorageError             the registry cannot be read or written
│   └── OutcomeUnknownError  the write may or may not have happened; repeat it with the same op_id
├── ConfigError              a setting, a registry or a place is unusable
└── ProofError               a proof, or the head of a log it is checked against, does not hold

Registering raises only RegistrationErrors, creating a version only VersionErrors, searching only SearchErrors: causes
that several of them share inherit from each (`class NotFoundError(RegistrationError, VersionError, SearchError)`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RegistryError(Exception):
    """An operation was refused; nothing was changed.

    `code` is stable, `where` names the field, line or version, `hint` says what to do next, `facts` are for programs.
    """

    code = "registry_error"

    def __init__(self, message: str, *, code: str = "", where: str = "", hint: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.where = where
        self.hint = hint
        self.facts: Mapping[str, Any] = facts

    def to_dict(self) -> dict[str, Any]:
        """Give the error as data: code, message, where, hint and facts."""
        return {"code": self.code, "message": self.message, "where": self.where, "hint": self.hint, **self.facts}


class RegistrationError(RegistryError):
    """Registering a model was refused."""

    code = "registration_refused"


class VersionError(RegistryError):
    """A version was refused."""

    code = "version_refused"


class SearchError(RegistryError):
    """A query or a filter cannot be understood."""

    code = "bad_query"


class SourceError(RegistrationError, VersionError):
    """The bytes are not a model that can be read."""

    code = "not_a_model"


class MetadataError(RegistrationError, VersionError):
    """The metadata breaks rules; `facts["faults"]` holds every one of them."""

    code = "invalid_metadata"


class VersionNumberError(VersionError, RegistrationError):
    """The version number is malformed, taken or too low."""

    code = "bad_version"


class LifecycleError(RegistrationError, VersionError):
    """The model's state forbids the operation."""

    code = "wrong_state"


class NotFoundError(RegistrationError, VersionError, SearchError):
    """The model, version or alias named does not exist."""

    code = "not_found"


class ConflictError(RegistrationError, VersionError):
    """Somebody else was first, or the name is taken."""

    code = "conflict"


class DependencyError(RegistrationError, VersionError):
    """Other models stand in the way."""

    code = "dependency"


class StorageError(RegistrationError, VersionError, SearchError):
    """The registry cannot be read or written."""

    code = "storage"


class OutcomeUnknownError(StorageError):
    """The write may or may not have happened; repeating it with the same op_id is safe."""

    code = "outcome_unknown"


class ConfigError(RegistrationError, VersionError, SearchError):
    """A setting, a registry or a place is unusable."""

    code = "bad_config"


class ProofError(RegistryError):
    """A proof, or the head of a log it is checked against, does not hold."""

    code = "bad_proof"
