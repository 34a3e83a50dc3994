"""What a run's page says of its job of Slurm, and its cell in the column of devices."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.run_details import RunDetails
from iqa_tui.monitor.run_facts import page_sections
from iqa_tui.monitor.slurm_facts import slurm_facts
from iqa_tui.monitor.state import RunState
from iqa_tui.slurm.words import clock_words
from tests.fakes.run_folders import FakeRun
from training.runfolder.engines import SLURM, SPEC_FORMAT
from training.runfolder.job import JobLine, JobRecord, SlurmWord
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import ProcessRecord

JOB = JobRecord("4711", "lab", 1000.0, "ann@login", ["--gres=gpu:1"])


@pytest.fixture
def state(tmp_path: Path) -> RunState:
    FakeRun.queue(tmp_path, "F2", engine=SLURM, slurm={"partition": "short", "gres": "gpu:1"}, format=SPEC_FORMAT)
    (found,) = Catalog(tmp_path).refresh()
    return found


def with_job(state: RunState, job_state: str, *, age_seconds: float = 3.0, **fields: Any) -> RunState:
    line = JobLine("4711", job_state, partition="short", limit="2:00", **fields)
    return replace(state, job=JOB, slurm=SlurmWord(age_seconds, line))


def test_a_run_without_a_job_tells_what_is_asked_for_it(state: RunState) -> None:
    assert dict(slurm_facts(state)) == {"asked for": "--partition=short --gres=gpu:1"}
    assert state.device_label == ""


def test_a_job_that_runs_has_partition_limit_and_time_left(state: RunState) -> None:
    ends = time.time() + 70
    facts = dict(slurm_facts(with_job(state, "RUNNING", left="1:10", ends=ends, node="lab1")))
    assert facts["job"] == "4711 on lab"
    assert facts["partition"] == "short"
    assert facts["time limit"] == "2 min"
    assert facts["time left"] == f"1 min, until {clock_words(ends)}"
    assert facts["its output"] == str(state.run.shown / "slurm.out")
    assert "heard" not in facts


def test_a_job_that_waits_tells_when_slurm_expects_it_to_start(state: RunState) -> None:
    starts = time.time() + 4000
    waiting = with_job(state, "PENDING", starts=starts, left="2:00")
    facts = dict(slurm_facts(waiting))
    assert facts["starts"] == f"{clock_words(starts)}, as Slurm expects now"
    assert "time left" not in facts
    assert waiting.device_label == "job 4711"


def test_an_old_word_of_slurm_tells_its_age(state: RunState) -> None:
    facts = dict(slurm_facts(with_job(state, "RUNNING", age_seconds=600.0)))
    assert facts["heard"] == "Slurm has not answered for 10 min: this is what it said last"
    silent = replace(state, job=JOB, slurm=SlurmWord(float("inf")))
    assert dict(slurm_facts(silent))["heard"] == "Slurm has not answered yet"


def test_the_page_has_a_section_of_slurm_for_its_runs_alone(state: RunState, tmp_path: Path) -> None:
    assert "Slurm" in [section.title for section in page_sections(state, RunDetails())]
    FakeRun.queue(tmp_path / "local", "F2")
    (local,) = Catalog(tmp_path / "local").refresh()
    assert "Slurm" not in [section.title for section in page_sections(local, RunDetails())]


def test_a_run_in_a_job_names_its_node_and_device(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F3", engine=SLURM, slurm={"gres": "gpu:1"}, format=SPEC_FORMAT).start(gpu=0)
    (state,) = Catalog(tmp_path).refresh()
    running = replace(with_job(state, "RUNNING", node="lab1"), status=Status(Phase.RUNNING, "", 1, host="lab1"))
    assert running.device_label == "lab1 GPU 0"


def test_until_its_trainer_is_started_what_a_run_prints_is_what_its_job_prints(state: RunState) -> None:
    assert state.output is None
    begun = replace(with_job(state, "RUNNING"), status=Status(Phase.STARTING, attempt=2))
    assert begun.output == state.run.path / "slurm.out"
    training = replace(begun, process=ProcessRecord("b", 1, 1, "lab1", 1.0))
    assert training.output == state.run.attempt(2).output
    assert replace(begun, spec=None).output == state.run.attempt(2).output
