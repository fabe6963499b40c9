"""Kill a writer after every k-th call of the file seam, and see what a reader and the next writer find.

    python tests/reliability/crash_driver.py FOLDER [k]
    python tests/reliability/crash_driver.py FOLDER named

`named` kills it at each named point of the commit protocol instead, the first and the third time it comes there. Prints
one line of JSON: how many points were tried, how many operations were acknowledged, and every promise broken.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model_registry.adapters.directory import checkpoint
from model_registry.adapters.files import Files
from model_registry.bootstrap import open_registry
from model_registry.registry import Registration, Registry
from texts import coin, source

PRIMITIVES = (
    "read",
    "size",
    "stamp",
    "names",
    "add_folder",
    "write",
    "append",
    "overwrite",
    "sync",
    "rename",
    "truncate",
    "remove",
)


POINTS = {
    "the source is written by half": ("write", ".tmp/"),
    "the source is written and not synced": ("sync", ".tmp/"),
    "the source is synced and has no name": ("rename", "sources/"),
    "the source has a name that is not synced": ("sync", "sources/"),
    "the lock is not taken": ("lock", "/lock"),
    "the line is written by half": ("append", "log/"),
    "the line is written and not synced": ("sync", ".jsonl"),
    "the line is synced, its segment has no name": ("sync", "/log"),
    "the commit is done, the snapshot is not in place": ("rename", "models/"),
    "the snapshot is in place, the note of it is not": ("overwrite", "position.json"),
    "the checkpoint is not in place": ("rename", "checkpoint/state"),
    "a backup is written and not in place": ("rename", ".zip"),
    "a backup is in place, its name is not synced": ("sync", "/backups"),
}
"""Where a writer may die: before a call on a path that holds or ends with something."""


class DyingFiles(Files):
    """Ends the process, as SIGKILL would, before the k-th call of some kind, by default of any.

    Half of what a write or append was to bring is written.
    """

    def __init__(self, last: int, call: str = "", part: str = "") -> None:
        self.left = last
        self.call, self.part = call, part

    def __getattribute__(self, name: str) -> Any:
        whole = super().__getattribute__(name)
        if name not in PRIMITIVES and name != "lock":
            return whole

        def called(path: Path, *rest: Any, **options: Any) -> Any:
            if self._is_last(name, str(path if name != "rename" else rest[0])):
                if name in {"append", "write", "overwrite"}:
                    whole(path, rest[0][: len(rest[0]) // 2])
                os._exit(9)
            return whole(path, *rest, **options)

        return called

    def _is_last(self, name: str, path: str) -> bool:
        if self.call not in {"", name} or not (path.endswith(self.part) or "/" + self.part in path):
            return False
        self.left -= 1
        return self.left == 0


PLAIN = {"index_enabled": False}


def operations(registry: Registry) -> list[tuple[str, Callable[[], Any]]]:
    """Give the operations a writer carries out, each with the op_id that is acknowledged."""
    wishes = [Registration(source(coin(f"Batch {number}"))) for number in range(3)]
    return [
        ("register", lambda: registry.register_model(source(coin("Coin")), op_id="register")),
        ("version", lambda: registry.register_model(source(coin("Coin", heads=0.6)), op_id="version")),
        ("metadata", lambda: registry.update_model_metadata("coin", {"tags": ["toy"]}, op_id="metadata")),
        ("batch", lambda: registry.register_models(wishes)),
        ("deprecate", lambda: registry.deprecate_model("batch-0", "old", replacement="coin", op_id="deprecate")),
        ("delete", lambda: registry.delete_model("batch-1", op_id="delete")),
    ]


def write_until_death(place: Path, files: Files, acknowledged: int) -> None:
    """Carry out the operations, telling each one that returned; never comes back."""
    checkpoint.LEAST_TAIL, checkpoint.BYTES_AN_EVENT = 1, 10**9
    registry = open_registry(place, files=files)
    for name, operation in operations(registry):
        operation()
        os.write(acknowledged, f"{name}\n".encode())
    os._exit(0)


def died(place: Path, files: Files) -> tuple[bool, list[str]]:
    """Let a child write until its last call; tell whether it died of it, and what it had acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        write_until_death(place, files, writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        acknowledged = pipe.read().split()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 9, acknowledged


def broken_promises(
    place: Path,
    acknowledged: list[str],
    config: dict[str, Any] | None = None,
    files: Files | None = None,
    *,
    again: bool = True,
) -> list[str]:
    """Give what is not as it was acknowledged, and what is half done or done twice after the next writer came.

    With `again` that one is the old one, who does everything once more.
    """
    found = done(open_registry(place, config, files=files))
    faults = [f"lost before recovery: {name}" for name in acknowledged if name not in found]
    registry = open_registry(place, config, files=files)
    for _, operation in operations(registry) if again else ():
        operation()
    registry.register_model(source(coin("Written After")))
    wanted = [name for name, _ in operations(registry)] if again else acknowledged
    faults += [f"not done: {name}" for name in wanted if name not in done(registry)]
    events = [(event.kind, event.model) for event in registry.events()]
    faults += [f"done twice: {event}" for event in set(events) if events.count(event) > 1]
    findings = registry.validate_registry()["findings"]
    faults += [f"{finding['code']}: {finding['message']}" for finding in findings if finding["severity"] != "info"]
    if registry.search_models("coin")["total"] != len(registry.list_models()["items"]):
        faults.append("the search disagrees with the list")
    return faults


def done(registry: Registry) -> set[str]:
    """Give the operations whose effect is there."""
    entries = registry.catalogue().entries
    coin_entry = entries.get("coin")
    seen = {
        "register": coin_entry is not None,
        "version": coin_entry is not None and len(coin_entry.versions) == 2,
        "metadata": coin_entry is not None and coin_entry.metadata.tags == ("toy",),
        "batch": all(f"batch-{number}" in entries for number in range(3)),
        "deprecate": "batch-0" in entries and entries["batch-0"].state == "deprecated",
        "delete": "batch-1" in entries and entries["batch-1"].state == "deleted",
    }
    return {name for name, is_there in seen.items() if is_there}


def every_call(step: int) -> Iterator[tuple[str, Files]]:
    """Give file seams that end at every `step`-th call; the writer gets to its end with the last that is asked for."""
    for last in count(1, step):
        yield f"call {last}", DyingFiles(last)


def named_points() -> Iterator[tuple[str, Files]]:
    """Give file seams that end at each named point."""
    for title, (call, part) in POINTS.items():
        for last in (1, 3):
            yield f"{title} ({last})", DyingFiles(last, call, part)


def main(folder: Path, seams: Iterable[tuple[str, Files]], *, until_it_lives: bool) -> None:
    """Let a writer die in each of these ways, and print what was found."""
    died_at, acknowledgements, faults = [], 0, []
    for number, (title, files) in enumerate(seams):
        place = folder / str(number)
        fell, acknowledged = died(place, files)
        acknowledgements += len(acknowledged)
        faults += [f"{title}: {fault}" for fault in broken_promises(place, acknowledged)]
        if fell:
            died_at.append(title)
        elif until_it_lives:
            break
    print(json.dumps({"points": len(died_at), "acknowledged": acknowledgements, "faults": faults, "died_at": died_at}))


if __name__ == "__main__":
    if sys.argv[2:] == ["named"]:
        main(Path(sys.argv[1]), named_points(), until_it_lives=False)
    else:
        step = int(sys.argv[2]) if len(sys.argv) > 2 else 1
        main(Path(sys.argv[1]), every_call(step), until_it_lives=True)
