"""A device is given to one run, for as long as any of its processes lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.devices import lease
from iqa_tui.devices.lease import Holder, lease_holder, lease_holders, lease_is_named, take_lease
from iqa_tui.devices.lease_folder import gate_file, journal_file, lease_file, leases_dir, share_file
from iqa_tui.devices.survey import Surveyor
from iqa_tui.devices.withdrawn import withdrawn_reason
from iqa_tui.errors import LaunchError
from tests.fakes.lab import ANN, Lab, wait_until
from tests.fakes.other_users import UNPRIVILEGED
from tests.fakes.strange_files import make_folder, make_hard_link, make_link, make_pipe, make_socket
from training.runfolder import lock
from training.runfolder.errors import LockHeld

RACER = """
import os, random, sys, time
from pathlib import Path
from iqa_tui.devices.lease import Holder, take_lease
from training.runfolder import lock
from training.runfolder.errors import LockHeld
me, rounds, scratch, user = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
if user:
    os.setuid(user)
ROOM = 4
granted = 0
for number in range(rounds):
    for key in ("a", "b"):
        need = random.choice((None, 1, 2, 3))
        try:
            lease = take_lease(key, Holder(me, me, reserved_bytes=need), room_bytes=ROOM)
        except LockHeld:
            continue
        granted += 1
        marks = []
        deadline = time.monotonic() + 1
        while len(marks) < (need or ROOM):  # as many as it was given are free, if no racer was given too much
            assert time.monotonic() < deadline, f"{key} is given away twice"
            for mark in (scratch / f"{key}{number}" for number in range(ROOM)):
                try:
                    mark.mkdir()
                except FileExistsError:
                    continue
                marks.append(mark)
                if len(marks) == (need or ROOM):
                    break
        time.sleep(0.001)
        for mark in marks:
            mark.rmdir()
        os.close(lease)
print(granted)
"""
RACERS = 8


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
    holder = hold("a")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    os.close(take_lease("a", ANN))


def race(leases: Path, scratch: Path, users: list[int], rounds: int) -> list[int]:
    """How often each racer was given a device; fails if one was given away twice."""
    env = {**os.environ, "IQA_TUI_LEASES": str(leases)}
    scratch.mkdir(mode=0o777)
    scratch.chmod(0o777)
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, f"racer {number}", str(rounds), str(scratch), str(user)],
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )
        for number, user in enumerate(users)
    ]
    printed = [racer.communicate()[0].strip() for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * len(users), printed
    return [int(text) for text in printed]


def test_racers_for_whole_devices_and_shares_never_get_more_than_there_is(lab: Lab, tmp_path: Path) -> None:
    granted = race(lab.leases, tmp_path / "scratch", [0] * RACERS, 200)
    assert sum(count > 0 for count in granted) > 1  # which of them a busy machine lets in is its own affair


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_two_users_never_get_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        leases = folder / "leases"
        leases.mkdir()
        leases.chmod(0o1777)
        monkeypatch.setenv("IQA_TUI_LEASES", str(leases))
        os.close(take_lease("a", ANN))
        race(leases, folder / "first", [UNPRIVILEGED], 1)
        assert [(leases / f"{key}.gate").stat().st_uid for key in "ab"] == [0, UNPRIVILEGED]
        granted = race(leases, folder / "scratch", [0, UNPRIVILEGED] * (RACERS // 2), 50)
        assert sum(granted[0::2]) > 0  # root's
        assert sum(granted[1::2]) > 0


def hold(key: str, *options: str) -> subprocess.Popen[bytes]:
    """A process that has a lease until it is killed."""
    program = f"import time; from iqa_tui.devices.lease import *; take_lease({key!r}, Holder('ann', 'r'{','.join(('', *options))}), room_bytes=4); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", program])
    wait_until(lambda: any(found.user == "ann" for found in lease_holders(key)), "the lease to be taken")
    return holder


def test_shares_are_counted_and_a_killed_holder_gives_its_share_back(lab: Lab) -> None:
    three = hold("a", "reserved_bytes=3")
    assert [found.reserved_bytes for found in lease_holders("a")] == [3]
    with pytest.raises(LockHeld, match="leave too little"):
        take_lease("a", replace(ANN, reserved_bytes=2), room_bytes=4)
    with pytest.raises(LockHeld, match="runs share this device"):
        take_lease("a", ANN)
    one = take_lease("a", replace(ANN, reserved_bytes=1), room_bytes=4)
    three.kill()
    three.wait()
    os.close(take_lease("a", replace(ANN, reserved_bytes=3), room_bytes=4))
    os.close(one)
    whole = take_lease("a", ANN)
    with pytest.raises(LockHeld):
        take_lease("a", replace(ANN, reserved_bytes=1), room_bytes=4)
    os.close(whole)


def test_a_share_whose_size_cannot_be_read_keeps_others_out(lab: Lab) -> None:
    share = take_lease("a", replace(ANN, reserved_bytes=1), room_bytes=4)
    os.ftruncate(share, 0)
    with pytest.raises(LockHeld):
        take_lease("a", replace(ANN, reserved_bytes=1), room_bytes=4)
    os.close(share)


def test_one_gpu_is_shared_by_no_more_runs_than_there_are_places(lab: Lab) -> None:
    shares = [take_lease("a", replace(ANN, reserved_bytes=1), room_bytes=99) for _ in range(16)]
    with pytest.raises(LockHeld, match="16 runs share"):
        take_lease("a", replace(ANN, reserved_bytes=1), room_bytes=99)
    for share in shares:
        os.close(share)


def test_a_lease_is_open_to_all_before_anything_else_can_happen(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fchmod", killed)
    umask = os.umask(0o077)
    try:
        os.close(take_lease("GPU-1", ANN))
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(umask)
    assert lease_file("GPU-1").stat().st_mode & 0o777 == 0o666


@pytest.mark.parametrize(
    "content",
    [
        b'{"user": "eve", "run_id": "r", "reserved_bytes": "all of it"}',
        b'{"user": "eve", "run_id": "r", "reserved_bytes": -8000}',
        b'{"user": ["eve"], "run_id": "r"}',
        b'{"user": "eve", "run_id": "r", "pid": true}',
        b"[" * 60_000,
        b'["user"]',
        b" " * (1 << 20),
        b"\xff\xfe",
    ],
)
def test_what_others_write_into_a_lease_is_no_more_than_a_run_of_an_unknown_user(lab: Lab, content: bytes) -> None:
    taken = take_lease("GPU-1", ANN)
    lease_file("GPU-1").write_bytes(content)
    assert lease_holders("GPU-1") == (Holder("an unknown user", ""),)
    os.close(taken)


def test_what_a_later_version_adds_to_a_lease_is_passed_over(lab: Lab) -> None:
    taken = take_lease("GPU-1", ANN)
    lease_file("GPU-1").write_text('{"user": "ann", "run_id": "r", "node": "n7"}')
    assert lease_holders("GPU-1") == (Holder("ann", "r"),)
    os.close(taken)


def share_0(lease: Path) -> Path:
    return share_file(lease, 0)


@pytest.mark.parametrize("part", [lambda lease: lease, gate_file, share_0, journal_file])
@pytest.mark.parametrize("make", [make_pipe, make_link, make_hard_link, make_folder, make_socket])
def test_what_stands_in_the_place_of_a_lease_makes_its_device_useless_and_no_other(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, part: Callable[[Path], Path], make: Callable[[Path], None]
) -> None:
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "2")
    leases_dir()
    path = part(lease_file("cpu-0"))
    make(path)
    with pytest.raises(LaunchError, match=f"cpu-0 cannot be given: {path} is .*ask its owner .* to remove it"):
        take_lease("cpu-0", ANN)
    with pytest.raises(LaunchError, match=f"cpu-0 cannot be given: {path} is .*"):
        take_lease("cpu-0", replace(ANN, reserved_bytes=1), room_bytes=4)
    assert lease_holders("cpu-0") == ()
    assert withdrawn_reason("cpu-0") == ""
    useless, good = Surveyor().survey().devices
    assert (useless.free, good.free) == (False, True)
    assert useless.reason.startswith(f"cannot be given: {path} is ")
    os.close(take_lease("cpu-1", ANN))
    if (path.parent / "dear to me").exists():
        assert (path.parent / "dear to me").read_bytes() == b""


def test_a_share_that_is_held_counts_though_the_file_of_one_before_it_was_removed(lab: Lab) -> None:
    first = take_lease("a", replace(ANN, reserved_bytes=1), room_bytes=4)
    second = take_lease("a", replace(ANN, reserved_bytes=3), room_bytes=4)
    share_file(lease_file("a"), 0).unlink()
    assert [holder.reserved_bytes for holder in lease_holders("a")] == [3]
    with pytest.raises(LockHeld):
        take_lease("a", ANN)
    os.close(first)
    os.close(second)


def test_a_lock_file_that_is_replaced_while_it_is_taken_is_taken_anew(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Path] = []

    def take_and_lose(path: Path, **options: Any) -> int:
        descriptor = lock.take_lock(path, **options)
        if path.suffix == ".lock" and path not in taken:
            path.unlink()
        taken.append(path)
        return descriptor

    monkeypatch.setattr(lease, "take_lock", take_and_lose)
    descriptor = take_lease("cpu-0", ANN)
    assert taken.count(lease_file("cpu-0")) == 2
    assert lease_is_named(descriptor, lease_file("cpu-0"))
    assert lease_holder("cpu-0") == ANN
    os.close(descriptor)


def test_what_a_holder_says_of_itself_is_plain_and_short(lab: Lab) -> None:
    descriptor = take_lease("GPU-1", ANN)
    written = {"user": "bob\x1b]52;c;aGk=\x07", "run_id": "r\nr", "label": "F2\u202e" + "x" * 3_000, "runs_dir": "/\r"}
    lease_file("GPU-1").write_text(json.dumps(written))
    holder = lease_holder("GPU-1")
    assert holder is not None
    assert (holder.user, holder.run_id, holder.runs_dir) == (r"bob\x1b]52;c;aGk=\x07", "r r", "/ ")
    assert holder.label.startswith(r"F2\u202exxx")
    assert len(holder.label) < 1000
    os.close(descriptor)
