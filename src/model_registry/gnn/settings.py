"""The sections of keys and tokens: version and flags, time, ontology, ModelParameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from model_registry.gnn.findings import Findings
from model_registry.gnn.lines import INDEX, NAME, content, without_bullet
from model_registry.gnn.literals import read_setting
from model_registry.gnn.model import Section, TimeSettings
from model_registry.gnn.sections import unquoted

PAIRS = 1_000
"""How many pairs one line of the ontology may stand for."""

# Possessive, so that a long run of spaces costs no backtracking.
_VERSION = re.compile(r"(?:GNN[\s_]*+)?(?:Version\s*+(?:[:=]\s*+)?)?v?\.?\s*+([0-9]++(?:\.[0-9]++)*+)", re.IGNORECASE)
_TITLE_VERSION = re.compile(r"(?:(?:GNN\s++)?Version\s*+:|GNN\s++v)\s*+v?([0-9]++(?:\.[0-9]++)*+)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d]\w*")
_FLAG = re.compile(r"([^\s=:,]+)=([^\s,]+)|([^\s=:,]+)")
_KEY = re.compile(r"[^\W\d][\w .()-]*")
_PAIR = re.compile(r"\w+\s*[=:]\s*[^\s\"'()\[\]=:]+")
_KEY_END = re.compile(r"[:=]")
_NAME = re.compile(rf"{NAME}(?:{INDEX})*")
_MAPPING = re.compile(rf"({NAME}(?:{INDEX})*(?:\s*,\s*{NAME}(?:{INDEX})*)*)\s*(=>|->|→|[=:])\s*([^\s=].*)")
_TERM_BREAK = re.compile(r"[,;|]|(?<=\s)/(?=\s)")
_ARGUMENTS = re.compile(r"(\w+)\s*\((.*)\)")


def read_version(section: Section, findings: Findings) -> tuple[str, dict[str, str]]:
    """Give the language version (`GNN v1.4` is 1.4) and the flags of GNNVersionAndFlags."""
    version = ""
    flags: dict[str, str] = {}
    for line in content(section, findings):
        code = line.code.strip()
        match = None if version else _VERSION.match(code)
        if match:
            version, code = match[1], code[match.end() :].strip()
        flags |= _flags(code)
    return version, flags


def _flags(code: str) -> dict[str, str]:
    """Give the flags of a line: `Key: a, b`, `key=true` or bare words."""
    key, colon, value = code.partition(":")
    if colon and "=" not in key:
        return {key.strip(): value.strip()}
    return {match[1] or match[3]: match[2] or "true" for match in _FLAG.finditer(code)}


def title_version(comment: str) -> str:
    """Give the language version that a comment such as `GNN Version: 1.0` or a heading `GNN v1` names, or nothing."""
    match = _TITLE_VERSION.fullmatch(comment.strip())
    return match[1] if match else ""


def read_ontology(section: Section, declared: Set[str], findings: Findings) -> Iterator[tuple[str, str]]:
    """Give the (variable, term) pairs; several terms, or several variables, give several pairs.

    `name: Term` maps only `declared` names, of variables or parameters: such lines also say other things.
    """
    for line in content(section, findings):
        match = _MAPPING.fullmatch(without_bullet(line.code))
        names = _NAME.findall(match[1]) if match else []
        terms = _terms(match[3]) if match else []
        colon = match is not None and match[2] == ":"
        if not 0 < len(names) * len(terms) <= PAIRS or (colon and not declared >= set(names)):
            findings.quote("P003", line.number, line.code)
            continue
        yield from ((name, term) for name in names for term in terms)


def _terms(text: str) -> list[str]:
    """Give the terms of a mapping: `A / B` and `A, B` are two; commas in parentheses do not part."""
    parts = [text] if "(" in text else _TERM_BREAK.split(unquoted(text))
    return [unquoted(part) for part in parts if part.strip()]


def read_model_parameters(section: Section, findings: Findings) -> dict[str, Any]:
    """Give the keys of ModelParameters with their values; a key given twice is a finding, and the last one counts."""
    found: dict[str, Any] = {}
    for line in content(section, findings):
        setting = _setting(without_bullet(line.code))
        if setting is None:
            findings.quote("P012", line.number, line.code)
            continue
        key, value = setting
        if key in found:
            findings.add("P013", line.number, f"{key} is given twice; the last one counts.")
        found[key] = read_setting(value)
    return found


def _setting(code: str) -> tuple[str, str] | None:
    """Give key and value of `key: value` or `key=value`, None for other lines."""
    end = _KEY_END.search(code)
    key = code[: end.start()].strip() if end else ""
    return (key, code[end.end() :].strip().rstrip(",;")) if end and _KEY.fullmatch(key) else None


TOKENS: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "dynamic": ("dynamic", True),
        "static": ("dynamic", False),
        "discrete": ("discrete", True),
        "continuous": ("discrete", False),
        "discretetime": ("discrete", True),
        "continuoustime": ("discrete", False),
    }
)
"""What the words of the Time section set."""


def read_time(section: Section, time: TimeSettings, findings: Findings) -> TimeSettings:
    """Give the time regime with what a section adds: one token or `key=value` a line.

    Keys without a meaning of their own are kept in `other`.
    """
    for line in content(section, findings):
        for code in _tokens(without_bullet(line.code)):
            changed = _timed(time, code)
            if changed is None:
                findings.quote("P012", line.number, code)
            else:
                _note_contradiction(time, changed, line.number, findings)
                time = changed
    return time


def _note_contradiction(time: TimeSettings, changed: TimeSettings, line: int, findings: Findings) -> None:
    """Report a regime that the section has stated otherwise before."""
    for was, now, words in (
        (time.dynamic, changed.dynamic, "Static and Dynamic"),
        (time.discrete, changed.discrete, "Discrete and continuous time"),
    ):
        if was is not None and was is not now:
            findings.add("P013", line, f"{words} are both stated; the last one counts.")


def _tokens(code: str) -> list[str]:
    """Give the tokens of a line: `Dynamic Discrete` holds two, `Dynamic, ModelTimeHorizon=9` a token and a key."""
    words = re.split(r"[,\s]+", code)
    if all(_plain(word) in TOKENS for word in words):
        return words
    parts = [part.strip() for part in re.split(r"[,;]", code)]
    return parts if all(_plain(part) in TOKENS or _PAIR.fullmatch(part) for part in parts) else [code]


def _plain(text: str) -> str:
    return re.sub(r"[\s_]", "", text).casefold()


def _timed(time: TimeSettings, code: str) -> TimeSettings | None:
    """Give the settings with one token or key more, None for a line that is neither."""
    arguments = _ARGUMENTS.fullmatch(code)
    if _plain(code) in TOKENS:
        return _regime(time, _plain(code))
    if arguments and _plain(arguments[1]) in TOKENS:
        return replace(_regime(time, _plain(arguments[1])), other={**time.other, arguments[1]: arguments[2].strip()})
    if _WORD.fullmatch(code):
        return replace(time, other={**time.other, code: ""})
    setting = _setting(code)
    return _keyed(time, setting[0], unquoted(setting[1])) if setting else None


def _keyed(time: TimeSettings, key: str, value: str) -> TimeSettings:
    name = _plain(key)
    if name == "modeltimehorizon":
        return replace(time, horizon=value)
    if name == "time" and _plain(value) in TOKENS:
        return _regime(time, _plain(value))
    if name == "time":
        return replace(time, variable=value)
    if name not in TOKENS:
        return replace(time, other={**time.other, key: value})
    truth = read_setting(value)
    if isinstance(truth, bool):
        return _regime(time, name, agrees=truth)
    return replace(_regime(time, name), variable=value or time.variable)


def _regime(time: TimeSettings, token: str, *, agrees: bool = True) -> TimeSettings:
    field, meaning = TOKENS[token]
    if field == "dynamic":
        return replace(time, dynamic=meaning is agrees)
    return replace(time, discrete=meaning is agrees)
