"""From a path to a source: the one place where a door turns a path into bytes."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from model_registry.domain.source import Source, understand
from model_registry.errors import ConfigError, SourceError

MOST_BYTES = 64_000_000
"""A file above this is not even read; `max_source_bytes` sets the real limit."""


def read_source(
    path: str | os.PathLike[str], roots: Sequence[Path] | None = None, *, base: Path | None = None
) -> Source:
    """Read a model file as a source. `base` is the directory its origin is told relative to (default: the working one).

    With `roots`, only files below one of them are read, after links are resolved. Raises SourceError for a path that is
    missing, outside the roots, no plain file, unreadable or far too large.
    """
    file = as_path(path)
    real = real_place(file, strict=True)
    if roots is not None and not any(real.is_relative_to(root.resolve()) for root in roots):
        raise SourceError(
            f"{str(file)!r} lies outside the directories this registry may read",
            code="path_outside_roots",
            where=str(file),
            hint="Give the text itself, or start the server with --root for that directory.",
        )
    return Source(_bytes(real, file), path_as_text(file.name), _origin(real, base or Path.cwd()))


def as_path(given: object) -> Path:
    """Give what a caller calls a path as one, `~` resolved; SourceError for what names none."""
    try:
        return Path(given).expanduser()  # type: ignore[arg-type]
    except (TypeError, RuntimeError) as error:
        raise SourceError(
            f"{given!r:.80} is no usable path: {error}", code="bad_path", where="path", hint="Give a path as a string."
        ) from error


def names_a_file(given: object) -> bool:
    """Tell whether a text that may be a path or something else names a file that is there."""
    try:
        return as_path(given).is_file()
    except (OSError, SourceError):
        return False


def recorded_source(info: Mapping[str, Any]) -> Source | None:
    """Give the file a model (its view) was registered from, if it is there and still bears the model's name."""
    path = (info["origin"] or {}).get("path")
    try:
        source = read_source(path) if path else None
        return source if source and understand(source).model.name == info["model_name"] else None
    except SourceError:
        return None


def path_as_text(path: str | os.PathLike[str]) -> str:
    r"""Give a path as text that can be stored: bytes of a name that are not UTF-8 stand as \xff, separators as /."""
    return os.fsencode(PurePath(path).as_posix()).decode("utf-8", "backslashreplace")


def working_root() -> Path:
    """Give the working directory as a root to read below; ConfigError where that is `/` or the home directory."""
    here = Path.cwd().resolve()
    if here in {Path(here.anchor), Path.home().resolve()}:
        raise ConfigError(
            f"{here} is too wide a place to read files from",
            code="root_too_wide",
            where="--root",
            hint="Start in a project's directory, or name one with --root.",
        )
    return here


def real_place(file: Path, *, strict: bool = False) -> Path:
    """Give a path with its links resolved; SourceError for one that cannot be, and if `strict` for one not there."""
    try:
        return file.resolve(strict=strict)
    except FileNotFoundError as error:
        hint = "Check the path; relative ones start at the working directory."
        raise SourceError(f"there is no file {str(file)!r}", code="no_such_file", where=str(file), hint=hint) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(
            f"{str(file)!r} is no usable path: {error}", code="bad_path", where=str(file)[:200], hint="Check the path."
        ) from error


def _bytes(real: Path, file: Path) -> bytes:
    """Read a plain file; the open descriptor is what is checked, so the file cannot be swapped in between."""
    try:
        descriptor = os.open(real, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise SourceError(
            f"{str(file)!r} cannot be read: {error.strerror}",
            code="no_permission" if error.errno in {errno.EACCES, errno.EPERM} else "unreadable",
            where=str(file),
            hint="Check the file's rights.",
        ) from error
    try:
        _refuse_special(os.fstat(descriptor), file)
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(descriptor)


def _refuse_special(status: os.stat_result, file: Path) -> None:
    where = str(file)
    if stat.S_ISDIR(status.st_mode):
        hint = "Name a file, or register a whole directory with `model-registry process`."
        raise SourceError(f"{where!r} is a directory", code="is_a_directory", where=where, hint=hint)
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{where!r} is no plain file", code="not_a_file", where=where, hint="Name a file of text.")
    if status.st_size > MOST_BYTES:
        hint = "Split the model."
        raise SourceError(f"{where!r} has {status.st_size:,} bytes", code="too_large", where=where, hint=hint)


def _origin(real: Path, base: Path) -> Mapping[str, Any]:
    root = base.resolve()
    path = real.relative_to(root) if real.is_relative_to(root) else real.name
    commit = git_commit(real.parent)
    return {"path": path_as_text(path), **({"commit": commit} if commit else {})}


@lru_cache(maxsize=1_024)
def git_commit(folder: Path) -> str | None:
    """Give the commit checked out in the work tree a folder stands in, read from `.git` alone; None outside of one."""
    for place in (folder, *folder.parents):
        git = place / ".git"
        if git.is_dir():
            return _head(git)
        if git.is_file():
            pointer = _first_line(git).removeprefix("gitdir:").strip()
            return _head((place / pointer).resolve()) if pointer else None
    return None


def _head(git: Path) -> str | None:
    head = _first_line(git / "HEAD")
    if not head.startswith("ref:"):
        return head or None
    name = head.removeprefix("ref:").strip()
    common = git / _first_line(git / "commondir") if (git / "commondir").is_file() else git
    return _first_line(common / name) or _packed(common / "packed-refs", name)


def _packed(refs: Path, name: str) -> str | None:
    try:
        lines = refs.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    return next((line.split(" ")[0] for line in lines if line.endswith(f" {name}")), None)


def _first_line(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").partition("\n")[0].strip()
    except OSError:
        return ""
