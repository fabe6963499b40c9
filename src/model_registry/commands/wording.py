"""Hints as a person at a shell can follow them: for a function stands its command, for a keyword its option."""

from __future__ import annotations

import re
from collections.abc import Mapping

from model_registry.operations import OPERATIONS

COMMANDS: Mapping[str, str] = {operation.name: f"model-registry {operation.command}" for operation in OPERATIONS}

KEYWORDS: Mapping[str, str] = {
    "allow_lower=True": "--allow-lower",
    "force=True": "--force",
    "if_exists='error'": "--if-exists error",
}
FIELDS: Mapping[str, str] = {"name": "--name", "description": "--description", "author": "--author", "tags": "--tag"}

_FUNCTION = re.compile(rf"\b({'|'.join(COMMANDS)})\b(?:\('([^']*)'\))?")
_MODEL_ID = re.compile(r"\bmodel_id=([\w-]+|\.\.\.)")
_FIELD = re.compile(r"metadata=\{'(\w+)': \.\.\.\}")


def as_commands(text: str) -> str:
    """Give a text with the command or option in the place of every function or keyword of ours."""
    for keyword, option in KEYWORDS.items():
        text = text.replace(keyword, option)
    text = _MODEL_ID.sub(lambda found: f"--id {found[1].replace('...', 'ID')}", text)
    text = _FIELD.sub(lambda found: FIELDS.get(found[1], f"--set {found[1]}=VALUE"), text)
    return _FUNCTION.sub(lambda found: f"`{COMMANDS[found[1]]}{f' {found[2]}' if found[2] else ''}`", text)
