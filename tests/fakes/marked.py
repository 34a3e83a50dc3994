"""Processes that carry the mark of a run, without a supervisor that gave it to them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator

from iqa_tui.processes.marks import MARK_VARIABLE, make_mark
from training.runfolder.host import boot_id, host_name, start_ticks
from training.runfolder.layout import RunFolder
from training.runfolder.schema import ProcessRecord
from training.runfolder.write import make_folder


def mark(run: RunFolder, attempt: int = 1) -> str:
    """The text of the mark that processes of this attempt carry; its token is made if there is none."""
    make_folder(run.attempts_dir)
    make_folder(run.attempt(attempt).path)
    return make_mark(run, run.attempt(attempt)).text


@contextlib.contextmanager
def sleeper(text: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A process that carries this mark, or none."""
    env = {**os.environ, MARK_VARIABLE: text} if text else None
    process = subprocess.Popen(["sleep", "60"], env=env)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def record_of(pid: int, supervisor_pid: int | None = 1) -> ProcessRecord:
    ticks = start_ticks(pid)
    assert ticks is not None
    return ProcessRecord(boot_id(), pid, ticks, host=host_name(), started=time.time(), supervisor_pid=supervisor_pid)
