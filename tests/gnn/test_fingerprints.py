"""Fingerprints are for ever: what is stored under one must be found under it by every later release."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest

from model_registry.gnn.canonical import canonical, structure_fingerprint
from model_registry.gnn.model import GNNModel
from model_registry.gnn.parser import parse

DATA = Path(__file__).parents[1] / "data" / "gnn" / "fingerprints"
GOLDEN = json.loads((DATA / "golden.json").read_text(encoding="utf-8"))


def model(name: str) -> GNNModel:
    return parse((DATA / f"{name}.md").read_text(encoding="utf-8"))


def digest(*cells: float) -> str:
    return hashlib.sha256(struct.pack(f"<{len(cells)}d", *cells)).hexdigest()


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_fingerprint_is_the_one_of_the_first_release(name: str) -> None:
    found = model(name)
    assert {"fp1": found.fingerprint, "sp1": structure_fingerprint(found)} == GOLDEN[name]


def test_the_same_model_spelled_otherwise_has_the_same_fingerprints() -> None:
    assert canonical(model("lighthouse_respelled")) == canonical(model("lighthouse"))
    assert GOLDEN["lighthouse_respelled"] == GOLDEN["lighthouse"]


LIGHTHOUSE = {
    "variables": {
        "s": {"dims": ["3", "1"], "type": "int", "default": None},
        "o": {"dims": ["2"], "type": "int", "default": None},
        "π": {"dims": ["2"], "type": "float", "default": None},
        "A": {"dims": ["2", "3"], "type": "float", "default": None},
        "B": {"dims": ["3", "3", "2"], "type": "float", "default": None},
        "D": {"dims": ["3"], "type": "float", "default": "uniform"},
        "G": {"dims": ["len(π)"], "type": "float", "default": None},
    },
    "connections": [
        ["directed", ("A",), ("o",), ""],
        ["directed", ("D",), ("s",), ""],
        ["directed", ("s", "π"), ("B",), "weather"],
        ["undirected", ("A",), ("s",), ""],
    ],
    "parameters": {
        "A": {"shape": [2, 3], "sha256": digest(0.1, 0.5, 0.9, 0.9, 0.5, 0.1)},
        "D": {"shape": [3], "sha256": digest(0.25, 0.25, 0.5)},
        "B": {"text": "slow_weather ( s , 2.0 )"},
        "B[:,0]": {"shape": [3], "sha256": digest(1, 0, 0)},
        "lamps": {"text": '"red # and green"'},
        "gain": {"shape": [], "sha256": digest(2.5)},
    },
    "ontology": [["o", "observation"], ["o", "visibleoutcome"], ["s", "hiddenstate"], ["π", "policyvector"]],
    "time": {
        "dynamic": True,
        "discrete": True,
        "variable": "t",
        "horizon": "unbounded",
        "other": {"Watch": "night"},
    },
    "model_parameters": {"num_hidden_states": 3, "lamp_colours": ["red", "green"]},
    "equations": ["G = A * π - 0.5"],
}


def test_the_canonical_form_is_as_reviewed() -> None:
    assert canonical(model("lighthouse")) == LIGHTHOUSE


def test_a_fingerprint_is_the_digest_of_the_canonical_form() -> None:
    text = json.dumps(LIGHTHOUSE, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    assert model("lighthouse").fingerprint == f"fp1:{hashlib.sha256(text.encode()).hexdigest()}"
