"""What every search engine must do; the plain one in memory says what the others must find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.adapters.memory_index import MemoryIndex
from model_registry.adapters.whoosh_index import WhooshIndex
from model_registry.domain.query import And, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Word
from model_registry.domain.query_parser import parse_query
from model_registry.domain.search import Document, Position
from model_registry.ports import SearchIndex
from numbered import fields, scores

ENGINES: dict[str, Callable[[Path], SearchIndex]] = {"memory": lambda _: MemoryIndex(), "whoosh": WhooshIndex}

MAZE = Document(
    "t-maze",
    "T-maze POMDP Agent",
    "A rat looks for cheese. Its policies are learned by active inference.",
    author="Ann Müller",
    tags=("navigation", "pomdp"),
    variables=("s_f0", "π"),
    ontology=("LikelihoodMatrix", "PolicyVector"),
    comment="location of the rat",
    equation="G = expected free energy",
)
BANDIT = Document(
    "bandit",
    "Two-armed bandit",
    "Inferences about which arm pays, without a maze.",
    author="Bob",
    tags=("decision making",),
    variables=("s_f1", "A_m0"),
    ontology=("Likelihood_Matrix",),
    inside="payoff of the arms",
)
TRACKER = Document("tracker", "Linear tracker", "A continuous state moves.", author="Ann Archer", inside="velocity")
ALL = {"t-maze", "bandit", "tracker"}

FINDS = {
    "*": ALL,
    "maze": {"t-maze", "bandit"},
    "MAZE": {"t-maze", "bandit"},
    "zebra": set(),
    "inference": {"t-maze", "bandit"},
    "policy": {"t-maze"},
    "move": {"tracker"},
    "muller": {"t-maze"},
    "pi": {"t-maze"},
    "π": {"t-maze"},
    "tracker": {"tracker"},
    "rat maze": {"t-maze"},
    "rat OR velocity": {"t-maze", "tracker"},
    "maze -rat": {"bandit"},
    "NOT maze": {"tracker"},
    "NOT NOT maze": {"t-maze", "bandit"},
    "rat OR NOT maze": {"t-maze", "tracker"},
    "-maze -tracker": set(),
    "* -maze": {"tracker"},
    "(rat OR arm) likelihood": {"t-maze", "bandit"},
    '"active inference"': {"t-maze"},
    '"inference active"': set(),
    '"free energy"': {"t-maze"},
    '"navigation pomdp"': set(),  # two tags
    '"agent a"': set(),  # a name, then a description
    '"decision making"': {"bandit"},
    "LikelihoodMatrix": {"t-maze", "bandit"},
    "likelihoodmatrix": {"t-maze", "bandit"},
    "likelihood_matrix": {"t-maze", "bandit"},
    "matrix": {"t-maze", "bandit"},
    "s_f0": {"t-maze"},
    "f1": {"bandit"},
    "poli*": {"t-maze"},
    "s_f*": {"t-maze", "bandit"},
    "likelihoodm*": {"t-maze", "bandit"},
    "cont*": {"tracker"},
    "chese~": {"t-maze"},
    "velocty~": {"tracker"},
    "zeese~": set(),
    "name:maze": {"t-maze"},
    "name:tracker": {"tracker"},
    "description:maze": {"bandit"},
    "tag:pomdp": {"t-maze"},
    "tag:maze": set(),
    "author:ann": {"t-maze", "tracker"},
    "author:an*": {"t-maze", "tracker"},
    "author:(ann -archer)": {"t-maze"},
    "variable:s_f0": {"t-maze"},
    "variable:location": set(),
    "ontology:vector": {"t-maze"},
    'ontology:"likelihood matrix"': {"t-maze", "bandit"},
    'description:"likelihood matrix"': set(),
    "inside:location": {"t-maze"},
    "comment:location": {"t-maze"},
    "comment:energy": set(),
    'equation:"free energy"': {"t-maze"},
    "inside:energy": {"t-maze"},
    "inside:s_f0": {"t-maze"},
    "inside:vector": {"t-maze"},
    "inside:cheese": set(),
    "description:chese~": {"t-maze"},
    "inside:chese~": set(),
}


def at(seq: int, log_id: str = "log") -> Position:
    return Position(log_id, seq, f"hash-{seq}")


def ids(index: SearchIndex, text: str) -> set[str]:
    return set(scores(index, parse_query(text)))


def ranked(index: SearchIndex, text: str) -> list[str]:
    found = scores(index, parse_query(text))
    return sorted(found, key=lambda id_: (-found[id_], id_))


@pytest.fixture(params=ENGINES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> SearchIndex:
    return ENGINES[request.param](tmp_path / "index")


@pytest.fixture(params=ENGINES, scope="module")
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    index = ENGINES[request.param](tmp_path_factory.mktemp("index") / "index")
    index.rebuild([MAZE, BANDIT, TRACKER], at(3))
    return index


@pytest.mark.parametrize("text", FINDS)
def test_a_query_finds_what_it_says(filled: SearchIndex, text: str) -> None:
    assert ids(filled, text) == FINDS[text]


@pytest.mark.parametrize("empty", [Word(""), Word("?"), Phrase(()), Phrase(("",)), Prefix(""), Fuzzy("-"), Or(())])
def test_what_has_no_word_finds_nothing(filled: SearchIndex, empty: Query) -> None:
    assert scores(filled, empty) == {}


def test_a_name_counts_above_a_tag_above_a_description_above_the_inside(index: SearchIndex) -> None:
    places = [
        Document("d-inside", "other", inside="maze"),
        Document("c-description", "other", description="maze"),
        Document("b-tag", "other", tags=("maze",)),
        Document("a-name", "maze"),
    ]
    index.rebuild(reversed(places), at(1))
    assert ranked(index, "maze") == ["a-name", "b-tag", "c-description", "d-inside"]


def test_the_very_word_counts_above_its_forms_above_what_is_spelled_nearly_so(index: SearchIndex) -> None:
    index.rebuild([Document("c", "beliff"), Document("b", "beliefs"), Document("a", "belief")], at(1))
    assert ranked(index, "belief") == ["a", "b"]
    assert ranked(index, "belief~") == ["a", "b", "c"]
    index.rebuild([Document("b", "inferences"), Document("a", "inference")], at(2))
    assert ranked(index, "inference") == ["a", "b"]
    assert ranked(index, "inferences") == ["b", "a"]


def test_equal_documents_fit_equally_well(index: SearchIndex) -> None:
    index.update([Document(id_, "maze") for id_ in "dbeac"], (), at(1))
    assert len(set(scores(index, Word("maze")).values())) == 1


def test_an_update_replaces_a_document(index: SearchIndex) -> None:
    index.update([MAZE, BANDIT], (), at(1))
    index.update([Document("t-maze", "Forest")], (), at(2))
    assert (ids(index, "rat"), ids(index, "forest"), ids(index, "*")) == (set(), {"t-maze"}, {"t-maze", "bandit"})


def test_the_last_of_two_documents_with_one_id_stays(index: SearchIndex) -> None:
    index.update([Document("one", "early"), Document("one", "late")], (), at(1))
    assert (ids(index, "early"), ids(index, "late")) == (set(), {"one"})


def test_a_removed_id_vanishes_and_may_come_back(index: SearchIndex) -> None:
    index.update([MAZE, BANDIT], (), at(1))
    index.update([], ["bandit", "never-there"], at(2))
    assert ids(index, "*") == ids(index, "NOT arm") == {"t-maze"}
    index.update([BANDIT], (), at(3))
    assert ids(index, "arm") == {"bandit"}


def test_a_rebuild_forgets_what_was(index: SearchIndex) -> None:
    index.update([MAZE], (), at(5))
    index.rebuild([BANDIT], at(4, "other log"))
    assert ids(index, "*") == {"bandit"}
    assert index.position() == at(4, "other log")


def test_the_position_is_none_at_first_and_follows_the_updates(index: SearchIndex) -> None:
    assert index.position() is None
    index.update([MAZE], (), at(1))
    assert index.position() == at(1)
    index.update([], (), at(7))
    assert index.position() == at(7)


def test_an_update_that_comes_late_changes_nothing(index: SearchIndex) -> None:
    index.update([MAZE], (), at(7))
    for late in (3, 7):
        index.update([BANDIT], ["t-maze"], at(late))
    assert ids(index, "*") == {"t-maze"}
    assert index.position() == at(7)


def test_many_small_updates_leave_what_the_last_of_each_said(index: SearchIndex) -> None:
    for seq in range(1, 31):
        index.update([Document(f"model-{seq % 7}", f"maze w{seq}")], [f"model-{(seq + 3) % 7}"], at(seq))
    assert ids(index, "maze") == {"model-0", "model-1", "model-2", "model-6"}
    assert ids(index, "w30") == {"model-2"}
    assert ids(index, "w23") == set()


def test_tidying_ends_and_changes_no_answer(index: SearchIndex) -> None:
    assert index.tidy() is False
    for seq in range(1, 9):
        index.update([Document(f"model-{seq % 5}", f"maze w{seq}")], [f"model-{(seq + 3) % 5}"], at(seq))
    before = {text: ids(index, text) for text in ("maze", "w8", "w3", "*", "NOT w7")}
    for _ in range(9):
        if not index.tidy():
            break
    else:
        pytest.fail("there is always more to tidy")
    assert {text: ids(index, text) for text in before} == before
    assert index.position() == at(8)
    index.update([Document("model-9", "maze w9")], (), at(9))
    assert ids(index, "w9") == {"model-9"}


WORDS = st.sampled_from(["belief", "beliefs", "state", "stated", "s_f0", "BeliefState", "π", "belieg", "st"])
TEXTS = st.lists(WORDS, max_size=4).map(" ".join)
FIELDS = st.sampled_from(
    [None, None, "name", "description", "tag", "author", "variable", "ontology", "comment", "equation", "inside"]
)
DOCUMENTS = st.builds(
    Document,
    st.sampled_from("abcdef"),
    TEXTS,
    TEXTS,
    TEXTS,
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(WORDS, max_size=2).map(tuple),
    st.lists(WORDS, max_size=2).map(tuple),
    TEXTS,
    TEXTS,
    TEXTS,
)
LEAVES = st.one_of(
    st.just(Everything()),
    st.builds(Word, WORDS, FIELDS),
    st.builds(Phrase, st.lists(WORDS, min_size=1, max_size=3).map(tuple), FIELDS),
    st.builds(Prefix, st.sampled_from(["b", "bel", "beliefs", "s", "st", "s_f", "p"]), FIELDS),
    st.builds(Fuzzy, WORDS, FIELDS),
)
QUERIES: st.SearchStrategy[Query] = st.recursive(
    LEAVES,
    lambda part: st.one_of(
        st.builds(Not, part),
        st.builds(And, st.lists(part, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(part, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.lists(DOCUMENTS, max_size=4), st.lists(st.sampled_from("abcdef"), max_size=2)), max_size=3),
    st.lists(QUERIES, min_size=5, max_size=20),
)
def test_both_engines_find_the_same_after_any_updates(
    tmp_path_factory: pytest.TempPathFactory,
    updates: list[tuple[list[Document], list[str]]],
    queries: list[Query],
) -> None:
    plain, other = MemoryIndex(), WhooshIndex(tmp_path_factory.mktemp("index"))
    for index in (plain, other):
        index.rebuild([MAZE], at(0))
        for seq, (documents, removed) in enumerate(updates, 1):
            index.update(documents, removed, at(seq))
    for query in queries:
        assert set(scores(other, query)) == set(scores(plain, query)), query
        assert fields(other, query, "abcdef") == fields(plain, query, "abcdef"), query
    for word in ("belief", "belieg", "stete", "zebra"):
        assert other.spelling(word) == plain.spelling(word)


WHERE = {
    "rat": {"t-maze": {"description", "comment"}},
    "maze": {"t-maze": {"name", "id"}, "bandit": {"description"}},
    "name:maze": {"t-maze": {"name"}},
    "poli*": {"t-maze": {"description", "ontology"}},
    "chese~": {"t-maze": {"description"}},
    '"free energy"': {"t-maze": {"equation"}},
    "likelihood OR velocity": {
        "t-maze": {"ontology"},
        "bandit": {"ontology"},
        "tracker": {"inside"},
    },
    "zebra": {},
}


@pytest.mark.parametrize("text", WHERE)
def test_the_fields_are_told_in_which_the_words_stand(filled: SearchIndex, text: str) -> None:
    assert fields(filled, parse_query(text), sorted(ALL)) == WHERE[text]


def test_only_the_models_asked_for_are_told_of(filled: SearchIndex) -> None:
    assert fields(filled, Word("maze"), ["bandit", "nobody"]) == {"bandit": {"description"}}


@pytest.mark.parametrize(
    ("word", "spelled"),
    [("chese", "cheese"), ("bandid", "bandit"), ("maze", ""), ("mazes", ""), ("zzz", ""), ("?", "")],
)
def test_a_word_that_nobody_has_is_spelled_as_somebody_does(filled: SearchIndex, word: str, spelled: str) -> None:
    assert filled.spelling(word) == spelled


def test_a_spelling_is_a_word_and_not_its_stem(index: SearchIndex) -> None:
    index.rebuild([Document("a", "inferences"), Document("b", "inferences"), Document("c", "inferred")], at(1))
    assert index.spelling("inferencws") == "inferences"
