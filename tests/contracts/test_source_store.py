"""What every store of sources promises."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from model_registry.adapters.directory import DirectoryStore
from model_registry.adapters.memory import MemorySources
from model_registry.domain.views import model_view
from model_registry.errors import NotFoundError
from model_registry.ports import SourceKeeper


@pytest.fixture(params=["memory", "directory"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], SourceKeeper]:
    if request.param == "memory":
        sources = MemorySources()
        return lambda: sources
    return lambda: DirectoryStore(tmp_path / "registry", model_view).sources


@pytest.mark.parametrize("data", [b"", b"text", bytes(range(256)) * 100])
def test_bytes_come_back_as_they_were(reopen: Callable[[], SourceKeeper], data: bytes) -> None:
    digest = reopen().put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert reopen().get(digest) == data
    assert reopen().has(digest)


def test_the_same_bytes_are_stored_once(reopen: Callable[[], SourceKeeper]) -> None:
    assert reopen().put(b"twice") == reopen().put(b"twice")


def test_several_are_stored_as_if_one_by_one(reopen: Callable[[], SourceKeeper]) -> None:
    known = reopen().put(b"known")
    texts = [b"one", b"known", b"two", b"one"]
    digests = reopen().put_all(texts)
    assert digests == [hashlib.sha256(data).hexdigest() for data in texts]
    assert digests[1] == known
    assert [reopen().get(digest) for digest in digests] == texts
    assert reopen().put_all([]) == []


def test_an_unknown_digest_is_not_found(reopen: Callable[[], SourceKeeper]) -> None:
    unknown = hashlib.sha256(b"unknown").hexdigest()
    assert not reopen().has(unknown)
    with pytest.raises(NotFoundError):
        reopen().get(unknown)


@pytest.mark.parametrize("digest", ["../../../etc/passwd", "", "zz", "A" * 64])
def test_what_is_no_digest_is_no_path_either(reopen: Callable[[], SourceKeeper], digest: str) -> None:
    with pytest.raises(NotFoundError):
        reopen().get(digest)


def test_what_is_stored_is_told_until_it_is_removed(reopen: Callable[[], SourceKeeper]) -> None:
    one, two = reopen().put(b"one"), reopen().put(b"two")
    assert {source.digest for source in reopen().stored()} == {one, two}
    assert all(source.since.tzinfo for source in reopen().stored())
    reopen().remove(one)
    reopen().remove(one)
    assert [source.digest for source in reopen().stored()] == [two]
    assert not reopen().has(one)


@pytest.mark.parametrize("data", [b"", b"little", b"much of the same " * 5_000])
def test_a_packed_source_is_read_stored_again_and_removed_like_any_other(
    reopen: Callable[[], SourceKeeper], data: bytes
) -> None:
    digest = reopen().put(data)
    assert reopen().pack(digest) >= 0
    assert reopen().pack(digest) == 0
    assert reopen().get(digest) == data
    assert reopen().has(digest)
    assert reopen().put(data) == digest
    assert [source.digest for source in reopen().stored()] == [digest]
    reopen().remove(digest)
    assert not reopen().has(digest)


def test_what_was_stored_or_packed_is_not_altered(reopen: Callable[[], SourceKeeper]) -> None:
    digest = reopen().put(b"much of the same " * 5_000)
    assert not reopen().altered(digest)
    reopen().pack(digest)
    assert not reopen().altered(digest)
