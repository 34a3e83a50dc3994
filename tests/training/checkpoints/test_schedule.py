"""When checkpoints are due."""

from pathlib import Path

import pytest

from tests.fakes.small_network import SMALL
from training.checkpoints import resumable
from training.checkpoints.resumable import Learner
from training.checkpoints.schedule import CheckpointSchedule
from training.flags import parse
from training.network.build import build_network
from training.optim import build_optimizer
from training.progress import Progress
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.write import EventWriter
from training.telling.recorder import Recorder


class SlowDisk:
    """A clock that a checkpoint moves on by `seconds`."""

    def __init__(self, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.written: list[float] = []
        self._seconds = seconds
        monkeypatch.setattr(resumable, "save_last", self._save)

    def __call__(self) -> float:
        return self.now

    def _save(self, *_: object, **__: object) -> str:
        self.written.append(self.now)
        self.now += self._seconds
        return "mark"


def written_in(hours: float, disk: SlowDisk, tmp_path: Path, *flags: str) -> list[float]:
    """When, in steps of a second."""
    config = parse([*SMALL, *flags])
    network = build_network(config)
    run = RunFolder(tmp_path)
    recorder = Recorder(EventWriter(run.events, 1), show_bar=False)
    learner = Learner(network, build_optimizer(network, config), config)
    schedule = CheckpointSchedule(run, learner, recorder, began=0.0, clock=disk)
    progress = Progress()
    while disk.now < hours * 3600:
        disk.now += 1
        progress.step += 1
        progress.step_in_epoch += 1
        if schedule.is_due():
            assert schedule.save(progress)
            assert schedule.save(progress)  # of this very state: not written again
    assert sum(event.kind == "checkpoint" for event in read_events(run)) == len(disk.written)
    return disk.written


def test_a_checkpoint_is_due_every_ten_minutes(tmp_path, monkeypatch):
    assert written_in(1, SlowDisk(0, monkeypatch), tmp_path) == [600, 1200, 1800, 2400, 3000, 3600]


def test_a_period_of_one_s_own_or_none(tmp_path, monkeypatch):
    assert len(written_in(1, SlowDisk(0, monkeypatch), tmp_path, "--checkpoint_minutes", "2")) == 30
    assert written_in(1, SlowDisk(0, monkeypatch), tmp_path / "none", "--checkpoint_minutes", "0") == []


def test_a_disk_that_takes_minutes_gets_checkpoints_for_a_twentieth_of_the_time(tmp_path, monkeypatch):
    disk = SlowDisk(120, monkeypatch)
    assert 120 * len(written_in(24, disk, tmp_path)) == pytest.approx(24 * 3600 / 20, rel=0.1)


def test_an_epoch_that_was_scored_writes_no_weights_again(tmp_path):
    config = parse(SMALL)
    network = build_network(config)
    run = RunFolder(tmp_path)
    recorder = Recorder(EventWriter(run.events, 1), show_bar=False)
    learner = Learner(network, build_optimizer(network, config), config)
    schedule = CheckpointSchedule(run, learner, recorder, began=0.0)
    progress = Progress(step=4, step_in_epoch=4)
    assert schedule.save(progress)
    written = run.last_checkpoint.stat()
    progress.epoch, progress.step_in_epoch, progress.best_epoch = 2, 0, 1
    assert schedule.save(progress)
    assert run.last_checkpoint.stat() == written
    assert not run.previous_checkpoint.exists()
    again = CheckpointSchedule(run, learner, recorder, began=0.0).resume()
    assert again == progress
