"""Runs that may start, and the queue that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from training.runfolder.layout import RunFolder
from training.runfolder.spec import Spec


class QueuedRun(NamedTuple):
    """A run that may start: its folder and what was asked of it."""

    run: RunFolder
    spec: Spec


@dataclass(frozen=True, slots=True)
class Waiting:
    """The queue at one moment."""

    queued: tuple[QueuedRun, ...]
    """In the order in which they start."""
    alive: tuple[QueuedRun, ...]
    """On other hosts too."""
    held: tuple[QueuedRun, ...] = ()
    """Queued, but a user must release them first."""
    resumable: tuple[QueuedRun, ...] = ()
    """Ended by no fault of their own, so the dispatcher queues them again."""
    elsewhere: tuple[QueuedRun, ...] = ()
    """Queued, but not by this user on this host as they are now: the user must adopt them first."""
    foreign: tuple[QueuedRun, ...] = ()
    """Those of `alive` that other hosts work on."""
    unsure: tuple[QueuedRun, ...] = ()
    """Those of `alive` that this host began before a reboot, or a host of this name does: the beat will tell."""
    unsubmitted: tuple[QueuedRun, ...] = ()
    """Of Slurm, and without a job yet. Slurm's other runs are in none of these."""
    asked_to_stop: tuple[QueuedRun, ...] = ()
    """Of Slurm, with a job that may have to be cancelled."""

    @property
    def is_alive_here(self) -> bool:
        """True if a run is alive that this host would have to resume."""
        return len(self.alive) > len(self.foreign)
