"""Runs on a real Slurm: they finish, stop, go on after a requeue, and nothing is said of them that is not so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.queue.dispatching import revive_dispatcher
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.slurm import submit as submit_module
from iqa_tui.slurm.submit import submit
from tests.slurm.conftest import HERE, SlurmLab
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.job import JobRecord
from training.runfolder.phase import Phase
from training.runfolder.read import read_record

PLAN = """
name = "lab"
command = ["{python}", "{trainer}", "--run_folder", "{{run_folder}}"]
[base]
steps = 10
[slurm]
time = 5
cpus = 2
"""
ROWS = "".join(f'[[experiment]]\nid = "F{number}"\n' for number in range(2, 6))


def test_a_plan_finishes_with_the_devices_that_slurm_gives_while_no_app_is_open(slurm_lab: SlurmLab) -> None:
    plan = slurm_lab.folder / "share" / "plan.toml"
    plan.write_text(PLAN.format(python=sys.executable, trainer=HERE / "slow_trainer.py") + ROWS)
    command = [sys.executable, "-m", "iqa_tui", "launch", str(plan), "--engine", "slurm", "--headless"]
    done = subprocess.run(
        [*command, "--runs-dir", str(slurm_lab.runs_dir)], cwd=HERE.parents[1], timeout=120, check=False
    )
    assert done.returncode == ALL_WELL
    places = set()
    for run in list_runs(slurm_lab.runs_dir):
        seen = slurm_lab.seen(run)
        places.add((seen["SLURMD_NODENAME"], seen["CUDA_VISIBLE_DEVICES"]))
        assert (seen["OMP_NUM_THREADS"], seen["IQA_TUI_DEVICE"]) == ("2", "cuda")
    assert len(places) == 4


def test_from_the_login_node_a_run_is_never_lost_while_it_lives(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("alive", "--steps", "60")
    seen = set()
    while Phase.FINISHED not in seen:
        status = slurm_lab.status(run)
        seen.add(status.phase)
        assert status.phase in (Phase.QUEUED, Phase.STARTING, Phase.RUNNING, Phase.FINISHED), status
        time.sleep(0.3)
    assert Phase.RUNNING in seen


def test_a_deaf_trainer_leaves_a_record_when_its_job_is_cancelled(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("deaf", "--steps", "600", "--deaf", "1")
    slurm_lab.until_it_trains(run)
    slurm_lab.slurm("scancel", slurm_lab.job(run))
    slurm_lab.until_phase(run, Phase.STOPPED)
    assert slurm_lab.exit(run).kind is ExitKind.STOPPED
    assert slurm_lab.exit(run).cause.startswith("stopped by scancel, ")


def test_stopped_runs_never_come_back_whether_they_wait_or_run(slurm_lab: SlurmLab) -> None:
    waits, runs = slurm_lab.queue("waits", partition="shut"), slurm_lab.queue("runs", "--steps", "600")
    slurm_lab.until_it_trains(runs)
    assert stop_run(waits).endswith("waited and is cancelled.")
    assert "is told" in stop_run(runs)
    for run in (waits, runs):
        slurm_lab.until_phase(run, Phase.STOPPED)
    slurm_lab.until(lambda: not slurm_lab.slurm("squeue", "-h"), "no job of them is left")
    assert slurm_lab.exit(runs).cause.startswith("stopped by ")
    assert "job" in retry_run(runs)
    slurm_lab.until_it_trains(runs, attempt=2)
    assert slurm_lab.job(runs, 2) != slurm_lab.job(runs)


def test_a_stop_needs_no_controller_and_a_run_that_waits_does_not_start_after_it(slurm_lab: SlurmLab) -> None:
    waits, runs = slurm_lab.queue("waits", partition="shut"), slurm_lab.queue("runs", "--steps", "600")
    slurm_lab.until_it_trains(runs)
    slurm_lab.tool("ctld-off")
    try:
        for run in (waits, runs):
            assert "will be told once it answers" in stop_run(run)
        slurm_lab.until(runs.attempt(1).exit.exists, "the supervisor finds the request", 20)
    finally:
        slurm_lab.tool("ctld-on")
    slurm_lab.slurm("scontrol", "update", "partition=shut", "state=up")
    try:
        time.sleep(5)
        revive_dispatcher(slurm_lab.runs_dir)
        assert not (waits.path / "seen.json").exists()
        assert slurm_lab.status(waits).phase is Phase.STOPPED
        assert slurm_lab.status(runs).phase is Phase.STOPPED
    finally:
        slurm_lab.slurm("scontrol", "update", "partition=shut", "state=down")


@pytest.mark.parametrize("partition", ["gpu", "shut"])
def test_a_launch_that_is_killed_before_it_wrote_down_its_job_leaves_one_run(
    slurm_lab: SlurmLab, partition: str
) -> None:
    run = slurm_lab.queue("killed", "--steps", "30", submits=False, partition=partition)
    pid = os.fork()
    if pid == 0:
        submit_module.write_record_once = lambda *_: os._exit(9)  # type: ignore[assignment]
        submit(run, is_new=True)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    revive_dispatcher(slurm_lab.runs_dir)
    revive_dispatcher(slurm_lab.runs_dir)
    slurm_lab.until(run.attempt(1).job.exists, "its job is known")
    jobs = slurm_lab.slurm("squeue", "-h", "-t", "all", "-o", "%i %k").splitlines()
    newest = max(int(line.split()[0]) for line in jobs if line.endswith(f":{run.run_id}"))
    assert newest == int(slurm_lab.job(run))
    if partition == "gpu":
        slurm_lab.until_phase(run, Phase.FINISHED)
        assert set(slurm_lab.writers(run)) == {1}


def test_without_locks_on_the_disk_it_trains_all_the_same(slurm_lab: SlurmLab, tmp_path: Path) -> None:
    patch = slurm_lab.folder / "share" / "patch"
    patch.mkdir(exist_ok=True)
    (patch / "sitecustomize.py").write_text(
        "import errno, fcntl\n\n\ndef flock(*_):\n    raise OSError(errno.ENOSYS, 'Function not implemented')\n\n\n"
        "fcntl.flock = flock\n"
    )
    run = slurm_lab.queue("lockless", "--steps", "20", setup=[f'export PYTHONPATH="{patch}:$PYTHONPATH"'])
    slurm_lab.until_phase(run, Phase.FINISHED)


def test_a_node_that_loses_its_power_is_left_and_the_steps_go_on_elsewhere(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("power", "--steps", "150")
    slurm_lab.until_it_trains(run)
    time.sleep(3)
    node = slurm_lab.node(run)
    slurm_lab.tool("node-off", node.removeprefix("lab"))
    try:
        slurm_lab.until_it_trains(run, attempt=2, seconds=90)
        assert slurm_lab.node(run) != node
        slurm_lab.until_phase(run, Phase.FINISHED)
    finally:
        slurm_lab.tool("node-on", node.removeprefix("lab"))
        slurm_lab.until(lambda: "*" not in slurm_lab.slurm("sinfo", "-h", "-N", "-o", "%t"), "the node is back")
    assert min(slurm_lab.steps(run)[slurm_lab.writers(run).index(2) :]) > 1
    assert set(range(1, 151)) <= set(slurm_lab.steps(run))


def test_of_a_node_that_hung_no_ghost_writes_beside_the_healthy_attempt(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("ghost", "--steps", "700")
    slurm_lab.until_it_trains(run)
    node = slurm_lab.node(run)
    slurm_lab.pause_daemon(node, signal.SIGSTOP)
    try:
        slurm_lab.until_it_trains(run, attempt=2, seconds=90)
        time.sleep(3)
    finally:
        slurm_lab.pause_daemon(node, signal.SIGCONT)
    time.sleep(12)  # Slurm sends TERM to the ghost
    writers = slurm_lab.writers(run)
    assert writers == sorted(writers)
    assert slurm_lab.status(run).phase is Phase.RUNNING
    assert not run.stop.exists()
    assert not run.attempt(1).exit.exists()


@pytest.mark.timeout(400)
def test_a_run_longer_than_its_limit_finishes_by_requeues(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("long", "--steps", "130", "--pause", "1", time=2)
    slurm_lab.until_phase(run, Phase.FINISHED, seconds=380)
    assert len(set(slurm_lab.writers(run))) >= 2
    assert slurm_lab.exit(run).cause.startswith("stopped by Slurm's time limit of 2 min, ")
    assert set(slurm_lab.steps(run)) == set(range(1, 131))


@pytest.mark.timeout(500)
def test_a_run_that_leaves_no_checkpoint_is_not_put_back_for_ever(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("stubborn", "--steps", "600", "--pause", "1", "--every", "0", time=2)
    slurm_lab.until_phase(run, Phase.FAILED, seconds=480)
    assert slurm_lab.exit(run, 2).cause == "no checkpoint within Slurm's 2 min, twice"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("preempt_send_user_signal", "stopped by Slurm for another job, "),
        ("power_save_interval=10", "stopped by Slurm for another job, "),
    ],
)
def test_a_preempted_run_writes_a_checkpoint_and_goes_on_afterwards(
    slurm_lab: SlurmLab, parameters: str, words: str
) -> None:
    """Whether Slurm says so beforehand, or only sends TERM."""
    with slurm_lab.controller(parameters):
        run = slurm_lab.queue("preempted", "--steps", "300", gres="gpu:2", extra=["--nodelist=lab1"])
        slurm_lab.until_it_trains(run)
        high = ["sbatch", "-p", "high", "--nodelist=lab1", "--gres=gpu:2", "-o", "/dev/null", "--wrap", "sleep 4"]
        slurm_lab.slurm(*high)
        slurm_lab.until_it_trains(run, attempt=2, seconds=200)
        assert slurm_lab.exit(run).cause.startswith(words)
        second = slurm_lab.writers(run).index(2)
        assert slurm_lab.steps(run)[second] == slurm_lab.steps(run)[second - 1] + 1


def test_a_controller_that_crashes_ends_no_run_and_begins_none_twice(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("crash", "--steps", "300")
    slurm_lab.until_it_trains(run)
    slurm_lab.tool("ctld-off")
    slurm_lab.tool("ctld-on")
    other = slurm_lab.queue("after", "--steps", "20")
    for _ in range(20):
        status = slurm_lab.status(run)
        is_alive = status.phase in (Phase.QUEUED, Phase.STARTING, Phase.RUNNING, Phase.FINISHED)
        assert is_alive, (status, slurm_lab.word(run), slurm_lab.tool("status"))
        time.sleep(1)
    slurm_lab.until_phase(other, Phase.FINISHED)
    writers = slurm_lab.writers(run)
    assert writers == sorted(writers)
    record = read_record(other.attempt(1).job, JobRecord)
    assert record is not None


def test_why_runs_wait_and_end_is_said(slurm_lab: SlurmLab) -> None:
    never = slurm_lab.queue("never", partition="short", time=60)
    first, single = (slurm_lab.queue(name, "--steps", "300", qos="single") for name in ("first", "single"))
    slurm_lab.until_it_trains(first)
    assert slurm_lab.words(never) == "will never start: asks 60 min, short allows 2 min"
    assert slurm_lab.words(single) == "QOS single: no more of your jobs at once"
    stop_run(first)
    full = [slurm_lab.queue(f"full{number}", "--steps", "300") for number in range(5)]
    slurm_lab.until_it_trains(full[0])
    assert slurm_lab.words(full[-1]).startswith(("waits for a GPU", "waits for jobs before it"))
    closed = slurm_lab.queue("closed", partition="shut")
    assert slurm_lab.words(closed).startswith("partition shut is down")


def test_a_folder_that_the_node_does_not_have_is_named(slurm_lab: SlurmLab, monkeypatch: pytest.MonkeyPatch) -> None:
    here_alone = slurm_lab.folder / "here"
    here_alone.mkdir(exist_ok=True)
    slurm_lab.slurm("mount", "-t", "tmpfs", "none", str(here_alone))  # after the nodes were made, so they lack it
    try:
        monkeypatch.setattr(slurm_lab, "runs_dir", here_alone)
        run = slurm_lab.queue("elsewhere")
        slurm_lab.until_phase(run, Phase.FAILED)
        words = f"could not open {run.path}/slurm.out: is it mounted there?"
        assert slurm_lab.status(run).cause.endswith(words)
    finally:
        slurm_lab.slurm("umount", str(here_alone))


def test_a_run_over_its_memory_says_so(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("memory", "--steps", "300", "--memory_mib", "400", mem="200M")
    slurm_lab.until_phase(run, Phase.FAILED)
    assert slurm_lab.status(run).cause == "over its memory of 200 MB (mem)"
