"""Tokens: who holds what, until when; and what a file of them looks like."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.tokens import (
    ENTROPY,
    SCOPES,
    Token,
    add,
    decode,
    encode,
    holder,
    issue,
    read_expiry,
    revoke,
)
from model_registry.errors import ConfigError, ConflictError, NotFoundError

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
entropies = st.binary(min_size=ENTROPY, max_size=ENTROPY)
scopes = st.sets(st.sampled_from(SCOPES[1:])).map(lambda more: {SCOPES[0], *more})


def issued(entropy: bytes = bytes(range(ENTROPY)), expires: str = "90d", subject: str = "ada") -> tuple[Token, str]:
    return issue(subject, ["registry:read"], expires, entropy=entropy, at=NOON)


@given(entropies, scopes)
def test_a_token_is_told_by_its_text_alone(entropy: bytes, wanted: set[str]) -> None:
    token, text = issue("ada", wanted, "1d", entropy=entropy, at=NOON)
    assert holder([token], text, NOON) == token
    assert set(token.scopes) == wanted


@given(entropies, st.integers(0), st.characters(codec="ascii"))
def test_a_token_with_one_character_changed_is_no_token(entropy: bytes, place: int, character: str) -> None:
    token, text = issued(entropy)
    at = place % len(text)
    changed = text[:at] + character + text[at + 1 :]
    assert (holder([token], changed, NOON) is None) == (changed != text)


@pytest.mark.parametrize("text", ["", "gnn_", "gnn_" + "0" * 12, "gnn_" + "0" * 12 + "_" + "0" * 64 + "\n", "ö" * 81])
def test_what_is_no_token_is_held_by_nobody(text: str) -> None:
    assert holder([issued()[0]], text, NOON) is None


def test_of_the_secret_only_a_salted_hash_is_kept() -> None:
    first, text = issued()
    again, other = issued(bytes(6) + bytes(16) + bytes(range(ENTROPY))[22:])
    assert text.rpartition("_")[2] == other.rpartition("_")[2]
    assert first.hash != again.hash
    assert text.rpartition("_")[2] not in encode([first]).decode()


@pytest.mark.parametrize(
    ("expires", "ends"),
    [
        ("90d", "2026-08-02T12:00:00Z"),
        ("12h", "2026-05-05T00:00:00Z"),
        ("2026-05-04", "2026-05-04T23:59:59Z"),
        ("2026-05-04T14:30:00+02:00", "2026-05-04T12:30:00Z"),
        ("2026-05-04T12:30:00", "2026-05-04T12:30:00Z"),
        ("never", None),
    ],
)
def test_an_expiry_is_a_span_a_date_a_moment_or_never(expires: str, ends: str | None) -> None:
    assert read_expiry(expires, NOON) == ends


@pytest.mark.parametrize(
    "expires", ["", "soon", "0d", "-1d", "90", "2026-05-03", "2026-05-04T12:00:00Z", "1d ", "99999999d"]
)
def test_an_expiry_that_cannot_be_is_refused(expires: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_expiry(expires, NOON)
    assert refused.value.code == "bad_expiry"


def test_a_token_holds_until_its_end_and_not_at_it() -> None:
    token, text = issued(expires="1h")
    assert holder([token], text, NOON + timedelta(minutes=59)) == token
    assert holder([token], text, NOON + timedelta(hours=1)) is None
    assert token.state(NOON + timedelta(hours=1)) == "expired"


def test_a_revoked_token_holds_no_more_and_stays_on_record() -> None:
    token, text = issued(expires="never")
    (left,) = revoke([token], token.id, NOON)
    assert holder([left], text, NOON) is None
    assert left.state(NOON) == "revoked"
    assert revoke([left], token.id, NOON + timedelta(days=1)) == (left,)


def test_revoking_an_unknown_token_says_so() -> None:
    with pytest.raises(NotFoundError, match="no token 'ada'"):
        revoke([issued()[0]], "ada", NOON)


def test_an_id_is_given_once() -> None:
    with pytest.raises(ConflictError):
        add([issued()[0]], issued()[0])


@pytest.mark.parametrize("wanted", [[], [""], ["registry:write"], ["registry:read", "registry:everything"], ["read"]])
def test_scopes_must_be_known_and_hold_reading(wanted: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        issue("ada", wanted, "1d", entropy=bytes(ENTROPY), at=NOON)
    assert refused.value.code == "bad_scope"


@pytest.mark.parametrize("subject", ["", "  ", "a\nb", "\u202eada", "a" * 201, "\ud800"])
def test_a_subject_can_be_printed(subject: str) -> None:
    with pytest.raises(ConfigError) as refused:
        issued(subject=subject)
    assert refused.value.code == "bad_subject"


@given(st.lists(entropies, unique_by=lambda each: each[:6], max_size=4), st.sampled_from(["1d", "never"]))
def test_a_file_gives_back_the_tokens_it_was_made_of(entropies: list[bytes], expires: str) -> None:
    tokens = tuple(issued(entropy, expires, "Grace Ö.")[0] for entropy in entropies)
    assert decode(encode(tokens), "tokens.json") == tokens


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"format": 2, "tokens": []}',
        b'{"format": 1, "tokens": [1]}',
        b'{"format": 1, "tokens": [{"id": "a"}]}',
        b"[" * 100_000,
        json.dumps({"format": 1, "tokens": [{**json.loads(encode([issued()[0]]))["tokens"][0], "hash": 1}]}).encode(),
    ],
)
def test_what_is_no_file_of_tokens_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError) as refused:
        decode(data, "tokens.json")
    assert refused.value.code == "bad_token_file"


def test_what_is_shown_of_a_token_tells_nothing_of_its_secret() -> None:
    token, _ = issued()
    assert set(token.to_dict(NOON)) == {"id", "subject", "scopes", "created_at", "expires_at", "revoked_at", "state"}
