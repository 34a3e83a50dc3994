"""A child process and all its descendants: started, signalled, reaped, and swept to the last orphan.

Signals are blocked and waited for, so there is no handler and no race. Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.words.people import user_name

PR_SET_CHILD_SUBREAPER = 36
AWAITED = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1}
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
SWEEP_GRACE_SECONDS = 0.5
"""From TERM to KILL, for processes that outlived the trainer."""
SWEEP_SECONDS = 10.0
"""A process that is stuck in the kernel is left after this; it keeps the lease, so no other run gets its device."""


def become_reaper() -> None:
    """Block the signals that are waited for, and adopt every orphan that descends from this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # if it were ignored, no child could be waited for
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A signal that asks us to end."""

    signal_name: str
    user: str
    """Who sent it."""


def wait_for_signal(seconds: float) -> Asked | None:
    """Sleep until a child exits or a signal arrives, at most `seconds`.

    Returns:
        Who asks us to end, by SIGTERM or SIGINT, or, on a node of Slurm, by SIGUSR1; None otherwise. A hang-up means
        nothing to a process without a terminal.
    """
    received = signal.sigtimedwait(AWAITED, seconds)
    if received is None or received.si_signo not in ASKING:
        return None
    sender = received.si_uid if received.si_code <= 0 else os.getuid()  # above 0 the kernel sent it
    return Asked(signal.Signals(received.si_signo).name, _name_of(sender))


def _name_of(user_id: int) -> str:
    if user_id == os.getuid():
        return user_name()
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)


def start_child(
    command: list[str], *, env: dict[str, str], cwd: str | None, output: int, inherited: list[int]
) -> Child:
    """Start `command` in a session of its own, with default signals and an empty mask.

    Args:
        output: descriptor for stdout and stderr.
        inherited: descriptors that it keeps open.

    Raises:
        OSError: the command, or the folder `cwd`, is not there or may not be used.
    """
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=env,
        cwd=cwd,
        pass_fds=inherited,
        start_new_session=True,
        preexec_fn=_default_signals,  # noqa: PLW1509  safe: this program has one thread
    )
    return Child(process)


def _default_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


class Child:
    """A process that we started. Until it is reaped neither its number nor its group's is given to another process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid
        self._descriptor = _pidfd(process.pid)
        self.returncode: int | None = None
        """Negative: the signal that killed it. None while it lives."""
        self.peak_rss_bytes: int | None = None
        """Largest resident memory of one process, among those reaped and those that they waited for."""
        self.bystanders: set[int] = set()
        """Children of ours that have nothing to do with it: neither measured nor swept."""

    @property
    def has_ended(self) -> bool:
        return self.returncode is not None

    def reap(self) -> bool:
        """Collect whatever has ended, orphans too.

        Returns:
            False if no child is left at all.
        """
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid in self.bystanders:
                self.bystanders.discard(pid)
                continue
            self.peak_rss_bytes = max(self.peak_rss_bytes or 0, usage.ru_maxrss * 1024)
            if pid == self.pid:
                self.returncode = self._process.returncode = os.waitstatus_to_exitcode(status)

    def terminate(self) -> None:
        """Ask the child alone to exit; if it was paused it is woken, or it could not obey."""
        if not self.has_ended:
            _signal(self.pid, self._descriptor, signal.SIGTERM)
            _signal(self.pid, self._descriptor, signal.SIGCONT)

    def terminate_group(self) -> None:
        self._signal_group(signal.SIGTERM, signal.SIGCONT)

    def kill_group(self) -> None:
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, *numbers: signal.Signals) -> None:
        """Only until the leader is reaped; then `sweep` ends the rest of the group, process by process."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it runs as another user by now
            for number in numbers if not self.has_ended else ():
                os.killpg(self.pid, number)

    def sweep(self) -> None:
        """End everything that outlived it. Each orphan is our child by now, or will be when its parent exits."""
        began = time.monotonic()
        asked: set[int] = set()
        while self.reap() and time.monotonic() < began + SWEEP_SECONDS:
            left = [pid for pid in _children() if pid not in self.bystanders]
            if not left:
                break
            patient = time.monotonic() < began + SWEEP_GRACE_SECONDS
            for pid in left:
                if patient and pid in asked:
                    continue
                asked.add(pid)
                _signal_own(pid, signal.SIGTERM if patient else signal.SIGKILL)
            wait_for_signal(0.05)


def _pidfd(pid: int) -> int | None:
    """None if the process is gone, the kernel has no pidfd, or no descriptor is left."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def _signal(pid: int, descriptor: int | None, number: signal.Signals) -> None:
    """Signal a child that we have not reaped: its number is still its own, even without a descriptor."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it runs as another user by now
        if descriptor is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(descriptor, number)


def _signal_own(pid: int, number: signal.Signals) -> None:
    """Signal a child of ours, adopted or not, if it still is one."""
    descriptor = _pidfd(pid)
    try:
        if _parent(pid) == os.getpid():
            _signal(pid, descriptor, number)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _children() -> list[int]:
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    try:
        return [int(pid) for pid in path.read_text().split()]
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return [pid for pid in _all_processes() if _parent(pid) == os.getpid()]


def _all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _parent(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
    except OSError:
        return None
