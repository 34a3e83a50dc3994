"""What a launch asks of devices and runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.devices.lease import Holder
from iqa_tui.devices.survey import Survey
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.screens.launch_facts import going_on, offered_devices
from tests.fakes.app import gpu_state
from tests.fakes.run_folders import FakeRun
from training.runfolder.engines import SLURM, SPEC_FORMAT

NOW = time.time()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[FakeRun]:
    """F3 of 2.0 hours, which began half an hour ago and has told of no step yet."""
    with ExitStack() as stack:
        fake = FakeRun.queue(tmp_path, "F3", expected_hours=2.0).start(at=NOW - 1800)
        for descriptor in fake.hold():
            stack.callback(os.close, descriptor)
        yield fake


def survey(*holders: Holder) -> Survey:
    return Survey((gpu_state(0, free=True), replace(gpu_state(1, free=False), holders=holders)), "", NOW, "gpu")


def test_a_device_gets_free_when_its_run_ends(tmp_path: Path, running: FakeRun) -> None:
    found = going_on(survey(Holder("ann", running.run.run_id)), Catalog(tmp_path).refresh(), NOW)
    (bar,) = found.running.values()
    assert list(found.running) == ["GPU-1"]
    assert (bar.name, bar.look, bar.is_new) == ("F3", 2, False)
    assert bar.end_hours == pytest.approx(1.5, abs=0.01)


def test_a_device_that_a_run_of_unknown_length_has_too_counts_as_unknown(tmp_path: Path, running: FakeRun) -> None:
    shared = survey(Holder("ann", running.run.run_id), Holder("bob", "another-folder's-run"))
    assert going_on(shared, Catalog(tmp_path).refresh(), NOW).running == {}


def test_queued_runs_wait_by_priority_but_foreign_ones_do_not(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F5", created=NOW - 9, priority="low", expected_hours=1.0)
    FakeRun.queue(tmp_path, "F2", created=NOW - 5, priority="high", expected_hours=3.0)
    FakeRun.queue(tmp_path, "F4", created=NOW - 7, signed=False)  # of another host: it does not start by itself
    waiting = going_on(survey(), Catalog(tmp_path).refresh(), NOW).waiting
    assert [(bar.name, job.hours) for job, bar in waiting] == [("F2", 3.0), ("F5", 1.0)]


def test_why_a_device_is_not_free_goes_with_it() -> None:
    free, busy = offered_devices(survey())
    assert (free.busy, free.reason) == (False, "")
    assert busy.busy
    assert busy.reason.startswith("held by ann")


def test_what_waits_waits_for_its_own_tuning_runs(tmp_path: Path) -> None:
    tried = {"trial": {"values": {"lr": 1e-5}}, "expected_hours": 0.1}
    trial = FakeRun.queue(tmp_path, "F2", seed=9, created=NOW, **tried)
    run = FakeRun.queue(tmp_path, "F2", created=NOW, tune={"trials": [trial.run.run_id]})
    jobs = [job for job, _ in going_on(survey(), Catalog(tmp_path).refresh(), NOW).waiting]
    assert [(job.id, job.is_trial, job.after) for job in jobs] == [
        (trial.run.run_id, True, ()),
        (run.run.run_id, False, (trial.run.run_id,)),
    ]


def test_what_waits_for_slurm_takes_no_device_of_this_machine(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", created=NOW, engine=SLURM, slurm={"gres": "gpu:1"}, format=SPEC_FORMAT)
    FakeRun.queue(tmp_path, "F4", created=NOW)
    waiting = going_on(survey(), Catalog(tmp_path).refresh(), NOW).waiting
    assert [bar.name for _, bar in waiting] == ["F4"]
