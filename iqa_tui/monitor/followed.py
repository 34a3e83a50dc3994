"""One run, looked at again and again: its records, and as much of its events as is wanted."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import Any

from iqa_tui.monitor.history import LARGEST_SKIMMED_BYTES, History, Skimmed, events_stamp, skim, without_step_curves
from iqa_tui.monitor.machine import MachineCurves
from iqa_tui.monitor.state import RunState
from iqa_tui.slurm.look import Overheard
from iqa_tui.trust.ownership import is_ours
from iqa_tui.trust.signature import why_not_signed
from training.runfolder.beat import BeatWatch
from training.runfolder.engines import SLURM
from training.runfolder.errors import RunFolderError
from training.runfolder.job import SlurmAnswers
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.opening import read_bounded
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_shown_notes, read_shown_record
from training.runfolder.schema import ProcessRecord
from training.runfolder.slurm_status import job_of
from training.runfolder.spec import Spec
from training.runfolder.stamps import change_stamp, is_settled
from training.runfolder.status import Seen, run_status
from training.runfolder.text import plain

LARGEST_NOTE_BYTES = 4096
REQUEUE_SECONDS = 3600.0
"""After its end Slurm shows no job for longer than that, so it does not change an attempt's row any more."""


class FollowedRun:
    """Its records are read first; its events when that is asked for, and from then on at every look.

    Another look at a run of which nothing changed costs three `stat`.
    """

    def __init__(self, run: RunFolder, beats: BeatWatch | None, slurm: SlurmAnswers | None = None) -> None:
        self.run = run
        self.run_id = run.run_id
        self.name = run.path.name
        self.trouble = run.trouble
        """As it was listed."""
        self.reads_all = False
        """Read all events at the next look, and those that are new at each one after it."""
        self.state = self._unread = RunState(run, Status(Phase.QUEUED), is_whole=False)
        self._beats = beats
        self._slurm = slurm or Overheard()
        self._skimmed: Skimmed | None = None
        self._history: History | None = None
        self._machine: MachineCurves | None = None
        self._records: dict[str, Any] = {}
        self._known: Status | None = None
        """The last status that its folder told."""
        self._stamp: tuple[int, ...] | None = None
        """Time stamps under which the records still hold; None: look again."""

    @property
    def is_skimmed(self) -> bool:
        """Whether the last values of its events are known."""
        return self._skimmed is not None or self.is_whole

    @property
    def is_whole(self) -> bool:
        """Whether all its events have been read."""
        return self._history is not None and self._history.is_caught_up

    @property
    def lacks_events(self) -> bool:
        """Whether a part of them was left out that no record tells: what earlier attempts warned of, and their code."""
        is_skipped = self._skimmed is not None and not self._skimmed.is_complete
        return is_skipped and not self.is_whole and self.state.status.attempt > 1

    def look(self) -> RunState:
        """The run now."""
        stamp = change_stamp(self.run, self.state.status.attempt)
        if stamp is not None and stamp == self._stamp:
            return self.state
        if self.reads_all or self.is_whole:
            self._history = self._history or History(self.run)
            self._history.read_all()
        elif self._skimmed is not None and self._skimmed.stamp != events_stamp(self.run):
            self._skimmed = skim(self.run)
        self._records = self._read_records()
        self._show()
        self._stamp = stamp if _may_be_trusted(stamp, self.state) else None
        return self.state

    @property
    def is_quiet(self) -> bool:
        """Whether looking now and then is enough. A run that seems lost may beat again, but nothing hangs on it."""
        return self._stamp is not None or self.state.phase is Phase.LOST

    def skim(self, most_bytes: int = LARGEST_SKIMMED_BYTES) -> None:
        """Read the last values. They show at once, and so does what `read_on` reads; the records are read by `look`."""
        self._skimmed = skim(self.run, most_bytes)
        self._show()

    def read_on(self) -> None:
        """Read one slice of its history."""
        self._history = self._history or History(self.run)
        self._history.read_on()
        self._show()

    def forget_curves(self) -> None:
        """Keep of its history the last values, evaluations and warnings alone."""
        if self._history is not None and self.is_whole:
            state = without_step_curves(self._history.state)
            self._skimmed = Skimmed(state, True, self._history.problem, events_stamp(self.run))
        self._history = self._machine = None
        self._show()

    def _told(self) -> RunState:
        """What its events tell, as far as they were read."""
        history, skimmed = self._history, self._skimmed
        if history is not None and (history.is_caught_up or skimmed is None):
            return history.state if history.is_caught_up else replace(history.state, is_whole=False)
        if skimmed is None:
            return self._unread
        if history is None or skimmed.state.is_whole:
            return skimmed.state
        return replace(skimmed.state, metrics={**history.state.metrics, **skimmed.state.metrics})

    def _show(self) -> None:
        told = self._told()
        state = replace(told, **self._records) if self._records else told
        if self.is_whole:
            self._machine = self._machine or MachineCurves(self.run)
            self._machine.read(state.curve)
            state = self._machine.added_to(state)
        problem = self._history.problem if self._history else self._skimmed.problem if self._skimmed else ""
        if problem and state.phase is not Phase.UNREADABLE:
            causes = [cause for cause in (state.status.cause, problem) if cause]
            state = replace(state, status=replace(state.status, cause="; ".join(causes)))
        if state != self.state:
            self.state = state

    def _read_records(self) -> dict[str, Any]:
        """Fields of the state. The status is read before the other records: the files that it relies on are there by
        then.
        """
        spec = self.state.spec
        with contextlib.suppress(RunFolderError):  # its status says so
            spec = spec or read_shown_record(self.run.spec, Spec)
        seen = Seen()
        begun = self._told().begun_attempt
        status = run_status(self.run, begun_attempt=begun, spec=spec, seen=seen, beats=self._beats, slurm=self._slurm)
        if status.disk_trouble and self._known is not None:
            return self._records | {"status": _last_known(self._known, status)}
        self._known = status
        if status.phase is Phase.QUEUED and is_ours(self.run):
            status = replace(status, elsewhere=bool(why_not_signed(self.run)))
        try:
            attempt = seen.attempt
            if status.attempt and (attempt is None or attempt.number != status.attempt):  # it was made meanwhile
                attempt = self.run.attempt(status.attempt)
            return {
                "status": status,
                "spec": spec,
                "process": read_shown_record(attempt.process, ProcessRecord) if attempt else None,
                "noted": read_shown_notes(self.run),
                "exit": seen.exit if not status.phase.is_alive else None,
                "note": plain(_note(attempt)) if attempt and status.phase.is_alive else "",
                "place": seen.place if status.phase is Phase.QUEUED else None,
                "result": seen.result if status.phase is Phase.FINISHED else None,
                "job": job_of(attempt) if spec is not None and spec.engine == SLURM else None,
                "slurm": seen.word,
            }
        except RunFolderError as error:
            return self._records | {"status": Status(Phase.UNREADABLE, str(error), status.attempt)}


def _last_known(known: Status, now: Status) -> Status:
    """The last state of a run whose disk fails, unless Slurm, or its sign of life, tells a newer one."""
    if now.phase is Phase.UNREADABLE:
        cause = "; ".join(part for part in (known.cause, "its last known state", now.cause) if part)
        return replace(known, cause=cause, disk_trouble=True)
    return replace(now, attempt=known.attempt)


def _note(attempt: AttemptFolder) -> str:
    with contextlib.suppress(OSError, RunFolderError):
        return read_bounded(attempt.note, LARGEST_NOTE_BYTES).decode(errors="replace").strip()
    return ""


def _may_be_trusted(stamp: tuple[int, ...] | None, state: RunState) -> bool:
    """A run that seems lost because its beat stood still may beat again, which moves no folder's stamp."""
    may_change = state.phase.is_alive or state.phase is Phase.LOST
    if state.spec is not None and state.spec.engine == SLURM:  # Slurm may requeue what ended, and start what waits
        is_long_over = state.exit is not None and time.time() - state.exit.ended > REQUEUE_SECONDS
        may_change = state.phase is not Phase.FINISHED and not is_long_over
    return stamp is not None and not may_change and is_settled(stamp)
