"""Many words arranged so that those spelled nearly as another are found without comparing each of them."""

from __future__ import annotations

from collections.abc import Iterable

from model_registry.domain.words import is_near, most_slips


class Lexicon:
    """Words by their length, each with the letters it has."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_length: dict[int, list[tuple[int, str]]] = {}
        for word in words:
            self._by_length.setdefault(len(word), []).append((_letters(word), word))

    def __len__(self) -> int:
        return sum(map(len, self._by_length.values()))

    def near(self, word: str) -> list[str]:
        """Give the words that are spelled nearly as this one (see `words.is_near`).

        A slip takes a letter out of the set of those a word has, puts one in, or both: what differs by more is passed
        over.
        """
        slips, letters = most_slips(word), _letters(word)
        lengths = range(len(word) - slips, len(word) + slips + 1)
        peers = (peer for length in lengths for peer in self._by_length.get(length, ()))
        return [peer for has, peer in peers if (has ^ letters).bit_count() <= 2 * slips and is_near(word, peer)]


def _letters(word: str) -> int:
    """Give the letters of a word as the bits of a number; different letters may share one."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits
