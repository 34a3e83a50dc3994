"""Runs held, released and moved in the queue while the dispatcher works."""

from __future__ import annotations

import errno
import os

import pytest

from iqa_tui.__main__ import main
from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.survey import Surveyor
from iqa_tui.errors import LaunchError
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatching import revive_dispatcher
from iqa_tui.queue.hold import hold_run, prioritise_run, release_run
from iqa_tui.queue.stop import stop_run
from tests.fakes.lab import Lab, process, state, wait_for, wait_for_end, wait_until, words
from tests.fakes.waits import waiting_reasons
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec


def test_held_released_and_reordered_while_another_has_the_device(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    first, second, third = lab.launch(*[{"flags": {"seconds": 0.1}}] * 3)
    command = ["--runs-dir", str(lab.runs_dir)]
    assert main([*command, "hold", "S1"]) == 0
    assert main([*command, "priority", "S3", "high"]) == 0
    assert "S3" not in capsys.readouterr().err
    assert words(first).startswith("queued: held by ")
    assert [entry[0] for entry in Backlog(lab.runs_dir).read().queued] == [third, second]
    reasons = waiting_reasons([(run, read_spec(run)) for run in (first, second, third)], Surveyor().survey())
    assert reasons[first.run_id].startswith("held by ")
    assert reasons[second.run_id].startswith("needs a CPU slot")
    os.close(lease)
    wait_for_end(second, third)
    assert process(third).started < process(second).started
    wait_until(lambda: not lab.processes(), "the dispatcher to end, as nothing may start")
    assert not revive_dispatcher(lab.runs_dir)
    assert state(first) is Phase.QUEUED
    assert main([*command, "release", "S1"]) == 0
    wait_for(first, Phase.FINISHED)
    assert main([*command, "hold", "S1"]) == 1
    assert "only a queued run can be held, released or given a priority" in capsys.readouterr().err


def test_a_held_run_of_a_sequence_does_not_hold_up_the_others(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    first, second = lab.launch({}, {}, strategy="sequential")
    hold_run(first)
    os.close(lease)
    wait_for(second, Phase.FINISHED)
    assert state(first) is Phase.QUEUED


def test_an_order_keeps_what_was_ordered_before_and_refuses_what_it_does_not_know(lab: Lab) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    (run,) = lab.launch({})
    prioritise_run(run, "low")
    hold_run(run)
    release_run(run)
    (entry,) = Backlog(lab.runs_dir).read().queued
    assert entry[1].priority == "low"
    with pytest.raises(LaunchError, match=r"no priority 'top'\. Use one of high, medium, low"):
        prioritise_run(run, "top")
    stop_run(run)
    with pytest.raises(LaunchError, match="only a queued run"):
        release_run(run)
    os.close(lease)


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.ENOSPC, "Make room"), (errno.EACCES, "Ask .*"), (errno.EROFS, "once it")]
)
def test_an_order_that_cannot_be_written_says_what_to_do(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    monkeypatch.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda _runs_dir: None)
    (run,) = lab.launch({})

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("iqa_tui.queue.stop.write_record", refuse)
    monkeypatch.setattr("iqa_tui.queue.hold.write_record", refuse)
    for order in (hold_run, stop_run):
        with pytest.raises(LaunchError, match=f"cannot be written .*{remedy}"):
            order(run)
