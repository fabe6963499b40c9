"""Finding model files below a directory: what is a model, and what is only a document, a tool's folder or our own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path
from typing import Any

from model_registry.domain.printable import printable
from model_registry.errors import RegistryError, SourceError
from model_registry.gnn.formats import SUFFIXES, format_of, looks_like_model
from model_registry.sources import as_path, path_as_text

OWN_MARK = "model-registry"
"""What our report files name in their `schema` (JSON) or in their first line (Markdown)."""

LOOKED_AT = 16_000_000
"""Bytes of a file that are looked at to tell whether it is a model."""

_OWN_REPORT = re.compile(rb'\A\s*(?:\{\s*"schema":\s*"|<!-- )' + OWN_MARK.encode())
_EMBEDDED_MODEL = re.compile(rb"^[ \t]*[^\w\s\"']{0,4}[ \t]*MODEL_DATA:\s*\{", re.MULTILINE)
_LIST_OF_VARIABLES = {
    "json": re.compile(rb'"variables"\s*:\s*\[|"raw_sections"\s*:\s*\{|MODEL_DATA:'),
    "yaml": re.compile(rb"""^\s*["']?variables["']?\s*:\s*(?:#.*)?(?:\[|\n\s*-)|^raw_sections\s*:""", re.MULTILINE),
    "xml": re.compile(rb"<variables?[\s/>]|<raw_sections|MODEL_DATA:"),
}
"""What a model has in these formats; templates and settings of other tools name variables too, but list none."""

_REGISTRY_PARTS = frozenset({"format.json", "log", "sources"})
_TOOL_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages"})

logger = getLogger("model_registry")


@dataclass(frozen=True, slots=True)
class Discovery:
    """What stands below a directory: the model files in path order, and the places that could not be looked into."""

    files: tuple[dict[str, Any], ...]
    faults: tuple[tuple[str, RegistryError], ...]


def discover_models(target_dir: Path, recursive: bool = True, skip: Sequence[Path] = ()) -> list[dict[str, Any]]:
    """Find the model files below a directory: [{path, origin, format, name, size}], in path order.

    `origin` is the path relative to the directory, `name` the file's name without its endings. Documents with models in
    code fences, hidden and tools' folders, registries, our own reports and the places to `skip` are passed over.
    Raises SourceError when there is no such directory, or when it is the place of a registry or of our reports.
    """
    found = discover(target_dir, recursive=recursive, skip=skip)
    for where, error in found.faults:
        logger.warning("%s: %s", printable(where), printable(error.message))
    return list(found.files)


def discover(target_dir: Path, *, recursive: bool = True, skip: Sequence[Path] = ()) -> Discovery:
    """Find the model files below a directory as `discover_models` does, and say what could not be looked into."""
    root = _directory(target_dir)
    faults: list[tuple[str, RegistryError]] = []
    left_out = frozenset(os.path.realpath(path) for path in skip)
    _refuse_own_place(root, left_out)
    paths = sorted(_distinct(_files(root, recursive, left_out, faults)), key=lambda path: path.relative_to(root).parts)
    files = []
    for path in paths:
        try:
            row = _row(path, root)
        except OSError as error:
            faults.append((path_as_text(path.relative_to(root)), _unreadable(path, error)))
            continue
        if row:
            files.append(row)
    return Discovery(tuple(files), tuple(faults))


def _directory(target_dir: Path) -> Path:
    root = as_path(target_dir).absolute()
    if root.is_dir():
        return root
    there = root.exists()
    raise SourceError(
        f"{str(root)!r} is {'no directory' if there else 'not there'}",
        code="not_a_directory" if there else "no_such_directory",
        where=str(root),
        hint="Register a single file with `model-registry register`." if there else "Check the path.",
    )


def _refuse_own_place(root: Path, left_out: frozenset[str]) -> None:
    """Refuse to look for models where nothing but what we wrote can be found."""
    place = Path(os.path.realpath(root))
    if any(str(folder) in left_out or _is_registry(folder) for folder in (place, *place.parents)):
        raise SourceError(
            f"{str(root)!r} is the place of a registry or of its reports, not of models",
            code="own_place",
            where=str(root),
            hint="Name the directory that the model files lie in; if it is this one, put the registry elsewhere.",
        )


def _files(
    root: Path, recursive: bool, left_out: frozenset[str], faults: list[tuple[str, RegistryError]]
) -> Iterator[tuple[Path, str]]:
    """Give the files that a suffix makes candidates, and where each really lies.

    Every folder is entered once, however many links lead to it.
    """
    entered: set[str] = set()
    waiting = [root]
    while waiting:
        folder = waiting.pop(0)
        real = os.path.realpath(folder)
        if real in entered or real in left_out:
            continue
        entered.add(real)
        try:
            entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_symlink(), entry.name))
        except OSError as error:
            faults.append((path_as_text(folder.relative_to(root)), _unreadable(folder, error)))
            continue
        if folder != root and _is_foreign(entries):
            continue
        waiting += [entry for entry in entries if recursive and _may_enter(entry)]
        for entry in filter(_may_be_model, entries):
            yield entry, os.path.realpath(entry) if entry.is_symlink() else os.path.join(real, entry.name)  # noqa: PTH118


def _is_foreign(entries: Sequence[Path]) -> bool:
    """Tell a registry and a virtual environment by what lies in them."""
    names = {entry.name for entry in entries}
    return "pyvenv.cfg" in names or names >= _REGISTRY_PARTS


def _is_registry(folder: Path) -> bool:
    return all((folder / part).exists() for part in _REGISTRY_PARTS)


def _may_enter(entry: Path) -> bool:
    return not entry.name.startswith(".") and entry.name not in _TOOL_FOLDERS and entry.is_dir()


def _may_be_model(entry: Path) -> bool:
    return not entry.name.startswith(".") and entry.suffix.lower() in SUFFIXES and entry.is_file()


def _distinct(found: Iterable[tuple[Path, str]]) -> Iterator[Path]:
    """Give each file once: links to a file that is found anyway are left out."""
    seen: set[str] = set()
    for path, real in sorted(found, key=lambda pair: pair[0].is_symlink()):
        if real not in seen:
            seen.add(real)
            yield path


def _row(path: Path, root: Path) -> dict[str, Any] | None:
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
    if not _is_model(head, path.name):
        return None
    return {
        "path": path,
        "origin": path_as_text(path.relative_to(root)),
        "format": format_of(head, path.name),
        "name": path_as_text(path.name).split(".")[0],
        "size": path.stat().st_size,
    }


def _is_model(head: bytes, filename: str) -> bool:
    """Tell whether a file is meant as a model: `.gnn` says so by itself, others by what they hold."""
    if _OWN_REPORT.match(head):
        return False
    if filename.lower().endswith(".gnn"):
        return True
    form = format_of(head, filename)
    if form == "embedded":
        return _EMBEDDED_MODEL.search(head) is not None
    listed = _LIST_OF_VARIABLES.get(form)
    return looks_like_model(head, filename) and (listed is None or listed.search(head) is not None)


def _unreadable(path: Path, error: OSError) -> SourceError:
    return SourceError(
        f"cannot be read: {error.strerror or error}", code="unreadable", where=str(path), hint="Check its rights."
    )
