"""From a reference to the model and version it means."""

from __future__ import annotations

from difflib import get_close_matches

from model_registry.asked import as_text
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry, ModelVersion
from model_registry.domain.identity import Reference, read_reference
from model_registry.domain.version import parse_range
from model_registry.errors import NotFoundError, VersionError


def find_model(catalogue: Catalogue, reference: str | Reference) -> ModelEntry:
    """Give the model a reference names; NotFoundError naming the nearest ids."""
    wanted = reference if isinstance(reference, Reference) else read_reference(reference)
    entry = catalogue.entries.get(wanted.model_id)
    if entry is None:
        near = get_close_matches(wanted.model_id, list(catalogue.entries), n=3, cutoff=0.5)
        hint = f"Did you mean {', '.join(near)}?" if near else "list_models and search_models show what there is."
        raise NotFoundError(
            f"there is no model {wanted.model_id!r}", code="unknown_model", where="model_id", hint=hint, near=near
        )
    return entry


def find_version(entry: ModelEntry, wanted: str | None = "") -> ModelVersion:
    """Give the version meant: the current one for "" or None, else an exact number, an alias, the highest of a range.

    A range never picks a yanked version, nor a pre-release unless it names one. NotFoundError naming what there is.
    """
    if wanted is None or wanted == "":
        return entry.current_version
    wanted = as_text(wanted, "version", NotFoundError)
    exact = entry.version(entry.aliases.get(wanted, wanted.removeprefix("v")))
    if exact:
        return exact
    chosen = _by_range(entry, wanted)
    if chosen is None:
        known = ", ".join(version.version for version in entry.versions[-5:])
        aliases = f"; its aliases: {', '.join(sorted(entry.aliases))}" if entry.aliases else ""
        raise NotFoundError(
            f"{entry.id} has no version {wanted[:80]!r}",
            code="unknown_version",
            where=f"{entry.id}@{wanted[:80]}",
            hint=f"Its newest versions: {known}{aliases}.",
        )
    return chosen


def find_named_version(entry: ModelEntry, wanted: str) -> ModelVersion:
    """Give the version meant by a text that must name one: nothing is withdrawn or moved to by default."""
    if as_text(wanted, "version", NotFoundError):
        return find_version(entry, wanted)
    raise NotFoundError(
        f"no version of {entry.id} is named",
        code="unknown_version",
        where="version",
        hint=f"Name one, such as {entry.newest.version}.",
    )


def _by_range(entry: ModelEntry, wanted: str) -> ModelVersion | None:
    try:
        meant = parse_range(wanted)
    except VersionError:
        return None
    number = next((number for number in entry.offered() if number in meant), None)
    return entry.version(number) if number else None
