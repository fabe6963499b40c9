"""What is said about a model: taken from its text or given, checked against the rules, normalised."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from sys import intern
from typing import Any

from model_registry.config import MetadataConfig
from model_registry.domain.requirement import HINT, malformed
from model_registry.errors import MetadataError
from model_registry.gnn.model import GNNModel
from model_registry.metadata_rules import read_rules

Performance = Mapping[str, Mapping[str, Any]]
"""Metric name -> {value, and optionally dataset, run, at}. A bare number is the metric `score`, from 0 to 1."""

MODEL_FIELDS = ("name", "description", "author", "tags")
VERSION_FIELDS = ("performance", "dependencies")
RESERVED = frozenset({*MODEL_FIELDS, *VERSION_FIELDS, "version"})
MEASUREMENT_FIELDS = frozenset({"value", "dataset", "run", "at"})
MAX_TEXT = 10_000
MOST_NESTED = 100
_NOTHING: Mapping[str, Any] = {}
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
AUTHOR_LINE = re.compile(r"^\s*(?:[-*]\s*)?(?:author|creator)s?\s*:\s*(\S.*?)\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is said about a model. `explicit` names the fields somebody set; they outlast what later texts say.

    `derived` says of a field where it was taken from when nobody wrote it down (an author from the user's account).
    """

    name: str = ""
    description: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    explicit: tuple[str, ...] = ()
    derived: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give the metadata as stored."""
        return {
            "name": self.name,
            "description": self.description,
            "author": self.author,
            "tags": list(self.tags),
            "extra": dict(self.extra),
            "explicit": list(self.explicit),
            "derived": dict(self.derived),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Metadata:
        """Read metadata as stored; what many models have in common is kept in memory once."""
        shared = {
            "author": intern(stored["author"]),
            "tags": tuple(map(intern, stored["tags"])),
            "explicit": tuple(map(intern, stored["explicit"])),
            "extra": stored["extra"] or _NOTHING,
            "derived": stored["derived"] or _NOTHING,
        }
        return cls(**{**stored, **shared})

    def public(self) -> dict[str, Any]:
        """Give the fields people set: name, description, author, tags and the extra keys."""
        return {"name": self.name, "description": self.description, "author": self.author, "tags": list(self.tags)} | (
            {"extra": dict(self.extra)} if self.extra else {}
        )


@dataclass(frozen=True, slots=True)
class Given:
    """Metadata as somebody gave it, taken apart: the model's own fields, and what belongs to a version."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    performance: Performance | None = None
    dependencies: tuple[str, ...] | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule broken: the field, what is wrong, and how to mend it."""

    field: str
    message: str
    hint: str


def read_given(metadata: Mapping[str, Any] | None) -> Given:
    """Take given metadata apart; MetadataError naming every field that has the wrong type."""
    faults: list[Fault] = []
    given = _keyed_by_text({} if metadata is None else metadata, faults)
    fields = {name: _typed(name, given[name], faults) for name in MODEL_FIELDS if given.get(name) is not None}
    performance = _performance(given["performance"], faults) if given.get("performance") is not None else None
    dependencies = _requirements(given["dependencies"], faults) if "dependencies" in given else None
    extra = {key: _plain(key, value, faults) for key, value in given.items() if key not in RESERVED}
    refuse(faults)
    version = given.get("version")
    return Given(fields, extra, performance, dependencies, None if version is None else str(version))


def extract(model: GNNModel, fallback_name: str = "") -> dict[str, Any]:
    """Give what the text says of itself: front matter first, then the GNN sections.

    The name is ModelName (else the title, else `fallback_name`), the description ModelAnnotation (else the title),
    the author an `Author:` or `Creator:` line; a Signature is mostly a placeholder and is not believed.
    """
    found = {
        "name": model.name or model.title or fallback_name,
        "description": _one_paragraph(AUTHOR_LINE.sub("", model.annotation)) or model.title,
        "author": _author_line(model),
        "tags": (),
    }
    front = {key: value for key, value in model.front_matter.items() if key in MODEL_FIELDS and value}
    found.update({key: _text_or_names(key, value) for key, value in front.items()})
    return {key: value for key, value in found.items() if value}


def combine(known: Metadata | None, found: Mapping[str, Any], given: Given, fallback: tuple[str, str]) -> Metadata:
    """Give the metadata of a new version: given fields over those set before over what the text says.

    `fallback` is an author to assume and where it was taken from (both "" for none).
    """
    explicit = {name: getattr(known, name) for name in known.explicit} if known else {}
    fields = {"tags": (), **found, **explicit, **given.fields}
    derived = {}
    if not fields.get("author") and fallback[0]:
        fields["author"], derived["author"] = fallback
    extra = {**(known.extra if known else {}), **given.extra}
    return Metadata(
        **fields,
        extra={key: value for key, value in extra.items() if value is not None},
        explicit=tuple(sorted({*explicit, *given.fields})),
        derived=derived,
    )


def patch(known: Metadata, given: Given) -> Metadata:
    """Give the metadata with the given fields changed; an extra key given as None is removed."""
    extra = {key: value for key, value in {**known.extra, **given.extra}.items() if value is not None}
    explicit = tuple(sorted({*known.explicit, *given.fields}))
    derived = {key: value for key, value in known.derived.items() if key not in given.fields}
    return replace(known, **given.fields, extra=extra, explicit=explicit, derived=derived)


def differences(before: Metadata, after: Metadata) -> dict[str, list[Any]]:
    """Give each public field that differs as [before, after]; extra keys stand under their own names."""
    old, new = ({**data.public().pop("extra", {}), **data.public()} for data in (before, after))
    for side in (old, new):
        side.pop("extra", None)
    return {key: [old.get(key), new.get(key)] for key in sorted({*old, *new}) if old.get(key) != new.get(key)}


def validate(metadata: Mapping[str, Any], config: MetadataConfig) -> tuple[Fault, ...]:
    """Give every rule of the configuration that the metadata breaks, whether or not it is to be enforced."""
    missing = [
        Fault(name, f"{name} is required and missing", f"Give metadata={{{name!r}: ...}}.")
        for name in config.required_fields
        if _is_absent(metadata.get(name))
    ]
    broken = [
        fault
        for name, rules in config.validation_rules.items()
        if not _is_absent(metadata.get(name))
        for fault in _broken(rules, name, metadata[name])
    ]
    return (*missing, *broken)


def unlisted(extra: Iterable[str], config: MetadataConfig) -> tuple[Fault, ...]:
    """Give the extra keys that the configuration names neither as required nor as optional; they are kept all the same.

    The field one of them was probably meant to be is named.
    """
    listed = {*RESERVED, *config.required_fields, *config.optional_fields}
    return tuple(
        Fault(
            key, f"{key} is neither a required nor an optional field; it is kept as an extra key", _meant(key, listed)
        )
        for key in extra
        if key not in listed
    )


def _meant(key: str, listed: Iterable[str]) -> str:
    near = get_close_matches(key, sorted(listed), n=1, cutoff=0.7)
    return f"Did you mean {near[0]}?" if near else "Name it in optional_fields if it is meant to be there."


def refuse(faults: Iterable[Fault]) -> None:
    """Raise one MetadataError that names all faults, if there are any."""
    found = list(faults)
    if found:
        raise MetadataError(
            "invalid metadata: " + "; ".join(fault.message for fault in found),
            where=", ".join(dict.fromkeys(fault.field for fault in found)),
            hint=" ".join(dict.fromkeys(fault.hint for fault in found)),
            faults=[{"field": fault.field, "message": fault.message, "hint": fault.hint} for fault in found],
        )


def show_performance(performance: Performance) -> dict[str, Any]:
    """Give each metric as people write it: a number, or an object when more is known than the value."""
    return {
        metric: measured["value"] if set(measured) == {"value"} else dict(measured)
        for metric, measured in performance.items()
    }


def _broken(rules: str, name: str, value: Any) -> Iterator[Fault]:
    for rule in read_rules(rules):
        message = rule.check(name, value)
        if message:
            yield Fault(name, message, f"Change {name} so that it fits {rule.text!r}.")


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, Sized) and len(value) == 0)


def _keyed_by_text(metadata: Any, faults: list[Fault]) -> dict[str, Any]:
    """Give the fields that can be stored; what is no mapping, no text for a key, or no Unicode text is a fault."""
    if not isinstance(metadata, Mapping):
        message = f"metadata must be a mapping of fields, not {type(metadata).__name__}"
        faults.append(Fault("metadata", message, "Give metadata={'name': ..., 'description': ...}."))
        return {}
    unnamed = [key for key in metadata if not isinstance(key, str)]
    faults += [Fault("metadata", f"the key {key!r:.60} is no text", "Give every key as a string.") for key in unnamed]
    named = {key: value for key, value in metadata.items() if isinstance(key, str)}
    deep = [key for key in named if _is_deep(named[key])]
    faults += [Fault(key, f"{key} is nested more than {MOST_NESTED} deep", "Give flatter values.") for key in deep]
    named = {key: value for key, value in named.items() if key not in deep}
    broken = [key for key in named if any(map(_LONE_SURROGATE.search, _texts({key: named[key]})))]
    names = [ascii(key)[1:-1] for key in broken]
    faults += [Fault(name, f"{name} holds half a character (a surrogate)", "Give Unicode text.") for name in names]
    return {key: value for key, value in named.items() if key not in broken}


def _is_deep(value: Any) -> bool:
    """Tell whether a value is nested deeper than can be kept, or holds itself."""
    level = [value]
    for _ in range(MOST_NESTED):
        level = list({id(inner): inner for each in level for inner in _held(each)}.values())
    return bool(level)


def _held(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple, set, frozenset)) else ()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for pair in value.items() for part in pair for text in _texts(part))
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from (text for item in value for text in _texts(item))


def _typed(name: str, value: Any, faults: list[Fault]) -> Any:
    if name == "tags":
        return tuple(dict.fromkeys(tag.strip() for tag in _names(name, value, faults) if tag.strip()))
    if not isinstance(value, str):
        faults.append(Fault(name, f"{name} must be text, not {type(value).__name__}", f"Give {name} as a string."))
        return ""
    return value.strip()[:MAX_TEXT]


def _names(name: str, value: Any, faults: list[Fault]) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple, set, frozenset)) or not all(isinstance(item, str) for item in items):
        faults.append(Fault(name, f"{name} must be a list of strings", f"Give {name} as a list such as ['a', 'b']."))
        return ()
    return tuple(items)


def _requirements(value: Any, faults: list[Fault]) -> tuple[str, ...]:
    texts = _names("dependencies", value, faults)
    wrong = [(text, problem) for text in texts if (problem := malformed(text))]
    faults += [Fault("dependencies", f"the requirement {text[:80]!r} {problem}", HINT) for text, problem in wrong]
    return texts


def _performance(value: Any, faults: list[Fault]) -> Performance:
    metrics = value if isinstance(value, Mapping) else {"score": value}
    return {str(metric): _measurement(str(metric), measured, faults) for metric, measured in metrics.items()}


def _measurement(metric: str, measured: Any, faults: list[Fault]) -> dict[str, Any]:
    form = dict(measured) if isinstance(measured, Mapping) else {"value": measured}
    number = form.get("value")
    finite = isinstance(number, (int, float)) and not isinstance(number, bool) and math.isfinite(number)
    if not finite or not set(form) <= MEASUREMENT_FIELDS:
        hint = "Give a finite number, or {'value': number} with dataset, run and at beside it."
        faults.append(Fault("performance", f"performance.{metric} is not a measurement: {measured!r:.60}", hint))
        return {"value": 0.0}
    return form


def _plain(key: str, value: Any, faults: list[Fault]) -> Any:
    """Give a value that JSON can hold, or a fault: what is stored must come back as it was."""
    if value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping) and all(isinstance(inner, str) for inner in value):
        return {inner: _plain(key, item, faults) for inner, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(key, item, faults) for item in value]
    faults.append(
        Fault(key, f"{key} holds a {type(value).__name__}, which JSON has no form for", f"Give {key} as text.")
    )
    return None


def _text_or_names(key: str, value: Any) -> Any:
    if key != "tags":
        return str(value).strip()[:MAX_TEXT]
    items = value if isinstance(value, (list, tuple)) else str(value).split(",")
    return tuple(dict.fromkeys(text for item in items if (text := str(item).strip())))


def _author_line(model: GNNModel) -> str:
    for text in (model.annotation, model.footer, *(comment.text for comment in model.comments)):
        found = AUTHOR_LINE.search(text)
        if found:
            return found.group(1)[:MAX_TEXT]
    return ""


def _one_paragraph(text: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", text).strip()[:MAX_TEXT]
