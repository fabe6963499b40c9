"""Random operations against an oracle that knows the rules of the design and none of the code."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import semver
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from model_registry.bootstrap import open_registry
from model_registry.domain.entry import fold
from model_registry.errors import RegistryError
from texts import coin, source

NAMES = {"coin-a": "Coin A", "coin-b": "Coin B", "coin-c": "Coin C"}
HEADS = (0.5, 0.6, 0.7)
MOVES = {
    ("active", "deprecate"): "deprecated",
    ("active", "archive"): "archived",
    ("active", "delete"): "deleted",
    ("deprecated", "archive"): "archived",
    ("deprecated", "delete"): "deleted",
    ("archived", "delete"): "deleted",
}

ids = st.sampled_from(sorted(NAMES))


@dataclass
class Oracle:
    """What a model is, by the rules alone."""

    contents: list[float]
    numbers: list[str] = field(default_factory=lambda: ["1.0.0"])
    current: str = "1.0.0"
    pinned: bool = False
    states: list[str] = field(default_factory=lambda: ["active"])
    yanked: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        return self.states[-1]

    @property
    def writable(self) -> bool:
        return self.state in {"active", "deprecated"}

    def highest(self, *, stable: bool, without: frozenset[str] | set[str] = frozenset()) -> semver.Version | None:
        numbers = [semver.Version.parse(number) for number in self.numbers if number not in without]
        return max((number for number in numbers if not (stable and number.prerelease)), default=None)

    def computed(self, *, minor: bool) -> str:
        top, base = self.highest(stable=False), self.highest(stable=True)
        assert top is not None
        assert base is not None
        step = base.bump_minor() if minor else base.bump_patch()
        return str(step if step > top else top.finalize_version())

    def add(self, number: str, content: float) -> None:
        self.numbers.append(number)
        self.contents.append(content)
        if not semver.Version.parse(number).prerelease:
            self.current, self.pinned = number, False


@settings(max_examples=25, stateful_step_count=35, deadline=None, suppress_health_check=list(HealthCheck))
class RegistryMachine(RuleBasedStateMachine):
    """Drives a directory store that is now and then opened anew."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.registry = open_registry(self.folder / "registry", actor="ada")
        self.models: dict[str, Oracle] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    def refused(self, operation: object, *arguments: object, **options: object) -> bool:
        """Tell whether an operation was refused; a refusal adds nothing to the log."""
        before, errors = self.registry.catalogue().position, []
        try:
            operation(*arguments, **options)  # type: ignore[operator]
        except RegistryError as error:
            errors.append(error)
        assert all(error.code and error.hint for error in errors)
        assert not errors or self.registry.catalogue().position == before
        return bool(errors)

    @rule(model_id=ids, heads=st.sampled_from(HEADS))
    def register(self, model_id: str, heads: float) -> None:
        model = self.models.get(model_id)
        refused = self.refused(self.registry.register_model, source(coin(NAMES[model_id], heads=heads)))
        assert refused is (model is not None and not model.writable)
        if model is None:
            self.models[model_id] = Oracle([heads])
        elif model.writable and model.contents[-1] != heads:
            model.add(model.computed(minor=True), heads)

    @precondition(lambda self: self.models)
    @rule(model_id=ids, number=st.sampled_from(["", "1.5.0", "2.0.0", "2.0.0-rc.1", "3.0.0", "1.0.0", "nonsense"]))
    def release(self, model_id: str, number: str) -> None:
        model = self.models.get(model_id)
        refused = self.refused(self.registry.create_model_version, model_id, number)
        allowed = model is not None and model.writable and self._is_free(model, number)
        assert refused is not allowed
        if allowed and model is not None:
            model.add(number or model.computed(minor=False), model.contents[-1])

    def _is_free(self, model: Oracle, number: str) -> bool:
        top = model.highest(stable=False)
        assert top is not None
        return not number or (number != "nonsense" and semver.Version.parse(number) > top)

    @precondition(lambda self: self.models)
    @rule(model_id=ids, move=st.sampled_from(["deprecate", "archive", "delete"]))
    def move(self, model_id: str, move: str) -> None:
        model = self.models.get(model_id)
        refused = self.refused(getattr(self.registry, f"{move}_model"), model_id)
        if model is None:
            assert refused
            return
        reached = MOVES.get((model.state, move))
        assert refused is (reached is None and not model.state.startswith(move[:6]))
        if reached:
            model.states.append(reached)

    @precondition(lambda self: self.models)
    @rule(model_id=ids)
    def restore(self, model_id: str) -> None:
        model = self.models.get(model_id)
        assert self.refused(self.registry.restore_model, model_id) is (model is None)
        if model and len(model.states) > 1:
            model.states.pop()

    @precondition(lambda self: self.models)
    @rule(model_id=ids, place=st.integers(0, 5))
    def roll_back(self, model_id: str, place: int) -> None:
        model = self.models.get(model_id)
        number = model.numbers[place % len(model.numbers)] if model else "1.0.0"
        assert self.refused(self.registry.rollback_model, model_id, number) is (model is None or not model.writable)
        if model and model.writable and number != model.current:
            model.current = number
            model.pinned = number != str(model.highest(stable=True, without=model.yanked))

    @precondition(lambda self: self.models)
    @rule(model_id=ids, place=st.integers(0, 5), undo=st.booleans())
    def yank(self, model_id: str, place: int, undo: bool) -> None:
        model = self.models.get(model_id)
        number = model.numbers[place % len(model.numbers)] if model else "1.0.0"
        last = model is not None and model.highest(stable=True, without={*model.yanked, number}) is None
        quiet = model is not None and (number in model.yanked) is not undo
        refused = self.refused(self.registry.yank_model_version, model_id, number, undo=undo)
        assert refused is (model is None or not model.writable or (last and not undo and not quiet))
        if refused or quiet or model is None:
            return
        (model.yanked.discard if undo else model.yanked.add)(number)
        best = model.highest(stable=True, without=model.yanked)
        if (model.current == number and not undo) or (undo and not model.pinned):
            model.current = str(best)

    @precondition(lambda self: self.models)
    @rule(model_id=ids, place=st.integers(0, 5), remove=st.booleans())
    def alias(self, model_id: str, place: int, remove: bool) -> None:
        model = self.models.get(model_id)
        number = "" if remove else model.numbers[place % len(model.numbers)] if model else "1.0.0"
        refused = self.refused(self.registry.set_model_alias, model_id, "paper", number)
        assert refused is (model is None or not model.writable)
        if model and model.writable:
            model.aliases = {"paper": number} if number else {}

    @rule()
    def open_anew(self) -> None:
        self.registry = open_registry(self.folder / "registry", actor="ada")

    @invariant()
    def the_registry_is_what_the_oracle_says(self) -> None:
        if not hasattr(self, "models"):
            return
        entries = self.registry.catalogue().entries
        assert set(entries) == set(self.models)
        for model_id, model in self.models.items():
            entry = entries[model_id]
            assert [version.version for version in entry.versions] == model.numbers
            assert (entry.state.value, entry.current, dict(entry.aliases)) == (
                model.state,
                model.current,
                model.aliases,
            )
            assert {version.version for version in entry.versions if version.state == "yanked"} == model.yanked
            assert len(set(model.numbers)) == len(model.numbers)

    @invariant()
    def entries_are_the_fold_of_their_events(self) -> None:
        if not hasattr(self, "models"):
            return
        events = list(self.registry.events())
        for model_id, entry in self.registry.catalogue().entries.items():
            assert fold(event for event in events if event.model == model_id) == entry

    @rule()
    def everything_validates(self) -> None:
        found = self.registry.validate_registry()
        assert [finding for finding in found["findings"] if finding["severity"] != "info"] == []


TestRegistry = RegistryMachine.TestCase
