"""Supervisors on their way: started by the dispatcher, but they have not recorded a trainer yet."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from iqa_tui.devices.device import Device, labels_words
from iqa_tui.devices.fitting import Promises
from iqa_tui.errors import LaunchError
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.periods import TAKEN_SECONDS, TRY_AGAIN_SECONDS
from iqa_tui.processes.start import child_environment, gone_words, is_whole, program
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.service.dispatcher_words import say
from iqa_tui.service.postponed import Postponed
from iqa_tui.service.resuming import came_up, give_up
from iqa_tui.service.supervisor_exits import (
    EXIT_DEVICE_TAKEN,
    EXIT_NO_LEASE,
    EXIT_NO_PROCESS,
    EXIT_NO_ROOM,
    EXIT_NOT_QUEUED,
)
from iqa_tui.service.trainer_call import LEASE_KEY
from training.runfolder.errors import RunFolderError
from training.runfolder.held import hold
from training.runfolder.layout import RunFolder
from training.runfolder.spec import Spec

START_SECONDS = 60.0
"""A supervisor that has not recorded its trainer by then is given up."""
MOST_STARTS = 3
"""Supervisors that may fail to come up before the run is marked as failed."""
LONGEST_PAUSE_SECONDS = 60.0
"""The pause doubles up to this while nothing can be started."""


NO_LEASES: Mapping[str, int] = {}


class ProgramGone(LaunchError):
    """The program cannot start another of its own: its environment was moved or removed while it ran."""


@dataclass(frozen=True, slots=True)
class Start:
    """A supervisor on its way: until it has its leases, this keeps its devices from others."""

    run: RunFolder
    spec: Spec
    devices: tuple[Device, ...]
    process: subprocess.Popen[bytes]
    began: float
    """Seconds of the monotonic clock."""

    @property
    def label(self) -> str:
        """`GPU 0 and GPU 1`."""
        return labels_words(self.devices)


class Starts:
    """Starts supervisors, sees whether they come up, and knows why nothing can be started now."""

    def __init__(self, log: Path, postponed: Postponed) -> None:
        self._log = log
        self._postponed = postponed
        self._starts: dict[str, Start] = {}
        self._supervisors: list[subprocess.Popen[bytes]] = []
        self._failed: Counter[str] = Counter()
        self._tries_again = 0.0
        """When runs are started again after one could not be, in seconds of the monotonic clock."""
        self._pause_seconds = TRY_AGAIN_SECONDS
        self.trouble = ""
        """Why nothing can be started now, in words; empty if it can."""

    def __bool__(self) -> bool:
        return bool(self._starts)

    def __contains__(self, run: RunFolder) -> bool:
        return run.run_id in self._starts

    @property
    def are_paused(self) -> bool:
        """Nothing is started now, as nothing could be started a while ago."""
        return time.monotonic() < self._tries_again

    def promises(self) -> Promises:
        """The devices that these supervisors will have."""
        promises = Promises()
        for start in self._starts.values():
            for device in start.devices:
                promises.add(start.spec, device)
        return promises

    def start(self, queued: QueuedRun, devices: Sequence[Device], leases: Mapping[str, int] = NO_LEASES) -> None:
        """Start a run's supervisor.

        Args:
            queued: the run.
            devices: that it gets.
            leases: key of a device to the descriptor of its lease, of those that are held for the run already. The
                supervisor inherits them; the caller closes its own.
        """
        run, spec = queued
        try:
            held, folder = hold(run)
        except (OSError, RunFolderError) as error:  # deleted or replaced since it was listed
            self._postponed.add_after(run, error)
            return
        given = {key: lease for key, lease in leases.items() if any(device.key == key for device in devices)}
        records = [
            json.dumps(asdict(device) | ({LEASE_KEY: given[device.key]} if device.key in given else {}))
            for device in devices
        ]
        try:
            process = subprocess.Popen(
                program("iqa_tui.service.supervisor", str(held.path), *records),
                stdin=subprocess.DEVNULL,
                env=child_environment(),
                start_new_session=True,
                pass_fds=[folder, *given.values()],
            )
        except OSError as error:
            if not is_no_process(error):
                raise
            self._try_again_later(no_process_words(error))
            return
        finally:
            os.close(folder)
        where, names = labels_words(devices), ", ".join(dict.fromkeys(device.name for device in devices))
        say(f"{run.run_id}: {spec.experiment} {spec.label} goes to {where} ({names})")
        self._starts[run.run_id] = Start(run, spec, tuple(devices), process, time.monotonic())
        self._supervisors.append(process)

    def collect(self) -> None:
        """Let go of starts that succeeded, and count those that failed."""
        self._supervisors = [process for process in self._supervisors if process.poll() is None]
        for run_id, start in list(self._starts.items()):
            returncode = start.process.returncode
            if came_up(start.run):
                del self._starts[run_id]
                self._failed.pop(run_id, None)
                self.trouble, self._pause_seconds = "", TRY_AGAIN_SECONDS
                continue
            if returncode is None:
                if time.monotonic() > start.began + START_SECONDS:
                    start.process.kill()
                continue
            del self._starts[run_id]
            if returncode != 0:
                self._look_into(start, returncode)

    def _look_into(self, start: Start, returncode: int) -> None:
        """Act on the exit code of a supervisor that started no trainer."""
        run_id = start.run.run_id
        if returncode in (EXIT_DEVICE_TAKEN, EXIT_NOT_QUEUED):
            say(f"{run_id}: {start.label} or the run itself was taken by another process")
            if returncode == EXIT_NOT_QUEUED:  # or every look would start it first
                self._postponed.add(start.run, TAKEN_SECONDS)
        elif returncode == EXIT_NO_ROOM:
            self._try_again_later(f"there is no room on the disk of {start.run.runs_dir}")
        elif returncode == EXIT_NO_PROCESS:
            self._try_again_later(no_process_words(OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))))
        elif returncode == EXIT_NO_LEASE:
            self.trouble = f"the lease of {start.label} cannot be taken; {self._log} says why"
            self._postponed.add(start.run, TAKEN_SECONDS)
        else:
            self._count_failed_start(start.run, returncode)

    def _try_again_later(self, why: str) -> None:
        """Start nothing for a while: no run is to blame, so none is given up."""
        self.trouble = why
        self._tries_again = time.monotonic() + self._pause_seconds
        self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)

    def _count_failed_start(self, run: RunFolder, returncode: int) -> None:
        if not is_whole():
            raise ProgramGone(gone_words())
        self._failed[run.run_id] += 1
        say(f"{run.run_id}: its supervisor exited with code {returncode}")
        if self._failed[run.run_id] >= MOST_STARTS:
            del self._failed[run.run_id]
            cause = f"its supervisor did not come up {MOST_STARTS} times; {self._log} says more"
            self._postponed.unless_postponed(run, partial(give_up, cause=cause))
