"""Plans whose runs fail one after the other as soon as they start: a refused flag, a missing file, no CUDA.

The runs that still wait would fail within a minute. So they are held, with the reason, until a user releases them.
What happened stands in the folders of the runs, so a dispatcher that is killed forgets nothing. A run that trains for a
while, or finishes, ends the row of failures; so does a user who launches, releases, retries or adopts a run of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.monitor.remembered import Remembered
from iqa_tui.processes.periods import FAILURES_SECONDS
from iqa_tui.queue.queued_run import QueuedRun, Waiting
from iqa_tui.trust.ownership import is_ours
from training.runfolder.errors import RunFolderError
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, Place, ProcessRecord, RetryRecord, Signature

QUICK_SECONDS = 20.0
"""A run that failed sooner has not trained."""
MOST_QUICK_FAILURES = 3
"""In a row, before the waiting runs of the plan are held."""
ASKED_FOR = (ExitKind.STOPPED, ExitKind.TIME_LIMIT)
"""Ends that say nothing of the plan."""
OF_ITS_VALUE = (ExitKind.NOT_FINITE, ExitKind.GPU_OUT_OF_MEMORY, ExitKind.HOST_OUT_OF_MEMORY)
"""Ends of a tuning run that say something of the value which it tried, and nothing of the plan."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What one start of a run says of its plan."""

    t: float
    """Unix seconds of when it said so."""
    cause: str = ""
    """Why it failed at once, in words; empty if it went well."""


@dataclass(frozen=True, slots=True)
class History:
    """What the folder of one run tells."""

    asked: float
    """Unix seconds of when a user last wanted it to run."""
    signs: tuple[Sign, ...] = ()


Parts = dict[str, dict[str, RunFolder]]
"""Part of what waits (queued, alive, held) to its runs, by id."""


def _ended_since(before: Parts | None, now: Parts) -> list[RunFolder]:
    """Runs that were alive or queued and are not any more: only they can make a row of failures longer."""
    if before is None:
        return []
    there = {run_id for part in now.values() for run_id in part}
    ended = {run_id: run for run_id, run in before["queued"].items() if run_id not in there}
    return list((ended | {key: run for key, run in before["alive"].items() if key not in now["alive"]}).values())


def _has_failed(run: RunFolder) -> bool:
    return any(sign.cause for sign in history_of(run).signs)


class QuickFailures:
    """Of one folder of runs, for one user. For one thread."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._groups: dict[str, str] = {}
        """Run id to group, which never changes."""
        self._over: dict[str, History] = {}
        """Run id to what its folder told once it was over."""
        self._read = Remembered(lambda run: (history_of(run), True))
        self._waiting: Parts | None = None
        """As it was at the last look."""
        self._next_look = 0.0
        self._why: dict[str, str] = {}

    def why_held(self, waiting: Waiting) -> dict[str, str]:
        """Group to why its queued runs should be held; only groups of which some are queued."""
        now = {name: {run.run_id: run for run, _ in getattr(waiting, name)} for name in ("queued", "alive", "held")}
        before, self._waiting = self._waiting, now
        is_due = before is None or time.monotonic() >= self._next_look
        if is_due or (now != before and (self._why or any(map(_has_failed, _ended_since(before, now))))):
            self._next_look = time.monotonic() + FAILURES_SECONDS
            groups = {spec.group for _, spec in waiting.queued}
            self._why = {group: why for group in groups if (why := self._why_of(group, waiting))}
        return self._why

    def _why_of(self, group: str, waiting: Waiting) -> str:
        histories = self._histories(group, waiting)
        asked = max((history.asked for history in histories), default=0.0)
        signs = [sign for history in histories for sign in history.signs if sign.t > asked]
        signs += [Sign(t) for t in _trained_for_a_while(waiting.alive, group) if t > asked]
        return why_held(signs)

    def _histories(self, group: str, waiting: Waiting) -> list[History]:
        changing = {run.run_id for part in (waiting.queued, waiting.alive, waiting.held) for run, _ in part}
        changing |= {run.run_id for run, _ in waiting.resumable}
        runs = [run for run in list_runs(self._runs_dir) if self._group_of(run) == group]
        return [self._history(run, may_change=run.run_id in changing) for run in runs]

    def _history(self, run: RunFolder, *, may_change: bool) -> History:
        """Read again only if a time stamp of its folders says that something changed."""
        if not may_change and run.run_id in self._over:
            return self._over[run.run_id]
        history = self._read.of(run)
        if may_change:
            self._over.pop(run.run_id, None)
        else:
            self._over[run.run_id] = history
        return history

    def _group_of(self, run: RunFolder) -> str | None:
        """None if it is another user's, or unreadable."""
        if run.run_id not in self._groups:
            try:
                if not is_ours(run):
                    return None
                self._groups[run.run_id] = read_spec(run).group
            except (RunFolderError, OSError):
                return None
        return self._groups[run.run_id]


def why_held(signs: Iterable[Sign]) -> str:
    """Why a plan should be held whose starts said this, in any order; empty if it should not."""
    newest_first = sorted(signs, key=lambda sign: sign.t, reverse=True)[:MOST_QUICK_FAILURES]
    if len(newest_first) < MOST_QUICK_FAILURES or not all(sign.cause for sign in newest_first):
        return ""
    return f"{MOST_QUICK_FAILURES} runs in a row failed within seconds of their start: {newest_first[0].cause}"


def history_of(run: RunFolder) -> History:
    """What a run's records tell; as far as they can be read."""
    asked, signs = 0.0, []
    try:
        spec = read_spec(run)
        asked = max(asked, spec.created)
        signature, place = read_record(run.signature, Signature), read_record(run.place, Place)
        asked = max(asked, signature.when if signature else 0.0, place.released if place else 0.0)
        for attempt in run.attempts():
            retry = read_record(attempt.retry, RetryRecord)
            if retry is not None and not retry.automatic:
                asked = max(asked, retry.when)
            ended = read_record(attempt.exit, ExitRecord)
            if ended is None or (spec.trial and ended.kind in OF_ITS_VALUE):
                continue
            if (sign := _sign_of(ended)) is not None:
                signs.append(sign)
    except (RunFolderError, OSError, TypeError):  # its row says so
        pass
    return History(asked, tuple(signs))


def _sign_of(ended: ExitRecord) -> Sign | None:
    """None if it says nothing of the plan."""
    if ended.kind is ExitKind.FINISHED:
        return Sign(ended.ended)
    if ended.elapsed_seconds >= QUICK_SECONDS:
        return Sign(ended.ended - ended.elapsed_seconds + QUICK_SECONDS)
    return None if ended.kind in ASKED_FOR else Sign(ended.ended, ended.cause or ended.kind.value)


def _trained_for_a_while(alive: Iterable[QueuedRun], group: str) -> list[float]:
    """When each living run of a group had trained for long enough, of those that have."""
    times = []
    for run, spec in alive:
        if spec.group != group:
            continue
        try:
            attempt = run.latest_attempt()
            process = read_record(attempt.process, ProcessRecord) if attempt else None
            if process is not None and process.started + QUICK_SECONDS <= time.time():
                times.append(process.started + QUICK_SECONDS)
        except (RunFolderError, OSError, TypeError):  # its row says so
            continue
    return times
