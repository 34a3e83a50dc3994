"""A run that needs several devices keeps those that are free, until it has as many as it needs.

Otherwise runs of one device would take each device that gets free, and it would wait for ever. Two runs that each keep
one of two devices would wait for each other for ever, so on one machine only one dispatcher may keep devices for a run
that waits: the one that has the right to, which is a lease like those of devices. All leases are free once the
dispatcher has exited, at any kind of death.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence

from iqa_tui.devices.device import DeviceState
from iqa_tui.devices.fitting import may_use
from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.errors import LaunchError
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.words.people import user_name
from training.runfolder.errors import LockHeld

RIGHT = "gathering"
"""The lease's name."""


class Gathering:
    """What one dispatcher keeps for the run that is first in order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._run_id = ""
        self._right: int | None = None
        self._leases: dict[str, int] = {}
        self._trouble = ""

    @property
    def leases(self) -> dict[str, int]:
        """Key of a device to the descriptor of its lease."""
        return dict(self._leases)

    def held_for(self, entry: QueuedRun, states: Sequence[DeviceState]) -> list[DeviceState]:
        """The devices that are kept for a run and can still be used."""
        if entry.run.run_id != self._run_id:
            return []
        return [each for each in states if each.device.key in self._leases and each.allowed and not each.withdrawn]

    def gather(
        self,
        entry: QueuedRun,
        states: Sequence[DeviceState],
        free: Sequence[DeviceState],
        default_kind: str,
        before: Sequence[QueuedRun],
    ) -> bool:
        """Keep what is free for a run that needs more than that.

        Args:
            entry: the run.
            states: every device.
            free: those on which it could start.
            default_kind: of devices, for a run that names none.
            before: runs that wait and come before it. If one of them could use a device, it goes to that one.

        Returns:
            Whether devices are kept for this run; if not, all that was kept for it is free again.
        """
        usable = [
            state
            for state in states
            if may_use(entry.spec, state.device, default_kind) and state.allowed and not state.withdrawn
        ]
        gives_way = any(may_use(other.spec, state.device, default_kind) for other in before for state in usable)
        if entry.spec.gpus < 2 or len(usable) < entry.spec.gpus or gives_way:
            self.give_back_of(entry)
            return False
        if self._run_id not in ("", entry.run.run_id):
            self.give_back()  # the order has changed
        if not self._has_right(entry):
            return False
        for key in self._leases.keys() - {state.device.key for state in usable}:
            os.close(self._leases.pop(key))
        for state in free:
            self._keep(entry, state)
        return True

    def keep_for(self, queued: Sequence[QueuedRun]) -> None:
        """Give all back unless its run still waits."""
        if self._run_id and all(entry.run.run_id != self._run_id for entry in queued):
            self.give_back()

    def give_back_of(self, entry: QueuedRun) -> None:
        """Give back what is kept for this run: its supervisor has inherited it, or the run may not start now."""
        if entry.run.run_id == self._run_id:
            self.give_back()

    def give_back(self) -> None:
        """Close our descriptors; what a supervisor has inherited stays its own."""
        for descriptor in (*self._leases.values(), *([] if self._right is None else [self._right])):
            os.close(descriptor)
        self._leases, self._right, self._run_id = {}, None, ""

    def _has_right(self, entry: QueuedRun) -> bool:
        if self._right is not None:
            return True
        try:
            self._right = take_lease(RIGHT, _holder(entry))
        except LockHeld:  # another dispatcher gathers
            return False
        except LaunchError as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say(f"error: {error}")
            return False
        self._run_id = entry.run.run_id
        return True

    def _keep(self, entry: QueuedRun, state: DeviceState) -> None:
        with contextlib.suppress(LockHeld, LaunchError):  # another run was faster
            self._leases[state.device.key] = take_lease(state.device.key, _holder(entry))
            self._say(f"{entry.run.run_id}: keeps {state.device.label}: {len(self._leases)} of {entry.spec.gpus}")


def _holder(entry: QueuedRun) -> Holder:
    run, spec = entry
    name = " ".join(dict.fromkeys([spec.experiment, spec.label])).strip() or run.run_id
    return Holder(
        user_name(), run.run_id, os.getpid(), f"{name} (kept until it has {spec.gpus})", str(run.shown.parent)
    )
