"""Tables of the inner README that are made from the code: its functions and its settings."""

from __future__ import annotations

import inspect
import json
from typing import Any

import model_registry
from model_registry.config import RegistryConfig


def functions() -> str:
    """Give a table of every public function: how it is called, and the first sentence it says of itself."""
    rows = ["| Function | Gives |", "|---|---|"]
    for name in model_registry.__all__:
        function = getattr(model_registry, name)
        if inspect.isfunction(function):
            rows.append(f"| `{name}{_signature(function)}` | {_first_sentence(function)} |")
    return "\n".join(rows)


def _signature(function: Any) -> str:
    """Give the parameters with their defaults and without their types; what only tests give is left out."""
    signature = inspect.signature(function)
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name not in {"files", "clock"}
    ]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


def _first_sentence(function: Any) -> str:
    paragraph = " ".join(inspect.getdoc(function).partition("\n\n")[0].split())  # type: ignore[union-attr]
    return paragraph.split(". ")[0].removesuffix(".").replace("|", "\\|")


def defaults() -> dict[str, str]:
    """Give each setting with its default, as it is written in JSON."""
    known = RegistryConfig().model_dump(mode="json")
    flat = {**known, **{f"metadata.{key}": value for key, value in known["metadata"].items()}}
    return {key: json.dumps(value) for key, value in flat.items() if key != "metadata"}


def variable(key: str) -> str:
    """Give the environment variable of a setting."""
    name = {"registry_path": "PATH"}.get(key, key.upper().replace(".", "__"))
    return f"MODEL_REGISTRY_{name}"
