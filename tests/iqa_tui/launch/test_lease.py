"""A device is given to one run, for as long as any of its processes lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from iqa_tui.launch.errors import LaunchError
from iqa_tui.launch.lease import Holder, lease_file, lease_holder, leases_dir, take_lease
from tests.fakes.lab import Lab, wait_until
from training.runfolder.schema import LockHeld

ANN = Holder("ann", "a-run", 4711, "F2 L2 (MSE)", "/runs")

RACER = """
import sys, time
from iqa_tui.launch.lease import Holder, take_lease
from training.runfolder.schema import LockHeld
from pathlib import Path
me, rounds, scratch = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
import os
for number in range(rounds):
    for key in ("a", "b"):
        try:
            lease = take_lease(key, Holder(me, me))
        except LockHeld:
            continue
        mark = scratch / key
        mark.mkdir()  # fails if anybody else holds this device now
        time.sleep(0.001)
        mark.rmdir()
        os.close(lease)
print("no double grant")
"""


def test_a_taken_device_names_its_holder_and_is_refused_to_others(lab: Lab) -> None:
    descriptor = take_lease("GPU-1", ANN)
    assert lease_holder("GPU-1") == ANN
    with pytest.raises(LockHeld):
        take_lease("GPU-1", ANN)
    os.close(descriptor)
    assert lease_holder("GPU-1") is None


def test_the_lease_lives_as_long_as_a_child_that_inherited_it(lab: Lab) -> None:
    descriptor = take_lease("GPU-1", ANN)
    child = subprocess.Popen(["sleep", "60"], pass_fds=[descriptor])
    os.close(descriptor)
    assert lease_holder("GPU-1") == ANN
    child.kill()
    child.wait()
    assert lease_holder("GPU-1") is None


def test_a_holder_that_is_killed_leaves_nothing_stale(lab: Lab) -> None:
    program = "import time; from iqa_tui.launch.lease import *; take_lease('a', Holder('ann', 'r')); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", program])
    wait_until(lambda: lease_holder("a"), "the lease to be taken")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    os.close(take_lease("a", ANN))


def test_racers_never_get_one_device_twice(lab: Lab, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, str(n), "25", str(scratch)], stdout=subprocess.PIPE, text=True)
        for n in range(6)
    ]
    assert [racer.communicate()[0].strip() for racer in racers] == ["no double grant"] * 6


def test_everybody_may_lock_and_nobody_may_remove_anothers_file(lab: Lab) -> None:
    os.close(take_lease("GPU-1", ANN))
    assert leases_dir().stat().st_mode & 0o7777 == 0o1777
    assert lease_file("GPU-1").stat().st_mode & 0o777 == 0o666


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "/proc/leases")
    with pytest.raises(LaunchError, match=r"/proc/leases: .*IQA_TUI_LEASES"):
        leases_dir()


def test_a_folder_that_means_another_one_elsewhere_is_refused(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "leases")
    with pytest.raises(LaunchError, match=r"IQA_TUI_LEASES=leases: write the whole path"):
        leases_dir()
