"""A run as Markdown, JSON and a picture."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from benchmarks.budgets import verdicts
from benchmarks.growing import departures
from benchmarks.measuring import OURS, Figure, exponent, growth
from benchmarks.plot import log_plot

DRAWN = (
    "register a new model",
    "update_model_metadata",
    "get a model",
    "list, first page",
    "list by a filter, first page",
    "search: one word",
    "search: all of the five",
    "search: structure",
    "audit trail, first page",
    "info as of a moment",
    "statistics",
    "open, to the first page",
)
"""The operations of the picture, all in milliseconds."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured, when, with what; `absent` tells which peers did not take part and why, `notes` what else."""

    date: str
    versions: Mapping[str, str]
    absent: Mapping[str, str]
    figures: Sequence[Figure]
    described: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def sizes(self) -> list[int]:
        """Give the numbers of models that registries were filled with."""
        return sorted({figure.models for figure in self.figures if figure.models >= 100})


def versions() -> dict[str, str]:
    """Give what this registry runs on, and how busy that is: the load of the last 1, 5 and 15 minutes."""
    packages = ("gnn-model-registry", "mcp", "Whoosh", "numpy", "pydantic")
    return {
        "Python": platform.python_version(),
        **{package: version(package) for package in packages},
        "system": f"{platform.system()} {platform.release()}, {os.cpu_count()} processors",
        "load": ", ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def write(run: Run, out: Path) -> None:
    """Write the report, and beside it the figures as JSON and the picture as SVG."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(markdown(run, out.with_suffix(".svg").name))
    out.with_suffix(".json").write_text(json.dumps(asdict(run), indent=1) + "\n")
    drawn = {name: sizes for name, sizes in growth(run.figures).items() if name in DRAWN}
    if drawn:
        out.with_suffix(".svg").write_text(log_plot(drawn, "Time of an operation against size", "milliseconds"))


def markdown(run: Run, picture: str) -> str:
    """Give the whole report."""
    parts = [
        f"# Benchmarks of {run.date}",
        "; ".join(f"{name} {number}" for name, number in run.versions.items()) + ".",
        *(f"{name} did not take part: {why}." for name, why in run.absent.items()),
        *run.notes,
        "Medians; in brackets how many fsyncs of the same disk a durable write takes. What grows with the number of "
        "models to the power 0 does not grow.",
        "\n".join(own_table(run)),
        f"![time against size]({picture})" if len(run.sizes) > 1 else "",
        *(("## Growth", "\n".join(growth_table(run.figures))) if len(run.sizes) > 1 else ()),
        "## Beside others",
        "\n".join(peer_table(run.figures)),
        "## Held against the budgets",
        "\n".join(verdict_table(run.figures)),
        "## The description's own figures",
        "\n".join(table(("Promised of", "Found"), run.described.items())) if run.described else "Not measured.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def own_table(run: Run) -> Iterator[str]:
    """Give a line for each operation of ours: its figure at every size, and how it grows."""
    found: dict[tuple[str, str], dict[int, Figure]] = {}
    for figure in run.figures:
        if figure.who == OURS:
            found.setdefault((figure.operation, figure.unit), {})[figure.models] = figure
    rows = []
    for (operation, unit), at in found.items():
        alone = [_value(figure) for size, figure in at.items() if size not in run.sizes]
        cells = [_value(at[size]) if size in at else "" for size in run.sizes] if not alone else [*alone, *[""] * 9]
        power = exponent({size: figure.value for size, figure in at.items()}) if len(at) > 1 else None
        grows = "" if power is None else f"{power:+.2f}"
        rows.append([operation, unit, *cells[: len(run.sizes)], grows])
    yield from table(("Operation", "unit", *(f"{size:,} models" for size in run.sizes), "grows as models ^"), rows)


def peer_table(measured: Sequence[Figure]) -> Iterator[str]:
    """Give a line for each figure of a peer beside ours."""
    ours = {(figure.operation, figure.models): figure for figure in measured if figure.who == OURS}
    rows = []
    for figure in measured:
        own = ours.get((figure.operation, figure.models))
        if figure.who != OURS and own:
            times = f"{figure.value / own.value:.1f}"
            rows.append([figure.operation, _models(figure.models), _value(own), figure.who, _value(figure), times])
    yield from table(("Operation", "models", "ours", "peer", "theirs", "theirs / ours"), rows)


def growth_table(measured: Sequence[Figure]) -> Iterator[str]:
    """Give a line for each operation that is to grow with a certain power of the number of models at most."""
    rows = [
        [each.operation, f"{each.asked:g}", f"{each.found:+.2f}", "yes" if each.met else "**no**", each.why]
        for each in departures(measured)
    ]
    yield from table(("Operation", "may grow as models ^", "found", "met", "because"), rows)


def verdict_table(measured: Sequence[Figure]) -> Iterator[str]:
    """Give a line for each budget."""
    rows = [[verdict.asked, verdict.found, "yes" if verdict.met else "**no**"] for verdict in verdicts(measured)]
    yield from table(("Asked", "found", "met"), rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Give a table in Markdown."""
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    yield from ("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def show(run: Run) -> None:
    """Print the tables."""
    sys.stdout.write(markdown(run, "the picture"))


def _value(figure: Figure) -> str:
    told = f"{figure.value:,.0f}" if figure.value >= 100 else f"{figure.value:.3g}"
    return f"{told} ({figure.value / figure.fsync:.1f})" if figure.fsync else told


def _models(models: int) -> str:
    return f"{models:,}" if models >= 100 else ""
