"""A command of the user's own: told something, without a shell, for so long and no longer, its output in a log."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from iqa_tui.processes import hook
from iqa_tui.processes.hook import HookEnd, run_hook


def run(tmp_path: Path, *command: str, told: bytes = b"{}", seconds: float = 20.0) -> HookEnd:
    return run_hook(command, told, seconds, tmp_path / "notify.log", "F2 failed")


def test_it_reads_what_it_is_told_and_its_output_is_kept(tmp_path: Path) -> None:
    end = run(tmp_path, "cat", told=b'{"event": "failed"}')
    assert end.is_good
    assert end.words.startswith("exit code 0 after")
    assert end.output == '{"event": "failed"}'
    log = (tmp_path / "notify.log").read_text()
    assert "F2 failed: cat\n" in log
    assert '{"event": "failed"}' in log
    assert (tmp_path / "notify.log").stat().st_mode & 0o777 == 0o600


def test_no_shell_reads_it(tmp_path: Path) -> None:
    end = run(tmp_path, "echo", "$HOME; `id`", "a  b")
    assert end.output == "$HOME; `id` a  b"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("/nowhere/x",), "cannot be run: /nowhere/x: No such file or directory"),
        (("a\0b",), "cannot be run: a\0b"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "exit code 3 after"),
        ((sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"), "killed by SIGKILL after"),
    ],
)
def test_what_went_wrong_is_said(tmp_path: Path, command: tuple[str, ...], words: str) -> None:
    end = run(tmp_path, *command)
    assert not end.is_good
    assert end.words.startswith(words)


def test_one_that_does_not_read_is_no_trouble(tmp_path: Path) -> None:
    assert run(tmp_path, "true", told=b"x" * 1_000_000).is_good


def test_one_that_takes_too_long_is_killed_with_what_it_started(tmp_path: Path) -> None:
    child = "import subprocess, time; print(subprocess.Popen(['sleep', '3600']).pid, flush=True); time.sleep(3600)"
    end = run(tmp_path, sys.executable, "-c", child, seconds=3.0)
    assert end.words == "was killed, as it took longer than 3 s"
    until = time.monotonic() + 10
    while Path(f"/proc/{end.output}/cmdline").exists() and Path(f"/proc/{end.output}/cmdline").read_bytes():
        assert time.monotonic() < until, "the child lives"
        time.sleep(0.05)


def test_a_log_that_is_too_long_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook, "LARGEST_LOG_BYTES", 10)
    run(tmp_path, "echo", "one")
    run(tmp_path, "echo", "two")
    assert "one" in (tmp_path / "notify.log.1").read_text()
    assert "one" not in (tmp_path / "notify.log").read_text()


def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "notify.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        run(tmp_path, "true")
    assert not os.path.lexists(tmp_path / "elsewhere")
