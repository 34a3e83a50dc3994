"""Orders need a folder for the state of this program."""

from __future__ import annotations

import json
import os
import signal

import pytest

from iqa_tui.devices.lease import Holder, take_lease
from tests.fakes.lab import Lab, state, wait_until
from tests.fakes.shell import Shell, plan_file
from training.runfolder.folders import list_runs
from training.runfolder.phase import Phase


def test_without_a_folder_for_its_own_state_nothing_is_ordered_but_everything_is_shown(
    lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    (run,) = lab.launch({})
    wait_until(lab.dispatchers, "a dispatcher")
    for pid in lab.dispatchers():
        os.kill(pid, signal.SIGKILL)
    os.close(lease)
    wait_until(lambda: not lab.processes(), "the dispatcher to be gone")
    monkeypatch.setenv("IQA_TUI_STATE", "/proc/state")
    plan = plan_file(lab, '[[experiment]]\nid = "A"\n')
    for order in (["launch", plan, "--headless"], ["retry", "S1"], ["hold", "S1"], ["release", "S1"]):
        shell(*order, code=4)
        assert "IQA_TUI_STATE" in shell.errors
    assert len(list_runs(lab.runs_dir)) == 1
    out = shell("status")
    assert "cannot be checked: /proc/state: " in out
    assert "| S1" in shell("export", "--format", "markdown", "--group", "stub")
    assert json.loads(shell("status", "--json"))["dispatching"] is False
    assert state(run) is Phase.QUEUED
    assert "will not start" in shell("stop", "S1")
