"""What proves that a process is a run's, and what does not."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from iqa_tui.processes import marks
from iqa_tui.processes.marks import MARK_VARIABLE, Mark, environment_of, make_mark, mark_of, proof_of, signal_marked
from iqa_tui.processes.start import child_environment
from tests.fakes.marked import mark, sleeper
from tests.fakes.runs import make_run
from training.runfolder.layout import RunFolder


def fits(run: RunFolder, text: str) -> bool:
    inode, attempt, token = text.split(":")
    return proof_of(run).fits(Mark(int(inode), int(attempt), token))


def test_a_token_is_random_for_its_owner_alone_and_kept_for_what_was_started_with_it(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    umask = os.umask(0)
    try:
        text = mark(run)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(run.attempt(1).token.stat().st_mode) == 0o600
    assert text == f"{run.path.stat().st_ino}:1:{run.attempt(1).token.read_text()}"
    assert mark(run) == text
    assert mark(run, attempt=2) != text
    assert len({part for number in (1, 2) for part in [mark(run, number).rpartition(":")[2]]}) == 2
    run.attempt(1).token.write_text("torn")
    assert mark(run) != text
    run.attempt(2).token.chmod(0o644)
    assert stat.S_IMODE(run.attempt(2).token.stat().st_mode) == 0o644
    make_mark(run, run.attempt(2))
    assert stat.S_IMODE(run.attempt(2).token.stat().st_mode) == 0o600


def test_a_process_of_an_earlier_attempt_is_the_runs_too(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    first, second = mark(run), mark(run, attempt=2)
    assert fits(run, first)
    assert fits(run, second)
    assert not fits(run, f"{run.path.stat().st_ino}:1:{second.rpartition(':')[2]}")
    assert not fits(run, f"{run.path.stat().st_ino}:3:{second.rpartition(':')[2]}")


def test_a_process_that_was_started_this_instant_shows_its_mark(tmp_path: Path) -> None:
    text = mark(make_run(tmp_path, "a"))
    inode, attempt, token = text.split(":")
    for _ in range(20):
        with sleeper(text) as process:
            assert mark_of(process.pid) == Mark(int(inode), int(attempt), token)


def test_a_process_without_any_environment_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks.time, "sleep", lambda seconds: pytest.fail("it was asked again"))
    with subprocess.Popen(["sleep", "60"], env={}) as process:
        while Path(f"/proc/{process.pid}/cmdline").read_bytes() != b"sleep\x0060\0":
            continue
        assert environment_of(process.pid) == b""
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert environment_of(process.pid) == b""  # a zombie


def test_a_copy_of_a_folder_has_no_claim_on_what_runs_for_the_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, "a")
    text = mark(run)
    copy = RunFolder(shutil.copytree(run.path, tmp_path / "copy"))
    assert copy.attempt(1).token.read_bytes() == run.attempt(1).token.read_bytes()
    assert (fits(run, text), fits(copy, text)) == (True, False)
    monkeypatch.setattr(marks, "renumbers", lambda path: True)
    assert fits(run, f"1:{text.partition(':')[2]}")


def test_a_token_that_others_may_know_or_that_lies_elsewhere_proves_nothing(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    text = mark(run)
    token = run.attempt(1).token
    token.chmod(0o640)
    assert not fits(run, text)
    token.chmod(0o600)
    assert fits(run, text)
    second_name = tmp_path / "second-name"
    os.link(token, second_name)
    assert not fits(run, text)
    second_name.unlink()
    elsewhere = tmp_path / "elsewhere"
    for path in (token, run.attempt(1).path, run.attempts_dir):
        path.rename(elsewhere)
        path.symlink_to(elsewhere)
        assert not fits(run, text), path
        path.unlink()
        elsewhere.rename(path)
        assert fits(run, text)
    token.unlink()
    os.mkfifo(token, 0o600)
    assert not fits(run, text)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_the_folder_or_the_token_of_another_user_proves_nothing_of_our_processes(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    text = mark(run)
    for path in (run.path, run.attempt(1).token):
        os.chown(path, 61_234, 61_234)
        assert not fits(run, text), path
        os.chown(path, 0, 0)
    assert fits(run, text)


def test_a_process_is_signalled_by_its_mark_alone(tmp_path: Path) -> None:
    run, other = make_run(tmp_path, "a"), make_run(tmp_path, "b")
    text = mark(run)
    with sleeper(text) as ours, sleeper(mark(other)) as theirs, sleeper() as unmarked:
        assert mark_of(ours.pid) == Mark(run.path.stat().st_ino, 1, text.rpartition(":")[2])
        for process in (theirs, unmarked):
            assert not signal_marked(process.pid, proof_of(run), signal.SIGKILL)
        assert signal_marked(ours.pid, proof_of(run), signal.SIGTERM)
        assert ours.wait() == -signal.SIGTERM
        assert [process.poll() for process in (theirs, unmarked)] == [None, None]
        assert not signal_marked(ours.pid, proof_of(run), signal.SIGTERM)


def test_text_that_is_no_mark_is_none() -> None:
    for text in (
        "/runs/a",
        "1:1:",
        f"1:1:{'g' * 64}",
        f"-1:1:{'a' * 64}",
        f"1:1:{'a' * 65}",
        f"{'9' * 30}:1:{'a' * 64}",
    ):
        with sleeper(text) as process:
            assert mark_of(process.pid) is None, text


def test_our_own_programs_do_not_hand_on_the_mark_of_a_trainer_that_starts_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(MARK_VARIABLE, "1:1:ab")
    assert MARK_VARIABLE not in child_environment()
