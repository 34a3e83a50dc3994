"""Runs a command of the user's own that is told something on its standard input: no shell, a deadline, a log."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.runfolder.text import plain

LARGEST_LOG_BYTES = 1 << 20
"""Then the log is put aside, in the place of the one that was put aside before."""
SHOWN_BYTES = 2000


@dataclass(frozen=True, slots=True)
class HookEnd:
    """What became of the command."""

    words: str
    """`exit code 0 after 0.3 s`, or why it could not be run."""
    is_good: bool
    output: str = ""
    """The end of what it printed."""


def run_hook(command: Sequence[str], told: bytes, timeout_seconds: float, log: Path, what: str) -> HookEnd:
    """Run the command and wait for it; once the time is over, it is killed with all that it started.

    Args:
        command: the program and its arguments.
        told: what it may read.
        what: in words, for the log.

    Raises:
        OSError: the log cannot be written.
    """
    with contextlib.suppress(OSError):
        if log.stat().st_size > LARGEST_LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))
    descriptor = os.open(log, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        begins = f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {plain(what)}: {plain(shlex.join(command))}\n"
        os.write(descriptor, begins.encode(errors="replace"))
        before = os.fstat(descriptor).st_size
        end = _run(command, told, timeout_seconds, descriptor)
        size = os.fstat(descriptor).st_size
        printed = os.pread(descriptor, SHOWN_BYTES, max(before, size - SHOWN_BYTES)).decode(errors="replace").strip()
        os.write(descriptor, f"    {end.words}\n".encode(errors="replace"))
    finally:
        os.close(descriptor)
    return HookEnd(end.words, end.is_good, printed)


def _run(command: Sequence[str], told: bytes, timeout_seconds: float, output: int) -> HookEnd:
    began = time.monotonic()
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd="/", start_new_session=True
        )
    except (OSError, ValueError) as error:  # a null character
        return HookEnd(f"cannot be run: {command[0]}: {getattr(error, 'strerror', None) or error}", is_good=False)
    try:
        with contextlib.suppress(BrokenPipeError):  # it need not read
            child.communicate(told, timeout=timeout_seconds)
        code = child.wait(max(0.1, began + timeout_seconds - time.monotonic()))
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return HookEnd(f"was killed, as it took longer than {timeout_seconds:g} s", is_good=False)
    ended = f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
    return HookEnd(f"{ended} after {time.monotonic() - began:.1f} s", is_good=code == 0)
