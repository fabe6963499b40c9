"""Kill a writer after every k-th call of the file seam, and see what a reader and the next writer find.

    python tests/reliability/crash_driver.py FOLDER

Prints one line of JSON: how many points were tried, how many operations were acknowledged, and every promise broken.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

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
    "sync",
    "rename",
    "truncate",
    "remove",
)


class DyingFiles(Files):
    """Ends the process, as SIGKILL would, before the k-th call; half of what an append was to write is written."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __getattribute__(self, name: str) -> Any:
        if name in PRIMITIVES:
            self.left -= 1
            if self.left == 0:
                return self._die(name)
        return super().__getattribute__(name)

    def _die(self, name: str) -> Callable[..., None]:
        def die(path: Path, *rest: Any) -> None:
            if name in {"append", "write"}:
                getattr(Files, name)(self, path, rest[0][: len(rest[0]) // 2])
            os._exit(9)

        return die


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


def write_until_death(place: Path, last: int, acknowledged: int) -> None:
    """Carry out the operations, telling each one that returned; never comes back."""
    registry = open_registry(place, files=DyingFiles(last))
    for name, operation in operations(registry):
        operation()
        os.write(acknowledged, f"{name}\n".encode())
    os._exit(0)


def died(place: Path, last: int) -> tuple[bool, list[str]]:
    """Let a child write until its k-th call; tell whether it died of it, and what it had acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        write_until_death(place, last, writer)
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


def main(folder: Path, step: int) -> None:
    """Try every `step`-th call until the writer gets to its end, and print what was found."""
    points, acknowledgements, faults, last = 0, 0, [], 1
    while True:
        place = folder / str(last)
        fell, acknowledged = died(place, last)
        acknowledgements += len(acknowledged)
        faults += [f"call {last}: {fault}" for fault in broken_promises(place, acknowledged)]
        if not fell:
            break
        points, last = points + 1, last + step
    print(json.dumps({"points": points, "acknowledged": acknowledgements, "faults": faults}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
