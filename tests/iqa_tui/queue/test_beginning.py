"""Where the next attempt at a run begins."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.queue.beginning import beginning_words, goes_on
from training.runfolder.layout import RunFolder
from training.runfolder.spec import Spec


def spec_of(trainer: str) -> Spec:
    return Spec("r", "g", "l", ["train"], 0.0, trainer=trainer)


def test_our_trainer_goes_on_from_any_checkpoint_and_of_an_external_one_nothing_is_promised(tmp_path: Path) -> None:
    run, ours, external = RunFolder(tmp_path), spec_of("training"), spec_of("command")
    assert beginning_words(run, ours) == "from the start"
    run.checkpoints.mkdir()
    for only in run.resumable_checkpoints:
        only.touch()
        assert goes_on(run, ours)
        assert beginning_words(run, ours) == "from its last checkpoint"
        assert not goes_on(run, external)
        assert "checkpoint" not in beginning_words(run, external)
        only.unlink()
