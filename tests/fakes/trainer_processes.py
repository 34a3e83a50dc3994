"""A real `python -m training`, small enough for a test; or its story in this process, which spares the start."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import IO

from training.flags import parse
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder

SMALL = shlex.split(
    "--dataset csv --backbone test_efficientnet --weights none --patch_size 64 --batch_size 3 --epochs 2 "
    "--train_patch_num 1 --test_patch_num 2 --train_test_num 1 --attention_fusion --lr 1e-3"
)
F2 = shlex.split(
    "--dataset koniq-10k --model_size base --batch_size 32 --epochs 5 --patience 5 --train_patch_num 20 "
    "--test_patch_num 20 --train_test_num 1 --attention_fusion --ranking_loss_alpha 0 --loss_type l2 --lr 5e-6 "
    "--weight_decay 2e-4 --drop_path_rate 0.3 --dropout_rate 0.4 --lr_scheduler cosine --test_random_crop --no_spaq "
    "--no_color_jitter"
)
"""The published command, as written."""


def command(*flags: object) -> list[str]:
    return [sys.executable, "-m", "training", *map(str, flags)]


def train(*flags: object, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*flags),
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", **env},
        timeout=200,
        check=False,
    )


def start(
    *flags: object, stdout: int | IO[str] = subprocess.DEVNULL, stderr: int | IO[str] = subprocess.PIPE, **env: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*flags),
        stdout=stdout,
        stderr=stderr,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", **env},
    )


def wait_for_steps(run: RunFolder, process: subprocess.Popen[str], attempt: int = 1, first: int = 1) -> None:
    """Until the attempt has reported step `first` or a later one."""
    deadline = time.monotonic() + 120
    while not any(
        event.kind == "step" and event.attempt == attempt and event.fields["step"] >= first
        for event in read_events(run)
    ):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def train_here(folder: Path, *flags: object) -> RunFolder:
    """The run from data to result, without records and locks."""
    from training.run.story import run

    attempt = SimpleNamespace(
        run=RunFolder(folder), number=1, by_hand=False, source_digest="", should_stop=lambda: False
    )
    folder.mkdir(exist_ok=True)
    run(parse([*map(str, flags), "--run_folder", str(folder)]), attempt)
    return attempt.run
