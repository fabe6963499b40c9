"""Break the code on purpose, one promise at a time, and see which test notices.

    python tests/reliability/sabotage.py [--only WORD] [--keep]

Each break replaces a piece of text in a copy of the project (and ends with an error when the text is no longer there),
runs the few tests that are to notice, and prints the one that did. Ends with 1 when a break went unnoticed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = Path("src/model_registry")
STORE = "adapters/directory/"

POWER = "tests/reliability/test_power.py::test_no_power_cut_loses_what_was_acknowledged_or_leaves_half_of_anything"
DEAD = "tests/reliability/test_power.py::test_what_a_writer_that_died_had_not_synced_is_settled_by_the_next"
NAMED = "tests/reliability/test_crash.py::test_dying_at_a_named_point_of_the_commit_protocol_loses_nothing"
FAULTS = "tests/reliability/test_faults.py::"
DAMAGE = "tests/reliability/test_damage.py::"
ANYWHERE = "tests/reliability/test_damage_anywhere.py::"
PROCESSES = "tests/reliability/test_processes.py::"
DIRECTORY = "tests/adapters/test_directory_store.py::"
SEGMENTS = "tests/adapters/test_segments.py::"
BACKUPS = "tests/adapters/test_backups.py::"

TOLD = FAULTS + "test_what_cannot_be_done_is_told_and_can_be_done_when_the_cause_is_gone"
TORN = DIRECTORY + "test_a_torn_last_line_is_ignored_by_readers_and_put_aside_by_the_next_writer"
AT_ONCE = PROCESSES + "test_eight_processes_lose_nothing_give_no_number_twice_and_hold_up_no_reader"


@dataclass(frozen=True, slots=True)
class Break:
    """A piece of code, what is put in its place, and the tests that are to notice."""

    file: str
    code: str
    put: str
    tests: str


BREAKS = {
    "the line is acknowledged before it is synced": Break(
        f"{STORE}log.py",
        "            self._files.sync(path)\n            if mark.offset == 0:",
        "            if mark.offset == 0:",
        POWER,
    ),
    "the name of a new segment is not synced": Break(
        f"{STORE}log.py", "            if mark.offset == 0:\n                self._files.sync(path.parent)\n", "", POWER
    ),
    "what a dead writer left unsynced is taken as it is": Break(
        f"{STORE}log.py",
        "            self._cut_torn_tail(tail)\n            self._settle(tail)\n",
        "            self._cut_torn_tail(tail)\n",
        DEAD,
    ),
    "a source is renamed before it is synced": Break(
        "adapters/files.py", "            if durable:\n                self.sync_all(temporary)\n", "", POWER
    ),
    "the name of a source is not synced": Break(
        "adapters/files.py",
        "        if durable:\n            self.sync_all(dict.fromkeys(path.parent for path in contents))\n",
        "",
        POWER,
    ),
    "a source that is there is taken to have a durable name": Break(
        f"{STORE}sources.py",
        "            self._files.sync(folder)  # whoever",
        "            pass  # whoever",
        DEAD,
    ),
    "the folder of a backup is not synced": Break(
        "adapters/files.py",
        "            self.add_folder(each)\n            self._sync_name(each)\n",
        "            self.add_folder(each)\n",
        "tests/reliability/test_power.py::test_a_backup_survives_in_a_folder_that_a_copy_had_left_out",
    ),
    "the folders above a registry are not synced": Break(
        "adapters/files.py", "        if os.access(folder.parent, os.R_OK):\n", "        if not folder:\n", DEAD
    ),
    "blocks that never reached the disk are taken for damage": Break(
        f"{STORE}log.py", "                if not self._is_unfinished(mark):\n", "                if mark:\n", POWER
    ),
    "snapshots are believed after a power cut": Break(
        f"{STORE}snapshots.py", " and boot == self._place.files.boot()\n", "\n", POWER
    ),
    "the lock is dropped": Break(
        "adapters/files.py",
        "                fcntl.flock(descriptor, fcntl.LOCK_EX)\n",
        "                pass\n",
        AT_ONCE,
    ),
    "nothing is decided again when somebody wrote in between": Break(
        "ledger.py",
        "            if self.catalogue().position != seen:\n",
        "            if self.catalogue().position is None:\n",
        AT_ONCE,
    ),
    "an error of the disk is swallowed": Break(
        f"{STORE}log.py",
        "            self._undo(path, mark.offset, error)\n            raise\n",
        "            self._undo(path, mark.offset, error)\n",
        TOLD,
    ),
    "what could not be synced is not taken back": Break(
        f"{STORE}log.py",
        "            self._undo(path, mark.offset, error)\n            raise\n",
        "            raise\n",
        TOLD,
    ),
    "an unknown outcome is told as a failure": Break(
        f"{STORE}log.py",
        "            raise OutcomeUnknownError(",
        "            raise StorageError(",
        DIRECTORY + "test_a_write_that_cannot_be_taken_back_has_an_unknown_outcome_and_can_be_repeated",
    ),
    "who has read what was taken back goes on from it": Break(
        f"{STORE}log.py",
        "            self._confirm()\n",
        "",
        FAULTS + "test_who_has_read_what_another_event_of_its_length_replaced_writes_behind_that",
    ),
    "nothing is settled before it is told again": Break(
        "ledger.py",
        " and (self.log.settled or not any(map(_succeeds, outcomes))):",
        ":",
        FAULTS + "test_nothing_is_told_of_an_event_that_cannot_be_brought_to_the_disk",
    ),
    "the index is believed over the log": Break(
        "finder.py",
        " or self._ledger.hash_at(seen.seq) == seen.hash",
        " or True",
        FAULTS + "test_what_was_indexed_and_then_taken_back_is_not_found",
    ),
    "the place is noted before the log has it": Break(
        "ledger.py",
        "            committed = appender.commit(drafts) if drafts else []\n",
        "            for projection in self._projections:\n"
        "                projection.update([], Position(seen.log_id, seen.seq + 1, seen.hash))\n"
        "            committed = appender.commit(drafts) if drafts else []\n",
        NAMED,
    ),
    "the place is noted before the snapshots are written": Break(
        f"{STORE}snapshots.py",
        "{self._path(entry.id): self._render(entry) for entry in changed}",
        "{}",
        NAMED,
    ),
    "an event is written before its source": Break(
        "ledger.py",
        "        self._store_sources(writes, outcomes)\n        with self.log.exclusive() as appender:\n",
        "        with self.log.exclusive() as appender:\n",
        NAMED,
    ),
    "a torn tail is not cleared": Break(
        f"{STORE}log.py",
        "            self._cut_torn_tail(tail)\n            self._settle(tail)\n",
        "            self._settle(tail)\n",
        TORN,
    ),
    "a torn tail is thrown away": Break(
        f"{STORE}log.py",
        '            self._place.replace(self._place.root / "backups" / f"torn-{mark.seq + 1}", torn, durable=True)\n',
        "",
        TORN,
    ),
    "temporary files of living writers are swept": Break(
        f"{STORE}place.py",
        "        os.kill(int(pid), 0)\n",
        "        return False\n",
        DIRECTORY + "test_leftovers_of_dead_writers_are_swept_and_those_of_live_ones_kept",
    ),
    "a repeated op_id does it again": Break(
        "ledger.py", "        if seq is None or seq > self._opened().position.seq:\n", "        if seq != -1:\n", NAMED
    ),
    "the reuse of an op_id for something else is ignored": Break(
        "ledger.py",
        '        if event.data.get("request") != write.request:\n',
        "        if event is None:\n",
        "tests/test_registry.py",
    ),
    "an expected revision is not compared": Break(
        "operating.py",
        "        if expected is not None and expected != actual:\n",
        "        if expected == -1:\n",
        PROCESSES + "test_of_writers_who_expect_the_same_revision_one_wins_each_round",
    ),
    "the hash of a line is not checked": Break(
        "domain/events.py",
        "        as_written = _hash(sealed) == stated\n",
        "        as_written = True\n",
        DIRECTORY + "test_a_flipped_byte_is_damage_that_stops_writing_and_is_named",
    ),
    "the chain is not checked": Break(
        f"{STORE}log.py",
        " or event.prev != mark.hash:",
        ":",
        DAMAGE + "test_a_line_that_is_whole_and_of_another_log_is_found_there",
    ),
    "the digest of a source is not checked": Break(
        f"{STORE}sources.py",
        "        if hashlib.sha256(data).hexdigest() != digest:\n",
        "        if data is None:\n",
        DAMAGE + "test_sources_that_changed_places_are_both_found",
    ),
    "a missing segment is passed over": Break(
        f"{STORE}log.py",
        "            if mark.segment < newest and not self._damage:\n",
        "            if newest < 0:\n",
        SEGMENTS + "test_a_segment_that_is_missing_is_damage_whatever_has_seen_it",
    ),
    "a tail that others follow is passed over": Break(
        f"{STORE}log.py",
        "        elif self._segments.size(mark.segment) > mark.offset:\n",
        "        elif mark.offset < 0:\n",
        SEGMENTS + "test_a_piece_that_is_cut_off_before_the_next_segment_is_damage_there",
    ),
    "what the snapshots have seen is no witness": Break(
        f"{STORE}log.py",
        "        seen = self._witness.seen()\n        if seen and (seen.seq > tail.seq",
        "        seen = None\n        if seen and (seen.seq > tail.seq",
        DIRECTORY + "test_a_lost_tail_is_found_by_what_the_snapshots_have_seen",
    ),
    "a damaged log is written to": Break(
        f"{STORE}log.py",
        "            self._refuse_damage(tail)\n",
        "",
        DIRECTORY + "test_a_flipped_byte_is_damage_that_stops_writing_and_is_named",
    ),
    "a checkpoint is believed without its digest": Break(
        f"{STORE}checkpoint.py",
        '        stated = (header["format"], header["log_id"], digest)\n',
        '        digest = _digest(header, body)\n        stated = (header["format"], header["log_id"], digest)\n',
        ANYWHERE + "test_a_digit_altered_in_a_cache_changes_no_answer",
    ),
    "a damaged note of the place is believed": Break(
        f"{STORE}snapshots.py",
        " not in {None, _checksum(note)}:",
        " == -1:",
        ANYWHERE + "test_a_digit_altered_in_a_cache_changes_no_answer",
    ),
    "a newer format is opened": Break(
        f"{STORE}place.py",
        "        if written > PACKED_FORMAT:\n",
        "        if written < 0:\n",
        DIRECTORY + "test_a_newer_format_is_refused",
    ),
    "segments are packed without raising the format": Break(
        f"{STORE}log.py",
        "                self._place.allow_packing()\n",
        "                pass\n",
        SEGMENTS + "test_a_program_that_knows_no_packed_segments_is_kept_out_before_there_are_any",
    ),
    "a plain segment goes before the packed one is durable": Break(
        f"{STORE}segments.py",
        "packed, durable=True)",
        "packed, durable=False)",
        SEGMENTS + "test_packing_survives_death_and_power_cuts_at_every_point",
    ),
    "a packed segment is not read back": Break(
        f"{STORE}segments.py",
        "        if unpacked(self._files.read(packed_name(path))) != data:\n",
        "        if not data:\n",
        SEGMENTS + "test_a_packed_segment_that_cannot_be_read_back_leaves_the_plain_one",
    ),
    "a restored registry keeps the identity of its log": Break(
        "bootstrap.py",
        "        state = read_state(archive)\n",
        "        state, log_id = read_state(archive), archive.manifest.log_id\n",
        BACKUPS + "TestRestoring::test_into_an_empty_place_all_is_as_it_was",
    ),
    "the texts of a backup are not checked": Break(
        f"{STORE}archives.py",
        "        if hashlib.sha256(data).hexdigest() != digest:\n",
        "        if data is None:\n",
        BACKUPS + "test_a_source_that_is_another_in_an_archive_is_not_restored",
    ),
    "an archive may name any path": Break(
        "domain/backup.py",
        "bool(DIGEST.fullmatch(digest) and ARCHIVE.fullmatch(archive))",
        "bool(digest)",
        BACKUPS + "test_a_hostile_archive_is_refused_and_leaves_nothing",
    ),
    "an archive may unpack to any size": Break(
        f"{STORE}archives.py",
        "            _refuse_bomb(archive, files.size(path) or 0)\n",
        "",
        BACKUPS + "test_an_archive_that_would_unpack_without_bounds_is_refused",
    ),
    "anything is a digest, and so a path": Break(
        f"{STORE}sources.py",
        "        if not DIGEST.fullmatch(digest):\n",
        "        if not digest and False:\n",
        DIRECTORY + "test_what_is_no_digest_leads_out_of_no_folder",
    ),
    "others may read the registry": Break(
        "adapters/files.py",
        "os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600",
        "os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644",
        DIRECTORY + "test_files_and_folders_are_their_owners_alone",
    ),
    "cleaning up does not spare what is on its way": Break(
        "domain/retention.py",
        "SPARED = timedelta(hours=1)",
        "SPARED = timedelta(hours=-1)",
        "tests/test_maintenance.py",
    ),
    "a planted index is unpickled": Break(
        "adapters/whoosh_index.py",
        "    if status.st_uid != os.geteuid() or status.st_mode & _FOREIGN_RIGHTS:\n",
        "    if not status:\n",
        "tests/adapters/test_whoosh_index.py",
    ),
    "a path outside the roots is read": Break(
        "sources.py",
        "    if roots is not None and not any(",
        "    if roots is not None and not roots and not any(",
        "tests/mcp_door/test_mcp_paths.py",
    ),
    "the name of a file becomes a line of the log": Break(
        "registry.py",
        "printable(wish.source.filename)",
        "wish.source.filename",
        "tests/reliability/test_hostile.py::test_names_of_models_and_files_become_no_escape_no_path_and_no_line_of_a_log",
    ),
    "a child counts what its parent counted": Break(
        f"{STORE}usage.py",
        "os.register_at_fork(after_in_child=_begin_in_child)\n",
        "",
        PROCESSES + "test_what_was_counted_before_a_fork_is_counted_once",
    ),
}
"""What is broken -> how, and who is to notice."""


def refused(title: str, one: Break, project: Path) -> str:
    """Give why a break cannot be made, "" where its code stands exactly once."""
    many = (project / SOURCES / one.file).read_text().count(one.code)
    return "" if many == 1 else f"{title}: its code stands {many} times in {one.file}"


def noticed(one: Break, project: Path) -> str:
    """Break a copy, and give the first test that notices; "" where none does. RuntimeError when they cannot be run."""
    path = project / SOURCES / one.file
    whole = path.read_text()
    path.write_text(whole.replace(one.code, one.put))
    try:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "--no-header",
            *one.tests.split(),
        ]
        surroundings = os.environ | {"PYTHONPATH": str(project / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=project, env=surroundings, capture_output=True, text=True)
    finally:
        path.write_text(whole)
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"the tests {one.tests} cannot be run: {done.stdout[-500:]}{done.stderr[-500:]}")
    told = re.search(r"^FAILED (.+?)(?: - |$)", done.stdout, re.MULTILINE)
    return told[1] if told else ""


def main() -> int:
    """Make every break, print who noticed, and tell whether all were noticed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", metavar="WORD", help="only the breaks whose title has this word")
    given = parser.parse_args()
    chosen = {title: one for title, one in BREAKS.items() if given.only in title}
    unnoticed = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache"))
        faults = [why for title, one in chosen.items() if (why := refused(title, one, project))]
        if faults:
            print("\n".join(faults))
            return 1
        for title, one in chosen.items():
            started = monotonic()
            who = noticed(one, project)
            unnoticed += [] if who else [title]
            print(f"{title}\n    {who or 'UNNOTICED'} ({monotonic() - started:.0f} s)", flush=True)
    print(f"{len(chosen)} breaks, {len(chosen) - len(unnoticed)} noticed")
    return bool(unnoticed)


if __name__ == "__main__":
    sys.exit(main())
