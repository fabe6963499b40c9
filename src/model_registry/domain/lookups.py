"""The ways to a model by something else than its id: which models a name, a path or a digest may belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from model_registry.domain.entry import ModelEntry, ModelVersion

NAME, ORIGIN, CONTENT = "name", "origin", "content"
"""What a model is looked up by: its ModelName, the path of a version's file, a version's digest or a fingerprint."""


class Settled(NamedTuple):
    """Lookups in two arrays, ordered by the first: keys, and for each the number of a model in the order they came."""

    keys: npt.NDArray[np.uint64]
    numbers: npt.NDArray[np.uint32]

    @classmethod
    def read(cls, data: bytes, count: int) -> Settled:
        """Read so many lookups from the bytes `written` gave."""
        return cls(np.frombuffer(data, "<u8", count), np.frombuffer(data, "<u4", count, offset=8 * count))

    def written(self) -> bytes:
        """Give them as bytes: the keys of eight, then the numbers of four, the least significant first."""
        return self.keys.astype("<u8").tobytes() + self.numbers.astype("<u4").tobytes()

    def find(self, key: int) -> list[int]:
        """Give the numbers of a key, the lowest first."""
        sought = np.uint64(key)
        first, last = (np.searchsorted(self.keys, sought, side) for side in ("left", "right"))
        found: list[int] = self.numbers[first:last].tolist()
        return found

    def joined(self, others: Iterable[tuple[int, int]]) -> Settled:
        """Give them with some more, in any order; what is here already is taken once."""
        more = list(others)
        keys = np.concatenate([self.keys, np.array([key for key, _ in more], np.uint64)])
        numbers = np.concatenate([self.numbers, np.array([number for _, number in more], np.uint32)])
        order = np.lexsort((numbers, keys))
        keys, numbers = keys[order], numbers[order]
        first = np.ones(len(keys), np.bool_)
        first[1:] = (keys[1:] != keys[:-1]) | (numbers[1:] != numbers[:-1])
        return Settled(keys[first], numbers[first])


NOTHING = Settled(np.empty(0, np.uint64), np.empty(0, np.uint32))


class Lookups:
    """Gives candidates, for keys are digests of eight bytes, and a model may have let go of a name: who asks looks.

    Those a checkpoint has are settled in arrays, 12 bytes each, and shared by all that fork from it; `ids` are the
    models in the order they came.
    """

    def __init__(self, settled: Settled = NOTHING, ids: Sequence[str] = ()) -> None:
        self._settled = settled, ids
        self._recent: dict[int, tuple[str, ...]] = {}

    def fork(self) -> Lookups:
        """Give lookups that begin as these and go their own way."""
        other = Lookups(*self._settled)
        other._recent = self._recent.copy()
        return other

    def add(self, known: ModelEntry | None, entry: ModelEntry, *, new_versions: bool) -> None:
        """Take in an entry as it stands; `known` is what it was before, whose versions are here already."""
        if known is None or known.model_name != entry.model_name:
            self._put(_key(NAME, entry.model_name), entry.id)
        for version in (entry.versions[-1:] if known else entry.versions) if new_versions else ():
            for key in _keys(version):
                self._put(key, entry.id)

    def find(self, kind: str, said: str) -> Iterator[str]:
        """Give the ids of the models that may have it, each once, in the order they came."""
        key = _key(kind, said)
        recent = self._recent.get(key, ())  # read first: what another thread settles meanwhile is then in the arrays
        settled, ids = self._settled
        return iter(dict.fromkeys((*map(ids.__getitem__, settled.find(key)), *recent)))

    def settle(self, ids: Sequence[str]) -> Settled:
        """Put all that came since into the arrays; `ids` are all models in the order they came."""
        if self._recent:
            places = {model_id: number for number, model_id in enumerate(ids)}
            recent = ((key, places[model_id]) for key, known in self._recent.items() for model_id in known)
            self._settled = self._settled[0].joined(recent), ids
            self._recent = {}
        return self._settled[0]

    def _put(self, key: int, model_id: str) -> None:
        known = self._recent.get(key, ())
        if model_id not in known:
            self._recent[key] = (*known, model_id)


def _keys(version: ModelVersion) -> Iterator[int]:
    origin = (version.origin or {}).get("path")
    if origin:
        yield _key(ORIGIN, origin)
    yield from (_key(CONTENT, said) for said in (version.digest, version.fingerprint, version.structure))


def _key(kind: str, said: str) -> int:
    told = f"{kind} {said}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "little")
