"""The best epoch: chosen by protocol, kept on a full disk, found again at a resume."""

from __future__ import annotations

import json
import resource
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.fakes.public_datasets import write_agiqa
from tests.fakes.trainer_processes import train_here
from tests.fakes.trouble import STEPS, events_of, files_up_to, left_aside, refuse, without_memory_at
from training.errors import BadCheckpoint, CannotWrite, GpuOutOfMemory, exit_code
from training.flags import parse
from training.network.quality import QualityNetwork
from training.progress import Progress
from training.run import choose, story
from training.run.evaluate import Evaluation
from training.run.split_scores import SplitScores
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result


def test_without_room_for_the_best_weights_or_the_result_the_run_ends_and_goes_on_once_there_is(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path / "run")
    for room, name, room_bytes, path in (
        (choose, "_keep_best", 200, run.score_file("csv", "val")),
        (choose, "_keep_best", 50_000, run.best_checkpoint),
        (story, "finish", 50_000, run.best_weights),
        (story, "finish", None, run.result),
    ):
        real = getattr(room, name)

        def without_room(*arguments: Any, real: Any = real, room_bytes: int | None = room_bytes) -> None:
            with files_up_to(room_bytes or resource.RLIM_INFINITY):
                real(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(room, name, without_room)
            if room_bytes is None:
                patched.setattr("training.run.finish.write_record", refuse)
            with pytest.raises(CannotWrite) as ended:
                train_here(run.path, *flags, "--resume")
        assert str(ended.value).startswith(f"{path} cannot be written (")
        assert "make room, then --resume goes on from the last checkpoint" in str(ended.value)
        assert exit_code(ended.value) == 4
        assert not run.result.exists()
        assert left_aside(run) == []
        end = events_of(run, "ended")[-1]
        assert (end["how"], end["checkpoint"], end["saved"]) == ("disk full", "last", True)
    steps = [fields["step"] for fields in events_of(run, "step")]
    train_here(run.path, *flags, "--resume")
    whole = train_here(tmp_path / "whole", *flags)
    assert read_record(run.result, Result).metrics == read_record(whole.result, Result).metrics
    assert [fields["step"] for fields in events_of(run, "step")] == steps == sorted(set(steps))


def test_best_weights_that_a_resume_cannot_read_are_reported_and_the_best_that_follows_counts(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path / "run")
    with monkeypatch.context() as patched:
        patched.setattr(QualityNetwork, "forward", without_memory_at(STEPS + 1))
        with pytest.raises(GpuOutOfMemory):
            train_here(run.path, *flags)
    run.best_checkpoint.write_bytes(run.best_checkpoint.read_bytes()[:-100])
    train_here(run.path, *flags, "--resume")
    result = read_record(run.result, Result)
    assert result.best_epoch == 2
    assert any(
        note.startswith("the weights of epoch 1, the best until a resume, could not be read") for note in result.notes
    )
    run.result.unlink()
    run.best_checkpoint.unlink()
    with pytest.raises(BadCheckpoint, match=r"best\.pt is missing, and training is over: start a new run"):
        train_here(run.path, *flags, "--resume")


def test_what_a_resume_finds_otherwise_than_the_attempt_before_left_it_is_reported_in_the_result(
    tmp_path: Path, flags: list[object]
) -> None:
    """A GPU that scored the best epoch otherwise when it was done again; another data set that is gone meanwhile."""
    write_agiqa(tmp_path / "data" / "agiqa-3k", 2)
    run = train_here(tmp_path / "run", *flags)
    first = read_record(run.result, Result)
    run.result.unlink()
    shutil.rmtree(tmp_path / "data" / "agiqa-3k")
    content = json.loads(run.checkpoint_progress.read_text())
    content["progress"]["best_metrics"]["test"]["srcc"] = 0.123
    content["progress"]["best_epoch"] = 7
    run.checkpoint_progress.write_text(json.dumps(content))
    train_here(run.path, *flags, "--resume")
    result = read_record(run.result, Result)
    assert result.metrics == {name: first.metrics[name] for name in ("val", "test", "test_oracle")}
    assert (result.best_epoch, result.attention) == (first.best_epoch, first.attention)
    assert "agiqa-3k" in first.images
    assert "agiqa-3k" not in result.images
    assert "not tested on agiqa-3k: its folder was there when the run began and is gone" in result.notes
    assert (
        f"the best weights are of epoch {first.best_epoch} as it was before a resume; trained again it scored differently"
        in result.notes
    )


PUBLISHED = ["--dataset", "demo", "--protocol", "published"]


CLEAN = ["--dataset", "demo"]


def judged(protocol: list[str], epochs: list[dict[str, float]], monkeypatch, tmp_path) -> Progress:
    """Progress after epochs with these SRCCs by split."""
    monkeypatch.setattr(choose, "save_best", lambda *_: None)
    monkeypatch.setattr(choose, "write_scores", lambda *_: None)
    setup = SimpleNamespace(
        config=parse(protocol),
        attempt=SimpleNamespace(run=RunFolder(tmp_path)),
        dataset=SimpleNamespace(name="demo"),
        network=torch.nn.Linear(1, 1),
        recorder=SimpleNamespace(checkpoint=lambda **_: None),
    )
    progress, none = Progress(), np.empty(0)
    for number, scores in enumerate(epochs, start=1):
        evaluations = {
            split: SplitScores(split, {"demo": Evaluation(split, [], none, none, None, {"srcc": scores[split]}, [])})
            for split in setup.config.evaluated_splits
        }
        choose._judge(setup, progress, number, evaluations)
    return progress


EPOCHS = [{"val": 0.5, "test": 0.7}, {"val": 0.6, "test": 0.4}, {"val": 0.3, "test": 0.9}, {"val": 0.2, "test": 0.1}]


def test_the_clean_protocol_chooses_the_best_epoch_on_validation(monkeypatch, tmp_path):
    progress = judged(CLEAN, EPOCHS, monkeypatch, tmp_path)
    assert (progress.best_epoch, progress.epochs_without_better) == (2, 2)
    assert progress.best_metrics == {"val": {"srcc": 0.6}, "test": {"srcc": 0.4}}
    assert progress.oracle == {"srcc": 0.9}


def test_the_published_protocol_chooses_the_best_epoch_on_test(monkeypatch, tmp_path):
    progress = judged(PUBLISHED, EPOCHS, monkeypatch, tmp_path)
    assert (progress.best_epoch, progress.epochs_without_better) == (3, 1)
    assert progress.best_metrics == {"test": {"srcc": 0.9}}
    assert progress.oracle == {"srcc": 0.9}


@pytest.mark.parametrize("protocol", [CLEAN, PUBLISHED])
def test_training_ends_after_patience_epochs_without_a_better_score(protocol):
    def over(*flags: str, **progress: int) -> bool:
        return choose.is_over(Progress(**progress), parse([*protocol, "--epochs", "9", *flags]))

    assert not over("--patience", "2", epoch=4, epochs_without_better=1)
    assert over("--patience", "2", epoch=4, epochs_without_better=2)
    assert not over("--patience", "2", "--no_early_stopping", epoch=4, epochs_without_better=2)
    assert over("--patience", "2", "--no_early_stopping", epoch=10, epochs_without_better=0)
