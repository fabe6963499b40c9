"""What a model states of itself, compared: time, ModelParameters, equations, language version, flags."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

from model_registry.gnn.canonical import (
    Form,
    canonical_setting,
    canonical_text,
    canonical_time,
    equation_lines,
    tokens,
)
from model_registry.gnn.changes import Change
from model_registry.gnn.prose import excerpt

SHOWN_LINES = 5
"""How many lines of the equations a change shows."""

DIMENSION_COUNT = re.compile(
    r"(?:num|nr|n)_(?:\w+_)?(?:states?|obs|observations?|outcomes?|actions?|controls?|policies|modalities|factors|agents|levels)"
    r"(?:_?(?:[fm]|factor|modality|level|agent)?_?\d{1,4})?"
)
"""ModelParameters that count dimensions: num_hidden_states, num_obs, num_actions, num_factors, nr_agents ..."""

AXIS_ORDER = "b_tensor_order"


def time_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give how the time regime differs."""
    old, new = (canonical_time(form.model.time, form.names) for form in (before, after))
    was, now = before.model.time, after.model.time
    yield from _regime("time-regime", "dynamic", was.dynamic, now.dynamic, ("static", "dynamic"))
    yield from _regime("time-discretisation", "discrete", was.discrete, now.discrete, ("continuous", "discrete"))
    for field in ("variable", "horizon"):
        if old[field] != new[field]:
            yield Change(f"time-{field}", field, getattr(was, field), getattr(now, field))
    for key in dict.fromkeys([*old["other"], *new["other"]]):
        if old["other"].get(key) != new["other"].get(key):
            yield Change("time-setting", key, was.other.get(key), now.other.get(key))


def _regime(kind: str, name: str, old: bool | None, new: bool | None, words: tuple[str, str]) -> Iterator[Change]:
    if old is not new:
        was, now = (None if side is None else words[side] for side in (old, new))
        yield Change("time-stated" if None in (old, new) else kind, name, was, now)


def setting_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give the ModelParameters that came, went, or are set to another value."""
    dims = {dim for form in (before, after) for variable in form.variables.values() for dim in variable.dims}
    old, new = (
        {unicodedata.normalize("NFC", key): value for key, value in form.model.model_parameters.items()}
        for form in (before, after)
    )
    for key in dict.fromkeys([*old, *new]):
        counts = key in dims or DIMENSION_COUNT.fullmatch(key) is not None
        if key not in new:
            yield Change(_setting_kind(key, "removed", counts=counts), key, old[key])
        elif key not in old:
            yield Change("model-parameter-added", key, None, new[key])
        elif _by_value(old[key]) != _by_value(new[key]):
            yield Change(_setting_kind(key, "changed", counts=counts), key, old[key], new[key])


def _setting_kind(key: str, what: str, *, counts: bool) -> str:
    family = "axis-order" if key == AXIS_ORDER else "dimension-parameter" if counts else "model-parameter"
    return f"{family}-{what}"


def _by_value(setting: Any) -> str:
    """Give a setting as JSON, in which true is not 1."""
    return json.dumps(canonical_setting(setting), sort_keys=True)


def equation_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give how the lines of the equations differ, comments aside."""
    old, new = ([tokens(line, form.names) for line in equation_lines(form.model.equations)] for form in (before, after))
    if old != new:
        gone, come = (list((Counter(one) - Counter(other)).elements()) for one, other in ((old, new), (new, old)))
        detail = {"removed": len(gone), "added": len(come), "lines": {"before": len(old), "after": len(new)}}
        lost, gained = (excerpt("; ".join(lines[:SHOWN_LINES])) for lines in (gone, come))
        yield Change("equations", "equations", lost, gained, detail)


def label_changes(before: Form, after: Form) -> Iterator[Change]:
    """Give what the text says otherwise of itself: language version, GNNSection, flags."""
    old, new = before.model, after.model
    versions = [_release(model.language_version) for model in (old, new)]
    if versions[0] != versions[1]:
        majors = {version[0] for version in versions if version}
        kind = "language-major" if len(majors) > 1 else "language-version"
        yield Change(kind, "language_version", old.language_version or None, new.language_version or None)
    if canonical_text(old.section) != canonical_text(new.section):
        yield Change("section-kind", "section", excerpt(old.section), excerpt(new.section))
    for key in dict.fromkeys([*old.flags, *new.flags]):
        if canonical_text(old.flags.get(key, "")) != canonical_text(new.flags.get(key, "")):
            yield Change("flag", key, old.flags.get(key), new.flags.get(key))


def _release(version: str) -> list[str]:
    """Give the parts of a language version without trailing zeros: 1.0 is 1."""
    parts = version.strip().split(".") if version.strip() else []
    while len(parts) > 1 and not parts[-1].strip("0"):
        parts.pop()
    return parts
