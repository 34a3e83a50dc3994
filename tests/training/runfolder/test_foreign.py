"""What is said of an attempt on another host, or on one with our name and another boot."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.golden.make import a_spec
from training.runfolder.beat import BeatWatch
from training.runfolder.exits import ExitKind
from training.runfolder.foreign import is_elsewhere, length_words
from training.runfolder.host import boot_id, host_name, machine_id
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.schema import ExitRecord, ProcessRecord, StopRequest
from training.runfolder.status import run_status
from training.runfolder.write import EventWriter, write_record

HERE = ProcessRecord(boot_id(), 1, 1, host_name(), 1.0, machine=machine_id())
THERE = replace(HERE, boot_id="their-boot", host="nodeb", machine="b")
REBOOTED = replace(HERE, boot_id="an-earlier-boot")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "r")
    write_record(made.spec, a_spec("r"))
    return made


def put(run: RunFolder, process: ProcessRecord, beat_seconds_ago: float | None = 40.0) -> None:
    write_record(run.attempt(1).process, process)
    if beat_seconds_ago is not None:
        run.attempt(1).beat.touch()
        os.utime(run.attempt(1).beat, (time.time() - beat_seconds_ago,) * 2)


def test_the_same_host_has_the_same_name_and_machine_id() -> None:
    assert not is_elsewhere(HERE)
    assert not is_elsewhere(REBOOTED)
    assert not is_elsewhere(replace(HERE, machine="")), "records of earlier versions know no machine id"
    assert is_elsewhere(THERE)
    assert is_elsewhere(replace(HERE, machine="cloned to another machine"))


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (40.0, "on nodeb, last sign of life 40 s ago"),
        (720.0, "on nodeb, whose last sign of life is 12 min old if the clocks agree"),
        (-300.0, "on nodeb, last sign of life dated 5 min ahead of this host's clock"),
        (None, "on nodeb, whose version gives no sign of life"),
    ],
)
def test_a_foreign_run_is_never_lost_and_its_age_is_told(run: RunFolder, age: float | None, words: str) -> None:
    put(run, THERE, age)
    status = run_status(run)
    assert (status.phase, status.host, status.cause) == (Phase.STARTING, "nodeb", words)
    writer = EventWriter(run.events, 1)
    writer.write("started")
    writer.close()
    assert run_status(run).phase is Phase.RUNNING
    write_record(run.stop, StopRequest("ann", 1.0))
    assert (run_status(run).phase, run_status(run).cause) == (Phase.STOPPING, f"stopped by ann; {words}")
    write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", 1.0, 1.0))
    assert run_status(run).cause == "exit 1", "its records are believed"


def test_a_lock_of_a_container_on_the_same_kernel_is_a_sure_sign(run: RunFolder) -> None:
    put(run, replace(HERE, host="container"), 1000.0)
    assert "17 min old" in run_status(run).cause
    lock = take_lock(run.alive_lock)
    assert run_status(run).cause == "on container, which shares this kernel and holds its lock"
    os.close(lock)


def test_after_another_boot_a_single_look_waits_until_the_beat_is_old_enough(run: RunFolder) -> None:
    put(run, REBOOTED, 40.0)
    status = run_status(run)
    assert status.phase is Phase.STARTING
    assert status.cause.endswith(("known in 140 s", "known in 139 s"))
    put(run, REBOOTED, 181.0)
    assert (run_status(run).phase, run_status(run).cause) == (Phase.LOST, f"host {host_name()} rebooted while it ran")
    run.attempt(1).beat.unlink()
    assert run_status(run).phase is Phase.LOST, "runs of earlier versions have no beat"


def test_who_looks_again_lets_the_beat_stand_still_for_three_minutes_of_his_own(run: RunFolder) -> None:
    now = [0.0]
    beats = BeatWatch(clock=lambda: now[0])
    put(run, REBOOTED, 100_000.0)  # the other's clock may be wrong by any length
    assert run_status(run, beats=beats).phase is Phase.STARTING
    now[0] += 179
    assert run_status(run, beats=beats).phase is Phase.STARTING
    os.utime(run.attempt(1).beat)
    now[0] += 10
    status = run_status(run, beats=beats)
    assert status.cause.startswith("on another host of this name, last sign of life ")
    now[0] += 181
    assert run_status(run, beats=beats).phase is Phase.LOST


@pytest.mark.parametrize("ahead", [0.0, 600.0, -600.0])
def test_who_looks_again_tells_the_age_by_his_own_clock_however_the_two_clocks_differ(
    run: RunFolder, ahead: float
) -> None:
    now = [0.0]
    beats = BeatWatch(clock=lambda: now[0])
    put(run, THERE, ahead)
    run_status(run, beats=beats)
    now[0] += 20
    put(run, THERE, ahead - 20)
    assert (run_status(run, beats=beats).phase, run_status(run, beats=beats).beat_seconds) == (Phase.STARTING, 0.0)
    now[0] += 12
    assert run_status(run, beats=beats).cause == "on nodeb, last sign of life 12 s ago"
    now[0] += 600
    status = run_status(run, beats=beats)
    assert (status.phase, status.cause) == (Phase.STARTING, "on nodeb, which gave no sign of life for 10 min")


def test_a_beat_that_never_moved_is_as_old_as_we_have_watched_it(run: RunFolder) -> None:
    now = [0.0]
    beats = BeatWatch(clock=lambda: now[0])
    put(run, THERE, -3600.0)
    assert run_status(run, beats=beats).cause.endswith("dated 60 min ahead of this host's clock")
    now[0] += 200
    assert run_status(run, beats=beats).cause == "on nodeb, which gave no sign of life for 3 min"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.0, "0 s"), (119.0, "119 s"), (120.0, "2 min"), (7200.0, "2 h"), (200_000.0, "2 d")]
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert length_words(seconds) == words
