"""What two texts side by side are told to differ in: the graph, and the findings that came and went."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model_registry.domain.comparison import compare_texts, findings_changes
from model_registry.domain.source import understand
from model_registry.gnn.model import Diagnostic, Severity
from texts import coin, source

FINDINGS = st.lists(
    st.builds(
        Diagnostic,
        code=st.sampled_from(("E001", "W002")),
        severity=st.just(Severity.WARNING),
        line=st.integers(0, 9),
        message=st.sampled_from(("A is odd.", "B is odd.")),
    )
)


BROKEN = coin().replace("0.8)", "0.7)")


def _told(old: str, new: str) -> dict[str, Any]:
    return compare_texts(understand(source(old)), understand(source(new)))


def test_a_likelihood_that_no_longer_sums_to_one_is_a_finding_introduced() -> None:
    findings = _told(coin(), BROKEN)["findings"]
    assert [row["code"] for row in findings["introduced"]] == ["E020"]
    assert findings["fixed"] == []


def test_read_backwards_the_finding_is_fixed() -> None:
    findings = _told(BROKEN, coin())["findings"]
    assert ([row["code"] for row in findings["fixed"]], findings["introduced"]) == (["E020"], [])


def test_the_graph_tells_whose_parents_changed() -> None:
    graph = _told(coin(), coin(connections="D>o\n"))["graph"]
    assert graph["parents"] == [{"name": "o", "before": [], "after": ["D"]}]
    assert graph["edges"]["after"] - graph["edges"]["before"] == 1


def test_a_finding_that_names_a_line_and_moves_is_no_change() -> None:
    def twice(line: int) -> Diagnostic:
        return Diagnostic("E001", Severity.ERROR, line + 9, f"s is declared again; line {line} declares it first.")

    assert findings_changes([twice(3)], [twice(30)]) == ((), ())


def test_the_second_of_two_equal_findings_is_introduced() -> None:
    odd = Diagnostic("W002", Severity.WARNING, 1, "A is odd.")
    assert findings_changes([odd], [odd, odd]) == ((odd,), ())


@given(FINDINGS, FINDINGS)
def test_introduced_and_fixed_swap_when_the_sides_swap(old: list[Diagnostic], new: list[Diagnostic]) -> None:
    assert findings_changes(old, new) == findings_changes(new, old)[::-1]


@given(FINDINGS, FINDINGS)
def test_what_was_less_what_is_fixed_with_what_is_introduced_is_what_is(
    old: list[Diagnostic], new: list[Diagnostic]
) -> None:
    introduced, fixed = findings_changes(old, new)
    assert len(old) - len(fixed) + len(introduced) == len(new)
    assert set(map(_key, new)) - set(map(_key, old)) <= set(map(_key, introduced))


def _key(finding: Diagnostic) -> tuple[str, str]:
    return finding.code, finding.message
