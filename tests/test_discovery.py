"""Finding model files, and nothing but model files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_registry.discovery import discover, discover_models
from model_registry.errors import SourceError
from texts import coin

JSON_MODEL = json.dumps({"model_name": "J", "variables": [{"name": "s", "dimensions": [2]}], "connections": []})
YAML_MODEL = "model_name: Y\nvariables:\n  - name: s\n    dimensions: [2]\nconnections: []\n"
XML_MODEL = '<gnn_model name="X"><variables/><connections/></gnn_model>'

MODELS = {
    "plain.md": coin(),
    "long.markdown": coin(),
    "own.gnn": coin(),
    "text.txt": coin(),
    "tree.json": JSON_MODEL,
    "tree.yaml": YAML_MODEL,
    "tree.yml": YAML_MODEL,
    "tree.xml": XML_MODEL,
    "code.py": f"# MODEL_DATA: {JSON_MODEL}\n",
    "UPPER.MD": coin(),
    "empty.gnn": "",
}

DOCUMENTS = {
    "README.md": "# A project\n\nModels look like this:\n\n```\n## StateSpaceBlock\ns[2]\n```\n",
    "notes.txt": "StateSpaceBlock is a section.",
    "package.json": '{"name": "x", "version": "1.0.0"}',
    "terms.json": '{"HiddenState": {"description": "connections and variables of a model"}}',
    "template.json": '{"parameters": {}, "variables": {"connections": "x"}}',
    "settings.yaml": "a: 1\n",
    "pipeline.yml": "variables:\n  connections: 3\n  parameters: x\n",
    "page.xml": "<html/>",
    "code.py": 'PATTERN = "MODEL_DATA: {"\n',
    "picture.png": "## StateSpaceBlock",
    "pickle.pkl": "\x80\x04.",
    "empty.md": "",
    "report.md": "<!-- model-registry report, schema 1 -->\n## StateSpaceBlock\ns[2]\n",
    "report.json": '{\n  "schema": "model-registry/registry",\n  "variables": [],\n  "connections": []\n}',
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def origins(folder: Path, **options: object) -> list[str]:
    return [file["origin"] for file in discover_models(folder, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_found_in_every_format(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: MODELS[name]})
    assert origins(tmp_path) == [name]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_no_model(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: DOCUMENTS[name]})
    assert origins(tmp_path) == []


def test_a_row_tells_path_origin_format_name_and_size(tmp_path: Path) -> None:
    write(tmp_path, {"deep/er/my.gnn.md": coin()})
    path = tmp_path / "deep/er/my.gnn.md"
    assert discover_models(tmp_path) == [
        {"path": path, "origin": "deep/er/my.gnn.md", "format": "markdown", "name": "my", "size": path.stat().st_size}
    ]


def test_files_come_in_path_order(tmp_path: Path) -> None:
    names = ["b/1.md", "a/2.md", "a.md", "a/1.md", "c.md", "a-b/1.md"]
    write(tmp_path, dict.fromkeys(names, coin()))
    assert origins(tmp_path) == ["a/1.md", "a/2.md", "a-b/1.md", "a.md", "b/1.md", "c.md"]


def test_only_the_folder_itself_is_read_when_that_is_asked(tmp_path: Path) -> None:
    write(tmp_path, {"here.md": coin(), "below/there.md": coin()})
    assert origins(tmp_path, recursive=False) == ["here.md"]


@pytest.mark.parametrize(
    "folder", [".git", ".venv", "node_modules", "__pycache__", "venv/lib/site-packages", "a/.hidden"]
)
def test_hidden_and_tools_folders_are_passed_over(tmp_path: Path, folder: str) -> None:
    write(tmp_path, {f"{folder}/model.md": coin()})
    assert origins(tmp_path) == []


def test_a_hidden_file_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {".draft.md": coin()})
    assert origins(tmp_path) == []


def test_a_virtual_environment_is_known_by_its_settings_file(tmp_path: Path) -> None:
    write(tmp_path, {"env/pyvenv.cfg": "", "env/model.md": coin()})
    assert origins(tmp_path) == []


def test_a_registry_is_known_by_its_parts(tmp_path: Path) -> None:
    write(tmp_path, {"r/format.json": "{}", "r/log/1": "", "r/sources/1": "", "r/model.md": coin()})
    assert origins(tmp_path) == []


def test_places_to_skip_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"keep/a.md": coin(), "leave/b.md": coin()})
    assert origins(tmp_path, skip=[tmp_path / "leave"]) == ["keep/a.md"]


def test_the_directory_named_is_read_even_if_it_is_hidden(tmp_path: Path) -> None:
    write(tmp_path, {".hidden/a.md": coin()})
    assert origins(tmp_path / ".hidden") == ["a.md"]


class TestLinks:
    def test_a_loop_of_links_ends(self, tmp_path: Path) -> None:
        write(tmp_path, {"a/model.md": coin()})
        (tmp_path / "a" / "again").symlink_to(tmp_path)
        assert origins(tmp_path) == ["a/model.md"]

    def test_a_link_to_a_file_that_is_found_anyway_is_left_out(self, tmp_path: Path) -> None:
        write(tmp_path, {"z/model.md": coin()})
        (tmp_path / "a.md").symlink_to(tmp_path / "z" / "model.md")
        assert origins(tmp_path) == ["z/model.md"]

    def test_a_link_to_a_folder_elsewhere_is_followed(self, tmp_path: Path) -> None:
        write(tmp_path, {"elsewhere/model.md": coin(), "tree/own.md": coin()})
        (tmp_path / "tree" / "more").symlink_to(tmp_path / "elsewhere")
        assert origins(tmp_path / "tree") == ["more/model.md", "own.md"]

    def test_a_link_to_nothing_is_passed_over(self, tmp_path: Path) -> None:
        (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
        assert origins(tmp_path) == []


def test_a_file_that_may_not_be_read_is_a_fault_and_the_rest_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"open.md": coin(), "closed.md": coin()})
    opened = Path.open

    def refuse(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == "closed.md":
            raise PermissionError(13, "Permission denied")
        return opened(path, *how, **more)

    monkeypatch.setattr(Path, "open", refuse)
    found = discover(tmp_path)
    assert [file["origin"] for file in found.files] == ["open.md"]
    assert [(where, error.code) for where, error in found.faults] == [("closed.md", "unreadable")]


def test_a_folder_that_cannot_be_listed_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"open.md": coin(), "shut/model.md": coin()})
    listed = Path.iterdir

    def refuse(folder: Path) -> object:
        if folder.name == "shut":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refuse)
    found = discover(tmp_path)
    assert [file["origin"] for file in found.files] == ["open.md"]
    assert [(where, error.message) for where, error in found.faults] == [("shut", "cannot be read: Permission denied")]


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refused:
        discover_models(tmp_path / "nowhere")
    assert (refused.value.code, "nowhere" in refused.value.message) == ("no_such_directory", True)


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    write(tmp_path, {"model.md": coin()})
    with pytest.raises(SourceError) as refused:
        discover_models(tmp_path / "model.md")
    assert refused.value.code == "not_a_directory"
    assert "register" in refused.value.hint


def test_every_example_is_found(examples: list[Path]) -> None:
    assert origins(examples[0].parent) == [path.name for path in examples]


def test_every_model_of_the_corpus_is_found_and_nothing_else(corpus: Path) -> None:
    found = origins(corpus)
    assert len(found) == 29
    assert not [name for name in found if "README" in name or name.endswith(".json")]
