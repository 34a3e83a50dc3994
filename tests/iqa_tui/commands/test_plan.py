"""`iqa-tui plan`."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from iqa_tui.commands.exit_codes import NO_DEVICE_IN_TIME
from iqa_tui.slurm.words import clock_words
from tests.fakes.ablation import make_ablation
from tests.fakes.nvml import FakeGpus
from tests.fakes.shell import Shell
from tests.fakes.slurm import FakeSlurm, slurm

__all__ = ["slurm"]


@pytest.mark.parametrize(("gpus", "hours"), [("5", "2.0 h"), ("4", "3.7 h"), ("2", "5.4 h"), ("1", "9.1 h")])
def test_the_plan_says_what_runs_where_and_how_long_it_takes(shell: Shell, gpus: str, hours: str) -> None:
    out = shell("plan", "koniq-losses", "--gpus", gpus)
    assert f"all at once: {hours}." in out
    assert "F1: python -m training --dataset koniq-10k" in out
    assert "F2: python -m training --dataset koniq-10k" in out


def test_no_run_takes_longer_than_the_time_limit(shell: Shell) -> None:
    assert "all at once: 1.5 h." in shell("plan", "koniq-losses", "--gpus", "5", "--time-limit", "1.5")


def test_a_plan_that_tunes_says_what_that_costs_and_which_commands_try_what(shell: Shell) -> None:
    out = shell("plan", "koniq-losses-tuned", "--gpus", "20", "--only", "F1,F3")
    assert "8 tuning runs, then 2 runs on 20 GPUs, all at once: 2.4 h." in out
    assert "Tuning takes 5.4 h of 8.8 h on devices. It tries lr 1e-6, 2e-6, 5e-6, 1e-5." in out
    assert re.search(r"^  F1 lr=1e-6 +L1 \(MAE\) +high +GPU 0 +now +41 min$", out, re.MULTILINE)
    assert re.search(
        r"^  F3 lr=1e-5: python -m training .* --epochs 2 .* --lr 1e-5 --no_test --seed 1$", out, re.MULTILINE
    )
    assert re.search(r"^  F3: .* --epochs 5 .* --lr '<chosen from 1e-6, 2e-6, 5e-6, 1e-5>'$", out, re.MULTILINE)


def test_data_that_only_the_nodes_have_are_a_warning(shell: Shell, slurm: FakeSlurm, tmp_path: Path) -> None:
    command = ["koniq-losses", "--engine", "slurm", "--only", "F2", "--set", f"data_path={tmp_path}/koniq"]
    line = f"warning: F2: koniq-10k: {tmp_path}/koniq is not seen on this machine; the job will look"
    assert line in shell("plan", *command).splitlines()
    assert "queued" in shell("launch", *command, "--headless", "--wait", "0.1", code=NO_DEVICE_IN_TIME)
    assert line in shell.errors.splitlines()


def test_plan_without_a_name_lists_the_presets(shell: Shell) -> None:
    assert re.search(r"^  koniq-losses +Loss functions on KonIQ-10k", shell("plan"), re.MULTILINE)


def test_a_gpu_in_use_is_named_and_nothing_is_put_on_it_now(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(processes: list[tuple[int, int, int]]) -> str:
        used = {gpu: mib for gpu, _, mib in processes}
        folder = tmp_path / f"driver{len(processes)}"
        FakeGpus(folder, count=2, used_mib=used, processes=processes).seen_by(monkeypatch)
        return shell("plan", "koniq-losses")

    assert "5 runs on 2 GPUs, all at once: 5.4 h.\n" in told([])
    held = [(1, os.getpid(), 21_811)]
    out = told(held)
    assert "5 runs on 1 GPU, all at once: 9.1 h. GPU 1 is busy and not counted.\n" in out
    rows = [line.split() for line in out.splitlines() if line.lstrip().startswith(tuple(f"F{n} " for n in range(1, 6)))]
    assert len(rows) == 5
    assert {"GPU 0"} == {f"{row[row.index('GPU')]} {row[row.index('GPU') + 1]}" for row in rows}
    out = told([*held, (0, os.getpid(), 21_811)])
    assert "on 2 GPUs, all at once: 5.4 h. GPU 0 and GPU 1 are busy and counted from when they are free.\n" in out
    assert "once free" in out
    assert " now " not in out


def test_the_plan_says_which_differences_its_seeds_can_show(shell: Shell, tmp_path: Path) -> None:
    assert "One seed: it can show nothing about training noise.\n" in shell("plan", "koniq-losses", "--gpus", "1")
    asked = ("plan", "koniq-losses", "--gpus", "1", "--seeds", "1,2,3", "--runs-dir", str(tmp_path))
    assert "3 seeds: differences from about 0.008 on, by a typical spread.\n" in shell(*asked)
    make_ablation(tmp_path, {"F1": (0.935, 0.936), "F2": (0.931, 0.933)}, images=60)
    assert " on, by the runs of koniq-losses.\n" in shell(*asked)


def test_of_the_demo_it_says_nothing_about_differences(shell: Shell) -> None:
    out = shell("plan", "demo", "--gpus", "1", "--seeds", "1,2,3")
    assert "Commands" in out
    assert "differences" not in out


def test_slurms_guess_of_the_start_stands_below_its_jobs(shell: Shell, slurm: FakeSlurm) -> None:
    later = time.time() + 7200
    said = f"sbatch: Job 9 to start at {later:.0f} using 2 processors on nodes lab1 in partition gpu\n"
    slurm.answers("sbatch", "--test-only", err=said)
    out = shell("plan", "koniq-losses", "--engine", "slurm", "--only", "F2,F3")
    assert "2 jobs of Slurm: 3.4 h of work." in out
    assert f"\nOne job would start about {clock_words(later)} in partition gpu.\n" in out
    slurm.answers("sbatch", "--test-only")
    out = shell("plan", "koniq-losses", "--engine", "slurm", "--only", "F2,F3")
    assert "\nSlurm does not say when a job would start.\n" in out
