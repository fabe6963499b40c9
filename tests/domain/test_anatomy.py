"""What a model is made of: sizes, shapes, edges, patterns of numbers, and traits that do not depend on names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from model_registry.domain.anatomy import Anatomy, anatomy, from_row, pattern_of, to_row
from model_registry.gnn.parser import parse
from texts import coin

SWITCH = """## ModelName
Switch

## StateSpaceBlock
s_f0[4,1,type=float] # hidden state
s_f1[2,1,type=float] # hidden state
o_m0[3,1,type=int]
B_f0[4,4,n,type=float]
u[1,type=int]
π[3,type=float]

## Connections
(s_f0,u)>B_f0
s_f0-o_m0
o_m0-s_f0

## InitialParameterization
D={(1,0)}
gamma=0.5

## Time
Dynamic
DiscreteTime=t
"""


@pytest.fixture(scope="module")
def switch() -> Anatomy:
    return anatomy(parse(SWITCH))


def test_sizes_count_factors_and_give_the_largest_of_each_role(switch: Anatomy) -> None:
    assert switch.sizes == {"states": 4, "observations": 3, "actions": 3, "factors": 2, "modalities": 1}


def test_shapes_hold_numbers_where_they_are_known_and_symbols_where_not(switch: Anatomy) -> None:
    assert switch.shapes["s_f1"] == (2, 1)
    assert switch.shapes["B_f0"] == ("4", "4", "n")


def test_a_group_is_an_edge_for_each_member_and_undirected_ones_read_alike_both_ways(switch: Anatomy) -> None:
    assert switch.edges == {"s_f0>B_f0", "u>B_f0", "o_m0-s_f0"}


def test_every_assigned_parameter_is_kept_with_the_pattern_of_its_numbers(switch: Anatomy) -> None:
    assert switch.values == {"D": "onehot", "gamma": ""}


def test_the_time_is_told_in_the_words_of_the_language(switch: Anatomy) -> None:
    assert switch.time == ("dynamic", "discrete")


def test_a_renamed_copy_has_the_same_traits() -> None:
    copy = SWITCH.replace("s_f", "x_f").replace("Switch", "Other")
    assert anatomy(parse(copy)).traits == anatomy(parse(SWITCH)).traits


PATTERNS = {
    "zero": [[0, 0], [0, 0]],
    "uniform": [0.5, 0.5],
    "identity": [[1, 0], [0, 1]],
    "onehot": [0, 1, 0],
    "deterministic": [[1, 1], [0, 0]],
    "": [[0.3, 0.1], [0.7, 0.9]],
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_of_numbers_have_names(pattern: str) -> None:
    assert pattern_of(np.array(PATTERNS[pattern], dtype=float)) == pattern


@pytest.mark.parametrize("axis", [0, 2])
def test_an_identity_for_each_action_is_an_identity_on_whichever_axis_the_actions_stand(axis: int) -> None:
    assert pattern_of(np.stack([np.eye(3)] * 2, axis=axis)) == "identity"


def test_a_single_number_has_no_pattern() -> None:
    assert pattern_of(np.array(0.0)) == ""


def test_an_anatomy_read_back_from_json_is_the_same(examples: list[Path]) -> None:
    for path in examples:
        told = anatomy(parse(path.read_text()))
        assert from_row(json.loads(json.dumps(to_row(told)))) == told


def test_a_text_with_nothing_in_it_has_an_anatomy() -> None:
    assert anatomy(parse("")).shapes == {}
    assert anatomy(parse(coin())).sizes["states"] == 2
