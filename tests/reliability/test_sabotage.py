"""The deliberate breaks of `sabotage.py` still fit the code; `python tests/reliability/sabotage.py` makes them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reliability.sabotage import BREAKS, PROJECT, noticed, refused


@pytest.mark.parametrize("title", BREAKS)
def test_the_code_that_is_broken_is_there(title: str) -> None:
    assert refused(title, BREAKS[title], PROJECT) == ""


@pytest.mark.parametrize("tests", sorted({one.tests for one in BREAKS.values()}))
def test_the_tests_that_are_to_notice_are_there(tests: str) -> None:
    file, _, name = tests.partition("::")
    assert name in (PROJECT / file).read_text()


def test_a_break_that_is_none_goes_unnoticed(tmp_path: Path) -> None:
    project = shutil.copytree(PROJECT, tmp_path / "project", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    one = BREAKS["anything is a digest, and so a path"]
    assert noticed(one, project).startswith("tests/contracts/test_source_store.py::test_what_is_no_digest")
    assert noticed(type(one)(one.file, one.code, one.code, one.tests), project) == ""
