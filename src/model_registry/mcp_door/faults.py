"""Errors as one message an assistant can act on: what is wrong, and which tool to call next."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS

from model_registry.errors import (
    ConfigError,
    ConflictError,
    DependencyError,
    LifecycleError,
    MetadataError,
    NotFoundError,
    OutcomeUnknownError,
    RegistryError,
    SourceError,
    StorageError,
    VersionError,
)
from model_registry.mcp_door.cleaning import one_line
from model_registry.operations import OPERATIONS

logger = logging.getLogger("model_registry")

CORRECT = "Correct the arguments and call the same tool again."
TEXT_INSTEAD = "Call the tool again with the text itself as source."

NEXT_BY_CODE = {
    "unknown_version": "Call get_model_versions for the versions there are.",
    "one_source": CORRECT,
    "bad_alias": CORRECT,
    "bad_sunset": CORRECT,
    "not_a_model": "Correct the text and call validate_model to check it.",
    "no_such_directory": CORRECT,
    "path_outside_roots": TEXT_INSTEAD,
    "no_paths_here": "Call register_model, or the same tool again, with the text itself as source.",
    "root_too_wide": TEXT_INSTEAD,
    "bad_cursor": "Call the same tool again without a cursor.",
    "model_exists": "Call get_model_info to see it, or register_model again under another model_id.",
    "bad_replacement": "Call find_similar_models for other candidates.",
    "reason_missing": "Repeat the call with a reason.",
    "required_by_others": "Call get_model_info for each of them, or, if the user agrees, delete_model with force=true.",
    "not_writable": "Call restore_model, then repeat the call.",
}
"""Code -> what to call next, where the class of the error says too little."""

NEXT_BY_CLASS: tuple[tuple[type[RegistryError], str], ...] = (
    (NotFoundError, "Call search_models or list_models for the ids there are."),
    (MetadataError, "Correct these fields in metadata and call the same tool again."),
    (SourceError, "Correct the path or the text and call the same tool again."),
    (ConflictError, "Call get_model_info, then decide again."),
    (DependencyError, "Call get_model_info to see what requires what."),
    (LifecycleError, "Call get_model_info to see its state."),
    (OutcomeUnknownError, "Repeat the call with the same op_id."),
    (StorageError, "Nothing a tool can mend: tell the user, who can run `model-registry doctor`."),
    (ConfigError, "Nothing a tool can mend: tell the user."),
    (VersionError, "Call get_model_versions for the versions there are."),
)
"""Class of the error -> what to call next; the first that fits, else `CORRECT`."""


def told(error: RegistryError) -> str:
    """Give a refusal as one line: code, message, hint, and what to call next."""
    hint = _as_json(error.hint)
    sentences = [f"{error.code}: {error.message}", hint, "" if _names_a_tool(hint) else next_call(error)]
    return one_line(" ".join(_sentence(text) for text in sentences if text), 2_000)


def next_call(error: RegistryError) -> str:
    """Give the sentence that names the next tool to call."""
    named = NEXT_BY_CODE.get(error.code)
    return named or next((step for kind, step in NEXT_BY_CLASS if isinstance(error, kind)), CORRECT)


@contextmanager
def speaking(what: str) -> Iterator[None]:
    """Turn what an operation raises into a ToolError: a refusal in its own words, anything else as an incident."""
    try:
        yield
    except RegistryError as error:
        raise ToolError(told(error)) from error
    except (ToolError, MCPError):
        raise
    except Exception as error:  # the outermost door: what nobody foresaw must still be found in the log
        raise ToolError(incident(what)) from error


@contextmanager
def speaking_of_resources(what: str) -> Iterator[None]:
    """Turn what reading a resource raises into a resource error."""
    try:
        yield
    except NotFoundError as error:
        raise ResourceNotFoundError(told(error)) from error
    except RegistryError as error:
        raise ResourceError(told(error)) from error
    except (ResourceError, MCPError):
        raise
    except Exception as error:  # the outermost door: what nobody foresaw must still be found in the log
        raise ResourceError(incident(what)) from error


@contextmanager
def speaking_of_requests(what: str) -> Iterator[None]:
    """Turn what a request raises, that is neither a tool call nor a resource, into an error of the protocol."""
    try:
        yield
    except NotFoundError as error:
        raise MCPError(code=INVALID_PARAMS, message=told(error)) from error
    except RegistryError as error:
        raise MCPError(code=INTERNAL_ERROR, message=told(error)) from error
    except MCPError:
        raise
    except Exception as error:  # the outermost door: what nobody foresaw must still be found in the log
        raise MCPError(code=INTERNAL_ERROR, message=incident(what)) from error


def incident(what: str) -> str:
    """Log the exception in flight under a new incident id, and give the message that names the id."""
    number = uuid.uuid4().hex[:12]
    logger.exception("incident %s in %s", number, what)
    return (
        f"internal_error: something unforeseen happened in {what}; it is in the server's log as incident {number}. "
        "Tell the user this number; repeating the call is safe only with an op_id, or if it only reads."
    )


def _as_json(hint: str) -> str:
    """Give a hint in the language of the call: arguments and line ends as JSON writes them."""
    return hint.strip().replace("=True", "=true").replace("\n", r"\n")


def _names_a_tool(hint: str) -> bool:
    return any(operation.name in hint for operation in OPERATIONS)


def _sentence(text: str) -> str:
    stripped = text.strip()
    return stripped if stripped.endswith((".", "!", "?", "`", "}")) else f"{stripped}."
