"""Processes that outlived their run: a child that left its session, closed every descriptor, and lost its supervisor.

Such a child holds no lock and descends from nobody we know. What it cannot shake off unknowingly is the environment it
was started with, in which the run is named. Only processes of our own user are looked at. Standard library only: the
supervisor uses it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

RUN_VARIABLE = "IQA_TUI_RUN"
"""In a trainer's environment: the whole path of its run's folder."""
GRACE_SECONDS = 0.5
"""From TERM to KILL."""
PATIENCE_SECONDS = 10.0
"""A process that cannot be killed (stuck in the kernel) is left then."""


def marked_processes(runs_dir: Path) -> dict[Path, set[int]]:
    """Run folder to the living processes that were started for it; runs of other folders are left out."""
    found: dict[Path, set[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  names alone, and there may be thousands
        if name.isdecimal() and int(name) != os.getpid():
            run = _run_of(int(name))
            if run is not None and run.parent == runs_dir:
                found.setdefault(run, set()).add(int(name))
    return found


def end_strays(run: Path, grace_seconds: float = GRACE_SECONDS) -> int:
    """End every process that was started for this run. Only for a run whose lock nobody else has.

    Returns:
        How many there were.
    """
    began = time.monotonic()
    seen: set[int] = set()
    while time.monotonic() < began + PATIENCE_SECONDS:
        left = marked_processes(run.parent).get(run, set())
        if not left:
            break
        patient = time.monotonic() < began + grace_seconds
        _signal(left - seen if patient else left, run, signal.SIGTERM if patient else signal.SIGKILL)
        seen |= left
        time.sleep(0.05)
    return len(seen)


def _signal(pids: Iterable[int], run: Path, number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            descriptor = os.pidfd_open(pid)
            try:
                if _run_of(pid) == run:  # asked while the descriptor keeps the number's meaning
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)


def _run_of(pid: int) -> Path | None:
    """The run that a process of ours was started for; a zombie's environment is empty."""
    try:
        if os.stat(f"/proc/{pid}").st_uid != os.geteuid():  # noqa: PTH116  for every process of the machine
            return None
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123  as above
            environment = b"\0" + file.read()
    except OSError:
        return None
    _, mark, rest = environment.partition(b"\0" + RUN_VARIABLE.encode() + b"=")
    return Path(os.fsdecode(rest.partition(b"\0")[0])) if mark else None
