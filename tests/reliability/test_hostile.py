"""Hostile input at every public entry: refused as what it is, within bounds, and never a path, a log line or an escape.

Longer runs: `pytest -m long tests/reliability/test_hostile.py`; coverage-guided ones, where atheris is installed:
`python tests/reliability/hostile.py ENTRY`.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_registry.bootstrap import memory_registry, open_registry
from model_registry.registry import Registry
from reliability.hostile import ENTRIES, feed
from serving import Serving, start, wire, wire_call
from texts import coin, source

LONG = os.environ.get("HOSTILE_EXAMPLES", "2000")

FRAGMENTS = [
    *("\x00", "\x1b[31m", "\u202e", "\ud800", "../", "/etc/passwd", "%s%n", "{{7*7}}", "<script>", "' OR 1=1 --"),
    *("## StateSpaceBlock\n", "s[2,1,type=float]\n", "A={((1,2),(3,4))}\n", "A={(1e999)}\n", "D>s\n", "s[99999999]\n"),
    *('{"a":', "[[[[", "- &a [*a]\n", "<!ENTITY", "1e309", "-0", "NaN", "9" * 400, "id@^1", "@", "AND (", '"', "*"),
    *("name:", "states>", "has:B[", "edge:", "version:^", "gnn_", "=" * 20, "\N{COMBINING ACUTE ACCENT}" * 30),
]
"""Pieces that mean something somewhere."""

hostile_text: st.SearchStrategy[str] = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=12), max_size=12).map(
    "".join
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | hostile_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(hostile_text, inner, max_size=4),
    max_leaves=12,
)
KEYS = ["name", "tags", "author", "performance", "dependencies", "version", "state", "updated"]
mappings = st.dictionaries(st.sampled_from(KEYS) | hostile_text, values, max_size=5)
STRATEGIES: dict[type, st.SearchStrategy[Any]] = {
    str: hostile_text,
    bytes: st.binary(max_size=300) | hostile_text.map(lambda text: text.encode("utf-8", "surrogatepass")),
    dict: mappings,
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    opened = memory_registry(actor="ada")
    opened.register_model(source(coin()), {"tags": ["toy"]})
    return opened


@pytest.mark.parametrize("entry", ENTRIES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_comes_is_taken_or_refused(registry: Registry, entry: str, data: st.DataObject) -> None:
    feed(registry, entry, data.draw(STRATEGIES[ENTRIES[entry].takes]))


@pytest.mark.long
@pytest.mark.parametrize("entry", ENTRIES)
@settings(max_examples=int(LONG), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_comes_is_taken_or_refused_for_long(registry: Registry, entry: str, data: st.DataObject) -> None:
    feed(registry, entry, data.draw(STRATEGIES[ENTRIES[entry].takes]))


@pytest.mark.long
@pytest.mark.parametrize("entry", ["parse", "query", "proof", "register JSON"])
def test_what_atheris_thinks_of_is_taken_or_refused(entry: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris is absent")
    command = [sys.executable, str(Path(__file__).with_name("hostile.py")), entry, "-max_total_time=30"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


BOMBS = {
    "brackets": "(" * 200_000,
    "nested JSON": "[" * 100_000,
    "nested objects": '{"a":' * 50_000,
    "YAML aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
    "XML entities": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {c} "{("&" + p + ";") * 10}">' for p, c in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><gnn>&j;</gnn>",
    "a large shape": coin().replace("s[2,1,type=float]", "s[999999999,999999999,type=float]"),
    "a large value": coin().replace("(0.5, 0.8)", f"({'9' * 100_000}, 1e999999)"),
    "many variables": "## StateSpaceBlock\n" + "\n".join(f"v{n}[2]" for n in range(10_000)),
    "one long line": "## StateSpaceBlock\n" + "s[2] " * 200_000,
    "spaces": "## ModelName\n" + " " * 1_000_000 + "x",
    "dashes": "-" * 1_000_000,
    "edges": "## StateSpaceBlock\ns[2]\n## Connections\n" + ">".join(["s"] * 50_000),
}

EXPLODE = """
import json, resource, sys
sys.path.insert(0, sys.argv[1])
from reliability.hostile import ENTRIES, feed
from model_registry.bootstrap import memory_registry

resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
for bomb, text in json.load(sys.stdin).items():
    values = {"str": text, "bytes": text.encode(), "dict": {"name": text, "tags": [text]}}
    for name, entry in ENTRIES.items():
        feed(memory_registry(), name, values[entry.takes.__name__])
    print(bomb)
"""
"""Every bomb at every entry, under limits of memory and of time that the system enforces."""


def test_bombs_go_off_within_bounds_of_time_and_memory() -> None:
    command = [sys.executable, "-c", EXPLODE, str(Path(__file__).parents[1])]
    done = subprocess.run(command, input=json.dumps(BOMBS), capture_output=True, text=True)
    assert done.stdout.splitlines() == list(BOMBS), done.stderr[-2_000:]


HOSTILE_NAME = "Evil \x1b]0;owned\x07 \x1b[31m\u202e ../../etc/passwd"


@pytest.fixture
def hostile_folder(workplace: Path) -> Path:
    """Give a folder of models with names, files and folders that try to be something else."""
    models = workplace / "models in\nuse"
    (models / "deep\x1b[2J").mkdir(parents=True)
    (models / "a\nINFO forged line\x1b[31m.md").write_text(coin(HOSTILE_NAME))
    (models / "deep\x1b[2J" / "-rf.md").write_text(coin("../../../../tmp/owned"))
    (models / "empty\r\n.md").write_text("nothing\x1b[0m")
    return models


def unseen(text: str) -> list[str]:
    """Give the characters of a text that control a terminal, a log or the way of writing."""
    return [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c not in "\n\t"]


def test_names_of_models_and_files_become_no_escape_no_path_and_no_line_of_a_log(
    hostile_folder: Path, workplace: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from model_registry import process_model_registry

    caplog.set_level(logging.DEBUG, "model_registry")
    before = {path for path in workplace.rglob("*") if "models in" not in str(path)}
    assert process_model_registry(hostile_folder, workplace / "output", debug=True)
    for record in caplog.records:
        assert not unseen(record.getMessage()), record.getMessage()
        assert "\n" not in record.getMessage()
    made = {path for path in workplace.rglob("*") if "models in" not in str(path)} - before
    assert {path.relative_to(workplace).parts[0] for path in made} <= {"models", "output"}
    assert not any(unseen(str(path.relative_to(workplace))) for path in made)


COMMANDS = [["list"], ["audit"], ["search", "evil \x1b[31mx\x07"], ["info", "\x1b[2J"]]


def test_no_command_lets_an_escape_through(hostile_folder: Path, workplace: Path) -> None:
    registry = open_registry(workplace / "registry", actor="eve\x1b[31m")
    registry.register_model(source(coin(HOSTILE_NAME)), {"tags": ["\x1b[31mred", "a\nb"], "note": "\x9b31m"})
    run = [sys.executable, "-m", "model_registry", "--registry", str(workplace / "registry")]
    for command in [["process", str(hostile_folder)], *COMMANDS]:
        done = subprocess.run([*run, *command], capture_output=True, text=True)
        assert done.stdout + done.stderr
        assert not unseen(done.stdout + done.stderr), command
        assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("hostile")
    open_registry(folder / "registry", actor="ada").register_model(source(coin()))
    serving = start(folder, "--max-rate", "100000")
    yield serving
    code, said = serving.stop()
    assert code == 0
    assert "Traceback" not in said
    assert not unseen(said)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_body_over_http_is_answered_and_harms_nothing(server: Serving, data: st.DataObject) -> None:
    headers = wire("tools/list")["headers"]
    with httpx2.Client() as client:
        if data.draw(st.booleans()):
            answer = client.post(server.url, content=data.draw(STRATEGIES[bytes]), headers=headers)
        else:
            tool = data.draw(st.sampled_from(["search_models", "register_model", "get_model_info", "get_audit_trail"]))
            call = wire_call(tool, query=data.draw(hostile_text), source=data.draw(values), model_id="x")
            body = json.dumps(call["json"]).encode("utf-8", "surrogatepass")
            headers = call["headers"] | {"Content-Type": "application/json"}
            answer = client.post(server.url, content=body, headers=headers)
        assert answer.status_code < 500 or "error" in answer.text
        assert "Traceback" not in answer.text
        assert client.get(server.url.replace("/mcp", "/health")).status_code == 200
