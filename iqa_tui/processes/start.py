"""Starts our own programs so that nothing ties them to the one that starts them."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import sysconfig
import threading
from pathlib import Path

from iqa_tui.processes.marks import MARK_VARIABLE

ROOT = Path(__file__).parents[2]
"""The folder of the packages."""


def program(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules with this interpreter."""
    return [sys.executable, "-m", module, *arguments]


def package_folder() -> str:
    """What a child needs in its PYTHONPATH to find our packages; empty if they are installed."""
    return "" if str(ROOT) == sysconfig.get_path("purelib") else str(ROOT)


def is_whole() -> bool:
    """Whether this program could start another process of its own: its Python and its packages are still there."""
    return Path(sys.executable).exists() and Path(__file__).exists()


def gone_words() -> str:
    """What to say if it could not: its environment was moved or removed while it ran."""
    return f"the Python of this program is gone ({sys.executable}): run iqa-tui from an environment that is there"


def child_environment() -> dict[str, str]:
    """Our environment, with our packages in PYTHONPATH if they are used from a checkout that is not installed."""
    env = {name: value for name, value in os.environ.items() if name != MARK_VARIABLE}  # it would mark us as a trainer
    if packages := package_folder():
        paths = [packages, *(path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path)]
        env["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    return env


OURS = frozenset(
    {"IQA_TUI_RUN", "IQA_TUI_ATTEMPT", "IQA_TUI_DEVICE", "IQA_TUI_FOLDER", "IQA_TUI_FENCE", "IQA_TUI_MARK"}
)
"""What a supervisor gives its trainer. A launch from within a trainer must not hand them on."""


def trainer_variables() -> dict[str, str]:
    """The launching shell's environment, for the trainer, with our packages in PYTHONPATH."""
    return {name: value for name, value in child_environment().items() if name not in OURS}


def start_detached(command: list[str], log: Path) -> int:
    """Start a program in a session of its own, with no input, its output appended to `log`.

    It goes on when we exit. If it exits before us, a thread that waits for nothing else reaps it.

    Returns:
        Its pid.

    Raises:
        OSError: it cannot be started, or the log not be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    pid = os.posix_spawn(
        command[0],
        command,
        child_environment(),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP],  # even if our parent ignores them
    )
    with contextlib.suppress(RuntimeError):  # no more threads may be started: init reaps it after us
        threading.Thread(target=os.waitpid, args=(pid, 0), name=f"reaps {pid}", daemon=True).start()
    return pid
