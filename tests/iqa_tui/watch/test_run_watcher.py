"""The thread that follows the runs of a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from textual.message import Message

from iqa_tui.messages import RunsChanged
from iqa_tui.watch.run_watcher import RunWatcher
from tests.fakes.lab import wait_until
from tests.fakes.posted import Posted
from tests.fakes.run_folders import FakeRun
from training.runfolder.phase import Phase


def is_runs(phase: Phase) -> Callable[[Message], bool]:
    return lambda message: isinstance(message, RunsChanged) and any(run.phase is phase for run in message.runs)


def count_looks(watcher: RunWatcher) -> list[str]:
    """Grows by one with each look from now on that has been posted, if there was something to post."""
    looks: list[str] = []
    look = watcher._look_at_runs

    def counted() -> None:
        look()
        looks.append("a look")

    watcher._look_at_runs = counted  # type: ignore[method-assign]
    return looks


def test_runs_are_posted_when_they_change_and_not_otherwise(tmp_path: Path) -> None:
    posted = Posted()
    fake = FakeRun.queue(tmp_path, "F2")
    watcher = RunWatcher(tmp_path, posted.append, period_seconds=0.01)
    watcher.start()
    posted.wait_for(is_runs(Phase.QUEUED))
    assert [spec.experiment for _, spec in watcher.queued()] == ["F2"]
    looks = count_looks(watcher)
    wait_until(lambda: len(looks) >= 3, "three more looks")
    assert len(posted) == 1
    held = fake.start().hold()
    posted.wait_for(is_runs(Phase.STARTING))
    for descriptor in held:
        os.close(descriptor)
    posted.wait_for(is_runs(Phase.LOST))
    watcher.stop()


def test_a_folder_that_is_a_file_is_said_to_be_none(tmp_path: Path) -> None:
    posted = Posted()
    (tmp_path / "runs").write_text("")
    watcher = RunWatcher(tmp_path / "runs", posted.append, period_seconds=0.01)
    watcher.start()
    message = posted.wait_for(lambda message: isinstance(message, RunsChanged))
    watcher.stop()
    assert isinstance(message, RunsChanged)
    assert (message.runs, message.problem) == ((), f"no folder, so it holds no runs: {tmp_path / 'runs'}")


def test_runs_whose_folder_is_gone_stay_as_they_were_and_it_is_said(tmp_path: Path) -> None:
    posted = Posted()
    runs_dir = tmp_path / "runs"
    FakeRun.queue(runs_dir, "F2")
    watcher = RunWatcher(runs_dir, posted.append, period_seconds=0.01)
    watcher.start()
    posted.wait_for(is_runs(Phase.QUEUED))
    runs_dir.rename(tmp_path / "elsewhere")
    gone = posted.wait_for(lambda message: isinstance(message, RunsChanged) and bool(message.problem))
    assert isinstance(gone, RunsChanged)
    assert (len(gone.runs), gone.problem) == (1, f"the folder is gone: {runs_dir}")
    (tmp_path / "elsewhere").rename(runs_dir)
    posted.wait_for(lambda message: message is posted[-1] and isinstance(message, RunsChanged) and not message.problem)
    watcher.stop()


def test_curves_of_the_run_that_is_looked_at_are_posted_and_while_it_is_read_how_far_that_is(tmp_path: Path) -> None:
    posted = Posted()
    fakes = [FakeRun.queue(tmp_path, "F2", seed=seed).start().train(30).finish() for seed in range(3)]
    watcher = RunWatcher(tmp_path, posted.append, period_seconds=0.01)
    watcher.start()
    posted.wait_for(lambda message: isinstance(message, RunsChanged) and len(message.runs) == 3 and not message.reading)
    looked_at = fakes[1].run.run_id
    watcher.look_at([looked_at])

    def shows_its_curve(message: Message) -> bool:
        runs = message.runs if isinstance(message, RunsChanged) else ()
        return {run.run_id: len(run.curve) for run in runs}.get(looked_at) == 30

    message = posted.wait_for(shows_its_curve)
    watcher.stop()
    assert isinstance(message, RunsChanged)
    assert {run.run_id for run in message.runs if len(run.curve)} == {looked_at}
