"""One attempt as a job of Slurm: Slurm gives the devices, says when it ends, and may start the job again elsewhere."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

from iqa_tui.processes.child import Asked, Child
from iqa_tui.processes.marks import MARK_VARIABLE
from iqa_tui.processes.start import OURS
from iqa_tui.service.causes import explain
from iqa_tui.service.last_words import plain_text, tail
from iqa_tui.service.sampling import Sampling, gpus_of_slurm
from iqa_tui.service.stopping import HurriedStop, Stopping
from iqa_tui.service.supervision import Supervisor
from iqa_tui.service.supervisor_output import is_there, say
from iqa_tui.slurm.node import JobEnd, Node, job_end, kill_wait_seconds, lead_seconds, requeue, trainer_variables
from iqa_tui.slurm.options import asks_for_gpu
from iqa_tui.slurm.words import PUTS_BACK, TIME_LIMIT, ended_by, limit_words, memory_words
from iqa_tui.trust.signature import Signed
from training.runfolder.claim import Claim, claim_run
from training.runfolder.errors import RunFolderError
from training.runfolder.exits import ExitKind
from training.runfolder.job import JOB_OUTPUT
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import RetryRecord, StopRequest
from training.runfolder.slurm_status import BY_SLURM
from training.runfolder.write import write_record

RECORD_SECONDS = 3.0
"""Kept of Slurm's KillWait to write down how the trainer ended."""
END_SECONDS = 10.0
"""Kept of the time before a job's end, for the record and the requeue."""
SHORTEST_GRACE_SECONDS = 1.0
NAMELESS = "Slurm"
"""Who ends a job, if Slurm does not say why."""
GOES_ON_AFTER = (ExitKind.STOPPED, ExitKind.TIME_LIMIT)
ENDS_WELL = (ExitKind.FINISHED, ExitKind.STOPPED, ExitKind.TIME_LIMIT)


class SlurmSupervisor(Supervisor):
    """As on any machine, but for devices, signals, and what becomes of the run afterwards."""

    _fence_is_asked_each_time = True

    def __init__(self, run: RunFolder, submitted: Signed, node: Node, inherited: list[int]) -> None:
        """Start nothing yet.

        Args:
            run: held.
            submitted: the very bytes that were submitted.
            node: what Slurm gave.
            inherited: descriptors that the trainer gets: the run's own lock, and last the folder.
        """
        super().__init__(run, submitted, node.device_records(), inherited)
        self._node = node
        self._kill_wait_seconds = kill_wait_seconds(self._attempt)
        self._end_told: JobEnd | None = None
        """What Slurm's own signal meant; None if it sent none."""
        self._said_before = _size_of(run.path / JOB_OUTPUT)
        self._was_told_of_stop = False
        self._kind: ExitKind | None = None

    @property
    def exit_code(self) -> int:
        """What Slurm shall show: failed for a run that failed."""
        return 0 if self._kind is None or self._kind in ENDS_WELL else 1

    def _take_the_run(self) -> Claim:
        return claim_run(self._run, self._attempt, job=self._node.job, restart=self._node.restart)

    def _refusal(self) -> str:
        if self._spec.device_kind == "gpu" and not self._node.gpus:
            return f"Slurm gave no GPU on {self._node.name}: gres = {self._spec.slurm.get('gres', '')!r}"
        return ""

    def _trainer_environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name not in OURS}
        return {
            **trainer_variables(own, self._spec, self._node, self._variables),
            "IQA_TUI_ATTEMPT": str(self._mark.attempt),
            MARK_VARIABLE: self._mark.text,
            "IQA_TUI_DEVICE": "cpu" if self._spec.device_kind == "cpu" else "cuda",
        }

    def _sampler(self) -> Sampling:
        """A slice of a GPU (shard, mps) is shared with other jobs, a GPU of its own is not."""
        is_alone = asks_for_gpu(self._spec.slurm)
        gpus = gpus_of_slurm(self._trainer_environment(), len(self._node.gpus))
        return Sampling([str(self._attempt.number), self._claim.nonce], self._folder, gpus, is_alone=is_alone)

    def _give_way(self, trainer: Child) -> None:
        """Slurm has begun the run elsewhere: our trainer writes nothing more, not even a checkpoint."""
        trainer.kill_group()
        self._sampling.end(trainer)
        trainer.sweep()

    def _signalled(self, asked: Asked) -> None:
        if asked.signal_name == "SIGUSR1":
            self._told_of_the_end()
        elif is_there(self._run.stop) and not self._was_told_of_stop:
            self._was_told_of_stop = True  # the request is in the folder, with its grace; the signal says: look now
        else:
            self._hurry()

    def _told_of_the_end(self) -> None:
        """Slurm will end the job soon: write a checkpoint, and go on in the next one."""
        if self._stopping is not None:
            return
        lead, now = lead_seconds(self._spec), time.time()
        self._end_told = end = job_end(self._node, lead, now)
        left = (lead if end.ends is None else end.ends - time.time()) - END_SECONDS
        limit = f" of {limit_words(end.limit)}" if end.limit else ""
        by = "Slurm for another job" if end.is_preempted else f"{TIME_LIMIT}{limit}"
        self._is_at_time_limit = not end.is_preempted
        request = StopRequest(by=by, when=now, grace_seconds=max(SHORTEST_GRACE_SECONDS, left))
        self._write_request(request)
        self._stopping = Stopping(request)

    def _hurry(self) -> None:
        """TERM, which Slurm sends to all of the job's processes: what is there after KillWait is killed, we too."""
        if isinstance(self._stopping, HurriedStop):
            return
        grace = max(SHORTEST_GRACE_SECONDS, self._kill_wait_seconds - RECORD_SECONDS)
        by = self._stopping.request.by if self._stopping is not None else self._who_ends_it() or NAMELESS
        request = StopRequest(by=by, when=time.time(), why="", grace_seconds=grace)
        self._write_request(request)
        self._stopping = HurriedStop(request)

    def _who_ends_it(self) -> str:
        """As Slurm says it in the job's output, which holds earlier attempts' too; empty if it says nothing."""
        new = _size_of(self._run.path / JOB_OUTPUT) - self._said_before
        return ended_by(plain_text(tail(self._run.path / JOB_OUTPUT)[-new:]), self._node.job) if new > 0 else ""

    def _request_stop(self, why: str, by: str) -> None:
        """What the run has of its own, such as its time limit; another attempt must not find it."""
        request = StopRequest(by=by, when=time.time(), why=why)
        self._write_request(request)
        self._stopping = self._stopping or Stopping(request)

    def _write_request(self, request: StopRequest) -> None:
        try:
            write_record(self._attempt.stop, request)
        except OSError as error:
            say(f"{self._attempt.stop.name}: cannot be written: {error}")

    def _stop_if_asked(self, trainer: Child) -> None:
        """Once Slurm has said when it kills, no request can give more time."""
        if isinstance(self._stopping, HurriedStop):
            self._stopping.press(trainer)
        else:
            super()._stop_if_asked(trainer)

    def _end(self, trainer: Child) -> None:
        stopping = self._stopping
        if isinstance(stopping, HurriedStop) and stopping.request.by == NAMELESS and (by := self._who_ends_it()):
            stopping.request = replace(stopping.request, by=by)
        if isinstance(stopping, HurriedStop) and stopping.request.by == TIME_LIMIT:
            self._is_at_time_limit = True
        kind, cause = explain(self._ending(trainer))
        memory = self._spec.slurm.get("mem")
        if kind is ExitKind.HOST_OUT_OF_MEMORY and memory:
            cause = f"over its memory of {memory_words(memory)} (mem)"
        wants_more = self._end_told is not None and kind in GOES_ON_AFTER and not is_there(self._run.stop)
        if wants_more and self._end_told is not None and not self._has_new_checkpoint():
            kind, cause, wants_more = ExitKind.FAILED, _no_checkpoint_words(self._end_told), False
        self._records.comes_back = wants_more or (
            isinstance(stopping, HurriedStop)
            and stopping.request.by in PUTS_BACK
            and kind is not ExitKind.FINISHED
            and not is_there(self._run.stop)
        )
        self._write_end(kind, cause, trainer)
        if wants_more and (trouble := requeue(self._node)):
            say(f"job {self._node.job} is not put back into the queue: {trouble}")

    def _write_end(self, kind: ExitKind, cause: str, trainer: Child | None = None) -> None:
        self._kind = kind
        super()._write_end(kind, cause, trainer)

    def _tell_end(self) -> None:
        if not self._records.comes_back:
            super()._tell_end()

    def _has_new_checkpoint(self) -> bool:
        """Whether this attempt or the one before it left a checkpoint: a run that never does would go on for ever."""
        before = _attempt_before(self._run, self._attempt)
        if before is None:
            return True
        try:
            began = before.process.stat().st_mtime
            return any(path.exists() and path.stat().st_mtime >= began for path in self._run.resumable_checkpoints)
        except OSError:
            return True


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _attempt_before(run: RunFolder, attempt: AttemptFolder) -> AttemptFolder | None:
    """The attempt that Slurm ended before this one; None if a user began this one."""
    try:
        retry = read_record(attempt.retry, RetryRecord)
    except (RunFolderError, OSError):
        return None
    return run.attempt(attempt.number - 1) if retry is not None and retry.by == BY_SLURM else None


def _no_checkpoint_words(end: JobEnd) -> str:
    if end.is_preempted:
        return "no checkpoint before Slurm gave its place to another job, twice"
    return f"no checkpoint within Slurm's {limit_words(end.limit) if end.limit else 'time limit'}, twice"
