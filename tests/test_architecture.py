"""The house: imports point inwards, the core does no I/O, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "model_registry"

DOORS = {
    "mcp",
    "mcp_door",
    "web",
    "cli",
    "commands",
    "pipeline",
    "intake",
    "discovery",
    "front_door",
    "report",
    "sources",
    "__main__",
    "",
}
MAY_IMPORT = {
    "errors": set(),
    "asked": {"errors"},
    "metadata_rules": set(),
    "config": {"errors", "asked", "metadata_rules"},
    "gnn": {"errors", "gnn"},
    "domain": {"errors", "asked", "metadata_rules", "config", "gnn", "domain"},
    "pictures": {"gnn", "domain", "pictures"},
    "ports": {"domain"},
    "operations": set(),
    "adapters": {"errors", "domain", "ports", "adapters"},
    "ledger": {"errors", "domain", "ports"},
    "finder": {"errors", "domain", "gnn", "ports", "ledger"},
    "trail": {"errors", "domain", "ledger"},
    "searching": {"errors", "asked", "domain", "ports", "finder", "trail"},
    "inquiries": {"errors", "config", "domain", "ports", "ledger", "finder", "searching", "trail"},
    "checking": {"errors", "domain", "ports", "ledger", "finder"},
    "maintenance": {"errors", "domain", "checking", "config", "finder", "ledger"},
    "operating": {"errors", "asked", "domain", "ledger", "inquiries"},
    "moving": {"errors", "domain", "gnn", "ledger", "maintenance", "operating"},
    "registry": {"errors", "asked", "domain", "gnn", "ledger", "moving", "operating"},
    "bootstrap": {"errors", "config", "domain", "adapters", "ledger", "finder", "registry"},
}
"""Room -> the rooms it may look into; the doors may look into all of them."""

OUTSIDE = {"os", "io", "pathlib", "time", "socket", "subprocess", "shutil", "tempfile", "logging", "random"}

CLOCKS = {"now", "utcnow", "today"}
"""How `datetime` tells the time; a moment comes into the core as a value."""


def modules(room: str = "") -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if not room or room_of(path) == room)


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_inwards(path: Path) -> None:
    room = room_of(path)
    if room in DOORS:
        return
    seen = {name.split(".")[1] for name in imports(path) if name.startswith("model_registry.")}
    assert seen <= MAY_IMPORT[room], f"{room} looks into {sorted(seen - MAY_IMPORT[room])}"


@pytest.mark.parametrize("room", ["gnn", "domain", "pictures"])
def test_the_core_does_no_io_and_reads_no_clock(room: str) -> None:
    for path in modules(room):
        outside = {name.split(".")[0] for name in imports(path)} & OUTSIDE
        pure_paths = {"pathlib"} if "PurePath" in path.read_text() else set()
        assert outside <= pure_paths, f"{path.name} imports {sorted(outside)}"
        clocks = {
            node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
        } & CLOCKS
        assert not clocks, f"{path.name} reads the clock: {sorted(clocks)}"


def test_only_bootstrap_imports_adapters() -> None:
    users = {
        room_of(path) for path in modules() if any(name.startswith("model_registry.adapters") for name in imports(path))
    }
    assert users <= {"bootstrap", "adapters"}


def test_engines_do_not_know_each_other() -> None:
    for path in modules("adapters"):
        if path.parent.name != "adapters":
            continue
        others = {name.split(".")[2] for name in imports(path) if name.startswith("model_registry.adapters.")}
        assert not others & {"directory", "memory"}, path.name


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, model_registry; print(sorted({'mcp', 'whoosh', 'typer', 'numpy', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_using_the_python_functions_imports_neither_mcp_nor_whoosh_nor_typer() -> None:
    code = (
        "import sys; from model_registry import register_model, get_model_info;"
        "print(sorted({'mcp', 'whoosh', 'typer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_opening_a_registry_reads_no_variables_where_none_is_set(tmp_path: Path) -> None:
    code = (
        "import sys; from model_registry.bootstrap import open_registry; open_registry(sys.argv[1]).list_models();"
        "print(sorted({'pydantic_settings', 'asyncio', 'ssl'} & set(sys.modules)))"
    )
    unset = {name: value for name, value in os.environ.items() if not name.startswith("MODEL_REGISTRY_")}
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=unset)
    assert done.stdout.strip() == "[]"


def test_every_name_of_the_front_is_there() -> None:
    import model_registry

    for name in model_registry.__all__:
        assert getattr(model_registry, name).__doc__, name


def test_the_list_of_tools_needs_neither_the_registry_nor_what_it_stands_on() -> None:
    code = (
        "import sys; from model_registry.commands.serving import app; from model_registry.mcp import build_server;"
        "build_server(lambda: None, toolsets=['read', 'write', 'admin']);"
        "heavy = {'numpy', 'whoosh', 'yaml', 'model_registry.registry', 'model_registry.gnn', 'model_registry.cli'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
