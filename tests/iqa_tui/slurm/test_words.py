"""What Slurm's reasons and states mean for a run."""

from __future__ import annotations

import time
from typing import Any

import pytest

from iqa_tui.slurm.words import clock_words, job_words, limit_words, memory_words, never_starts, refused_words
from training.runfolder.job import JobLine

OPTIONS: dict[str, Any] = {"partition": "short", "qos": "single", "gres": "gpu:1", "mem": "16G"}


def words(reason: str, **fields: Any) -> str:
    values = {"state": "PENDING", "partition": "short", "limit": "1:00:00", **fields}
    return job_words(JobLine("4711", reason=reason, **values), OPTIONS, "/r/slurm.out", "2:00")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Resources", "waits for a GPU"),
        ("Priority", "waits for jobs before it"),
        ("QOSMaxJobsPerUserLimit", "QOS single: no more of your jobs at once"),
        ("ReqNodeNotAvail, UnavailableNodes:lab2", "node lab2 is down, reserved or busy"),
        ("PartitionTimeLimit", "will never start: asks 60 min, short allows 2 min"),
        ("QOSMaxWallDurationPerJobLimit", "will never start: asks 60 min, QOS single allows less"),
        ("QOSMaxGRESPerJob", "will never start: it asks for more than QOS single allows (QOSMaxGRESPerJob)"),
        ("launch failed requeued held", "Slurm could not start it; h releases it"),
        ("launch_failed_requeued_held", "Slurm could not start it; h releases it"),
        ("JobHeldUser", "held in Slurm; h releases it"),
        ("PartitionDown", "partition short is down: nothing starts there until its administrator opens it"),
        ("FrontEndDown", "Slurm: FrontEndDown"),
    ],
)
def test_why_a_job_waits(reason: str, expected: str) -> None:
    assert words(reason) == expected


def test_slurms_guess_of_the_start_is_told_while_it_lies_ahead() -> None:
    soon = time.time() + 600
    assert words("Resources", starts=soon) == f"waits for a GPU; Slurm expects {clock_words(soon)}"
    assert words("Priority", starts=soon) == f"waits for jobs before it; Slurm expects {clock_words(soon)}"
    assert words("Resources", starts=time.time() - 600) == "waits for a GPU"
    assert words("BeginTime", starts=soon) == f"Slurm starts it after {clock_words(soon)}"
    assert words("BeginTime") == "Slurm starts it soon, as after every requeue"


@pytest.mark.parametrize("reason", ["PartitionTimeLimit", "QOSMaxGRESPerJob", "PartitionConfig"])
def test_what_no_waiting_mends_is_told_from_what_only_takes_time(reason: str) -> None:
    assert never_starts(JobLine("4711", "PENDING", reason))
    assert not never_starts(JobLine("4711", "PENDING", "Resources"))
    assert not never_starts(JobLine("4711", "RUNNING", reason))


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        ("FAILED", "JobLaunchFailure", "lab2 could not open /r/slurm.out: is it mounted there?"),
        ("OUT_OF_MEMORY", "OutOfMemory", "over its memory of 16 GB (mem)"),
        ("NODE_FAIL", "None", "node lab2 failed under it"),
        ("CANCELLED", "None", "cancelled in Slurm"),
        ("FAILED", "NonZeroExitCode", "its job failed; its slurm.out may say why"),
        ("FAILED", "Strange", "its job failed (Strange); its slurm.out may say why"),
    ],
)
def test_how_a_job_ended_that_left_no_record(state: str, reason: str, expected: str) -> None:
    assert words(reason, state=state, node="lab2") == expected


def test_a_job_that_runs_needs_no_words() -> None:
    assert words("None", state="RUNNING", node="lab1") == ""


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Batch job submission failed: Invalid partition name specified", "(partition = 'short')"),
        ("Batch job submission failed: Invalid qos specification", "(qos = 'single')"),
        ("Invalid generic resource (gres) specification", "(gres = 'gpu:1')"),
        ("Batch job submission failed: Invalid feature specification", "(constraint)"),
        ("Memory specification can not be satisfied", "(mem = '16G')"),
        ("Batch job submission failed: Unspecified error", "Unspecified error"),
    ],
)
def test_a_refusal_names_the_key_that_it_is_about(said: str, expected: str) -> None:
    told = refused_words(said, OPTIONS)
    assert told.startswith(f"Slurm refuses it: {said}")
    assert told.endswith(expected)


def test_lengths_of_time_and_memory_are_said_in_their_largest_unit() -> None:
    assert [limit_words(text) for text in ("2:00", "1:00:00", "4:00:00", "1-12:00:00", "UNLIMITED")] == [
        "2 min",
        "60 min",
        "4 h",
        "36 h",
        "no limit",
    ]
    assert [memory_words(text) for text in ("16G", 16384, "500M", "2T")] == ["16 GB", "16 GB", "500 MB", "2 TB"]


def test_the_time_left_of_a_long_job_is_said_in_tenths_of_an_hour() -> None:
    assert [limit_words(text) for text in ("3:50:12", "10:06:00", "23:59:00")] == ["3.8 h", "10.1 h", "24 h"]
