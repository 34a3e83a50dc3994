"""What runs on a real Slurm say and do while Slurm, or a disk, fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from tests.slurm.conftest import SlurmLab
from training.runfolder.job import GONE_SECONDS
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase

STATE_SECONDS = 6.0
"""Slurm's controller writes its state down that often."""


def test_a_requeued_run_is_queued_again_from_its_first_second_and_gets_no_second_job(slurm_lab: SlurmLab) -> None:
    run = slurm_lab.queue("requeued", "--steps", "300")
    slurm_lab.until_it_trains(run)
    slurm_lab.slurm("scontrol", "requeue", slurm_lab.job(run))
    slurm_lab.until(run.attempt(1).exit.exists, "the first attempt to end", 20)
    with pytest.raises(LaunchError, match="is queued: again, after stopped by a requeue in Slurm"):
        retry_run(run)
    while 2 not in slurm_lab.writers(run):
        status = slurm_lab.status(run)
        assert status.phase in (Phase.QUEUED, Phase.STARTING, Phase.RUNNING), status
        time.sleep(0.1)
    assert slurm_lab.job(run, 2) == slurm_lab.job(run)


@pytest.mark.parametrize("number_is_given_again", [False, True])
def test_a_job_that_a_crash_of_the_controller_lost_is_lost_after_a_minute_or_at_once(
    slurm_lab: SlurmLab, number_is_given_again: bool
) -> None:
    state, before = slurm_lab.folder / "state", slurm_lab.folder / "state.before"
    time.sleep(STATE_SECONDS)
    shutil.copytree(state, before)
    run = slurm_lab.queue("forgotten", partition="shut")
    slurm_lab.tool("ctld-off")
    shutil.rmtree(state)
    before.rename(state)
    slurm_lab.tool("ctld-on")
    if number_is_given_again:
        again = slurm_lab.slurm("sbatch", "--parsable", "--hold", "-o", "/dev/null", "--wrap", "true")
        assert again == slurm_lab.job(run)
    else:
        assert slurm_lab.status(run).phase is Phase.QUEUED
    slurm_lab.until_phase(run, Phase.LOST, 10 if number_is_given_again else GONE_SECONDS + 20)
    cause = slurm_lab.status(run).cause
    assert ("gave the number of its job" in cause) is number_is_given_again
    assert "submitted" in retry_run(run) or run.attempt(2).job.exists()


def test_a_run_whose_disk_is_lost_here_is_known_by_slurm_and_can_be_stopped(
    slurm_lab: SlurmLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = slurm_lab.queue("unseen", "--steps", "600")
    slurm_lab.until_it_trains(run)
    share = slurm_lab.folder / "share"
    with monkeypatch.context() as patch:
        patch.setenv("IQA_TUI_STATE", str(tmp_path / "state"))  # that of the runs is on the lost disk
        os.kill(_mount_of(slurm_lab.folder), signal.SIGKILL)
        try:
            slurm_lab.until(lambda: not _is_readable(run), "the disk to be lost", 10)
            status = slurm_lab.status(run)
            assert (status.phase, status.host) == (Phase.RUNNING, "lab1")
            assert "cannot be read (Transport endpoint is not connected)" in status.cause
            assert "on lab1 is cancelled by Slurm" in stop_run(run)
        finally:
            subprocess.run(["umount", "-l", str(share)], check=True)
            subprocess.run(["bindfs", str(slurm_lab.folder / "store"), str(share)], check=True)
    slurm_lab.until_phase(run, Phase.STOPPED)
    assert slurm_lab.exit(run).cause.startswith("stopped by scancel, ")


def _mount_of(lab: Path) -> int:
    """The bindfs of this machine; each node has its own."""
    ours = Path("/proc/self/ns/mnt").readlink()
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and (process / "cmdline").exists():
            words = (process / "cmdline").read_bytes().split(b"\0")
            is_of_lab = words[0] == b"bindfs" and words[1:2] == [str(lab / "store").encode()]
            if is_of_lab and (process / "ns/mnt").readlink() == ours:
                return int(process.name)
    pytest.skip("the lab shares a folder without a mount of its own")


def _is_readable(run: RunFolder) -> bool:
    try:
        run.path.stat()
    except OSError:
        return False
    return True
