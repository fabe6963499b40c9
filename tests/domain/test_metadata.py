"""Metadata: where it comes from, what it must be, how it is patched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.config import MetadataConfig
from model_registry.domain.metadata import (
    Metadata,
    combine,
    differences,
    extract,
    patch,
    read_given,
    show_performance,
    validate,
)
from model_registry.errors import MetadataError
from model_registry.gnn.parser import parse

TEXT = """---
tags: alpha, beta
author: Front Matter
---
# A title

## ModelName
Named Model

## ModelAnnotation
What it is.
- a point

Creator: Somebody Else

## StateSpaceBlock
s[2]

## Signature
Author: Not To Be Believed
"""


def test_front_matter_goes_before_the_sections() -> None:
    assert extract(parse(TEXT)) == {
        "name": "Named Model",
        "description": "What it is.\n- a point",
        "author": "Front Matter",
        "tags": ("alpha", "beta"),
    }


@pytest.mark.parametrize("line", ["Author: Ada", "creator: Ada", "- Author: Ada", "Authors: Ada"])
def test_an_author_line_names_the_author(line: str) -> None:
    text = f"## ModelName\nX\n\n## ModelAnnotation\nText\n{line}\n\n## StateSpaceBlock\ns[2]\n"
    assert extract(parse(text))["author"] == "Ada"


def test_a_signature_names_nobody() -> None:
    text = "## ModelName\nX\n\n## StateSpaceBlock\ns[2]\n\n## Signature\nAuthor: Nobody\n"
    assert "author" not in extract(parse(text))


def test_without_a_name_or_annotation_the_title_serves() -> None:
    found = extract(parse("# The Title\n\n## StateSpaceBlock\ns[2]\n"), "file-name")
    assert (found["name"], found["description"]) == ("The Title", "The Title")
    assert extract(parse("## StateSpaceBlock\ns[2]\n"), "file-name")["name"] == "file-name"


@pytest.mark.parametrize(
    ("rule", "value", "broken"),
    [
        ("min_length:3", "ab", True),
        ("min_length:3", "abc", False),
        ("max_length:3", "abcd", True),
        ("pattern:^[a-z]+$", "Abc", True),
        ("pattern:^[a-z]+$", "abc", False),
        ("one_of:draft,final", "other", True),
        ("one_of:draft,final", "final", False),
        ("min_length:3|max_length:5", "abcdef", True),
        ("pattern:^(red|green)$|max_length:4", "green", True),
        ("pattern:^(red|green)$|max_length:5", "green", False),
        ("min_length:2", ["a"], True),
        ("min_length:2", ["a", "b"], False),
        ("min_length:2", 55, True),
        ("one_of:a, b", ["a", "c"], True),
        ("one_of:a, b", ["a", "b"], False),
        ("pattern:^[a-z]+$", ["abc", "Abc"], True),
        ("range:-1-1.5", 1.5, False),
        ("range:-1-1.5", 2, True),
        ("range:1-2", 0, True),
        ("range:1-2", "1", True),
    ],
)
def test_each_rule(rule: str, value: Any, broken: bool) -> None:
    config = MetadataConfig(required_fields=(), validation_rules={"name": rule})
    assert bool(validate({"name": value}, config)) is broken


@given(st.text(), st.one_of(st.text(), st.integers(), st.floats(), st.lists(st.text()), st.booleans()))
def test_any_text_is_a_rule_or_refused_and_any_value_is_held_to_a_rule(text: str, value: Any) -> None:
    for rules in (text, f"pattern:{text}", f"range:{text}", f"one_of:{text}", f"min_length:{text}"):
        try:
            config = MetadataConfig(required_fields=(), validation_rules={"name": rules})
        except ValueError:
            continue
        for fault in validate({"name": value}, config):
            assert fault.message.startswith("name ")


def test_nothing_is_required_of_a_field_that_is_there_and_zero() -> None:
    config = MetadataConfig(required_fields=("year",))
    assert not validate({"year": 0}, config)
    assert validate({"year": ""}, config)


@pytest.mark.parametrize(("performance", "broken"), [(0.5, False), (1, False), (1.2, True), ({"loss": 7.0}, False)])
def test_the_range_holds_for_the_score_alone(performance: Any, broken: bool) -> None:
    config = MetadataConfig(required_fields=())
    given = read_given({"performance": performance})
    assert bool(validate({"performance": given.performance}, config)) is broken


def test_given_fields_outlast_extraction_and_extra_keys_are_kept() -> None:
    first = combine(
        None, {"name": "Text", "description": "from the text"}, read_given({"author": "Ada", "lab": 3}), ("", "")
    )
    second = combine(first, {"name": "Text 2", "author": "Other"}, read_given({}), ("", ""))
    assert (second.name, second.author, second.extra) == ("Text 2", "Ada", {"lab": 3})


def test_a_patch_changes_only_what_it_names_and_none_removes_an_extra_key() -> None:
    before = Metadata(name="A name", extra={"lab": 3, "room": 4})
    after = patch(before, read_given({"author": "Ada", "lab": None}))
    assert differences(before, after) == {"author": ["", "Ada"], "lab": [3, None]}


def test_performance_is_shown_as_it_was_written() -> None:
    given = read_given({"performance": {"score": 0.9, "loss": {"value": 2, "dataset": "d"}}})
    assert given.performance is not None
    assert show_performance(given.performance) == {"score": 0.9, "loss": {"value": 2, "dataset": "d"}}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("name", "metadata must be a mapping of fields, not str"),
        ({1: 2}, "the key 1 is no text"),
        ({"name": "half \ud800"}, "name holds half a character"),
        ({"tags": ["\udcff"]}, "tags holds half a character"),
        ({"inner": {"deep": ["\ud800"]}}, "inner holds half a character"),
        ({"k\ud800": 1}, r"k\\ud800 holds half a character"),
        ({"performance": {"a\ud800": 1}}, "performance holds half a character"),
    ],
)
def test_metadata_that_cannot_be_stored_is_refused(given: Any, message: str) -> None:
    with pytest.raises(MetadataError, match=message) as refused:
        read_given(given)
    refused.value.message.encode("utf-8")
