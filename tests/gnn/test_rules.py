"""Each rule has a clean text that it passes and one edit of that text that it finds; real models are in a table."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_registry.gnn.model import Severity
from model_registry.gnn.parser import parse
from model_registry.gnn.rules import RULES, check, rules_table

DATA = Path(__file__).resolve().parents[1] / "data" / "rules"
CLEAN = {path.stem: path.read_text(encoding="utf-8") for path in sorted(DATA.glob("*.md"))}


@dataclass(frozen=True)
class Case:
    """A clean text, the edits that break one rule, and the codes that the same fault must also give."""

    text: str
    edits: dict[str, str]
    also: tuple[str, ...] = ()

    @property
    def broken(self) -> str:
        """Give the text with its edits made, each exactly once."""
        broken = CLEAN[self.text]
        for clean, wrong in self.edits.items():
            assert broken.count(clean) == 1, f"{clean!r} must stand once in {self.text}.md"
            broken = broken.replace(clean, wrong)
        return broken


B_NEXT_FIRST = """B={
  ( (0.9, 0.1), (0.7, 0.0), (0.2, 0.0) ),
  ( (0.1, 0.6), (0.2, 0.3), (0.5, 0.1) ),
  ( (0.0, 0.3), (0.1, 0.7), (0.3, 0.9) )
}"""
B_ACTION_FIRST = """B={
  ( (0.9, 0.7, 0.2), (0.1, 0.2, 0.5), (0.0, 0.1, 0.3) ),
  ( (0.1, 0.0, 0.0), (0.6, 0.3, 0.1), (0.3, 0.7, 0.9) )
}"""
B_BOTH_WAYS = """B={
  ( (0.5, 0.3, 0.2), (0.2, 0.5, 0.3), (0.3, 0.2, 0.5) ),
  ( (0.1, 0.6, 0.3), (0.3, 0.1, 0.6), (0.6, 0.3, 0.1) )
}"""
B_SMALL = "B={ ( (0.5, 0.5), (0.5, 0.4) ), ( (0.5, 0.5), (0.5, 0.6) ) }"
A_OF_AGENT = """A={
  (0.9, 0.6, 0.1),
  (0.1, 0.4, 0.9)
}"""

CASES = {
    "E001": Case("agent", {"## ModelName\nDoor Keeper\n": ""}),
    "E002": Case("agent", {"D={(0.5, 0.3, 0.2)}": "D={(0.5, 0.5)}"}),
    "E004": Case("agent", {"C[2,type=float] ": "C[2,type=float]\nC[2,type=float] "}),
    "E006": Case("smallest", {"s[2,1,type=float]\no[2,1,type=int]\n": "", "s>o\n": ""}),
    "E009": Case("agent", {"C={(0.0, 2.0)}": "C={(0.0, 1e999)}"}),
    "E010": Case("agent", {"γ[1,": "γ[0,"}),
    "E011": Case("agent", {"o[2,1": "o[4,1"}),
    "E012": Case("agent", {"A[2,3": "A[2,4", A_OF_AGENT: "A={ (0.9, 0.6, 0.1, 0.3), (0.1, 0.4, 0.9, 0.7) }"}),
    "E013": Case("agent", {"B[3,3,2": "B[2,2,2", B_NEXT_FIRST: B_SMALL}),
    "E015": Case("agent", {"D[3": "D[2", "D={(0.5, 0.3, 0.2)}": "D={(0.5, 0.5)}"}),
    "E016": Case("agent", {"E[2": "E[3", "E={(0.4, 0.6)}": "E={(0.4, 0.5, 0.1)}"}),
    "E020": Case("agent", {"(0.9, 0.6, 0.1),": "(0.9, 0.8, 0.1),"}),
    "E021": Case("agent", {"(0.7, 0.0)": "(0.9, 0.0)"}),
    "E022": Case("agent", {"D={(0.5, 0.3, 0.2)}": "D={(0.5, 0.3, 0.4)}"}),
    "E024": Case("agent", {A_OF_AGENT: "A={ (1.2, 0.6, 0.1), (-0.2, 0.4, 0.9) }"}),
    "E025": Case("learner", {"(2.0, 3.0, 1.0)": "(2.0, 0.0, 1.0)"}),
    "E026": Case(
        "learner",
        {"dirichlet_A[2,3": "dirichlet_A[3,2", "{ (2.0, 3.0, 1.0), (2.0, 1.0, 4.0) }": "{ (1, 2), (3, 4), (5, 6) }"},
    ),
    "E027": Case("tracker", {"(0.2, 0.1), (0.1, 0.3)": "(0.2, 0.1), (0.0, 0.3)"}),
    "E028": Case("tracker", {"(0.2, 0.1), (0.1, 0.3)": "(0.2, 0.5), (0.5, 0.3)"}),
    "E029": Case("agent", {"γ=2.0": "γ=-2.0"}),
    "W001": Case("agent", {"C>G\n": ""}),
    "W002": Case("agent", {"π>u": "π>v"}),
    "W003": Case("agent", {"γ=2.0": "γ=2.0\nweight=3.0"}),
    "W004": Case("agent", {"γ=2.0": "γ=2.0\nγ=3.0"}),
    "W005": Case("agent", {"## Footer": "## Footer\nOnce.\n\n## Footer"}),
    "W007": Case("smallest", {"o[2,1,type=int]": "o[2,1,type=int]\nμ[2]\nµ[2]", "s>o": "s>o\nμ>o\nµ>o"}),
    "W008": Case("agent", {"π>u": "π>u\nπ>u"}),
    "W009": Case("agent", {"π>u": "π>u\nπ-u"}),
    "W010": Case("agent", {"# Likelihood: [outcome, state]": "# Transition of states"}),
    "W011": Case("agent", {"B[3,3,2": "B[2,3,3"}),
    "W012": Case("factors", {"(s_f0, s_f1)>A_m0": "s_f0>A_m0"}),
    "W013": Case("agent", {"u[1,": "u[3,"}),
    "W014": Case("agent", {"C[2": "C[3", "C={(0.0, 2.0)}": "C={(0.0, 2.0, 1.0)}"}),
    "W020": Case("agent", {A_OF_AGENT: "A={ (0.5, 0.3, 0.2), (0.2, 0.2, 0.6) }"}),
    "W021": Case("agent", {"[next, previous, action]": "[action, previous, next]"}),
    "W022": Case("agent", {"E={(0.4, 0.6)}": "E={(0.4, 0.8)}"}),
    "W023": Case("agent", {"D={(0.5, 0.3, 0.2)}": "D={(0.33, 0.33, 0.33)}"}),
    "W030": Case("agent", {"Dynamic": "Static"}),
    "W031": Case("smallest", {"Static": "Dynamic"}),
    "W032": Case("agent", {"ModelTimeHorizon=10": "ModelTimeHorizon=soon"}),
    "W033": Case("factors", {"num_timesteps: 20": "num_timesteps: 30"}),
    "W034": Case("agent", {"Time=t": "Time=tick"}),
    "W035": Case("factors", {"π[2": "π[5"}),
    "W036": Case("agent", {"ActInfPOMDP": "ActInfPOMDP_Learning"}),
    "W037": Case("factors", {"num_hidden_states: [3, 2]": "num_hidden_states: 7"}),
    "W038": Case("factors", {"num_obs: [4, 2]": "num_obs: [4, 5]"}),
    "W039": Case("factors", {"num_actions: 2": "num_actions: 4"}),
    "W040": Case("factors", {"num_factors: 2": "num_factors: 3"}),
    "W041": Case("factors", {"num_modalities: 2": "num_modalities: 1"}),
    "W042": Case("pair", {"nr_agents: 2": "nr_agents: 4"}),
    "I001": Case("agent", {"γ>π\n": ""}),
    "I002": Case("agent", {"D=PriorOverHiddenStates": "D=PriorOverHiddenStates\nD=Prior"}),
    "I003": Case("agent", {"π>u": "π>u\nu>π"}),
    "I005": Case("agent", {"γ=Precision": "γ=Precision\nclock=Time"}),
    "I006": Case("agent", {"γ=Precision": "γ=Zebra"}),
    "I007": Case("agent", {"γ=Precision": "γ=Precisoin"}),
    "I008": Case("agent", {"C={(0.0, 2.0)}\n": ""}),
    "I009": Case("agent", {"C={(0.0, 2.0)}": "C={(ln(0.2), ln(0.8))}"}),
    "I010": Case("agent", {"γ[1,": "γ[n,"}),
    "I021": Case(
        "agent",
        {"B[3,3,2": "B[2,3,3", "[next, previous, action]": "", B_NEXT_FIRST: B_ACTION_FIRST},
    ),
    "I022": Case("agent", {"B[3,3,2": "B[2,3,3", "[next, previous, action]": "", B_NEXT_FIRST: B_BOTH_WAYS}),
}


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_text_gives_no_finding(name: str) -> None:
    model = parse(CLEAN[name])

    assert check(model) == ()
    assert model.diagnostics == ()


def test_every_rule_has_a_fixture_and_every_fixture_a_rule() -> None:
    assert list(CASES) == [rule.id for rule in RULES]


@pytest.mark.parametrize("code", CASES)
def test_the_broken_text_gives_this_finding_and_no_other(code: str) -> None:
    case = CASES[code]

    found = check(parse(case.broken))

    assert sorted(finding.code for finding in found) == sorted((code, *case.also))


@pytest.mark.parametrize("code", [code for code in CASES if code != "E001"])
def test_a_finding_names_the_line_it_stands_on(code: str) -> None:
    broken = CASES[code].broken

    finding = next(finding for finding in check(parse(broken)) if finding.code == code)

    assert 1 <= finding.line <= len(broken.splitlines())


@pytest.mark.parametrize("code", CASES)
def test_a_finding_is_one_sentence_with_a_hint(code: str) -> None:
    finding = next(finding for finding in check(parse(CASES[code].broken)) if finding.code == code)

    assert re.fullmatch(r"[^\n]+[.]", finding.message)
    assert re.fullmatch(r"[^\n]+[.]", finding.hint)


def test_ids_are_unique_and_carry_their_severity() -> None:
    letters = {"E": Severity.ERROR, "W": Severity.WARNING, "I": Severity.INFO}
    ids = [rule.id for rule in RULES]

    assert len(set(ids)) == len(ids) >= 30
    assert {rule.id for rule in RULES if rule.severity is not letters[rule.id[0]]} == {"W003"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("E002", "D is declared 3 and its value is 2."),
        ("E011", "A is 2 x 3 and its observation o has 4 outcomes."),
        ("E020", "A (2 x 3) sums to 1 over no axis: over axis 0 from 1 to 1.2; over axis 1 from 1.4 to 1.8."),
        ("E022", "D sums to 1.2, not to 1."),
        ("E028", "Q has the negative eigenvalue -0.252494."),
        ("W020", "A (2 x 3) sums to 1 over states (axis 1), not outcomes: over axis 0 the sums run from 0.5 to 0.8."),
        (
            "W021",
            "B is said to be [action, previous, next], but sums to 1 over axis 0: "
            "it is [next, previous, action] (shape 3 x 3 x 2).",
        ),
        ("W035", "The policy π has 5 entries, neither 2 nor 2^1."),
        ("I007", "γ is mapped to `Precisoin`, near to Precision."),
    ],
)
def test_a_message_names_the_numbers(code: str, message: str) -> None:
    found = check(parse(CASES[code].broken))

    assert message in [finding.message for finding in found]


def test_findings_come_in_line_order_and_do_not_repeat_the_parser() -> None:
    text = CLEAN["agent"].replace("γ>π", "γ>>>").replace("D={(0.5, 0.3, 0.2)}", "D={(0.5, 0.5)}").replace("C>G\n", "")
    model = parse(text)

    found = check(model)

    assert [finding.line for finding in found] == sorted(finding.line for finding in found)
    assert "E005" in {finding.code for finding in model.diagnostics}
    assert not {finding.code for finding in found} & {finding.code for finding in model.diagnostics}


def test_the_table_for_readers_has_one_row_for_each_rule() -> None:
    header, ruler, *rows = rules_table().splitlines()

    assert header == "| Id | Severity | What it means | What to do |"
    assert ruler == "|---|---|---|---|"
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [rule.id for rule in RULES]
    assert {row.replace("\\|", "").count("|") for row in rows} == {5}


@pytest.mark.parametrize(("entries", "codes"), [(2, []), (4, []), (8, ["W035"]), (6, ["W035"])])
def test_a_policy_has_an_entry_for_each_action_or_for_each_plan(entries: int, codes: list[str]) -> None:
    text = CLEAN["factors"].replace("π[2", f"π[{entries}").replace("planning_horizon: 1", "planning_horizon: 2")

    assert [finding.code for finding in check(parse(text))] == codes


def test_a_monstrous_planning_horizon_is_only_compared() -> None:
    text = CLEAN["factors"].replace("π[2", "π[4").replace("planning_horizon: 1", "planning_horizon: 999999999999")

    assert [finding.code for finding in check(parse(text))] == ["W035"]


def test_a_repeated_hyperedge_is_one_finding_and_not_one_for_each_pair() -> None:
    names = [f"x_f{number}" for number in range(20)]
    edge = f"({', '.join(names[:10])})>({', '.join(names[10:])})"
    declared = "\n".join(f"{name}[2]" for name in names)

    found = check(parse(f"## ModelName\nM\n## StateSpaceBlock\n{declared}\n## Connections\n{edge}\n{edge}\n"))

    assert [(finding.code, finding.message) for finding in found] == [
        ("W008", "The edge x_f0>x_f10 stands on line 25 already.")
    ]


def test_a_transition_that_sums_to_one_over_its_actions_only_is_an_error() -> None:
    text = CLEAN["agent"].replace(B_NEXT_FIRST, "B={ " + ", ".join(["((0.9, 0.1), (0.8, 0.2), (0.3, 0.7))"] * 3) + " }")

    found = check(parse(text))

    assert [finding.code for finding in found] == ["E021"]
    assert "no axis that can hold the next state" in found[0].message


NUMBERS = st.sampled_from(["0", "1", "-1", "0.5", "1e308", "1e999", "nan", "7", "{", "(", "ln(2)", "...", "π", ""])
LINES = [line for text in CLEAN.values() for line in text.splitlines()]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_text_makes_a_check_fail(data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(LINES), max_size=40))
    text = re.sub(r"\d+(?:\.\d+)?", lambda _: data.draw(NUMBERS), "\n".join(lines), count=12)

    found = check(parse(text))

    assert {finding.code for finding in found} <= CASES.keys()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CLEAN)), st.randoms(use_true_random=False))
def test_the_order_of_declarations_changes_no_finding(name: str, random: Random) -> None:
    head, rest = CLEAN[name].split("## StateSpaceBlock\n")
    block, tail = rest.split("\n## Connections\n")
    declarations = block.strip().splitlines()
    random.shuffle(declarations)

    shuffled = f"{head}## StateSpaceBlock\n" + "\n".join(declarations) + f"\n\n## Connections\n{tail}"

    assert check(parse(shuffled)) == ()


REAL = {
    "gnn_files/basics/dynamic_perception": {"W020": 1},
    "gnn_files/basics/static_perception": {"I007": 1, "W001": 1, "W020": 1, "W030": 1},
    "gnn_files/continuous/continuous_navigation": {"E002": 1, "I001": 1, "W003": 5, "W021": 1},
    "gnn_files/continuous/predictive_coding_agent": {"E002": 1, "W003": 5, "W020": 1, "W021": 1},
    "gnn_files/continuous/stochastic_dynamics": {"I007": 2, "W001": 1, "W003": 6, "W021": 1},
    "gnn_files/discrete/actinf_pomdp_agent": {"I001": 1, "I021": 1},
    "gnn_files/discrete/bnlearn_causal_model": {"I006": 3, "W001": 2, "W003": 2},
    "gnn_files/discrete/deep_planning_horizon": {"I006": 1, "I007": 2, "I008": 1, "I022": 1, "W008": 1, "W035": 1},
    "gnn_files/discrete/hmm_baseline": {"I006": 4, "W020": 1},
    "gnn_files/discrete/markov_chain": {"I006": 2},
    "gnn_files/discrete/multi_armed_bandit": {"W021": 1},
    "gnn_files/discrete/simple_mdp": {},
    "gnn_files/discrete/time_varying_dynamics": {"E021": 1, "I007": 2, "W034": 1},
    "gnn_files/discrete/tmaze_epistemic": {"E021": 1, "I006": 2, "I007": 12, "W001": 1},
    "gnn_files/discrete/two_state_bistable": {"W021": 1},
    "gnn_files/hierarchical/hierarchical_pomdp": {"E002": 1, "I007": 5, "W014": 1, "W020": 1, "W021": 1},
    "gnn_files/hierarchical/temporal_hierarchy": {
        "E002": 1,
        "E020": 2,
        "I001": 3,
        "I006": 3,
        "I007": 27,
        "W011": 1,
        "W020": 1,
    },
    "gnn_files/learning/dirichlet_likelihood_learning": {"I006": 1, "W001": 1},
    "gnn_files/multiagent/multi_agent_coordination": {"I006": 1, "I007": 1, "I022": 2, "W011": 2},
    "gnn_files/multiagent/stigmergic_swarm": {"I006": 5, "I007": 6, "I021": 3, "W011": 3},
    "gnn_files/pomdp_gridworld/pomdp_gridworld_3x3": {},
    "gnn_files/precision/curiosity_driven_agent": {"I006": 2, "I021": 1, "W011": 1},
    "gnn_files/precision/precision_weighted": {"I005": 1, "I006": 1, "I007": 2, "W034": 1},
    "gnn_files/pymdp_scaling_study/pymdp_scaling_N16_T100": {},
    "gnn_files/pymdp_scaling_study/pymdp_scaling_N4_T100": {},
    "gnn_files/pymdp_scaling_study/pymdp_scaling_N64_T100": {},
    "gnn_files/pymdp_scaling_study/pymdp_scaling_N8_T100": {},
    "gnn_files/structured/factorized_posterior": {"I003": 2, "I022": 1, "W011": 1, "W034": 1},
    "multi_agent_models/multi_agent_coordination": {"W003": 12},
}


def codes_of(path: Path) -> dict[str, int]:
    return dict(Counter(finding.code for finding in check(parse(path.read_text(encoding="utf-8")))))


def test_every_real_model_gives_the_reviewed_findings(corpus: Path) -> None:
    models = sorted(path for path in corpus.rglob("*.md") if path.name != "README.md")

    found = {path.relative_to(corpus).with_suffix("").as_posix(): codes_of(path) for path in models}

    assert found == REAL
