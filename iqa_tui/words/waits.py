"""Why a queued run waits: a value that code compares, and the one function that says it in words.

The app's first paint needs this, so it imports nothing of the launcher.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import Enum

from iqa_tui.words.durations import duration_words
from training.runfolder.text import plain

MOST_DEVICES = 4
"""Devices that are named one by one; the rest are counted."""


class WaitKind(Enum):
    """What has to happen before the run starts."""

    STARTS_NEXT = "a device is free for it"
    DISPATCHER_TROUBLE = "a device is free, but the user's dispatcher cannot start the run"
    DEVICE = "a device must become free"
    NO_DEVICE = "this machine has none of the devices it may use"
    DRIVER = "the driver must answer"
    SEQUENTIAL = "the runs of its group go one at a time"
    PRIORITY = "runs of its group with a higher priority go first"
    TUNING = "the tuning runs that its value is chosen by must end"
    HELD = "a user must release it"
    HELD_BY_DISPATCHER = "its group fails; a user must release it"
    DISK_FULL = "the disk of the runs must have room"
    CLOSED = "a part of its folder cannot be written"
    NEEDS_ADOPTION = "it was not queued by this user on this host"
    OTHER_USER = "the dispatcher of the user who queued it starts it"
    SLURM = "Slurm must start it"
    SLURM_NEVER = "Slurm never starts it as it is"


SENTENCES = {
    WaitKind.STARTS_NEXT: "starts next on {device}",
    WaitKind.DISPATCHER_TROUBLE: "your dispatcher cannot start it: {why}",
    WaitKind.DRIVER: "needs {device}. {why}",
    WaitKind.SEQUENTIAL: "one at a time: waits for {names}",
    WaitKind.PRIORITY: "by priority: waits for {names}",
    WaitKind.TUNING: "waits for {why}",
    WaitKind.HELD: "held by {user}; h or `iqa-tui release` lets it start",
    WaitKind.HELD_BY_DISPATCHER: "held: {why}; `iqa-tui release --group {group}` lets its runs start",
    WaitKind.DISK_FULL: "waits for room: the disk of the runs is full",
    WaitKind.CLOSED: "{why}",
    WaitKind.NEEDS_ADOPTION: "{why}",
    WaitKind.OTHER_USER: "queued by {user}, whose own dispatcher starts it",
    WaitKind.SLURM: "{why}",
    WaitKind.SLURM_NEVER: "{why}",
}
"""Of every kind but those that list devices."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why one queued run waits. A field that its kind does not need is empty."""

    kind: WaitKind
    device: str = ""
    """The device on which it starts next, or what it needs: `GPU 1`, `a GPU`, `30.0 GiB of a GPU`."""
    names: tuple[str, ...] = ()
    """What comes before it: the other runs; or each device it may use, with what occupies it; or the devices that this
    machine has instead."""
    user: str = ""
    """Who holds it, or queued it."""
    group: str = ""
    why: str = ""
    """In words: which tuning runs it waits for, why its group is held, what the driver says, what troubles the
    dispatcher, what is wrong with it."""
    no_dispatcher: str = ""
    """Why no dispatcher of this user gives devices to it; empty if one does."""
    could_start_seconds: float | None = None
    """How long a device has been free for it; None if that is not long."""

    @property
    def starts_next(self) -> bool:
        """True if all that is missing is that its dispatcher starts it."""
        return self.kind is WaitKind.STARTS_NEXT

    @property
    def words(self) -> str:
        """See `wait_words`."""
        return wait_words(self)


def wait_words(wait: Wait) -> str:
    """`starts next on GPU 1`, `needs a GPU: GPU 3 held by ann, pid 4711 python (…)`; harmless on a terminal."""
    words = _kind_words(wait)
    if wait.could_start_seconds is not None:
        waited = duration_words(wait.could_start_seconds)
        words += f", and could have started {waited} ago: its dispatcher waits for the driver or stands still"
    if wait.no_dispatcher and wait.no_dispatcher not in words:
        words = f"{wait.no_dispatcher}; {words}"
    return plain(words)


def _kind_words(wait: Wait) -> str:
    if wait.kind is WaitKind.DEVICE:
        more = f"; {len(wait.names) - MOST_DEVICES} more busy" if len(wait.names) > MOST_DEVICES else ""
        return f"needs {wait.device}: {'; '.join(wait.names[:MOST_DEVICES])}{more}"
    if wait.kind is WaitKind.NO_DEVICE:
        note = f" ({wait.why})" if wait.why else ""
        return f"needs {wait.device}, and this machine has {', '.join(wait.names) or 'none'}{note}"
    return SENTENCES[wait.kind].format(
        device=wait.device, names=", ".join(wait.names), user=wait.user, group=shlex.quote(wait.group), why=wait.why
    )
