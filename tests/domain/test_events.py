"""Events: one spelling, one hash, one chain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.events import (
    DamagedEventError,
    Draft,
    Event,
    canonical_json,
    decode,
    encode,
    genesis,
    seal,
)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def event(**data: Any) -> Event:
    draft = Draft("model_archived", "coin", 2, data, "ada", "op-1", "why")
    return seal(draft, seq=1, at="2026-01-01T00:00:00.000000Z", prev=genesis("log"))


@given(st.dictionaries(st.text(), plain, max_size=5))
def test_an_event_comes_back_from_its_line_as_it_was(data: dict[str, Any]) -> None:
    sealed = event(**{f"k{key}": value for key, value in data.items()})
    line = encode(sealed)
    assert b"\n" not in line
    assert decode(line) == sealed
    assert encode(decode(line)) == line


@given(st.data())
def test_no_byte_of_a_line_can_change_unseen(data: st.DataObject) -> None:
    line = bytearray(encode(event(text="ßome text", number=1.5)))
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= data.draw(st.integers(1, 255))
    try:
        read = decode(bytes(line))
    except DamagedEventError:
        return
    assert canonical_json(read.to_dict()) == encode(event(text="ßome text", number=1.5))


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{}", b'{"hash":"x"}', b"\xff", b"[" * 100_000, b'{"seq":1}'])
def test_what_is_no_event_is_told_as_damage(line: bytes) -> None:
    with pytest.raises(DamagedEventError):
        decode(line)


@pytest.mark.parametrize(
    ("written", "altered"), [(b"1e-07", b"1E-07"), (b"1e-07", b"0.0000001"), (rb"\u001b", rb"\u001B"), (b",", b", ")]
)
def test_the_same_values_spelled_otherwise_are_damage(written: bytes, altered: bytes) -> None:
    draft = Draft("alias_set", "a", 1, {"loss": 1e-07, "said": "\x1b[0m"}, "ada", "op")
    line = encode(seal(draft, seq=1, at="2026-01-31T12:00:00.000000Z", prev=genesis("log")))
    assert written in line
    assert decode(line).data["loss"] == 1e-07
    with pytest.raises(DamagedEventError, match="spelled"):
        decode(line.replace(written, altered, 1))


def test_an_event_of_a_newer_schema_is_not_guessed_at() -> None:
    import hashlib

    body = {**event().to_dict(), "schema": 99}
    del body["hash"]
    stated = hashlib.sha256(canonical_json(body)).hexdigest()
    with pytest.raises(DamagedEventError, match="newer"):
        decode(json.dumps({**body, "hash": stated}).encode())


def test_logs_of_different_identity_begin_differently() -> None:
    assert genesis("one") != genesis("two")
