"""What the sampler beside a run costs: a trainer with loader workers that share its memory, on the CPU and on a GPU."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from iqa_tui.processes.periods import HASTE_VARIABLE
from iqa_tui.processes.start import child_environment
from iqa_tui.processes.tree_memory import proportional_bytes, resident_bytes
from tests.benchmarks.figure import report
from tests.fakes.nvml import FakeGpus
from training.runfolder.layout import RunFolder

SECONDS = 60.0
"""Of sampling, at the period that users have."""
WORKERS = 8
MIB = 1 << 20
TRAINER = f"""
import os, sys, time
block = os.urandom(512 << 20)
for _ in range({WORKERS}):
    if os.fork() == 0:
        time.sleep(600)
print("ready", flush=True)
time.sleep(600)
"""


@contextmanager
def trainer() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", TRAINER], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield
    os.killpg(process.pid, 9)
    process.communicate()


def cpu_seconds(pid: int) -> float:
    """Of all threads of a process."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def measure(name: str, run: RunFolder, gpus: dict[str, str], keys: list[str]) -> None:
    env = {key: value for key, value in child_environment().items() if key != HASTE_VARIABLE} | gpus
    command = [
        sys.executable,
        "-m",
        "iqa_tui.service.machine_sampler",
        str(run.path),
        "1",
        "nonce",
        str(os.getpid()),
        "1",
    ]
    sampler = subprocess.Popen([*command, *keys], env=env)
    while not run.machine.exists():
        time.sleep(0.05)
    begun, began = cpu_seconds(sampler.pid), time.monotonic()
    time.sleep(SECONDS)
    took, elapsed = cpu_seconds(sampler.pid) - begun, time.monotonic() - began
    own = proportional_bytes(sampler.pid) or resident_bytes(sampler.pid)
    sampler.kill()
    sampler.wait()
    lines = run.machine.read_bytes().splitlines(keepends=True)
    what = f"a trainer of 512 MiB with {WORKERS} workers, {name}"
    report(f"sampler_{name}_start", begun, "s", "nothing; processor until its first line")
    report(f"sampler_{name}_cores", took / elapsed, "cores", f"one core; {what}", at_most=0.01)
    report(f"sampler_{name}_memory", own / MIB, "MiB", "nothing; its part of what it shares")
    report(f"sampler_{name}_bytes", len(lines[-1]) * 360, "bytes an hour", "nothing; before lines are removed")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, trainer():
        for name in ("cpu", "gpu"):
            run = RunFolder(Path(folder) / name)
            run.path.mkdir()
            if name == "cpu":
                measure(name, run, {}, [])
            elif shutil.which("gcc"):
                gpus = FakeGpus(Path(folder) / "driver", count=8)
                measure(name, run, gpus.env, [f"{gpus.uuid(0)}:0"])


if __name__ == "__main__":
    main()
