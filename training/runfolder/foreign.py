"""What can be said of an attempt on another host: what its files tell, and how long ago it gave a sign of life.

Its locks, its process numbers and its boot prove nothing here, so such a run is never called lost. A record with this
host's name and another boot is either this host's own, from before a reboot, or that of a host with a cloned name; its
beat tells them apart.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable

from training.runfolder.beat import BeatWatch, beat_age, beat_ns, patience_seconds
from training.runfolder.host import boot_id, is_this_host
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.lock import NoLocks, is_held
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import ProcessRecord

LARGEST_CLOCK_ERROR_SECONDS = 5.0
"""A time stamp may lie so far in the future before the clocks of the two machines are said to differ."""
STEPS_OF_WORDS = ((2 * 86400, 86400, "d"), (2 * 3600, 3600, "h"), (120, 60, "min"))


def is_elsewhere(process: ProcessRecord) -> bool:
    """Whether another host wrote this record."""
    return not is_this_host(process.machine, process.host)


def elsewhere_status(
    run: RunFolder,
    attempt: AttemptFolder,
    process: ProcessRecord,
    *,
    has_begun: Callable[[], bool],
    asked_by: str,
    beats: BeatWatch | None = None,
) -> Status:
    """The status of a run whose newest attempt is on another host and has no exit record.

    Args:
        has_begun: whether its trainer said that it started; finding out may cost reading its events.
        asked_by: who asked it to stop, in words; empty if no one did.
        beats: of a caller that looks again and again: once the beat has moved, its own clock counts; None: the beat's
            time stamp counts, which the file server's clock gave.
    """
    age, life = _sign_of_life(attempt, beats)
    # Hosts of one kernel, such as containers, see each other's locks on a local disk; a free one proves nothing.
    with contextlib.suppress(NoLocks):
        if process.boot_id == boot_id() and is_held(run.alive_lock):
            life = "which shares this kernel and holds its lock"
    where = f"on {process.host}, {life}"
    return Status(
        _state(has_begun=has_begun, asked_by=asked_by),
        f"{asked_by}; {where}" if asked_by else where,
        attempt.number,
        host=process.host,
        beat_seconds=age,
    )


def lockless_status(
    attempt: AttemptFolder, trouble: NoLocks, *, has_begun: Callable[[], bool], asked_by: str, beats: BeatWatch | None
) -> Status:
    """The status of an attempt of this host without an exit record, while its disk gives no locks, which would tell
    whether it is alive. It is never called lost.

    Args:
        trouble: what the disk answered.
        has_begun: as for `elsewhere_status`.
        asked_by: as for `elsewhere_status`.
        beats: as for `elsewhere_status`.
    """
    words = f"{_sign_of_life(attempt, beats)[1]}; {trouble.strerror}"
    cause = f"{asked_by}; {words}" if asked_by else words
    return Status(_state(has_begun=has_begun, asked_by=asked_by), cause, attempt.number, disk_trouble=True)


def namesake_status(
    attempt: AttemptFolder, *, has_begun: Callable[[], bool], asked_by: str, beats: BeatWatch | None
) -> Status | None:
    """The status of an attempt with this host's name, another boot, a free lock and no exit record.

    Args:
        has_begun: as for `elsewhere_status`.
        asked_by: as for `elsewhere_status`.
        beats: of a caller that looks again and again: then its own clock counts; None: the beat's time stamp counts.

    Returns:
        None if its beat has stood still for too long, or it never gave one: then this host was rebooted.
    """
    stamp, age = beat_ns(attempt), beat_age(attempt)
    if stamp is None or age is None:
        return None
    still, has_moved = (age, False) if beats is None else beats.look(attempt, stamp)
    left = patience_seconds() - still
    if left <= 0:
        return None
    words = (
        f"on another host of this name, {_life_words(age)}"
        if has_moved
        else f"on a host of this name with another boot, or this host was rebooted: known in {math.ceil(left)} s"
    )
    return Status(
        _state(has_begun=has_begun, asked_by=asked_by),
        f"{asked_by}; {words}" if asked_by else words,
        attempt.number,
        beat_seconds=age,
    )


def _state(*, has_begun: Callable[[], bool], asked_by: str) -> Phase:
    if asked_by:
        return Phase.STOPPING
    return Phase.RUNNING if has_begun() else Phase.STARTING


def _sign_of_life(attempt: AttemptFolder, beats: BeatWatch | None) -> tuple[float | None, str]:
    """Seconds since the last one, and the same in words, which say so if only a comparison of two clocks tells it."""
    stamp = beat_ns(attempt)
    if stamp is None:
        return None, "whose version gives no sign of life"
    by_stamp = time.time() - stamp / 1e9
    still, has_moved = (0.0, False) if beats is None else beats.look(attempt, stamp)
    if has_moved:
        return still, _life_words(still)
    age = max(0.0, by_stamp, still)
    if still < patience_seconds():
        if by_stamp < -LARGEST_CLOCK_ERROR_SECONDS:
            return age, f"last sign of life dated {length_words(-by_stamp)} ahead of this host's clock"
        if by_stamp >= patience_seconds():
            return age, f"whose last sign of life is {length_words(by_stamp)} old if the clocks agree"
    return age, _life_words(age)


def _life_words(age: float) -> str:
    if age < patience_seconds():
        return f"last sign of life {length_words(age)} ago"
    return f"which gave no sign of life for {length_words(age)}"


def length_words(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h`, `2 d`."""
    for least, unit, name in STEPS_OF_WORDS:
        if seconds >= least:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
