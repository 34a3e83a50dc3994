"""How long a group has left."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.group import GroupProgress, group_progress
from tests.fakes.run_folders import FakeRun
from training.runfolder.engines import SLURM, SPEC_FORMAT

NOW = time.time()


@pytest.fixture
def alive() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def hold(alive: ExitStack, fake: FakeRun) -> FakeRun:
    for descriptor in fake.hold():
        alive.callback(os.close, descriptor)
    return fake


def progress(runs_dir: Path, starting: int = 0) -> GroupProgress:
    return group_progress(Catalog(runs_dir).refresh(), NOW, starting)


def test_what_is_seen_changes_what_is_left(tmp_path: Path, alive: ExitStack) -> None:
    """Runs that take twice the plan's hours make those that wait take twice their hours too."""
    FakeRun.queue(tmp_path, "F2", seed=1).start(at=NOW - 20_000).finish(hours=3.4)
    FakeRun.queue(tmp_path, "F4", seed=1)
    assert progress(tmp_path).seconds_left == pytest.approx(4.0 * 3600)


def test_a_run_whose_steps_are_seen_is_timed_by_them(tmp_path: Path, alive: ExitStack) -> None:
    hold(alive, FakeRun.queue(tmp_path, "F2").start(at=NOW - 602).train(400, seconds_per_step=1.0, pause=100.0))
    left = progress(tmp_path).seconds_left
    assert left == pytest.approx(600 + 4 * 100, abs=5)


def test_one_at_a_time_never_counts_on_a_second_device(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", strategy="sequential")
    FakeRun.queue(tmp_path, "F4", strategy="sequential")
    assert progress(tmp_path, starting=4).seconds_left == pytest.approx(3.7 * 3600)


def test_by_priority_a_lower_one_is_timed_from_the_end_of_all_higher_ones(tmp_path: Path, alive: ExitStack) -> None:
    hold(alive, FakeRun.queue(tmp_path, "F2", strategy="priority").start(at=NOW - 3600))  # high, 1.7 h
    FakeRun.queue(tmp_path, "F4", strategy="priority")  # medium, 2.0 h
    FakeRun.queue(tmp_path, "F5", strategy="priority")  # low, 2.0 h
    assert progress(tmp_path, starting=0).seconds_left == pytest.approx((0.7 + 2.0 + 2.0) * 3600, abs=1)


def test_without_any_knowledge_no_time_is_made_up(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", expected_hours=None)
    FakeRun.queue(tmp_path, "F3").start(at=NOW - 900).end()
    assert progress(tmp_path).words == "0 of 2 finished, 1 queued, 1 failed"


def test_an_expectation_of_no_time_at_all_is_none(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F1", expected_hours=1e-320).start(at=NOW - 9000).finish()
    FakeRun.queue(tmp_path, "F2", expected_hours=1.0)
    assert progress(tmp_path, starting=1).seconds_left == pytest.approx(3600.0)


def queue_trial(runs_dir: Path, row: str, **fields: object) -> FakeRun:
    return FakeRun.queue(runs_dir, row, seed=9, trial={"values": {"lr": 1e-5}}, expected_hours=0.5, **fields)


def test_a_run_is_timed_from_the_end_of_its_tuning_runs(tmp_path: Path, alive: ExitStack) -> None:
    trial = hold(alive, queue_trial(tmp_path, "F2").start(at=NOW - 360))  # 0.4 h to go
    FakeRun.queue(tmp_path, "F2", tune={"trials": [trial.run.run_id]})  # 1.7 h
    assert progress(tmp_path, starting=3).seconds_left == pytest.approx((0.4 + 1.7) * 3600, abs=1)


def test_a_tuning_run_goes_first_though_it_is_shorter(tmp_path: Path) -> None:
    trial = queue_trial(tmp_path, "F4", created=NOW)
    FakeRun.queue(tmp_path, "F4", created=NOW, tune={"trials": [trial.run.run_id]})  # 2.0 h
    assert progress(tmp_path, starting=2).seconds_left == pytest.approx(2.5 * 3600)


def test_a_run_of_unknown_length_takes_as_long_as_those_of_its_kind(tmp_path: Path) -> None:
    tried = FakeRun.queue(tmp_path, "F2", seed=9, trial={"values": {"lr": 1e-5}}, expected_hours=None)
    tried.start(at=NOW - 20_000).finish(hours=0.25)
    FakeRun.queue(tmp_path, "F2", seed=1, expected_hours=None).start(at=NOW - 20_000).finish(hours=3.0)
    FakeRun.queue(tmp_path, "F2", seed=2, expected_hours=None)
    assert progress(tmp_path).seconds_left == pytest.approx(3.0 * 3600)


def test_what_waits_for_slurm_has_no_known_end(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2")
    assert progress(tmp_path, starting=1).seconds_left is not None
    FakeRun.queue(tmp_path, "F4", engine=SLURM, slurm={"gres": "gpu:1"}, format=SPEC_FORMAT)
    assert progress(tmp_path, starting=1).seconds_left is None
