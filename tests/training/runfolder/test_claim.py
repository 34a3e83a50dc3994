"""An attempt takes its run: who else may write gives way, or the attempt does."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.golden.make import a_spec
from training.runfolder import claim
from training.runfolder.claim import at_work_elsewhere, claim_run
from training.runfolder.errors import Fenced
from training.runfolder.exits import ExitKind
from training.runfolder.fence import set_fence
from training.runfolder.host import boot_id, host_name, machine_id
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, Owner, ProcessRecord
from training.runfolder.write import make_folder, write_record

THERE = ProcessRecord("their-boot", 1, 1, "nodeb", 1.0, machine="b")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunFolder]:
    made = RunFolder(tmp_path / "r")
    write_record(made.spec, a_spec("r"))
    make_folder(made.attempts_dir)
    for number in (1, 2):
        make_folder(made.attempt(number).path)
    for name, seconds in (("GIVE_WAY_SECONDS", 0.4), ("RIVAL_SECONDS", 0.3), ("WAITING_BEAT_SECONDS", 0.05)):
        monkeypatch.setattr(claim, name, seconds)
    yield made
    set_fence(None)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often a claim waited for an earlier writer."""
    seen: list[str] = []
    wait = claim._wait

    def counted(*arguments: object) -> None:
        seen.append("waited")
        wait(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(claim, "_wait", counted)
    return seen


def test_the_first_attempt_takes_its_run_at_once_and_says_so(run: RunFolder, waits: list[str]) -> None:
    taken = claim_run(run, run.attempt(1))
    owner = read_record(run.owner, Owner)
    assert owner is not None
    assert (owner.attempt, owner.host, owner.machine, owner.pid) == (1, host_name(), machine_id(), os.getpid())
    assert owner.nonce == taken.nonce
    assert run.attempt(1).beat.exists()
    assert waits == []


@pytest.mark.parametrize(
    ("process", "is_waited_for"),
    [
        (THERE, True),
        (replace(THERE, host=host_name(), machine=machine_id()), True),  # a namesake, or an earlier boot
        (ProcessRecord(boot_id(), 1, 1, host_name(), 1.0, machine=machine_id()), False),  # our own locks told
    ],
)
def test_an_earlier_writer_that_locks_do_not_reach_is_given_time(
    run: RunFolder, waits: list[str], process: ProcessRecord, is_waited_for: bool
) -> None:
    write_record(run.attempt(1).process, process)
    claim_run(run, run.attempt(2))
    assert bool(waits) is is_waited_for
    waits.clear()
    set_fence(None)
    run.attempt(2).beat.unlink()
    write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, "x", 1.0, 1.0))
    claim_run(run, run.attempt(2))
    assert waits == [], "it has ended"


def test_two_who_begin_one_attempt_do_not_both_go_on(run: RunFolder) -> None:
    rival = run.attempt(1)
    rival.beat.touch()
    write_record(run.owner, Owner(1, "nodeb", "b", 7, "theirs"))
    stopped = threading.Event()

    def beats() -> None:
        while not stopped.wait(0.02):
            os.utime(rival.beat)

    thread = threading.Thread(target=beats)
    thread.start()
    try:
        with pytest.raises(Fenced, match="another host's supervisor has begun attempt 1"):
            claim_run(run, rival)
    finally:
        stopped.set()
        thread.join()
    owner = read_record(run.owner, Owner)
    assert owner is not None
    assert owner.nonce == "theirs"


def test_who_is_overtaken_while_waiting_gives_way(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    write_record(run.attempt(1).process, THERE)
    monkeypatch.setattr(
        claim.time, "sleep", lambda seconds: write_record(run.owner, Owner(3, "nodec", "c", 1, "newer"))
    )
    with pytest.raises(Fenced, match="attempt 3 on nodec has taken over"):
        claim_run(run, run.attempt(2))


def test_a_living_foreign_attempt_is_named_to_who_goes_on_by_hand(run: RunFolder) -> None:
    assert at_work_elsewhere(run) == ""
    write_record(run.attempt(2).process, THERE)
    assert at_work_elsewhere(run) == "", "it never beat"
    run.attempt(2).beat.touch()
    assert at_work_elsewhere(run).startswith("nodeb gave a sign of life ")
    os.utime(run.attempt(2).beat, (1.0, 1.0))
    assert at_work_elsewhere(run) == ""


def test_the_age_of_a_foreign_beat_is_told_by_the_file_servers_clock(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_record(run.attempt(2).process, THERE)
    run.attempt(2).beat.touch()
    run.alive_lock.touch()
    now = claim.time.time()
    monkeypatch.setattr(claim.time, "time", lambda: now + 600.0)
    assert at_work_elsewhere(run).startswith("nodeb gave a sign of life ")
