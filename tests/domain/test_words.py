"""Spellings that people hold to be one word are one word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.words import LONGEST_WORD, fold, is_near, parts, spellings, stem, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Active inference.", ("active", "inference")),
        ("LikelihoodMatrix", ("likelihood", "matrix")),
        ("POMDPAgent", ("pomdp", "agent")),
        ("POMDPs", ("pomdps",)),
        ("s_f0", ("s", "f0")),
        ("mean-field", ("mean", "field")),
        ("Müller's", ("muller",)),
        ("Mu\u0308ller", ("muller",)),
        ("π_t", ("pi", "t")),
        ("s₁", ("s1",)),
        ("μοντέλο", ("μοντελο",)),
        ("模型", ("模", "型")),
        ("<>&", ()),
    ],
)
def test_a_text_falls_into_words(text: str, expected: tuple[str, ...]) -> None:
    assert parts(text) == expected


def test_a_compound_is_also_one_word_at_the_place_of_its_first_part() -> None:
    found = [(token.word, token.position) for token in tokens("the LikelihoodMatrix A")]
    assert found == [("the", 0), ("likelihoodmatrix", 1), ("likelihood", 1), ("matrix", 2), ("a", 3)]


@pytest.mark.parametrize(
    "forms",
    [
        "inference inferences",
        "policy policies",
        "learn learns learned learning",
        "plan plans planned planning",
        "model models modelling modeled",
        "observe observes observed observing",
        "matrix matrices",
        "class classes",
        "embed embeds embedded embedding",
        "process processes processed processing",
        "bias biases",
        "state states",
    ],
)
def test_forms_of_a_word_share_a_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(
    "words", ["state status", "policy police", "rat rate", "belief believe", "s ss", "agent agency"]
)
def test_different_words_keep_different_stems(words: str) -> None:
    one, other = words.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize("slip", ["agent", "agnet", "agen", "agents", "agemt"])
def test_one_slip_is_near(slip: str) -> None:
    assert is_near("agent", slip)


@pytest.mark.parametrize("other", ["gent", "agnte", "event", "a", ""])
def test_two_slips_or_another_first_letter_are_not_near_to_a_short_word(other: str) -> None:
    assert not is_near("agent", other)


@given(st.text("abc", min_size=1, max_size=7), st.text("abc", min_size=1, max_size=7))
def test_nearness_of_short_words_goes_both_ways(one: str, other: str) -> None:
    assert is_near(one, other) == is_near(other, one)
    assert is_near(one, one)


@given(st.text(max_size=60))
def test_tokens_stand_on_the_text_in_order_and_are_bounded(text: str) -> None:
    found = list(tokens(text))
    assert [token.position for token in found] == sorted(token.position for token in found)
    assert all(0 <= token.start < token.end <= len(text) for token in found)
    assert all(0 < len(token.word) <= LONGEST_WORD for token in found)


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(text: str) -> None:
    for word in spellings(text):
        assert fold(fold(word)) == fold(word)


@given(st.text("adeginrsuy", max_size=14))
def test_a_stem_is_its_own_stem(word: str) -> None:
    assert stem(stem(word)) == stem(word)
