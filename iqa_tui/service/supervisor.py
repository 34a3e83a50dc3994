"""One small process a run: takes the locks, starts the trainer, waits, stops it when asked, says how it ended.

    python -m iqa_tui.service.supervisor RUN_FOLDER [DEVICE_JSON]…
    python -m iqa_tui.service.supervisor RUN_FOLDER --slurm …        (`iqa_tui.service.on_node`)

Standard library and the run folder only, so that it starts fast, stays small, and nothing of a screen or of torch
can take it down. If it is killed, it takes nothing with it: the trainer goes on and still holds the locks.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from iqa_tui.devices.lease import Holder, take_lease, take_over
from iqa_tui.errors import LaunchError
from iqa_tui.service.on_node import supervise_job
from iqa_tui.service.supervision import NO_ROOM_ERRORS, Supervisor
from iqa_tui.service.supervisor_exits import EXIT_DEVICE_TAKEN, EXIT_NO_LEASE, EXIT_NO_ROOM, EXIT_NOT_QUEUED
from iqa_tui.service.trainer_call import LEASE_KEY, DeviceRecord
from iqa_tui.service.tuning import has_trials_to_come
from iqa_tui.trust.signature import NotSigned, Signed, verify
from iqa_tui.words.people import user_name
from training.runfolder.engines import LOCAL
from training.runfolder.errors import LockHeld, RunFolderError
from training.runfolder.held import hold
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.status import run_status


class DeviceTaken(LockHeld):
    """Another run has the lease of the device."""


class NoLease(LaunchError):
    """A lease that cannot be taken, though no other run has it."""


def main(argv: list[str]) -> int:
    """Supervise one run; the exit code is for the dispatcher, or for Slurm.

    The folder itself is held, not its name: a run whose folder is moved goes on in its new place.
    """
    run, folder = hold(RunFolder(Path(argv[0]).absolute()))
    os.umask(os.umask(0o022) | 0o022)  # the trainer's too: a run is not started again if others may write in it
    if argv[1:2] == ["--slurm"]:
        return supervise_job(run, folder, argv[2:])
    return _supervise_here(run, folder, [json.loads(text) for text in argv[1:]])


def _supervise_here(run: RunFolder, folder: int, devices: list[DeviceRecord]) -> int:
    with contextlib.suppress(PermissionError):  # we lead a session already if the dispatcher started us
        os.setsid()
    try:
        supervisor_lock = take_lock(run.supervisor_lock)
        signed, locks = take_run(run, devices)
    except NotSigned as refused:
        print(f"{run.run_id}: {refused}", file=sys.stderr)
        return EXIT_NOT_QUEUED
    except LockHeld as held:
        print(f"{run.run_id}: {held}", file=sys.stderr)
        return EXIT_DEVICE_TAKEN if isinstance(held, DeviceTaken) else EXIT_NOT_QUEUED
    except NoLease as error:
        print(f"{run.run_id}: {error}", file=sys.stderr)
        return EXIT_NO_LEASE
    except OSError as error:
        if error.errno not in NO_ROOM_ERRORS:
            raise
        print(f"{run.run_id}: {error}", file=sys.stderr)
        return EXIT_NO_ROOM
    if signed is None:
        return EXIT_NOT_QUEUED
    try:
        return Supervisor(run, signed, devices, [*locks, folder]).supervise()
    finally:
        os.close(supervisor_lock)


def take_run(run: RunFolder, devices: list[DeviceRecord]) -> tuple[Signed | None, list[int]]:
    """What was queued, read once, and the leases and the run's own lock, for the trainer to inherit.

    Returns:
        (None, []) if the run is not queued, or not any more.

    Raises:
        DeviceTaken: another run has a device.
        LockHeld: another process has the run.
        NotSigned: its owner did not queue it here as it is now.
        NoLease: the lease of a device cannot be taken at all.
    """
    if run_status(run).phase is not Phase.QUEUED:
        return None, []
    signed = verify(run)
    spec = signed.spec
    if spec.engine != LOCAL:
        return None, []
    if has_trials_to_come(run, spec):
        return None, []  # the user tried one of them again while we were started
    label = " ".join(dict.fromkeys([spec.experiment, spec.label])).strip()
    holder = Holder(user_name(), run.run_id, os.getpid(), label, str(run.shown.parent))
    locks: list[int] = []
    try:
        for device in devices:
            room = device.get("room_bytes")
            share = replace(holder, reserved_bytes=spec.vram_bytes if room is not None else None)
            given = device.pop(LEASE_KEY, None)  # the dispatcher gathered it and hands it over
            if given is None:
                locks.append(take_lease(device["key"], share, room_bytes=room))
            else:
                locks.append(take_over(int(given), device["key"], share))
    except LockHeld as held:
        raise DeviceTaken(f"device {device['key']}: {held}") from held
    except LaunchError as error:
        raise NoLease(str(error)) from error
    alive = take_lock(run.alive_lock)
    attempt = run.latest_attempt()
    if run.stop.exists() or run.result.exists() or (attempt is not None and attempt.process.exists()):
        return None, []  # between our look and the lock it was stopped, or run by hand
    return signed, [alive, *locks]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (LaunchError, RunFolderError, OSError) as error:
        sys.exit(f"error: {error}")
