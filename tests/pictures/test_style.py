"""The style: text can be read in either palette, and what a page needs is in one sheet."""

from __future__ import annotations

import re

import pytest

from model_registry.pictures import STYLE
from model_registry.pictures.groups import GROUPS, OTHERS
from model_registry.pictures.shapes import OUTLINES
from model_registry.pictures.style import DARK, GROUP_KEYS, LIGHT, MARK_KEYS, PARTS, contrast, file_style

PALETTES = {"light": LIGHT, "dark": DARK}
AA_TEXT, AA_SHAPE = 4.5, 3.0
"""The contrasts that WCAG 2.2 AA asks of text, and of shapes that mean something."""


@pytest.mark.parametrize("name", PALETTES)
class TestPalette:
    def test_text_stands_out_from_everything_it_is_written_on(self, name: str) -> None:
        palette = PALETTES[name]
        grounds = ["paper", *(f"{key}-fill" for key in (*GROUP_KEYS, *MARK_KEYS))]
        pairs = [(ink, ground) for ink in ("ink", "muted") for ground in grounds]
        pairs += [(key, key.removeprefix("on-")) for key in palette if key.startswith("on-")]
        assert [(pair) for pair in pairs if contrast(*map(palette.__getitem__, pair)) < AA_TEXT] == []

    def test_outlines_and_lines_stand_out_from_the_paper(self, name: str) -> None:
        palette = PALETTES[name]
        lines = ("line", *GROUP_KEYS, *MARK_KEYS)
        assert [key for key in lines if contrast(palette[key], palette["paper"]) < AA_SHAPE] == []

    def test_signs_on_badges_stand_out(self, name: str) -> None:
        palette = PALETTES[name]
        assert all(contrast(palette["paper"], palette[mark]) >= AA_TEXT for mark in MARK_KEYS)


def test_both_palettes_name_the_same_colours() -> None:
    assert LIGHT.keys() == DARK.keys()


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_colour_that_the_rules_use_is_in_the_palette() -> None:
    assert set(re.findall(r"var\(--pic-([a-z0-9-]+)\)", STYLE)) <= LIGHT.keys()


def test_every_group_has_colours_and_an_outline_of_its_own() -> None:
    groups = [*GROUPS, OTHERS]
    assert {group.key for group in groups} == set(GROUP_KEYS)
    assert len({group.outline for group in groups}) == len(groups)
    assert {group.outline for group in groups} == OUTLINES.keys()


@pytest.mark.parametrize("part", PARTS)
def test_the_style_of_a_file_fetches_nothing_and_needs_no_variables(part: str) -> None:
    style = file_style([part])
    assert "var(" not in style
    assert "url(" not in style
    assert "@import" not in style
    assert style.count("{") == style.count("}")
