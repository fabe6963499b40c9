"""The entries of the registry to which strangers bring something, each as a function of one value.

    python tests/reliability/hostile.py ENTRY [-max_total_time=60 ...]

feeds one of them with what atheris finds (it must be installed; the options are those of libFuzzer).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model_registry.bootstrap import memory_registry, open_tokens, restore_registry
from model_registry.config import read_config
from model_registry.domain.proof import read_head, read_proof, verify_proof
from model_registry.domain.source import Source
from model_registry.errors import RegistryError
from model_registry.gnn.parser import parse
from model_registry.registry import Registry
from texts import coin, source


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, and what it takes."""

    takes: type
    bring: Callable[[Registry, Any], object]


def _named(name: str) -> Source:
    return Source(coin(name).encode("utf-8", "surrogatepass"), "coin.md")


def _never(registry: Registry, text: str) -> None:
    try:
        parse(text)
    except RegistryError as error:
        raise AssertionError("parsing never refuses a text") from error


def _prove(_: Registry, data: bytes) -> None:
    verify_proof(read_proof(data), data[:200].decode("utf-8", "replace"))


def _restore(_: Registry, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        backup = Path(folder) / "any.zip"
        backup.write_bytes(data)
        try:
            restore_registry(backup, Path(folder) / "new")
        finally:
            assert {path.name for path in Path(folder).iterdir()} <= {"any.zip", "new"}


def _token_file(_: Registry, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.json"
        path.touch(0o600)
        path.write_bytes(data)
        open_tokens(path).holder(data.decode("utf-8", "replace"))


ENTRIES: Mapping[str, Entry] = {
    "parse": Entry(str, _never),
    "register": Entry(bytes, lambda registry, data: registry.register_model(Source(data, "any.md"))),
    "register a name": Entry(str, lambda registry, text: registry.register_model(_named(text))),
    "register JSON": Entry(bytes, lambda registry, data: registry.register_model(Source(data, "any.json"))),
    "register YAML": Entry(bytes, lambda registry, data: registry.register_model(Source(data, "any.yaml"))),
    "register XML": Entry(bytes, lambda registry, data: registry.register_model(Source(data, "any.xml"))),
    "file name": Entry(str, lambda registry, text: registry.register_model(Source(_named(text[:9]).data, text))),
    "model id": Entry(str, lambda registry, text: registry.register_model(source(), model_id=text)),
    "version": Entry(str, lambda registry, text: registry.create_model_version("coin-judge", text)),
    "metadata": Entry(dict, lambda registry, given: registry.register_model(source(), given)),
    "patch": Entry(dict, lambda registry, given: registry.update_model_metadata("coin-judge", given)),
    "reason": Entry(str, lambda registry, text: registry.archive_model("nobody", text, actor=text, op_id=text)),
    "alias": Entry(str, lambda registry, text: registry.set_model_alias("coin-judge", text, "1.0.0")),
    "query": Entry(str, lambda registry, text: registry.search_models(text)),
    "filters": Entry(dict, lambda registry, given: registry.search_models("coin", given)),
    "list filters": Entry(dict, lambda registry, given: registry.list_models(given)),
    "cursor": Entry(str, lambda registry, text: registry.list_models(cursor=text)),
    "audit cursor": Entry(str, lambda registry, text: registry.get_audit_trail(cursor=text)),
    "moment": Entry(str, lambda registry, text: registry.list_models(as_of=text)),
    "reference": Entry(str, lambda registry, text: registry.get_model_info(text)),
    "source reference": Entry(str, lambda registry, text: registry.get_model_source("coin-judge", text)),
    "comparison": Entry(str, lambda registry, text: registry.compare_model_versions("coin-judge", text, text)),
    "identify": Entry(str, lambda registry, text: registry.identify_model(text)),
    "head": Entry(str, lambda _, text: read_head(text)),
    "proof": Entry(bytes, _prove),
    "backup": Entry(bytes, _restore),
    "tokens": Entry(bytes, _token_file),
    "settings": Entry(dict, lambda _, given: read_config(given)),
}


def feed(registry: Registry, entry: str, value: Any) -> None:
    """Bring a value to an entry: it is taken, or refused as a RegistryError with a hint that can be shown as JSON."""
    errors: list[RegistryError] = []
    try:
        ENTRIES[entry].bring(registry, value)
    except RegistryError as error:
        errors.append(error)
    assert all(error.code and json.dumps(error.to_dict(), default=str) for error in errors)


def main() -> None:
    """Let atheris look for what is neither taken nor refused."""
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    entry, registry = sys.argv.pop(1), memory_registry()
    registry.register_model(source())

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        values: Mapping[str, Any] = {"bytes": data, "str": text, "dict": {"name": text}}
        feed(registry, entry, values[ENTRIES[entry].takes.__name__])

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
