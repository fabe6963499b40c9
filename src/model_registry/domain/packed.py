"""An entry and its trail in few bytes: its JSON, deflated with what all entries have in common known beforehand."""

from __future__ import annotations

import json
import zlib

from model_registry.domain.entry import ModelEntry, from_dict, to_dict

Trail = tuple[int, "Trail | None"]
"""The sequence numbers of a model's events, newest first: the last one, and the trail before it."""

Known = tuple[ModelEntry, Trail | None]

FAMILIAR = (
    b'{"kind":"","name":"","before":"","after":"","bump":"major","detail":""}"bump":"minor","patch"'
    b'{"score":{"value":0.9,"dataset":"","run":"","at":""}},"aliases":{"stable":"1.0.0"},'
    b'"state":"deprecated","replacement":null,"sunset":null,"alternatives":[],"state":"archived","before":["active"],'
    b'"derived":{"author":"account"}},"findings":{"error":1,"info":1,"warning":1},'
    b'"origin":{"path":"models/","commit":"","root":""},"kinds":["hmm","markov-chain","mdp","continuous"],'
    b'[{"id":"","model_name":"","metadata":{"name":"","description":"A model of an agent in the ","author":"",'
    b'"tags":["",""],"extra":{},"explicit":[],"derived":{}},"versions":[{"version":"1.0.0","seq":1,'
    b'"created_at":"2026-01-01T00:00:00.000000Z","author":"","digest":"","fingerprint":"fp1:","structure":"sp1:",'
    b'"size":1000,"bump":"none","summary":"first version","metadata":{"name":"","description":"","author":"",'
    b'"tags":[],"extra":{},"explicit":[],"derived":{}},"state":"registered","changes":[],"migration_notes":[],'
    b'"reason":"","filename":".md","origin":null,"performance":{},"dependencies":[],"kinds":["pomdp"],'
    b'"counts":{"connections":5,"ontology":5,"parameters":5,"variables":5},"findings":{},"same_as":null}],'
    b'"current":"1.0.0","created_at":"2026-01-01T00:00:00.000000Z","updated_at":"2026-01-01T00:00:00.000000Z",'
    b'"seq":1,"revision":1,"state":"active","before":[],"state_reason":"","pinned":false,"aliases":{},'
    b'"deprecation":null,"backup":null,"purged":false},[1]]'
)
"""The text of an entry with nothing in it. What was packed with one text can be read with no other: a change of it, or
of what is packed, is another format of the checkpoint."""


def packed(entry: ModelEntry, trail: Trail | None) -> bytes:
    """Give an entry and its trail in few bytes, about a quarter of their JSON (`unpacked` reads them back)."""
    seqs = []
    while trail:
        seq, trail = trail
        seqs.append(seq)
    text = json.dumps([to_dict(entry), seqs[::-1]], ensure_ascii=False, separators=(",", ":"))
    packer = zlib.compressobj(zdict=FAMILIAR)
    return packer.compress(text.encode()) + packer.flush()


def unpacked(data: bytes) -> Known:
    """Read an entry and its trail that `packed` gave."""
    unpacker = zlib.decompressobj(zdict=FAMILIAR)
    stored, seqs = json.loads(unpacker.decompress(data).decode())
    trail: Trail | None = None
    for seq in seqs:
        trail = (seq, trail)
    return from_dict(stored), trail
