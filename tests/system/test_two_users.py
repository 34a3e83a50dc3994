"""Two users, one folder of runs, one device."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.lab import STUB, Lab, state, wait_until
from training.runfolder.folders import list_runs
from training.runfolder.lock import is_held
from training.runfolder.phase import Phase

# May read everything, for the interpreter of this run may lie where others may not look; owns and writes as any other.
AS_ANOTHER = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]
AS_ANOTHER += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may use; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        for part in ("runs", "leases"):
            (Path(name) / part).mkdir()
            (Path(name) / part).chmod(0o1777)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_two_users_share_a_folder_of_runs_and_its_device_each_with_a_dispatcher_of_their_own(
    open_folder: Path, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", str(open_folder / "leases"))
    stub = open_folder / "stub.py"
    stub.write_text(STUB.read_text())
    stub.chmod(0o644)
    plan = open_folder / "stub.toml"
    rows = "".join(f'[[experiment]]\nid = "{name}"\nflags = {{ seconds = 0.5 }}\n' for name in "AB")
    plan.write_text(
        f'name = "stub"\ncommand = ["{sys.executable}", "{stub}", "--run_folder", "{{run_folder}}"]\n{rows}'
    )
    command = [sys.executable, "-B", "-m", "iqa_tui", "--runs-dir", str(open_folder / "runs")]
    launch = [*command, "launch", str(plan), "--headless"]
    if subprocess.run([*AS_ANOTHER, *command, "--version"], check=False, capture_output=True).returncode:
        pytest.skip("setpriv is missing, or may not change the user here")
    at_home = {"cwd": open_folder, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    states = [open_folder / "state-0", open_folder / "state-12345"]
    states[1].mkdir(mode=0o700)
    os.chown(states[1], 12_345, 12_345)
    envs = [{**os.environ, "IQA_TUI_STATE": str(state)} for state in states]
    ours = subprocess.Popen(launch, env=envs[0], **at_home)  # type: ignore[call-overload]
    theirs = subprocess.Popen([*AS_ANOTHER, *launch], env=envs[1], **at_home)  # type: ignore[call-overload]
    said = [app.communicate(timeout=90)[0] for app in (ours, theirs)]
    assert [app.returncode for app in (ours, theirs)] == [0, 0], said
    runs = list_runs(open_folder / "runs")
    assert len(runs) == 4
    assert {run.path.stat().st_uid for run in runs} == {0, 12_345}
    assert {state(run) for run in runs} == {Phase.FINISHED}
    assert not list((open_folder / "runs").glob("dispatcher-*"))
    for folder in states:  # each has a lock and a log of its own, which the other cannot reach
        (log,) = folder.glob("dispatcher-*.log")
        assert log.stat().st_uid == folder.stat().st_uid
        (lock,) = folder.glob("dispatcher-*.lock")
        wait_until(lambda lock=lock: not is_held(lock), "the dispatchers to end, which still write into the folder")
