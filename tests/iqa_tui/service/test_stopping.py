"""A run is stopped: in order, at the end of the grace, by a signal."""

from __future__ import annotations

import itertools
import os
import signal
from typing import Any

import pytest

from iqa_tui.queue.stop import stop_run
from iqa_tui.service import stopping
from iqa_tui.service.stopping import GROUP_GRACE_SECONDS, Stopping
from iqa_tui.service.supervisor_exits import EXIT_NOT_QUEUED
from tests.fakes.clock import FakeClock
from tests.fakes.lab import (
    Lab,
    exit_record,
    gone,
    process,
    state,
    stub,
    wait_for,
    words,
)
from training.runfolder.phase import Phase
from training.runfolder.schema import StopRequest


def test_a_stop_ends_the_trainer_politely_and_names_who_asked(lab: Lab, queued: Any) -> None:
    run = queued(seconds=60)
    supervisor = lab.supervise(run)
    stub(run)
    said = stop_run(run, why="wrong data")
    assert "asked to stop" in said
    supervisor.wait()
    assert state(run) is Phase.STOPPED
    assert words(run).endswith(": wrong data")
    assert exit_record(run).signal == signal.SIGTERM


def test_a_trainer_and_workers_that_ignore_term_are_killed_after_the_grace(
    lab: Lab, queued: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queued(seconds=60, ignore_term=True, workers=2)
    supervisor = lab.supervise(run)
    seen = stub(run)
    stop_run(run, grace_seconds=0.3)
    wait_for(run, Phase.STOPPING, Phase.STOPPED)
    supervisor.wait()
    assert exit_record(run).signal == signal.SIGKILL
    assert "killed, as it did not end" in words(run)
    assert all(gone(pid) for pid in [seen["pid"], *seen["children"]])


def test_a_signal_to_the_supervisor_is_a_request_to_stop(lab: Lab, queued: Any) -> None:
    run = queued(seconds=60)
    supervisor = lab.supervise(run)
    pid = stub(run)["pid"]
    process(run)
    supervisor.terminate()
    supervisor.wait()
    assert gone(pid)
    assert state(run) is Phase.STOPPED
    assert words(run).endswith("the supervisor got SIGTERM")


def test_a_paused_trainer_is_woken_to_stop_in_order(lab: Lab, queued: Any) -> None:
    run = queued(seconds=60)
    supervisor = lab.supervise(run)
    pid = stub(run)["pid"]
    os.kill(pid, signal.SIGSTOP)
    stop_run(run, grace_seconds=20)
    supervisor.wait()
    assert exit_record(run).signal == signal.SIGTERM


def test_a_second_stop_may_shorten_the_grace_of_the_first(lab: Lab, queued: Any) -> None:
    run = queued(seconds=60, ignore_term=True)
    supervisor = lab.supervise(run)
    stub(run)
    stop_run(run, grace_seconds=3600)
    wait_for(run, Phase.STOPPING)
    stop_run(run, grace_seconds=0)
    supervisor.wait()
    assert exit_record(run).signal == signal.SIGKILL


def test_a_run_that_was_stopped_while_queued_is_never_started(lab: Lab, queued: Any) -> None:
    run = queued()
    assert "will not start" in stop_run(run)
    assert lab.supervise(run).wait() == EXIT_NOT_QUEUED
    assert not (run.path / "stub.json").exists()
    assert state(run) is Phase.STOPPED


class FakeChild:
    """Writes down which signal it was sent."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def terminate(self) -> None:
        self.told.append("TERM")

    def terminate_group(self) -> None:
        self.told.append("TERM to the group")

    def kill_group(self) -> None:
        self.told.append("KILL")


@pytest.mark.parametrize(
    ("grace_seconds", "told_at"),
    [
        (0.0, {"TERM": 0.0, "TERM to the group": 0.5, "KILL": 1.0}),
        (2.0, {"TERM": 0.0, "TERM to the group": 2.0, "KILL": 4.0}),
        (60.0, {"TERM": 0.0, "TERM to the group": 60.0, "KILL": 60.0 + GROUP_GRACE_SECONDS}),
    ],
)
def test_the_trainer_is_asked_alone_its_group_after_the_grace_and_killed_after_as_long_again_or_five_seconds(
    monkeypatch: pytest.MonkeyPatch, grace_seconds: float, told_at: dict[str, float]
) -> None:
    clock, child = FakeClock(), FakeChild()
    monkeypatch.setattr(stopping.time, "monotonic", clock)
    steps = Stopping(StopRequest("ann", 0.0, grace_seconds=grace_seconds))
    seen: dict[str, float] = {}
    for look in itertools.count():
        clock.now = look / 2
        steps.press(child)  # type: ignore[arg-type]
        for signal_words in child.told:
            seen.setdefault(signal_words, clock.now)
        if "KILL" in seen:
            break
    assert seen == told_at
    assert child.told == ["TERM", "TERM to the group", "KILL"]
