"""Heat maps: every number in its place, axes by name, a scale that fits, and bounds that are told."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drawn import of_class, read, texts, told
from model_registry.gnn.model import GNNModel, Parameter, Tensor
from model_registry.gnn.parser import parse
from model_registry.pictures import heat_differences, heat_maps
from model_registry.pictures.heat import CELLS, written
from model_registry.pictures.style import SIDE, STEPS
from model_registry.pictures.tensors import Diverging, Sequential
from texts import coin


def of(*tensors: Tensor, name: str = "W") -> GNNModel:
    return GNNModel(name="a model", parameters=tuple(Parameter(name, value=tensor) for tensor in tensors))


def numbers(picture: str) -> dict[tuple[int, ...], float]:
    """Give the number that each cell tells, by its index."""
    found: dict[tuple[int, ...], float] = {}
    for cell in of_class(read(picture), "cell"):
        told_here = re.match(r"W(?:\[(.*)\])? = (.*)", told(cell))
        if told_here:
            found[tuple(map(int, filter(None, (told_here[1] or "").split(", "))))] = float(told_here[2])
    return found


class TestCells:
    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.integers(2, 4), max_size=5).map(tuple), st.integers(0, 10))
    def test_every_number_is_told_at_its_index_whatever_the_rank(self, shape: tuple[int, ...], seed: int) -> None:
        tensor = np.random.default_rng(seed).integers(-9, 9, shape).astype(float)
        if tensor.size <= CELLS:
            assert numbers(heat_maps(of(tensor), "W")) == {i: tensor[i] for i in np.ndindex(*shape)}

    def test_every_number_of_every_example_is_drawn(self, examples: list[Path]) -> None:
        for path in examples:
            model = parse(path.read_text())
            for parameter in model.parameters:
                if parameter.value is not None:
                    cells = [cell for cell in of_class(read(heat_maps(model, parameter.name)), "cell") if told(cell)]
                    assert len(cells) == parameter.value.size

    def test_a_number_is_printed_where_there_is_room(self) -> None:
        assert {"0.25", "−3"} <= set(texts(read(heat_maps(of(np.array([[0.25, -3.0]])), "W"))))

    def test_where_there_is_no_room_the_sign_still_is(self) -> None:
        broad = np.linspace(-1.0, 1.0, 25)
        shown = texts(read(heat_maps(of(broad), "W")))
        assert (shown.count("−"), shown.count("+")) == (12, 12)

    def test_what_is_no_finite_number_has_no_colour(self) -> None:
        root = read(heat_maps(of(np.array([np.nan, np.inf, -np.inf, 1.0])), "W"))
        assert len(of_class(root, "nothing")) == 3
        assert {"?", "∞", "−∞", "1"} <= set(texts(root))

    @pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (1 / 3, "0.333"), (-2e-7, "−2e−7"), (12345.0, "1.23e4")])
    def test_a_number_is_written_short(self, value: float, shown: str) -> None:
        assert written(value) == shown

    def test_a_text_is_no_heat_map(self) -> None:
        model = GNNModel(parameters=(Parameter("f", text="softmax(x)"),))
        assert heat_maps(model, "f") == heat_maps(model, "g") == heat_differences(model, model, "f") == ""


class TestAxes:
    def test_a_transition_is_shown_next_by_previous_with_a_slice_for_each_action(self, examples: list[Path]) -> None:
        model = parse(next(path for path in examples if path.stem == "t_maze").read_text())
        picture = heat_maps(model, "B_f0")
        shown = texts(read(picture))
        assert [word for word in shown if word.startswith("action")] == ["action = 0", "action = 1", "action = 2"]
        assert (shown.count("← next"), shown.count("previous →")) == (3, 3)
        assert "next 1, previous 0, action 0" in picture

    def test_axes_of_one_name_are_told_apart_by_their_place(self, examples: list[Path]) -> None:
        model = parse(next(path for path in examples if path.stem == "t_maze").read_text())
        shown = texts(read(heat_maps(model, "A_m1")))
        assert {"state (axis 1) →", "state (axis 2) = 0", "state (axis 2) = 1", "← outcome"} <= set(shown)

    def test_an_axis_that_is_not_known_has_its_number(self) -> None:
        shown = texts(read(heat_maps(of(np.arange(8.0).reshape(2, 2, 2)), "W")))
        assert {"axis 0 = 0", "axis 0 = 1", "← axis 1", "axis 2 →"} <= set(shown)


class TestScales:
    def test_probabilities_go_from_0_to_1(self) -> None:
        shown = texts(read(heat_maps(parse(coin(heads=0.3)), "A")))
        assert {"Probability", "0", "0.5", "1"} <= set(shown)

    def test_signs_need_a_scale_with_a_middle(self) -> None:
        picture = heat_maps(of(np.array([-1.0, 0.0, 2.0])), "W")
        assert {"−2", "+2"} <= set(texts(read(picture)))
        assert "div-p5" in picture

    @given(st.floats(0, 1))
    def test_more_is_never_paler(self, share: float) -> None:
        steps = [int(Sequential(1.0).step(part).removeprefix("seq-")) for part in (share / 2, share)]
        assert 0 <= steps[0] <= steps[1] < STEPS

    @given(st.floats(-1, 1))
    def test_the_diverging_scale_is_even_and_its_middle_is_0_alone(self, value: float) -> None:
        scale = Diverging(1.0)
        assert scale.step(value).replace("n", "p") == scale.step(-value).replace("n", "p")
        assert (scale.step(value) == "div-p0") == (value == 0)
        assert int(scale.step(value)[5:]) <= SIDE


class TestDifferences:
    def test_cells_hold_new_minus_old_and_those_that_moved_are_outlined(self) -> None:
        picture = heat_differences(of(np.array([0.25, 0.5])), of(np.array([0.5, 0.5])), "W")
        root = read(picture)
        [moved] = of_class(root, "moved")
        assert told(moved) == "W[0]: 0.25 → 0.5 (+0.25)"
        assert "W[1]: 0.5, unchanged" in picture
        assert "+0.25" in texts(root)
        assert "1 cell changed." in picture

    def test_other_shapes_are_shown_side_by_side(self) -> None:
        shown = texts(read(heat_differences(of(np.ones((2, 2))), of(np.ones(3)), "W")))
        assert {"before", "after"} <= set(shown)

    def test_infinities_that_stay_have_not_moved(self) -> None:
        tensor = np.array([np.inf, np.nan, 1.0])
        assert not of_class(read(heat_differences(of(tensor), of(tensor), "W")), "moved")


class TestBounds:
    def test_a_large_tensor_is_cut_and_says_so(self) -> None:
        picture = heat_maps(of(np.ones((100, 70, 3))), "W")
        root = read(picture)
        assert len([cell for cell in of_class(root, "cell") if told(cell)]) <= CELLS
        assert "Shown: the first 32 of 70 rows, 10 of 100 slices (960 of 21,000 cells)." in texts(root)

    def test_a_tensor_of_many_slices_is_cut(self) -> None:
        drawn = numbers(heat_maps(of(np.ones((5_000, 1, 2, 2))), "W"))
        assert len(drawn) == CELLS

    def test_the_same_tensor_gives_the_same_bytes(self) -> None:
        model = of(np.random.default_rng(1).random((5, 5, 5)))
        assert heat_maps(model, "W") == heat_maps(model, "W")

    def test_a_name_stays_text(self) -> None:
        model = of(np.ones(2), name="</svg><script>alert(1)</script>")
        picture = heat_maps(model, model.parameters[0].name, standalone=True)
        assert "<script" not in picture
        assert read(picture).attrib["role"] == "img"

    def test_of_a_name_given_twice_the_last_counts(self) -> None:
        assert numbers(heat_maps(of(np.ones(1), np.zeros(2)), "W")) == {(0,): 0.0, (1,): 0.0}


def test_an_axis_of_length_one_is_left_out(examples: list[Path]) -> None:
    model = parse(coin())
    prior = next(parameter for parameter in model.parameters if parameter.name == "D")
    assert prior.value is not None
    assert prior.value.shape == (1, 2)
    flat = replace(model, parameters=(replace(prior, value=np.squeeze(prior.value)),))
    assert heat_maps(model, "D") == heat_maps(flat, "D")
