"""Files of every format: what is read, what is refused, and that nothing in a file is run."""

from __future__ import annotations

import json
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.errors import SourceError
from model_registry.gnn.formats import (
    SMALLEST_MODEL,
    SUFFIXES,
    decode,
    format_of,
    looks_like_model,
    read_model,
)
from model_registry.gnn.model import GNNModel
from model_registry.gnn.parser import parse

EVERY_FORM = (Path(__file__).parents[1] / "data" / "gnn" / "every_form.md").read_text(encoding="utf-8")

TREE: dict[str, Any] = {
    "model_name": "Tide",
    "version": "1.0",
    "annotation": "Goes in and out.",
    "variables": [
        {"name": "s", "var_type": "hidden_state", "data_type": "float", "dimensions": [2, 1], "description": "level"},
        {"name": "G", "data_type": "float", "dimensions": ["n"]},
    ],
    "connections": [
        {"source_variables": ["D"], "target_variables": ["s"], "connection_type": "directed"},
        {"source_variables": ["s", "u"], "target_variables": ["o"], "connection_type": "undirected"},
    ],
    "parameters": [
        {"name": "A", "value": [[0.9, 0.1], [0.1, 0.9]]},
        {"name": "n", "value": 3},
        {"name": "k", "value": "eye(2)"},
    ],
    "equations": [{"label": "e", "content": "F = 1"}],
    "time_specification": {"time_type": "dynamic", "discretization": "discrete", "horizon": 10, "step_size": None},
    "ontology_mappings": [{"variable_name": "s", "ontology_term": "HiddenState"}],
}

XML = """<?xml version="1.0" ?>
<gnn_model name="Tide" version="1.0">
  <metadata><annotation>Goes in and out.</annotation></metadata>
  <variables>
    <variable name="s" type="hidden_state" data_type="float" dimensions="2,1" description="level"/>
    <variable name="G" data_type="float" dimensions="n"/>
  </variables>
  <connections>
    <connection type="directed"><sources>D</sources><targets>s</targets></connection>
    <connection type="undirected"><sources>s,u</sources><targets>o</targets></connection>
  </connections>
  <parameters>
    <parameter name="A">[[0.9, 0.1], [0.1, 0.9]]</parameter>
    <parameter name="n">3</parameter>
    <parameter name="k">eye(2)</parameter>
  </parameters>
  <equations><equation>F = 1</equation></equations>
  <time_specification type="dynamic" discretization="discrete" horizon="10"/>
  <ontology_mappings><mapping variable="s" term="HiddenState"/></ontology_mappings>
</gnn_model>
"""

YAML = """
model_name: Tide
version: '1.0'
annotation: Goes in and out.
variables:
- {name: s, data_type: float, dimensions: [2, 1], description: level}
- {name: G, data_type: float, dimensions: [n]}
connections:
- {source_variables: [D], target_variables: [s], connection_type: directed}
- {source_variables: [s, u], target_variables: [o], connection_type: undirected}
parameters:
- {name: A, value: [[0.9, 0.1], [0.1, 0.9]]}
- {name: n, value: 3}
- {name: k, value: eye(2)}
equations:
- {content: F = 1}
time_specification: {time_type: dynamic, discretization: discrete, horizon: 10}
ontology_mappings:
- {variable_name: s, ontology_term: HiddenState}
"""


def refused(data: bytes, filename: str = "") -> SourceError:
    with pytest.raises(SourceError) as caught:
        read_model(data, filename)
    return caught.value


def facts(model: GNNModel) -> dict[str, Any]:
    form = model.to_dict(full=True)
    return {
        key: form[key]
        for key in ("name", "language_version", "variables", "connections", "parameters", "ontology", "time")
    }


@pytest.mark.parametrize(
    ("data", "filename"),
    [
        (json.dumps(TREE), "tide.json"),
        (json.dumps(TREE), ""),
        (YAML, "tide.yaml"),
        (YAML, "tide.yml"),
        (XML, "tide.xml"),
        (XML, "no suffix"),
        (f"module Tide where\n-- MODEL_DATA: {json.dumps(TREE)}\n", "Tide.hs"),
        (f"(* MODEL_DATA: {json.dumps(TREE)} *)\n", "tide.v"),
        (f"import os\nos.abort()\n# MODEL_DATA: {json.dumps(TREE)}", "tide.py"),
        (f"<x>\n<!-- MODEL_DATA: {json.dumps(TREE)} -->\n</x>", "tide.xml"),
        (f"name = 1\n// MODEL_DATA: {json.dumps(TREE)}", "tide.pkl"),
        (f"any text\nMODEL_DATA: {json.dumps(TREE)}", "tide.txt"),
    ],
)
def test_a_model_reads_the_same_from_every_format(data: str, filename: str) -> None:
    model = read_model(data.encode(), filename)
    assert facts(model) == facts(read_model(json.dumps(TREE).encode(), "tide.json"))


def test_the_exchange_tree_is_read_whole() -> None:
    model = read_model(json.dumps(TREE).encode(), "tide.json")
    assert (model.name, model.language_version, model.annotation) == ("Tide", "1.0", "Goes in and out.")
    assert [(v.name, v.dims, v.shape, v.type, v.description) for v in model.variables] == [
        ("s", ("2", "1"), (2, 1), "float", "level"),
        ("G", ("n",), (3,), "float", ""),
    ]
    assert [(e.sources, e.operator, e.targets) for e in model.connections] == [
        (("D",), ">", ("s",)),
        (("s", "u"), "-", ("o",)),
    ]
    assert [(p.name, p.shape, p.text) for p in model.parameters] == [
        ("A", (2, 2), None),
        ("n", (), None),
        ("k", None, "eye(2)"),
    ]
    assert (model.ontology, model.equations) == ((("s", "HiddenState"),), "F = 1")
    assert (model.time.dynamic, model.time.discrete, model.time.horizon) == (True, True, "10")


def test_raw_sections_are_the_best_source() -> None:
    raw = {"ModelName": "Ebb", "StateSpaceBlock": "s[2,1,type=float]  # level\n## ModelName\nOther", "Notes": "free"}
    model = read_model(json.dumps(TREE | {"raw_sections": raw}).encode(), "tide.json")
    assert (model.name, model.variables[0].description) == ("Ebb", "level")
    assert [section.name for section in model.sections] == ["ModelName", "StateSpaceBlock", "Notes"]


def test_our_own_json_form_reads_back() -> None:
    form = parse(EVERY_FORM).to_dict(full=True)
    assert read_model(json.dumps(form).encode(), "model.json").to_dict(full=True) == form


@pytest.mark.parametrize("suffix", [".md", ".markdown", ".gnn", ".GNN", ".gnn.md", ""])
def test_markdown_is_read_by_any_of_its_names(suffix: str) -> None:
    assert read_model(b"\xef\xbb\xbf" + SMALLEST_MODEL.encode(), f"m{suffix}").name == "My Model"


def test_a_model_that_quotes_a_model_data_line_is_read_as_itself() -> None:
    assert read_model((SMALLEST_MODEL + '\n## Footer\nMODEL_DATA: {"a": 1}').encode(), "m.md").name == "My Model"


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        (b"", "m.md", "empty"),
        (b" \n\t", "m.json", "empty"),
        (b"# Title\n\nprose", "README.md", "not_a_model"),
        (b"```\n## StateSpaceBlock\ns[2]\n```", "m.md", "not_a_model"),
        (b"## StateSpaceBlock\nprose", "m.md", "not_a_model"),
        (b"{}", "m.json", "not_a_model"),
        (b"[1]", "m.json", "not_a_model"),
        (b'"text"', "m.json", "not_a_model"),
        (b"just a scalar", "m.yaml", "not_a_model"),
        (b"<a/>", "m.xml", "not_a_model"),
        (b"print(1)", "m.py", "not_a_model"),
        (b"{", "m.json", "bad_json"),
        (b"[" * 200_000, "m.json", "bad_json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "m.json", "bad_json"),
        (b"# MODEL_DATA: {'a'}", "m.py", "bad_json"),
        (b"a: [", "m.yaml", "bad_yaml"),
        (b"a: &x [1]\nb: [*x, *x]", "m.yaml", "bad_yaml"),
        (b"a: !!python/object/apply:os.abort []", "m.yaml", "bad_yaml"),
        (b"a: !!bool maybe", "m.yaml", "bad_yaml"),
        (b"a: 2026-99-99", "m.yaml", "bad_yaml"),
        (b"[" * 5_000, "m.yaml", "bad_yaml"),
        (b"a: b\n" * 300_000, "m.yaml", "bad_yaml"),
        (b"<a>", "m.xml", "bad_xml"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "m.xml", "bad_xml"),
        (b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "m.xml", "bad_xml"),
        (pickle.dumps({"a": 1}), "m.pickle", "pickle"),
        (pickle.dumps({"a": 1}), "m.pkl", "pickle"),
        (pickle.dumps({"a": 1}), "m", "pickle"),
        (b"text", "m.pickle", "pickle"),
        (b"\x89PNG\0\0\0\0\0\0", "m.md", "binary"),
        (b"## ModelName\n\xe4", "m.md", "invalid_utf8"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_the_reason(data: bytes, filename: str, code: str) -> None:
    error = refused(data, filename)
    assert (error.code, bool(error.hint)) == (code, True)


def test_invalid_utf8_names_byte_and_line() -> None:
    with pytest.raises(SourceError) as caught:
        decode(b"a\nb\xff")
    assert (caught.value.where, caught.value.facts["offset"]) == ("line 2", 3)


def test_a_refused_text_is_shown_the_smallest_model_which_is_one() -> None:
    assert SMALLEST_MODEL in refused(b"prose").hint
    model = read_model(SMALLEST_MODEL.encode())
    assert (len(model.variables), model.missing_sections, model.diagnostics) == (1, (), ())


def test_a_text_without_variables_is_read_where_that_is_asked_for() -> None:
    assert read_model(b"## ModelName\nTide", require_variables=False).name == "Tide"


@pytest.mark.parametrize(
    ("data", "filename", "expected"),
    [
        (SMALLEST_MODEL.encode(), "m.md", True),
        (b"# StateSpaceBlock\ns[2]", "m.md", True),
        (b"# Title\nprose about a StateSpaceBlock", "README.md", False),
        (b"```\n## StateSpaceBlock\n```", "README.md", False),
        (json.dumps(TREE).encode(), "m.json", True),
        (b'{"name": "package"}', "package.json", False),
        (YAML.encode(), "m.yaml", True),
        (b"import os", "m.py", False),
        (b"# MODEL_DATA: {}", "m.py", True),
        (b"\x80\x04", "m.pkl", False),
        (b"\xff\xfe", "m.md", False),
        (b"", "", False),
    ],
)
def test_discovery_tells_models_from_other_files(data: bytes, filename: str, expected: bool) -> None:
    assert looks_like_model(data, filename) is expected


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*TREE, "name", "value"]), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*TREE, "raw_sections", "fingerprint", "name", "sections", "time"]), TREES))
@settings(max_examples=100, deadline=None)
def test_a_tree_of_any_form_gives_a_model_or_a_refusal(tree: dict[str, Any]) -> None:
    data = json.dumps(tree | {"variables": [{"name": "s", "dimensions": [2]}]}).encode()
    assert isinstance(read_model(data, "m.json", require_variables=False), GNNModel)


@given(st.binary(max_size=200), st.sampled_from(["", *SUFFIXES]))
@settings(max_examples=300, deadline=None)
def test_bytes_of_any_kind_give_a_model_or_a_refusal(data: bytes, suffix: str) -> None:
    assert looks_like_model(data, f"m{suffix}") in {True, False}
    assert format_of(data, f"m{suffix}") in {*SUFFIXES.values()}
    with suppress(SourceError):
        assert read_model(data, f"m{suffix}").variables
