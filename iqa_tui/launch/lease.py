"""Leases: one lock file a device, in one folder for the machine, so that no device is given to two runs.

The lock is the kernel's (flock) and its descriptor is inherited by the trainer: the lease is free when the last
process of the run is gone, and not before. There is nothing stale to clean. What stands in the file is for people.
Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from iqa_tui.launch.errors import LaunchError
from training.runfolder.lock import is_held, take_lock

SHARED_MODE = 0o1777
"""Everybody may add a file to the folder, nobody may remove another's."""
LEASE_MODE = 0o666
"""Everybody may lock."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose run has a lease."""

    user: str
    run_id: str
    pid: int | None = None
    """Of the supervisor."""
    label: str = ""
    """The row of the plan, for example `F2 L2 (MSE)`."""
    runs_dir: str = ""

    @property
    def words(self) -> str:
        """`F2 L2 (MSE)`, or what else names it."""
        return self.label or self.run_id or "a run"


def leases_dir() -> Path:
    """The folder, made where it is missing: `$IQA_TUI_LEASES`, else `/run/lock/iqa-tui`, which is local and is
    emptied by a reboot alone, else (where only root may write there) `/var/tmp/iqa-tui-leases`.

    Raises:
        LaunchError: it cannot be made, others could not use it, or its path is relative.
    """
    chosen = os.environ.get("IQA_TUI_LEASES")
    path = Path(chosen) if chosen else _machine_folder()
    if not path.is_absolute():
        raise LaunchError(f"IQA_TUI_LEASES={chosen}: write the whole path, as runs start elsewhere than here.")
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        pass
    except OSError as error:
        raise LaunchError(
            f"{path}: the folder for device leases cannot be made ({error.strerror}). "
            "Name one that every user of this machine may write, on a local disk, in IQA_TUI_LEASES."
        ) from error
    else:
        path.chmod(SHARED_MODE)  # not by mkdir: the umask would take the others' rights away
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise LaunchError(
            f"{path}: the folder for device leases belongs to somebody who keeps it closed. "
            f"Ask for `chmod 1777 {path}`, or name another folder in IQA_TUI_LEASES."
        )
    return path


def _machine_folder() -> Path:
    """The same answer for every user, or two of them would not see each other's leases."""
    lock = Path("/run/lock")
    with contextlib.suppress(OSError):
        if stat.S_IMODE(lock.stat().st_mode) & stat.S_IWOTH:
            return lock / "iqa-tui"
    return Path("/var/tmp/iqa-tui-leases")  # noqa: S108  shared on purpose; locks, not contents, are what is trusted


def lease_file(key: str) -> Path:
    """The lock file of the device with this key.

    Raises:
        LaunchError: no folder for leases.
    """
    return leases_dir() / (re.sub(r"[^A-Za-z0-9._-]+", "-", key) + ".lock")


def take_lease(key: str, holder: Holder) -> int:
    """Take the device for this process and the children that inherit the descriptor.

    Returns:
        The open descriptor.

    Raises:
        LockHeld: another run has it.
        LaunchError: no folder for leases, or the file cannot be opened.
    """
    path = lease_file(key)
    try:
        descriptor = take_lock(path, mode=LEASE_MODE)
    except OSError as error:
        raise LaunchError(f"{path}: this lease cannot be opened ({error.strerror}). Ask its owner.") from error
    content = json.dumps(asdict(holder)).encode() + b"\n"
    with contextlib.suppress(OSError):  # a full disk: the lock stands, its text is only for people
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, content, 0)
    return descriptor


def lease_holder(key: str) -> Holder | None:
    """Whose run has the device; None where its lease is free.

    Raises:
        LaunchError: no folder for leases.
    """
    path = lease_file(key)
    if not is_held(path):
        return None
    try:
        content = json.loads(path.read_bytes())
        return Holder(**content)
    except (OSError, ValueError, TypeError):  # being written, or of another version
        return Holder(user="somebody", run_id="")


def user_name() -> str:
    """Who we are; the number where the machine knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
