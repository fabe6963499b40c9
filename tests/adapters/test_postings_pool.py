"""Postings come out of the pool by term, the same whether they all had room or were put aside on the way."""

from __future__ import annotations

from pathlib import Path
from tempfile import gettempdir

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.adapters import whoosh_engine
from model_registry.adapters.postings_pool import Item, PostingsPool
from model_registry.adapters.whoosh_index import WhooshIndex
from model_registry.domain.query_parser import parse_query
from model_registry.domain.search import Document, Position
from numbered import fields, scores

DOCUMENTS = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from(["id", "text"]), st.sampled_from([b"a", b"b", b"reef", b"\xce\xb1"])),
        st.tuples(st.integers(1, 9), st.binary(max_size=8)),
    ),
    max_size=12,
)


@given(DOCUMENTS, st.sampled_from([0, 700, 2_000, 1_000_000]))
def test_every_posting_comes_once_by_term_and_document(
    documents: list[dict[tuple[str, bytes], tuple[int, bytes]]], limit: int
) -> None:
    pool = PostingsPool(Path(gettempdir()), limit)
    given: list[Item] = [
        (name, term, number, float(weight), value)
        for number, document in enumerate(documents)
        for (name, term), (weight, value) in document.items()
    ]
    for item in given:
        pool.add(item)
    found = list(pool.terms())
    told = [
        (name, term, number, weight, size)
        for (name, term), postings in found
        for number, weight, size in zip(postings.numbers, postings.weights, postings.sizes, strict=True)
    ]
    assert told == sorted((*item[:4], len(item[4] or b"")) for item in given)
    assert len(found) == len({item[:2] for item in given})
    assert all(
        postings.values == [item[4] for item in given if item[:2] == term and item[4]] for term, postings in found
    )
    pool.cleanup()


def test_what_is_put_aside_leaves_no_file(tmp_path: Path) -> None:
    pool = PostingsPool(tmp_path, 0)
    for number in range(9):
        pool.add(("text", b"%d" % number, number, 1.0, b""))
    assert list(tmp_path.iterdir()) == []
    assert len(list(pool.terms())) == 9
    pool.cleanup()


def test_an_index_built_in_little_memory_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [Document(f"m{number}", f"Common reef {number % 7}", f"word{number} of it") for number in range(300)]
    roomy, narrow = WhooshIndex(tmp_path / "roomy"), WhooshIndex(tmp_path / "narrow")
    roomy.rebuild(documents, Position("log", 1, "h"))
    monkeypatch.setattr(whoosh_engine, "_WRITER_BYTES", 10_000)
    narrow.rebuild(documents, Position("log", 1, "h"))
    for text in ("common", "reef 3", '"common reef"', "word7", "wor*", "name:reef"):
        query = parse_query(text)
        assert scores(narrow, query) == scores(roomy, query) != {}
        assert fields(narrow, query, ["m3"]) == fields(roomy, query, ["m3"])
