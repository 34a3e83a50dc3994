"""Questions to a fresh interpreter: what it imports, and what it breaks, stays there."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

from iqa_tui.processes.start import child_environment


def ask_python(code: str, *arguments: str, timeout_seconds: float = 30) -> subprocess.CompletedProcess[str]:
    """What it printed. Raises subprocess.TimeoutExpired."""
    return ask([sys.executable, "-c", code, *arguments], timeout_seconds=timeout_seconds)


def ask(command: list[str], *, timeout_seconds: float) -> subprocess.CompletedProcess[str]:
    """As `ask_python`, with a command of ours."""
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_seconds, env=child_environment(), check=False
    )


def answers(path: Path, *, timeout_seconds: float) -> bool:
    """Whether the file system of a path says in time what is there, if only that nothing is.

    Of a network disk whose server is gone every question waits, in whatever process asks: so another one does.
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
        with contextlib.suppress(subprocess.TimeoutExpired):  # one that is stuck in the kernel is left behind
            process.wait(timeout=1)
        return False
    return True


def last_line(text: str, otherwise: str) -> str:
    """What a program said last, which says most."""
    lines = text.strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else otherwise
