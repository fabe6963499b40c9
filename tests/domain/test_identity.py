"""Ids and references."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.identity import (
    MODEL_ID,
    Reference,
    check_alias,
    check_id,
    free_id,
    read_reference,
    slug,
)
from model_registry.errors import NotFoundError, RegistrationError, VersionError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Active Inference POMDP Agent", "active-inference-pomdp-agent"),
        ("  T-Maze / Epistemic  ", "t-maze-epistemic"),
        ("Café à la Carte", "cafe-a-la-carte"),
        ("π policy, λ-rate", "pi-policy-lambda-rate"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 80, "x" * 57),
    ],
)
def test_a_slug_is_what_a_reader_would_write(name: str, expected: str) -> None:
    assert slug(name) == expected


@given(st.text())
def test_every_name_leads_to_an_id(name: str) -> None:
    assert MODEL_ID.fullmatch(slug(name))
    assert MODEL_ID.fullmatch(free_id(name, {slug(name)}))
    assert free_id(name, {slug(name)}) != slug(name)


@pytest.mark.parametrize("model_id", ["", "A", "-a", "a b", "a/b", "../a", "a" * 65, "é", "a\n"])
def test_what_is_no_id_is_refused(model_id: str) -> None:
    with pytest.raises(RegistrationError):
        check_id(model_id)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("coin", Reference("coin")),
        ("coin@1.2.0", Reference("coin", "1.2.0")),
        (" coin@^1.2 ", Reference("coin", "^1.2")),
        ("coin@production", Reference("coin", "production")),
    ],
)
def test_references_are_read(text: str, reference: Reference) -> None:
    assert read_reference(text) == reference


@pytest.mark.parametrize("text", ["", "@1.0.0", "../x", "Coin", "a b@1"])
def test_what_names_no_model_is_not_found(text: str) -> None:
    with pytest.raises(NotFoundError):
        read_reference(text)


@pytest.mark.parametrize("alias", ["1.0.0", "^1", "v1", "v2.0", "", "Prod", "a b", "*"])
def test_an_alias_cannot_be_taken_for_a_version(alias: str) -> None:
    with pytest.raises(VersionError):
        check_alias(alias)


def test_an_alias_is_a_plain_word() -> None:
    assert check_alias("production") == "production"
