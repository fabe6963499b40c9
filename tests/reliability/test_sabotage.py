"""The deliberate breaks of `sabotage.py` still fit the code; `python tests/reliability/sabotage.py` makes them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reliability.sabotage import BREAKS, PROJECT, noticed, refused


@pytest.mark.parametrize("title", BREAKS)
def test_the_code_that_is_broken_is_there(title: str) -> None:
    assert refused(title, BREAKS[title], PROJECT) == ""


@pytest.mark.parametrize("tests", sorted({one.tests for one in BREAKS.values()}))
def test_the_tests_that_are_to_notice_are_there(tests: str) -> None:
    file, *names = tests.split("::")
    assert all(name and name in (PROJECT / file).read_text() for name in names)


def test_a_break_that_is_none_goes_unnoticed(tmp_path: Path) -> None:
    project = shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    one = BREAKS["a newer format is opened"]
    assert noticed(one, project) == one.tests
    assert noticed(replace(one, put=one.code), project) == ""
