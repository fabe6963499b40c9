"""Bytes become a model: which format a file is in, and how each is read without running anything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import accumulate
from pathlib import PurePath
from types import MappingProxyType
from typing import Any
from xml.etree import ElementTree

import yaml

from model_registry.errors import SourceError
from model_registry.gnn.exchange import model_of
from model_registry.gnn.model import GNNModel
from model_registry.gnn.parser import is_model, parse

_EMBEDDING = (
    *(".agda", ".als", ".alloy", ".asn", ".asn1", ".bnf", ".v", ".ebnf", ".hs", ".thy", ".lean", ".mac", ".max"),
    *(".proto", ".py", ".scala", ".tla", ".xsd", ".z", ".zed"),
)

SUFFIXES: Mapping[str, str] = MappingProxyType(
    {".md": "markdown", ".markdown": "markdown", ".gnn": "markdown", ".txt": "markdown", ".json": "json"}
    | {".yaml": "yaml", ".yml": "yaml", ".xml": "xml", ".pkl": "pkl", ".pickle": "pickle"}
    | dict.fromkeys(_EMBEDDING, "embedded")
)
"""The format of each file suffix; `embedded` files carry a model in a `MODEL_DATA:` line."""

YAML_CHARACTERS = 250_000
YAML_DEPTH = 50
"""A longer or deeper YAML text is refused: reading it would take seconds."""

SMALLEST_MODEL = """\
## ModelName
My Model

## ModelAnnotation
What it is for.

## StateSpaceBlock
s[2,1,type=float]

## Connections
s>s
"""
"""The smallest text that is accepted as a model."""

_EMBEDDED = re.compile(r"MODEL_DATA:\s*(?=\{)")
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_DOCUMENT_TYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def decode(data: bytes) -> str:
    """Give the text of UTF-8 bytes, without a byte order mark.

    Raises SourceError `invalid_utf8` (with byte offset and line) or `binary`.
    """
    if data.count(b"\0") * 10 > len(data):
        raise SourceError("The file is binary.", code="binary", hint="Give a text file in UTF-8.")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"The file is not UTF-8: byte {error.start} (line {line}) belongs to no character.",
            code="invalid_utf8",
            where=f"line {line}",
            hint="Save the file as UTF-8.",
            offset=error.start,
        ) from None


def format_of(data: bytes, filename: str = "") -> str:
    """Give the format of a file: by its suffix, and by its content where the suffix says nothing."""
    known = SUFFIXES.get(PurePath(filename).suffix.lower())
    if known == "pkl":
        return "pickle" if _PICKLE.match(data) or b"\0" in data else "embedded"
    if known is not None:
        return known
    if _PICKLE.match(data):
        return "pickle"
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return {b"{": "json", b"<": "xml"}.get(start, "markdown")


def read_model(data: bytes, filename: str = "", *, require_variables: bool = True) -> GNNModel:
    """Give the model a file holds; nothing in it is run or unpickled.

    Raises SourceError: `empty`, `pickle`, `binary`, `invalid_utf8`, `bad_json`, `bad_yaml`, `bad_xml`, and
    `not_a_model` where no variable is declared (unless `require_variables` is False).
    """
    if not data.strip():
        raise SourceError("The file is empty.", code="empty", hint=f"The smallest model is:\n{SMALLEST_MODEL}")
    kind = format_of(data, filename)
    if kind == "pickle":
        raise SourceError(
            "The file is a Python pickle; loading one would run code from it, so it is never read.",
            code="pickle",
            hint="Export the model as Markdown or JSON.",
        )
    model = _READERS[kind](decode(data))
    if require_variables:
        refuse_no_model(model)
    return model


def refuse_no_model(model: GNNModel) -> None:
    """Raise SourceError `not_a_model` for a model without a variable; the hint shows the smallest model."""
    if not model.variables:
        raise SourceError(
            "The text declares no variable in a StateSpaceBlock.",
            code="not_a_model",
            where="StateSpaceBlock",
            hint=f"Declare at least one variable. The smallest model is:\n{SMALLEST_MODEL}",
        )


def looks_like_model(data: bytes, filename: str = "") -> bool:
    """Tell cheaply whether a file may hold a model, without reading it as one; it never raises."""
    kind = format_of(data, filename)
    if kind == "pickle":
        return False
    if kind == "markdown":
        return is_model(data.decode("utf-8", errors="replace"))
    return b"MODEL_DATA:" in data or (kind != "embedded" and _names_variables(data))


def _names_variables(data: bytes) -> bool:
    return b"variables" in data and (b"connections" in data or b"parameters" in data or b"dimensions" in data)


def _read_text(text: str) -> GNNModel:
    """Give the model of a text; one that is none itself may embed one."""
    return _read_embedded(text) if _EMBEDDED.search(text) and not is_model(text) else parse(text)


def _read_embedded(text: str) -> GNNModel:
    """Give the model in the `MODEL_DATA:` line of a text, without reading anything else of it."""
    match = _EMBEDDED.search(text)
    if match is None:
        raise SourceError(
            "The file carries no MODEL_DATA line.", code="not_a_model", hint="Export the model as Markdown or JSON."
        )
    end = text.find("\n", match.end())
    line = text[match.end() : end if end >= 0 else len(text)]
    tree, _ = _guarded("json", lambda: json.JSONDecoder().raw_decode(line), ValueError, RecursionError)
    return _model_of(tree)


def _read_json(text: str) -> GNNModel:
    if not text.lstrip().startswith("{") and _EMBEDDED.search(text):
        return _read_embedded(text)
    return _model_of(_guarded("json", lambda: json.loads(text), ValueError, RecursionError))


def _read_yaml(text: str) -> GNNModel:
    return _model_of(_guarded("yaml", lambda: _plain_yaml(text), yaml.YAMLError, ValueError, RecursionError))


def _plain_yaml(text: str) -> Any:
    """Give the tree of a YAML text of bounded size, without aliases (they can grow without bound) and tags."""
    if len(text) > YAML_CHARACTERS or _flow_depth(text) > YAML_DEPTH:
        raise ValueError(f"longer than {YAML_CHARACTERS:,} characters, or nested more than {YAML_DEPTH} deep")
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
            raise ValueError(f"line {token.start_mark.line + 1} holds an anchor, an alias or a tag")
    return yaml.safe_load(text)


def _flow_depth(text: str) -> int:
    steps = (1 if match[0] in "[{" else -1 for match in re.finditer(r"[\[\]{}]", text))
    return max(accumulate(steps), default=0)


def _read_xml(text: str) -> GNNModel:
    if _EMBEDDED.search(text):
        return _read_embedded(text)
    if _DOCUMENT_TYPE.search(text):
        raise SourceError(
            "The XML declares a document type or an entity; such files are refused.",
            code="bad_xml",
            hint="Remove the declaration.",
        )
    root = _guarded("xml", lambda: ElementTree.fromstring(text), ElementTree.ParseError, ValueError)  # noqa: S314
    return model_of(_tree_of(root))


def _tree_of(root: ElementTree.Element) -> dict[str, Any]:
    """Give the exchange tree of an XML export."""
    time = root.find("time_specification")
    return {
        "model_name": root.get("name", ""),
        "version": root.get("version", ""),
        "annotation": root.findtext("metadata/annotation", ""),
        "variables": [
            {**item.attrib, "type": "", "dimensions": _parts(item.get("dimensions"))}
            for item in root.iterfind("variables/variable")
        ],
        "connections": [
            {
                "connection_type": item.get("type", ""),
                "source_variables": _parts(item.findtext("sources") or item.get("source")),
                "target_variables": _parts(item.findtext("targets") or item.get("target")),
                "description": item.findtext("description", ""),
            }
            for item in root.iterfind("connections/connection")
        ],
        "parameters": [{**item.attrib, "value": item.text or ""} for item in root.iterfind("parameters/parameter")],
        "equations": [item.text or "" for item in root.iterfind("equations/equation")],
        "time_specification": {} if time is None else {"time_type": time.get("type", ""), **time.attrib},
        "ontology_mappings": [
            {"variable_name": item.get("variable", ""), "ontology_term": item.get("term", "")}
            for item in root.iterfind("ontology_mappings/mapping")
        ],
    }


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _guarded(kind: str, read: Callable[[], Any], *faults: type[Exception]) -> Any:
    """Give what `read` gives; its faults become a SourceError."""
    try:
        return read()
    except faults as error:
        raise SourceError(
            f"The file is not readable {kind.upper()}: {str(error)[:200]}",
            code=f"bad_{kind}",
            hint=f"Correct the {kind.upper()}, or give the model as Markdown.",
        ) from None


def _model_of(tree: object) -> GNNModel:
    if not isinstance(tree, dict):
        raise SourceError(
            "The file holds no mapping at its top.", code="not_a_model", hint="Export the model with its variables."
        )
    return model_of(tree)


_READERS: Mapping[str, Callable[[str], GNNModel]] = MappingProxyType(
    {"markdown": _read_text, "embedded": _read_embedded, "json": _read_json, "yaml": _read_yaml, "xml": _read_xml}
)
