"""Real models, by others: what each declares, counted by hand; and the same laws on our own examples.

The numbers were counted in the texts, line by line, not taken from the reader.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.gnn.formats import looks_like_model, read_model
from model_registry.gnn.model import GNNModel
from model_registry.gnn.parser import is_model, parse
from model_registry.gnn.render import to_markdown

# path: variables, connections, parameters, ontology pairs, settings
COUNTS = {
    "gnn_files/basics/dynamic_perception.md": (8, 7, 3, 8, 3),
    "gnn_files/basics/static_perception.md": (7, 6, 4, 7, 4),
    "gnn_files/continuous/continuous_navigation.md": (11, 9, 10, 11, 4),
    "gnn_files/continuous/predictive_coding_agent.md": (9, 8, 10, 9, 4),
    "gnn_files/continuous/stochastic_dynamics.md": (10, 8, 12, 10, 4),
    "gnn_files/discrete/actinf_pomdp_agent.md": (13, 11, 5, 13, 4),
    "gnn_files/discrete/bnlearn_causal_model.md": (6, 3, 4, 6, 4),
    "gnn_files/discrete/deep_planning_horizon.md": (22, 33, 4, 12, 6),
    "gnn_files/discrete/hmm_baseline.md": (10, 12, 3, 10, 3),
    "gnn_files/discrete/markov_chain.md": (7, 6, 3, 7, 4),
    "gnn_files/discrete/multi_armed_bandit.md": (11, 10, 4, 11, 4),
    "gnn_files/discrete/simple_mdp.md": (11, 10, 4, 11, 4),
    "gnn_files/discrete/time_varying_dynamics.md": (8, 6, 4, 7, 4),
    "gnn_files/discrete/tmaze_epistemic.md": (19, 19, 8, 19, 8),
    "gnn_files/discrete/two_state_bistable.md": (12, 11, 5, 12, 4),
    "gnn_files/hierarchical/hierarchical_pomdp.md": (19, 16, 8, 14, 9),
    "gnn_files/hierarchical/temporal_hierarchy.md": (31, 26, 15, 31, 16),
    "gnn_files/learning/dirichlet_likelihood_learning.md": (12, 10, 5, 12, 5),
    "gnn_files/multiagent/multi_agent_coordination.md": (23, 21, 8, 23, 8),
    "gnn_files/multiagent/stigmergic_swarm.md": (30, 28, 14, 27, 8),
    "gnn_files/pomdp_gridworld/pomdp_gridworld_3x3.md": (12, 11, 5, 12, 10),
    "gnn_files/precision/curiosity_driven_agent.md": (16, 15, 6, 16, 6),
    "gnn_files/precision/precision_weighted.md": (15, 16, 8, 16, 6),
    "gnn_files/pymdp_scaling_study/pymdp_scaling_N16_T100.md": (11, 10, 4, 11, 4),
    "gnn_files/pymdp_scaling_study/pymdp_scaling_N4_T100.md": (11, 10, 4, 11, 4),
    "gnn_files/pymdp_scaling_study/pymdp_scaling_N64_T100.md": (11, 10, 4, 11, 4),
    "gnn_files/pymdp_scaling_study/pymdp_scaling_N8_T100.md": (11, 10, 4, 11, 4),
    "gnn_files/structured/factorized_posterior.md": (13, 12, 8, 11, 10),
    "multi_agent_models/multi_agent_coordination.md": (3, 3, 12, 3, 0),
}

# The files with a finding of the reader: settings given twice.
FINDINGS = {"gnn_files/multiagent/stigmergic_swarm.md": ["P013", "P013"]}

# The parameters whose shape is not the declared one once axes of length 1 are dropped: effective shape.
MISFITS = {
    "gnn_files/continuous/continuous_navigation.md": {"B": (4, 3, 3), "F": (2, 2)},
    "gnn_files/continuous/predictive_coding_agent.md": {"B": (2, 3, 3), "F": (2, 2)},
    "gnn_files/continuous/stochastic_dynamics.md": {"B": (2, 3, 3)},
    "gnn_files/hierarchical/hierarchical_pomdp.md": {"B_level1": (3, 4, 4), "C_level2": (4,)},
    "gnn_files/hierarchical/temporal_hierarchy.md": {"B_level0": (3, 4, 4), "B_level2": (1, 2, 2)},
    "gnn_files/multiagent/multi_agent_coordination.md": {"B_agent1": (3, 4, 4), "B_agent2": (3, 4, 4)},
    "gnn_files/multiagent/stigmergic_swarm.md": {f"B_agent{number}": (4, 9, 9) for number in (1, 2, 3)},
    "gnn_files/precision/curiosity_driven_agent.md": {"B": (4, 5, 5)},
    "gnn_files/structured/factorized_posterior.md": {"B_f0": (3, 4, 4)},
}

# path of an own example: variables, connections, parameters, ontology pairs, settings
EXAMPLE_COUNTS: dict[str, tuple[int, int, int, int, int]] = {
    "bandit_agent.md": (15, 12, 6, 15, 7),
    "hidden_markov_model.md": (8, 6, 3, 8, 4),
    "hierarchical_agent.md": (17, 15, 7, 17, 7),
    "learning_agent.md": (12, 10, 5, 11, 6),
    "linear_gaussian_tracker.md": (12, 6, 7, 11, 4),
    "markov_chain.md": (5, 3, 2, 5, 2),
    "multi_agent_bridge.md": (21, 16, 8, 21, 6),
    "multi_modality_agent.md": (18, 14, 8, 18, 7),
    "pomdp_agent.md": (13, 11, 5, 13, 5),
    "static_perception.md": (5, 4, 2, 5, 2),
    "t_maze.md": (18, 14, 8, 18, 8),
    "two_factor_agent.md": (15, 12, 6, 15, 7),
}


def counts(model: GNNModel) -> tuple[int, int, int, int, int]:
    return (
        len(model.variables),
        len(model.connections),
        len(model.parameters),
        len(model.ontology),
        len(model.model_parameters),
    )


def misfits(model: GNNModel) -> dict[str, tuple[int, ...] | None]:
    declared = {variable.name: variable.shape for variable in model.variables}
    fitting = ((value.name, value.effective_shape) for value in model.parameters if value.shape is not None)
    return {name: shape for name, shape in fitting if declared.get(name, shape) != shape}


@pytest.fixture(scope="module")
def models(corpus: Path) -> dict[str, GNNModel]:
    return {path: read_model((corpus / path).read_bytes(), path) for path in COUNTS}


def test_the_table_holds_every_model_of_the_corpus(corpus: Path) -> None:
    found = {path.relative_to(corpus).as_posix() for path in corpus.rglob("*.md") if path.name != "README.md"}
    assert found == set(COUNTS)


@pytest.mark.parametrize("path", COUNTS)
def test_a_real_model_declares_what_was_counted_by_hand(models: dict[str, GNNModel], path: str) -> None:
    model = models[path]
    assert counts(model) == COUNTS[path]
    assert [found.code for found in model.diagnostics] == FINDINGS.get(path, [])
    assert misfits(model) == MISFITS.get(path, {})
    assert all(variable.shape is not None for variable in model.variables)
    assert (bool(model.name), model.missing_sections) == (True, ())


def test_all_values_of_the_corpus_are_numbers_but_two(models: dict[str, GNNModel]) -> None:
    texts = [(path, value.name) for path, model in models.items() for value in model.parameters if value.value is None]
    path = "multi_agent_models/multi_agent_coordination.md"
    assert texts == [(path, "agent_clusters"), (path, "message_passing")]


def test_the_largest_model_keeps_every_cell(models: dict[str, GNNModel]) -> None:
    shapes = {
        value.name: (value.shape, value.effective_shape)
        for value in models["gnn_files/pymdp_scaling_study/pymdp_scaling_N64_T100.md"].parameters
    }
    assert shapes == {
        "A": ((64, 64), (64, 64)),
        "B": ((64, 64, 64), (64, 64, 64)),
        "C": ((1, 64), (64,)),
        "D": ((1, 64), (64,)),
    }


def test_real_models_read_back_from_what_is_written(models: dict[str, GNNModel]) -> None:
    for path, model in models.items():
        read = parse(to_markdown(model))
        assert (read.fingerprint, counts(read)) == (model.fingerprint, counts(model)), path


def test_discovery_tells_real_models_from_documents(corpus: Path) -> None:
    assert all(looks_like_model((corpus / path).read_bytes(), path) for path in COUNTS)
    assert not is_model((corpus / "README.md").read_text(encoding="utf-8"))


def test_an_own_example_declares_what_was_counted_by_hand(examples: list[Path]) -> None:
    models = {path.name: read_model(path.read_bytes(), path.name) for path in examples}
    assert {name: counts(model) for name, model in models.items()} == EXAMPLE_COUNTS
    assert {name: model.diagnostics for name, model in models.items() if model.diagnostics} == {}
    assert {name: misfits(model) for name, model in models.items() if misfits(model)} == {}


def damaged(texts: list[str], data: st.DataObject) -> str:
    """Give a model with a part of it moved, removed or replaced by a part of another."""
    text = texts[data.draw(st.integers(0, len(texts) - 1))]
    other = texts[data.draw(st.integers(0, len(texts) - 1))]
    start, from_ = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, len(other)))
    length, gap = data.draw(st.integers(0, 200)), data.draw(st.integers(0, 200))
    return text[:start] + other[from_ : from_ + length] + text[start + gap :]


def small_texts(corpus: Path) -> list[str]:
    files = [corpus / path for path in COUNTS]
    return [path.read_text(encoding="utf-8") for path in files if path.stat().st_size < 10_000]


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_real_models_read_back_from_what_is_written(corpus: Path, data: st.DataObject) -> None:
    model = parse(damaged(small_texts(corpus), data))
    assert parse(to_markdown(model)).fingerprint == model.fingerprint


@given(data=st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_examples_read_back_from_what_is_written(examples: list[Path], data: st.DataObject) -> None:
    model = parse(damaged([path.read_text(encoding="utf-8") for path in examples], data))
    assert parse(to_markdown(model)).fingerprint == model.fingerprint


@pytest.mark.long
@given(data=st.data())
@settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_damaged_real_models_read_back_for_long(corpus: Path, data: st.DataObject) -> None:
    model = parse(damaged(small_texts(corpus), data))
    assert parse(to_markdown(model)).fingerprint == model.fingerprint
