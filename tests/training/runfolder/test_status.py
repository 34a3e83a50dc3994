"""The status of a run is worked out from its files."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.run_folders import FakeRun
from tests.golden.make import GOLDEN
from training.runfolder import lock
from training.runfolder import status as room
from training.runfolder.errors import NewerFormat, UnreadableFile
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.schema import StopRequest
from training.runfolder.status import run_status
from training.runfolder.write import write_record


@pytest.mark.parametrize(
    ("name", "phase", "words"),
    [
        ("finished", Phase.FINISHED, ""),
        ("failed", Phase.FAILED, "exit 1: CUDA out of memory (GPU 0, 23.6 of 24 GiB)"),
        ("stopped", Phase.STOPPED, "stopped by ann, 14:02"),
        ("lost", Phase.LOST, "host gpu1 rebooted while it ran"),
        ("queued", Phase.QUEUED, ""),
        ("held", Phase.QUEUED, "held by ann"),
        ("resumed", Phase.QUEUED, "again, after lost: host gpu1 rebooted while it ran"),
        ("torn", Phase.LOST, "host gpu1 rebooted while it ran"),
    ],
)
def test_each_golden_run_is_in_its_state_and_says_why(golden: Path, name: str, phase: Phase, words: str) -> None:
    status = run_status(RunFolder(golden / name))
    assert (status.phase, status.cause) == (phase, words)


@pytest.mark.parametrize("name", ["lost", "running", "torn"])
def test_on_another_host_a_run_without_an_end_is_never_lost(
    golden: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    status = run_status(RunFolder(golden / name))
    assert status.phase.is_alive
    assert (status.host, status.cause) == ("gpu1", "on gpu1, whose version gives no sign of life")


def test_a_run_from_a_later_version_is_refused_in_words(golden: Path) -> None:
    run = RunFolder(golden / "future")
    with pytest.raises(NewerFormat, match=r"spec\.json: written in format 99; this version reads up to 2\. Upgrade"):
        read_spec(run)
    status = run_status(run)
    assert status.phase is Phase.UNREADABLE
    assert "Upgrade iqa-tui" in status.cause


def test_a_held_lock_makes_a_run_alive_and_both_locks_make_it_supervised(golden: Path) -> None:
    run = RunFolder(golden / "running")
    assert run_status(run).phase is Phase.LOST
    alive = take_lock(run.alive_lock)
    status = run_status(run)
    assert (status.phase, status.supervised) == (Phase.RUNNING, False)
    supervisor = take_lock(run.supervisor_lock)
    assert run_status(run).supervised
    os.close(supervisor)
    os.close(alive)
    assert run_status(run).phase is Phase.LOST


def test_a_live_run_is_starting_until_this_attempt_has_said_that_it_started(golden: Path) -> None:
    run = RunFolder(golden / "running")
    run.attempt(2).path.mkdir()
    shutil.copy(run.attempt(1).process, run.attempt(2).process)
    alive = take_lock(run.alive_lock)
    assert run_status(run).phase is Phase.STARTING
    assert run_status(run, begun_attempt=2).phase is Phase.RUNNING
    os.close(alive)


def test_anothers_trainer_runs_once_it_has_a_process_though_it_says_nothing(golden: Path) -> None:
    run = RunFolder(golden / "queued")
    write_record(run.spec, replace(read_spec(run), trainer="command"))
    run.attempt(1).path.mkdir(parents=True)
    alive = take_lock(run.alive_lock)
    assert run_status(run).phase is Phase.STARTING
    shutil.copy(golden / "running" / "attempts" / "1" / "process.json", run.attempt(1).process)
    assert run_status(run).phase is Phase.RUNNING
    os.close(alive)


def test_a_stop_request_makes_a_live_run_stopping_and_a_queued_one_stopped(golden: Path) -> None:
    live, waiting = RunFolder(golden / "running"), RunFolder(golden / "queued")
    for run in (live, waiting):
        shutil.copy(golden / "stopped" / "stop.json", run.stop)
    alive = take_lock(live.alive_lock)
    assert run_status(live).phase is Phase.STOPPING
    assert run_status(waiting).phase is Phase.STOPPED
    assert run_status(waiting).cause == "stopped by ann before it started"
    os.close(alive)


def test_a_run_that_was_asked_to_stop_and_left_no_record_is_stopped_not_lost(golden: Path) -> None:
    run = RunFolder(golden / "lost")
    shutil.copy(golden / "stopped" / "stop.json", run.stop)
    status = run_status(run)
    assert status.phase is Phase.STOPPED
    assert status.cause == "stopped by ann; no supervisor was left to record how it ended"


def test_an_attempt_without_a_process_is_queued_again(golden: Path) -> None:
    run = RunFolder(golden / "failed")
    run.attempt(2).path.mkdir()
    assert run_status(run).phase is Phase.QUEUED


def test_a_result_is_believed_whatever_else_the_folder_says(golden: Path) -> None:
    run = RunFolder(golden / "failed")
    shutil.copy(golden / "finished" / "result.json", run.result)
    assert run_status(run).phase is Phase.FINISHED


def test_a_run_that_ends_between_two_looks_is_not_called_lost(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder(golden / "lost")

    def ends_while_one_looks(path: Path) -> bool:
        shutil.copy(golden / "finished" / "result.json", run.result)
        return False

    monkeypatch.setattr(room, "is_held", ends_while_one_looks)
    assert run_status(run).phase is Phase.FINISHED


def test_lost_and_rebooted_are_told_apart_by_the_boot(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "boot_id", lambda: "an-earlier-boot")
    status = run_status(RunFolder(golden / "lost"))
    assert status.cause == "its processes are gone and left no record of why"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"run_id": "x"}'])
def test_a_broken_spec_is_named_and_makes_one_run_unreadable(golden: Path, content: bytes) -> None:
    run = RunFolder(golden / "queued")
    run.spec.write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"queued/spec\.json"):
        read_spec(run)
    assert run_status(run).phase is Phase.UNREADABLE
    assert len(list_runs(golden)) == len(GOLDEN)


def test_a_run_whose_disk_gives_no_locks_any_more_is_known_by_its_sign_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    fake.start(gpu=0)
    held = fake.hold()
    queued = FakeRun.queue(tmp_path, "F3")
    queued.run.alive_lock.touch()

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    words = "its disk gives no file locks (No locks available): see `iqa-tui doctor`"
    status = run_status(fake.run)
    assert status.phase.is_alive
    assert status.cause == f"whose version gives no sign of life; {words}"
    fake.run.attempt(1).beat.touch()
    assert run_status(fake.run).cause == f"last sign of life 0 s ago; {words}"
    write_record(fake.run.stop, StopRequest("ann", 0.0))
    assert run_status(fake.run).phase is Phase.STOPPING
    assert run_status(queued.run).phase is Phase.UNREADABLE  # nothing can start there
    for descriptor in held:
        os.close(descriptor)
