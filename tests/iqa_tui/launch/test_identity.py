"""A signal reaches the process that was meant, or nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace

from iqa_tui.launch.identity import is_running, signal_process
from tests.fakes.lab import wait_until
from training.runfolder.host import boot_id
from training.runfolder.read import start_ticks
from training.runfolder.schema import ProcessRecord


def record_of(pid: int) -> ProcessRecord:
    ticks = start_ticks(pid)
    assert ticks is not None
    return ProcessRecord(boot_id=boot_id(), pid=pid, start_ticks=ticks, host="here", started=time.time())


def test_the_process_of_the_record_is_signalled_and_then_gone() -> None:
    sleeper = subprocess.Popen(["sleep", "60"])
    record = record_of(sleeper.pid)
    assert is_running(record)
    assert signal_process(record, signal.SIGTERM)
    wait_until(lambda: not is_running(record), "the sleeper to be a zombie")
    assert not signal_process(record, signal.SIGTERM)
    assert sleeper.wait() == -signal.SIGTERM
    assert not signal_process(record, signal.SIGTERM)


def test_another_process_that_got_the_number_is_left_alone() -> None:
    me = record_of(os.getpid())
    assert not signal_process(replace(me, start_ticks=me.start_ticks - 1), signal.SIGKILL)
    assert not signal_process(replace(me, boot_id="an earlier boot"), signal.SIGKILL)
