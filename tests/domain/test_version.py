"""Version numbers: the step a change requires, the next number, and what a range means."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from change_pairs import BASE, EDITS, edited, touching
from model_registry.domain.version import (
    IMPACT,
    Bump,
    bump_of,
    decide_version,
    first_stable,
    parse_range,
    parse_version,
    select,
)
from model_registry.errors import RegistrationError, VersionError, VersionNumberError
from model_registry.gnn.changes import KINDS, PROSE
from model_registry.gnn.diff import diff
from model_registry.gnn.parser import parse

steps = st.sampled_from(list(Bump))
cores = st.tuples(*[st.integers(0, 3)] * 3).map(lambda parts: ".".join(map(str, parts)))
numbers = st.builds(lambda core, tail: core + tail, cores, st.sampled_from(["", "", "-rc.1", "-alpha", "+b1"]))


def test_every_kind_of_change_has_a_step_and_no_other_has() -> None:
    assert IMPACT.keys() == KINDS.keys()


def test_no_change_of_any_kind_is_no_step() -> None:
    assert Bump.NONE not in IMPACT.values()


def test_prose_is_a_patch() -> None:
    assert {IMPACT[kind] for kind in PROSE} == {Bump.PATCH}


@pytest.mark.parametrize(
    ("bump", "kinds"),
    [
        (
            Bump.MAJOR,
            "variable-removed variable-renamed variable-dims variable-type-class ontology-role edge-removed "
            "edge-reversed edge-directedness parameter-removed parameter-shape time-regime time-discretisation "
            "axis-order-changed dimension-parameter-changed dimension-parameter-removed language-major",
        ),
        (
            Bump.MINOR,
            "variable-added edge-added parameter-added ontology-added model-parameter-added parameter-values "
            "time-horizon ontology-refined ontology-removed equations edge-label section-kind",
        ),
        (
            Bump.PATCH,
            "comments variable-description annotation footer signature name equations-comments parameter-rounding "
            "front-matter",
        ),
    ],
)
def test_what_breaks_is_major_what_adds_is_minor_what_rewords_is_a_patch(bump: Bump, kinds: str) -> None:
    assert {IMPACT[kind] for kind in kinds.split()} == {bump}


def test_steps_are_ordered() -> None:
    assert sorted([Bump.MAJOR, Bump.NONE, Bump.MINOR, Bump.PATCH]) == list(Bump)
    assert Bump.MINOR >= Bump.MINOR > Bump.PATCH
    assert Bump.MINOR <= Bump.MINOR < Bump.MAJOR


@given(st.sets(st.sampled_from(sorted(EDITS)), min_size=1, max_size=4).filter(lambda kinds: not touching(kinds)))
def test_the_step_of_several_edits_is_the_largest_of_their_steps(kinds: set[str]) -> None:
    together = bump_of(diff(parse(BASE), parse(edited(*kinds))))
    assert together is max(IMPACT[kind] for kind in kinds)


def test_no_change_needs_no_step() -> None:
    assert bump_of(()) is Bump.NONE


@pytest.mark.parametrize(
    ("taken", "required", "number"),
    [
        ([], Bump.NONE, "1.0.0"),
        ([], Bump.MAJOR, "1.0.0"),
        (["1.0.0"], Bump.NONE, "1.0.1"),
        (["1.0.0"], Bump.PATCH, "1.0.1"),
        (["1.0.0"], Bump.MINOR, "1.1.0"),
        (["1.2.3", "1.0.0"], Bump.MAJOR, "2.0.0"),
        (["0.3.1"], Bump.MINOR, "0.4.0"),
        (["1.0.0", "2.0.0-rc.1"], Bump.PATCH, "2.0.0"),
        (["1.0.0", "2.0.0-rc.1"], Bump.MAJOR, "2.0.0"),
        (["1.0.0", "1.1.0-rc.1"], Bump.MAJOR, "2.0.0"),
        (["1.0.0-rc.1"], Bump.MAJOR, "1.0.0"),
        (["1.0.0+build"], Bump.PATCH, "1.0.1"),
        (["1.9.0", "1.10.0"], Bump.MINOR, "1.11.0"),
    ],
)
def test_the_computed_number_steps_from_the_newest_stable_one(taken: list[str], required: Bump, number: str) -> None:
    assert decide_version(taken, required, None, False) == number


@pytest.mark.parametrize(
    ("taken", "required", "given"),
    [
        ([], Bump.NONE, "0.1.0"),
        ([], Bump.NONE, "3.0.0-alpha"),
        (["1.0.0"], Bump.MINOR, "1.1.0"),
        (["1.0.0"], Bump.MINOR, "1.7.2"),
        (["1.0.0"], Bump.PATCH, "5.0.0"),
        (["1.0.0"], Bump.MAJOR, "2.0.0-rc.1"),
        (["1.0.0", "2.0.0-rc.1"], Bump.MINOR, "2.0.0-rc.2"),
        (["1.0.0"], Bump.NONE, "1.0.1+build"),
    ],
)
def test_a_given_number_high_enough_is_taken_as_it_is(taken: list[str], required: Bump, given: str) -> None:
    assert decide_version(taken, required, given, False) == given


@pytest.mark.parametrize(
    ("taken", "required", "given", "code", "next_version"),
    [
        (["1.0.0"], Bump.NONE, "1.0.0", "version_taken", "1.0.1"),
        (["1.0.0"], Bump.NONE, "1.0.0+again", "version_taken", "1.0.1"),
        (["1.0.0", "1.2.0"], Bump.MINOR, "1.0.0", "version_taken", "1.3.0"),
        (["1.0.0", "1.2.0"], Bump.NONE, "1.1.0", "version_too_low", "1.2.1"),
        (["1.0.0"], Bump.MAJOR, "1.1.0", "version_too_low", "2.0.0"),
        (["1.0.0"], Bump.MINOR, "1.0.1", "version_too_low", "1.1.0"),
        (["1.0.0"], Bump.MAJOR, "1.9.0-rc.1", "version_too_low", "2.0.0"),
        (["2.0.0-rc.2"], Bump.NONE, "2.0.0-rc.1", "version_too_low", "2.0.0"),
    ],
)
def test_a_number_taken_or_too_low_is_refused_naming_the_next_one(
    taken: list[str], required: Bump, given: str, code: str, next_version: str
) -> None:
    with pytest.raises(VersionNumberError) as refused:
        decide_version(taken, required, given, False)
    assert refused.value.code == code
    assert next_version in refused.value.hint
    assert refused.value.facts["next_versions"][0] == next_version
    assert isinstance(refused.value, VersionError)
    assert isinstance(refused.value, RegistrationError)


def test_allow_lower_waives_the_step() -> None:
    assert decide_version(["1.0.0"], Bump.MAJOR, "1.0.1", True) == "1.0.1"


def test_allow_lower_never_waives_that_numbers_rise() -> None:
    with pytest.raises(VersionNumberError):
        decide_version(["1.0.0"], Bump.NONE, "0.9.0", True)


@given(st.lists(numbers, max_size=6), steps)
def test_the_computed_number_is_new_stable_and_accepted_when_given(taken: list[str], required: Bump) -> None:
    number = decide_version(taken, required, None, False)
    assert decide_version(taken, required, number, False) == number
    assert all(parse_version(number) > parse_version(known) for known in taken)
    assert parse_version(number).prerelease is None


@given(st.lists(numbers, min_size=1, max_size=6), steps, numbers)
def test_a_refusal_names_only_numbers_that_would_be_accepted(taken: list[str], required: Bump, given: str) -> None:
    try:
        decide_version(taken, required, given, False)
    except VersionNumberError as refused:
        offered = refused.facts["next_versions"]
        assert [decide_version(taken, required, number, False) for number in offered] == offered


@pytest.mark.parametrize(
    ("text", "meant"),
    [("v1.2.3", "1.2.3"), ("1.2", "1.2.0"), ("1", "1.0.0"), ("01.2.3", "1.2.3"), ("latest", "1.2.0"), ("", "1.2.0")],
)
def test_what_is_no_version_number_is_refused_with_one_that_is(text: str, meant: str) -> None:
    with pytest.raises(VersionNumberError) as refused:
        parse_version(text)
    assert refused.value.code == "bad_version"
    assert f"as in {meant};" in refused.value.hint


@given(st.text(max_size=200))
def test_any_other_text_is_refused_and_nothing_else_goes_wrong(text: str) -> None:
    for read in (parse_version, parse_range):
        with contextlib.suppress(VersionNumberError):
            read(text)


@pytest.mark.parametrize("read", [parse_version, parse_range])
def test_a_number_of_a_million_digits_is_refused(read: object) -> None:
    with pytest.raises(VersionNumberError):
        read("1" * 1_000_000 + ".0.0")  # type: ignore[operator]


def test_the_first_stable_number_is_no_pre_release() -> None:
    assert first_stable(["2.0.0-rc.1", "1.10.0", "1.9.0"]) == "1.10.0"
    assert first_stable(["2.0.0-rc.1"]) is None


def test_the_first_stable_number_is_sought_no_further_than_it_stands() -> None:
    assert first_stable(iter(["1.0.0", "no number at all"])) == "1.0.0"


RELEASED = (
    "0.2.3",
    "0.2.9",
    "0.3.0",
    "1.0.0",
    "1.2.0",
    "1.2.5",
    "1.3.0",
    "2.0.0-rc.1",
    "2.0.0-rc.2",
    "2.0.0",
    "3.0.0-b",
)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("*", "2.0.0"),
        ("x", "2.0.0"),
        ("1", "1.3.0"),
        ("1.x", "1.3.0"),
        ("1.2.*", "1.2.5"),
        ("1.2", "1.2.5"),
        ("1.2.0", "1.2.0"),
        ("=1.2.0", "1.2.0"),
        ("==1.2.0", "1.2.0"),
        ("v1.2.0", "1.2.0"),
        ("^1.2", "1.3.0"),
        ("^1.2.1", "1.3.0"),
        ("^0.2", "0.2.9"),
        ("^0.2.4", "0.2.9"),
        ("^0", "0.3.0"),
        ("~1.2.3", "1.2.5"),
        ("~1.2", "1.2.5"),
        ("~1", "1.3.0"),
        (">=1.0 <2", "1.3.0"),
        (">=1.0,<1.3", "1.2.5"),
        (">= 1.0 , < 1.3", "1.2.5"),
        (">1.2", "2.0.0"),
        (">1.2.0 <=1.2", "1.2.5"),
        ("<0.3", "0.2.9"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        (">=2.0.0-rc.1 <2.0.0", "2.0.0-rc.2"),
        ("^2.0.0-rc.1", "2.0.0"),
        ("^3", None),
        (">=3.0.0", None),
        (">2 <1", None),
        ("9.9.9", None),
    ],
)
def test_a_range_chooses_the_highest_version_it_holds(wanted: str, chosen: str | None) -> None:
    assert select(parse_range(wanted), RELEASED) == chosen


@pytest.mark.parametrize(
    "text", ["", "latest", "^", "1.2.3.4", "1..2", ">=", "1 || 2", "1.0 - 2.0", "<*", "^1.2,", "1.2.3-"]
)
def test_what_is_no_range_is_refused_with_examples(text: str) -> None:
    with pytest.raises(VersionNumberError) as refused:
        parse_range(text)
    assert refused.value.code == "bad_range"
    assert "^1.2" in refused.value.hint


@given(st.lists(numbers, max_size=8))
def test_a_plain_range_never_chooses_a_pre_release(released: list[str]) -> None:
    stable = [number for number in released if not parse_version(number).prerelease]
    assert select(parse_range("*"), released) == max(stable, key=parse_version, default=None)


@given(numbers)
def test_a_number_is_the_range_of_itself(number: str) -> None:
    assert number in parse_range(number)
