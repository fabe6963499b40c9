"""The search index on disk: a cache of the log that any process may update, and that is rebuilt whenever in doubt.

<folder>/  LOCK   CURRENT (the name of the generation in use)   g-<random>/  Whoosh's files, wm_<n>.json, sums_<n>.json

Writers hold LOCK; readers take no lock. `wm` is the watermark, written before the commit it describes. `sums` are the
sizes and checksums of the files of a commit: Whoosh syncs nothing, so that a power cut may leave files of noise.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar
from uuid import uuid4

from model_registry.domain.found import Found, Numbering, Numbers
from model_registry.domain.query import Query
from model_registry.domain.search import Document, IndexUnavailable, Position
from model_registry.errors import SearchError

if TYPE_CHECKING:
    from model_registry.adapters.whoosh_engine import Engine, Join, Kept

T = TypeVar("T")

SCHEMA_VERSION = 2
_ATTEMPTS = 3
_KEPT_MARKS = 8  # for readers that are a few commits behind
_ABANDONED_SECONDS = 3_600  # after which a generation nobody switched to is litter
_LOCK_PAUSE_SECONDS = 0.01
_PIECE = 1 << 20
_FOREIGN_RIGHTS = 0o022  # group or others may write
_GENERATION = re.compile(r"g-[0-9a-f]{32}")
_TOC = re.compile(r"_MAIN_([0-9]+)\.toc")
_MARK = re.compile(r"(?:wm|sums)_([0-9]+)\.json")


class WhooshIndex:
    """Finds models by words, on Whoosh. Any damage is an IndexUnavailable, which `rebuild` mends."""

    def __init__(self, folder: Path, *, lock_seconds: float = 10.0, search_seconds: float = 2.0) -> None:
        self._folder = folder
        self._current = folder / "CURRENT"
        self._named: tuple[tuple[int, int, int], Path] | None = None
        self._lock_seconds = lock_seconds
        self._search_seconds = search_seconds
        self._opened: tuple[tuple[int, Path, int], Kept, Engine] | None = None
        self._sound: set[tuple[Path, int, int]] = set()
        self._last: _Commit | None = None
        self._met = False

    def position(self) -> Position | None:
        """Give the place in the log this index has read up to; None when it is empty, damaged or of another format."""
        try:
            found = self._newest().position
        except IndexUnavailable:
            return None
        self._met = True
        return found

    def is_empty(self) -> bool:
        """Tell whether nothing was ever written to this index."""
        try:
            return self._is_empty()
        except OSError:
            return True

    def update(self, documents: Iterable[Document], removed: Iterable[str], position: Position) -> None:
        """Replace these documents, drop the removed ids; nothing happens if the index has read as far already.

        Raises IndexUnavailable when the index is damaged, of another log, gone since it was last asked where it stands,
        or busy for longer than `lock_seconds`.
        """
        wanted = {document.id: document for document in documents}
        unwanted = {*wanted, *removed}
        with self._writing():
            if self._is_empty():
                if self._met:  # these documents are only what changed since
                    raise IndexUnavailable("the search index has vanished", hint="rebuild it")
                self._switch(self._build(wanted.values(), position))
                return
            newest = self._newest()
            if newest.position.log_id != position.log_id:
                raise IndexUnavailable("the search index is of another log", hint="rebuild it")
            if newest.position.seq < position.seq:
                _write(newest.folder, wanted.values(), unwanted, position)

    def rebuild(self, documents: Iterable[Document], position: Position) -> None:
        """Start over from these documents, which are all there are; searches go on in the old ones meanwhile.

        What others have made meanwhile stays if it has read as far: their readers take it that a position never goes
        back.
        """
        before = self.position()
        with _unavailable_when_broken():
            self._make_folder()
            built = self._build(_passing_on(documents), position)
        with self._writing():
            now = self.position()
            if now and now != before and now.log_id == position.log_id and now.seq >= position.seq:
                shutil.rmtree(built, ignore_errors=True)
            else:
                self._switch(built)

    def tidy(self) -> bool:
        """Join a bounded piece of what many updates left; tells whether there may be more to join.

        Raises IndexUnavailable when the index is damaged, or busy for longer than `lock_seconds`.
        """
        from model_registry.adapters.whoosh_engine import tidier

        with self._writing():
            if self._is_empty():
                return False
            newest = self._newest()
            join = tidier(newest.folder)
            if join:
                _write(newest.folder, [], [], newest.position, join)
            return join is not None

    def search(self, query: Query, models: Numbering) -> Found:
        """Give every model that fits and has a number, and how well. Raises IndexUnavailable."""
        return self._asked(lambda engine: engine.search(query, models, seconds=self._search_seconds))

    def fields(self, query: Query, models: Numbering, numbers: Numbers) -> dict[int, tuple[str, ...]]:
        """Give the fields in which the wanted words stand, for each of these models. Raises IndexUnavailable."""
        return self._asked(
            lambda engine: engine.fields(query, models, numbers, seconds=self._search_seconds), newest=False
        )

    def spelling(self, word: str) -> str:
        """Give the commonest word spelled nearly so; "" when some model has the word itself, or none is near."""
        return self._asked(lambda engine: engine.spelling(word, seconds=self._search_seconds), newest=False)

    def _asked(self, question: Callable[[Engine], T], *, newest: bool = True) -> T:
        try:
            return self._answer(question, newest)
        except IndexUnavailable:  # another process may just have replaced the files
            self._opened = None
            return self._answer(question, newest)

    def _answer(self, question: Callable[[Engine], T], newest: bool) -> T:
        """Ask the newest commit, or the one that was opened last: by the search that a question follows."""
        with _unavailable_when_broken():
            opened = self._opened
            if newest or opened is None or opened[0][0] != os.getpid():
                return question(self._engine())
            return question(opened[2])

    def _engine(self) -> Engine:
        """Give this process's reader of the newest commit; it keeps what its forerunner has read of this generation."""
        from model_registry.adapters.whoosh_engine import Engine, Kept

        newest, opened = self._newest(), self._opened
        key = (os.getpid(), newest.folder, newest.number)
        if opened and opened[0] == key:
            return opened[2]
        kept = opened[1] if opened and opened[0][:2] == key[:2] else Kept()
        engine = Engine(newest.folder, kept)
        self._opened = key, kept, engine
        return engine

    def _newest(self) -> _Commit:
        """Find the newest commit and check its files; tries again, for a writer may be replacing them."""
        with _unavailable_when_broken():
            for _ in range(_ATTEMPTS - 1):
                with suppress(OSError, ValueError, KeyError, TypeError):
                    return self._checked(self._last_commit(self._generation()))
            return self._checked(self._last_commit(self._generation()))

    def _last_commit(self, folder: Path) -> _Commit:
        """Read the last commit of a generation, unless it is the one that was read last: what tells of it stays."""
        number, last = _last_number(folder), self._last
        if last is None or (last.folder, last.number) != (folder, number):
            last = _commit(folder, number)
            self._last = last if last.sums else None
        return last

    def _generation(self) -> Path:
        """Give the folder of the generation in use; CURRENT is replaced, never written to, and read when it was."""
        _refuse_foreign(self._folder)
        status = self._current.stat()
        stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
        if self._named is None or self._named[0] != stamp:
            name = self._current.read_text("ascii").strip()
            if not _GENERATION.fullmatch(name):
                raise ValueError("CURRENT names no generation")
            self._named = stamp, self._folder / name
        folder = self._named[1]
        _refuse_foreign(folder)
        return folder

    def _checked(self, commit: _Commit) -> _Commit:
        for path, (size, checksum) in commit.sums.items():
            status = path.stat()
            seen = (path, status.st_size, status.st_mtime_ns)
            if seen in self._sound:
                continue
            if (status.st_size, _checksum(path)) != (size, checksum):
                raise ValueError(f"{path.name} is damaged")
            self._sound.add(seen)
        return commit

    def _is_empty(self) -> bool:
        return not any(name == "CURRENT" or _GENERATION.fullmatch(name) for name in _names(self._folder))

    def _build(self, documents: Iterable[Document], position: Position) -> Path:
        from model_registry.adapters.whoosh_engine import create

        folder = self._folder / f"g-{uuid4().hex}"
        folder.mkdir(mode=0o700)
        try:
            create(folder)
            _write(folder, documents, [], position)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder

    def _switch(self, built: Path) -> None:
        """Make a generation the one in use and remove the others, save those that may still be in the making."""
        temporary = built / "CURRENT"
        temporary.write_text(built.name, "ascii")
        previous = self._previous()
        temporary.replace(self._folder / "CURRENT")
        for folder in set(self._folder.glob("g-*")) - {built}:
            if folder.name == previous or folder.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)

    def _previous(self) -> str:
        try:
            return (self._folder / "CURRENT").read_text("ascii", "replace").strip()
        except OSError:
            return ""

    def _make_folder(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._folder.stat().st_uid == os.geteuid():
            self._folder.chmod(0o700)
        _refuse_foreign(self._folder)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the right to write; IndexUnavailable when others hold it for too long."""
        with _unavailable_when_broken():
            self._make_folder()
            with (self._folder / "LOCK").open("ab") as file:
                _lock(file, self._lock_seconds)
                yield


@dataclass(frozen=True, slots=True)
class _Commit:
    folder: Path
    number: int
    position: Position
    sums: Mapping[Path, tuple[int, int]]


def _last_number(folder: Path) -> int:
    return max(int(match[1]) for name in _names(folder) if (match := _TOC.fullmatch(name)))


def _commit(folder: Path, number: int) -> _Commit:
    mark = json.loads((folder / f"wm_{number}.json").read_bytes())
    position = Position(mark["log_id"], mark["seq"], mark["hash"])
    if mark != _mark(position):
        raise ValueError("the watermark is damaged or of another format")
    return _Commit(folder, number, position, {folder / name: sum_ for name, sum_ in _sums(folder, number).items()})


def _mark(position: Position) -> dict[str, object]:
    mark = {"schema_version": SCHEMA_VERSION, **asdict(position)}
    return {**mark, "checksum": zlib.crc32(json.dumps(mark).encode())}


def _sums(folder: Path, number: int) -> dict[str, tuple[int, int]]:
    """Read the sizes and checksums of a commit; none in the moment between the commit and their writing."""
    try:
        stored = json.loads((folder / f"sums_{number}.json").read_bytes())
    except FileNotFoundError:
        return {}
    return {name: (int(size), int(checksum)) for name, (size, checksum) in stored.items()}


def _write(
    folder: Path, documents: Iterable[Document], removed: Iterable[str], position: Position, join: Join | None = None
) -> None:
    from model_registry.adapters import whoosh_engine

    known: dict[str, tuple[int, int]] = {}

    def before_commit(number: int) -> None:
        known.update(_sums(folder, number - 1))
        (folder / f"wm_{number}.json").write_text(json.dumps(_mark(position)), "utf-8")

    number = whoosh_engine.write(folder, documents, removed, before_commit, join=join)
    names = [name for name in _names(folder) if name.endswith(".seg") or name == f"_MAIN_{number}.toc"]
    sums = {name: known.get(name) or ((folder / name).stat().st_size, _checksum(folder / name)) for name in names}
    temporary = folder / "sums.tmp"
    temporary.write_text(json.dumps(sums), "ascii")
    temporary.replace(folder / f"sums_{number}.json")
    _remove_old_marks(folder, number)


def _remove_old_marks(folder: Path, newest: int) -> None:
    for name in _names(folder):
        match = _MARK.fullmatch(name)
        if match and int(match[1]) <= newest - _KEPT_MARKS:
            (folder / name).unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as found:
        return [each.name for each in found]


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):  # a segment may be larger than all else that is held
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _refuse_foreign(folder: Path) -> None:
    """Refuse what others could have written: Whoosh unpickles its files, and a planted one would run code."""
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & _FOREIGN_RIGHTS:
        raise IndexUnavailable(
            f"others may write to the search index {folder.name}", hint="chmod 700 the folder `index`, or delete it"
        )


def _lock(file: IO[bytes], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise IndexUnavailable(
                    "the search index is being updated elsewhere", code="index_busy", hint="search again later"
                ) from None
            time.sleep(_LOCK_PAUSE_SECONDS)


class _FromGiverError(Exception):
    """What the giver of documents raised, which says nothing of the index."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _passing_on(documents: Iterable[Document]) -> Iterator[Document]:
    """Give the documents; what their giver raises is told apart from what a damaged index raises."""
    try:
        yield from documents
    except Exception as error:
        raise _FromGiverError(error) from error


@contextmanager
def _unavailable_when_broken() -> Iterator[None]:
    """Turn whatever reading a damaged index raises into IndexUnavailable."""
    try:
        yield
    except SearchError:
        raise
    except _FromGiverError as passed:
        raise passed.error from None
    except Exception as error:  # damaged pickles raise anything, and Whoosh itself raises plain Exception
        raise IndexUnavailable(f"the search index cannot be used: {error!r}", hint="rebuild it") from error
