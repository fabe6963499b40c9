"""The rules that a field of metadata can be held to, and how they are written: `min_length:3|max_length:80`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

Check = Callable[[str, Any], str | None]
"""Function of a field's name and its value that tells what is wrong, None for nothing."""

_BETWEEN_RULES = re.compile(r"\|(?=\s*\w+:)")
"""A bar parts two rules where a word and a colon follow it; any other bar belongs to a pattern."""


class Rule(NamedTuple):
    """A rule as it is written, and the check it stands for."""

    text: str
    check: Check


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind of rule is written: what its argument must be, and what makes a check of the argument."""

    asks_for: str
    make: Callable[[str], Check]


@lru_cache(maxsize=256)
def read_rules(text: str) -> tuple[Rule, ...]:
    """Read rules joined by `|`; ValueError naming the rule that is unknown or whose argument cannot be read."""
    return tuple(_read_rule(part.strip()) for part in _BETWEEN_RULES.split(text))


def _read_rule(text: str) -> Rule:
    name, _, argument = text.partition(":")
    form = RULE_FORMS.get(name)
    if form is None:
        near = get_close_matches(name, RULE_FORMS, n=1)
        meant = f", did you mean {near[0]}?" if near else ";"
        raise ValueError(f"unknown rule {name[:40]!r}{meant} known are {', '.join(RULE_FORMS)}")
    try:
        return Rule(text, form.make(argument))
    except (ValueError, re.error) as error:
        raise ValueError(f"{name} asks for {form.asks_for}, not {argument[:40]!r}") from error


def _min_length(argument: str) -> Check:
    least = int(argument)
    return lambda name, value: _length_fault(name, value, lambda length: length >= least, f"at least {least} are asked")


def _max_length(argument: str) -> Check:
    most = int(argument)
    return lambda name, value: _length_fault(name, value, lambda length: length <= most, f"at most {most} are allowed")


def _length_fault(name: str, value: Any, fits: Callable[[int], bool], bound: str) -> str | None:
    if not isinstance(value, (str, list, tuple)):
        return f"{name} is {value!r:.40}, which has no length"
    what = ("character" if isinstance(value, str) else "item") + ("" if len(value) == 1 else "s")
    return None if fits(len(value)) else f"{name} has {len(value)} {what}, {bound}"


def _range(argument: str) -> Check:
    bounds = re.fullmatch(r"(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?)", argument)
    low, high = (float(bound) for bound in bounds.groups()) if bounds else (1.0, 0.0)
    if low > high:
        raise ValueError(argument)

    def check(name: str, value: Any) -> str | None:
        number = _number(value)
        if isinstance(number, str):
            return f"{name} is {number}, which is no number"
        return None if number is None or low <= number <= high else f"{name} is {number:g}, allowed is {argument}"

    return check


def _number(value: Any) -> float | str | None:
    """Give the number a range holds for: of measurements the score, if it was measured; the text of what is none."""
    if isinstance(value, Mapping):
        return float(value["score"]["value"]) if "score" in value else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else repr(value)[:40]


def _pattern(argument: str) -> Check:
    wanted = re.compile(argument)

    def check(name: str, value: Any) -> str | None:
        return None if all(wanted.search(item) for item in _items(value)) else f"{name} does not match {argument!r}"

    return check


def _one_of(argument: str) -> Check:
    allowed = [word.strip() for word in argument.split(",")]
    if "" in allowed:
        raise ValueError(argument)

    def check(name: str, value: Any) -> str | None:
        wrong = next((item for item in _items(value) if item not in allowed), None)
        return None if wrong is None else f"{name} is {wrong!r:.40}, allowed are {', '.join(allowed)}"

    return check


def _items(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]


RULE_FORMS: Mapping[str, Form] = {
    "min_length": Form("a whole number, such as min_length:3", _min_length),
    "max_length": Form("a whole number, such as max_length:80", _max_length),
    "range": Form("two numbers, such as range:0-1", _range),
    "pattern": Form("a regular expression, such as pattern:^[a-z]+$", _pattern),
    "one_of": Form("words with commas between, such as one_of:draft,final", _one_of),
}
"""Name of a kind of rule -> how it is written."""
