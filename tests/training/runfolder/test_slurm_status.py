"""Who is right about a run of Slurm: its records, Slurm's word, its signs of life."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from training.runfolder import read
from training.runfolder.engines import SLURM, SPEC_FORMAT
from training.runfolder.exits import ExitKind
from training.runfolder.job import JobLine, JobRecord, SlurmWord
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import ExitRecord, Place, ProcessRecord, RetryRecord, StopRequest
from training.runfolder.spec import Spec
from training.runfolder.status import run_status
from training.runfolder.write import write_record, write_record_once

JOB = JobRecord("4711", "lab", 1000.0, "ann@login", ["--gres=gpu:1"])


class Slurm:
    """Answers one word, whatever it is asked."""

    def __init__(self, state: str = "", **fields: Any) -> None:
        age = fields.pop("age_seconds", 0.0)
        why = fields.pop("why", "")
        denial = {name: fields.pop(name) for name in ("is_gone", "is_taken", "missing_seconds") if name in fields}
        self.word = SlurmWord(age, JobLine("4711", state, **fields) if state else None, why, **denial)
        self.asked: list[tuple[str, str]] = []

    def word_on(self, run_id: str, job: JobRecord) -> SlurmWord:
        self.asked.append((run_id, job.job))
        return self.word

    def word_of(self, run_id: str) -> SlurmWord:
        return self.word


SILENT = Slurm("RUNNING", age_seconds=200.0)
GONE = Slurm(is_gone=True)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path / "r")
    run.path.mkdir()
    write_record(run.spec, Spec("r", "g", "l", ["true"], 0.0, trainer="command", engine=SLURM, format=SPEC_FORMAT))
    return run


def submit(run: RunFolder, job: JobRecord = JOB, attempt: int = 1) -> None:
    assert write_record_once(run.attempt(attempt).job, job)


def start(run: RunFolder, *, ago: float = 0.0, attempt: int = 1, beats: bool = True) -> None:
    folder = run.attempt(attempt)
    write_record(folder.process, ProcessRecord("boot", 1, 1, "lab1", time.time() - ago, supervisor_pid=1))
    if beats:
        folder.beat.touch()
    for path in (folder.process, folder.beat):
        if path.exists():
            os.utime(path, (time.time() - ago, time.time() - ago))


def end(run: RunFolder, kind: ExitKind, cause: str = "so it was", *, ago: float = 0.0) -> None:
    write_record(run.attempt(1).exit, ExitRecord(kind, cause, time.time() - ago, 1.0))
    os.utime(run.attempt(1).exit, (time.time() - ago, time.time() - ago))


def stop(run: RunFolder) -> None:
    write_record(run.stop, StopRequest("ann", time.time()))


def told(run: RunFolder, slurm: Slurm | None = None) -> tuple[Phase, str]:
    status = run_status(run, slurm=slurm)
    return status.phase, status.cause


def test_a_run_without_a_job_is_queued_and_slurm_is_not_asked(run: RunFolder) -> None:
    slurm = Slurm("RUNNING")
    assert told(run, slurm) == (Phase.QUEUED, "")
    assert slurm.asked == []


def test_slurm_is_asked_for_the_job_of_the_newest_attempt(run: RunFolder) -> None:
    submit(run)
    write_record(run.attempt(2).retry, RetryRecord("ann", 0.0, "failed"))
    submit(run, replace(JOB, job="4712"), attempt=2)
    slurm = Slurm("PENDING")
    assert told(run, slurm) == (Phase.QUEUED, "")
    assert slurm.asked == [("r", "4712")]


def test_records_are_right_before_slurm(run: RunFolder) -> None:
    submit(run)
    start(run)
    end(run, ExitKind.FAILED, "exit 1: no")
    for slurm in (None, SILENT, GONE, Slurm("RUNNING"), Slurm("CANCELLED"), Slurm("NODE_FAIL")):
        assert told(run, slurm) == (Phase.FAILED, "exit 1: no")


def test_a_job_that_waits_again_makes_of_an_end_a_pause(run: RunFolder) -> None:
    submit(run)
    start(run, ago=100)
    end(run, ExitKind.TIME_LIMIT, "stopped by Slurm's time limit of 2 min, 14:02", ago=20)
    assert told(run, Slurm("PENDING")) == (
        Phase.QUEUED,
        "again, after stopped by Slurm's time limit of 2 min, 14:02",
    )
    assert told(run, Slurm("PENDING", age_seconds=30.0))[0] is Phase.STOPPED  # it waited before it began
    stop(run)
    assert told(run, Slurm("PENDING"))[0] is Phase.STOPPED


def test_a_record_that_promises_another_attempt_is_believed_until_slurm_says_that_the_job_is_over(
    run: RunFolder,
) -> None:
    submit(run)
    start(run, ago=100)
    record = ExitRecord(ExitKind.STOPPED, "stopped by a requeue in Slurm", time.time() - 3, 1.0, comes_back=True)
    write_record(run.attempt(1).exit, record)
    os.utime(run.attempt(1).exit, (time.time() - 3, time.time() - 3))
    again = (Phase.QUEUED, "again, after stopped by a requeue in Slurm")
    for state in ("RUNNING", "COMPLETING"):
        assert told(run, Slurm(state, starts=time.time() - 100)) == again
    assert told(run, Slurm("PENDING", age_seconds=50.0)) == again  # it waited before it began
    assert told(run, Slurm(age_seconds=50.0)) == again  # that answer is older than the record
    assert told(run, Slurm("NODE_FAIL", ends=time.time() - 2)) == again  # and then it waits
    assert told(run, Slurm("PREEMPTED", ends=time.time() - 11))[0] is Phase.STOPPED
    forgotten = Slurm(missing_seconds=5.0)
    assert told(run, forgotten) == (again[0], f"{again[1]}; Slurm does not know its job any more")
    gone = Slurm(missing_seconds=65.0, is_gone=True)
    assert told(run, gone) == (Phase.STOPPED, "stopped by a requeue in Slurm")
    assert told(run, None)[0] is Phase.STOPPED
    silent = Slurm("COMPLETING", age_seconds=200.0)
    assert told(run, silent) == (again[0], f"{again[1]}; Slurm has not answered for 3 min")
    stop(run)
    assert told(run, Slurm("COMPLETING"))[0] is Phase.STOPPED


def test_a_run_that_waited_again_when_slurm_fell_silent_still_does(run: RunFolder) -> None:
    submit(run)
    start(run, ago=400)
    end(run, ExitKind.STOPPED, "so", ago=300)
    waits = Slurm("PENDING", age_seconds=200.0)
    assert told(run, waits) == (Phase.QUEUED, "again, after so; Slurm has not answered for 3 min")


def test_a_job_that_was_started_again_after_the_record_is_starting(run: RunFolder) -> None:
    submit(run)
    start(run, ago=100)
    end(run, ExitKind.STOPPED, ago=20)
    status = run_status(run, slurm=Slurm("RUNNING", node="lab2", starts=time.time() - 10))
    assert (status.phase, status.host) == (Phase.STARTING, "lab2")
    assert told(run, Slurm("RUNNING", starts=time.time() - 100))[0] is Phase.STOPPED
    assert told(run, Slurm("COMPLETED", starts=time.time() - 10))[0] is Phase.STOPPED


def test_a_job_that_waits_after_its_node_vanished_makes_the_run_queued(run: RunFolder) -> None:
    submit(run)
    start(run, ago=40)
    assert told(run, Slurm("PENDING")) == (Phase.QUEUED, "again, after its job left lab1 without a record")
    assert told(run, Slurm("PENDING", age_seconds=50.0))[0] is Phase.RUNNING  # the answer is older than the beat
    stop(run)
    assert told(run, Slurm("PENDING")) == (Phase.STOPPED, "stopped by ann")


def test_a_living_job_is_starting_until_its_trainer_began(run: RunFolder) -> None:
    submit(run)
    status = run_status(run, slurm=Slurm("RUNNING", node="lab1"))
    assert (status.phase, status.host) == (Phase.STARTING, "lab1")
    start(run)
    status = run_status(run, slurm=Slurm("RUNNING", node="lab1"))
    assert (status.phase, status.cause, status.host) == (Phase.RUNNING, "", "lab1")
    stop(run)
    assert told(run, Slurm("RUNNING")) == (Phase.STOPPING, "stopped by ann")


def test_another_boot_and_free_locks_prove_nothing(run: RunFolder) -> None:
    submit(run)
    start(run, ago=3600)
    assert told(run, Slurm("RUNNING"))[0] is Phase.RUNNING


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("TIMEOUT", Phase.LOST),
        ("NODE_FAIL", Phase.LOST),
        ("PREEMPTED", Phase.LOST),
        ("CANCELLED", Phase.STOPPED),
        ("FAILED", Phase.FAILED),
        ("OUT_OF_MEMORY", Phase.FAILED),
        ("COMPLETED", Phase.FAILED),
    ],
)
def test_an_ended_job_without_a_record_is_believed_after_ten_seconds(run: RunFolder, state: str, phase: Phase) -> None:
    submit(run)
    start(run, ago=100)
    assert told(run, Slurm(state, why="so", ends=time.time() - 5))[0] is Phase.RUNNING
    assert told(run, Slurm(state, why="so", ends=time.time() - 11)) == (phase, "so")


def test_a_job_that_ended_before_anything_began_is_told_too(run: RunFolder) -> None:
    submit(run)
    slurm = Slurm("FAILED", why="lab2 could not open it", ends=time.time() - 11)
    assert told(run, slurm) == (Phase.FAILED, "lab2 could not open it")


def test_while_slurm_is_silent_the_last_state_stands_with_its_age(run: RunFolder) -> None:
    submit(run)
    assert told(run, SILENT) == (Phase.QUEUED, "")
    start(run, ago=3600)
    phase, cause = told(run, SILENT)
    assert phase is Phase.RUNNING
    assert cause == "on lab1, last sign of life 60 min ago; Slurm has not answered for 3 min"
    assert told(run)[0] is Phase.RUNNING


def test_a_run_is_lost_only_if_slurm_denies_it_twice_and_its_beat_stands_still(run: RunFolder) -> None:
    submit(run)
    start(run, ago=3600)
    lacked = (
        "on lab1, last sign of life 60 min ago; Slurm does not know its job 4711: lost in 40 s without a sign of life"
    )
    assert told(run, Slurm(missing_seconds=20.0)) == (Phase.RUNNING, lacked)
    assert told(run, Slurm()) == (Phase.RUNNING, "")  # no answer since its submission
    assert told(run, GONE) == (
        Phase.LOST,
        "Slurm knows its job 4711 no more, and it gave no sign of life for 60 min",
    )
    run.attempt(1).beat.touch()
    assert told(run, GONE)[1].endswith("Slurm does not know its job 4711: lost in 3 min without a sign of life")


def test_a_number_that_slurm_gave_again_ends_no_run_that_still_beats(run: RunFolder) -> None:
    submit(run)
    start(run, ago=100)
    taken = Slurm(is_gone=True, is_taken=True, missing_seconds=5.0)
    words = "Slurm gave the number of its job 4711 to another one: lost in 80 s without a sign of life"
    assert told(run, taken) == (Phase.RUNNING, f"on lab1, last sign of life 100 s ago; {words}")
    os.utime(run.attempt(1).beat, (0, 0))
    assert told(run, taken)[0] is Phase.LOST


def test_events_are_a_sign_of_life_too(run: RunFolder) -> None:
    submit(run)
    start(run, ago=3600)
    run.events.touch()
    assert told(run, GONE)[0] is Phase.RUNNING


def test_a_job_that_slurm_forgot_before_it_began_is_lost(run: RunFolder) -> None:
    submit(run, replace(JOB, submitted=time.time()))
    assert told(run, Slurm(missing_seconds=50.0))[0] is Phase.QUEUED
    assert told(run, GONE) == (Phase.LOST, "Slurm knows its job 4711 no more, and it never began")
    taken = Slurm(is_gone=True, is_taken=True, missing_seconds=1.0)
    assert told(run, taken) == (
        Phase.LOST,
        "Slurm gave the number of its job 4711 to another one, and it never began",
    )


def test_a_request_before_the_start_is_a_stop_and_a_hold_is_a_hold(run: RunFolder) -> None:
    submit(run)
    assert run_status(run, slurm=Slurm("PENDING", reason="JobHeldUser")).held
    write_record(run.place, Place("ann", 0.0, held=True))
    status = run_status(run, slurm=Slurm("PENDING"))
    assert status == Status(Phase.QUEUED, "held by ann", 1, held=True)
    stop(run)
    assert told(run, Slurm("PENDING")) == (Phase.STOPPED, "stopped by ann before it started")


@pytest.mark.parametrize(
    ("slurm", "phase", "words"),
    [
        (Slurm("RUNNING", node="lab1"), Phase.RUNNING, "as Slurm says of its job 4711; "),
        (Slurm("PENDING"), Phase.QUEUED, "as Slurm says of its job 4711; "),
        (SILENT, Phase.RUNNING, "as Slurm said last; Slurm has not answered for 3 min; "),
        *((slurm, Phase.UNREADABLE, "") for slurm in (Slurm("CANCELLED"), GONE, None)),
    ],
)
def test_of_a_run_whose_disk_fails_slurms_word_is_told_with_the_reason(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, slurm: Slurm | None, phase: Phase, words: str
) -> None:
    submit(run)
    start(run)

    def fail(path: Path, *_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(read, "read_bounded", fail)
    assert told(run, slurm) == (phase, f"{words}{run.spec}: cannot be read (Input/output error).")
