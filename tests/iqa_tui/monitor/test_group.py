"""How far a group is."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import Survey
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.group import GroupProgress, group_progress, starting_next
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.waits import waits_of
from tests.fakes.published_logs import record_run
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import finish_run
from tests.fakes.tuned import FakeTuning
from training.runfolder.schema import Place
from training.runfolder.write import write_record

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


def states(runs_dir: Path) -> list[RunState]:
    return Catalog(runs_dir).refresh()


def test_a_group_counts_no_failure_that_was_made_good(tmp_path: Path, alive: ExitStack) -> None:
    for seed in (1, 2, 3):
        FakeRun.queue(tmp_path, "F2", seed=seed, created=NOW - 9).start(at=NOW - 9000).finish(hours=1.7)
    FakeRun.queue(tmp_path, "F3", seed=1, created=NOW - 9).start(at=NOW - 900).end()
    hold(alive, FakeRun.queue(tmp_path, "F3", seed=2, created=NOW - 9).start(at=NOW - 3060))
    FakeRun.queue(tmp_path, "F3", seed=3, created=NOW - 9)
    # A failed run that was launched again and finished is no failure any more.
    again = FakeRun.queue(tmp_path / "other", "F3", seed=1, created=NOW).start(at=NOW - 900).finish(hours=1.7)
    again.run.path.rename(tmp_path / "again")
    assert progress(tmp_path).words == "4 of 6 finished, 1 starting, 1 queued, 2.5 h left"
    assert progress(tmp_path, starting=1).words.endswith("1.7 h left")


def test_a_plan_that_two_people_launched_counts_twice(tmp_path: Path, alive: ExitStack) -> None:
    """The count is of the rows that are shown: both runs of an experiment and seed want a device and give a result."""
    FakeRun.queue(tmp_path, "F2", created=NOW - 9).start(at=NOW - 9000).finish(hours=1.7)
    FakeRun.queue(tmp_path / "other", "F2", created=NOW).run.path.rename(tmp_path / "again")
    assert progress(tmp_path).words == "1 of 2 finished, 1 queued, 1.7 h left"


def test_a_failure_is_not_made_good_by_what_was_launched_before_it(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", created=NOW - 901).start(at=NOW - 900).end()
    twin = FakeRun.queue(tmp_path / "other", "F2", created=NOW - 900).start(at=NOW - 890).finish(hours=0.1)
    twin.run.path.rename(tmp_path / "twin")
    assert progress(tmp_path).words == "1 of 2 finished, 1 failed"


def test_of_failures_alone_the_newest_counts(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", created=NOW - 9).start(at=NOW - 900).end()
    FakeRun.queue(tmp_path / "other", "F2", created=NOW).start(at=NOW - 90).end().run.path.rename(tmp_path / "again")
    assert progress(tmp_path).words == "0 of 1 finished, 1 failed"


def test_a_held_run_is_counted_and_no_time_waits_for_it(tmp_path: Path) -> None:
    held = FakeRun.queue(tmp_path, "F4")
    write_record(held.run.place, Place(by="ann", when=NOW, held=True))
    assert progress(tmp_path).words == "0 of 1 finished, 1 held"
    FakeRun.queue(tmp_path, "F2")
    assert progress(tmp_path, starting=1).words == "0 of 2 finished, 1 queued, 1 held, 1.7 h left"


def test_the_places_of_a_group_are_the_runs_that_start_next(tmp_path: Path) -> None:
    """Shares of a GPU count too; devices that go to another group's runs do not: the waits have counted both."""
    for name in ("F2", "F3"):
        FakeRun.queue(tmp_path, name, created=NOW, vram_bytes=1 << 30)
    sample = GpuSample(0, "GPU-1", "H100", memory_used_bytes=0, memory_total_bytes=8 << 30, utilisation_percent=0)
    shared = DeviceState(
        Device("GPU-1", "gpu", 0, "H100", room_bytes=7 << 30), True, "free", sample, left_bytes=7 << 30
    )
    known = states(tmp_path)
    queued = [(state.run, state.spec) for state in known if state.spec]
    waits = waits_of(queued, Survey((shared,), "", NOW, "gpu"), [])
    assert starting_next(known, waits) == 2
    assert progress(tmp_path, starting=2).words == "0 of 2 finished, 2 queued, 1.7 h left"


def test_a_group_that_is_over_has_nothing_left(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start(at=NOW - 9000).finish()
    assert progress(tmp_path) == GroupProgress("koniq-losses", 1, 0, 0, 0, None, phases={"finished": 1})


def test_recorded_runs_are_counted_apart(tmp_path: Path) -> None:
    record_run(tmp_path)
    assert group_progress(Catalog(tmp_path).refresh(), NOW).words == "1 recorded"
    assert group_progress(Catalog(tmp_path).refresh(), NOW).short_words == "1 recorded"
    FakeRun.queue(tmp_path, "F1", created=NOW - 9).start(at=NOW - 9000).finish(hours=1.7)
    progress = group_progress(Catalog(tmp_path).refresh(), NOW)
    assert (progress.words, progress.total) == ("1 of 1 finished, 1 recorded", 1)


def test_tuning_runs_are_counted_apart_and_their_time_is_to_come(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F1", created=NOW - 9).try_all((0.7, None))
    tuning.queue()
    found = progress(tmp_path)
    assert (found.total, found.queued, found.trials, found.trials_done, found.trials_failed) == (1, 1, 4, 1, 1)
    assert (found.tuning_words, found.is_tuning) == ("tuning 1 of 4", True)
    assert found.words.startswith("0 of 1 finished, 1 queued")
    assert found.seconds_left == pytest.approx((2 * 0.1 + 1.7) * 3600, rel=0.3)


def test_a_tuning_run_that_was_launched_again_counts_once(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F1", (1e-6,), created=NOW - 90).try_all((None,))
    finish_run(FakeTuning(tmp_path, "F1", (1e-6,), created=NOW).queue_trial(1e-6), None, None)
    found = group_progress(states(tmp_path), NOW)
    assert (len(tuning.trials), found.trials, found.trials_done, found.trials_failed) == (1, 1, 1, 0)
