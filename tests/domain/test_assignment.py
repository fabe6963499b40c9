"""Which model each file of a run is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.bootstrap import memory_registry
from model_registry.domain.assignment import Assigner, Assignment, Found
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.entry import ModelEntry
from model_registry.domain.identity import MODEL_ID, SLUG_LENGTH, free_id, short_hash
from texts import coin, source


def catalogue(*files: tuple[str, str, str]) -> Catalogue:
    """Give a registry's catalogue in which each (origin, id, ModelName) is registered."""
    registry = memory_registry()
    for number, (origin, model_id, name) in enumerate(files):
        text = coin(name, heads=0.1 + number / 10)
        registry.register_model(source(text, origin=origin), model_id=model_id)
    return registry.catalogue()


def assign(known: Catalogue, files: Sequence[Found]) -> list[Assignment]:
    """Tell of all files of a run which model each is."""
    assigner = Assigner(known, [file for file in files if known.from_origin(file.origin)])
    return [assigner.assign(file) for file in files]


KNOWN = catalogue(("a.md", "x", "Xena"), ("b.md", "y", "Yuri"))
FP_OF_X = KNOWN.entries["x"].newest.fingerprint
OTHER = "fp1:other"


def namesake(model_id: str, origin: str) -> str:
    return f"{model_id}-{short_hash(origin)}"


CASES = {
    "a file on record that bears the model's name is that model": ([("a.md", "Xena", OTHER)], ["x"]),
    "a file on record of which only the name changed is that model": ([("a.md", "Zoe", FP_OF_X)], ["x"]),
    "a file on record with another name and other content is another model": ([("a.md", "Zoe", OTHER)], ["zoe"]),
    "a file from elsewhere is the model of its name": ([("moved/a.md", "Xena", OTHER)], ["x"]),
    "of two files of one new name, the first in path order has the plain id": (
        [("m/1.md", "New", OTHER), ("m/2.md", "New", OTHER)],
        ["new", namesake("new", "m/2.md")],
    ),
    "of two files of one known name, the one on record is that model": (
        [("0.md", "Xena", OTHER), ("a.md", "Xena", OTHER)],
        [namesake("x", "0.md"), "x"],
    ),
    "of two files of one known name, neither on record, the first is that model": (
        [("1.md", "Xena", OTHER), ("2.md", "Xena", OTHER)],
        ["x", namesake("x", "2.md")],
    ),
    "a copy that kept the name of a renamed file is a model of its own": (
        [("a.md", "Zoe", FP_OF_X), ("copy.md", "Xena", FP_OF_X)],
        ["x", namesake("x", "copy.md")],
    ),
    "names that lead to one slug get ids of their own": (
        [("1.md", "My Model", OTHER), ("2.md", "my model", OTHER)],
        ["my-model", f"my-model-{short_hash('my model')}"],
    ),
}


@pytest.mark.parametrize(("files", "expected"), CASES.values(), ids=CASES.keys())
def test_a_file_is_the_model_that_the_rules_say(files: list[tuple[str, str, str]], expected: list[str]) -> None:
    assert [each.model_id for each in assign(KNOWN, [Found(*file) for file in files])] == expected


def test_a_renamed_model_says_what_it_was() -> None:
    (renamed,) = assign(KNOWN, [Found("a.md", "Zoe", FP_OF_X)])
    assert (renamed.was, renamed.namesake_of) == ("Xena", "")


def test_a_namesake_says_whose_name_it_bears() -> None:
    _, second = assign(KNOWN, [Found("1.md", "Xena", OTHER), Found("2.md", "Xena", OTHER)])
    assert second.namesake_of == "x"


found = st.builds(
    Found,
    origin=st.sampled_from(["a.md", "b.md", "c.md", "d/a.md", "d/e.md"]),
    name=st.sampled_from(["Xena", "Yuri", "Zoe", "zoe", "a very long name " * 9]),
    fingerprint=st.sampled_from([FP_OF_X, KNOWN.entries["y"].newest.fingerprint, OTHER]),
)


@given(st.lists(found, unique_by=lambda file: file.origin, max_size=5))
def test_no_two_files_are_one_model_and_every_id_is_one(files: list[Found]) -> None:
    ids = [each.model_id for each in assign(KNOWN, files)]
    assert len(set(ids)) == len(files)
    assert all(MODEL_ID.fullmatch(model_id) for model_id in ids)


@given(st.lists(found, unique_by=lambda file: file.origin, max_size=5))
def test_a_file_on_record_under_its_name_never_loses_its_model(files: list[Found]) -> None:
    for file, each in zip(files, assign(KNOWN, files), strict=True):
        entry = KNOWN.from_origin(file.origin)
        if entry and entry.model_name == file.name:
            assert each.model_id == entry.id


MOVED = catalogue(
    ("a.md", "x", "Xena"), ("d/a.md", "x", "Xena"), ("b.md", "y", "Yuri"), ("c.md", "y", "Zoe"), ("d/e.md", "z", "Xena")
)
"""Models registered from several places, under several names, two of them under the same."""


def all_at_once(known: Catalogue, files: Sequence[Found]) -> list[Assignment]:
    """Apply the rules one after the other, each to all files: the name on record, the renamed, and then the others."""
    told: dict[str, Assignment] = {}
    ids = set(known.entries)

    def is_free(entry: ModelEntry | None) -> bool:
        return entry is not None and entry.id not in {each.model_id for each in told.values()}

    for file in files:
        entry = known.from_origin(file.origin)
        if entry and is_free(entry) and entry.model_name == file.name:
            told[file.origin] = Assignment(entry.id, entry)
    for file in files:
        entry = known.from_origin(file.origin)
        if entry and is_free(entry) and file.origin not in told and entry.newest.fingerprint == file.fingerprint:
            told[file.origin] = Assignment(entry.id, entry, entry.model_name)
    for file in files:
        if file.origin in told:
            continue
        bearers = [other for other in files if other.origin in told and other.name == file.name]
        first = next((told[other.origin].model_id for other in bearers if not told[other.origin].was), None)
        entry = known.named(file.name)
        if entry and is_free(entry):
            told[file.origin] = Assignment(entry.id, entry)
        elif entry or first:
            plain = entry.id if entry else str(first)
            model_id = f"{plain[:SLUG_LENGTH].rstrip('-_')}-{short_hash(file.origin)}"
            told[file.origin] = Assignment(model_id, known.entries.get(model_id), namesake_of=plain)
        else:
            told[file.origin] = Assignment(free_id(file.name, ids | {each.model_id for each in told.values()}))
    return [told[file.origin] for file in files]


@given(st.sampled_from([KNOWN, MOVED]), st.lists(found, unique_by=lambda file: file.origin, max_size=5))
def test_files_told_of_one_by_one_are_the_models_they_are_when_all_are_known(
    known: Catalogue, files: list[Found]
) -> None:
    assert assign(known, files) == all_at_once(known, files)
