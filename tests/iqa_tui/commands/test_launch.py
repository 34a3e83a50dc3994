"""`iqa-tui launch`: progress, seeds, codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.before_launch import notes_before_launch
from iqa_tui.queue.last_plans import last_plans
from tests.fakes.lab import Lab, state, stub, wait_until
from tests.fakes.shell import LONG, ONE_GOOD_ONE_BAD, Shell, plan_file
from training.runfolder.folders import list_runs
from training.runfolder.phase import Phase


def test_a_headless_launch_prints_progress_and_the_table_and_fails_with_its_run(lab: Lab, shell: Shell) -> None:
    out = shell("launch", plan_file(lab, ONE_GOOD_ONE_BAD), "--headless", code=1)
    assert "A good" in out
    assert "running  on CPU 0" in out
    assert "failed: exit 3: the moon is full" in out
    assert "| Loss | Test SRCC |" in out
    assert "output.log" in shell.errors


def test_a_plan_that_was_launched_is_remembered_for_the_launch_screen(lab: Lab, shell: Shell) -> None:
    plan = plan_file(lab, ONE_GOOD_ONE_BAD)
    shell("launch", plan, "--only", "A", "--headless")
    assert last_plans(lab.runs_dir)[0] == plan


def test_a_headless_launch_of_good_runs_ends_well(lab: Lab, shell: Shell) -> None:
    out = shell("launch", plan_file(lab, ONE_GOOD_ONE_BAD), "--only", "A", "--headless")
    assert "A good  ✓ finished" in out
    assert len(list_runs(lab.runs_dir)) == 1


def test_a_launch_into_a_group_with_other_settings_says_so_as_the_screen_does(lab: Lab, shell: Shell) -> None:
    plan = plan_file(lab, f"[base]\nseconds = 0\n{ONE_GOOD_ONE_BAD}")
    shell("launch", plan, "--only", "A", "--headless")
    assert "other settings" not in shell.errors
    plan = plan_file(lab, f'[base]\nsay = "hi"\n{ONE_GOOD_ONE_BAD}')
    request = LaunchRequest(load_plan(plan), runs_dir=lab.runs_dir)
    notes = notes_before_launch(request)
    shell("launch", plan, "--only", "A", "--headless")
    assert "stub has runs of other settings than this plan's: A with" in notes[0]
    assert all(line in shell.errors for line in notes)


def test_a_launch_without_slurm_of_a_plan_for_it_says_so_if_slurm_is_here(
    lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_file(lab, f'[slurm]\npartition = "gpu"\n{ONE_GOOD_ONE_BAD}')
    for is_here in (False, True):
        monkeypatch.setattr("iqa_tui.commands.launching.has_slurm", lambda is_here=is_here: is_here)
        shell("launch", plan, "--only", "A", "--headless")
        words = "note: the plan has [slurm], but its runs start on this machine: with --engine slurm they are jobs"
        assert (words in shell.errors) == is_here
    shell("launch", plan_file(lab, ONE_GOOD_ONE_BAD), "--only", "A", "--headless")
    assert "[slurm]" not in shell.errors


def test_a_launch_that_gets_no_device_in_time_leaves_its_run_queued(lab: Lab, shell: Shell) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers", None, "F9"))
    out = shell("launch", plan_file(lab, LONG), "--headless", "--wait", "0.5", code=3)
    assert "needs a CPU slot: CPU 0 runs F9 of ann" in out
    assert "They stay queued" in shell.errors
    (run,) = list_runs(lab.runs_dir)
    assert state(run) is Phase.QUEUED
    os.close(lease)


def test_an_interrupted_launch_leaves_its_runs_running_and_says_how_to_go_on(lab: Lab) -> None:
    command = [
        sys.executable,
        "-m",
        "iqa_tui",
        "--runs-dir",
        str(lab.runs_dir),
        "launch",
        plan_file(lab, LONG),
        "--headless",
    ]
    launcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    run = wait_until(lambda: list_runs(lab.runs_dir), "the run to be queued")[0]
    stub(run)
    launcher.send_signal(signal.SIGINT)
    _, errors = launcher.communicate()
    assert launcher.returncode == 130
    assert "go on without this program" in errors
    assert "iqa-tui stop --all" in errors
    assert state(run).is_alive


def test_seeds_and_overrides_reach_the_trainer(lab: Lab, shell: Shell) -> None:
    shell("launch", plan_file(lab, LONG), "--set", "seconds=0", "--set", "say=hi", "--seeds", "1,2", "--headless")
    runs = list_runs(lab.runs_dir)
    assert [run.run_id.rpartition("_")[2] for run in runs] == ["s1", "s2"]
    assert {run.attempt(1).output.read_text() for run in runs} == {"hi\n"}


def test_progress_lines_come_in_the_plans_order(lab: Lab, shell: Shell) -> None:
    rows = "".join(f'[[experiment]]\nid = "{name}"\n' for name in "CAB")
    out = shell("launch", plan_file(lab, rows), "--headless")
    first_lines = [line.split()[1] for line in out.splitlines()[:3]]
    assert first_lines == ["C", "A", "B"]
