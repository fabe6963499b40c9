"""The Merkle tree over a log: one hash that stands for all its events, and short paths that show one is among them.

The tree is that of RFC 9162, section 2.1, with SHA-256: a leaf is hashed behind a 0x00, an inner node behind a 0x01, so
that no node can be passed off as a leaf. Leaves here are the 32 bytes of each event's hash, in the order of the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162, 2.1.1)."""


def leaf_hash(leaf: bytes) -> bytes:
    """Give the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree that only grows, held as the roots of its complete subtrees: about log2(size) hashes.

    `peaks` stand from the largest subtree to the smallest, one for each 1 in the binary form of `size`.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def grown(self, leaf: bytes) -> Tree:
        """Give the tree with one more leaf behind the others."""
        node, peaks, size = leaf_hash(leaf), list(self.peaks), self.size
        while size & 1:
            node = node_hash(peaks.pop(), node)
            size >>= 1
        return Tree(self.size + 1, (*peaks, node))

    @property
    def root(self) -> bytes:
        """Give the hash that stands for all leaves and their order."""
        return reduce(lambda right, left: node_hash(left, right), reversed(self.peaks)) if self.peaks else EMPTY


def root(leaves: Iterable[bytes]) -> bytes:
    """Give the root over leaves (RFC 9162, 2.1.1)."""
    return reduce(Tree.grown, leaves, Tree()).root


def inclusion_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Give the hashes that lead from a leaf to the root, lowest first (RFC 9162, 2.1.3.1); IndexError without the leaf.

    The tree is built level by level: a node without a partner moves up as it is, which gives the same tree.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} among {len(leaves)}")
    level, path = [leaf_hash(leaf) for leaf in leaves], []
    while len(level) > 1:
        partner = index ^ 1
        path += level[partner : partner + 1]
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [node_hash(*pair) for pair in pairs] + level[len(level) & ~1 :]
        index //= 2
    return tuple(path)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a path leads from the leaf at an index of a tree of that size to the root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, node = index, size - 1, leaf_hash(leaf)
    for sibling in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root
