"""Proofs that an event is in a log, which anybody can check who knows the log's head and nothing else.

A head is the number of events and the root of the Merkle tree over them (`merkle`), written SIZE:HASH. A proof holds
the event that registered a version, its place in the log, and the hashes that lead from it to the root.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_registry.domain.events import DamagedEventError, Event, canonical_json, decode
from model_registry.domain.merkle import Tree, inclusion_path, verify_inclusion
from model_registry.errors import ProofError

FORMAT = "model-registry proof 1"
MOST_BYTES = 4_000_000
"""How large the JSON of a proof may be."""

MOST_STEPS = 63
"""How long a path may be; it is as long for a log of 2**63 events."""

_HASH = re.compile(r"[0-9a-f]{64}")
_HEAD = re.compile(r"(?:(\d{1,18}):)?([0-9a-f]{64})")
_PROVING = frozenset({"model_registered", "version_registered"})


@dataclass(frozen=True, slots=True)
class Head:
    """What a log was at some time: the root over its events, and their number, if it is known."""

    root: bytes
    size: int | None = None


def head_view(tree: Tree) -> dict[str, Any]:
    """Give the head of a log as data: size and root."""
    return {"size": tree.size, "root": tree.root.hex()}


def head_text(tree: Tree) -> str | None:
    """Give the head of a log as SIZE:HASH, which can be noted and given back; None for an empty log."""
    return f"{tree.size}:{tree.root.hex()}" if tree.size else None


def read_head(text: str) -> Head:
    """Read SIZE:HASH, or HASH alone; ProofError when it is neither."""
    found = _HEAD.fullmatch(text.strip().lower())
    if found is None:
        raise ProofError(
            f"{text[:80]!r} is not the head of a log",
            code="bad_head",
            where="head",
            hint="Give what `model-registry head` printed: SIZE:HASH, the hash in 64 hex digits.",
        )
    return Head(bytes.fromhex(found[2]), int(found[1]) if found[1] else None)


def prove_event(event: Event, hashes: Sequence[bytes], root: bytes) -> dict[str, Any]:
    """Give the proof that an event is in the log of these event hashes and that root: about log2(size) hashes."""
    return {
        "format": FORMAT,
        "size": len(hashes),
        "root": root.hex(),
        "index": event.seq - 1,
        "path": [node.hex() for node in inclusion_path(hashes, event.seq - 1)],
        "event": event.to_dict(),
    }


def read_proof(data: bytes) -> dict[str, Any]:
    """Read a proof from the bytes of its file; ProofError when they hold none."""
    if len(data) > MOST_BYTES:
        raise _refused("bad_proof", f"a proof has at most {MOST_BYTES:,} bytes, this one has {len(data):,}")
    try:
        proof = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refused("bad_proof", f"the proof is not JSON: {error}") from error
    if not isinstance(proof, dict):
        raise _refused("bad_proof", "a proof is a JSON object")
    return proof


def verify_proof(proof: Mapping[str, Any], root: str) -> dict[str, Any]:
    """Tell what a proof proves against a head somebody trusts: which version was registered, when, by whom.

    `root` is SIZE:HASH or HASH; what the proof says of its own root is not believed. It needs no registry. Raises
    ProofError: bad_head, bad_proof (not a proof), or proof_fails (it does not hold).
    """
    head = read_head(root)
    size, index, path, event = _parts(proof)
    if head.size not in {None, size}:
        raise _refused("proof_fails", f"the proof is about a log of {size} events, the head about {head.size}")
    if event.seq != index + 1:
        raise _refused("proof_fails", f"event {event.seq!r:.40} cannot stand at place {index}")
    if not verify_inclusion(bytes.fromhex(event.hash), index, size, path, head.root):
        raise _refused("proof_fails", "the path does not lead from the event to that root")
    return _proved(event, size, head)


def _parts(proof: Mapping[str, Any]) -> tuple[int, int, list[bytes], Event]:
    if proof.get("format") != FORMAT:
        raise _refused("bad_proof", f"the proof does not say {FORMAT!r}")
    size, index, path = proof.get("size"), proof.get("index"), proof.get("path")
    if not (_is_count(size) and _is_count(index)):
        raise _refused("bad_proof", "size and index are not whole numbers")
    if not isinstance(path, list) or len(path) > MOST_STEPS:
        raise _refused("bad_proof", f"the path is not a list of at most {MOST_STEPS} hashes")
    if not all(isinstance(node, str) and _HASH.fullmatch(node) for node in path):
        raise _refused("bad_proof", "the path holds something that is not a hash")
    return int(str(size)), int(str(index)), [bytes.fromhex(node) for node in path], _event(proof.get("event"))


def _event(stated: Any) -> Event:
    """Read the event, which must be what its hash says and register a version."""
    try:
        event = decode(canonical_json(stated))
    except (DamagedEventError, ValueError, TypeError, RecursionError) as error:
        raise _refused("bad_proof", f"the event is not whole: {error}") from error
    if event.kind not in _PROVING or not isinstance(event.data, dict):
        raise _refused("bad_proof", "the event registers no version")
    return event


def _proved(event: Event, size: int, head: Head) -> dict[str, Any]:
    return {
        "holds": True,
        "model_id": event.model,
        "version": event.data.get("version"),
        "digest": event.data.get("digest"),
        "at": event.at,
        "actor": event.actor,
        "seq": event.seq,
        "size": size,
        "root": head.root.hex(),
    }


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**MOST_STEPS


def _refused(code: str, message: str) -> ProofError:
    hint = "Get the proof and the head anew, from `model-registry prove` and `model-registry head` of the same log."
    return ProofError(message, code=code, where="proof", hint=hint)
