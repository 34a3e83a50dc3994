"""A plan whose runs fail as soon as they start is held before all of it is burnt."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.__main__ import main
from iqa_tui.commands.follow import follow
from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.survey import Surveyor
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.retry import retry_run
from iqa_tui.service import quick_failures
from iqa_tui.service.quick_failures import QuickFailures, Sign, history_of, why_held
from iqa_tui.trust.signature import write_signed
from tests.fakes.lab import Lab, state, stub, wait_for, wait_for_end, wait_until, words
from tests.fakes.runs import queue_run
from tests.fakes.waits import waiting_reasons
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, Place, ProcessRecord, RetryRecord
from training.runfolder.write import write_record

BAD = {"flags": {"exit": 1, "say": "RuntimeError: it cannot work"}}
WHY = "3 runs in a row failed within seconds of their start: exit 1: RuntimeError: it cannot work"


def test_three_failures_in_a_row_hold_a_plan_whatever_their_order_is_told() -> None:
    failures = [Sign(t, f"cause {t:g}") for t in (1.0, 3.0, 2.0)]
    assert why_held(failures) == "3 runs in a row failed within seconds of their start: cause 3"
    assert why_held(failures[:2]) == ""
    assert why_held([*failures, Sign(2.5)]) == ""
    assert why_held([*failures, Sign(0.5)]) != ""


@pytest.fixture
def ended(tmp_path: Path) -> Any:
    """Makes runs of one group that ended so long ago; one more waits."""
    launched = time.time() - 1000
    queue_run(tmp_path, "waits", created=launched)

    def end(name: str, seconds_ago: float, kind: ExitKind = ExitKind.FAILED, elapsed: float = 2.0) -> RunFolder:
        run = queue_run(tmp_path, name, created=launched)
        cause = f"{name} failed"
        write_record(run.attempt(1).exit, ExitRecord(kind, cause, time.time() - seconds_ago, elapsed))
        return run

    return end


def why(runs_dir: Path) -> str:
    waiting = Backlog(runs_dir, own_only=True).read()
    assert waiting.queued
    return "; ".join(QuickFailures(runs_dir).why_held(waiting).values())


def test_failures_are_counted_from_the_folders_alone(ended: Any, tmp_path: Path) -> None:
    ended("F1", 30)
    ended("F2", 20, ExitKind.USAGE)
    assert why(tmp_path) == ""
    ended("F3", 10, ExitKind.NOT_STARTED, elapsed=0.0)
    assert why(tmp_path) == "3 runs in a row failed within seconds of their start: F3 failed"


@pytest.mark.parametrize(
    ("kind", "elapsed"), [(ExitKind.FINISHED, 1.0), (ExitKind.FAILED, 21.0), (ExitKind.TIME_LIMIT, 22.0)]
)
def test_a_run_that_finishes_or_trains_for_a_while_ends_the_row(
    ended: Any, tmp_path: Path, kind: ExitKind, elapsed: float
) -> None:
    for number, seconds in enumerate((30, 20, 10)):
        ended(f"F{number}", seconds)
    assert why(tmp_path) != ""
    ended("F5", 5, kind, elapsed)
    assert why(tmp_path) == ""


def test_a_run_that_was_stopped_says_nothing(ended: Any, tmp_path: Path) -> None:
    for number, seconds in enumerate((30, 20, 10)):
        ended(f"F{number}", seconds)
    ended("F5", 5, ExitKind.STOPPED)
    assert why(tmp_path) != ""


def test_a_living_run_that_has_trained_for_a_while_ends_the_row(ended: Any, tmp_path: Path) -> None:
    for number, seconds in enumerate((60, 55, 50)):
        ended(f"F{number}", seconds)
    alive = queue_run(tmp_path, "alive", created=time.time() - 1000)
    lock = take_lock(alive.alive_lock)
    for began_ago, is_held_back in ((10, True), (30, False)):
        write_record(alive.attempt(1).process, ProcessRecord("boot", 1, 1, "host", time.time() - began_ago))
        assert bool(why(tmp_path)) is is_held_back
    os.close(lock)


def test_what_a_user_wants_after_the_failures_begins_a_new_row(ended: Any, tmp_path: Path) -> None:
    runs = [ended(f"F{number}", seconds) for number, seconds in enumerate((30, 20, 10))]
    assert why(tmp_path) != ""
    waiting = queue_run(tmp_path, "launched now", created=time.time())
    assert why(tmp_path) == ""
    write_signed(waiting, replace(read_spec(waiting), created=1.0), {})
    assert why(tmp_path) != ""
    write_record(waiting.place, Place("ann", time.time(), released=time.time()))
    assert why(tmp_path) == ""
    waiting.place.unlink()
    write_record(runs[0].attempt(2).retry, RetryRecord("iqa-tui", time.time(), "", automatic=True))
    assert why(tmp_path) != ""
    write_record(runs[0].attempt(2).retry, RetryRecord("ann", time.time(), ""))
    assert why(tmp_path) == ""


def test_another_groups_failures_do_not_count(ended: Any, tmp_path: Path) -> None:
    for number, seconds in enumerate((30, 20, 10)):
        run = ended(f"F{number}", seconds)
        write_record(run.spec, replace(read_spec(run), group="another"))
    assert why(tmp_path) == ""


def test_of_twelve_runs_that_fail_at_once_nine_are_held_with_the_reason_and_the_way_on(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = lab.launch(*[BAD] * 12)
    wait_until(lambda: not lab.processes(), "the dispatcher to end, as nothing may start")
    assert [state(run) for run in runs] == [Phase.FAILED] * 3 + [Phase.QUEUED] * 9
    assert words(runs[3]) == "queued: held by iqa-tui"
    queued = [(run, read_spec(run)) for run in runs[3:]]
    reasons = waiting_reasons(queued, Surveyor().survey())
    assert set(reasons.values()) == {f"held: {WHY}; `iqa-tui release --group stub` lets its runs start"}
    command = ["--runs-dir", str(lab.runs_dir)]
    assert main([*command, "release", "--group", "other"]) == 2
    assert "There is no group 'other'. There are 'stub'." in capsys.readouterr().err
    assert main([*command, "release"]) == 2
    assert "write --all or --group" in capsys.readouterr().err
    assert main([*command, "release", "S4"]) == 0
    wait_for(runs[3], Phase.FAILED)
    wait_until(lambda: not lab.processes(), "the dispatcher to end")
    assert [state(run) for run in runs[4:]] == [Phase.QUEUED] * 8
    place = read_record(runs[4].place, Place)
    assert place is not None
    assert (place.by, place.why) == ("iqa-tui", WHY)
    assert main([*command, "release", "--group", "stub"]) == 0
    wait_until(lambda: not lab.processes(), "the dispatcher to end")
    assert [state(run) for run in runs] == [Phase.FAILED] * 7 + [Phase.QUEUED] * 5  # three of the eight were burnt
    assert main([*command, "release", "--all", "S8"]) == 2


def test_a_dispatcher_that_dies_forgets_no_failure(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    go = lab.folder / "go"
    runs = lab.launch(BAD, BAD, {"flags": {"until": str(go), "exit": 1, "say": "RuntimeError: it cannot work"}}, {}, {})
    stub(runs[2])
    for pid in lab.dispatchers():
        os.kill(pid, signal.SIGKILL)
    go.touch()
    wait_for_end(runs[2])
    assert main(["--runs-dir", str(lab.runs_dir), "status"]) == 0
    wait_until(lambda: words(runs[4]) == "queued: held by iqa-tui", "the rest to be held")
    assert state(runs[3]) is Phase.QUEUED


def test_runs_that_fail_after_they_trained_hold_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow = lab.folder / "shadow" / "sitecustomize.py"
    shadow.parent.mkdir()
    shadow.write_text(
        "import sys\nif 'iqa_tui.service.dispatcher' in ' '.join(sys.orig_argv):\n"
        "    from iqa_tui.service import quick_failures\n    quick_failures.QUICK_SECONDS = 0.0\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(shadow.parent), os.environ.get("PYTHONPATH", "")]))
    runs = lab.launch(*[BAD] * 5)
    wait_for_end(*runs)
    assert {state(run) for run in runs} == {Phase.FAILED}


def test_a_retry_by_its_user_is_no_blind_one_and_starts(lab: Lab) -> None:
    runs = lab.launch(*[BAD] * 4)
    wait_until(lambda: words(runs[3]) == "queued: held by iqa-tui", "the last to be held")
    retry_run(runs[0])
    wait_until(runs[0].attempt(2).exit.exists, "the second attempt to end")
    assert words(runs[3]) == "queued: held by iqa-tui"


def test_another_users_runs_are_neither_counted_nor_held(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    runs = lab.launch(*[BAD] * 4)
    for run in runs[:3]:
        write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", time.time(), 1.0))
    monkeypatch.setattr(quick_failures, "is_ours", lambda run: run != runs[0])
    waiting = Backlog(lab.runs_dir).read()
    assert QuickFailures(lab.runs_dir).why_held(waiting) == {}
    monkeypatch.undo()
    os.close(lease)


def test_a_launch_that_is_followed_ends_with_the_reason_when_the_rest_is_held(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = lab.launch(*[BAD] * 5)
    assert follow(runs) == 1
    assert f"2 runs are held: {WHY}. Mend that; then `iqa-tui release --group stub` lets" in capsys.readouterr().err
    assert [state(run) for run in runs] == [Phase.FAILED] * 3 + [Phase.QUEUED] * 2


@pytest.mark.parametrize(("kind", "is_a_sign"), [(ExitKind.NOT_FINITE, False), (ExitKind.USAGE, True)])
def test_values_of_a_grid_that_cannot_be_trained_hold_no_plan(tmp_path: Path, kind: ExitKind, is_a_sign: bool) -> None:
    for number in range(3):
        run = queue_run(tmp_path, str(number), trial={"values": {"lr": number}})
        write_record(run.attempt(1).exit, ExitRecord(kind, "so it was", time.time(), 2.0))
    signs = [sign for number in range(3) for sign in history_of(RunFolder(tmp_path / str(number))).signs]
    assert bool(why_held(signs)) is is_a_sign
