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
