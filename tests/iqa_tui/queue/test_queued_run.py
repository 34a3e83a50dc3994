"""The queue at one moment."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.queue.queued_run import QueuedRun, Waiting
from training.runfolder.layout import RunFolder
from training.runfolder.spec import Spec

HERE, THERE = (
    QueuedRun(RunFolder(Path("/runs") / name), Spec(run_id=name, group="g", label=name, argv=[], created=0.0))
    for name in ("here", "there")
)


def test_a_run_of_another_host_is_not_alive_here() -> None:
    assert not Waiting((), alive=()).is_alive_here
    assert Waiting((), alive=(HERE,)).is_alive_here
    assert not Waiting((), alive=(THERE,), foreign=(THERE,)).is_alive_here
    assert Waiting((), alive=(HERE, THERE), foreign=(THERE,)).is_alive_here


def test_a_queued_run_is_told_as_a_pair() -> None:
    run, spec = HERE
    assert (HERE.run, HERE.spec) == (run, spec)
    assert HERE[0].run_id == "here"
