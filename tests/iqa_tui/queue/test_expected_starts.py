"""Slurm's guess of when each kind of jobs of a launch would start."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue import expected_starts as module
from iqa_tui.queue.expected_starts import MOST_KINDS, expected_starts
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder.engines import SLURM

__all__ = ["slurm"]


def request_of(runs: Path, *partitions: str) -> LaunchRequest:
    rows = [{"id": f"S{number}", "slurm": {"partition": name}} for number, name in enumerate(partitions, 1)]
    return LaunchRequest(
        plan_from({"name": "p", "command": ["true"], "experiment": rows}, "p"), runs_dir=runs, engine=SLURM
    )


def starting(slurm: FakeSlurm) -> None:
    slurm.answers(
        "sbatch", "--test-only", err=f"sbatch: Job 9 to start at {time.time():.0f} using 1 processors on lab1\n"
    )


def test_experiments_that_ask_alike_share_a_line_and_need_no_names(slurm: FakeSlurm, tmp_path: Path) -> None:
    starting(slurm)
    assert expected_starts(request_of(tmp_path, "a", "a")) == ["one job would start at once in partition a"]
    assert expected_starts(request_of(tmp_path, "a", "b", "a")) == [
        "S1, S3: one job would start at once in partition a",
        "S2: one job would start at once in partition b",
    ]


def test_slurm_is_asked_for_a_few_kinds_and_not_again_if_it_is_silent(
    slurm: FakeSlurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = request_of(tmp_path, *"abcdefg")
    assert len(expected_starts(many)) == MOST_KINDS
    slurm.is_silent()
    monkeypatch.setattr(module, "MOST_KINDS", 7)
    (line,) = expected_starts(many)
    assert line == "S1: Slurm does not answer, so it is not known when a job would start"
