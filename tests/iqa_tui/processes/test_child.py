"""Children and signals, whatever the process that started us has set."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.fakes.lab import (
    Lab,
    words,
)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_who_signals_a_supervisor_is_told_by_name() -> None:
    program = """
import os
from iqa_tui.processes.child import become_reaper, wait_for_signal
become_reaper()
os.setuid(65534)
print("ready", flush=True)
asked = wait_for_signal(30)
print(asked.signal_name, asked.user)
"""
    waiting = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert waiting.stdout is not None
    assert waiting.stdout.readline() == "ready\n"
    waiting.terminate()
    assert waiting.communicate()[0] == f"SIGTERM {getpass.getuser()}\n"


def test_children_are_waited_for_though_our_parent_ignores_its_own(lab: Lab, queued: Any) -> None:
    run = queued(exit=3)
    program = f"""
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "iqa_tui.service.supervisor", {str(run.path)!r}])
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
    assert words(run) == "failed: exit 3: training"


def test_a_bystander_is_neither_measured_nor_swept() -> None:
    program = """
import os, subprocess, sys, time
from iqa_tui.processes.child import become_reaper, start_child, wait_for_signal
become_reaper()
ended = subprocess.Popen([sys.executable, "-c", "bytes(200 << 20)"])
stays = subprocess.Popen(["sleep", "60"])
child = start_child(["sleep", "0"], env=dict(os.environ), cwd=None, output=1, inherited=[])
child.bystanders |= {ended.pid, stays.pid}
while not child.has_ended or ended.pid in child.bystanders:
    wait_for_signal(1)
    child.reap()
began = time.monotonic()
child.sweep()
assert time.monotonic() - began < 5
print(child.peak_rss_bytes < 100 << 20, child.bystanders == {stays.pid}, os.path.exists(f"/proc/{stays.pid}"))
os.kill(stays.pid, 9)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout == "True True True\n"
