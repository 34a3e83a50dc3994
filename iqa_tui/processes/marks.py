"""What proves that a process belongs to a run: a random token, in its environment and in a file of the attempt.

A pid in a record proves nothing: a user who may write the record may name any process. The token's file can be read by
its owner alone, so another user can neither learn it nor put it into a process of ours. A process cannot lose the
environment it was started with by accident. Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import signal
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from training.runfolder.errors import RunFolderError
from training.runfolder.held import held, held_folder
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.opening import open_regular

MARK_VARIABLE = "IQA_TUI_MARK"
"""In a trainer's environment: `<inode of the run's folder>:<attempt>:<token>`."""
TOKEN_BYTES = 32
TOKEN_MODE = 0o600
MARK_PATTERN = re.compile(rf"(\d{{1,20}}):(\d{{1,9}}):([0-9a-f]{{{2 * TOKEN_BYTES}}})", re.ASCII)
PATIENCE_SECONDS = 1.0
"""How long a process that shows no environment is asked again."""
PF_KTHREAD = 0x00200000
"""The flag of a thread of the kernel in `/proc/<pid>/stat`, which never has an environment (Linux, sched.h)."""
RENUMBERING = ("overlay", "fuse", "cifs", "smb", "9p", "virtiofs")
"""Beginnings of the names of file systems that may give a folder another inode number later."""


class Mark(NamedTuple):
    """What one process carries."""

    inode: int
    attempt: int
    token: str

    @property
    def text(self) -> str:
        return f"{self.inode}:{self.attempt}:{self.token}"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the marks of one run's processes are compared with."""

    inode: int | None
    """Of its folder; None on a file system that renumbers: only the token counts there."""
    tokens: dict[int, str]
    """Attempt to token. A process of an earlier attempt is the run's too."""

    def fits(self, mark: Mark | None) -> bool:
        # The inode too: a copy of the folder holds the same tokens, but the original's processes are not the copy's.
        if mark is None or self.inode not in (None, mark.inode):
            return False
        return hmac.compare_digest(self.tokens.get(mark.attempt, ""), mark.token)


def make_mark(run: RunFolder, attempt: AttemptFolder) -> Mark:
    """The mark for the processes of a new attempt, whose token is written down.

    A token is kept if its supervisor was killed before it recorded its trainer: what it started carries the token.

    Raises:
        OSError: it cannot be written.
    """
    with contextlib.suppress(OSError, RunFolderError):
        return Mark(run.path.stat().st_ino, attempt.number, _read_token(attempt))
    with contextlib.suppress(FileNotFoundError):
        attempt.token.unlink()
    token = os.urandom(TOKEN_BYTES).hex()
    descriptor = os.open(attempt.token, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, TOKEN_MODE)
    try:
        os.write(descriptor, token.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return Mark(run.path.stat().st_ino, attempt.number, token)


def _read_token(attempt: AttemptFolder) -> str:
    """Raises OSError or RunFolderError: not a file of ours that only we can read and that has only one name."""
    descriptor = open_regular(attempt.token)
    try:
        found = os.fstat(descriptor)
        token = os.read(descriptor, 2 * TOKEN_BYTES + 1).decode("ascii", "replace")
    finally:
        os.close(descriptor)
    is_closed = found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077 and found.st_nlink == 1
    if not is_closed or not MARK_PATTERN.fullmatch(f"0:0:{token}"):
        raise PermissionError(f"{attempt.token}: is no token that its owner alone can read")
    return token


def proof_of(run: RunFolder) -> Proof:
    """Read the tokens of all attempts; no link is followed on the way. Without any, no process is this run's."""
    tokens: dict[int, str] = {}
    inode: int | None = None
    with contextlib.suppress(OSError), held(run) as folder:
        found = folder.path.stat()
        if found.st_uid != os.geteuid():
            return Proof(0, {})
        inode = None if renumbers(folder.path) else found.st_ino
        with held_folder(folder.attempts_dir) as attempts:
            for attempt in _attempts_in(attempts):
                with contextlib.suppress(OSError, RunFolderError), held_folder(attempt.path) as path:
                    tokens[attempt.number] = _read_token(AttemptFolder(path))
    return Proof(inode, tokens)


def _attempts_in(folder: Path) -> Iterator[AttemptFolder]:
    for name in os.listdir(folder):  # noqa: PTH208  names alone
        if name.isascii() and name.isdecimal():
            yield AttemptFolder(folder / name)


def mark_of(pid: int) -> Mark | None:
    """The mark of a process; None of another user's, and of a zombie, whose environment is empty."""
    try:
        if os.stat(f"/proc/{pid}").st_uid != os.geteuid():  # noqa: PTH116  for every process of the machine
            return None
        environment = b"\0" + environment_of(pid)
    except OSError:
        return None
    _, is_there, rest = environment.partition(b"\0" + MARK_VARIABLE.encode() + b"=")
    found = MARK_PATTERN.fullmatch(rest.partition(b"\0")[0].decode("ascii", "replace")) if is_there else None
    return Mark(int(found[1]), int(found[2]), found[3]) if found else None


def environment_of(pid: int, patience_seconds: float = PATIENCE_SECONDS) -> bytes:
    """The environment that a process was started with, `NAME=value` and a NUL byte each; empty of a zombie.

    For an instant a living process shows none: when exec has closed its descriptors (so its parent knows it as started)
    and not yet described its new memory, and when it exits and has not yet let go of its locks. It is then asked again.

    Raises:
        OSError: it is gone, or is another user's.
    """
    until = time.monotonic() + patience_seconds
    while True:
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123  for every process of the machine
                environment = file.read()
        except ProcessLookupError:  # it has let go of its memory
            environment = b""
        if environment or time.monotonic() > until or not _is_between(pid):
            return environment
        time.sleep(0.001)


def _is_between(pid: int) -> bool:
    """Whether a process without an environment starts or exits right now: it has no command line either."""
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123  as above
        fields = file.read().rpartition(b")")[2].split()
    if fields[0] in (b"Z", b"X") or int(fields[6]) & PF_KTHREAD:
        return False
    with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123  as above
        return not file.read()


def signal_marked(pid: int, proof: Proof, number: signal.Signals) -> bool:
    """Send a signal to a process that carries a mark of the run, and to no other.

    A paused process that is asked to exit is woken, or it could not obey.

    Returns:
        False if it is gone, or carries no such mark.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:  # gone; or the kernel has no pidfd, and nothing is certain
        return False
    try:
        if not proof.fits(mark_of(pid)):  # looked at while the descriptor pins the process
            return False
        signal.pidfd_send_signal(descriptor, number)
        if number == signal.SIGTERM:
            signal.pidfd_send_signal(descriptor, signal.SIGCONT)
    except (ProcessLookupError, PermissionError):  # it ended, or became another user's since
        return False
    finally:
        os.close(descriptor)
    return True


def renumbers(path: Path) -> bool:
    """Whether the file system of this folder may give it another inode number later."""
    try:
        return _is_renumbering(path.stat().st_dev)
    except OSError:
        return False


@lru_cache(maxsize=64)
def _is_renumbering(device: int) -> bool:
    number = f"{os.major(device)}:{os.minor(device)}"
    lines = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    types = (line.partition(" - ")[2] for line in lines if line.split(" ", 3)[2:3] == [number])
    return any(kind.startswith(RENUMBERING) for kind in types)
