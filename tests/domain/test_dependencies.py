"""What models require of each other: read, resolved both ways, refused where it cannot be met."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_registry.bootstrap import memory_registry
from model_registry.domain.dependencies import disjoint
from model_registry.domain.requirement import Requirement, malformed, required_models
from model_registry.domain.version import parse_range
from model_registry.errors import DependencyError, MetadataError
from model_registry.registry import Registry
from texts import coin, source


@pytest.fixture
def registry() -> Registry:
    return memory_registry(actor="ada")


def add(registry: Registry, model_id: str, *requires: str, **more: Any) -> dict[str, Any]:
    heads = more.pop("heads", 0.5)
    text = coin(f"Model {model_id}", heads=heads)
    metadata = {"dependencies": list(requires)} if requires else None
    return registry.register_model(source(text), metadata, model_id=model_id, **more)


def require(registry: Registry, model_id: str, *requires: str, **more: Any) -> dict[str, Any]:
    return registry.update_model_metadata(model_id, {"dependencies": list(requires)}, **more)


def shown(registry: Registry, model_id: str) -> dict[str, Any]:
    told: dict[str, Any] = registry.get_model_info(model_id)["dependencies"]
    return told


class TestReading:
    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("base", Requirement("base")),
            ("base@^1.2", Requirement("base", "^1.2")),
            ("base@>=1.0 <2", Requirement("base", ">=1.0 <2")),
            (" base @ 1.x ", Requirement("base", "1.x")),
            ("base@production", Requirement("base", "production")),
        ],
    )
    def test_a_requirement_names_a_model_and_a_range_or_alias(self, text: str, meant: Requirement) -> None:
        assert malformed(text) is None
        assert list(required_models([text, "pypi:numpy>=1.20"])) == [meant]

    @pytest.mark.parametrize(
        "text", ["", "@1", "Base Model", "base@", "base@^", "base@1.2.3.4", "../base", "pypi:", ":x", "b@" + "1" * 400]
    )
    def test_a_malformed_requirement_is_refused_by_name(self, registry: Registry, text: str) -> None:
        with pytest.raises(MetadataError) as refused:
            add(registry, "user", "base@^1", text)
        (fault,) = refused.value.facts["faults"]
        assert fault["field"] == "dependencies"
        assert repr(text[:80]) in fault["message"]
        assert "other-model@^1.2" in fault["hint"]

    @given(st.text(max_size=60))
    def test_any_text_is_either_read_or_told_what_is_wrong_with_it(self, text: str) -> None:
        problem = malformed(text)
        assert problem is None or isinstance(problem, str)


class TestResolving:
    def test_it_is_shown_both_ways_with_the_version_a_range_picks(self, registry: Registry) -> None:
        add(registry, "base")
        add(registry, "base", heads=0.6)
        add(registry, "base", version="2.0.0", heads=0.7)
        add(registry, "user", "base@^1", "pypi:numpy>=1.20")
        assert shown(registry, "user")["requires"] == [{"requirement": "base@^1", "id": "base", "resolved": "1.1.0"}]
        assert shown(registry, "user")["external"] == ["pypi:numpy>=1.20"]
        assert shown(registry, "base")["required_by"] == ["user"]
        assert shown(registry, "base")["dependents"] == [{"id": "user", "requirement": "base@^1", "resolved": "1.1.0"}]

    def test_an_alias_is_followed_where_it_leads(self, registry: Registry) -> None:
        add(registry, "base")
        add(registry, "base", heads=0.6)
        add(registry, "user", "base@production")
        assert shown(registry, "user")["requires"][0]["resolved"] is None
        registry.set_model_alias("base", "production", "1.0.0")
        assert shown(registry, "user")["requires"][0]["resolved"] == "1.0.0"

    def test_what_nothing_meets_is_a_warning_that_says_why(self, registry: Registry) -> None:
        add(registry, "base")
        add(registry, "gone")
        registry.delete_model("gone")
        add(registry, "user", "base@^2", "gone", "nobody@1")
        problems = {row["id"]: row["problem"] for row in shown(registry, "user")["requires"]}
        assert problems == {
            "base": "it has no such version; its current one is 1.0.0",
            "gone": "it is deleted",
            "nobody": "there is no such model",
        }
        checked = registry.validate_registry()
        assert checked["ok"]
        assert {(row["code"], row["severity"], row["where"]) for row in checked["findings"]} == {
            ("unresolved_dependency", "warning", "user@1.0.0")
        }
        assert len(checked["findings"]) == 3

    def test_a_requirement_is_met_once_its_model_is_registered(self, registry: Registry) -> None:
        add(registry, "user", "base@^1")
        assert registry.validate_registry()["findings"]
        add(registry, "base")
        assert registry.validate_registry()["findings"] == []

    def test_required_by_follows_what_current_versions_say(self, registry: Registry) -> None:
        add(registry, "base")
        add(registry, "user", "base")
        add(registry, "user", heads=0.6)
        assert shown(registry, "base")["required_by"] == ["user"], "a new version inherits what it requires"
        require(registry, "user")
        assert shown(registry, "base")["required_by"] == []
        registry.rollback_model("user", "1.0.0")
        assert shown(registry, "base")["required_by"] == ["user"]
        registry.delete_model("user")
        assert shown(registry, "base")["required_by"] == []


class TestRefusing:
    def test_a_cycle_is_refused_with_its_chain(self, registry: Registry) -> None:
        add(registry, "a", "b")
        add(registry, "b", "c")
        with pytest.raises(DependencyError, match="c would require itself: c -> a -> b -> c") as refused:
            add(registry, "c", "a")
        assert (refused.value.code, refused.value.facts["chain"]) == ("dependency_cycle", ["c", "a", "b", "c"])
        assert "c" not in {row["id"] for row in registry.list_models()["items"]}

    def test_a_model_cannot_require_itself(self, registry: Registry) -> None:
        with pytest.raises(DependencyError, match="a -> a"):
            add(registry, "a", "a@^1")

    def test_two_ranges_with_nothing_in_common_are_refused_with_both_chains(self, registry: Registry) -> None:
        add(registry, "base")
        add(registry, "left", "base@^1")
        add(registry, "right", "base@^2")
        with pytest.raises(DependencyError) as refused:
            add(registry, "top", "left", "right")
        assert refused.value.code == "contradicting_ranges"
        assert refused.value.facts["chains"] == [["top", "left", "base@^1"], ["top", "right", "base@^2"]]

    def test_a_contradiction_is_found_below_whatever_requires_the_model_that_changes(self, registry: Registry) -> None:
        for model_id in ("base", "left"):
            add(registry, model_id)
        add(registry, "right", "base@^2")
        add(registry, "top", "left", "right")
        with pytest.raises(DependencyError, match=r"top -> left -> base@\^1 and top -> right -> base@\^2"):
            require(registry, "left", "base@^1")
        assert require(registry, "left", "base@>=1.5")["outcome"] == "updated"

    def test_a_contradiction_elsewhere_is_nobody_elses_burden(self, registry: Registry) -> None:
        add(registry, "left", "base@^1")
        add(registry, "right", "base@^2")
        add(registry, "top", "left", "right", force=True, reason="only one of them runs at a time")
        assert require(registry, "left", "base@^1", "other")["outcome"] == "updated"

    @pytest.mark.parametrize("write", [add, require])
    def test_force_lets_them_stand_and_the_trail_says_why(self, registry: Registry, write: Any) -> None:
        add(registry, "a", "b")
        add(registry, "b")
        more = {"heads": 0.6} if write is add else {}
        with pytest.raises(DependencyError) as refused:
            write(registry, "b", "a", force=True, **more)
        assert (refused.value.code, refused.value.where) == ("reason_missing", "reason")
        write(registry, "b", "a", force=True, reason="they are trained together", **more)
        event = registry.get_audit_trail("b")["items"][0]
        assert event["reason"] == "they are trained together"
        assert event["data"]["forced"] == ["b would require itself: b -> a -> b"]
        checked = registry.validate_registry()
        assert checked["ok"]
        assert {row["code"] for row in checked["findings"]} == {"dependency_cycle"}

    def test_a_dry_run_refuses_what_registering_would(self, registry: Registry) -> None:
        add(registry, "a", "b")
        with pytest.raises(DependencyError):
            add(registry, "b", "a", dry_run=True)

    def test_a_long_chain_is_no_burden(self, registry: Registry) -> None:
        for number in range(150):
            add(registry, f"m{number}", f"m{number + 1}", f"m{number + 2}")
        with pytest.raises(DependencyError) as refused:
            add(registry, "m151", "m0")
        assert len(refused.value.facts["chain"]) > 75


class TestVersionsOutside:
    def test_a_new_version_outside_a_dependents_range_is_reported(self, registry: Registry) -> None:
        add(registry, "base")
        add(registry, "strict", "base@^1")
        add(registry, "loose", "base@>=1")
        add(registry, "any", "base")
        assert add(registry, "base", heads=0.6)["dependents_outside"] == []
        outside = [{"id": "strict", "requirement": "base@^1"}]
        assert add(registry, "base", version="2.0.0", heads=0.7, dry_run=True)["dependents_outside"] == outside
        assert add(registry, "base", version="2.0.0", heads=0.7)["dependents_outside"] == outside
        assert registry.create_model_version("base")["dependents_outside"] == outside


numbers = st.tuples(*[st.integers(0, 3)] * 3).map(lambda parts: ".".join(map(str, parts)))
ranges = st.builds("{}{}".format, st.sampled_from(["^", "~", ">=", "<=", "<", ">", ""]), numbers).map(parse_range)


class TestDisjointRanges:
    @given(ranges, ranges, numbers)
    def test_no_version_lies_in_two_disjoint_ranges(self, first: Any, second: Any, number: str) -> None:
        if disjoint(first, second):
            assert not (number in first and number in second)

    @given(ranges, ranges)
    def test_the_order_of_the_two_does_not_matter(self, first: Any, second: Any) -> None:
        assert disjoint(first, second) == disjoint(second, first)

    @pytest.mark.parametrize(
        ("first", "second", "apart"),
        [
            ("^1", "^2", True),
            ("^1.2", "~1.4", False),
            ("<2", ">=2", True),
            ("<=2.0.0", ">=2.0.0", False),
            ("1.0.0", "1.0.1", True),
            ("*", "^7", False),
        ],
    )
    def test_some_pairs(self, first: str, second: str, apart: bool) -> None:
        assert disjoint(parse_range(first), parse_range(second)) is apart
