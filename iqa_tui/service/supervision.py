"""One attempt at one run, supervised from the start of its trainer to the record of its end."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time

from iqa_tui.devices.lease_watch import LeaseWatch
from iqa_tui.devices.withdrawn import record_driver_loss
from iqa_tui.errors import LaunchError
from iqa_tui.processes.child import Asked, Child, become_reaper, start_child, wait_for_signal
from iqa_tui.processes.full_disk import is_disk_full
from iqa_tui.processes.marks import make_mark
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.output_log import OutputLog
from iqa_tui.processes.periods import SUPERVISOR_SECONDS
from iqa_tui.processes.strays import end_strays
from iqa_tui.service.attempt_records import AttemptRecords, write_patiently
from iqa_tui.service.causes import Ending, explain, time_limit_words
from iqa_tui.service.ended import read_ended
from iqa_tui.service.last_words import tail
from iqa_tui.service.oom_kills import OomKills
from iqa_tui.service.sampling import Sampling, named_gpus
from iqa_tui.service.stopping import Stopping
from iqa_tui.service.supervisor_exits import EXIT_NO_PROCESS, EXIT_NO_ROOM, EXIT_NOT_QUEUED
from iqa_tui.service.supervisor_output import is_there, print_to, say
from iqa_tui.service.telling import tell_end
from iqa_tui.service.trainer_call import (
    FENCE_VARIABLE,
    FOLDER_VARIABLE,
    DeviceRecord,
    cannot_run_words,
    trainer_command,
    trainer_environment,
)
from iqa_tui.service.tuning import NothingChosen, tuned_flags
from iqa_tui.trust.signature import Signed
from iqa_tui.words.people import user_name
from training.runfolder.claim import Claim, claim_run
from training.runfolder.errors import Fenced, RunFolderError
from training.runfolder.exits import ExitKind
from training.runfolder.held import is_deleted
from training.runfolder.host import boot_id, host_name, machine_id, start_ticks
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.machine import peak_gpu_memory
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, ProcessRecord, StopRequest
from training.runfolder.write import write_atomic

GIVE_WAY_GRACE_SECONDS = 1.0
"""From TERM to KILL for a trainer whose run another attempt has taken over; that attempt waits somewhat longer."""
NO_ROOM_ERRORS = (errno.ENOSPC, errno.EDQUOT)


class Supervisor:
    """One attempt at one run, from the start of the trainer to the record of its end."""

    _fence_is_asked_each_time = False  # otherwise once a second

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
        self._records = AttemptRecords(run, self._attempt)
        self._began = time.monotonic()
        self._oom_kills = OomKills()
        self._stopping: Stopping | None = None
        self._is_at_time_limit = False
        keys = [device["key"] for device in devices] if inherited[1:-1] else []  # Slurm gives devices without leases
        self._leases = LeaseWatch(list(zip(keys, inherited[1:-1], strict=True)), say)
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
            self._records.make_room()
            self._mark = make_mark(self._run, self._attempt)
            self._claim = self._take_the_run()
            output = OutputLog(self._attempt.output)
            print_to(self._attempt.supervisor_output)
            self._chosen = tuned_flags(self._run, self._spec)
        except NothingChosen as nothing:
            self._write_end(ExitKind.NOT_STARTED, str(nothing))
            return 0
        except OSError as error:
            if error.errno not in NO_ROOM_ERRORS:
                raise
            print(f"{self._attempt.path}: {error}", file=sys.stderr)
            return EXIT_NO_ROOM
        become_reaper()
        end_strays(self._run)  # left by an attempt that lost its supervisor: the run's lock is ours by now
        self._claim.fence.check(fresh=True)
        if words := self._refusal():
            self._write_end(ExitKind.NOT_STARTED, words)
            return 0
        self._sampling = self._sampler()
        try:
            trainer = self._trainer = self._start(output)
        except OSError as error:
            if is_no_process(error):
                print(f"{self._run.run_id}: {no_process_words(error)}; it stays queued", file=sys.stderr)
                return EXIT_NO_PROCESS
            self._write_end(ExitKind.NOT_STARTED, cannot_run_words(self._spec, error))
            return 0
        self._record_process(trainer)
        self._wait(trainer, output)
        self._sampling.end(trainer)
        trainer.sweep()
        self._end(trainer)
        return 0

    def _take_the_run(self) -> Claim:
        return claim_run(self._run, self._attempt)

    def _refusal(self) -> str:
        """Why no trainer is started, in words; empty if nothing is against it."""
        return ""

    def _give_way(self, trainer: Child) -> None:
        """Another attempt has the run: end our trainer and write nothing more.

        An external trainer reads no fence, and would use a grace to write.
        """
        self._sampling.end(trainer)
        deadline = time.monotonic() + (GIVE_WAY_GRACE_SECONDS if self._spec.trainer == "training" else 0.0)
        trainer.terminate()
        while not trainer.has_ended and time.monotonic() < deadline:
            wait_for_signal(0.05)
            trainer.reap()
        trainer.kill_group()
        trainer.sweep()

    def _wait(self, trainer: Child, output: OutputLog) -> None:
        while not trainer.has_ended:
            asked = wait_for_signal(SUPERVISOR_SECONDS)
            if asked is not None:
                self._signalled(asked)
            trainer.reap()
            self._claim.beat.keep()
            self._claim.fence.check(fresh=self._fence_is_asked_each_time)
            self._oom_kills.look()
            with contextlib.suppress(OSError):
                output.limit()
            if not trainer.has_ended:
                self._sampling.keep(trainer)
                self._watch_the_clock()
                self._watch_the_folder()
                self._watch_the_leases()
                self._stop_if_asked(trainer)

    def _signalled(self, asked: Asked) -> None:
        if asked.signal_name != "SIGUSR1":  # which only Slurm sends, to its own jobs
            self._request_stop(f"the supervisor got {asked.signal_name}", by=asked.user)

    def _end(self, trainer: Child) -> None:
        kind, cause = explain(self._ending(trainer))
        self._write_end(kind, cause, trainer)
        if kind is ExitKind.DRIVER:
            with contextlib.suppress(OSError, LaunchError):
                record_driver_loss([device["key"] for device in self._devices], self._run, cause)

    def _start(self, output: OutputLog) -> Child:
        return start_child(
            [*trainer_command(self._run, self._spec), *self._chosen],
            env={
                **self._trainer_environment(),
                FOLDER_VARIABLE: str(self._folder),
                FENCE_VARIABLE: self._claim.nonce,
            },
            cwd=self._spec.cwd,
            output=output.descriptor,
            inherited=self._inherited,
        )

    def _trainer_environment(self) -> dict[str, str]:
        return trainer_environment(self._spec, self._devices, self._mark, self._variables)

    def _sampler(self) -> Sampling:
        shares = self._spec.vram_bytes is not None and any(device.get("room_bytes") for device in self._devices)
        arguments = [str(self._attempt.number), self._claim.nonce]
        return Sampling(arguments, self._folder, named_gpus(self._devices), is_alone=not shares)

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
        self._records.write_process(record)

    def _request_stop(self, why: str, by: str) -> None:
        """Write the request down, so that every reader sees it, whether it is a signal or the time limit."""
        if not is_there(self._run.stop):
            request = StopRequest(by=by, when=time.time(), why=why)
            write_patiently(self._run.stop, request, patience_seconds=0)
            self._stopping = self._stopping or Stopping(request)

    def _watch_the_clock(self) -> None:
        limit = self._spec.time_limit_seconds
        if limit is not None and self._stopping is None and time.monotonic() >= self._began + limit:
            self._is_at_time_limit = True
            self._request_stop("", by=time_limit_words(limit))

    def _watch_the_folder(self) -> None:
        """A user who deletes the folder of a run wants its end, and left no place to ask for it."""
        if self._stopping is None and self._is_deleted:
            self._stopping = Stopping(StopRequest(by="the deletion of its folder", when=time.time()))

    def _watch_the_leases(self) -> None:
        """Note what is wrong with them, for the run's row; the run goes on, for it may still be alone on its device."""
        note = self._leases.look()
        if note != self._note and not self._is_deleted:
            self._note = note
            with contextlib.suppress(OSError):  # it stands in supervisor.log too
                write_atomic(self._attempt.note, note.encode())

    @property
    def _is_deleted(self) -> bool:
        """Our lock file or the folder has no directory entry left. A moved folder keeps its entry."""
        return os.fstat(self._inherited[0]).st_nlink == 0 or is_deleted(self._folder)

    def _stop_if_asked(self, trainer: Child) -> None:
        """Read again each time: a second request may shorten the grace of the first."""
        with contextlib.suppress(RunFolderError):  # torn by hand: the previous one still holds
            request = read_record(self._run.stop, StopRequest)
            if request is not None:
                self._stopping = self._stopping or Stopping(request)
                self._stopping.request = request
        if self._stopping is not None:
            self._stopping.press(trainer)

    def _ending(self, trainer: Child) -> Ending:
        return Ending(
            returncode=trainer.returncode or 0,
            output=tail(self._attempt.output),
            stop=self._stopping.request if self._stopping else None,
            is_ours=self._spec.trainer == "training",
            has_result=is_there(self._run.result),
            oom_kills=self._oom_kills.lately(),
            device=", ".join(f"GPU {device['index']}" for device in self._devices if device["kind"] == "gpu"),
            disk_is_full=is_disk_full(self._run.path),
            at_time_limit=self._is_at_time_limit,
            ended=read_ended(self._run, self._attempt.number) if self._spec.trainer == "training" else None,
        )

    def _write_end(self, kind: ExitKind, cause: str, trainer: Child | None = None) -> None:
        if self._is_deleted:  # writing would make the folder again, with nothing else in it
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
            peak_gpu_memory_bytes=peak_gpu_memory(self._run, self._attempt.number),
        )
        self._records.write_end(record)
        self._tell_end()

    def _tell_end(self) -> None:
        tell_end(self._run, self._attempt.number)


def _next_attempt(run: RunFolder) -> AttemptFolder:
    """The newest one, which a retry has made and in which nothing has begun; else the first."""
    return run.latest_attempt() or run.attempt(1)
