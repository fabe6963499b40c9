"""The passage of a text that a query is about, for a list of hits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from model_registry.domain.query import Fuzzy, Prefix, Query, Word
from model_registry.domain.query_parser import leaves, terms
from model_registry.domain.words import is_near, joined, readings, stem, tokens

_LONGEST_TEXT = 20_000
_MARK = "**"
_AROUND = 400
_CHUNK = re.compile(r"\S+")
_Span = tuple[int, int]


def snippet(wanted: Query | Iterable[str], text: str, width: int = 160) -> str:
    """Give the passage of a text, of about `width` characters, where most of the wanted words stand, each in **marks**.

    The passage is one line, cut between words, with … where text was left out. The text may be a stranger's: characters
    that control a terminal or the direction of writing are dropped, and so are marks of its own.
    """
    plain = _plain(text[:_LONGEST_TEXT])
    spans = _spans(plain, _wanted(wanted))
    start, end = _passage(plain, _best(plain, spans, width), width)
    inside = [span for span in spans if start <= span[0] and span[1] <= end]
    return ("…" if start else "") + _marked(plain, inside, start, end) + ("…" if end < len(plain) else "")


def richness(passage: str) -> int:
    """Count the different words that a passage marks."""
    return len({stem(word.lower()) for word in re.findall(r"\*\*(.+?)\*\*", passage)})


def excerpt_around(words: Iterable[str], text: str) -> str:
    """Give a piece of a long text around the first place that looks like a wanted word; "" where there is none."""
    forms = {stem(word) for each in words for row in readings(each) for word in row}
    if not forms:
        return ""
    match = re.search("|".join(map(re.escape, sorted(forms, key=len, reverse=True))), text, re.IGNORECASE)
    return text[max(0, match.start() - _AROUND) : match.end() + _AROUND] if match else ""


def _plain(text: str) -> str:
    line = " ".join(text.split())
    if line.isprintable() and "**" not in line:
        return line
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_visible(char))
    return " ".join(re.sub(r"\*{2,}", "", kept).split())


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Cn")


class _Wanted(NamedTuple):
    """What a word of the text must be to be marked; `starts` are letters that it must have, none if any word may be."""

    test: Callable[[str], bool]
    starts: tuple[str, ...]


def _wanted(words: Query | Iterable[str]) -> _Wanted:
    found = tuple(leaves(words)) if isinstance(words, Query) else tuple(Word(each) for each in words)
    near = [joined(leaf.text) for leaf in found if isinstance(leaf, Fuzzy)]
    starts = tuple(start for leaf in found if isinstance(leaf, Prefix) and (start := joined(leaf.text)))
    plain = [leaf for leaf in found if not isinstance(leaf, Fuzzy | Prefix)]
    roots = {stem(word) for leaf in plain for each in terms(leaf) for row in readings(each) for word in row}
    # Forms of a word share its first two letters at least (`axes`, `axis`).
    letters = tuple({text[:2] for text in (*roots, *starts, *(word[:1] for word in near))})
    return _Wanted(
        lambda word: stem(word) in roots or word.startswith(starts) or any(is_near(each, word) for each in near),
        letters,
    )


def _spans(text: str, wanted: _Wanted) -> list[_Span]:
    """Give where wanted words stand; a compound that is wanted as a whole covers its parts.

    Only what may be wanted is taken apart: most of a text is passed over quickly.
    """
    spans: list[_Span] = []
    for chunk in _CHUNK.finditer(text):
        if not chunk[0].isascii() or any(letters in chunk[0].lower() for letters in wanted.starts):
            for token in tokens(chunk[0]):
                start, end = chunk.start() + token.start, chunk.start() + token.end
                if wanted.test(token.word) and not (spans and end <= spans[-1][1]):
                    spans.append((start, end))
    return spans


def _best(text: str, spans: list[_Span], width: int) -> _Span:
    """Give the first span of the passage with the most different words."""

    def richness(index: int) -> int:
        start = spans[index][0]
        return len({stem(text[a:b].lower()) for a, b in _until(spans, index, start + width * 3 // 4)})

    return spans[max(range(len(spans)), key=richness)] if spans else (0, 0)


def _until(spans: list[_Span], index: int, end: int) -> Iterator[_Span]:
    while index < len(spans) and spans[index][1] <= end:
        yield spans[index]
        index += 1


def _passage(text: str, first: _Span, width: int) -> _Span:
    """Give where a passage around a span starts and ends, between words as far as it can."""
    start = min(max(0, first[0] - width // 4), max(0, len(text) - width))
    if start:
        gap = text.find(" ", start - 1, first[0])
        start = gap + 1 if gap >= 0 else start
    end = min(len(text), start + width)
    if end < len(text):
        gap = text.rfind(" ", max(start + 1, first[1]), end + 1)
        end = gap if gap >= 0 else end
    return start, end


def _marked(text: str, spans: list[_Span], start: int, end: int) -> str:
    pieces = []
    for a, b in spans:
        pieces += [text[start:a], _MARK, text[a:b], _MARK]
        start = b
    return "".join([*pieces, text[start:end]])
