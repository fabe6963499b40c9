"""The operations of a registry, over each store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_registry import finder
from model_registry import registry as registry_module
from model_registry.bootstrap import memory_registry, open_registry
from model_registry.domain import shelf
from model_registry.domain.lifecycle import State
from model_registry.errors import (
    ConflictError,
    DependencyError,
    LifecycleError,
    MetadataError,
    NotFoundError,
    RegistrationError,
    SearchError,
    SourceError,
    VersionError,
)
from model_registry.registry import Registration, Registry
from texts import coin, source


@pytest.fixture(params=["memory", "directory"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    return memory_registry(actor="ada") if request.param == "memory" else open_registry(tmp_path / "r", actor="ada")


def register(registry: Registry, text: str, **more: Any) -> dict[str, Any]:
    return registry.register_model(source(text), **more)


class TestRegistering:
    def test_a_new_model_gets_its_slug_and_version_one(self, registry: Registry) -> None:
        done = register(registry, coin("Coin Judge"))
        assert (done["model_id"], done["version"], done["outcome"]) == ("coin-judge", "1.0.0", "created")
        info = registry.get_model_info("coin-judge")
        assert info["name"] == "Coin Judge"
        assert info["author"] == "Ada Example"
        assert info["description"] == "Judges from one toss whether a coin is fair."
        assert info["current_version"] == "1.0.0"

    def test_the_same_text_again_is_no_event(self, registry: Registry) -> None:
        register(registry, coin())
        again = register(registry, coin())
        assert again["outcome"] == "unchanged"
        assert registry.get_audit_trail()["total"] == 1

    def test_another_spelling_of_the_same_model_is_no_event(self, registry: Registry) -> None:
        register(registry, coin())
        respelled = coin().replace("\n", "\r\n").replace("D>s\r\ns-A", "s-A\r\nD>s").replace("0.8)", "0.80 )")
        assert register(registry, respelled)["outcome"] == "unchanged"

    @pytest.mark.parametrize(
        ("changed", "bump", "version", "kind"),
        [
            (coin(heads=0.6), "minor", "1.1.0", "parameter-values"),
            (coin(annotation="Judges from a single toss if a coin is fair."), "patch", "1.0.1", None),
            (coin().replace("D>s\n", ""), "major", "2.0.0", "edge-removed"),
            (coin().replace("D[2,type", "D[2,1,type"), "major", "2.0.0", "variable-dims"),
        ],
    )
    def test_the_number_follows_from_what_changed(
        self, registry: Registry, changed: str, bump: str, version: str, kind: str | None
    ) -> None:
        register(registry, coin())
        done = register(registry, changed)
        assert (done["outcome"], done["required_bump"], done["version"]) == ("new_version", bump, version)
        assert kind is None or kind in {change["kind"] for change in done["changes"]}
        assert registry.get_model_versions("coin-judge")["items"][0]["bump"] == bump

    def test_other_metadata_for_the_same_bytes_updates_the_metadata(self, registry: Registry) -> None:
        register(registry, coin())
        done = register(registry, coin(), metadata={"tags": ["toy"]})
        assert (done["outcome"], done["version"]) == ("metadata_updated", "1.0.0")
        assert registry.get_model_info("coin-judge")["tags"] == ["toy"]
        assert register(registry, coin(), metadata={"tags": ["toy"]})["outcome"] == "unchanged"

    def test_what_somebody_set_outlasts_what_a_later_text_says(self, registry: Registry) -> None:
        register(registry, coin(), metadata={"description": "Set by hand, with care."})
        register(registry, coin(annotation="Another annotation of the model."))
        assert registry.get_model_info("coin-judge")["description"] == "Set by hand, with care."

    def test_bytes_of_an_older_version_make_a_new_one_that_says_so(self, registry: Registry) -> None:
        register(registry, coin())
        register(registry, coin(heads=0.6))
        back = register(registry, coin())
        assert (back["outcome"], back["version"], back["same_as"]) == ("new_version", "1.2.0", "1.0.0")

    def test_a_number_that_has_this_text_is_told_again_and_measured(self, registry: Registry) -> None:
        register(registry, coin())
        register(registry, coin(heads=0.6))
        again = register(registry, coin(), version="1.0.0")
        assert (again["outcome"], again["version"]) == ("unchanged", "1.0.0")
        measured = register(registry, coin(), version="1.0.0", metadata={"performance": {"score": 0.5}})
        assert (measured["outcome"], measured["version"]) == ("metadata_updated", "1.0.0")
        newest, first = registry.get_model_versions("coin-judge")["items"]
        assert (newest["performance"], first["performance"]) == ({}, {"score": 0.5})

    def test_a_dry_run_tells_and_writes_nothing(self, registry: Registry) -> None:
        assert register(registry, coin(), dry_run=True)["outcome"] == "created"
        assert registry.get_audit_trail()["total"] == 0

    def test_a_known_name_can_be_refused(self, registry: Registry) -> None:
        register(registry, coin())
        with pytest.raises(ConflictError, match="registered already"):
            register(registry, coin(heads=0.6), if_exists="error")

    def test_a_copy_under_another_name_is_pointed_out(self, registry: Registry) -> None:
        register(registry, coin("Coin Judge"))
        assert [row["id"] for row in register(registry, coin("Coin Copy"))["similar"]] == ["coin-judge"]

    def test_a_model_that_is_nearly_another_is_pointed_out_with_the_reasons(self, registry: Registry) -> None:
        register(registry, coin("Coin Judge"))
        nearly = coin("Coin Judge Again", heads=0.77)
        for told in (register(registry, nearly, dry_run=True), register(registry, nearly)):
            assert [row["id"] for row in told["similar"]] == ["coin-judge"]
            assert "parts and joints agree" in told["similar"][0]["why"]
        assert register(registry, coin("Coin Judge Again", heads=0.7))["similar"] == []

    def test_a_registration_does_not_look_into_thousands_of_models_that_nobody_has_looked_into(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registry_module, "LOOKED_INTO", 1)
        register(open_registry(tmp_path), coin("Coin Judge"))
        assert register(open_registry(tmp_path), coin("Coin Judge Again", heads=0.77))["similar"] == []
        monkeypatch.setattr(shelf, "LEAST_KEPT", 0)
        monkeypatch.setattr(finder, "LEAST_KEPT", 0)
        open_registry(tmp_path).rest()
        told = register(open_registry(tmp_path), coin("Coin Judge Anew", heads=0.78))["similar"]
        assert {row["id"] for row in told} == {"coin-judge", "coin-judge-again"}

    def test_a_trial_tells_the_near_copies_that_registering_tells(self, registry: Registry) -> None:
        said = {"tags": ["silver", "copper", "fair"], "description": "Weighs what nobody else has weighed before."}
        register(registry, coin("Coin Judge"), metadata=said)
        nearly = coin("Sorter of Buttons", heads=0.77)
        told = [register(registry, nearly, metadata=said, dry_run=trial)["similar"] for trial in (True, False)]
        assert told[0] == told[1] != []

    def test_metadata_that_is_nested_without_end_is_refused(self, registry: Registry) -> None:
        endless: list[Any] = []
        endless.append(endless)
        for deep in (endless, json.loads("[" * 500 + "]" * 500)):
            with pytest.raises(MetadataError, match="nested"):
                register(registry, coin(), metadata={"odd": deep})

    def test_another_model_whose_slug_is_taken_gets_an_id_of_its_own(self, registry: Registry) -> None:
        first = register(registry, coin("Coin Judge"))["model_id"]
        second = register(registry, coin("coin, judge!"))["model_id"]
        assert first == "coin-judge"
        assert second.startswith("coin-judge-")

    def test_three_broken_rules_are_told_at_once(self, registry: Registry) -> None:
        with pytest.raises(MetadataError) as refused:
            register(registry, coin(), metadata={"name": "ab", "description": "short", "performance": 3})
        assert [fault["field"] for fault in refused.value.facts["faults"]] == ["name", "description", "performance"]
        assert registry.get_audit_trail()["total"] == 0

    @pytest.mark.parametrize(
        ("metadata", "field"),
        [
            ({"name": 3}, "name"),
            ({"tags": [1]}, "tags"),
            ({"performance": "good"}, "performance"),
            ({"performance": {"accuracy": float("nan")}}, "performance"),
            ({"dependencies": 7}, "dependencies"),
            ({"notes": object()}, "notes"),
        ],
    )
    def test_metadata_of_the_wrong_type_is_refused(self, registry: Registry, metadata: Any, field: str) -> None:
        with pytest.raises(MetadataError) as refused:
            register(registry, coin(), metadata=metadata)
        assert refused.value.facts["faults"][0]["field"] == field

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "empty"),
            (b"\x00\x01\x02binary\x00", "binary"),
            (b"## StateSpaceBlock\ns[2]\n\xff\xfe", "invalid_utf8"),
            (b"# Only a title\n\nand prose\n", "not_a_model"),
        ],
    )
    def test_what_is_no_model_is_refused_with_its_reason(self, registry: Registry, data: bytes, code: str) -> None:
        from model_registry.domain.source import Source

        with pytest.raises(SourceError) as refused:
            registry.register_model(Source(data, "model.md"))
        assert refused.value.code == code
        assert refused.value.hint
        assert registry.get_audit_trail()["total"] == 0

    def test_a_source_over_the_limit_is_refused(self) -> None:
        small = memory_registry({"max_source_bytes": 100})
        with pytest.raises(SourceError) as refused:
            small.register_model(source())
        assert refused.value.code == "too_large"

    def test_many_are_registered_in_one_commit_and_a_bad_one_spoils_nothing(self, registry: Registry) -> None:
        texts = [coin("Coin A"), "no model at all", coin("Coin B"), coin("Coin A", heads=0.7)]
        outcomes = registry.register_models([Registration(source(text)) for text in texts])
        told = [o["outcome"] if isinstance(o, dict) else o.code for o in outcomes]
        assert told == ["created", "not_a_model", "created", "new_version"]
        assert [row["id"] for row in registry.list_models()["items"]] == ["coin-a", "coin-b"]


class TestRepeating:
    def test_the_same_op_id_gives_the_first_result(self, registry: Registry) -> None:
        first = register(registry, coin(), op_id="call-1")
        register(registry, coin(heads=0.6))
        again = register(registry, coin(), op_id="call-1")
        assert again["replayed"] is True
        assert (again["outcome"], again["version"]) == (first["outcome"], first["version"])
        assert registry.get_audit_trail()["total"] == 2

    @pytest.mark.parametrize("said", [{"actor": "\udcff"}, {"op_id": "\ud800"}, {"reason": "\ud800"}, {"reason": 5}])
    def test_what_the_trail_cannot_keep_is_refused(self, registry: Registry, said: dict[str, Any]) -> None:
        with pytest.raises(ConflictError, match=f"{next(iter(said))} cannot be"):
            register(registry, coin(), **said)
        assert registry.get_audit_trail()["total"] == 0

    def test_a_misspelt_keyword_is_no_keyword(self, registry: Registry) -> None:
        with pytest.raises(TypeError, match="expected_revison"):
            register(registry, coin(), expected_revison=3)
        register(registry, coin("Coin"))
        with pytest.raises(TypeError, match="expected_revison"):
            registry.archive_model("coin", expected_revison=3)  # type: ignore[call-arg]

    def test_an_unknown_way_with_known_models_is_refused(self, registry: Registry) -> None:
        with pytest.raises(RegistrationError, match="if_exists cannot be 'fail'"):
            register(registry, coin(), if_exists="fail")

    def test_a_name_of_a_file_that_is_no_text_is_refused(self, registry: Registry) -> None:
        with pytest.raises(ConflictError) as refused:
            registry.register_model(source(filename="\ud800.md"))
        assert refused.value.code == "bad_text"

    def test_an_op_id_for_something_else_is_refused(self, registry: Registry) -> None:
        register(registry, coin(), op_id="call-1")
        with pytest.raises(ConflictError) as refused:
            register(registry, coin("Other Coin"), op_id="call-1")
        assert refused.value.code == "op_id_reused"

    def test_a_repeated_move_gives_the_state_it_led_to(self, registry: Registry) -> None:
        register(registry, coin())
        first = registry.archive_model("coin-judge", op_id="call-2")
        registry.restore_model("coin-judge")
        assert registry.archive_model("coin-judge", op_id="call-2") == first
        assert registry.get_model_info("coin-judge")["state"] == "active"

    def test_a_stale_revision_is_refused_and_shows_what_happened(self, registry: Registry) -> None:
        register(registry, coin())
        registry.update_model_metadata("coin-judge", {"tags": ["toy"]}, actor="grace", expected_revision=1)
        with pytest.raises(ConflictError) as refused:
            registry.update_model_metadata("coin-judge", {"tags": ["game"]}, expected_revision=1)
        assert refused.value.facts["actual"] == 2
        assert refused.value.facts["theirs"][0]["actor"] == "grace"


class TestVersions:
    def test_a_release_without_a_source_is_the_next_patch(self, registry: Registry) -> None:
        register(registry, coin())
        assert registry.create_model_version("coin-judge")["version"] == "1.0.1"
        assert registry.create_model_version("coin-judge", "2.0.0")["version"] == "2.0.0"

    def test_a_taken_number_is_refused(self, registry: Registry) -> None:
        register(registry, coin())
        registry.create_model_version("coin-judge", "2.0.0")
        for number in ("2.0.0", "1.5.0"):
            with pytest.raises(VersionError):
                registry.create_model_version("coin-judge", number)

    @pytest.mark.parametrize("number", ["two", "1.2", "v", "1.0.0.0", ""])
    def test_what_is_no_number_is_refused_or_computed(self, registry: Registry, number: str) -> None:
        register(registry, coin())
        if not number:
            assert registry.create_model_version("coin-judge", number)["version"] == "1.0.1"
            return
        with pytest.raises(VersionError) as refused:
            registry.create_model_version("coin-judge", number)
        assert refused.value.code == "bad_version"

    def test_a_number_below_the_required_step_needs_leave_and_a_reason(self, registry: Registry) -> None:
        register(registry, coin())
        broken = source(coin().replace("D>s\n", ""))
        with pytest.raises(VersionError):
            registry.create_model_version("coin-judge", "1.1.0", source=broken)
        with pytest.raises(VersionError, match="reason"):
            registry.create_model_version("coin-judge", "1.1.0", source=broken, allow_lower=True)
        done = registry.create_model_version(
            "coin-judge", "1.1.0", source=broken, allow_lower=True, reason="the edge was never used"
        )
        assert (done["version"], done["bump"], done["reason"]) == ("1.1.0", "major", "the edge was never used")

    def test_a_prerelease_is_not_current_until_its_release(self, registry: Registry) -> None:
        register(registry, coin())
        registry.create_model_version("coin-judge", "2.0.0-rc.1")
        assert registry.get_model_info("coin-judge")["current_version"] == "1.0.0"
        assert registry.create_model_version("coin-judge")["version"] == "2.0.0"
        assert registry.get_model_info("coin-judge")["current_version"] == "2.0.0"

    def test_references_by_number_range_and_alias(self, registry: Registry) -> None:
        register(registry, coin())
        register(registry, coin(heads=0.6))
        registry.create_model_version("coin-judge", "2.0.0")
        registry.set_model_alias("coin-judge", "paper", "1.0.0")
        for reference, version in {
            "coin-judge": "2.0.0",
            "coin-judge@1.0.0": "1.0.0",
            "coin-judge@^1": "1.1.0",
            "coin-judge@paper": "1.0.0",
        }.items():
            assert registry.get_model_source(reference)["version"] == version

    def test_rolling_back_moves_current_and_a_new_version_ends_it(self, registry: Registry) -> None:
        register(registry, coin())
        register(registry, coin(heads=0.6))
        assert registry.rollback_model("coin-judge", "1.0.0")["current_version"] == "1.0.0"
        assert len(registry.get_model_versions("coin-judge")["items"]) == 2
        register(registry, coin(heads=0.7))
        assert registry.get_model_info("coin-judge")["current_version"] == "1.2.0"

    def test_a_yanked_version_is_read_by_number_alone(self, registry: Registry) -> None:
        register(registry, coin())
        register(registry, coin(heads=0.6))
        assert registry.yank_model_version("coin-judge", "1.1.0", "wrong numbers")["current_version"] == "1.0.0"
        assert registry.get_model_source("coin-judge@^1")["version"] == "1.0.0"
        assert registry.get_model_source("coin-judge@1.1.0")["version"] == "1.1.0"
        assert registry.yank_model_version("coin-judge", "1.1.0", undo=True)["current_version"] == "1.1.0"

    def test_the_numbers_of_some_models_are_theirs_alone(self, registry: Registry) -> None:
        for number in range(4):
            registry.register_model(source(coin(f"Coin {number}", heads=0.1 + number / 10)))
        some = registry.generate_registry_statistics(models=(f"coin-{number}" for number in (0, 2, 9)))
        assert (some["models"], some["versions"]) == (2, 2)
        assert registry.generate_registry_statistics(models=[])["models"] == 0
        assert registry.generate_registry_statistics()["models"] == 4

    def test_comparing_tells_structure_numbers_and_performance_apart(self, registry: Registry) -> None:
        register(registry, coin(), metadata={"performance": {"accuracy": 0.8}})
        register(registry, coin(heads=0.6, connections="D>o\n"), metadata={"performance": {"accuracy": 0.9}})
        found = registry.compare_model_versions("coin-judge", "1.0.0", "1.1.0")
        assert [change["kind"] for change in found["structural_changes"]] == ["edge-added"]
        assert [change["name"] for change in found["parameter_changes"]] == ["A"]
        assert found["performance_delta"]["accuracy"] == pytest.approx(0.1)
        assert found["required_bump"] == "minor"


class TestLifecycle:
    def test_the_whole_life_and_back(self, registry: Registry) -> None:
        register(registry, coin())
        assert registry.deprecate_model("coin-judge")["state"] == State.DEPRECATED
        assert registry.archive_model("coin-judge")["state"] == State.ARCHIVED
        assert registry.delete_model("coin-judge")["state"] == State.DELETED
        back = [registry.restore_model("coin-judge")["state"] for _ in range(3)]
        assert back == [State.ARCHIVED, State.DEPRECATED, State.ACTIVE]

    def test_repeating_a_move_is_quiet(self, registry: Registry) -> None:
        register(registry, coin())
        assert registry.archive_model("coin-judge") == registry.archive_model("coin-judge")
        assert registry.delete_model("coin-judge") == registry.delete_model("coin-judge")
        assert registry.get_audit_trail()["total"] == 3

    def test_an_illegal_move_names_the_legal_ones(self, registry: Registry) -> None:
        register(registry, coin())
        registry.archive_model("coin-judge")
        with pytest.raises(LifecycleError) as refused:
            registry.deprecate_model("coin-judge")
        assert refused.value.facts["legal"] == ["delete", "restore"]

    def test_an_archived_model_takes_no_changes_and_leaves_the_search(self, registry: Registry) -> None:
        register(registry, coin())
        registry.archive_model("coin-judge")
        with pytest.raises(LifecycleError, match="takes no changes") as refused:
            register(registry, coin(heads=0.6))
        assert isinstance(refused.value, RegistrationError)
        assert "restore" in refused.value.hint.lower()
        assert registry.search_models("coin")["total"] == 0
        assert registry.search_models("coin", {"state": "archived"})["total"] == 1

    def test_deletion_is_refused_while_others_depend_on_it(self, registry: Registry) -> None:
        register(registry, coin("Base Coin"))
        register(
            registry, coin("User Coin", heads=0.6), metadata={"dependencies": ["base-coin@^1", "pypi:numpy>=1.20"]}
        )
        with pytest.raises(DependencyError, match="user-coin"):
            registry.delete_model("base-coin")
        assert registry.get_model_info("base-coin")["dependencies"]["required_by"] == ["user-coin"]
        requires = registry.get_model_info("user-coin")["dependencies"]
        assert requires["requires"] == [{"requirement": "base-coin@^1", "id": "base-coin", "resolved": "1.0.0"}]
        assert requires["external"] == ["pypi:numpy>=1.20"]
        assert registry.delete_model("base-coin", force=True)["state"] == "deleted"

    def test_models_that_would_require_themselves_are_refused_with_the_chain(self, registry: Registry) -> None:
        register(registry, coin("Base Coin"))
        register(registry, coin("User Coin", heads=0.6), metadata={"dependencies": ["base-coin"]})
        with pytest.raises(DependencyError) as refused:
            registry.update_model_metadata("base-coin", {"dependencies": ["user-coin"]})
        assert refused.value.facts["chain"] == ["base-coin", "user-coin", "base-coin"]

    def test_a_replacement_is_there_and_leads_nowhere_back(self, registry: Registry) -> None:
        register(registry, coin("Old Coin"))
        register(registry, coin("New Coin", heads=0.6))
        done = registry.deprecate_model("old-coin", "superseded", replacement="new-coin", sunset="2027-01-01")
        assert (done["replacement"], done["sunset"], done["reason"]) == ("new-coin", "2027-01-01", "superseded")
        with pytest.raises(LifecycleError):
            registry.deprecate_model("new-coin", replacement="old-coin")
        with pytest.raises(NotFoundError):
            registry.deprecate_model("new-coin", replacement="no-coin")


class TestAsking:
    def test_an_unknown_model_is_not_found_and_the_nearest_are_named(self, registry: Registry) -> None:
        register(registry, coin())
        with pytest.raises(NotFoundError, match="coin-jugde") as refused:
            registry.get_model_info("coin-jugde")
        assert "coin-judge" in refused.value.hint

    def test_an_unknown_version_is_not_found_and_the_known_are_named(self, registry: Registry) -> None:
        register(registry, coin())
        with pytest.raises(NotFoundError) as refused:
            registry.get_model_source("coin-judge", "9.9.9")
        assert "1.0.0" in refused.value.hint

    def test_the_source_comes_back_to_the_letter(self, registry: Registry) -> None:
        text = coin() + "\n\t trailing  \n"
        register(registry, text)
        assert registry.get_model_source("coin-judge")["text"] == text

    def test_a_search_sees_what_was_written_before_it(self, registry: Registry) -> None:
        for number in range(3):
            register(registry, coin(f"Coin Number {number}"))
            assert registry.search_models("number")["total"] == number + 1
        registry.update_model_metadata("coin-number-1", {"tags": ["favourite"]})
        assert [hit["id"] for hit in registry.search_models("favourite")["items"]] == ["coin-number-1"]

    def test_filters_narrow_a_search(self, registry: Registry) -> None:
        register(registry, coin("Coin A"), metadata={"tags": ["toy"], "performance": 0.9})
        register(registry, coin("Coin B", heads=0.6), metadata={"tags": ["toy", "game"], "performance": 0.5})
        register(registry, coin("Coin C", heads=0.7), metadata={"author": "Grace Example"})

        def found(**filters: Any) -> list[str]:
            return sorted(hit["id"] for hit in registry.search_models("coin", filters)["items"])

        assert found(tags=["toy"]) == ["coin-a", "coin-b"]
        assert found(tags=["toy", "game"]) == ["coin-b"]
        assert found(min_performance=0.8) == ["coin-a"]
        assert found(author="Grace Example") == ["coin-c"]
        assert found(kinds=["static"]) == ["coin-a", "coin-b", "coin-c"]

    @pytest.mark.parametrize(
        ("filters", "where"),
        [
            ({"tag": ["toy"]}, "filters.tag"),
            ({"min_performance": "high"}, "filters.min_performance"),
            ({"state": "gone"}, "filters.state"),
            ({"version": "not a range"}, "filters.version"),
        ],
    )
    def test_a_filter_that_cannot_be_understood_is_a_search_error(
        self, registry: Registry, filters: dict[str, Any], where: str
    ) -> None:
        with pytest.raises(SearchError) as refused:
            registry.search_models("coin", filters)
        assert refused.value.where == where

    def test_words_that_are_nowhere_together_are_found_apart_and_it_says_so(self, registry: Registry) -> None:
        register(registry, coin("Copper Coin"))
        register(registry, coin("Silver Coin", heads=0.6))
        found = registry.search_models("copper silver")
        assert found["relaxed"] is True
        assert found["total"] == 2

    def test_pages_show_everything_once(self, registry: Registry) -> None:
        for number in range(7):
            register(registry, coin(f"Coin {number}", heads=0.1 * number))
        seen, cursor = [], ""
        while True:
            page = registry.list_models(limit=3, cursor=cursor)
            seen += [row["id"] for row in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = page["next_cursor"]
        assert seen == [f"coin-{number}" for number in range(7)]
        with pytest.raises(SearchError):
            registry.list_models(cursor="nonsense")

    def test_a_file_and_its_metadata_are_checked_as_registering_would(self, registry: Registry) -> None:
        assert registry.validate_model(source(coin()))["findings"] == []
        told = registry.validate_model(source(coin(connections="s>>")), {"description": "short", "licence": "MIT"})
        assert told["ok"] is False
        assert {("M001", "metadata"), ("M002", "metadata")} <= {(row["code"], row["where"]) for row in told["findings"]}
        assert any(row["where"].startswith("line ") for row in told["findings"])
        assert registry.list_models()["total"] == 0

    def test_identifying_a_text(self, registry: Registry) -> None:
        register(registry, coin())
        assert registry.identify_model(source=source(coin()))["matches"][0]["by"] == "digest"
        respelled = registry.identify_model(source=source(coin() + "\n\n"))["matches"]
        assert [(match["id"], match["by"]) for match in respelled] == [("coin-judge", "fingerprint")]
        assert registry.identify_model(source=source(coin(heads=0.9)))["known"] is False

    def test_the_past_can_be_asked(self, registry: Registry) -> None:
        register(registry, coin())
        register(registry, coin(heads=0.6))
        registry.archive_model("coin-judge")
        assert registry.get_model_info("coin-judge", as_of=1)["current_version"] == "1.0.0"
        assert registry.get_model_info("coin-judge", as_of=2)["state"] == "active"
        assert registry.list_models(as_of=0)["total"] == 0
        assert registry.generate_registry_statistics(as_of=1)["versions"] == 1

    def test_the_trail_tells_who_did_what_newest_first(self, registry: Registry) -> None:
        register(registry, coin(), actor="grace")
        registry.archive_model("coin-judge", "no longer used")
        trail = registry.get_audit_trail("coin-judge")
        assert [(event["kind"], event["actor"]) for event in trail["items"]] == [
            ("model_archived", "ada"),
            ("model_registered", "grace"),
        ]
        assert trail["items"][0]["reason"] == "no longer used"
        assert registry.get_audit_trail(actor="grace")["total"] == 1
        page = registry.get_audit_trail(limit=1)
        assert registry.get_audit_trail(limit=1, cursor=page["next_cursor"])["items"][0]["seq"] == 1

    def test_a_sound_registry_validates(self, registry: Registry) -> None:
        register(registry, coin())
        assert registry.validate_registry() == {
            "ok": True,
            "findings": [],
            "models": 1,
            "events": 1,
            "head": f"1:{registry.head()['root']}",
        }
