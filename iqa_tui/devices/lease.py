"""Leases: lock files in one folder for the machine, so that no device is given to two runs.

    GPU-5f2c….lock           held by a run that has the device whole
    GPU-5f2c….share-0.lock   held by a run that has declared a need; so many bytes are reserved for it
    GPU-5f2c….gate           held for an instant by a process that takes either, so that what it counted stays true

The locks are the kernel's (flock) and their descriptors are inherited by the trainer: a lease is free when the last
process of the run has exited, and not before. There is nothing stale to clean. What stands in a file is for people;
only the bytes of a share are counted, and they are written before the gate opens again. Every user may put anything
there: a file of the wrong kind or content makes its own device useless, and no other. Standard library only: the
supervisor uses it.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from iqa_tui.devices.lease_folder import (
    LARGEST_LEASE_BYTES,
    file_trouble,
    gate_file,
    journal_file,
    lease_file,
    older_lease_files,
    share_file,
)
from iqa_tui.errors import LaunchError
from training.runfolder.errors import LockHeld, UnreadableFile
from training.runfolder.lock import PROBE_SECONDS, is_held, take_lock
from training.runfolder.opening import read_bounded
from training.runfolder.text import plain

LEASE_MODE = 0o666
"""Every user may lock."""
GATE_SECONDS = 5.0
"""How long a process waits for the gate; each holds it for some milliseconds."""
LONGEST_WORD = 300
"""Characters of what a holder says of itself."""
MOST_SHARES = 16
"""Runs that may share one GPU."""
MOST_TRIES = 5
"""How often the lock file may be removed while it is taken."""


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


UNKNOWN_HOLDER = Holder(user="an unknown user", run_id="")


def take_lease(key: str, holder: Holder, *, room_bytes: int | None = None) -> int:
    """Take the device, or the share that the holder reserves, for this process and those that inherit the descriptor.

    Args:
        room_bytes: what all shares of the device together may reserve; used only if the holder wants a share.

    Returns:
        The open descriptor.

    Raises:
        LockHeld: another run has it, or its shares leave too little.
        LaunchError: no folder for leases, or a file in it cannot be opened or written.
    """
    path = lease_file(key)
    if trouble := lease_trouble(key):
        raise LaunchError(f"{key} cannot be given: {trouble}.")
    try:
        with _gate(path):
            if holder.reserved_bytes is None:
                return _take_whole(key, path, holder)
            return _take_share(key, path, holder, holder.reserved_bytes, room_bytes or 0)
    except UnreadableFile as error:
        raise LaunchError(f"This lease cannot be taken: {error}") from error
    except OSError as error:
        raise LaunchError(f"{error.filename or path}: this lease cannot be taken ({error.strerror}).") from error


@contextlib.contextmanager
def _gate(path: Path) -> Iterator[None]:
    """While it is held, no other run takes anything of this device."""
    descriptor = _take(gate_file(path), wait_seconds=GATE_SECONDS)
    try:
        yield
    finally:
        os.close(descriptor)


def _take(path: Path, wait_seconds: float = PROBE_SECONDS) -> int:
    """Lock a file, again if it was removed meanwhile: its owner may do so, and other runs would lock a new one."""
    for _ in range(MOST_TRIES):
        descriptor = take_lock(path, mode=LEASE_MODE, wait_seconds=wait_seconds)
        if lease_is_named(descriptor, path):
            return descriptor
        os.close(descriptor)
    raise LockHeld(f"{path} is removed again and again")


def lease_is_named(descriptor: int, path: Path) -> bool:
    """Whether this lease is the file that others find, and not one that was removed or replaced."""
    held = os.fstat(descriptor)
    try:
        found = path.lstat()
    except OSError:
        return False
    return (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino)


def lease_path(descriptor: int, key: str) -> Path | None:
    """Which file of its device a lease is that was just taken; None if the file was removed.

    Raises:
        LaunchError: no folder for leases.
    """
    path = lease_file(key)
    candidates = [path, *(share_file(path, number) for number in range(MOST_SHARES))]
    return next((candidate for candidate in candidates if lease_is_named(descriptor, candidate)), None)


def take_over(descriptor: int, key: str, holder: Holder) -> int:
    """Make an inherited lease of a whole device this process's: its file then names the holder.

    Returns:
        The descriptor.

    Raises:
        LockHeld: it is not what other runs find under the device's name.
        LaunchError: no folder for leases.
    """
    path = lease_file(key)
    try:
        if not lease_is_named(descriptor, path) or not is_held(path):
            raise LockHeld(f"{path} is not the lease that was handed over")
        with contextlib.suppress(OSError):
            _write_holder(descriptor, holder)
    except (OSError, UnreadableFile) as error:
        raise LaunchError(f"{path}: the lease that was handed over cannot be used ({error}).") from error
    return descriptor


def take_anew(path: Path, content: bytes) -> int:
    """Lock the file that now has the name of a removed lease, so that no other run gets the device.

    Args:
        path: of the lock file.
        content: what the removed file said of its holder.

    Returns:
        The open descriptor.

    Raises:
        LockHeld: another run has it.
        UnreadableFile: what has the name is no file.
        OSError: it cannot be opened.
    """
    descriptor = _take(path)
    with contextlib.suppress(OSError):  # the lock stands, its text is only for people
        _write(descriptor, content)
    return descriptor


def _take_whole(key: str, path: Path, holder: Holder) -> int:
    _refuse_if_held(key)
    if _shares(key):
        raise LockHeld(f"{path}: runs share this device")
    descriptor = _take(path)
    with contextlib.suppress(OSError):  # a full disk: the lock stands, its text is only for people
        _write_holder(descriptor, holder)
    return descriptor


def _refuse_if_held(key: str) -> None:
    """At once: `take_lock` would try again for a while, with the gate shut."""
    for path in (lease_file(key), *older_lease_files(key)):
        if _is_held(path):
            raise LockHeld(f"{path} is held by another process")


def _take_share(key: str, path: Path, holder: Holder, need_bytes: int, room_bytes: int) -> int:
    _refuse_if_held(key)
    shares = _shares(key)
    # A share of unknown size may be the whole: nothing is given beside it.
    reserved = [share.reserved_bytes for share in shares.values()]
    if None in reserved or sum(filter(None, reserved)) + need_bytes > room_bytes:
        raise LockHeld(f"{path}: its shares leave too little for {need_bytes:,} bytes")
    free = (share_file(path, number) for number in range(MOST_SHARES))
    share = next((share for share in free if share not in shares), None)
    if share is None or len(shares) >= MOST_SHARES:
        raise LockHeld(f"{path}: {MOST_SHARES} runs share this device already")
    descriptor = _take(share)
    try:
        _write_holder(descriptor, holder)
    except OSError:  # a share of unknown size would keep every other run out
        os.close(descriptor)
        raise
    return descriptor


def _write_holder(descriptor: int, holder: Holder) -> None:
    _write(descriptor, json.dumps(asdict(holder)).encode() + b"\n")


def _write(descriptor: int, content: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)


def lease_trouble(key: str) -> str:
    """Why no run can get this device, and what to do: something else has the name of a lease file. Empty if one can.

    Raises:
        LaunchError: no folder for leases.
    """
    path = lease_file(key)
    shares = (share_file(path, number) for number in range(MOST_SHARES))
    return next(filter(None, map(file_trouble, (path, gate_file(path), journal_file(path), *shares))), "")


def lease_holders(key: str) -> tuple[Holder, ...]:
    """Whose runs have the device: one that has it whole, or those that share it; () if its lease is free.

    Raises:
        LaunchError: no folder for leases.
    """
    for path in (lease_file(key), *older_lease_files(key)):
        if _is_held(path):
            return (_holder_in(path),)
    return tuple(_shares(key).values())


def lease_holder(key: str) -> Holder | None:
    """The first of `lease_holders`; None if the lease is free.

    Raises:
        LaunchError: no folder for leases.
    """
    return next(iter(lease_holders(key)), None)


def _shares(key: str) -> dict[Path, Holder]:
    """Lock file to holder of every share that is held. One that is missing may have been removed by its owner: the
    others count all the same.
    """
    leases = (lease_file(key), *older_lease_files(key))
    shares = (share_file(lease, number) for lease in leases for number in range(MOST_SHARES))
    return {share: _holder_in(share) for share in shares if _is_held(share)}


def _is_held(path: Path) -> bool:
    """False too for what is not a file: `lease_trouble` says so."""
    try:
        return is_held(path)
    except (OSError, UnreadableFile):
        return False


def _holder_in(path: Path) -> Holder:
    """What the file says, if it is what a holder writes: every user may write there."""
    try:
        content = json.loads(read_bounded(path, LARGEST_LEASE_BYTES))
    except (OSError, ValueError, RecursionError, UnreadableFile):  # being written, say
        return UNKNOWN_HOLDER
    if not isinstance(content, dict):
        return UNKNOWN_HOLDER
    known = {field.name: content[field.name] for field in fields(Holder) if field.name in content}
    texts = [known.get("user"), known.get("run_id"), known.get("label", ""), known.get("runs_dir", "")]
    numbers = [known.get("pid"), known.get("reserved_bytes")]
    is_sound = all(isinstance(text, str) for text in texts) and all(map(_is_number_or_none, numbers))
    return Holder(**known) if is_sound else UNKNOWN_HOLDER


def _is_number_or_none(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63)
