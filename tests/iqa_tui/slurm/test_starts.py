"""What sbatch says of a job that it is not to submit: whether Slurm takes it, and when it would start."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.slurm.ask import SlurmRefused
from iqa_tui.slurm.options import merged
from iqa_tui.slurm.starts import refuse_what_slurm_refuses, start_words
from iqa_tui.slurm.words import clock_words
from tests.fakes.slurm import FakeSlurm, slurm

__all__ = ["slurm"]
OPTIONS: dict[str, Any] = merged({"partition": "gpu"})


def says(slurm: FakeSlurm, starts: str, where: str = "on nodes lab1 in partition gpu") -> None:
    slurm.answers("sbatch", "--test-only", err=f"sbatch: Job 9 to start at {starts} using 2 processors {where}\n")


def test_slurm_judges_options_before_anything_is_queued(slurm: FakeSlurm, tmp_path: Path) -> None:
    refuse_what_slurm_refuses(OPTIONS, tmp_path)
    slurm.answers("sbatch", "--test-only", err="allocation failure: Invalid qos specification\n", code=1)
    with pytest.raises(SlurmRefused, match=r"Slurm refuses it: Invalid qos specification \(qos\)"):
        refuse_what_slurm_refuses(OPTIONS, tmp_path)


def test_slurm_tells_when_a_job_would_start(slurm: FakeSlurm, tmp_path: Path) -> None:
    later = time.time() + 7200
    expected = f"one job would start about {clock_words(later)} in partition gpu"
    says(slurm, f"{later:.0f}")
    assert start_words(OPTIONS, tmp_path) == expected
    says(slurm, time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(later)))  # an sbatch that knows no other format
    assert start_words(OPTIONS, tmp_path) == expected
    says(slurm, f"{later:.0f}", "on lab1")  # nor the partition
    assert start_words(OPTIONS, tmp_path) == expected
    says(slurm, f"{time.time() + 2:.0f}")
    assert start_words(OPTIONS, tmp_path) == "one job would start at once in partition gpu"


def test_what_slurm_does_not_tell_is_said(slurm: FakeSlurm, tmp_path: Path) -> None:
    slurm.answers("sbatch", "--test-only")
    assert start_words(OPTIONS, tmp_path) == "Slurm does not say when a job would start"
    slurm.answers("sbatch", "--test-only", err="sbatch: error: invalid partition specified: gpu\n", code=1)
    refused = "Slurm refuses it: invalid partition specified: gpu (partition = 'gpu')"
    assert start_words(OPTIONS, tmp_path) == refused
    slurm.is_silent()
    assert start_words(OPTIONS, tmp_path) == "Slurm does not answer, so it is not known when a job would start"
