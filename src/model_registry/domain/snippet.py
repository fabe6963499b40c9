"""The passage of a text that a query is about, for a list of hits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from model_registry.domain.query import Fuzzy, Prefix, Query
from model_registry.domain.query_parser import leaves, terms
from model_registry.domain.words import is_near, joined, readings, stem, tokens

_LONGEST_TEXT = 20_000
_MARK = "**"
_AROUND = 400
_MOST_PIECES = 1_000  # of texts, without a space, of which is known what is wanted there


class Snippet(NamedTuple):
    """A passage of a text, and how many different words of what is wanted it marks."""

    text: str
    words: int = 0


class _Span(NamedTuple):
    """Where a wanted word stands, and what its forms share."""

    start: int
    end: int
    root: str


class Passages:
    """Shows where texts speak of what a query wants.

    A text may be a stranger's: characters that control a terminal or the direction of writing are dropped, and so are
    marks of its own.
    """

    def __init__(self, wanted: Query) -> None:
        found = tuple(leaves(wanted))
        self._near = [joined(leaf.text) for leaf in found if isinstance(leaf, Fuzzy)]
        self._starts = tuple(start for leaf in found if isinstance(leaf, Prefix) and (start := joined(leaf.text)))
        plain = [leaf for leaf in found if not isinstance(leaf, Fuzzy | Prefix)]
        forms = {word for leaf in plain for each in terms(leaf) for row in readings(each) for word in row}
        self._roots = set(map(stem, forms))
        # Forms of a word share its first two letters at least (`axes`, `axis`); what is not ASCII may be folded to any.
        letters = {text[:2] for text in (*self._roots, *self._starts, *(word[:1] for word in self._near))}
        self._hint = _any_of(letters, others=(r"[^\x00-\x7f]",))
        self._pieces: dict[str, list[_Span]] = {}
        self._plain_hint = _any_of(letters, flags=0)
        self._first = _any_of((*self._roots, *self._starts, *self._near))

    def snippet(self, text: str, width: int = 160) -> Snippet:
        """Give the passage of a text, of about `width` characters, with the most of what is wanted in **marks**.

        The passage is one line, cut between words, with … where text was left out.
        """
        plain = _plain(text[:_LONGEST_TEXT])
        spans = self._spans(plain)
        start, end = _passage(plain, _best(spans, width), width)
        inside = [span for span in spans if start <= span.start and span.end <= end]
        shown = ("…" if start else "") + _marked(plain, inside, start, end) + ("…" if end < len(plain) else "")
        return Snippet(shown, len({span.root for span in inside}))

    def around(self, text: str) -> str:
        """Give a piece of a long text around the first place that looks like what is wanted; "" where none does."""
        match = self._first.search(text)
        return text[max(0, match.start() - _AROUND) : match.end() + _AROUND] if match else ""

    def _spans(self, text: str) -> list[_Span]:
        """Give where wanted words stand; a compound that is wanted as a whole covers its parts.

        Only what may be wanted is taken apart: most of a text is passed over quickly.
        """
        spans: list[_Span] = []
        end = 0
        search, looked = (self._plain_hint.search, text.lower()) if text.isascii() else (self._hint.search, text)
        while hint := search(looked, end):
            start = text.rfind(" ", end, hint.start()) + 1 or end
            end = text.find(" ", hint.start())
            end = len(text) if end < 0 else end
            spans += [_Span(start + a, start + b, root) for a, b, root in self._inside(text[start:end])]
        return spans

    def _inside(self, piece: str) -> list[_Span]:
        """Give where wanted words stand in a piece of text without a space; the same pieces come again and again."""
        spans = self._pieces.get(piece)
        if spans is None:
            spans = []
            for token in tokens(piece):
                root = stem(token.word)
                if self._is_wanted(token.word, root) and not (spans and token.end <= spans[-1].end):
                    spans.append(_Span(token.start, token.end, root))
            if len(self._pieces) < _MOST_PIECES:
                self._pieces[piece] = spans
        return spans

    def _is_wanted(self, word: str, root: str) -> bool:
        return root in self._roots or word.startswith(self._starts) or any(is_near(near, word) for near in self._near)


def _any_of(texts: Iterable[str], *, others: Iterable[str] = (), flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """Give the pattern of any of some texts, or of other patterns; where there is none it matches nothing."""
    longest_first = sorted({text for text in texts if text}, key=lambda text: (-len(text), text))
    return re.compile("|".join([*map(re.escape, longest_first), *others]) or "(?!)", flags)


def _plain(text: str) -> str:
    line = " ".join(text.split())
    if line.isprintable() and "**" not in line:
        return line
    kept = "".join(" " if char.isspace() else char for char in text if char.isspace() or _is_visible(char))
    return " ".join(re.sub(r"\*{2,}", "", kept).split())


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Cn")


def _best(spans: list[_Span], width: int) -> _Span | None:
    """Give the first span of the passage with the most different words; None where nothing stands."""

    def richness(index: int) -> int:
        return len(set(_until(spans, index, spans[index].start + width * 3 // 4)))

    if len({span.root for span in spans}) < 2:
        return spans[0] if spans else None
    return spans[max(range(len(spans)), key=richness)]


def _until(spans: list[_Span], index: int, end: int) -> Iterator[str]:
    while index < len(spans) and spans[index].end <= end:
        yield spans[index].root
        index += 1


def _passage(text: str, first: _Span | None, width: int) -> tuple[int, int]:
    """Give where a passage around a span starts and ends, between words as far as it can."""
    begins, ends = (first.start, first.end) if first else (0, 0)
    start = min(max(0, begins - width // 4), max(0, len(text) - width))
    if start:
        gap = text.find(" ", start - 1, begins)
        start = gap + 1 if gap >= 0 else start
    end = min(len(text), start + width)
    if end < len(text):
        gap = text.rfind(" ", max(start + 1, ends), end + 1)
        end = gap if gap >= 0 else end
    return start, end


def _marked(text: str, spans: list[_Span], start: int, end: int) -> str:
    pieces = []
    for a, b, _ in spans:
        pieces += [text[start:a], _MARK, text[a:b], _MARK]
        start = b
    return "".join([*pieces, text[start:end]])
