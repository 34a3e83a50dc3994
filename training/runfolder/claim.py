"""Takes a run for an attempt: from here on `owner.json` names it, it beats, and every other attempt gives way."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from dataclasses import dataclass

from training.runfolder.beat import Beat, beat_age, beat_ns, patience_seconds
from training.runfolder.errors import Fenced, RunFolderError
from training.runfolder.fence import Fence, set_fence
from training.runfolder.foreign import is_elsewhere, length_words
from training.runfolder.host import boot_id, host_name, is_this_host, machine_id
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, Owner, ProcessRecord
from training.runfolder.write import write_record

GIVE_WAY_SECONDS = 5.0
"""From our `owner.json` to our first write, if an attempt of another host or boot may still write: it looks once a
second, a network file system may show a file for another second or two after it was replaced, and its supervisor gives
the trainer a second before it kills it."""
RIVAL_SECONDS = 3.0
"""How long the beat of an attempt that another supervisor began is watched: while it waits, it beats every second."""
WAITING_BEAT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Claim:
    """What an attempt keeps that has taken its run."""

    fence: Fence
    beat: Beat
    nonce: str


def claim_run(
    run: RunFolder, attempt: AttemptFolder, raises: type[Exception] = Fenced, *, job: str = "", restart: int = 0
) -> Claim:
    """Take the run for this attempt, and wait until no earlier writer is left. Sets this process's fence.

    Args:
        run: locked by us, as far as locks reach.
        attempt: its folder is there, and no process was started for it yet.
        raises: as for `Fence`.
        job: number of the Slurm job that this is; empty if it is none.
        restart: how often Slurm has requeued that job.

    Raises:
        Fenced: another host's supervisor has begun this very attempt, or takes the run while we wait.
        OSError: `owner.json` cannot be written.
    """
    others_may_write = _earlier_may_write(run, attempt)
    before = _owner(run)
    beat = Beat(attempt)
    if not beat.is_first and not _was_here(before, attempt):
        _watch_rival(run, attempt)
        others_may_write = True  # it may be frozen, and wake up
    nonce = secrets.token_hex(16)
    owner = Owner(attempt.number, host_name(), machine_id(), os.getpid(), nonce, boot_id(), job, restart)
    write_record(run.owner, owner)
    fence = Fence(run, nonce, raises)
    if others_may_write:
        _wait(fence, beat)
    set_fence(fence)
    return Claim(fence, beat, nonce)


def _wait(fence: Fence, beat: Beat) -> None:
    """Give an earlier writer time to see that the run is ours."""
    deadline = time.monotonic() + GIVE_WAY_SECONDS
    while time.monotonic() < deadline:
        beat.touch()
        time.sleep(WAITING_BEAT_SECONDS)
        fence.check()
    fence.check(fresh=True)


def _watch_rival(run: RunFolder, attempt: AttemptFolder) -> None:
    """Two hosts may start one attempt at the same moment. The second one leaves it to the first, if the first lives.

    Raises:
        Fenced: it does.
    """
    seen = beat_ns(attempt)
    deadline = time.monotonic() + RIVAL_SECONDS
    while time.monotonic() < deadline:
        time.sleep(WAITING_BEAT_SECONDS)
        if beat_ns(attempt) != seen or attempt.process.exists():
            raise Fenced(f"{run.path}: another host's supervisor has begun attempt {attempt.number}")


def _was_here(owner: Owner | None, attempt: AttemptFolder) -> bool:
    """Whether a supervisor of this host and boot began this attempt. The run's lock is ours now, so it is dead."""
    if owner is None or owner.attempt != attempt.number:
        return False
    return is_this_host(owner.machine, owner.host) and owner.boot_id == boot_id()


def _earlier_may_write(run: RunFolder, attempt: AttemptFolder) -> bool:
    """Whether an earlier attempt has no exit record, and may live where our locks and /proc do not reach."""
    for earlier in run.attempts():
        if earlier.number >= attempt.number or earlier.exit.exists():
            continue
        try:
            process = read_record(earlier.process, ProcessRecord)
        except RunFolderError:
            return True
        if process is not None and (is_elsewhere(process) or process.boot_id != boot_id()):
            return True
    return False


def _owner(run: RunFolder) -> Owner | None:
    try:
        return read_record(run.owner, Owner)
    except RunFolderError:
        return None


def at_work_elsewhere(run: RunFolder) -> str:
    """Which other host works on the run, with its last sign of life, in words; empty if none does, as far as known.

    The run's lock must be ours: its file tells what time it is by the clock that stamped the beat.
    """
    attempt = run.latest_attempt()
    process = read_record(attempt.process, ProcessRecord) if attempt else None
    if attempt is None or process is None or read_record(attempt.exit, ExitRecord) is not None:
        return ""
    if process.boot_id == boot_id() and not is_elsewhere(process):
        return ""
    age = beat_age(attempt, lambda: _server_seconds(run))
    if age is None or age >= patience_seconds():
        return ""
    return f"{process.host} gave a sign of life {length_words(age)} ago"


def _server_seconds(run: RunFolder) -> float:
    """Unix seconds by the clock of the file server; by our own if the lock's file cannot be touched."""
    with contextlib.suppress(OSError):
        os.utime(run.alive_lock)
        return run.alive_lock.stat().st_mtime
    return time.time()
