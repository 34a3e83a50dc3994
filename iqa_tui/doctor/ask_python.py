"""Questions to a fresh interpreter, so that what it imports, and what crashes it, stays out of this process."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

from iqa_tui.processes.start import child_environment


def ask_python(code: str, *arguments: str, timeout_seconds: float = 30) -> subprocess.CompletedProcess[str]:
    """Run the code and collect its output. Raises subprocess.TimeoutExpired."""
    return ask([sys.executable, "-c", code, *arguments], timeout_seconds=timeout_seconds)


def ask(command: list[str], *, timeout_seconds: float) -> subprocess.CompletedProcess[str]:
    """Run one of our own programs and collect its output. Raises subprocess.TimeoutExpired."""
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_seconds, env=child_environment(), check=False
    )


def answers(path: Path, *, timeout_seconds: float) -> bool:
    """True if the path's file system answers in time, even if it answers that there is no such path.

    If the server of a network disk is gone, every process that asks for the path hangs: so a child asks.
    """
    code = "import os, sys; os.path.exists(sys.argv[1])"
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", code, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in the kernel: it is left behind
            process.wait(timeout=1)
        return False
    return True


def last_line(text: str, otherwise: str) -> str:
    """The last line that a program printed; it usually names the cause."""
    lines = text.strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else otherwise
