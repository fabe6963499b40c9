"""Words as search sees them: how a text falls into words, and which spellings count as one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from model_registry.domain.identity import GREEK

LONGEST_WORD = 64
_MOST_PARTS = 8  # of a compound that is also found when written as one

_LETTER = r"[^\W_\u3040-\u30ff\u3400-\u9fff]"
_WORD = rf"{_LETTER}(?:{_LETTER}|[\u0300-\u036f])*"
_COMPOUND = re.compile(rf"({_WORD}(?:(?:_+|-){_WORD})*)(?:['’][st]\b)?|([\u3040-\u30ff\u3400-\u9fff])")
_HUMP = r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})"
_PART = re.compile(rf"[_-]+|{_HUMP}")

_SYMBOL = re.compile(r"(?<![α-ω])[α-ω](?![α-ω])")

_IRREGULAR = {
    "analyses": "analysis",
    "axes": "axis",
    "bias": "bias",
    "biases": "bias",
    "hypotheses": "hypothesis",
    "indices": "index",
    "matrices": "matrix",
    "vertices": "vertex",
}
_PLURALS = (("sses", "ss"), ("ies", "y"), ("ss", "ss"), ("us", "us"), ("is", "is"), ("s", ""))
_VERBAL = (("ied", "y"), ("eed", "eed"), ("ing", ""), ("ed", ""))
_SHORTEST_STEM = 4


class Token(NamedTuple):
    """A word of a text: folded, the place it has among the words, and the characters it stands on."""

    word: str
    position: int
    start: int
    end: int


def compounds(text: str) -> Iterator[re.Match[str]]:
    """Find the words of a text as written: `s_f0`, `mean-field` and `LikelihoodMatrix` are one each."""
    return _COMPOUND.finditer(text)


def spellings(text: str) -> list[str]:
    """Give the words of a text as written, without what stands between them."""
    return [match[1] or match[2] for match in compounds(text)]


def tokens(text: str) -> Iterator[Token]:
    """Give the words of a text in order; a compound gives its parts and, at the place of the first, itself in one."""
    position = 0
    for match in compounds(text):
        word = match[0]
        if _is_simple(word):
            yield Token(word.lower()[:LONGEST_WORD], position, *match.span())
            position += 1
            continue
        parts = list(_parts(match))
        if 1 < len(parts) <= _MOST_PARTS:
            whole = "".join(word for word, _, _ in parts)[:LONGEST_WORD]
            yield Token(whole, position, parts[0][1], parts[-1][2])
        for word, start, end in parts:
            yield Token(word, position, start, end)
            position += 1


def _is_simple(word: str) -> bool:
    """Tell whether a word is a plain one, which most are: ASCII letters, none but the first of them large."""
    return word.isascii() and word.isalpha() and (word[1:].islower() or len(word) == 1)


def parts(text: str) -> tuple[str, ...]:
    """Give the words of a text, compounds taken apart."""
    return tuple(word for match in compounds(text) for word, _, _ in _parts(match))


def joined(text: str) -> str:
    """Give the words of a text written as one: `likelihood_mat` is likelihoodmat."""
    return "".join(parts(text))[:LONGEST_WORD]


def readings(text: str) -> list[tuple[str, ...]]:
    """Give the ways a text may stand in a document: its words in a row, and a compound also written as one."""
    row = parts(text)
    if not row:
        return []
    compound = 1 < len(row) <= _MOST_PARTS and len(spellings(text)) == 1
    return [row, (joined(text),)] if compound else [row]


def _parts(match: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    start, stop = match.span(1 if match[1] else 2)
    text = match.string
    for gap in _PART.finditer(text, start, stop):
        yield fold(text[start : gap.start()][:LONGEST_WORD]), start, gap.start()
        start = gap.end()
    yield fold(text[start:stop][:LONGEST_WORD]), start, stop


@lru_cache(maxsize=16_384)
def fold(word: str) -> str:
    """Give a word without case and accents, a Greek letter that stands alone spelled out (π is pi)."""
    if word.isascii():
        return word.lower()
    plain = "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))
    return _SYMBOL.sub(lambda letter: GREEK[letter[0]], plain.casefold())[:LONGEST_WORD]


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Give what the forms of an English word share: plural, -ed, -ing, a last e and a doubled consonant are dropped.

    Light on purpose (after the s-stemmer of Harman 1991): it joins forms of a word and leaves related words apart, for
    names such as `belief` and `believer` mean different things here.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < _SHORTEST_STEM or not (word.isascii() and word.isalpha()):
        return word
    shorter = _without(_VERBAL, _without(_PLURALS, word, shortest=3), shortest=_SHORTEST_STEM)
    if len(shorter) > _SHORTEST_STEM and shorter.endswith("e"):
        shorter = shorter[:-1]
    if len(shorter) >= _SHORTEST_STEM and shorter[-1] == shorter[-2] and shorter[-1] not in "aeious":
        shorter = shorter[:-1]
    return stem(shorter) if shorter != word else word  # so that a stem is its own stem


def _without(endings: tuple[tuple[str, str], ...], word: str, *, shortest: int) -> str:
    for ending, instead in endings:
        if word.endswith(ending):
            shorter = word.removesuffix(ending) + instead
            return shorter if len(shorter) >= shortest else word
    return word


def most_slips(word: str) -> int:
    """Give how many slips leave a word recognisable."""
    return 2 if len(word) >= 8 else 1


def is_near(word: str, other: str) -> bool:
    """Tell whether two folded words begin alike and differ by one slip, or by two from eight letters on.

    A slip is a letter too many, missing or wrong, or two neighbours swapped (optimal string alignment distance).
    """
    slips = most_slips(word)
    if word[:1] != other[:1] or abs(len(word) - len(other)) > slips:
        return False
    return _slips(word, other, slips) <= slips


def _slips(word: str, other: str, most: int) -> int:
    """Count slips by rows of the edit matrix, giving up once a row shows that there are more than `most`."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(word, 1):
        last, row = row, [i]
        for j, peer in enumerate(other, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != peer))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == peer:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
        before = last
    return row[-1]
