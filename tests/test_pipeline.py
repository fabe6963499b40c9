"""Processing a whole directory."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from model_registry.bootstrap import open_registry
from model_registry.domain.run import ProcessReport
from model_registry.errors import SourceError, StorageError
from model_registry.intake import CHUNK, CHUNK_BYTES, READ
from model_registry.pipeline import process_model_registry, register_discovered_models, run_pipeline
from model_registry.registry import Registry
from texts import coin

REPORTS = {
    "registry.json",
    "model_index.json",
    "version_history.json",
    "metadata_index.json",
    "registry_statistics.json",
    "registry_report.md",
    "registry_summary.md",
}


class Workshop:
    """A directory of models, a registry and an output directory."""

    def __init__(self, place: Path) -> None:
        self.models = place / "models"
        self.output = place / "output"
        self.models.mkdir()
        self.registry = open_registry(place / "registry", actor="ada")

    def write(self, name: str, text: str) -> Path:
        path = self.models / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def run(self, **options: Any) -> ProcessReport:
        return run_pipeline(self.registry, self.models, self.output, **options)

    def outcomes(self, **options: Any) -> dict[str, tuple[str, str, str]]:
        return {file.path: (file.outcome, file.model_id, file.version) for file in self.run(**options).files}

    @property
    def events(self) -> int:
        return self.registry.catalogue().position.seq


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


class TestARun:
    def test_registers_every_model_and_says_so(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin("First Coin"))
        workshop.write("deep/b.md", coin("Second Coin", heads=0.6))
        run = workshop.run()
        assert run.ok
        assert run.summary == "2 files: 2 created"
        assert [(file.path, file.model_id, file.kinds) for file in run.files] == [
            ("a.md", "first-coin", ("static",)),
            ("deep/b.md", "second-coin", ("static",)),
        ]

    def test_a_second_run_changes_nothing(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        workshop.run()
        before = workshop.events
        assert workshop.outcomes() == {"a.md": ("unchanged", "coin-judge", "1.0.0")}
        assert workshop.events == before

    def test_one_value_edited_is_one_new_version_with_the_change_named(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin("First Coin"))
        workshop.write("b.md", coin("Second Coin", heads=0.6))
        workshop.run()
        workshop.write("b.md", coin("Second Coin", heads=0.7))
        changed = [file for file in workshop.run().files if file.outcome != "unchanged"]
        assert [(file.path, file.version, file.required_bump) for file in changed] == [("b.md", "1.1.0", "minor")]
        assert "A values changed" in changed[0].explanation

    def test_an_empty_directory_is_a_good_run(self, workshop: Workshop) -> None:
        run = workshop.run()
        assert (run.ok, run.summary) == (True, "no models found")
        assert {Path(path).name for path in run.reports} == REPORTS

    def test_a_missing_directory_is_refused_and_nothing_is_written(self, workshop: Workshop) -> None:
        workshop.models.rmdir()
        with pytest.raises(SourceError, match="not there"):
            workshop.run()
        assert not workshop.output.exists()

    def test_the_actor_stands_in_the_trail(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        workshop.run(actor="grace")
        assert workshop.registry.get_audit_trail()["items"][0]["actor"] == "grace"

    def test_origins_are_relative_paths(self, workshop: Workshop) -> None:
        workshop.write("deep/a.md", coin())
        workshop.run()
        assert workshop.registry.get_model_info("coin-judge")["origin"]["path"] == "deep/a.md"

    def test_progress_counts_every_step_up_to_the_last(self, workshop: Workshop) -> None:
        for number in range(3):
            workshop.write(f"{number}.md", coin(f"Coin {number}"))
        workshop.write("bad.gnn", "nothing")
        seen: list[tuple[int, int, str, str]] = []
        workshop.run(progress=lambda *step: seen.append(step))
        assert [done for done, *_ in seen] == list(range(1, seen[-1][1] + 1))
        assert {(path, outcome) for *_, path, outcome in seen} >= {("0.md", "created"), ("bad.gnn", "failed")}

    def test_a_file_that_becomes_another_model_while_it_is_read_waits_for_the_next_run(
        self, workshop: Workshop
    ) -> None:
        for name in ("a", "b"):
            workshop.write(f"{name}.md", coin(f"Coin {name}"))
        workshop.run()
        workshop.write("a.md", coin("Coin a", heads=0.7))

        def replacing(done: int, total: int, path: str, outcome: str) -> None:
            if (path, outcome) == ("b.md", READ):
                workshop.write("a.md", coin("Another Coin", heads=0.8))

        files = {file.path: file for file in workshop.run(progress=replacing).files}
        assert files["a.md"].error is not None
        assert files["a.md"].error["code"] == "changed_meanwhile"
        assert workshop.outcomes()["a.md"] == ("created", "another-coin", "1.0.0")

    def test_what_a_file_holds_when_it_is_registered_is_what_counts(self, workshop: Workshop) -> None:
        for name in ("a", "b"):
            workshop.write(f"{name}.md", coin(f"Coin {name}"))
        workshop.run()
        workshop.write("a.md", coin("Coin a", heads=0.7))

        def editing(done: int, total: int, path: str, outcome: str) -> None:
            if (path, outcome) == ("b.md", READ):
                workshop.write("a.md", coin("Coin a", heads=0.8))

        assert workshop.run(progress=editing).outcomes == {"new_version": 1, "unchanged": 1}
        assert "0.8" in workshop.registry.get_model_source("coin-a")["text"]
        assert workshop.run().outcomes == {"unchanged": 2}

    def test_more_files_than_a_chunk_are_all_registered(self, workshop: Workshop) -> None:
        for number in range(70):
            workshop.write(f"{number}.md", coin(f"Coin {number}"))
        assert workshop.run().outcomes == {"created": 70}
        assert workshop.run().outcomes == {"unchanged": 70}

    @pytest.mark.parametrize(("files", "padding"), [(CHUNK + 1, 0), (4, CHUNK_BYTES // 2)])
    def test_no_more_is_read_than_is_registered_together(self, workshop: Workshop, files: int, padding: int) -> None:
        for number in range(files):
            workshop.write(f"{number:03}.md", coin(f"Coin {number}", heads=number / 100) + f"# {'x' * padding}\n")
        steps: list[tuple[str, str]] = []
        workshop.run(progress=lambda done, total, path, outcome: steps.append((path, outcome)))
        assert steps.index(("000.md", "created")) < steps.index((f"{files - 1:03}.md", READ))

    def test_only_files_below_a_root_are_read(self, workshop: Workshop, tmp_path: Path) -> None:
        secret = tmp_path / "secret.md"
        secret.write_text(coin("Secret Coin"))
        workshop.write("a.md", coin())
        (workshop.models / "link.md").symlink_to(secret)
        run = workshop.run(roots=[workshop.models])
        assert {file.path: file.error and file.error["code"] for file in run.files} == {
            "a.md": None,
            "link.md": "path_outside_roots",
        }


BAD = {
    "empty.gnn": (b"", "empty"),
    "noise.gnn": (b"\0\1\2\0" * 99, "binary"),
    "latin.md": (coin().replace("fair", "f\xe4ir").encode("latin-1"), "invalid_utf8"),
    "broken.json": (b'{"variables": [], "connections": [', "bad_json"),
    "no-variable.md": (b"## ModelName\nNothing Here\n\n## StateSpaceBlock\n", "not_a_model"),
    "short.md": (coin(annotation="Short.").replace("Author: Ada Example", "").encode(), "invalid_metadata"),
    "large.md": (coin("Large Coin").encode() + b"\n# padding" * 9_000, "too_large"),
}


class TestBadFiles:
    @pytest.mark.parametrize("name", BAD)
    def test_a_bad_file_is_told_and_the_rest_registers(self, tmp_path: Path, name: str) -> None:
        workshop = Workshop(tmp_path)
        workshop.registry = open_registry(tmp_path / "registry", {"max_source_bytes": 50_000})
        data, code = BAD[name]
        workshop.write("good.md", coin())
        (workshop.models / name).write_bytes(data)
        run = workshop.run()
        by_path = {file.path: file for file in run.files}
        error = by_path[name].error
        assert not run.ok
        assert by_path["good.md"].outcome == "created"
        assert error is not None
        assert (by_path[name].outcome, error["code"]) == ("failed", code)
        assert error["hint"]

    def test_the_report_names_the_bad_file_and_what_to_do(self, workshop: Workshop) -> None:
        workshop.write("bad.gnn", "")
        workshop.run()
        assert "| `bad.gnn` | failed |  |  | The file is empty." in report(workshop, "registry_report.md")

    def test_an_unwritable_output_says_that_the_models_are_registered(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        workshop.output.write_text("a file stands in the way")
        with pytest.raises(StorageError) as refused:
            workshop.run()
        assert (refused.value.code, "registered" in refused.value.hint) == ("no_reports", True)
        assert workshop.events == 1


class TestIdentity:
    def test_two_clones_at_different_places_are_the_same_models(self, tmp_path: Path) -> None:
        workshop = Workshop(tmp_path)
        workshop.write("a/coin.md", coin())
        workshop.run()
        shutil.copytree(workshop.models, tmp_path / "clone")
        run = run_pipeline(workshop.registry, tmp_path / "clone", workshop.output)
        assert run.outcomes == {"unchanged": 1}

    def test_a_file_that_moved_is_the_same_model(self, workshop: Workshop) -> None:
        path = workshop.write("a.md", coin())
        workshop.run()
        path.rename(workshop.models / "b.md")
        assert workshop.outcomes() == {"b.md": ("unchanged", "coin-judge", "1.0.0")}

    def test_a_model_that_was_renamed_keeps_its_id(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin("Coin Judge"))
        workshop.run()
        workshop.write("a.md", coin("Coin Arbiter"))
        (file,) = workshop.run().files
        assert (file.outcome, file.model_id, file.version) == ("new_version", "coin-judge", "1.0.1")
        assert file.note == "renamed: its ModelName was 'Coin Judge'"
        assert workshop.registry.get_model_info("coin-judge")["name"] == "Coin Arbiter"
        assert workshop.outcomes() == {"a.md": ("unchanged", "coin-judge", "1.0.1")}

    def test_files_that_share_a_name_are_models_of_their_own_and_the_run_says_how_to_merge(
        self, workshop: Workshop
    ) -> None:
        workshop.write("a.md", coin())
        workshop.write("b.md", coin(heads=0.7))
        first, second = workshop.run().files
        assert first.model_id == "coin-judge"
        assert second.model_id.startswith("coin-judge-")
        assert "model_id=coin-judge" in second.note
        assert workshop.run().outcomes == {"unchanged": 2}

    def test_a_copy_under_another_name_is_told(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin("First Coin"))
        workshop.run()
        workshop.write("b.md", coin("Second Coin"))
        assert workshop.run().files[1].similar == ("first-coin",)

    @pytest.mark.parametrize("move", ["archive_model", "delete_model"])
    def test_a_file_of_a_model_that_takes_no_changes_is_skipped(self, workshop: Workshop, move: str) -> None:
        workshop.write("a.md", coin())
        workshop.run()
        getattr(workshop.registry, move)("coin-judge")
        before = workshop.events
        workshop.write("a.md", coin(heads=0.7))
        run = workshop.run()
        assert (run.ok, run.outcomes, workshop.events) == (True, {"skipped": 1}, before)
        assert "restore it" in run.files[0].explanation


def test_a_tree_that_holds_its_own_registry_output_and_hidden_folders_registers_nothing_of_its_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.md").write_text(coin())
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "b.md").write_text(coin("Hidden Coin"))
    registry = open_registry(tmp_path / "models" / "registry")
    for output in ("output", "output", "elsewhere"):
        run = run_pipeline(registry, tmp_path, tmp_path / output)
        assert [file.path for file in run.files] == ["a.md"]
    assert registry.catalogue().position.seq == 1


class TestMaintenance:
    def test_a_run_that_changed_something_backs_the_registry_up(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        assert workshop.run().maintenance == ("backup: backups/registry-000000001.zip",)
        assert workshop.run().maintenance == ()

    def test_no_backup_is_made_where_settings_say_so(self, tmp_path: Path) -> None:
        workshop = Workshop(tmp_path)
        workshop.registry = open_registry(tmp_path / "registry", {"backup_enabled": False})
        workshop.write("a.md", coin())
        assert workshop.run().maintenance == ()

    def test_a_model_past_its_sunset_is_archived(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        workshop.run()
        workshop.registry.deprecate_model("coin-judge", "old", sunset="2020-01-01")
        assert workshop.run().maintenance[0] == "cleanup: coin-judge archived, its sunset was 2020-01-01"
        assert workshop.registry.get_model_info("coin-judge")["state"] == "archived"

    def test_a_run_that_wrote_much_leaves_a_checkpoint(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("model_registry.adapters.directory.checkpoint.LEAST_TAIL", 5)
        monkeypatch.setattr("model_registry.adapters.directory.checkpoint.BYTES_AN_EVENT", 1)
        registry, target = open_registry(tmp_path / "registry"), tmp_path / "models"
        target.mkdir()
        known = []
        for start in (0, 8, 16):
            for number in range(start, start + 8):
                (target / f"{number}.md").write_text(coin(f"Coin {number}"))
            run_pipeline(registry, target, tmp_path / "output")
            kept = registry._ledger.checkpoint()
            known.append(len(kept.entries) if kept else 0)
        assert known == [8, 16, 24]

    def test_the_index_has_read_everything_when_the_run_ends(self, workshop: Workshop, tmp_path: Path) -> None:
        workshop.write("a.md", coin())
        workshop.run()
        assert (tmp_path / "registry" / "index").is_dir()
        assert workshop.registry.search_models("toss")["total"] == 1


def report(workshop: Workshop, name: str) -> str:
    return (workshop.output / "model_registry" / name).read_text("utf-8")


class TestReports:
    def test_seven_files_and_a_folder_of_graphs_are_written_and_nothing_else(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        run = workshop.run()
        folder = workshop.output / "model_registry"
        assert {path.name for path in folder.iterdir()} == {*REPORTS, "graphs"}
        assert [path.name for path in (folder / "graphs").iterdir()] == ["coin-judge.svg"]
        assert sorted(run.reports) == sorted(str(path) for path in folder.rglob("*.*"))

    def test_the_graph_of_a_model_is_a_picture_that_the_report_names(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        workshop.run()
        drawn = ElementTree.fromstring(report(workshop, "graphs/coin-judge.svg"))
        names = [node.get("data-name") for node in drawn.iter() if node.get("data-name")]
        assert names == ["s", "o", "A", "D"]
        assert "](graphs/coin-judge.svg)" in report(workshop, "registry_report.md")

    def test_a_graph_is_drawn_again_only_when_the_model_has_changed(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        workshop.write("b.md", coin("Other"))
        workshop.run()
        drawings = {path.name: path for path in (workshop.output / "model_registry" / "graphs").iterdir()}
        before = {name: path.stat().st_ino for name, path in drawings.items()}
        workshop.write("b.md", coin("Other", connections="D>A\n"))
        workshop.run()
        assert {name for name, path in drawings.items() if path.stat().st_ino != before[name]} == {"other.svg"}
        assert 'data-source="D" data-target="A"' in drawings["other.svg"].read_text()

    def test_a_model_without_connections_has_no_graph(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin().replace("D>s\ns-A\nA-o\n", ""))
        workshop.run()
        assert not (workshop.output / "model_registry" / "graphs").exists()
        assert "graphs/" not in report(workshop, "registry_report.md")

    def test_the_same_state_gives_the_same_bytes(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        workshop.run()
        texts = [{name: (workshop.run(), report(workshop, name))[1] for name in REPORTS} for _ in range(2)]
        assert texts[0] == texts[1]

    def test_an_ontology_term_restricts_the_report_and_never_the_registry(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin("First Coin"))
        workshop.write("b.md", coin("Second Coin").replace("s=HiddenState", "s=SecretState"))
        run = workshop.run(query_ontology="secretstate")
        assert run.outcomes == {"created": 2}
        assert [model["id"] for model in json.loads(report(workshop, "registry.json"))["models"]] == ["second-coin"]
        assert workshop.registry.list_models()["total"] == 2

    def test_a_term_nobody_uses_gives_an_empty_report_and_a_good_run(self, workshop: Workshop) -> None:
        workshop.write("a.md", coin())
        assert workshop.run(query_ontology="Nothing").ok
        assert json.loads(report(workshop, "registry.json"))["models"] == []


class TestTheFunction:
    def run(self, tmp_path: Path, **options: Any) -> bool:
        return process_model_registry(tmp_path / "m", tmp_path / "o", registry_path=tmp_path / "r", **options)

    @pytest.fixture(autouse=True)
    def models(self, tmp_path: Path) -> None:
        (tmp_path / "m").mkdir()
        (tmp_path / "m" / "a.md").write_text(coin())

    def test_gives_true_when_nothing_failed(self, tmp_path: Path) -> None:
        assert self.run(tmp_path) is True
        assert open_registry(tmp_path / "r").list_models()["total"] == 1

    def test_gives_false_and_logs_the_file_that_failed(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        (tmp_path / "m" / "bad.gnn").write_text("")
        assert self.run(tmp_path) is False
        assert "bad.gnn: The file is empty." in caplog.text

    def test_gives_false_and_logs_a_missing_directory(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        shutil.rmtree(tmp_path / "m")
        assert self.run(tmp_path) is False
        assert "not there" in caplog.text

    def test_tolerates_keywords_it_does_not_know(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        assert self.run(tmp_path, debug=True, pipeline_step=4, strict=False) is True
        assert "ignored: pipeline_step, strict" in caplog.text

    def test_tells_each_file_when_verbose_on_the_logger_given(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert self.run(tmp_path, verbose=True, logger=logging.getLogger("step4"))
        assert ("step4", logging.INFO, "a.md: created coin-judge 1.0.0") in caplog.record_tuples

    def test_leaves_the_logger_as_it_was(self, tmp_path: Path) -> None:
        step = logging.getLogger("step4")
        step.setLevel(logging.WARNING)
        self.run(tmp_path, debug=True, logger=step)
        assert step.level == logging.WARNING

    def test_takes_the_two_dictionaries_of_settings(self, tmp_path: Path) -> None:
        settings = {"registry_path": str(tmp_path / "other"), "backup_enabled": False}
        rules = {"required_fields": ["name", "licence"]}
        assert not process_model_registry(tmp_path / "m", tmp_path / "o", config=settings, metadata_config=rules)
        assert not open_registry(tmp_path / "other").list_models()["total"]

    def test_an_unknown_setting_is_logged_and_false(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        assert self.run(tmp_path, config={"backup": True}) is False
        assert "unknown setting 'backup'" in caplog.text


def test_registering_a_directory_gives_a_row_for_each_file(workshop: Workshop) -> None:
    workshop.write("a.md", coin())
    workshop.write("bad.gnn", "")
    rows = register_discovered_models(workshop.registry, workshop.models)
    assert [(row["path"], row["outcome"], row["model_id"]) for row in rows] == [
        ("a.md", "created", "coin-judge"),
        ("bad.gnn", "failed", ""),
    ]


KILLED = """
import os, signal, sys
from model_registry.bootstrap import open_registry
from model_registry.pipeline import run_pipeline

def progress(done, total, path, outcome):
    if outcome == "created":
        os.kill(os.getpid(), signal.SIGKILL)

run_pipeline(open_registry(sys.argv[1]), sys.argv[2], sys.argv[3], progress=progress)
"""
"""A run that kills its own process when the first chunk of models is committed."""


def everything_once(registry: Registry, names: int) -> bool:
    versions = [len(entry.versions) for entry in registry.catalogue().entries.values()]
    return versions == [1] * names and registry.validate_registry()["ok"]


@pytest.mark.skipif(sys.platform == "darwin", reason="this file system takes only UTF-8 names")
def test_a_file_whose_name_is_not_utf8_is_registered_like_any_other(workshop: Workshop) -> None:
    Path(os.fsdecode(os.fsencode(workshop.models) + b"/bad\xff.md")).write_text(coin("Coin"), "utf-8")
    assert workshop.outcomes() == {"bad\\xff.md": ("created", "coin", "1.0.0")}
    assert workshop.outcomes() == {"bad\\xff.md": ("unchanged", "coin", "1.0.0")}


def test_a_run_that_was_killed_is_finished_by_the_next_one(workshop: Workshop, tmp_path: Path) -> None:
    for number in range(150):
        workshop.write(f"{number}.md", coin(f"Coin {number}"))
    places = [str(path) for path in (tmp_path / "registry", workshop.models, workshop.output)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *places], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert workshop.run().outcomes == {"created": 150 - CHUNK, "unchanged": CHUNK}
    assert everything_once(workshop.registry, 150)


def test_the_examples_register_once_and_then_rest(tmp_path: Path, examples: list[Path]) -> None:
    registry = open_registry(tmp_path / "r")
    first = run_pipeline(registry, examples[0].parent, tmp_path / "o")
    second = run_pipeline(registry, examples[0].parent, tmp_path / "o")
    assert (first.outcomes, second.outcomes) == ({"created": len(examples)}, {"unchanged": len(examples)})
    assert all(not file.findings.get("error") for file in first.files)


def test_the_corpus_registers_its_29_models_once_and_then_rests(tmp_path: Path, corpus: Path) -> None:
    registry = open_registry(tmp_path / "r")
    first = run_pipeline(registry, corpus, tmp_path / "o")
    second = run_pipeline(registry, corpus, tmp_path / "o")
    assert (first.outcomes, second.outcomes) == ({"created": 29}, {"unchanged": 29})
