"""What root orders of another user's run is done by a process of that user, or not at all."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.queue import as_owner
from iqa_tui.queue.as_owner import account_of, only_of
from iqa_tui.queue.hold import hold_run, prioritise_run, release_run
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from tests.fakes.lab import Lab, wait_until
from tests.fakes.marked import mark, record_of, sleeper
from tests.fakes.other_users import NO_ACCOUNT, UNPRIVILEGED, give, needs_root, run_of
from tests.fakes.runs import make_run
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import Place, RetryRecord, StopRequest
from training.runfolder.status import run_status
from training.runfolder.write import write_record

TELL = """
import json, os
umask = os.umask(0)
print(json.dumps({
    "ids": [*os.getresuid(), *os.getresgid()], "groups": os.getgroups(), "environment": dict(os.environ), "umask": umask,
    "cwd": os.getcwd(), "leads": os.getsid(0) == os.getpid(), "descriptors": sorted(map(int, os.listdir("/proc/self/fd"))),
    "stdin": os.readlink("/proc/self/fd/0"),
}))
"""
TELL_SETTINGS = """
import json, os, sys
from iqa_tui.queue import order_child
names = lambda: {name: value for name, value in os.environ.items() if name.startswith(("IQA_TUI", "SECRET"))}
order_child.ORDERS["hold_run"] = lambda run, **_: json.dumps(names())
sys.exit(order_child.main(sys.argv[1:]))
"""


def owners(folder: Path) -> set[int]:
    return {entry.lstat().st_uid for entry in (folder, *folder.rglob("*"))}


def open_to_others(folder: Path) -> list[Path]:
    entries = (folder, *folder.rglob("*"))
    return [entry for entry in entries if stat.S_IMODE(entry.lstat().st_mode) & 0o022]


@needs_root
@pytest.mark.parametrize("user_id", [UNPRIVILEGED, NO_ACCOUNT])
def test_everything_that_an_order_makes_is_its_owners_and_closed_to_others(place: Path, user_id: int) -> None:
    run = run_of(place, user_id)
    umask = os.umask(0)
    try:
        assert hold_run(run) == "a is held: it starts once it is released."
        assert prioritise_run(run, "low") == "a now has low priority."
        assert run_status(run).cause == "held by root"
        assert stop_run(run, "no need", 5.0) == "a was queued and will not start."
        request, placed = read_record(run.stop, StopRequest), read_record(run.place, Place)
        assert request is not None
        assert placed is not None
        assert (request.by, request.why, request.grace_seconds, placed.priority) == ("root", "no need", 5.0, "low")
        assert retry_run(run) == "a is queued again."
    finally:
        os.umask(umask)
    assert owners(run.path) == {user_id}
    assert open_to_others(run.path) == []
    with pytest.raises(LaunchError, match=r"^There is no priority 'top'"):
        prioritise_run(run, "top")
    with pytest.raises(LaunchError, match=r"^a is queued: held by root: only a run that ended can be tried again\.$"):
        retry_run(run)


@needs_root
def test_the_dispatcher_that_an_order_needs_is_the_owners(place: Path, lab: Lab) -> None:
    run = run_of(place, UNPRIVILEGED, has_failed=True)
    retry_run(run)
    record = read_record(run.attempt(2).retry, RetryRecord)
    assert record is not None
    assert (record.by, record.automatic) == ("root", False)
    stop_run(run)
    wait_until(lambda: not lab.processes(), "the dispatcher to end")
    made = [path for path in place.rglob("*") if "dispatcher" in path.name]
    assert made
    assert {path.stat().st_uid for path in made} == {UNPRIVILEGED}
    assert owners(run.path) == {UNPRIVILEGED}


@needs_root
def test_a_child_has_nothing_of_roots(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(place, UNPRIVILEGED)
    monkeypatch.setenv("ROOTS_SECRET", "1")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setattr(as_owner, "program", lambda *_: [sys.executable, "-c", TELL])
    ours = os.open("/etc/shadow", os.O_RDONLY)
    os.set_inheritable(ours, True)
    umask = os.umask(0o077)
    try:
        told: dict[str, Any] = json.loads(hold_run(run))
    finally:
        os.umask(umask)
        os.close(ours)
    account = pwd.getpwuid(UNPRIVILEGED)
    assert told["ids"] == [UNPRIVILEGED] * 3 + [account.pw_gid] * 3
    assert told["groups"] == os.getgrouplist(account.pw_name, account.pw_gid)
    assert (told["umask"], told["cwd"], told["leads"], told["stdin"]) == (0o022, "/", True, "/dev/null")
    assert ours not in told["descriptors"][:-1]  # the last is that of the listing
    environment = told["environment"]
    assert environment["HOME"] == account.pw_dir
    assert environment["USER"] == environment["LOGNAME"] == account.pw_name
    assert environment["SHELL"] == account.pw_shell
    assert environment["LC_TIME"] == "C"
    beyond = set(environment) - {"HOME", "USER", "LOGNAME", "SHELL", "PATH", "PYTHONPATH", "LANG"}
    assert {name for name in beyond if not name.startswith("LC_")} == set()


@needs_root
def test_a_child_takes_this_programs_settings_from_the_run_if_its_owner_alone_can_read_them(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(place, UNPRIVILEGED)
    monkeypatch.setattr(as_owner, "program", lambda _, *arguments: [sys.executable, "-c", TELL_SETTINGS, *arguments])
    expected = {"IQA_TUI_LEASES": str(place / "leases"), "IQA_TUI_STATE": str(place / f"state-{UNPRIVILEGED}")}
    may_order = {"IQA_TUI_READ_ONLY": "0"}
    assert json.loads(hold_run(run)) == expected | may_order
    run.environment.chmod(0o644)
    assert json.loads(hold_run(run)) == may_order


@needs_root
def test_retry_by_root_does_not_follow_a_link_that_the_owner_made_and_gives_nothing_away(place: Path) -> None:
    run = run_of(place, UNPRIVILEGED, has_failed=True)
    roots = place / "roots"
    shutil.move(run.attempts_dir, roots)
    give(roots, 0)
    run.attempts_dir.symlink_to(roots)
    os.chown(run.attempts_dir, UNPRIVILEGED, UNPRIVILEGED, follow_symlinks=False)
    with pytest.raises(LaunchError, match=rf"^{run.attempts_dir}: is a symbolic link, not a folder\. Move it away\.$"):
        retry_run(run)
    assert owners(roots) == {0}
    assert sorted(path.name for path in roots.rglob("*")) == ["1", "exit.json"]


@needs_root
def test_a_forged_record_has_no_process_of_roots_signalled(place: Path) -> None:
    run = run_of(place, UNPRIVILEGED)
    lock = take_lock(run.alive_lock)
    with sleeper() as victim:
        write_record(run.attempt(1).process, record_of(victim.pid))
        mark(run)
        give(run.path, UNPRIVILEGED)
        assert "stops at the next step" in stop_run(run, grace_seconds=0.0)
        words = f"nothing is signalled: pid {victim.pid} does not carry this run's mark; it is root's process"
        with pytest.raises(LaunchError, match=words):
            stop_run(run, grace_seconds=0.0)
        assert victim.poll() is None
    os.close(lock)


@needs_root
def test_what_a_child_of_another_user_cannot_use_is_said_with_the_command_that_does_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    (closed / "python").symlink_to(sys.executable)
    known, unknown = run_of(place, UNPRIVILEGED, has_failed=True), run_of(place, NO_ACCOUNT, "b")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(closed / "python"))
        with pytest.raises(LaunchError) as refused:
            retry_run(known)
        command = f"sudo -u {pwd.getpwuid(UNPRIVILEGED).pw_name} iqa-tui retry a --runs-dir {place / 'runs'}"
        assert str(refused.value).endswith(f"({closed / 'python'}: Permission denied). Run `{command}`.")
        with pytest.raises(LaunchError, match=f"--reuid={NO_ACCOUNT} .* iqa-tui priority b high --runs-dir"):
            prioritise_run(unknown, "high")
    monkeypatch.setattr(as_owner, "package_folder", lambda: str(closed))
    with pytest.raises(LaunchError, match=r"No module named .* Run `sudo -u \S+ iqa-tui retry a"):
        retry_run(known)
    assert owners(known.path) == {UNPRIVILEGED}
    assert run_status(known).phase is Phase.FAILED


@needs_root
@pytest.mark.parametrize("program", ["import time; time.sleep(60)", "while True: print('x' * 1000)"])
def test_a_child_that_its_owner_stops_or_floods_does_not_stop_us(
    place: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    run = run_of(place, UNPRIVILEGED)
    monkeypatch.setattr(as_owner, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(as_owner, "program", lambda *_: [sys.executable, "-c", program])
    with pytest.raises(LaunchError, match=r"gave no answer within 0\.5 s, and is killed"):
        hold_run(run)


@needs_root
def test_what_a_child_says_is_text(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(place, UNPRIVILEGED)
    words = r"print('\x1b]52;c;aGk=\x07done')"
    monkeypatch.setattr(as_owner, "program", lambda *_: [sys.executable, "-c", words])
    assert hold_run(run) == "?]52;c;aGk=?done"


@needs_root
def test_orders_of_several_threads_are_carried_out_side_by_side(place: Path) -> None:
    runs = [run_of(place, UNPRIVILEGED, name) for name in "abcd"]
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(hold_run, runs))
    assert said == [f"{name} is held: it starts once it is released." for name in "abcd"]


@needs_root
def test_a_run_that_is_a_link_or_lies_in_a_run_is_refused(place: Path) -> None:
    run = run_of(place, UNPRIVILEGED)
    (place / "runs" / "link").symlink_to(run.path)
    with pytest.raises(LaunchError, match="link: is a symbolic link, not a folder"):
        hold_run(RunFolder(place / "runs" / "link"))
    inner = make_run(run.path, "inner")
    give(inner.path, UNPRIVILEGED)
    with pytest.raises(LaunchError, match="inner: lies in the folder of a run"):
        hold_run(inner)


def test_a_run_that_changed_hands_since_it_was_looked_at_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    for order in (hold_run, release_run, stop_run, retry_run):
        with only_of(os.geteuid() + 1), pytest.raises(LaunchError, match="has another owner than a moment ago"):
            order(run)
    assert [path.name for path in run.path.iterdir()] == ["spec.json"]


def test_a_user_without_an_account_has_the_rights_of_the_number_alone() -> None:
    account = account_of(NO_ACCOUNT)
    assert (account.group_id, account.groups, account.words) == (UNPRIVILEGED, (UNPRIVILEGED,), f"user {NO_ACCOUNT}")
    assert account.environment["HOME"] == "/"
