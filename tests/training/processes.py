"""A real `python -m training`, small enough for a test."""

import os
import shlex
import subprocess
import sys

SMALL = shlex.split(
    "--dataset csv --backbone test_efficientnet --weights none --patch_size 64 --batch_size 3 --epochs 2 "
    "--train_patch_num 1 --test_patch_num 2 --train_test_num 1 --attention_fusion --lr 1e-3"
)


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


def start(*flags: object, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*flags),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", **env},
    )
