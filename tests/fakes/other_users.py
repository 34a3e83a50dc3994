"""Runs of other users, for tests as root: a place that every user may enter, and folders that are given away."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.processes.start import ROOT
from iqa_tui.queue import as_owner
from tests.fakes.lab import (
    Lab,
)
from tests.fakes.runs import make_run
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.schema import ExitRecord
from training.runfolder.write import write_record

UNPRIVILEGED = 65_534
NO_ACCOUNT = 61_234
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
SIGN = """
import json, sys
from pathlib import Path
from iqa_tui.trust.signature import sign_run
from training.runfolder.layout import RunFolder
sign_run(RunFolder(Path(sys.argv[1])), variables=json.loads(sys.argv[2]))
"""


def interpreter_for_others() -> str:
    """A Python that a user without rights can use, with our packages; empty if there is none."""
    for path in filter(None, (sys.executable, shutil.which("python3", path=as_owner.DEFAULT_PATH))):
        command = [path, "-B", "-c", "import iqa_tui.queue.order_child"]
        env = {"PYTHONPATH": str(ROOT), "HOME": "/"}
        try:
            done = subprocess.run(
                command,
                user=NO_ACCOUNT,
                group=UNPRIVILEGED,
                extra_groups=[],
                env=env,
                cwd="/",
                capture_output=True,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if done.returncode == 0:
            return path
    return ""


@pytest.fixture
def place(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that every user may enter, with a folder of runs; pytest's own are closed to others."""
    path = interpreter_for_others()
    if not path:
        pytest.skip("no Python here can be used by a user without rights")
    monkeypatch.setattr(sys, "executable", path)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("runs", "leases"):
            (folder / part).mkdir()
            (folder / part).chmod(0o1777)
        monkeypatch.setattr(lab, "leases", folder / "leases")
        yield folder
        lab.sweep()


def give(path: Path, user_id: int) -> None:
    for entry in (path, *path.rglob("*")):
        os.chown(entry, user_id, user_id, follow_symlinks=False)


def run_of(place: Path, user_id: int, name: str = "a", *, has_failed: bool = False) -> RunFolder:
    """A run of this user, whose dispatchers keep everything below `place`."""
    run = make_run(place / "runs", name)
    variables = {"IQA_TUI_LEASES": str(place / "leases"), "IQA_TUI_STATE": str(place / f"state-{user_id}")}
    (place / f"state-{user_id}").mkdir(mode=0o700, exist_ok=True)
    give(place / f"state-{user_id}", user_id)
    if has_failed:
        write_record(run.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", 1.0, 1.0))
    give(run.path, user_id)
    launched_with = {**variables, "SECRET": "hers", "IQA_TUI_ATTEMPT": "7"}
    subprocess.run(
        [sys.executable, "-c", SIGN, str(run.path), json.dumps(launched_with)],
        user=user_id,
        group=user_id,
        extra_groups=[],
        env={"PYTHONPATH": str(ROOT), **variables},
        cwd="/",
        check=True,
    )
    return run


@contextlib.contextmanager
def seen_by_another(folder: Path) -> Iterator[None]:
    """As a user without root's rights sees it; pytest's folders are closed to others."""
    for path in (folder, *folder.parents):
        if (
            path.owner() == "root"
            and path.is_relative_to(tempfile.gettempdir())
            and path != Path(tempfile.gettempdir())
        ):
            path.chmod(0o755)
    os.setegid(12_345)
    os.seteuid(12_345)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
