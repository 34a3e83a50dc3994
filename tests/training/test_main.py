"""The last line of `python -m training`, by which people and the supervisor know the cause."""

import pytest
import torch

from tests.fakes.trainer_processes import train
from training.__main__ import _cause
from training.errors import BadData


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BadData("a.csv, line 3: no such image"), "a.csv, line 3: no such image"),
        (KeyboardInterrupt(), "interrupted"),
        (ValueError("first\nsecond"), "ValueError: first"),
        (ValueError(), "ValueError: ValueError"),
        (
            torch.OutOfMemoryError("CUDA out of memory."),
            "CUDA out of memory. Look with `nvidia-smi` for what else uses the GPU.",
        ),
    ],
)
def test_the_cause_is_one_line(error, words):
    assert _cause(error) == words


def test_a_folder_without_a_run_is_not_resumed(tmp_path):
    ended = train("--dataset", "demo", "--train_test_num", 1, "--run_folder", tmp_path, "--resume")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == f"error: --resume: {tmp_path} holds no run"


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_place_that_cannot_hold_runs_is_said_in_words(tmp_path, seeds):
    (tmp_path / "runs").write_text("not a folder")
    flags = ("--dataset", "demo", "--train_test_num", seeds, "--runs_dir", tmp_path / "runs")
    ended = train(*flags)
    assert ended.returncode == 4
    path = tmp_path / "runs"
    assert ended.stderr.splitlines()[-1].startswith(f"error: {path}: cannot be used for a run (")
    assert "Name another by --runs_dir or --run_folder." in ended.stderr
    assert "Errno" not in ended.stderr + ended.stdout
