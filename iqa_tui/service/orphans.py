"""What a supervisor would do for its run and no longer can, because it was killed. Part of the dispatcher."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from iqa_tui.processes.identity import is_running, seconds_running
from iqa_tui.processes.marks import proof_of, signal_marked
from iqa_tui.processes.periods import ORPHANS_SECONDS
from iqa_tui.processes.strays import end_strays, marked_processes
from iqa_tui.service.causes import time_limit_words
from training.runfolder.beat import Beat
from training.runfolder.engines import SLURM
from training.runfolder.errors import LockHeld, RunFolderError
from training.runfolder.held import held
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held, take_lock
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ProcessRecord, StopRequest
from training.runfolder.write import write_record

REST = 50.0
"""Pause after a look, in times of what it took: a machine may have thousands of processes."""


class OrphanKeeper:
    """Looks after processes that were started for runs of one folder and have no supervisor."""

    def __init__(self, runs_dir: Path, say: Callable[[str], None]) -> None:
        self._runs_dir = runs_dir
        self._say = say
        self._next_look = 0.0
        self._asked: dict[str, float] = {}
        """Run id to when its request to stop was first seen, in seconds of the monotonic clock."""
        self.is_needed = False
        """Whether some were left at the last look."""

    def look(self) -> None:
        """Every few seconds: end processes that outlived their run, and stop runs that were asked to stop."""
        if time.monotonic() < self._next_look:
            return
        began = time.monotonic()
        marked = marked_processes(self._runs_dir)
        self._next_look = time.monotonic() + max(ORPHANS_SECONDS, REST * (time.monotonic() - began))
        self.is_needed = False
        for path, pids in marked.items():
            # Held, so that locks, tokens and records are those of one folder, whatever becomes of its name meanwhile.
            with contextlib.suppress(OSError, RunFolderError), held(RunFolder(path)) as run:  # gone: its row says so
                # A node of Slurm may be this very host, seen through another mount, whose locks are not ours.
                if read_spec(run).engine != SLURM and not is_held(run.supervisor_lock):
                    self.is_needed = True
                    self._look_after(run, pids)

    def _look_after(self, run: RunFolder, pids: set[int]) -> None:
        if is_held(run.alive_lock):
            self._press(run, pids)
            return
        try:  # a supervisor takes this lock first, so none starts while strays are ended; it means nothing else
            lock = take_lock(run.supervisor_lock, wait_seconds=0.0)
        except LockHeld:
            return
        try:
            if not is_held(run.alive_lock):
                self._sweep(run)
        finally:
            os.close(lock)

    def _press(self, run: RunFolder, pids: set[int]) -> None:
        """Stop a trainer that lives on alone, if asked; end the children of one that does not live.

        Args:
            pids: those that carry the run's mark. If the record names a process without it, all of these are
                signalled, and that process is left alone.
        """
        attempt = run.latest_attempt()
        process = read_record(attempt.process, ProcessRecord) if attempt else None
        if attempt is None or process is None:
            return
        if not is_running(process):
            self._sweep(run)
            return
        Beat(attempt).touch()  # its supervisor would have
        request = read_record(run.stop, StopRequest) or _stop_at_time_limit(run, process)
        if request is None:
            return
        asked = self._asked.get(run.run_id)
        if asked is None:
            self._asked[run.run_id] = time.monotonic()
            number = signal.SIGTERM
        elif time.monotonic() > asked + request.grace_seconds:
            self._say(f"{run.run_id}: did not stop within {request.grace_seconds:g} s and is killed")
            number = signal.SIGKILL
        else:
            return
        proof = proof_of(run)
        for pid in {process.pid} & pids or pids:
            signal_marked(pid, proof, number)

    def _sweep(self, run: RunFolder) -> None:
        ended = end_strays(run)
        self._say(f"{run.run_id}: {ended} processes had outlived it and were ended")


def _stop_at_time_limit(run: RunFolder, process: ProcessRecord) -> StopRequest | None:
    """Ask a run to stop that has had its time; None if it has not, or has no limit."""
    limit = read_spec(run).time_limit_seconds
    if limit is None or seconds_running(process) < limit:
        return None
    request = StopRequest(by=time_limit_words(limit), when=time.time())
    write_record(run.stop, request)
    return request
