"""Telling a person at a terminal that long work goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from model_registry.commands.screen import Screen

Progress = Callable[[int, int, str, str], None]
"""Called for each step: how many are done, of how many, which, and what became of it."""


@contextmanager
def progress_bar(title: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Show a bar on a terminal's error stream while the context lasts, and give what moves it; None without a terminal.

    Until it is moved it pulses, which suits work whose length nobody knows.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Screen(sys.stderr).console, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def step(done: int, total: int, name: str, outcome: str) -> None:
            bar.update(task, completed=done, total=total)

        yield step
