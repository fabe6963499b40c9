"""Processing a whole directory: discover, extract, register, maintain, report.

A run carries on past files that cannot be registered and says what became of each.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from model_registry.bootstrap import open_registry
from model_registry.config import laid_over
from model_registry.domain.catalogue import Catalogue
from model_registry.domain.dependencies import dependencies_view
from model_registry.domain.entry import PRUNED, ModelEntry
from model_registry.domain.lifecycle import State
from model_registry.domain.printable import printable
from model_registry.domain.run import FAILED, ProcessReport
from model_registry.domain.source import Reading
from model_registry.domain.views import model_view
from model_registry.errors import RegistryError, StorageError
from model_registry.intake import Progress, take_in
from model_registry.registry import Registry
from model_registry.report import FOLDER, Card, Picture, graphs, render
from model_registry.sources import as_path

DETAILED = 50
"""Models that a report shows from the inside (findings, factor graph): reading every text would take long."""

logger = logging.getLogger("model_registry")


def process_model_registry(
    target_dir: str | os.PathLike[str],
    output_dir: str | os.PathLike[str],
    verbose: bool = False,
    *,
    registry_path: str | os.PathLike[str] | None = None,
    recursive: bool = True,
    query_ontology: str | None = None,
    logger: logging.Logger = logger,
    config: Mapping[str, Any] | None = None,
    metadata_config: Mapping[str, Any] | None = None,
    configured: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    debug: bool = False,
    actor: str = "",
    **ignored: Any,
) -> bool:
    """Discover and register every model below a directory, maintain the registry and write its reports.

    Gives True only if nothing failed; what failed is logged and stands in the report. `query_ontology` restricts the
    report to models that use a term, `verbose` logs the outcome of every file, `debug` every stage with its duration.
    `config` and `metadata_config` are laid over the settings `configured` before.
    """
    with _level(logger, logging.DEBUG if debug else logging.INFO if verbose else 0):
        if ignored:
            logger.debug("ignored: %s", printable(", ".join(sorted(ignored))))
        try:
            run = run_pipeline(
                open_registry(registry_path, laid_over(configured or {}, config, metadata_config)),
                target_dir,
                output_dir,
                recursive=recursive,
                query_ontology=query_ontology or "",
                actor=actor,
                progress=progress,
            )
        except RegistryError as error:
            logger.error("%s. %s", error.message, error.hint)
            return False
        _log(run, logger)
        return run.ok


def run_pipeline(
    registry: Registry,
    target_dir: str | os.PathLike[str],
    output_dir: str | os.PathLike[str],
    *,
    recursive: bool = True,
    query_ontology: str = "",
    actor: str = "",
    roots: Sequence[Path] | None = None,
    progress: Progress | None = None,
) -> ProcessReport:
    """Register every model below a directory, maintain the registry, write its reports, and tell what was done.

    With `roots`, only files below one of them are read, after links are resolved. Raises SourceError when there is no
    such directory, StorageError when the registry or the reports cannot be written; what `progress` raises ends the run
    between two files.
    """
    target, output = (as_path(path).absolute() for path in (target_dir, output_dir))
    before = registry.catalogue().position.seq
    with _stage("register"):
        files = take_in(
            registry,
            target,
            recursive=recursive,
            skip=(Path(registry.place), output / FOLDER),
            actor=actor,
            roots=roots,
            progress=progress,
        )
    with _stage("maintain"):
        maintenance = tuple(_maintain(registry, changed=registry.catalogue().position.seq > before))
    position = registry.catalogue().position.seq
    run = ProcessReport(registry.place, str(target), tuple(files), position, maintenance, query_ontology=query_ontology)
    with _stage("report"):
        return replace(run, reports=tuple(write_reports(registry, output, run)))


def register_discovered_models(
    registry: Registry, target_dir: str | os.PathLike[str], *, recursive: bool = True
) -> list[dict[str, Any]]:
    """Register every model below a directory and give a row for each file: path, outcome, model_id, version, error."""
    target = as_path(target_dir).absolute()
    return [file.to_dict() for file in take_in(registry, target, recursive=recursive, skip=(Path(registry.place),))]


def write_reports(registry: Registry, output: Path, run: ProcessReport) -> list[str]:
    """Write the report files below an output directory, each at once, and give their paths."""
    folder = output / FOLDER
    shown = picture(registry, run)
    drawings, written = graphs.to_draw(shown), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, pieces in render(shown):
            _replace(folder / name, pieces)
            written.append(name)
        if drawings:
            (folder / graphs.FOLDER).mkdir(exist_ok=True)
        for name, card in drawings.items():
            if not _begins(folder / name, graphs.mark_of(card)):
                _replace(folder / name, [graphs.draw(card)])
    except OSError as error:
        raise StorageError(
            f"the reports cannot be written: {error.strerror or error}",
            code="no_reports",
            where=str(folder),
            hint="Name another output directory; the models are registered.",
        ) from error
    return [str(folder / name) for name in (*written, *drawings)]


def _replace(path: Path, pieces: Iterable[str]) -> None:
    """Write a file at once: whoever reads it sees the old text or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.writelines(pieces)
    temporary.replace(path)


def _begins(path: Path, mark: str) -> bool:
    """Tell whether there is a file that begins with a mark."""
    try:
        with path.open("rb") as file:
            return file.read(len(mark.encode())) == mark.encode()
    except FileNotFoundError:
        return False


def picture(registry: Registry, run: ProcessReport) -> Picture:
    """Give the registry as the reports show it; only models that use the term asked for, if one is."""
    catalogue = registry.catalogue()
    entries = [entry for _, entry in sorted(catalogue.entries.items()) if entry.state is not State.DELETED]
    readings = {
        entry.id: _reading(registry, entry) for entry in (entries if run.query_ontology else entries[:DETAILED])
    }
    if run.query_ontology:
        entries = [entry for entry in entries if _uses(readings[entry.id], run.query_ontology)]
    return Picture(
        models=tuple(_views(catalogue, entries)),
        cards=tuple(Card(entry.id, readings[entry.id], entry.current_version.digest) for entry in entries[:DETAILED]),
        statistics=registry.generate_registry_statistics(models=[entry.id for entry in entries]),
        run=run,
    )


def _views(catalogue: Catalogue, entries: Sequence[ModelEntry]) -> Iterator[dict[str, Any]]:
    """Give all on record of each model; only models that require or are required are looked up in the others."""
    for entry in entries:
        view = model_view(entry, newest=None)
        if entry.current_version.dependencies or catalogue.requiring(entry.id):
            view["dependencies"] = dependencies_view(catalogue, entry)
        yield view


def _uses(reading: Reading | None, term: str) -> bool:
    return reading is not None and any(used.casefold() == term.casefold() for _, used in reading.model.ontology)


def _reading(registry: Registry, entry: ModelEntry) -> Reading | None:
    if entry.current_version.state == PRUNED:
        return None
    try:
        return registry.reading_of(entry.current_version)
    except RegistryError as error:
        logger.warning("the text of %s cannot be read: %s", entry.id, error.message)
        return None


def _maintain(registry: Registry, *, changed: bool) -> Iterator[str]:
    """Clean up, catch the index up and back up, as the settings say; tells what was done."""
    if registry.config.cleanup_enabled:
        actions = registry.cleanup_registry(dry_run=False)["actions"]
        yield from (f"cleanup: {action['id']} {action['action']}d, {action['why']}" for action in actions)
        changed = changed or bool(actions)
    if registry.config.index_enabled:
        try:
            registry.catch_up()
        except RegistryError as error:
            yield f"index: not up to date ({error.message}); the next search tries again"
    if changed:
        registry.rest()
    if registry.config.backup_enabled and changed:
        yield f"backup: {registry.backup_registry()['backup']}"


@contextmanager
def _stage(name: str) -> Iterator[None]:
    began = perf_counter()
    yield
    logger.debug("%s: %.0f ms", name, 1_000 * (perf_counter() - began))


@contextmanager
def _level(log: logging.Logger, level: int) -> Iterator[None]:
    """Let a logger tell more while the context lasts; 0 leaves it as it is."""
    before = log.level
    log.setLevel(level or before)
    try:
        yield
    finally:
        log.setLevel(before)


def _log(run: ProcessReport, log: logging.Logger) -> None:
    for file in run.files:
        if file.outcome == FAILED and file.error:
            log.error("%s: %s. %s", printable(file.path), printable(file.error["message"]), file.error["hint"])
        else:
            log.info("%s: %s %s %s", printable(file.path), file.outcome, file.model_id, file.version)
    log.info("%s", run.summary)
