"""A run that was killed and resumed ends as an unbroken one, bit for bit on a CPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, start, train, wait_for_steps
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result

LATE_STEP = 25
"""The first of the second epoch below; the first step of an epoch is always reported."""


EVERY_WAY = [
    *("--accumulate", 3, "--warmup_steps", 12, "--ema", 0.9, "--layer_decay", 0.7, "--freeze_backbone", 1),
]
"""Of making a step; with these an epoch has eight, and the second one begins in the warm-up."""


def flags(folder: Path, name: str, *more: object) -> list[object]:
    data = ["--data_path", folder / "data" / "labels.csv", "--run_folder", folder / name]
    return [*SMALL, "--train_patch_num", 2, "--epochs", 3, *data, *more]


def evaluations(run: RunFolder) -> dict[tuple[int, str], object]:
    """The last of each epoch and split: a resumed run repeats some."""
    found = [event.fields for event in read_events(run) if event.kind == "evaluated"]
    return {(fields["epoch"], fields["split"]): fields["metrics"] for fields in found}


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("resume")
    write_csv_dataset(folder / "data", train=36)
    with Path("/dev/full").open("w") as full:  # as a log on a disk that is full for ever
        process = start(*flags(folder, "unbroken"), stdout=full, stderr=full, IQA_TUI_CACHE=str(folder / "cache"))
        assert process.wait() == 0
    return RunFolder(folder / "unbroken")


def test_output_that_cannot_be_printed_ends_no_run(unbroken: RunFolder) -> None:
    """The copy in the run folder has its room."""
    assert read_record(unbroken.result, Result).epochs == 3
    assert unbroken.attempt(1).output.read_text().splitlines()[-1].startswith("test SRCC")


def killed_and_resumed(folder: Path, name: str, step: int, *more: object) -> RunFolder:
    run = RunFolder(folder / name)
    process = start(*flags(folder, name, *more), IQA_TUI_CACHE=str(folder / "cache"))
    wait_for_steps(run, process, first=step)
    process.kill()
    process.communicate()
    assert not run.result.exists()
    ended = train(*flags(folder, name, *more), "--resume", IQA_TUI_CACHE=str(folder / "cache"))
    assert ended.returncode == 0, ended.stderr
    return run


def test_a_killed_and_resumed_run_ends_with_the_same_weights_scores_and_result(unbroken: RunFolder) -> None:
    assert_same_end(unbroken, killed_and_resumed(unbroken.path.parent, "killed", LATE_STEP))


def test_so_does_one_with_every_way_of_making_a_step_that_is_killed_in_its_warm_up(unbroken: RunFolder) -> None:
    folder = unbroken.path.parent
    whole = train(*flags(folder, "ways", *EVERY_WAY), IQA_TUI_CACHE=str(folder / "cache"))
    assert whole.returncode == 0, whole.stderr
    run = killed_and_resumed(folder, "ways_killed", 9, *EVERY_WAY)
    assert_same_end(RunFolder(folder / "ways"), run, "ema")


def assert_same_end(unbroken: RunFolder, run: RunFolder, *parts: str) -> None:
    """In the network and in other `parts` of the last checkpoint, in scores and result."""
    for part in ("network", *parts):
        whole, resumed = (torch.load(one.last_checkpoint, weights_only=True)[part] for one in (unbroken, run))
        assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert evaluations(run) == evaluations(unbroken)
    results = [read_record(one.result, Result) for one in (unbroken, run)]
    assert results[0].metrics == results[1].metrics
    scores = [(one.scores / "csv_test.csv").read_bytes() for one in (unbroken, run)]
    assert scores[0] == scores[1]
