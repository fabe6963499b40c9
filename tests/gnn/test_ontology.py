"""The list of terms, and the search for the one a text meant."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.gnn.ontology import TERMS, How, lookup
from model_registry.gnn.parser import parse


def test_there_are_64_terms_each_with_an_identifier_of_its_own_and_a_description() -> None:
    assert len(TERMS) == 64
    assert len({term.identifier for term in TERMS.values()}) == 64
    assert all(term.identifier.startswith("obo:") for term in TERMS.values())
    assert all(term.description.endswith(".") and "|" not in term.description for term in TERMS.values())
    assert len({term.description for term in TERMS.values()}) == 64


def test_names_and_identifiers_are_those_of_the_published_list(corpus: Path) -> None:
    published = json.loads((corpus / "act_inf_ontology_terms.json").read_text(encoding="utf-8"))

    assert {name: term.identifier for name, term in TERMS.items()} == {
        name: term["uri"] for name, term in published.items()
    }


def test_no_description_is_taken_from_the_published_list(corpus: Path) -> None:
    published = json.loads((corpus / "act_inf_ontology_terms.json").read_text(encoding="utf-8"))

    assert not {term.description for term in TERMS.values()} & {term["description"] for term in published.values()}


@pytest.mark.parametrize(
    ("text", "how", "name"),
    [
        ("HiddenState", How.EXACT, "HiddenState"),
        ("HiddenStateFactor1", How.EXACT, "HiddenStateFactor1"),
        ("hiddenstate", How.CASEFOLD, "HiddenState"),
        ("Hidden State", How.CASEFOLD, "HiddenState"),
        ("hidden_state", How.CASEFOLD, "HiddenState"),
        ("HiddenStateFactor7", How.AFFIX, "HiddenState"),
        ("ObservationModality12", How.AFFIX, "Observation"),
        ("Agent1HiddenState", How.AFFIX, "HiddenState"),
        ("TransitionMatrixLevel2", How.AFFIX, "TransitionMatrix"),
        ("Agent2PolicyVectorFactor0", How.AFFIX, "PolicyVector"),
        ("LikelihoodMatrix_3", How.AFFIX, "LikelihoodMatrix"),
    ],
)
def test_a_term_is_known_whatever_its_case_and_affixes(text: str, how: How, name: str) -> None:
    match = lookup(text)

    assert match.known
    assert match.term is TERMS[name]
    assert match.how is how


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("HidenState", "HiddenState"),
        ("LikelyhoodMatrix", "LikelihoodMatrix"),
        ("PriorOverHiddenState", "PriorOverHiddenStates"),
        ("ContextHiddenState", "HiddenState"),
        ("FastTransitionMatrix", "TransitionMatrix"),
        ("PreferenceVector", "LogPreferenceVector"),
        ("LocationPreferenceVector", "LogPreferenceVector"),
        ("SensoryPrecision", "Precision"),
        ("ObservationNoisePrecision", "Precision"),
    ],
)
def test_a_near_miss_suggests_the_term_meant(text: str, best: str) -> None:
    match = lookup(text)

    assert match.how is How.NEAR
    assert not match.known
    assert match.suggestions[0] == best


@pytest.mark.parametrize("text", ["Zebra", "", "k", "EmissionMatrix", "ForwardVariable", "x" * 10_000, "Factor0"])
def test_a_strange_term_suggests_nothing(text: str) -> None:
    match = lookup(text)

    assert match.how is How.UNKNOWN
    assert match.suggestions == ()


@given(st.text(max_size=60))
def test_any_text_finds_a_term_or_suggests_at_most_three_of_the_list(text: str) -> None:
    match = lookup(text)

    assert match.known == (match.how in {How.EXACT, How.CASEFOLD, How.AFFIX})
    assert bool(match.suggestions) == (match.how is How.NEAR)
    assert set(match.suggestions) <= TERMS.keys()
    assert len(match.suggestions) <= 3


@given(st.sampled_from(sorted(TERMS)), st.data())
def test_one_wrong_letter_still_leads_to_a_term(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))

    match = lookup(name[:at] + "q" + name[at + 1 :])

    assert match.known or match.suggestions


def test_how_many_real_mappings_are_known(corpus: Path) -> None:
    models = (parse(path.read_text(encoding="utf-8")) for path in corpus.rglob("*.md") if path.name != "README.md")

    found = Counter(lookup(term).how for model in models for _, term in model.ontology)

    assert (found.total(), found[How.EXACT] + found[How.CASEFOLD], found[How.AFFIX]) == (362, 246, 31)


def test_every_mapping_of_the_examples_is_known(examples: list[Path]) -> None:
    models = [parse(path.read_text(encoding="utf-8")) for path in examples]

    assert {term for model in models for _, term in model.ontology if not lookup(term).known} == set()
