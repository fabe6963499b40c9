"""A lexicon finds what comparing every word would find."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.lexicon import Lexicon
from model_registry.domain.words import is_near

WORDS = st.text("abcdπ", max_size=10)


@given(st.sets(WORDS, max_size=40), WORDS)
def test_the_near_words_are_those_that_compare_as_near(words: set[str], word: str) -> None:
    lexicon = Lexicon(words)
    assert set(lexicon.near(word)) == {each for each in words if is_near(word, each)}
    assert len(lexicon) == len(words)


def test_two_slips_may_change_four_letters_of_a_long_word() -> None:
    assert Lexicon(["xnferencz"]).near("inference") == []
    assert Lexicon(["ixferencz", "inferenceaa", "nference"]).near("inference") == ["ixferencz", "inferenceaa"]
