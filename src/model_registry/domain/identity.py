"""Who is who: ids of models, and the ways to name a model and a version of it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass

from model_registry.asked import as_text
from model_registry.errors import NotFoundError, RegistrationError, VersionNumberError

MODEL_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
ALIAS = re.compile(r"(?!v\d)[a-z][a-z0-9_.-]{0,63}")
SLUG_LENGTH = 57
"""A slug leaves room in an id for `-` and six hex digits."""

GREEK = {
    letter: unicodedata.name(letter).removeprefix("GREEK SMALL LETTER ").split()[-1].lower()
    for letter in "αβγδεζηθικλμνξοπρςστυφχψω"
}
"""Greek letter -> its name, as Unicode has it (`λ` is `lamda` there; the field writes `lambda`)."""
GREEK["λ"] = "lambda"


@dataclass(frozen=True, slots=True)
class Reference:
    """A model named by somebody, and which version of it: "" for the current one, a number, a range or an alias."""

    model_id: str
    version: str = ""


def slug(name: str) -> str:
    """Give the id a name leads to: ASCII, lower case, Greek letters spelled out, at most 57 characters."""
    spelled = "".join(f" {GREEK[letter]} " if letter in GREEK else letter for letter in name.lower().replace("µ", "μ"))
    ascii_text = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    found = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")[:SLUG_LENGTH].strip("-")
    return found or f"model-{short_hash(name)}"


def free_id(name: str, taken: Container[str]) -> str:
    """Give a free id for a new name: its slug, else the slug with six hex digits of the name's SHA-256."""
    wanted = slug(name)
    return f"{wanted}-{short_hash(name)}" if wanted in taken else wanted


def short_hash(text: str) -> str:
    """Give six hex digits of a text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def check_id(model_id: str) -> str:
    """Give the id if it is one; RegistrationError that shows the rule if not."""
    if not MODEL_ID.fullmatch(as_text(model_id, "model_id", RegistrationError)):
        raise RegistrationError(
            f"{model_id[:80]!r} is not a model id",
            code="bad_model_id",
            where="model_id",
            hint="An id has 1 to 64 characters of a-z, 0-9, _ and -, and begins with a letter or digit.",
        )
    return model_id


def check_alias(alias: str) -> str:
    """Give the alias if it can be one; VersionNumberError if it could be taken for a version or a range."""
    if not ALIAS.fullmatch(as_text(alias, "alias", VersionNumberError)):
        raise VersionNumberError(
            f"{alias[:80]!r} is not an alias",
            code="bad_alias",
            where="alias",
            hint="An alias has 1 to 64 characters of a-z, 0-9, _, . and -, and begins with a letter, but not `v1`.",
        )
    return alias


def read_reference(text: str) -> Reference:
    """Read `id`, `id@1.2.0`, `id@^1.2` or `id@alias`; NotFoundError for a text that names no model."""
    model_id, at, version = as_text(text, "model_id", NotFoundError).strip().partition("@")
    if MODEL_ID.fullmatch(model_id) and (version.strip() or not at):
        return Reference(model_id, version.strip())
    named = f"{model_id[:80]}@" if at and not version.strip() else model_id[:80]
    raise NotFoundError(
        f"there is no model {named!r}",
        code="unknown_model",
        where="model_id",
        hint="Name a model by its id, or id@version; list_models shows the ids.",
    )
