"""The sampler alone: it writes for as long as it may."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from iqa_tui.processes.start import child_environment
from tests.fakes.lab import wait_until
from training.runfolder.layout import RunFolder
from training.runfolder.schema import Owner
from training.runfolder.write import write_record


def start(run: RunFolder, *, supervisor: int | None = None) -> subprocess.Popen[bytes]:
    arguments = [str(run.path), "1", "ours", str(supervisor or os.getpid()), "1"]
    command = [sys.executable, "-m", "iqa_tui.service.machine_sampler", *arguments]
    return subprocess.Popen(command, env={**child_environment(), "IQA_TUI_HASTE": "100"})


def test_it_exits_when_another_attempt_has_the_run(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    write_record(run.owner, Owner(1, "here", "m", 1, "ours"))
    sampler = start(run)
    wait_until(run.machine.exists, "a line")
    write_record(run.owner, Owner(2, "there", "m", 1, "theirs"))
    assert sampler.wait(timeout=60) == 0
    lines = run.machine.read_bytes()
    assert lines.endswith(b"\n")


def test_it_writes_nothing_for_a_supervisor_that_is_gone(tmp_path: Path) -> None:
    assert start(RunFolder(tmp_path), supervisor=4_100_000).wait(timeout=60) == 0
    assert list(tmp_path.iterdir()) == []


def test_without_gpus_it_loads_the_standard_library_alone() -> None:
    program = """
import sys
import iqa_tui.service.machine_sampler
roots = {name.partition(".")[0] for name in sys.modules}
print(sorted(roots - set(sys.stdlib_module_names) - {"iqa_tui", "training", "__main__"}))
"""
    command = [sys.executable, "-S", "-c", program]
    assert subprocess.run(command, env=child_environment(), capture_output=True, text=True, check=True).stdout == "[]\n"
