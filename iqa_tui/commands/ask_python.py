"""Questions to a fresh interpreter: what it imports, and what it breaks, stays there."""

from __future__ import annotations

import subprocess
import sys

from iqa_tui.launch.processes import child_environment


def ask_python(code: str, *arguments: str, timeout_seconds: float = 30) -> subprocess.CompletedProcess[str]:
    """What it printed. Raises subprocess.TimeoutExpired."""
    return ask([sys.executable, "-c", code, *arguments], timeout_seconds=timeout_seconds)


def ask(command: list[str], *, timeout_seconds: float) -> subprocess.CompletedProcess[str]:
    """As `ask_python`, with a command of ours."""
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout_seconds, env=child_environment(), check=False
    )


def last_line(text: str, otherwise: str) -> str:
    """What a program said last, which says most."""
    lines = text.strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else otherwise
