"""Leases whose files may be removed while a run holds them, by their owner or by a program that cleans the folder.

A lock on a removed file keeps no other run away. So the supervisor looks every few seconds, locks the file that has
the name now, and says what it found. Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.devices.lease import lease_holders, lease_is_named, lease_path, take_anew
from iqa_tui.devices.lease_folder import LARGEST_LEASE_BYTES
from iqa_tui.errors import LaunchError
from iqa_tui.processes.periods import LEASES_SECONDS
from training.runfolder.errors import LockHeld, UnreadableFile

FRESH_SECONDS = 24 * 3600.0
"""A lease file is touched once a day: programs that clean `/var/tmp` remove files that were not touched for 30."""


@dataclass(slots=True)
class _Watched:
    key: str
    path: Path
    descriptor: int
    """Of the lock that other programs find; at first the one that the trainer inherited."""
    is_lost: bool = False


class LeaseWatch:
    """Watches the leases of one run, for as long as its supervisor lives."""

    def __init__(self, leases: Sequence[tuple[str, int]], say: Callable[[str], None]) -> None:
        """Look at nothing yet.

        Args:
            leases: device key and descriptor of each lease, just taken.
            say: called once for each trouble, with words.
        """
        self._say = say
        self._next_look = time.monotonic() + LEASES_SECONDS
        self._watched: list[_Watched] = []
        for key, descriptor in leases:
            with contextlib.suppress(LaunchError):
                if (path := lease_path(descriptor, key)) is not None:
                    self._watched.append(_Watched(key, path, descriptor))

    def look(self) -> str:
        """Every few seconds: take each lease anew whose file was removed.

        Returns:
            What is wrong now, in words; empty while every lease is ours alone.
        """
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LEASES_SECONDS
            for lease in self._watched:
                self._look_at(lease)
        lost = [lease.key for lease in self._watched if lease.is_lost]
        return f"another run may have its device: the lease of {', '.join(lost)} was removed" if lost else ""

    def _look_at(self, lease: _Watched) -> None:
        if lease_is_named(lease.descriptor, lease.path):
            _keep_fresh(lease.descriptor)
            return
        try:
            taken = take_anew(lease.path, os.pread(lease.descriptor, LARGEST_LEASE_BYTES, 0))
        except (LockHeld, UnreadableFile, OSError) as error:
            if not lease.is_lost:
                self._say(f"{lease.path} was removed while this run had it{_who_has(lease.key)}: {error}")
            lease.is_lost = True
            return
        self._say(f"{lease.path} was removed while this run had it; it is taken anew")
        lease.descriptor, lease.is_lost = taken, False  # the first one stays open: the trainer has it


def _who_has(key: str) -> str:
    with contextlib.suppress(LaunchError):
        if names := [f"{holder.words} of {holder.user}" for holder in lease_holders(key)]:
            return f", and {', '.join(names)} has the device now"
    return ""


def _keep_fresh(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        if time.time() - os.fstat(descriptor).st_mtime > FRESH_SECONDS:
            os.utime(descriptor)
