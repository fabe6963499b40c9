"""What metadata a registry asks for, as a JSON Schema: its settings in a form that programs can check against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from model_registry.config import MetadataConfig
from model_registry.domain.metadata import MAX_TEXT, MEASUREMENT_FIELDS
from model_registry.metadata_rules import read_rules

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RULES = "x-rules"
"""The keyword under which a field's rules stand as the settings write them."""

_TEXT: Schema = {"type": "string", "maxLength": MAX_TEXT}
_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
_MEASUREMENT: Schema = {
    "anyOf": [
        {"type": "number"},
        {
            "type": "object",
            "properties": {key: {"type": "number"} if key == "value" else {} for key in sorted(MEASUREMENT_FIELDS)},
            "required": ["value"],
            "additionalProperties": False,
        },
    ]
}

FIELDS: Mapping[str, Schema] = {
    "name": _TEXT | {"description": "What people call the model"},
    "description": _TEXT | {"description": "What the model is for"},
    "author": _TEXT | {"description": "Who made the model"},
    "tags": _TEXTS | {"description": "Words to find the model by"},
    "performance": {
        "type": "object",
        "additionalProperties": _MEASUREMENT,
        "description": "Metric to number, measured on one version",
    },
    "dependencies": _TEXTS | {"description": 'What one version requires, such as "other-model@^1.2" or "pypi:numpy"'},
    "version": {"type": "string", "description": "SemVer number of the version; best left out"},
}
"""The fields that mean something to the registry; it keeps any other as it is."""


def metadata_schema(config: MetadataConfig) -> Schema:
    """Give the JSON Schema of a model's metadata under these settings: its fields, which are required, their rules.

    `x-rules` has each field's rules as the settings write them, `x-validation` whether they are enforced.
    """
    names = dict.fromkeys([*FIELDS, *config.required_fields, *config.optional_fields, *config.validation_rules])
    return {
        "$schema": DIALECT,
        "title": "Metadata of a model",
        "description": _said_of(config),
        "type": "object",
        "properties": {name: _field(name, config.validation_rules.get(name, "")) for name in names},
        "required": list(config.required_fields),
        "additionalProperties": True,
        "x-validation": "enforced" if config.validation_enabled else "reported",
    }


def _said_of(config: MetadataConfig) -> str:
    sentences = [
        "What a model must have once it is registered.",
        "Required fields that the GNN text states need not be given." if config.auto_extraction else "",
        "What is empty counts as missing. Other keys are kept and searchable.",
    ]
    return " ".join(filter(None, sentences))


def _field(name: str, rules: str) -> Schema:
    schema: Schema = dict(FIELDS.get(name, {}))
    for rule in read_rules(rules) if rules else ():
        kind, _, argument = rule.text.partition(":")
        schema |= KEYWORDS[kind](argument, name, schema)
    return schema | ({RULES: rules} if rules else {})


def _least(argument: str, name: str, schema: Schema) -> Schema:
    return _sized("minLength", "minItems", argument, schema)


def _most(argument: str, name: str, schema: Schema) -> Schema:
    return _sized("maxLength", "maxItems", argument, schema)


def _sized(of_text: str, of_list: str, argument: str, schema: Schema) -> Schema:
    text, items = {of_text: int(argument)}, {of_list: int(argument)}
    match schema.get("type"):
        case "string":
            return text
        case "array":
            return items
        case _:
            return {"type": ["string", "array"], **text, **items}


def _range(argument: str, name: str, schema: Schema) -> Schema:
    """Give the bounds of a number; of performance they hold for the score."""
    low, high = _bounds(argument)
    bounds = {"minimum": low, "maximum": high}
    if name != "performance":
        return {"type": "number", **bounds}
    number, record = _MEASUREMENT["anyOf"]
    value = {**record, "properties": {**record["properties"], "value": {"type": "number", **bounds}}}
    return {"properties": {"score": {"anyOf": [number | bounds, value]}}}


def _bounds(argument: str) -> tuple[float, float]:
    """Read `0-1`; either number may be negative."""
    low, _, high = argument[1:].partition("-")
    return float(argument[:1] + low), float(high)


def _pattern(argument: str, name: str, schema: Schema) -> Schema:
    return _of_texts({"pattern": argument}, schema)


def _one_of(argument: str, name: str, schema: Schema) -> Schema:
    return _of_texts({"enum": [word.strip() for word in argument.split(",")]}, schema)


def _of_texts(wanted: Schema, schema: Schema) -> Schema:
    """Give what a text must be, where it stands: itself, or each item of a list."""
    return {"items": {"type": "string"} | wanted} if schema.get("type") == "array" else wanted


KEYWORDS: Mapping[str, Callable[[str, str, Schema], Schema]] = {
    "min_length": _least,
    "max_length": _most,
    "range": _range,
    "pattern": _pattern,
    "one_of": _one_of,
}
"""Kind of rule -> function of its argument, the field, and what is known of the field that gives the keywords."""
