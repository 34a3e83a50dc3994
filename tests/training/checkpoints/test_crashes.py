"""A run killed at any point, any number of times, and resumed ends as an unbroken one, bit for bit on a CPU.

What `python -m tests.training.checkpoints.test_crashes` does for every point there is, the tests do for a point of each kind,
several in the life of one run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.public_datasets import write_agiqa
from tests.fakes.trainer_processes import SMALL

KILLED_OFTEN = [
    [  # from the first image to the first checkpoints
        "SIGKILL before decoding an image #5",
        "SIGKILL after waiting for decoded pixels #1",
        "SIGKILL within an event #3",
        "SIGKILL before a step #1",
        "SIGKILL after the optimiser's step #2",
        "SIGKILL within last #1",
        "SIGKILL before replacing last.pt #1",
        "SIGKILL after replacing last.pt #1",
        "SIGKILL after keeping the one before #1",
    ],
    [  # from between the rotations to the second evaluation
        "SIGKILL before keeping the one before #1",
        "SIGKILL before replacing last.previous.pt #1",
        "SIGKILL after replacing last.previous.pt #1",
        "SIGKILL before evaluating #1",
        "SIGKILL within a small file #2",
        "SIGKILL after replacing csv_test.csv #1",
        "SIGKILL within best #1",
        "SIGKILL after replacing best.pt #1",
        "SIGKILL before the optimiser's step #2",
        "SIGKILL after evaluating #2",
    ],
    [  # from the second best epoch to the result
        "SIGKILL after a step #5",
        "SIGKILL before replacing best.pt #1",
        "SIGKILL before replacing agiqa-3k_test.csv #1",
        "SIGKILL before replacing best.safetensors #1",
        "SIGKILL after replacing model_card.md #1",
        "SIGKILL before replacing result.json #1",
    ],
]
ASKED_TO_STOP = [
    "SIGTERM before decoding an image #3",
    "SIGTERM before training #1",
    "SIGTERM after a step #2",
    "SIGTERM before evaluating #1",
    "SIGTERM within last #1",
    "SIGTERM before evaluating #2",
]


def plan_for(folder: Path, cases: list[list[str]]) -> dict[str, Any]:
    """Two epochs of three steps, the second better than the first; a second data set to test on."""
    labels = write_csv_dataset(folder / "data", train=8, val=5, test=3, side=64)
    write_agiqa(folder / "data" / "agiqa-3k", 2)
    flags = [*SMALL, "--seed", "2", "--data_path", str(labels), "--num_workers", "1"]
    return {"folder": str(folder), "flags": flags, "cases": cases}


def ended(plan: dict[str, Any]) -> list[dict[str, Any]]:
    path = Path(plan["folder"]) / "plan.json"
    path.write_text(json.dumps(plan))
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.checkpoints.crashing", str(path)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_memory() -> str | None:
    """A folder in memory, if there is one with room: a run syncs its files some thirty times."""
    shared = Path("/dev/shm")
    has_room = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 1 << 30
    return str(shared) if has_room else None


@pytest.fixture(scope="module")
def runs() -> dict[str, Any]:
    names = ("unbroken", "early", "middle", "late", "asked")
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        return dict(zip(names, ended(plan_for(Path(folder), [[], *KILLED_OFTEN, ASKED_TO_STOP])), strict=True))


def test_an_unbroken_run_passes_every_kind_of_point(runs: dict[str, Any]) -> None:
    unbroken = runs["unbroken"]
    assert unbroken["codes"] == [0], unbroken["said"]
    assert unbroken["outcome"]["best"][1] == 2
    assert len(unbroken["outcome"]["steps"]) == 6
    kinds = {point.rpartition(" #")[0] for point in unbroken["passed"]}
    tried = {point.partition(" ")[2].rpartition(" #")[0] for case in (*KILLED_OFTEN, ASKED_TO_STOP) for point in case}
    assert tried <= kinds


@pytest.mark.parametrize("name", ["early", "middle", "late"])
def test_a_run_killed_again_and_again_ends_as_one_never_broken(runs: dict[str, Any], name: str) -> None:
    broken = runs[name]
    assert broken["codes"] == [-9] * len(broken["points"]) + [0], broken["said"]
    assert broken["outcome"] == runs["unbroken"]["outcome"]


def test_a_run_asked_to_stop_anywhere_writes_a_checkpoint_and_ends_as_one_never_broken(runs: dict[str, Any]) -> None:
    asked = runs["asked"]
    assert asked["codes"] == [75] * len(asked["points"]) + [0], asked["said"]
    assert asked["outcome"] == runs["unbroken"]["outcome"]
    assert "warning" not in asked["said"]


def sweep(folder: Path) -> bool:
    """Every point that an unbroken run passes, killed there once; prints the kinds and what went wrong."""
    plan = plan_for(folder, [[]])
    (unbroken,) = ended(plan)
    points = unbroken["passed"]
    good, wrong = Counter[str](), []
    cases = [[f"SIGKILL {point}"] for point in points]
    for point, case in zip(points, ended({**plan, "cases": cases}), strict=True):
        if case["codes"][0] == -9 and case["codes"][1:] in ([], [0]) and case["outcome"] == unbroken["outcome"]:
            good[point.rpartition(" #")[0]] += 1
        else:
            wrong.append((point, case["codes"]))
    print(f"killed at each of {len(points)} points and resumed: {good.total()} ended as the unbroken run")
    print("\n".join(f"  {count:3d} {kind}" for kind, count in good.items()))
    print("\n".join(f"  NOT: {point} {codes}" for point, codes in wrong))
    return not wrong


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=in_memory()) as name:
        sys.exit(0 if sweep(Path(name)) else 1)
