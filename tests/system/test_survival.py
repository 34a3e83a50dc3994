"""The promise: close it, kill it, lose it; the runs go on, and a user who comes back sees them and their results."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from iqa_tui.devices.lease import lease_holder
from tests.fakes import scoring_trainer
from tests.fakes.lab import Lab, process, state, wait_for, wait_for_end, wait_until, words
from tests.fakes.nvml import FakeGpus
from tests.fakes.terminal import Terminal
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase

APP = [sys.executable, "-m", "iqa_tui"]
LOSSES = ("l1", "l2", "srcc", "rank", "pairwise")


def write_plan(lab: Lab, **flags: str) -> Path:
    """Five experiments that score 0.901 to 0.905."""
    lines = ['name = "losses"', 'baseline = "F1"']
    lines += [f'command = ["{sys.executable}", "{scoring_trainer.__file__}", "--run_folder", "{{run_folder}}"]']
    lines += ["[base]", *(f'{name} = "{value}"' for name, value in flags.items())]
    for number, loss in enumerate(LOSSES, 1):
        lines += ["[[experiment]]", f'id = "F{number}"', f'label = "{loss}"']
        lines += [f'flags = {{ loss_type = "{loss}", srcc = {0.9 + number / 1000:.3f} }}']
    path = lab.folder / "losses.toml"
    path.write_text("\n".join(lines))
    return path


def runs_of(lab: Lab) -> list[RunFolder]:
    return sorted(list_runs(lab.runs_dir), key=lambda run: run.run_id)


def test_five_runs_outlive_an_app_killed_at_once_and_a_new_app_shows_their_table(lab: Lab) -> None:
    go_on = lab.folder / "go on"
    env = {"IQA_TUI_CPU_SLOTS": "5"}
    plan = write_plan(lab, until=str(go_on))
    launch = [*APP, "launch", str(plan), "--runs-dir", str(lab.runs_dir)]
    with Terminal(launch, 140, 40, env) as terminal:
        terminal.wait_for(r"(?s)(● running.*){5}")
        terminal.process.send_signal(signal.SIGKILL)
        terminal.process.wait()
    assert [state(run) for run in runs_of(lab)] == [Phase.RUNNING] * 5
    with Terminal([*APP, "--runs-dir", str(lab.runs_dir)], 140, 40, env) as terminal:
        terminal.wait_for(r"(?s)(● running.*){5}")
        go_on.touch()
        terminal.wait_for(r"(?s)(✓ finished.*){5}")
        terminal.press("3")
        screen = terminal.wait_for(r"(?s)Results · losses.*0\.9010.*0\.9050")
        for number in range(1, 6):
            assert f"0.{9000 + 10 * number}" in screen
        terminal.press("q")
        assert terminal.wait_for_end() == 0
    wait_until(lambda: not lab.processes(), "every process to be gone")


def test_two_launches_at_once_and_a_bad_evening_end_in_ten_finished_rows(lab: Lab) -> None:
    env = {"IQA_TUI_CPU_SLOTS": "4"}
    go_on = lab.folder / "go on"
    plan = write_plan(lab, until=str(go_on))
    launch = [*APP, "launch", str(plan), "--runs-dir", str(lab.runs_dir)]
    with Terminal(launch, 140, 40, env) as one, Terminal(launch, 140, 40, env) as other:
        for terminal in (one, other):
            terminal.wait_for(r"4 running · 6 queued")
            terminal.process.kill()
    orphan, lost, *_ = [run for run in runs_of(lab) if state(run) is Phase.RUNNING]
    for pid in lab.dispatchers():
        os.kill(pid, signal.SIGKILL)
    for run in (orphan, lost):
        supervisor = process(run).supervisor_pid
        assert supervisor is not None
        os.kill(supervisor, signal.SIGKILL)
    os.kill(process(lost).pid, signal.SIGKILL)
    go_on.touch()
    with Terminal([*APP, "--runs-dir", str(lab.runs_dir)], 140, 40, env) as terminal:
        terminal.wait_for(r"1 lost · 9 finished")
        terminal.wait_for(r"lost.*its processes are gone and left no record of why")
        subprocess.run([*APP, "--runs-dir", str(lab.runs_dir), "retry", lost.run_id], check=True, env=os.environ | env)
        terminal.wait_for(r"(?<!of )10 finished")
    assert [state(run) for run in runs_of(lab)] == [Phase.FINISHED] * 10
    assert [len(run.attempts()) for run in (orphan, lost)] == [1, 2]
    wait_until(lambda: not lab.processes(), "every process to be gone")


def test_a_killed_trainer_says_so_frees_its_lease_and_the_next_run_starts(lab: Lab) -> None:
    go_on = lab.folder / "go on"
    plan = write_plan(lab, until=str(go_on))
    launch = [*APP, "launch", str(plan), "--only", "F1,F2", "--runs-dir", str(lab.runs_dir)]
    with Terminal(launch, 80, 24) as terminal:
        terminal.wait_for(r"F1.*running")
        first, second = sorted(runs_of(lab), key=lambda run: "_l2_" in run.run_id)
        os.kill(process(first).pid, signal.SIGKILL)
        terminal.wait_for(r"F1.*failed.*killed by SIGKILL")
        terminal.wait_for(r"F2.*running")
        holder = lease_holder("cpu-0")
        assert holder is not None
        assert holder.run_id == second.run_id
        go_on.touch()
        terminal.wait_for(r"F2.*finished")
    assert words(first).startswith("failed: killed by SIGKILL: from outside")


def test_a_killed_supervisor_leaves_its_run_and_its_lease_to_the_trainer(lab: Lab) -> None:
    go_on = lab.folder / "go on"
    run, waiting = lab.launch({"flags": {"until": str(go_on)}}, {"flags": {"seconds": 0}})
    wait_for(run, Phase.RUNNING)
    supervisor = process(run).supervisor_pid
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: words(run) == "running, unsupervised", "the run to be unsupervised")
    holder = lease_holder("cpu-0")
    assert holder is not None
    assert holder.run_id == run.run_id
    assert state(waiting) is Phase.QUEUED
    go_on.touch()
    wait_for(run, Phase.LOST)
    wait_for_end(waiting)
    assert state(waiting) is Phase.FINISHED


def test_four_gpus_take_four_runs_and_the_screen_says_what_the_fifth_waits_for(lab: Lab) -> None:
    gpus = FakeGpus(lab.folder / "driver", count=4)
    env = {**gpus.env, "IQA_TUI_GPU_SETTLE_SECONDS": "0"}
    go_on = lab.folder / "go on"
    plan = write_plan(lab, until=str(go_on))
    with Terminal([*APP, "launch", str(plan), "--runs-dir", str(lab.runs_dir)], 140, 40, env) as terminal:
        terminal.wait_for(r"(?s)(● running.*){4}")
        terminal.wait_for(r"F5.*queued.*needs a GPU: GPU 0")
        terminal.wait_for_words(*(f"GPU {number}" for number in range(4)))
        visible = {
            Path(f"/proc/{process(run).pid}/environ").read_bytes().partition(b"CUDA_VISIBLE_DEVICES=")[2][:1]
            for run in runs_of(lab)
            if state(run) is Phase.RUNNING
        }
        assert visible == {b"0", b"1", b"2", b"3"}
        go_on.touch()
        terminal.wait_for(r"(?s)(✓ finished.*){5}")
