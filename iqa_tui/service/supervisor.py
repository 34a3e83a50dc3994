"""One small process a run: takes the locks, starts the trainer, waits, stops it when asked, says how it ended.

    python -m iqa_tui.service.supervisor RUN_FOLDER [--device JSON]…

Standard library and the run folder only, so that it starts fast, stays small, and nothing of a screen or of torch
can take it down. Killed itself, it takes nothing with it: the trainer goes on and still holds the locks.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.lease_watch import LeaseWatch
from iqa_tui.devices.withdrawn import record_driver_loss
from iqa_tui.errors import LaunchError
from iqa_tui.processes.child import Child, become_reaper, start_child, wait_for_signal
from iqa_tui.processes.full_disk import is_disk_full
from iqa_tui.processes.marks import make_mark
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.output_log import OutputLog
from iqa_tui.processes.strays import end_strays
from iqa_tui.service.causes import Ending, OomKills, explain, tail, time_limit_words
from iqa_tui.service.trainer_call import (
    FENCE_VARIABLE,
    FOLDER_VARIABLE,
    DeviceRecord,
    trainer_command,
    trainer_environment,
)
from iqa_tui.trust.signature import NotSigned, Signed, verify
from iqa_tui.words.people import user_name
from training.runfolder.claim import claim_run
from training.runfolder.errors import Fenced, LockHeld, RunFolderError
from training.runfolder.exits import ExitKind
from training.runfolder.held import hold, is_deleted
from training.runfolder.host import boot_id, host_name, machine_id, start_ticks
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, ProcessRecord, Spec, StopRequest
from training.runfolder.status import run_status
from training.runfolder.write import Record, make_folder, open_own, write_atomic, write_record, write_record_into

POLL_SECONDS = 0.25
"""How long a stop request may lie unseen. Ends of processes are told by the kernel at once."""
GROUP_GRACE_SECONDS = 5.0
"""From TERM to the trainer's whole group to KILL; no longer than the grace that was asked for."""
GIVE_WAY_GRACE_SECONDS = 1.0
"""From TERM to KILL for a trainer whose run another attempt has taken over; that attempt waits somewhat longer."""
FULL_DISK_SECONDS = 60.0
"""How long the record of the end is tried again where it cannot be written."""

EXIT_NOT_QUEUED = 10
"""Somebody else has the run, or it is over."""
EXIT_DEVICE_TAKEN = 11
"""A device is another run's: this one stays queued."""
EXIT_NO_ROOM = 12
"""The disk is full: this run stays queued, for what it did could not be kept."""
EXIT_NO_PROCESS = 13
"""The system starts no more processes for this user: this run stays queued, for that passes."""
EXIT_NO_LEASE = 14
"""A device's lease files cannot be used: this run stays queued, for another device, or until they can."""
NO_ROOM_ERRORS = (errno.ENOSPC, errno.EDQUOT)
RESERVED_BYTES = 64 << 10
"""Kept for the records of an attempt, so that a disk that its trainer filled cannot keep them out."""


class NoLease(LaunchError):
    """A lease that cannot be taken, though no other run has it."""


def main(argv: list[str]) -> int:
    """Supervise one run; the exit code is for the dispatcher.

    The folder itself is held, not its name: a run whose folder is moved goes on in its new place.
    """
    run, folder = hold(RunFolder(Path(argv[0]).absolute()))
    devices: list[DeviceRecord] = [json.loads(text) for text in argv[1:]]
    os.umask(os.umask(0o022) | 0o022)  # the trainer's too: what others may write in a run is not started again
    with contextlib.suppress(PermissionError):  # we lead a session already where the dispatcher started us
        os.setsid()
    try:
        supervisor_lock = take_lock(run.supervisor_lock)
        signed, locks = _take_run(run, devices)
    except NotSigned as refused:
        print(f"{run.run_id}: {refused}", file=sys.stderr)
        return EXIT_NOT_QUEUED
    except LockHeld as held:
        print(f"{run.run_id}: {held}", file=sys.stderr)
        return EXIT_DEVICE_TAKEN if str(held).startswith("device") else EXIT_NOT_QUEUED
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


def _take_run(run: RunFolder, devices: list[DeviceRecord]) -> tuple[Signed | None, list[int]]:
    """What was queued, read once, and the leases and the run's own lock, for the trainer to inherit.

    Returns:
        (None, []) if the run is not queued, or not any more.

    Raises:
        LockHeld: a device, or the run, is somebody else's.
        NotSigned: its owner did not queue it here as it stands.
        NoLease: the lease of a device cannot be taken at all.
    """
    if run_status(run).phase is not Phase.QUEUED:
        return None, []
    signed = verify(run)
    spec = signed.spec
    label = " ".join(dict.fromkeys([spec.experiment, spec.label])).strip()
    holder = Holder(user_name(), run.run_id, os.getpid(), label, str(run.shown.parent))
    locks: list[int] = []
    try:
        for device in devices:
            room = device.get("room_bytes")
            share = replace(holder, reserved_bytes=spec.vram_bytes if room is not None else None)
            locks.append(take_lease(device["key"], share, room_bytes=room))
    except LockHeld as held:
        raise LockHeld(f"device {device['key']}: {held}") from held
    except LaunchError as error:
        raise NoLease(str(error)) from error
    alive = take_lock(run.alive_lock)
    attempt = run.latest_attempt()
    if run.stop.exists() or run.result.exists() or (attempt is not None and attempt.process.exists()):
        return None, []  # between our look and the lock it was stopped, or run by hand
    return signed, [alive, *locks]


class Supervisor:
    """One attempt at one run, from the start of the trainer to the record of its end."""

    def __init__(self, run: RunFolder, signed: Signed, devices: list[DeviceRecord], inherited: list[int]) -> None:
        """Start nothing yet.

        Args:
            run: held.
            signed: what was verified; the trainer is made of it alone.
            inherited: descriptors that the trainer gets: the run's own lock, the leases, and last the folder.
        """
        self._run = run
        self._devices = devices
        self._inherited = inherited
        self._folder = inherited[-1]
        self._spec = signed.spec
        self._variables = signed.variables
        self._attempt = _next_attempt(run)
        self._began = time.monotonic()
        self._oom_kills = OomKills()
        self._stopping: _Stopping | None = None
        self._is_at_time_limit = False
        keys = [device["key"] for device in devices]
        self._leases = LeaseWatch(list(zip(keys, inherited[1:-1], strict=True)), _say)
        self._note = ""
        self._trainer: Child | None = None

    def supervise(self) -> int:
        """From the start of the trainer to the record of its end; returns what `main` returns."""
        try:
            return self._supervise()
        except Fenced as taken:
            print(taken, file=sys.stderr, flush=True)
            if self._trainer is not None:
                self._give_way(self._trainer)
            return EXIT_NOT_QUEUED

    def _supervise(self) -> int:
        try:
            self._make_room()
            self._mark = make_mark(self._run, self._attempt)
            self._claim = claim_run(self._run, self._attempt)
            output = OutputLog(self._attempt.output)
            _print_to(self._attempt.supervisor_output)
        except OSError as error:
            if error.errno not in NO_ROOM_ERRORS:
                raise
            print(f"{self._attempt.path}: {error}", file=sys.stderr)
            return EXIT_NO_ROOM
        become_reaper()
        end_strays(self._run)  # of an attempt that lost its supervisor: the run's lock is ours, so they are no use
        self._claim.fence.check(fresh=True)
        try:
            trainer = self._trainer = self._start(output)
        except OSError as error:
            if is_no_process(error):
                print(f"{self._run.run_id}: {no_process_words(error)}; it stays queued", file=sys.stderr)
                return EXIT_NO_PROCESS
            self._write_end(ExitKind.NOT_STARTED, _cannot_run(self._spec, error))
            return 0
        self._record_process(trainer)
        self._wait(trainer, output)
        trainer.sweep()
        self._end(trainer)
        return 0

    def _give_way(self, trainer: Child) -> None:
        """Another attempt has the run: end our trainer and write nothing more.

        A trainer of another program reads no fence, and would use a grace to write.
        """
        deadline = time.monotonic() + (GIVE_WAY_GRACE_SECONDS if self._spec.trainer == "training" else 0.0)
        trainer.terminate()
        while not trainer.has_ended and time.monotonic() < deadline:
            wait_for_signal(0.05)
            trainer.reap()
        trainer.kill_group()
        trainer.sweep()

    def _make_room(self) -> None:
        make_folder(self._run.attempts_dir)
        make_folder(self._attempt.path)
        with open_own(self._attempt.reserve, "wb") as file:
            file.write(bytes(RESERVED_BYTES))
            file.flush()
            os.fsync(file.fileno())

    def _wait(self, trainer: Child, output: OutputLog) -> None:
        while not trainer.has_ended:
            asked = wait_for_signal(POLL_SECONDS)
            if asked is not None:
                self._request_stop(f"the supervisor got {asked.signal_name}", by=asked.user)
            trainer.reap()
            self._claim.beat.keep()
            self._claim.fence.check()
            self._oom_kills.look()
            with contextlib.suppress(OSError):
                output.limit()
            if not trainer.has_ended:
                self._watch_the_clock()
                self._watch_the_folder()
                self._watch_the_leases()
                self._stop_if_asked(trainer)

    def _end(self, trainer: Child) -> None:
        kind, cause = explain(self._ending(trainer))
        self._write_end(kind, cause, trainer)
        if kind is ExitKind.DRIVER:
            with contextlib.suppress(OSError, LaunchError):
                record_driver_loss([device["key"] for device in self._devices], self._run, cause)

    def _start(self, output: OutputLog) -> Child:
        return start_child(
            trainer_command(self._run, self._spec),
            env={
                **trainer_environment(self._spec, self._devices, self._mark, self._variables),
                FOLDER_VARIABLE: str(self._folder),
                FENCE_VARIABLE: self._claim.nonce,
            },
            cwd=self._spec.cwd,
            output=output.descriptor,
            inherited=self._inherited,
        )

    def _record_process(self, trainer: Child) -> None:
        record = ProcessRecord(
            boot_id=boot_id(),
            pid=trainer.pid,
            start_ticks=start_ticks(trainer.pid) or 0,
            host=host_name(),
            machine=machine_id(),
            started=time.time(),
            devices=self._devices,
            supervisor_pid=os.getpid(),
            supervisor_start_ticks=start_ticks(os.getpid()),
            user=user_name(),
        )
        try:
            write_record(self._attempt.process, record)
        except OSError:
            self._give_room()
            _write_patiently(self._attempt.process, record, patience_seconds=0)
            with contextlib.suppress(OSError):
                self._make_room()

    def _give_room(self) -> None:
        with contextlib.suppress(OSError):
            self._attempt.reserve.unlink()

    def _request_stop(self, why: str, by: str) -> None:
        """A signal to the supervisor is a request like any other, so that every reader sees it; so is the time."""
        if not _is_there(self._run.stop):
            request = StopRequest(by=by, when=time.time(), why=why)
            _write_patiently(self._run.stop, request, patience_seconds=0)
            self._stopping = self._stopping or _Stopping(request)

    def _watch_the_clock(self) -> None:
        limit = self._spec.time_limit_seconds
        if limit is not None and self._stopping is None and time.monotonic() >= self._began + limit:
            self._is_at_time_limit = True
            self._request_stop("", by=time_limit_words(limit))

    def _watch_the_folder(self) -> None:
        """Who deletes the folder of a run wants its end, and left no place to ask for it."""
        if self._stopping is None and self._is_deleted:
            self._stopping = _Stopping(StopRequest(by="the deletion of its folder", when=time.time()))

    def _watch_the_leases(self) -> None:
        """What is wrong with them stands in the run's row; the run goes on, for it may be the only one all the same."""
        note = self._leases.look()
        if note != self._note and not self._is_deleted:
            self._note = note
            with contextlib.suppress(OSError):  # it stands in supervisor.log too
                write_atomic(self._attempt.note, note.encode())

    @property
    def _is_deleted(self) -> bool:
        """Our lock file, or the folder, has no directory entry left; those of a folder that was moved have."""
        return os.fstat(self._inherited[0]).st_nlink == 0 or is_deleted(self._folder)

    def _stop_if_asked(self, trainer: Child) -> None:
        """Read again each time: a second request may shorten the grace of the first."""
        with contextlib.suppress(RunFolderError):  # torn by hand: the one before still holds
            request = read_record(self._run.stop, StopRequest)
            if request is not None:
                self._stopping = self._stopping or _Stopping(request)
                self._stopping.request = request
        if self._stopping is not None:
            self._stopping.press(trainer)

    def _ending(self, trainer: Child) -> Ending:
        return Ending(
            returncode=trainer.returncode or 0,
            output=tail(self._attempt.output),
            stop=self._stopping.request if self._stopping else None,
            is_ours=self._spec.trainer == "training",
            has_result=_is_there(self._run.result),
            oom_kills=self._oom_kills.lately(),
            device=", ".join(f"GPU {device['index']}" for device in self._devices if device["kind"] == "gpu"),
            disk_is_full=is_disk_full(self._run.path),
            at_time_limit=self._is_at_time_limit,
        )

    def _write_end(self, kind: ExitKind, cause: str, trainer: Child | None = None) -> None:
        if self._is_deleted:  # writing would make a folder again that holds nothing else
            return
        returncode = trainer.returncode if trainer else None
        record = ExitRecord(
            kind=kind,
            cause=cause,
            ended=time.time(),
            elapsed_seconds=round(time.monotonic() - self._began, 3),
            returncode=returncode if returncode is not None and returncode >= 0 else None,
            signal=-returncode if returncode is not None and returncode < 0 else None,
            peak_rss_bytes=trainer.peak_rss_bytes if trainer else None,
        )
        try:
            write_record(self._attempt.exit, record)
        except OSError:
            self._write_end_without_room(record)
        self._give_room()

    def _write_end_without_room(self, record: ExitRecord) -> None:
        try:
            write_record_into(self._attempt.reserve, self._attempt.exit, record)
        except OSError:
            self._give_room()
            _write_patiently(self._attempt.exit, record, patience_seconds=FULL_DISK_SECONDS)


class _Stopping:
    """The steps of a stop: TERM to the trainer alone (it writes a checkpoint, its loader workers must not be told
    first), after the grace TERM to its group, then KILL.
    """

    def __init__(self, request: StopRequest) -> None:
        self.request = request
        self._began = time.monotonic()
        self._said_please = False
        self._group_told: float | None = None

    def press(self, trainer: Child) -> None:
        now, grace_seconds = time.monotonic(), self.request.grace_seconds
        if not self._said_please:
            trainer.terminate()
            self._said_please = True
        elif self._group_told is None and now >= self._began + grace_seconds:
            trainer.terminate_group()
            self._group_told = now
        elif self._group_told is not None and now >= self._group_told + min(GROUP_GRACE_SECONDS, grace_seconds):
            trainer.kill_group()


def _next_attempt(run: RunFolder) -> AttemptFolder:
    """The newest one where nothing has begun in it, which is how a retry asks; else the first."""
    return run.latest_attempt() or run.attempt(1)


def _is_there(path: Path) -> bool:
    """False too where a network disk cannot tell just now: that must not end who watches over a trainer."""
    try:
        return path.exists()
    except OSError:
        return False


def _cannot_run(spec: Spec, error: OSError) -> str:
    what = error.filename or spec.argv[0]
    return f"its command cannot be run: {what}: {error.strerror}"


def _say(words: str) -> None:
    with contextlib.suppress(OSError):  # a full disk
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {words}", flush=True)


def _print_to(path: Path) -> None:
    """What this process itself has to say goes to a file: a pipe would tie it to whoever reads."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _write_patiently(path: Path, record: Record, *, patience_seconds: float) -> None:
    """Write; where the disk is full say so and try again for a while, but never die of it: a trainer depends on us."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            write_record(path, record)
        except OSError as error:
            with contextlib.suppress(OSError):
                print(f"{path}: cannot be written: {error}", file=sys.stderr, flush=True)
            if time.monotonic() >= deadline:
                return
            time.sleep(1.0)
        else:
            return


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (LaunchError, RunFolderError, OSError) as error:
        sys.exit(f"error: {error}")
