"""Queued runs get devices one after the other, whatever is killed on the way. Real processes, a stub trainer."""

from __future__ import annotations

import os
import signal
from itertools import pairwise

import pytest

from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.survey import Surveyor
from iqa_tui.queue.dispatcher_files import (
    dispatcher_lock,
    dispatcher_log,
    read_trouble,
)
from iqa_tui.service.dispatcher import SAY_AGAIN_SECONDS, Trouble
from tests.fakes.clock import FakeClock
from tests.fakes.lab import (
    Lab,
    exit_record,
    process,
    state,
    stub,
    wait_for_end,
    wait_until,
    words,
)
from tests.fakes.waits import waiting_reasons
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec


def started(run: RunFolder) -> float:
    return process(run).started


def test_five_runs_share_one_slot_one_after_the_other_by_priority(lab: Lab) -> None:
    rows = [{}, {"priority": "low"}, {"priority": "high"}, {"expected_hours": 2.0}, {}]
    runs = lab.launch(*[{"flags": {"seconds": 0.1}, **row} for row in rows])
    wait_for_end(*runs)
    assert {state(run) for run in runs} == {Phase.FINISHED}
    order = sorted(runs, key=started)
    assert [runs.index(run) for run in order] == [2, 3, 0, 4, 1]
    for earlier, later in pairwise(order):
        assert exit_record(earlier).ended <= started(later)


def test_the_dispatcher_ends_when_nothing_waits(lab: Lab) -> None:
    wait_for_end(*lab.launch({}))
    wait_until(lambda: not lab.processes(), "the dispatcher to end")
    assert not is_held(dispatcher_lock(lab.runs_dir))
    assert "goes to CPU 0" in dispatcher_log(lab.runs_dir).read_text()


def test_a_killed_trainer_frees_its_slot_for_the_next_run(lab: Lab) -> None:
    first, second = lab.launch({"flags": {"seconds": 60}}, {})
    os.kill(stub(first)["pid"], signal.SIGKILL)
    wait_for_end(second)
    assert words(first).startswith("failed: killed by SIGKILL: from outside")
    assert state(second) is Phase.FINISHED


def test_an_unsupervised_run_keeps_its_slot_until_it_ends(lab: Lab) -> None:
    go = lab.folder / "go"
    first, second = lab.launch({"flags": {"until": str(go)}}, {})
    stub(first)
    supervisor = process(first).supervisor_pid
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: words(first) == "running, unsupervised", "the first to be unsupervised")
    assert state(second) is Phase.QUEUED
    go.touch()
    wait_for_end(second)
    assert state(first) is Phase.LOST
    assert state(second) is Phase.FINISHED


def test_one_at_a_time_leaves_other_slots_empty(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "3")
    runs = lab.launch({"flags": {"seconds": 0.2}}, {"flags": {"seconds": 0.2}}, strategy="sequential")
    reasons = waiting_reasons(
        [(run, read_spec(run)) for run in runs[1:]], Surveyor().survey(), [(runs[0], read_spec(runs[0]))]
    )
    assert reasons == {runs[1].run_id: "one at a time: waits for S1"}
    wait_for_end(*runs)
    assert exit_record(runs[0]).ended <= started(runs[1])


def test_by_priority_a_lower_one_waits_for_all_higher_ones(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "3")
    rows = [{"priority": "low"}, {"priority": "high", "flags": {"seconds": 3}}, {"priority": "high"}]
    low, slow, fast = lab.launch(*rows, strategy="priority")
    wait_for_end(low, slow, fast)
    assert started(low) >= max(exit_record(slow).ended, exit_record(fast).ended)
    assert started(fast) < exit_record(slow).ended


def test_a_slot_of_another_user_is_not_taken(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers", None, "F9 Hers"))
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "2")
    runs = lab.launch({}, {}, {})
    wait_for_end(*runs)  # one after the other, though the other slot comes first
    assert [process(run).devices[0]["key"] for run in runs] == ["cpu-1"] * 3
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "1")
    (run,) = lab.queue({})
    assert waiting_reasons([(run, read_spec(run))], Surveyor().survey()) == {
        run.run_id: "needs a CPU slot: CPU 0 runs F9 Hers of ann"
    }
    os.close(lease)


def test_a_label_that_the_log_cannot_say_ends_no_dispatcher(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    (run,) = lab.launch({"label": "損失 \x1b[31m"})
    wait_for_end(run)
    assert state(run) is Phase.FINISHED


def test_a_trouble_that_comes_again_and_again_is_written_for_the_rows_and_said_once_in_ten_minutes(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = FakeClock()
    monkeypatch.setattr("iqa_tui.service.dispatcher.time.monotonic", clock)
    trouble = Trouble(lab.runs_dir)
    for clock.now in (0.0, 1.0, 2.0, SAY_AGAIN_SECONDS - 1):
        for why in ("no room", "no room", "", "no memory"):
            trouble.is_now(why)
            assert read_trouble(lab.runs_dir) == why
    said = capsys.readouterr().out
    assert (said.count("error: no room"), said.count("error: no memory"), said.count("error: ")) == (1, 1, 2)
    clock.now = SAY_AGAIN_SECONDS
    trouble.is_now("no room")
    assert capsys.readouterr().out.endswith("error: no room\n")
