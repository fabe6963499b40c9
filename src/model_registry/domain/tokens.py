"""Bearer tokens: who may do what over HTTP, and until when.

A token reads `gnn_<id>_<secret>`. The id finds its record; of the secret only a salted hash is kept. The secret is 256
random bits, which nobody can guess: a slow hash, made for what people choose, would add nothing but a way to keep the
server busy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from model_registry.errors import ConfigError, ConflictError, NotFoundError

FORMAT = 1
PREFIX = "gnn"
ENTROPY = 54
"""Random bytes a new token is made of: 6 for its id, 16 of salt, 32 of secret."""

SCOPES = ("registry:read", "registry:write", "registry:admin")
BASE_SCOPE = SCOPES[0]
"""Every request needs it, so a token without it is of no use."""

NEVER = "never"
MOST_SUBJECT = 200

_TOKEN = re.compile(rf"{PREFIX}_([0-9a-f]{{12}})_([0-9a-f]{{64}})", re.ASCII)
_SPAN = re.compile(r"([1-9][0-9]{0,4})([hd])", re.ASCII)
_HOURS = {"h": 1, "d": 24}


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token: who it stands for, what it allows, when, and the hash of its secret. Times are UTC."""

    id: str
    subject: str
    scopes: tuple[str, ...]
    created_at: str
    expires_at: str | None
    salt: str
    hash: str
    revoked_at: str | None = None

    def state(self, at: datetime) -> str:
        """Give valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and _stamp(at) >= self.expires_at else "valid"

    def to_dict(self, at: datetime) -> dict[str, Any]:
        """Give what may be shown of it: everything but salt and hash."""
        shown = ("id", "subject", "scopes", "created_at", "expires_at", "revoked_at")
        return {name: _plain(getattr(self, name)) for name in shown} | {"state": self.state(at)}


def issue(subject: str, scopes: Iterable[str], expires: str, *, entropy: bytes, at: datetime) -> tuple[Token, str]:
    """Give the record of a new token, and the token itself, which is told once and not kept.

    `expires` is a span (`90d`, `12h`), a date (the token holds to its end), a moment, or `never`. Raises ConfigError
    for a subject, a scope or an expiry that cannot be.
    """
    identity, salt, secret = entropy[:6].hex(), entropy[6:22].hex(), entropy[22:ENTROPY].hex()
    token = Token(
        id=identity,
        subject=_subject(subject),
        scopes=_scopes(scopes),
        created_at=_stamp(at),
        expires_at=read_expiry(expires, at),
        salt=salt,
        hash=_hash(salt, secret),
    )
    return token, f"{PREFIX}_{identity}_{secret}"


def holder(tokens: Iterable[Token], text: str, at: datetime) -> Token | None:
    """Give the record of a token that holds now; None for one that is unknown, expired or revoked."""
    parts = _TOKEN.fullmatch(text)
    found = next((token for token in tokens if parts and token.id == parts[1]), None)
    if parts is None or found is None or not hmac.compare_digest(found.hash, _hash(found.salt, parts[2])):
        return None
    return found if found.state(at) == "valid" else None


def revoke(tokens: Sequence[Token], identity: str, at: datetime) -> tuple[Token, ...]:
    """Give the tokens with one of them revoked; a second time changes nothing. NotFoundError for an unknown id."""
    if identity not in {token.id for token in tokens}:
        raise NotFoundError(
            f"there is no token {identity[:80]!r}",
            where="ID",
            hint="See `model-registry token list` for the ids there are.",
        )
    return tuple(
        replace(token, revoked_at=token.revoked_at or _stamp(at)) if token.id == identity else token for token in tokens
    )


def add(tokens: Sequence[Token], token: Token) -> tuple[Token, ...]:
    """Give the tokens with one more; ConflictError when its id is taken, which chance makes all but impossible."""
    if any(known.id == token.id for known in tokens):
        raise ConflictError(f"the token id {token.id} is taken", where="id", hint="Repeat the call.")
    return (*tokens, token)


def read_expiry(text: str, at: datetime) -> str | None:
    """Give the moment a token ends, None for `never`; ConfigError for what is no time to come."""
    if text == NEVER:
        return None
    ends = _ends(text, at)
    if ends is None or ends <= at:
        raise ConfigError(
            f"a token cannot expire {text[:80]!r}" if ends is None else f"{text} has passed already",
            code="bad_expiry",
            where="--expires",
            hint="Write a span such as 90d or 12h, a date such as 2030-12-31, or never.",
        )
    return _stamp(ends)


def encode(tokens: Iterable[Token]) -> bytes:
    """Give the file of these tokens: JSON, one token a line."""
    lines = ",\n".join(json.dumps(asdict(token)) for token in tokens)
    return f'{{"format": {FORMAT}, "tokens": [\n{lines}\n]}}\n'.encode()


def decode(data: bytes, where: str) -> tuple[Token, ...]:
    """Read the file of tokens; ConfigError when it is none."""
    try:
        stored = json.loads(data)
        if stored["format"] != FORMAT:
            raise ValueError(f"format {stored['format']!r} is not {FORMAT}")
        return tuple(_token(row) for row in stored["tokens"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(
            f"{where} is no file of tokens: {error}",
            code="bad_token_file",
            where=where,
            hint="Name the file that `model-registry token create --token-file FILE` wrote.",
        ) from error


def _token(row: dict[str, Any]) -> Token:
    token = Token(**{**row, "scopes": tuple(row["scopes"])})
    optional = {"expires_at", "revoked_at"}
    for field in fields(Token):
        value = getattr(token, field.name)
        if field.name != "scopes" and not (isinstance(value, str) or (value is None and field.name in optional)):
            raise ValueError(f"{field.name} is {value!r:.40}")
    return token


def _subject(text: str) -> str:
    if not text.strip() or len(text) > MOST_SUBJECT or not text.isprintable():
        raise ConfigError(
            f"{text[:80]!r} cannot be the subject of a token",
            code="bad_subject",
            where="--subject",
            hint=f"Name who holds it in 1 to {MOST_SUBJECT} printable characters; it stands in the audit trail.",
        )
    return text.strip()


def _scopes(given: Iterable[str]) -> tuple[str, ...]:
    wanted = set(given)
    unknown = sorted(wanted - set(SCOPES))
    if unknown or BASE_SCOPE not in wanted:
        raise ConfigError(
            f"there is no scope {unknown[0][:80]!r}" if unknown else f"every token needs {BASE_SCOPE}",
            code="bad_scope",
            where="--scopes",
            hint=f"Name {BASE_SCOPE}, and any of {', '.join(SCOPES[1:])}, parted by commas.",
        )
    return tuple(scope for scope in SCOPES if scope in wanted)


def _ends(text: str, at: datetime) -> datetime | None:
    span = _SPAN.fullmatch(text)
    if span:
        return at + timedelta(hours=int(span[1]) * _HOURS[span[2]])
    try:
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hash(salt: str, secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + bytes.fromhex(secret)).hexdigest()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
