"""The Merkle tree of RFC 9162, against its recursive definition and known roots."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.merkle import EMPTY, Tree, inclusion_path, root, verify_inclusion

leaves = st.lists(st.binary(max_size=40), max_size=70)
some_leaves = st.lists(st.binary(max_size=40), min_size=1, max_size=70)

INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The reference inputs and roots that implementations of Certificate Transparency test against."""


def defined_root(data: Sequence[bytes]) -> bytes:
    """Give the root by the recursive definition: split at the largest power of two below the size."""
    if len(data) < 2:
        return hashlib.sha256(b"\x00" + data[0]).digest() if data else hashlib.sha256(b"").digest()
    split = split_of(len(data))
    return hashlib.sha256(b"\x01" + defined_root(data[:split]) + defined_root(data[split:])).digest()


def defined_path(data: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    if len(data) < 2:
        return ()
    split = split_of(len(data))
    if index < split:
        return (*defined_path(data[:split], index), defined_root(data[split:]))
    return (*defined_path(data[split:], index - split), defined_root(data[:split]))


def split_of(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


@pytest.mark.parametrize("size", range(1, 9))
def test_the_reference_inputs_have_the_reference_roots(size: int) -> None:
    assert root(INPUTS[:size]).hex() == ROOTS[size - 1]


def test_a_tree_without_leaves_has_the_hash_of_nothing() -> None:
    assert root([]) == EMPTY == Tree().root


@given(leaves)
def test_the_root_is_the_one_the_standard_defines(data: list[bytes]) -> None:
    assert root(data) == defined_root(data)


@given(some_leaves, st.data())
def test_the_path_is_the_one_the_standard_defines(data: list[bytes], draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    assert inclusion_path(data, index) == defined_path(data, index)


@given(some_leaves)
def test_each_leaf_is_shown_to_be_in_the_tree_by_a_short_path(data: list[bytes]) -> None:
    top = root(data)
    for index, leaf in enumerate(data):
        path = inclusion_path(data, index)
        assert len(path) <= (len(data) - 1).bit_length()
        assert verify_inclusion(leaf, index, len(data), path, top)


@given(some_leaves, st.data())
def test_nothing_else_is_shown_by_that_path(data: list[bytes], draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, len(data) - 1))
    path, top, leaf = inclusion_path(data, index), root(data), data[index]
    assert not verify_inclusion(leaf + b"x", index, len(data), path, top)
    assert not verify_inclusion(leaf, index, len(data), (*path, top), top)
    assert not verify_inclusion(leaf, len(data), len(data), path, top)
    assert not verify_inclusion(leaf, -1, len(data), path, top)
    assert not verify_inclusion(leaf, index, len(data), path, hashlib.sha256(top).digest())
    if path:
        assert not verify_inclusion(leaf, index, len(data), path[:-1], top)
        assert not verify_inclusion(leaf, index, len(data), (*path[:-1], top), top)


@given(leaves, st.data())
def test_moving_a_leaf_to_another_place_breaks_the_proof(data: list[bytes], draw: st.DataObject) -> None:
    distinct = list(dict.fromkeys(data))
    if len(distinct) < 2:
        return
    index, other = draw.draw(st.lists(st.integers(0, len(distinct) - 1), min_size=2, max_size=2, unique=True))
    path = inclusion_path(distinct, index)
    assert not verify_inclusion(distinct[index], other, len(distinct), path, root(distinct))


@given(leaves, st.binary(max_size=40))
def test_a_tree_grows_by_one_leaf_to_what_it_would_be_from_scratch(data: list[bytes], more: bytes) -> None:
    tree = Tree()
    for leaf in data:
        tree = tree.grown(leaf)
    grown = tree.grown(more)
    assert grown.root == root([*data, more])
    assert (tree.size, tree.root) == (len(data), root(data))
    assert len(grown.peaks) == grown.size.bit_count()


@pytest.mark.parametrize("index", [-1, 3])
def test_a_leaf_that_is_not_there_has_no_path(index: int) -> None:
    with pytest.raises(IndexError, match="no leaf"):
        inclusion_path([b"a", b"b", b"c"], index)
