"""Leases: lock files in one folder for the machine, so that no device is given to two runs.

    GPU-5f2c….lock           held by a run that has the device whole
    GPU-5f2c….share-0.lock   held by a run that has declared a need; so many bytes are reserved for it
    GPU-5f2c….gate           held for an instant by whoever takes either, so that what it counted stays true

The locks are the kernel's (flock) and their descriptors are inherited by the trainer: a lease is free when the last
process of the run is gone, and not before. There is nothing stale to clean. What stands in a file is for people; the
bytes of a share alone are counted, and are written before the gate opens again. Standard library only: the supervisor
uses it.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from iqa_tui.launch.errors import LaunchError
from training.runfolder.lock import is_held, take_lock
from training.runfolder.schema import LockHeld
from training.runfolder.text import plain

SHARED_MODE = 0o1777
"""Everybody may add a file to the folder, nobody may remove another's."""
LEASE_MODE = 0o666
"""Everybody may lock."""
GATE_SECONDS = 5.0
"""How long a taker waits for another one; each holds the gate for some milliseconds."""
LONGEST_WORD = 300
"""Characters of what a holder says of itself."""
MOST_SHARES = 16
"""Runs that one GPU is shared by."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose run has a lease. Any user of the machine may have written it, so its words are plain."""

    user: str
    run_id: str
    pid: int | None = None
    """Of the supervisor."""
    label: str = ""
    """The row of the plan, for example `F2 L2 (MSE)`."""
    runs_dir: str = ""
    reserved_bytes: int | None = None
    """Its share of a GPU's memory; None: it has the device whole."""

    def __post_init__(self) -> None:
        for name in ("user", "run_id", "label", "runs_dir"):
            object.__setattr__(self, name, plain(str(getattr(self, name)), LONGEST_WORD))

    @property
    def words(self) -> str:
        """`F2 L2 (MSE)`, or what else names it."""
        return self.label or self.run_id or "a run"


UNKNOWN_HOLDER = Holder(user="somebody", run_id="")


def leases_path() -> Path:
    """Where `leases_dir` is, or would be; nothing of it is touched."""
    chosen = os.environ.get("IQA_TUI_LEASES")
    return Path(chosen) if chosen else _machine_folder()


def leases_dir() -> Path:
    """The folder, made where it is missing: `$IQA_TUI_LEASES`, else `/run/lock/iqa-tui`, which is local and is
    emptied by a reboot alone, else (where only root may write there) `/var/tmp/iqa-tui-leases`.

    Raises:
        LaunchError: it cannot be made, others could not use it, or its path is relative.
    """
    path = leases_path()
    if not path.is_absolute():
        raise LaunchError(f"IQA_TUI_LEASES={path}: write the whole path, as runs start elsewhere than here.")
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        if not os.environ.get("IQA_TUI_LEASES"):
            _open_to_all(path)
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


def _open_to_all(path: Path) -> None:
    """Mend our own folder: whoever made it may have been killed before it was open to others."""
    with contextlib.suppress(OSError):
        state = path.stat()
        if state.st_uid == os.geteuid() and stat.S_IMODE(state.st_mode) != SHARED_MODE:
            path.chmod(SHARED_MODE)


def _machine_folder() -> Path:
    """The same answer for every user, or two of them would not see each other's leases."""
    lock = Path("/run/lock")
    with contextlib.suppress(OSError):
        if stat.S_IMODE(lock.stat().st_mode) & stat.S_IWOTH:
            return lock / "iqa-tui"
    return Path("/var/tmp/iqa-tui-leases")  # noqa: S108  shared on purpose; locks, not contents, are what is trusted


def lease_file(key: str) -> Path:
    """The lock file of the whole device with this key.

    Raises:
        LaunchError: no folder for leases.
    """
    return leases_dir() / f"{_file_name(key)}.lock"


def share_file(key: str, number: int) -> Path:
    """The lock file of one share of a device, counted from 0."""
    return lease_file(key).with_suffix(f".share-{number}.lock")


def _file_name(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", key)


def take_lease(key: str, holder: Holder, *, room_bytes: int | None = None) -> int:
    """Take the device, or the share that the holder reserves, for this process and those that inherit the descriptor.

    Args:
        room_bytes: what all shares of the device together may reserve; only asked where the holder wants a share.

    Returns:
        The open descriptor.

    Raises:
        LockHeld: another run has it, or its shares leave too little.
        LaunchError: no folder for leases, or a file in it cannot be opened or written.
    """
    path = lease_file(key)
    try:
        with _gate(path):
            if holder.reserved_bytes is None:
                return _take_whole(key, path, holder)
            return _take_share(key, path, holder, holder.reserved_bytes, room_bytes or 0)
    except OSError as error:
        raise LaunchError(f"{error.filename or path}: this lease cannot be taken ({error.strerror}).") from error


@contextlib.contextmanager
def _gate(path: Path) -> Iterator[None]:
    """While it is held, nobody else takes anything of this device."""
    descriptor = take_lock(path.with_suffix(".gate"), mode=LEASE_MODE, wait_seconds=GATE_SECONDS)
    try:
        yield
    finally:
        os.close(descriptor)


def _take_whole(key: str, path: Path, holder: Holder) -> int:
    if is_held(path):  # at once: take_lock would try again for a while, with the gate shut
        raise LockHeld(f"{path} is held by another process")
    if _shares(key):
        raise LockHeld(f"{path}: runs share this device")
    descriptor = take_lock(path, mode=LEASE_MODE)
    with contextlib.suppress(OSError):  # a full disk: the lock stands, its text is only for people
        _write_holder(descriptor, holder)
    return descriptor


def _take_share(key: str, path: Path, holder: Holder, need_bytes: int, room_bytes: int) -> int:
    if is_held(path):
        raise LockHeld(f"{path} is held by another process")
    shares = _shares(key)
    # A share that does not tell its size may be any: nothing is given beside it.
    reserved = [share.reserved_bytes for share in shares.values()]
    if None in reserved or sum(filter(None, reserved)) + need_bytes > room_bytes:
        raise LockHeld(f"{path}: its shares leave too little for {need_bytes:,} bytes")
    number = next((number for number in range(MOST_SHARES) if number not in shares), None)
    if number is None:
        raise LockHeld(f"{path}: {MOST_SHARES} runs share this device already")
    descriptor = take_lock(share_file(key, number), mode=LEASE_MODE)
    try:
        _write_holder(descriptor, holder)
    except OSError:  # a share whose size nobody can read would shut everybody else out
        os.close(descriptor)
        raise
    return descriptor


def _write_holder(descriptor: int, holder: Holder) -> None:
    content = json.dumps(asdict(holder)).encode() + b"\n"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)


def lease_holders(key: str) -> tuple[Holder, ...]:
    """Whose runs have the device: one that has it whole, or those that share it; () where its lease is free.

    Raises:
        LaunchError: no folder for leases.
    """
    path = lease_file(key)
    return (_holder_in(path),) if is_held(path) else tuple(_shares(key).values())


def lease_holder(key: str) -> Holder | None:
    """The first of `lease_holders`; None where the lease is free.

    Raises:
        LaunchError: no folder for leases.
    """
    return next(iter(lease_holders(key)), None)


def _shares(key: str) -> dict[int, Holder]:
    """Number to holder of every share that is held."""
    shares = {}
    for number in range(MOST_SHARES):
        path = share_file(key, number)
        if not path.exists():  # the lowest free one is taken and none is ever removed, so there are no more
            break
        if is_held(path):
            shares[number] = _holder_in(path)
    return shares


def _holder_in(path: Path) -> Holder:
    try:
        holder = Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):  # being written, or of another version
        return UNKNOWN_HOLDER
    # Everybody may write there.
    numbers_are_sound = all(value is None or isinstance(value, int) for value in (holder.pid, holder.reserved_bytes))
    return holder if numbers_are_sound else UNKNOWN_HOLDER


def user_name() -> str:
    """Who we are; the number where the machine knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
