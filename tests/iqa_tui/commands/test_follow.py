"""Which lines a launch without a screen prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.commands.follow import Reporter, follow
from iqa_tui.monitor.state import RunState
from iqa_tui.words.waits import Wait, WaitKind
from tests.fakes.clock import FakeClock
from tests.fakes.runs import fail_run
from tests.fakes.tuned import FakeTuning
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.spec import Spec

SPEC = Spec(run_id="r", group="g", label="L2 (MSE)", experiment="F2", argv=[], created=0.0)
RUNNING = RunState(
    RunFolder(Path("/runs/r")), Status(Phase.RUNNING), SPEC, epochs=3, steps_per_epoch=10, epoch=1, step=1, loss=0.5
)


def test_a_new_state_or_epoch_is_told_at_once_and_steps_now_and_then() -> None:
    lines: list[str] = []
    clock = FakeClock()
    reporter = Reporter(lines.append, clock, step_seconds=5)
    reporter.report([RUNNING], {})
    reporter.report([RUNNING], {})
    clock.now = 1
    reporter.report([replace(RUNNING, step=2)], {})
    assert lines == ["F2 L2 (MSE)  ● running  epoch 1/3  step 1/10  loss 0.500"]
    clock.now = 6
    reporter.report([replace(RUNNING, step=9, loss=0.25)], {})
    reporter.report([replace(RUNNING, step=11, epoch=2, loss=0.25)], {})
    assert lines[1:] == [
        "F2 L2 (MSE)  ● running  epoch 1/3  step 9/10  loss 0.250",
        "F2 L2 (MSE)  ● running  epoch 2/3  step 1/10  loss 0.250",
    ]


def test_a_queued_run_says_why_it_waits() -> None:
    lines: list[str] = []
    queued = replace(RUNNING, status=Status(Phase.QUEUED), epoch=0, step=0, loss=None)
    reporter = Reporter(lines.append, FakeClock(), step_seconds=5)
    reporter.report([queued], {"r": Wait(WaitKind.DEVICE, device="a GPU", names=("GPU 0 held by ann",))})
    assert lines == ["F2 L2 (MSE)  ○ queued  needs a GPU: GPU 0 held by ann"]


def test_runs_of_several_seeds_are_told_apart_and_only_the_next_goes_on_saying_what_it_waits_for() -> None:
    def seeded(seed: int) -> RunState:
        run = RunFolder(Path(f"/runs/{seed}"))
        return replace(
            RUNNING, run=run, status=Status(Phase.QUEUED), spec=replace(SPEC, seed=seed), epoch=0, step=0, loss=None
        )

    lines: list[str] = []
    clock = FakeClock()
    reporter = Reporter(lines.append, clock, step_seconds=5)
    queued = [seeded(1), seeded(2)]
    reporter.report(queued, dict.fromkeys("12", Wait(WaitKind.CLOSED, why="GPU 0 runs F1")))
    assert lines == ["F2 L2 (MSE) · seed 1  ○ queued  GPU 0 runs F1", "F2 L2 (MSE) · seed 2  ○ queued  GPU 0 runs F1"]
    clock.now = 6
    reporter.report(queued, dict.fromkeys("12", Wait(WaitKind.CLOSED, why="GPU 0 runs F3")))
    assert lines[2:] == ["F2 L2 (MSE) · seed 1  ○ queued  GPU 0 runs F3"]


def test_a_tuning_run_that_failed_is_told_and_is_no_failure_of_the_launch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = (0.70, 0.72, 0.71, None)
    tuning = FakeTuning(tmp_path, "F1").try_all(scores)
    run = tuning.finish(tuning.queue(), scores, 0.93)
    assert follow([*tuning.trials, run]) == ALL_WELL
    assert "lr 1e-5: failed: exit 1: the loss is not finite" in capsys.readouterr().err
    other = fail_run(tuning.queue(2), "exit 1")
    assert follow([*tuning.trials, run, other]) == A_RUN_FAILED
