"""Version numbers: which number a new version gets, and which version a range means. SemVer 2.0.0."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt
from types import MappingProxyType

from semver import Version

from model_registry.asked import as_text
from model_registry.domain.impact import IMPACT, Bump, bump_of
from model_registry.domain.migration import explain, migration_notes, summary
from model_registry.errors import VersionNumberError

__all__ = [
    "IMPACT",
    "Bump",
    "Range",
    "Version",
    "bump_of",
    "decide_version",
    "explain",
    "first_stable",
    "migration_notes",
    "parse_range",
    "parse_version",
    "select",
    "summary",
]

FIRST = "1.0.0"
"""The number of a model's first version, unless another is given."""

LONGEST = 100
"""How many characters a version number or a range may have."""


def parse_version(text: str) -> Version:
    """Read a version number such as 1.4.0 or 2.0.0-rc.1; VersionNumberError saying what was expected."""
    try:
        if len(as_text(text, "version", VersionNumberError)) > LONGEST:
            raise ValueError(text)
        return Version.parse(text)
    except ValueError:
        raise VersionNumberError(
            f"{text[:40]!r} is not a version number",
            where="version",
            hint=f"Write three numbers, as in {_completed(text)}; a pre-release is 2.0.0-rc.1.",
        ) from None


def first_stable(numbers: Iterable[str]) -> str | None:
    """Give the first number that is no pre-release, None where there is none; it reads no further than that."""
    return next((number for number in numbers if not parse_version(number).prerelease), None)


def decide_version(taken: Sequence[str], required: Bump, given: str | None, allow_lower: bool) -> str:
    """Give the number of a new version: the one given, if it may be, else the next one.

    `taken` are all numbers ever used, in any order. A given number must be above all of them and at least the
    `required` step above the newest stable one; `allow_lower` waives the step. Raises VersionNumberError with code
    bad_version, version_taken or version_too_low, naming the next valid numbers.
    """
    known = [parse_version(number) for number in taken]
    if not given:
        return str(_next(known, required))
    number = parse_version(given)
    if known and number <= max(known):
        raise _not_above(number, known, required)
    if not allow_lower and number.finalize_version() < _floor(known, required):
        raise _below(number, known, required)
    return str(number)


def _next(known: Sequence[Version], required: Bump) -> Version:
    """Give the computed number: a step from the newest stable one; an open pre-release above it is completed."""
    if not known:
        return Version.parse(FIRST)
    newest, floor = max(known), _floor(known, max(required, Bump.PATCH))
    return floor if floor > newest else newest.finalize_version()


def _floor(known: Iterable[Version], required: Bump) -> Version:
    """Give the lowest stable number that makes the required step from the newest stable one."""
    stable = max((number for number in known if not number.prerelease), default=None)
    if stable is None:
        return Version(0)
    match required:
        case Bump.MAJOR:
            return stable.bump_major()
        case Bump.MINOR:
            return stable.bump_minor()
        case Bump.PATCH:
            return stable.bump_patch()
    return stable.finalize_version()


def _next_valid(known: Sequence[Version], required: Bump) -> list[str]:
    """Give the next numbers of each size from the required step up."""
    steps = (step for step in (Bump.PATCH, Bump.MINOR, Bump.MAJOR) if step >= required)
    return list(dict.fromkeys(str(_next(known, step)) for step in steps))


def _not_above(number: Version, known: Sequence[Version], required: Bump) -> VersionNumberError:
    taken = number in known
    return VersionNumberError(
        f"{number} is taken" if taken else f"{number} is not above {max(known)}, the highest number so far",
        code="version_taken" if taken else "version_too_low",
        where="version",
        hint=f"Numbers are never used twice. {_advice(known, required)}",
        next_versions=_next_valid(known, required),
    )


def _below(number: Version, known: Sequence[Version], required: Bump) -> VersionNumberError:
    return VersionNumberError(
        f"{number} is too low: the changes require a {required} step, to {_floor(known, required)} at least",
        code="version_too_low",
        where="version",
        hint=f"{_advice(known, required)} allow_lower=True with a reason waives the step.",
        required_bump=required.value,
        next_versions=_next_valid(known, required),
    )


def _advice(known: Sequence[Version], required: Bump) -> str:
    return f"Next valid: {', '.join(_next_valid(known, required))}; leave version out to take the first of them."


def _completed(text: str) -> str:
    """Give a number near to the one meant: `v1.2` is 1.2.0."""
    found = re.fullmatch(r"\s*[vV=]?\s*(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?\s*", text)
    return ".".join(str(int(part or 0)) for part in found.groups()) if found else "1.2.0"


@dataclass(frozen=True, slots=True)
class Range:
    """A range of versions: its text, and the comparisons (operator, number) that all must hold."""

    text: str
    bounds: tuple[tuple[str, Version], ...]

    def __contains__(self, number: str) -> bool:
        version = parse_version(number)
        return self._admits(version) and all(_COMPARISONS[operator](version, bound) for operator, bound in self.bounds)

    def _admits(self, version: Version) -> bool:
        """Tell whether a pre-release may be meant: only where the range names one of the same core."""
        named = {bound.finalize_version() for _, bound in self.bounds if bound.prerelease}
        return not version.prerelease or version.finalize_version() in named


_COMPARISONS: Mapping[str, Callable[[Version, Version], bool]] = MappingProxyType(
    {"==": eq, ">=": ge, "<=": le, ">": gt, "<": lt}
)
_PART = re.compile(r"\s*,?\s*(\^|~>?|>=|<=|>|<|==?|)\s*v?([0-9xX*][^\s,<>=^~]*)\s*")
_PARTIAL = re.compile(r"(\d{1,9}|[xX*])(?:\.(\d{1,9}|[xX*]))?(?:\.(\d{1,9}|[xX*]))?")


def parse_range(text: str) -> Range:
    """Read a range: `1.2.0`, `^1.2`, `~1.2.3`, `1.x`, `*`, or comparisons that all must hold, `>=1.0 <2`.

    Raises VersionNumberError saying what was expected.
    """
    bounds: list[tuple[str, Version]] = []
    position = 0
    while position < len(text) or not position:
        part = _PART.match(text, position) if len(text) <= LONGEST else None
        if part is None:
            raise _no_range(text)
        bounds += _bounds(part[1], part[2], text)
        position = part.end()
    return Range(text.strip(), tuple(bounds))


def select(wanted: Range, versions: Iterable[str]) -> str | None:
    """Give the highest version in a range, None where there is none.

    A pre-release is chosen only by a range that names a pre-release of the same core (`>=2.0.0-rc.1`).
    """
    return max((number for number in versions if number in wanted), key=parse_version, default=None)


def _bounds(operator: str, text: str, whole: str) -> Iterator[tuple[str, Version]]:
    """Give the comparisons that one part of a range stands for."""
    partial = _PARTIAL.fullmatch(text)
    numbers = [int(part) for part in partial.groups() if part and part not in "xX*"] if partial else []
    if partial is None or len(numbers) == 3:
        low = _bound(text, whole)
        yield from _complete(operator, low)
    elif numbers:
        yield from _incomplete(operator, Version(*numbers), len(numbers))
    elif operator in {"<", ">"}:
        raise _no_range(whole)


def _bound(text: str, whole: str) -> Version:
    try:
        return Version.parse(text)
    except ValueError:
        raise _no_range(whole) from None


def _complete(operator: str, low: Version) -> Iterator[tuple[str, Version]]:
    """Give the comparisons for an operator on a whole number; `^0.2.3` stays below 0.3.0."""
    match operator:
        case "^":
            numbers = (low.major, low.minor, low.patch)
            yield from _between(low, next((place for place, number in enumerate(numbers, 1) if number), 3))
        case "~" | "~>":
            yield from _between(low, 2)
        case _:
            yield ("==" if operator in {"", "="} else operator), low


def _incomplete(operator: str, low: Version, given: int) -> Iterator[tuple[str, Version]]:
    """Give the comparisons for an operator on a number of which only the first one or two parts are given."""
    match operator:
        case "^":
            yield from _between(low, 1 if low.major or given == 1 else 2)
        case ">":
            yield ">=", _above(low, given)
        case "<=":
            yield "<", _above(low, given)
        case ">=" | "<":
            yield operator, low
        case _:
            yield from _between(low, given)


def _between(low: Version, places: int) -> Iterator[tuple[str, Version]]:
    """Give the bounds of the versions from `low` on that agree with it in their first places."""
    yield ">=", low
    yield "<", _above(low, places)


def _above(low: Version, places: int) -> Version:
    """Give the first stable number above all that agree with another in their first places."""
    return {1: low.bump_major, 2: low.bump_minor, 3: low.bump_patch}[places]()


def _no_range(text: str) -> VersionNumberError:
    return VersionNumberError(
        f"{text[:40]!r} is not a version range",
        code="bad_range",
        where="version",
        hint="Write 1.2.0, ^1.2, ~1.2.3, 1.x, * or comparisons such as >=1.0 <2.",
    )
