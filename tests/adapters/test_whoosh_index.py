"""The index on disk is a cache: damage is noticed, never believed, and mended by a rebuild."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from damaging import DAMAGES, fill_with_noise
from model_registry.adapters.whoosh_index import WhooshIndex
from model_registry.domain.query import Everything, Prefix, Word
from model_registry.domain.query_parser import parse_query
from model_registry.domain.search import Document, IndexUnavailable, Position
from model_registry.errors import SearchError
from numbered import scores

DOCUMENTS = [Document(f"model-{n}", f"maze w{n}", "a rat looks for cheese") for n in range(20)]
ALL = {document.id for document in DOCUMENTS}
OLD = {document.id for document in DOCUMENTS[:10]}


def at(seq: int, log_id: str = "log") -> Position:
    return Position(log_id, seq, f"hash-{seq}")


def ids(index: WhooshIndex, text: str) -> set[str]:
    return set(scores(index, parse_query(text)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of an index of two commits, each with a segment."""
    index = WhooshIndex(tmp_path / "index")
    index.rebuild(DOCUMENTS[:10], at(1))
    index.update(DOCUMENTS[10:], (), at(2))
    return tmp_path / "index"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def answer(index: WhooshIndex) -> set[str] | None:
    """Give what the index finds; None when it says that it cannot."""
    try:
        return ids(index, "rat")
    except IndexUnavailable:
        return None


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_gives_no_position_or_right_answers_and_a_rebuild_mends_it(
    tmp_path: Path, folder: Path, damage: str
) -> None:
    for number, name in enumerate(path.relative_to(folder) for path in files(folder)):
        copy = tmp_path / str(number)
        subprocess.run(["cp", "-Rp", str(folder), str(copy)], check=True)
        DAMAGES[damage](copy / name)
        for index in (WhooshIndex(copy), WhooshIndex(copy)):
            position, found = index.position(), answer(index)
            assert (position, found) in ((None, None), (at(2), ALL), (at(1), OLD)), name
        if damage != "a folder" or name.parent != Path():
            WhooshIndex(copy).rebuild(DOCUMENTS[:3], at(3))
            assert ids(WhooshIndex(copy), "rat") == {"model-0", "model-1", "model-2"}


def test_damage_under_an_open_index_is_noticed(folder: Path) -> None:
    index = WhooshIndex(folder)
    assert ids(index, "rat") == ALL
    for path in folder.glob("g-*/*.seg"):
        fill_with_noise(path)
    assert index.position() is None
    assert answer(index) is None


def test_a_damaged_index_takes_no_update(folder: Path) -> None:
    (folder / "CURRENT").unlink()
    with pytest.raises(IndexUnavailable):
        WhooshIndex(folder).update(DOCUMENTS[:1], (), at(9))


def test_what_the_giver_of_documents_raises_passes_and_leaves_the_old_index_and_nothing_else(folder: Path) -> None:
    def given() -> Iterator[Document]:
        yield DOCUMENTS[0]
        raise KeyError("stopped")

    before = files(folder)
    with pytest.raises(KeyError, match="stopped"):
        WhooshIndex(folder).rebuild(given(), at(3))
    assert (WhooshIndex(folder).position(), ids(WhooshIndex(folder), "rat")) == (at(2), ALL)
    assert files(folder) == before


def test_an_index_of_another_log_takes_no_update(folder: Path) -> None:
    with pytest.raises(IndexUnavailable, match="another log"):
        WhooshIndex(folder).update(DOCUMENTS[:1], (), at(9, "other log"))


def test_an_index_of_another_format_has_no_position(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_registry.adapters.whoosh_index.SCHEMA_VERSION", 99)
    assert WhooshIndex(folder).position() is None


@pytest.mark.parametrize("rights", [0o770, 0o707, 0o777])
def test_an_index_others_may_write_to_is_not_opened(folder: Path, rights: int) -> None:
    for place in (folder, next(folder.glob("g-*"))):
        place.chmod(rights)
        assert WhooshIndex(folder).position() is None
        with pytest.raises(IndexUnavailable, match="others may write"):
            scores(WhooshIndex(folder), Everything())
        place.chmod(0o700)
    assert ids(WhooshIndex(folder), "rat") == ALL


def test_an_index_of_another_owner_is_not_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)
    assert WhooshIndex(folder).position() is None
    with pytest.raises(IndexUnavailable):
        WhooshIndex(folder).rebuild([], at(1))


def test_a_folder_is_made_for_its_owner_alone(folder: Path) -> None:
    assert [path.stat().st_mode & 0o777 for path in (folder, *folder.glob("g-*"))] == [0o700, 0o700]


def test_position_and_documents_are_there_after_reopening(folder: Path) -> None:
    index = WhooshIndex(folder)
    assert index.position() == at(2)
    assert ids(index, "rat") == ALL


def test_an_open_index_sees_what_others_write(folder: Path) -> None:
    one, other = WhooshIndex(folder), WhooshIndex(folder)
    assert ids(one, "forest") == set()
    other.update([Document("new", "forest")], ["model-0"], at(3))
    assert (one.position(), ids(one, "forest")) == (at(3), {"new"})
    other.rebuild([Document("last", "forest")], at(4))
    assert (one.position(), ids(one, "forest")) == (at(4), {"last"})


def test_a_slow_rebuild_does_not_undo_what_others_made_meanwhile(folder: Path) -> None:
    def slowly() -> Iterator[Document]:
        WhooshIndex(folder).rebuild([Document("newer", "forest")], at(5))
        yield Document("older", "forest")

    slow = WhooshIndex(folder)
    slow.rebuild(slowly(), at(3))
    assert (slow.position(), ids(slow, "forest")) == (at(5), {"newer"})
    assert len(list(folder.glob("g-*"))) <= 2
    slow.rebuild([Document("asked for", "forest")], at(3))
    assert (slow.position(), ids(slow, "forest")) == (at(3), {"asked for"})


def test_a_rebuild_leaves_one_generation(folder: Path) -> None:
    WhooshIndex(folder).rebuild(DOCUMENTS, at(3))
    assert len(list(folder.glob("g-*"))) == 1


def test_what_a_killed_rebuild_left_is_removed_once_it_is_old(folder: Path) -> None:
    young, old = (folder / f"g-{digit * 32}" for digit in "01")
    young.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    WhooshIndex(folder).rebuild(DOCUMENTS, at(3))
    assert (young.exists(), old.exists()) == (True, False)


def test_segments_and_marks_stay_few_however_many_updates(folder: Path) -> None:
    index = WhooshIndex(folder)
    for seq in range(3, 40):
        index.update([DOCUMENTS[seq % 20]], (), at(seq))
    generation = next(folder.glob("g-*"))
    assert len(list(generation.glob("*.seg"))) <= 12
    assert len(list(generation.glob("*.json"))) <= 16
    assert ids(index, "rat") == ALL


def test_a_busy_index_is_waited_for_and_then_unavailable(folder: Path) -> None:
    started, done = threading.Event(), threading.Event()

    def slow() -> None:
        with WhooshIndex(folder)._writing():
            started.set()
            done.wait()

    holder = threading.Thread(target=slow)
    holder.start()
    started.wait()
    with pytest.raises(IndexUnavailable) as caught:
        WhooshIndex(folder, lock_seconds=0.0).update([], (), at(3))
    assert caught.value.code == "index_busy"
    waiting = threading.Thread(target=WhooshIndex(folder).update, args=([], (), at(3)))
    waiting.start()
    done.set()
    waiting.join()
    holder.join()
    assert WhooshIndex(folder).position() == at(3)


UPDATER = """
import sys
from pathlib import Path
from model_registry.adapters.whoosh_index import WhooshIndex
from model_registry.domain.search import Document, Position
index = WhooshIndex(Path(sys.argv[1]), lock_seconds=60)
for seq in range(3, 13):
    index.update([Document(f"{sys.argv[2]}-{seq}", "forest")], (), Position("log", seq, f"hash-{seq}"))
    seen = index.position()
    assert seen is not None and seen.seq >= seq, seen
"""


def test_two_processes_may_update_at_once_and_positions_never_go_back(folder: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", UPDATER, str(folder)]
    running = [subprocess.Popen([*command, name], stderr=subprocess.PIPE) for name in ("one", "two")]
    for process in running:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, b"")
    index = WhooshIndex(folder)
    assert index.position() == at(12)
    assert len(ids(index, "forest")) == 10  # one document for each position, whoever came first


def test_threads_search_side_by_side_and_all_answers_are_right(folder: Path) -> None:
    index = WhooshIndex(folder)
    wrong: list[tuple[int, set[str]]] = []

    def search() -> None:
        found = ((n, ids(index, f"w{n}")) for n in range(20))
        wrong.extend((n, each) for n, each in found if each != {f"model-{n}"})

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_search_that_takes_too_long_is_refused(folder: Path) -> None:
    with pytest.raises(SearchError) as caught:
        scores(WhooshIndex(folder, search_seconds=-1.0), Word("rat"))
    assert caught.value.code == "query_too_slow"


def test_a_prefix_of_very_many_words_takes_the_shortest(tmp_path: Path) -> None:
    index = WhooshIndex(tmp_path / "index")
    index.rebuild([Document("long", " ".join(f"zz{n:09}" for n in range(600))), Document("short", "zz1")], at(1))
    assert set(scores(index, Prefix("zz"))) == {"short", "long"}


def test_an_error_of_the_caller_stays_what_it_is(folder: Path) -> None:
    def broken() -> list[Document]:
        raise LookupError("no such model")

    with pytest.raises(LookupError):
        WhooshIndex(folder).update((document for _ in [0] for document in broken()), (), at(3))
    assert WhooshIndex(folder).position() == at(2)


def run(code: str, *, cache: Path) -> None:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=environment)


def test_whoosh_is_not_imported_before_it_is_needed(tmp_path: Path) -> None:
    run(
        "import sys, pathlib; from model_registry.adapters.whoosh_index import WhooshIndex\n"
        f"WhooshIndex(pathlib.Path({str(tmp_path)!r})).position()\n"
        "assert 'whoosh' not in sys.modules",
        cache=tmp_path / "no-compiled-files",
    )


def test_the_first_import_of_whoosh_warns_of_nothing(tmp_path: Path) -> None:
    run(
        "import pathlib; from model_registry.adapters.whoosh_index import WhooshIndex\n"
        "from model_registry.domain.search import Document, Position\n"
        f"index = WhooshIndex(pathlib.Path({str(tmp_path / 'index')!r}))\n"
        "index.rebuild([Document('a', 'maze')], Position('log', 1, 'hash'))\n"
        "assert index.spelling('maz') == 'maze'",
        cache=tmp_path / "no-compiled-files",
    )


def test_an_index_that_vanishes_is_not_begun_with_what_changed_last(folder: Path) -> None:
    index = WhooshIndex(folder)
    assert index.position() is not None
    shutil.rmtree(folder)
    with pytest.raises(IndexUnavailable, match="vanished"):
        index.update([Document("late", "late")], (), Position("log", 99, "hash-99"))
    assert index.position() is None
