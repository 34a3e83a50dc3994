"""The launch screen on a machine that can submit jobs to Slurm, and the monitor beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.doctor.finding import doubtful
from iqa_tui.doctor.launch_findings import Failing
from iqa_tui.panels.device_list import DeviceList
from iqa_tui.panels.run_list import RunList
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.screens import expected_start, launching
from iqa_tui.screens.confirm import ConfirmScreen
from iqa_tui.slurm.partitions import forget_partitions
from iqa_tui.slurm.words import clock_words
from tests.fakes.app import OpenApp, screen_text, settle
from tests.fakes.run_folders import FakeRun
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder.job import JOB_OUTPUT, JobRecord
from training.runfolder.write import write_record_once

__all__ = ["slurm"]
LATER = time.time() + 7200
SAID = (
    "gpu|up|infinite|lab1|mix|gpu:fake:2|gpu:fake:2(IDX:0-1)|\n"
    "gpu|up|infinite|lab2|mix|gpu:fake:2|gpu:fake:1(IDX:0)|\n"
    "short|up|2:00|lab2|mix|gpu:fake:2|gpu:fake:1(IDX:0)|\n"
)


@pytest.fixture(autouse=True)
def partitions(slurm: FakeSlurm) -> Iterator[None]:
    forget_partitions()
    slurm.answers("sinfo", out="gpu*\nshort\n")
    slurm.answers("sinfo", "-h", "-N", out=SAID)
    said = f"sbatch: Job 9 to start at {LATER:.0f} using 1 processors on nodes lab2 in partition short\n"
    slurm.answers("sbatch", "--test-only", err=said)
    yield
    forget_partitions()


async def test_a_partition_is_ticked_and_the_question_says_what_slurm_is_asked(
    plan_file: str, launched: list[LaunchRequest], open_app: OpenApp
) -> None:
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "[ ] Slurm" in screen_text(pilot) and "3/4 GPUs 1 free" in screen_text(pilot))
        devices = pilot.app.screen.query_one(DeviceList)
        devices.focus()
        devices.move_to("slurm.short")
        await settle(pilot, lambda: "a job there ends after 2 min" in screen_text(pilot))
        await pilot.press("space")
        await settle(pilot, lambda: "· 2 jobs, 4.0 h of work ─" in screen_text(pilot))
        assert "[ ] GPU 0" in screen_text(pilot)
        starts = f"one job would start about {clock_words(LATER)} in partition short"
        await settle(pilot, lambda: starts in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "sbatch --partition=short --gres=gpu:1" in screen_text(pilot)
        assert "\n\n\n" not in pilot.app.screen._text  # no devices are told, and no gap stands in their place
        await pilot.press("enter")
        await settle(pilot, lambda: bool(launched))
    assert (launched[0].engine, launched[0].slurm, launched[0].devices) == ("slurm", {"partition": "short"}, None)


async def test_leaving_the_app_does_not_wait_for_slurm_to_say_when_a_job_starts(
    plan_file: str, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    monkeypatch.setattr(expected_start, "expected_starts", lambda _: ["late"] if answered.wait(30) else [])
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "[ ] Slurm" in screen_text(pilot))
        pilot.app.screen.query_one(DeviceList).focus()
        pilot.app.screen.query_one(DeviceList).move_to("slurm.short")
        await pilot.press("space")
        await settle(pilot, lambda: expected_start.ASKING in screen_text(pilot))
        asking = [thread for thread in threading.enumerate() if thread.name == expected_start.THREAD]
        assert [thread.daemon for thread in asking] == [True]
    answered.set()
    asking[0].join(10)  # what it tells comes too late, and harms nothing
    assert not asking[0].is_alive()


async def test_what_only_a_node_can_see_is_a_warning_that_keeps_nothing_from_starting(
    plan_file: str, open_app: OpenApp, launched: list[LaunchRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = doubtful("data", "koniq-10k: /data is not seen on this machine; the job will look", "Is /date meant?")
    monkeypatch.setattr(launching, "failing_runs", lambda *_: [Failing(("B",), unseen)])
    async with open_app(room="launch", plans=(plan_file,)) as pilot:
        await settle(pilot, lambda: "A small plan" in screen_text(pilot))
        await pilot.press("enter")
        await settle(pilot, lambda: "may fail: B: koniq-10k: /data is not seen on this machine" in screen_text(pilot))
        assert "Is /date meant?" in screen_text(pilot)
        await pilot.press("enter")
        await settle(pilot, lambda: bool(launched))
    assert launched[0].experiments == ("B", "C")


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_the_monitor_says_what_each_partition_has_taken(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size=size) as pilot:
        await settle(pilot, lambda: "gpu: 3 of 4 GPUs taken" in screen_text(pilot))


async def test_the_log_of_a_run_whose_trainer_never_started_is_what_its_job_printed(
    runs_dir: Path, slurm: FakeSlurm, open_app: OpenApp
) -> None:
    fake = FakeRun.queue(runs_dir, "F2", engine="slurm", slurm={"partition": "short", "cluster": "lab"}, format=2)
    attempt = fake.run.attempt(1)
    attempt.path.mkdir(parents=True)
    write_record_once(attempt.job, JobRecord("4711", "lab", time.time() - 100, "ann@login", []))
    (fake.run.path / JOB_OUTPUT).write_text("line 6: conda: command not found\n")
    slurm.shows("4711", "FAILED", fake.run.run_id, reason="NonZeroExitCode")
    async with open_app() as pilot:
        await settle(pilot, lambda: "✗ failed" in screen_text(pilot))
        pilot.app.screen.query_one(RunList).move_to(fake.run.run_id)
        await settle(pilot, lambda: "line 6: conda: command not found" in screen_text(pilot))
        assert "Log · F2 L2 (MSE) · its job" in screen_text(pilot)
