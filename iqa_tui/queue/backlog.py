"""What waits and what is alive in a folder of runs."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path

from iqa_tui.monitor.remembered import Remembered
from iqa_tui.queue.attempts import may_resume
from iqa_tui.queue.order import in_starting_order, with_given_priority
from iqa_tui.queue.queued_run import QueuedRun, Waiting
from iqa_tui.slurm.answers import last_answers
from iqa_tui.trust.ownership import is_ours
from iqa_tui.trust.signature import why_not_signed
from training.runfolder.beat import BeatWatch
from training.runfolder.engines import SLURM
from training.runfolder.errors import RunFolderError
from training.runfolder.folders import list_runs
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Place
from training.runfolder.slurm_status import job_of
from training.runfolder.spec import Spec
from training.runfolder.status import run_status


class _Part(Enum):
    OVER = 0
    QUEUED = 1
    HELD = 2
    ALIVE = 3
    RESUMABLE = 4
    ELSEWHERE = 5
    FOREIGN = 6
    UNSUBMITTED = 7
    ASKED_TO_STOP = 8
    UNSURE = 9


LASTING = (_Part.OVER, _Part.QUEUED, _Part.HELD, _Part.ELSEWHERE, _Part.UNSUBMITTED)
"""Parts that a run leaves only by a change in its folder: a freed lock moves no time stamp."""


class Backlog:
    """Reads a folder of runs again and again; a run that no process works on costs three `stat`."""

    def __init__(self, runs_dir: Path, *, own_only: bool = False, beats: BeatWatch | None = None) -> None:
        """Read nothing yet.

        Args:
            own_only: leave out what another user queued. A run is started with the name and rights of its dispatcher.
            beats: of a caller that looks again and again and resumes lost runs; None: as for `run_status`.
        """
        self._beats = beats
        self._runs_dir = runs_dir
        self._own_only = own_only
        self._specs: dict[str, Spec] = {}
        self._parts: Remembered[_Part] = Remembered(self._look)

    def read(self) -> Waiting:
        parts: dict[_Part, list[QueuedRun]] = {part: [] for part in _Part}
        for run in list_runs(self._runs_dir):
            part = _Part.OVER if run.trouble else self._parts.of(run)
            if part is _Part.OVER or (self._own_only and not is_ours(run)):
                continue
            spec = self._spec(run)
            if spec is not None:
                parts[part].append(QueuedRun(run, spec))
        return Waiting(
            tuple(in_starting_order(map(with_given_priority, parts[_Part.QUEUED]))),
            tuple(parts[_Part.ALIVE] + parts[_Part.UNSURE] + parts[_Part.FOREIGN]),
            tuple(parts[_Part.HELD]),
            tuple(parts[_Part.RESUMABLE]),
            tuple(parts[_Part.ELSEWHERE]),
            foreign=tuple(parts[_Part.FOREIGN]),
            unsure=tuple(parts[_Part.UNSURE]),
            unsubmitted=tuple(in_starting_order(map(with_given_priority, parts[_Part.UNSUBMITTED]))),
            asked_to_stop=tuple(parts[_Part.ASKED_TO_STOP]),
        )

    def _look(self, run: RunFolder) -> tuple[_Part, bool]:
        part = self._part(run)
        if part is _Part.OVER:
            self._specs.pop(run.run_id, None)  # it holds a whole plan, and there may be thousands
        return part, part in LASTING

    def _part(self, run: RunFolder) -> _Part:
        known = self._spec(run)
        if known is not None and known.engine == SLURM:
            return self._slurm_part(run)
        # Whether its trainer has begun does not matter here, and finding out would read all its events.
        status = run_status(run, begun_attempt=sys.maxsize, spec=self._specs.get(run.run_id), beats=self._beats)
        if status.phase is Phase.QUEUED:
            return _Part.HELD if status.held else self._queued_part(run)
        if status.phase.is_alive:
            if status.host:
                return _Part.FOREIGN
            return _Part.UNSURE if status.is_unsure else _Part.ALIVE
        spec = self._spec(run)
        if spec is not None and may_resume(run, spec, status) and not (self._own_only and why_not_signed(run)):
            return _Part.RESUMABLE
        return _Part.OVER

    def _slurm_part(self, run: RunFolder) -> _Part:
        """Slurm queues and starts these. What is left is what only their owner's programs can do."""
        try:
            attempt = run.latest_attempt() or run.attempt(1)
            if not is_ours(run) or run.result.exists():
                return _Part.OVER
            if run.stop.exists() and attempt.job.exists():
                return _Part.ASKED_TO_STOP if _job_lives(run, attempt) else _Part.OVER
            if attempt.exit.exists() or attempt.job.exists():
                return _Part.OVER
            place = read_record(run.place, Place)
            waits = not (run.stop.exists() or attempt.process.exists() or (place is not None and place.held))
        except (RunFolderError, OSError):
            return _Part.OVER
        return _Part.UNSUBMITTED if waits and not why_not_signed(run) else _Part.OVER

    def _queued_part(self, run: RunFolder) -> _Part:
        """A look at all users' runs cannot check the signatures of the others."""
        return _Part.ELSEWHERE if self._own_only and why_not_signed(run) else _Part.QUEUED

    def _spec(self, run: RunFolder) -> Spec | None:
        if run.run_id not in self._specs:
            try:
                self._specs[run.run_id] = read_spec(run)
            except RunFolderError:  # its status is `unreadable`, and says why
                return None
        return self._specs[run.run_id]


def _job_lives(run: RunFolder, attempt: AttemptFolder) -> bool:
    """As far as Slurm has said; after a crash it may begin a job again that has ended."""
    job = job_of(attempt)
    line = last_answers().word_on(run.run_id, job).line if job is not None else None
    return line is not None and not line.is_over
