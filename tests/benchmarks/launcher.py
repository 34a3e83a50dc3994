"""The launcher with many runs: how long a listing takes, and what a dispatcher costs while it drains a long queue."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from iqa_tui.queue.dispatcher_files import dispatcher_lock
from tests.benchmarks.figure import compiled_once, report
from tests.fakes.lab import STUB
from tests.fakes.runs import finish_run, queue_experiment
from training.runfolder.folders import list_runs
from training.runfolder.lock import is_held
from training.runfolder.write import EventWriter

EVENTS = 500
"""Of each run in a listing."""
QUEUED_RUNS, DEVICES = 300, 8
PATIENCE_SECONDS = 600.0


def make_runs(runs_dir: Path, count: int) -> None:
    """Finished runs; one is written, the rest are its copies under other names."""
    first = queue_experiment(runs_dir, "F2")
    finish_run(first, 0.93, 0.94)
    events = EventWriter(first.events, 1)
    for step in range(1, EVENTS):
        events.write("step", epoch=1, step=step, loss=1 / step, lr=1e-5, images_per_second=400.0)
    events.close()
    for number in range(1, count):
        shutil.copytree(first.path, runs_dir / f"{first.run_id}-{number}")


def listing(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs_dir = Path(folder) / "runs"
        make_runs(runs_dir, count)
        command = [sys.executable, "-m", "iqa_tui", "status", "--runs-dir", str(runs_dir)]
        env = {**compiled_once(), "IQA_TUI_LEASES": f"{folder}/leases", "IQA_TUI_STATE": f"{folder}/state"}
        began, before = time.perf_counter(), os.times()
        done = subprocess.run(command, check=True, capture_output=True, env=env)
        elapsed, after = time.perf_counter() - began, os.times()
        assert done.stdout.count(b"finished") >= count
    report(f"status_{count}_runs", elapsed, "s", f"nothing; {count} finished runs")
    computing = after.children_user + after.children_system - before.children_user - before.children_system
    report(f"status_{count}_runs_cpu", computing, "s", "nothing; what it computed, however busy the machine was")


def draining() -> None:
    """A queue of short runs; the dispatcher's own time and memory, read from /proc while it works."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IQA_TUI_STATE"] = f"{folder}/state"  # the dispatcher's lock is looked for there
        env = {**os.environ, "IQA_TUI_LEASES": f"{folder}/leases", "IQA_TUI_CPU_SLOTS": str(DEVICES)}
        runs_dir, plan = Path(folder) / "runs", Path(folder) / "many.toml"
        rows = "".join(
            f'[[experiment]]\nid = "R{number}"\nflags = {{ seconds = 0.1 }}\n' for number in range(QUEUED_RUNS)
        )
        plan.write_text(
            f'name = "many"\ncommand = ["{sys.executable}", "{STUB}", "--run_folder", "{{run_folder}}"]\n{rows}'
        )
        launch = [sys.executable, "-m", "iqa_tui", "launch", str(plan), "--runs-dir", str(runs_dir), "--headless"]
        began = time.monotonic()
        subprocess.run([*launch, "--wait", "0"], check=False, capture_output=True, env=env)
        seconds, sizes = _watch(runs_dir, began)
        finished = sum(run.attempt(1).exit.exists() for run in list_runs(runs_dir))
        elapsed = time.monotonic() - began
    assert finished == QUEUED_RUNS
    report("dispatcher_cores", seconds / elapsed, "cores", f"one core; {QUEUED_RUNS} runs of 0.1 s on {DEVICES} slots")
    report("drain", elapsed, "s", f"nothing; {QUEUED_RUNS} runs of 0.1 s on {DEVICES} slots")
    report(
        "dispatcher_memory_growth", max(sizes) / sizes[len(sizes) // 4], "×", "its memory after a quarter of the time"
    )


def _watch(runs_dir: Path, began: float) -> tuple[float, list[int]]:
    """CPU seconds of the dispatcher and its memory in KiB, look by look, until it ends."""
    seconds, sizes = 0.0, []
    ticks = os.sysconf("SC_CLK_TCK")
    while is_held(dispatcher_lock(runs_dir)) and time.monotonic() < began + PATIENCE_SECONDS:
        pid = _dispatcher(runs_dir)
        if pid is not None:
            try:
                fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                break
            seconds = (int(fields[11]) + int(fields[12])) / ticks
            if "VmRSS" in status:
                sizes.append(int(status.partition("VmRSS:")[2].split()[0]))
        time.sleep(0.5)
    return seconds, sizes


def _dispatcher(runs_dir: Path) -> int | None:
    wanted = b"iqa_tui.service.dispatcher\0" + os.fsencode(runs_dir)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if wanted in path.read_bytes():
                return int(path.parent.name)
        except OSError:
            continue
    return None


def main() -> None:
    listing(1_000)
    listing(10_000)
    draining()
