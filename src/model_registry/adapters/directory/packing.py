"""Files that lie compressed: gzip, in a form of which every byte is determined by the content."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

PACKED = ".gz"

PLAIN_HEADER = 10
"""The bytes of a gzip header without optional fields (RFC 1952, 2.3)."""

HEADER = bytes.fromhex("1f8b 08 10 00000000 00 ff")
"""The gzip header of a packed file: deflated, with a comment, without a time, of an unknown system."""


def packed_name(path: Path) -> Path:
    """Give where the packed form of a file lies."""
    return path.with_name(path.name + PACKED)


def plain_name(name: str) -> str:
    """Give the name of a file, packed or not, as it is unpacked."""
    return name.removesuffix(PACKED)


def packed_form(data: bytes) -> bytes:
    """Give a gzip file whose comment is the SHA-256 of what follows it: a content that unpacks says nothing of the
    header and padding around it."""
    body = gzip.compress(data, mtime=0)[PLAIN_HEADER:]
    return HEADER + hashlib.sha256(body).hexdigest().encode() + b"\0" + body


def is_as_packed(packed: bytes) -> bool:
    """Tell whether every byte around the content is as it was written."""
    stated, body = packed[: len(HEADER) + 65], packed[len(HEADER) + 65 :]
    return stated == HEADER + hashlib.sha256(body).hexdigest().encode() + b"\0"


def unpacked(packed: bytes | None) -> bytes | None:
    """Give what was compressed; bytes that cannot be unpacked stand for themselves, since no digest fits them."""
    try:
        return None if packed is None else gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        return packed
