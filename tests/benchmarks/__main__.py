"""Everything users wait for, measured in one run beside other registries.

    python -m tests.benchmarks --models 1000,10000 --peers all --out report.md
    python -m tests.benchmarks --models 1000,10000,100000 --beside 10000 --out report.md    takes 20 minutes

For each number of models a corpus is written (generated, or from --corpus), a registry filled by `process`, and every
operation measured beside the peers, in turn. Peers come from the package index, each into an environment of its own
below --work; one that cannot be installed is named in the report. Where participants do not give the same answers, the
run ends. Beside the report stand its figures as JSON and a picture of time against size.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import calling, caring, crowd, described, filling, finding, footprint, reading, report, writing
from benchmarks.budgets import LARGE
from benchmarks.corpora import Corpus, corpus
from benchmarks.measuring import Figure
from benchmarks.peers import BESIDE, KINDS, Environment, installed
from benchmarks.stage import Stage, Theme
from model_registry.bootstrap import open_registry

THEMES: Sequence[Theme] = (
    footprint.measure,
    reading.measure,
    finding.measure,
    writing.measure,
    crowd.measure,
    calling.measure,
    caring.measure,
)
"""In this order: reads find the registry as it was filled, and what reads everything comes last."""


def main() -> None:
    """Measure, print and write."""
    given = options().parse_args()
    asked = list(KINDS) if given.peers == "all" else [name for name in given.peers.split(",") if name != "none"]
    sizes = [int(size.replace("_", "")) for size in given.models.split(",")]
    with ExitStack() as stack:
        work = given.work or Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        work.mkdir(parents=True, exist_ok=True)
        environments, absent = installed(asked, work / "peers")
        found = list(_told(small(work)))
        for size in sizes:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True)))
            models = corpus(work / f"corpus-{size}", size, given.corpus)
            found += _told(at_size(models, scratch, environments, beside=size <= given.beside))
        own = {} if given.quick else described.rows(described.MODELS)
    known = {environment.title: environment.version for environment in environments}
    absent |= {KINDS[name].title: "not asked for" for name in KINDS if name not in asked}
    notes = list(_left_out(sizes, environments, given.beside))
    run = report.Run(f"{datetime.now(UTC):%Y-%m-%d}", report.versions() | known, absent, found, own, notes)
    report.show(run)
    report.write(run, given.out)


def options() -> argparse.ArgumentParser:
    """Give what the command understands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="1000", help="numbers of models, joined by commas")
    parser.add_argument("--peers", default="all", help=f"all, none, or some of {', '.join(KINDS)}")
    parser.add_argument("--corpus", type=Path, help="a folder whose models are taken, instead of generated ones")
    parser.add_argument("--out", type=Path, default=Path("report.md"), help="where the report goes")
    parser.add_argument("--work", type=Path, help="a folder that keeps corpora and peers for the next run")
    parser.add_argument("--beside", type=int, default=BESIDE, help="up to how many models peers take part")
    parser.add_argument("--quick", action="store_true", help="leave out the description's own figures")
    return parser


def small(work: Path) -> Iterator[Figure]:
    """Measure what depends on no number of models."""
    with tempfile.TemporaryDirectory(dir=work, ignore_cleanup_errors=True) as scratch:
        yield from footprint.starts(Path(scratch))
        yield from reading.long_history(Path(scratch))
    yield from calling.in_memory()


def at_size(models: Corpus, scratch: Path, environments: Sequence[Environment], *, beside: bool) -> Iterator[Figure]:
    """Fill registries with the same models, and measure every theme, `beside` others or alone."""
    place = scratch / "registry"
    yield from filling.fill(models, place, scratch / "output")
    with ExitStack() as stack:
        taking_part = [each for each in environments if beside and models.count <= KINDS[each.name].most]
        folders = {each: scratch / each.name for each in taking_part}
        peers = {each.title: stack.enter_context(each.driven(folder)) for each, folder in folders.items()}
        for peer in peers.values():
            peer.ask("stand", [text.item for text in models.texts])
        stage = Stage(models, place, open_registry(place, actor="benchmark"), scratch, peers, beside)
        mlflow = {each.title: (each, folder) for each, folder in folders.items() if each.name == "mlflow"}
        yield from footprint.first_pages(stage, mlflow)
        for theme in THEMES:
            yield from theme(stage)


def _left_out(sizes: Sequence[int], environments: Sequence[Environment], beside: int) -> Iterator[str]:
    """Say what was not measured at every size, or only once."""
    most = {each.title: min(beside, KINDS[each.name].most) for each in environments}
    for title, models in (most | {finding.FTS: beside, finding.SCAN: beside}).items():
        if models < max(sizes):
            yield f"{title} took part up to {models:,} models: filling or asking it takes too long with more."
    if max(sizes) >= LARGE:
        yield f"From {LARGE:,} models on, what looks at every model was measured once."


def _told(figures: Iterator[Figure]) -> Iterator[Figure]:
    """Show each figure as it comes, on the error stream: a run takes minutes."""
    began = perf_counter()
    tell = partial(print, file=sys.stderr, flush=True)
    for figure in figures:
        tell(
            f"{perf_counter() - began:7.0f} s  {figure.operation:40} {figure.who:14} {figure.value:10.3f} {figure.unit}"
        )
        yield figure


if __name__ == "__main__":
    main()
