"""A device is given to one run, for as long as any of its processes lives."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.devices import lease, lease_folder, withdrawn
from iqa_tui.devices.lease import Holder, lease_holder, lease_holders, lease_is_named, take_lease
from iqa_tui.devices.lease_folder import gate_file, journal_file, lease_file, leases_dir, share_file
from iqa_tui.devices.survey import Surveyor
from iqa_tui.devices.withdrawn import restore, withdraw, withdrawn_reason
from iqa_tui.errors import LaunchError
from tests.fakes.lab import Lab, wait_until
from tests.fakes.other_users import UNPRIVILEGED
from training.runfolder import lock
from training.runfolder.errors import LockHeld

ANN = Holder("ann", "a-run", 4711, "F2 L2 (MSE)", "/runs")

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


def test_every_user_may_lock_and_none_may_remove_the_file_of_another(lab: Lab) -> None:
    os.close(take_lease("GPU-1", ANN))
    assert leases_dir().stat().st_mode & 0o7777 == 0o1777
    assert lease_file("GPU-1").stat().st_mode & 0o777 == 0o666


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


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_link(path: Path) -> None:
    (path.parent / "dear to me").touch()
    path.symlink_to(path.parent / "dear to me")


def make_hard_link(path: Path) -> None:
    (path.parent / "dear to me").touch()
    path.hardlink_to(path.parent / "dear to me")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(path.parent):  # a socket's path is short
        listening.bind(path.name)


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


def test_a_journal_that_is_no_file_is_refused_in_words_and_a_huge_one_read_from_its_end(lab: Lab) -> None:
    leases_dir()
    os.mkfifo(journal_file(lease_file("cpu-0")))
    with pytest.raises(LaunchError, match=r"cpu-0: its journal cannot be written: .* is a pipe, not a file; ask its"):
        withdraw("cpu-0")
    with journal_file(lease_file("cpu-1")).open("wb") as file:
        file.truncate(40 << 30)
    withdraw("cpu-1", "for the demo")
    assert withdrawn_reason("cpu-1").endswith(": for the demo")
    restore("cpu-1")
    assert withdrawn_reason("cpu-1") == ""
    assert journal_file(lease_file("cpu-1")).stat().st_size < 1000


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


# The folder


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders as `/run/lock` and `/var/tmp` are, and none was chosen."""
    monkeypatch.delenv("IQA_TUI_LEASES")
    monkeypatch.setattr(lease_folder, "MACHINE_FOLDERS", (tmp_path / "run-lock", tmp_path / "var-tmp"))
    monkeypatch.setattr(lease_folder, "OLDER_FOLDERS", (tmp_path / "run-lock" / "iqa-tui", tmp_path / "older"))
    for name in ("run-lock", "var-tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o1777)
    return tmp_path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make folders of root's and of others")
def test_leases_stand_directly_in_the_first_folder_of_roots_that_every_user_may_write(machine: Path) -> None:
    assert lease_file("GPU-1") == machine / "run-lock" / "iqa-tui-GPU-1.lock"
    assert journal_file(lease_file("GPU-1")).name == "iqa-tui-GPU-1.journal"
    assert share_file(lease_file("GPU-1"), 3).name == "iqa-tui-GPU-1.share-3.lock"
    assert gate_file(lease_file("GPU-1")).name == "iqa-tui-GPU-1.gate"
    os.close(take_lease("GPU-1", ANN))
    assert sorted(path.name for path in (machine / "run-lock").iterdir()) == [
        "iqa-tui-GPU-1.gate",
        "iqa-tui-GPU-1.lock",
    ]
    (machine / "run-lock").chmod(0o755)
    assert leases_dir() == machine / "var-tmp"
    os.chown(machine / "var-tmp", 12_345, 12_345)
    with pytest.raises(LaunchError, match=r"Neither .*run-lock nor .*var-tmp is a folder of root's .*IQA_TUI_LEASES"):
        leases_dir()
    os.chown(machine / "var-tmp", 0, 0)
    (machine / "var-tmp").chmod(0o777)
    with pytest.raises(LaunchError, match="Neither"):
        leases_dir()
    assert (machine / "var-tmp").stat().st_mode & 0o7777 == 0o777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a folder as the machine's")
def test_a_device_that_an_earlier_version_holds_is_taken_and_its_journal_read(machine: Path) -> None:
    older = machine / "older"
    older.mkdir()
    whole = lock.take_lock(older / "GPU-1.lock")
    os.write(whole, b'{"user": "bob", "run_id": "old"}')
    share = lock.take_lock(older / "GPU-2.share-1.lock")
    os.write(share, b'{"user": "bob", "run_id": "old", "reserved_bytes": 3}')
    (older / "GPU-3.journal").write_text('{"what": "withdrawn", "by": "bob"}\n')
    os.mkfifo(older / "GPU-3.lock")  # cannot be held
    assert lease_holders("GPU-1") == (Holder("bob", "old"),)
    assert lease_holders("GPU-2") == (Holder("bob", "old", reserved_bytes=3),)
    for key in ("GPU-1", "GPU-2"):
        with pytest.raises(LockHeld):
            take_lease(key, ANN)
    with pytest.raises(LockHeld):
        take_lease("GPU-2", replace(ANN, reserved_bytes=2), room_bytes=4)
    os.close(take_lease("GPU-2", replace(ANN, reserved_bytes=1), room_bytes=4))
    assert withdrawn_reason("GPU-3") == "withdrawn by bob"
    restore("GPU-3")
    assert withdrawn_reason("GPU-3") == ""
    assert lease_holders("GPU-3") == ()
    for descriptor in (whole, share):
        os.close(descriptor)
    os.close(take_lease("GPU-1", ANN))
    assert sorted(path.name for path in older.iterdir()) == [
        *("GPU-1.lock", "GPU-2.share-1.lock", "GPU-3.journal", "GPU-3.lock")
    ]


def test_a_chosen_folder_is_made_for_all_and_one_that_is_there_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", str(tmp_path / "new"))
    assert leases_dir().stat().st_mode & 0o7777 == 0o1777
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    monkeypatch.setenv("IQA_TUI_LEASES", str(mine))
    assert leases_dir().stat().st_mode & 0o7777 == 0o700


def test_a_chosen_folder_in_which_others_may_remove_leases_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()
    monkeypatch.setenv("IQA_TUI_LEASES", str(folder))
    for mode in (0o777, 0o775):
        folder.chmod(mode)
        with pytest.raises(LaunchError, match=f"every user may remove the leases of others. `chmod 1777 {folder}`"):
            leases_dir()
    folder.rmdir()
    folder.touch()
    with pytest.raises(LaunchError, match=f"{folder}: the folder for device leases is a file"):
        leases_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_chosen_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "leases"
    folder.mkdir()
    folder.chmod(0o1777)
    os.chown(folder, 12_345, 12_345)
    monkeypatch.setenv("IQA_TUI_LEASES", str(folder))
    with pytest.raises(
        LaunchError, match=f"belongs to user 12345, who may remove .* `chown root {folder} && chmod 1777"
    ):
        leases_dir()


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "/proc/leases")
    with pytest.raises(LaunchError, match=r"/proc/leases: .*IQA_TUI_LEASES"):
        leases_dir()


def test_a_folder_that_means_another_one_elsewhere_is_refused(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "leases")
    with pytest.raises(LaunchError, match=r"IQA_TUI_LEASES=leases: write the whole path"):
        leases_dir()


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


def test_lines_of_a_journal_that_hold_nothing_are_not_even_parsed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    withdraw("GPU-1", "a fan")
    path = journal_file(lease_file("GPU-1"))
    with path.open("ab") as file:
        file.write(b"\n" * 200_000)
    parsed: list[bytes] = []
    loads = json.loads
    monkeypatch.setattr(withdrawn.json, "loads", lambda line: parsed.append(line) or loads(line))
    assert withdrawn_reason("GPU-1").endswith(": a fan")
    assert len(parsed) == 1
