"""The file of bearer tokens: only its owner may read it, and every change replaces it as a whole."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from model_registry.adapters.files import Files
from model_registry.domain import tokens as rules
from model_registry.domain.tokens import Token
from model_registry.errors import ConfigError

Entropy = Callable[[int], bytes]


class TokenFile:
    """Tokens in one file. A change made by another process is seen at the next question."""

    def __init__(
        self, path: Path, files: Files, clock: Callable[[], datetime], entropy: Entropy = secrets.token_bytes
    ) -> None:
        self._path = path
        self._files = files
        self._clock = clock
        self._entropy = entropy
        self._read: tuple[object, tuple[Token, ...]] = (None, ())

    def tokens(self) -> tuple[Token, ...]:
        """Give all tokens, oldest first.

        Raises ConfigError for a file that is missing, open to others or no file of tokens, StorageError for one that
        cannot be read.
        """
        stamp = self._files.stamp(self._path)
        if stamp is None:
            raise ConfigError(
                f"there is no token file {str(self._path)!r}",
                code="no_token_file",
                where=str(self._path),
                hint="Make one with `model-registry token create --token-file FILE --subject WHO`.",
            )
        if stamp != self._read[0]:
            self._read = (stamp, self._decoded())
        return self._read[1]

    def holder(self, text: str) -> Token | None:
        """Give the token a text is, if it holds now; raises as `tokens` does."""
        return rules.holder(self.tokens(), text, self._clock())

    def create(self, subject: str, scopes: Iterable[str], expires: str) -> tuple[Token, str]:
        """Add a token, to a new file if need be; gives its record, and the token itself, which is told only here."""
        token, text = rules.issue(subject, scopes, expires, entropy=self._entropy(rules.ENTROPY), at=self._clock())
        self._files.make_folder(self._path.parent)
        with self._locked():
            known = self.tokens() if self._files.stamp(self._path) else ()
            self._write(rules.add(known, token))
        return token, text

    def revoke(self, identity: str) -> Token:
        """Revoke a token at once and for ever; NotFoundError when there is none of this id."""
        self.tokens()  # nothing is locked, and no lock file made, beside a file that is not there
        with self._locked():
            left = rules.revoke(self.tokens(), identity, self._clock())
            self._write(left)
        return next(token for token in left if token.id == identity)

    def _locked(self) -> AbstractContextManager[None]:
        return self._files.lock(self._path.with_name(f".{self._path.name}.lock"))

    def _decoded(self) -> tuple[Token, ...]:
        if not self._files.private(self._path):
            raise ConfigError(
                f"others may read the token file {str(self._path)!r}",
                code="open_token_file",
                where=str(self._path),
                hint=f"Close it: chmod 600 {self._path}",
            )
        return rules.decode(self._files.read(self._path) or b"", str(self._path))

    def _write(self, tokens: tuple[Token, ...]) -> None:
        self._files.replace(self._path, rules.encode(tokens), self._path.parent, durable=True)
