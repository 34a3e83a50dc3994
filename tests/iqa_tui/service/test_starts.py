"""Supervisors that do not come up: what is said, and what becomes of their runs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.survey import Surveyor
from iqa_tui.processes.start import ROOT
from iqa_tui.queue.dispatcher_files import (
    dispatcher_log,
    dispatcher_trouble,
    is_dispatching,
    take_dispatching,
)
from iqa_tui.queue.dispatching import revive_dispatcher
from tests.fakes.lab import (
    Lab,
    state,
    wait_for,
    wait_for_end,
    wait_until,
    words,
)
from tests.fakes.waits import waiting_reasons
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec


def test_a_supervisor_that_never_comes_up_is_given_up_in_words(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow = lab.folder / "shadow" / "sitecustomize.py"
    shadow.parent.mkdir()
    shadow.write_text("import sys\nif 'iqa_tui.service.supervisor' in ' '.join(sys.orig_argv): sys.exit(9)\n")
    monkeypatch.setenv("PYTHONPATH", str(shadow.parent))
    (run,) = lab.launch({})
    wait_for_end(run)
    assert words(run).startswith("failed: its supervisor did not come up 3 times")


REFUSED_IN = """
import os, subprocess, sys
program, flag = {program!r}, {flag!r}
start = subprocess.Popen.__init__
def refuse(self, *words, **options):
    if program in " ".join(sys.orig_argv) and "gpus.sampler" not in str(words) and os.path.exists(flag):
        raise BlockingIOError(11, "Resource temporarily unavailable")
    start(self, *words, **options)
subprocess.Popen.__init__ = refuse
"""


@pytest.mark.parametrize("program", ["iqa_tui.service.dispatcher", "iqa_tui.service.supervisor"])
def test_a_run_whose_process_the_system_refuses_to_start_stays_queued_and_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    full = lab.folder / "full"
    full.touch()
    shadow = lab.folder / "shadow" / "sitecustomize.py"
    shadow.parent.mkdir()
    shadow.write_text(REFUSED_IN.format(program=program, flag=str(full)))
    with monkeypatch.context() as only:
        only.setenv("PYTHONPATH", os.pathsep.join([str(shadow.parent), os.environ.get("PYTHONPATH", "")]))
        (run,) = lab.launch({})

    def reason() -> str:
        return waiting_reasons([(run, read_spec(run))], Surveyor().survey())[run.run_id]

    told = "your dispatcher cannot start it: this machine lets you start no more processes (ulimit -u"
    wait_until(lambda: reason().startswith(told), "the row to say so")
    assert state(run) is Phase.QUEUED
    assert not run.attempt(1).exit.exists()
    assert not run.attempt(2).path.exists()
    full.unlink()
    wait_for(run, Phase.FINISHED)
    assert not run.attempt(2).path.exists()
    assert dispatcher_log(lab.runs_dir).read_text().count("lets you start no more processes") == 1
    wait_until(lambda: not dispatcher_trouble(lab.runs_dir).exists(), "its trouble to pass")


def test_a_dispatcher_whose_python_is_gone_says_so_and_ends_and_the_next_look_starts_another(lab: Lab) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", lab.folder / "venv"], check=True)
    lease = take_lease("cpu-0", Holder("ann", "hers"))
    locks = take_dispatching(lab.runs_dir)  # so that the launch starts none
    (run,) = lab.launch({})
    for lock in locks:
        os.close(lock)
    python = lab.folder / "venv" / "bin" / "python"
    command = [python, "-m", "iqa_tui.service.dispatcher", lab.runs_dir]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    dispatcher = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    wait_until(lambda: is_dispatching(lab.runs_dir), "it to work")
    (lab.folder / "venv").rename(lab.folder / "moved")
    os.close(lease)
    said, _ = dispatcher.communicate(timeout=30)
    gone = f"the Python of this program is gone ({python})"
    assert said.count(gone) == 1
    assert "Traceback" not in said
    (reason,) = waiting_reasons([(run, read_spec(run))], Surveyor().survey()).values()
    assert reason.startswith(f"your dispatcher cannot start it: {gone}")
    assert state(run) is Phase.QUEUED
    assert revive_dispatcher(lab.runs_dir)
    wait_for(run, Phase.FINISHED)
    wait_until(lambda: not dispatcher_trouble(lab.runs_dir).exists(), "its trouble to pass")
