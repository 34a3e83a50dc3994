"""Has the user told how an attempt ended, whether an app is open or not, by the command of their settings file.

The supervisor has it told when it wrote how its attempt ended; the dispatcher, if there is no supervisor left to do so.
A process of its own runs the command, so neither waits for it or fails because of it; a file in the attempt's folder
lets the first such process tell, and no other. Standard library only.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from iqa_tui.processes.start import program, start_detached
from iqa_tui.queue.queued_run import Waiting
from iqa_tui.settings.file import read_settings
from iqa_tui.trust.state_folder import state_folder
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.status import run_status

LOG = "notify.log"
GRACE_SECONDS = 3.0
"""What a supervisor has, before the dispatcher does its work."""

Ended = tuple[RunFolder, int]
"""Run and attempt."""


def notify_log() -> Path:
    """What the commands printed. Raises LaunchError: the state folder cannot be used."""
    return state_folder() / LOG


def is_wanted() -> bool:
    """The settings file names a command."""
    return bool(read_settings().settings.notify.command)


def tell_end(run: RunFolder, attempt: int, cause: str = "") -> None:
    """Start the process that tells, if a command is set. Raises nothing.

    Args:
        cause: of an attempt that left no record of its end: why it is lost.
    """
    try:
        if is_wanted():
            start_detached(program("iqa_tui.service.teller", str(run.shown), str(attempt), cause), notify_log())
    except Exception as error:  # noqa: BLE001  a trainer's end is worth more than a message about it
        print(f"{run.run_id}: how it ended is not told: {error}", file=sys.stderr, flush=True)


class UntoldEnds:
    """For the dispatcher: ends that no supervisor has told, of runs that it saw alive or is to resume."""

    def __init__(self) -> None:
        self._alive: dict[Path, Ended] = {}
        self._seen: dict[Ended, tuple[float, str]] = {}
        """To when the end was seen, on the monotonic clock, and why the run is lost; told ones are left out."""
        self._done: set[Ended] = set()

    @property
    def is_needed(self) -> bool:
        """Some may still have to be told."""
        return bool(self._seen)

    def look(self, waiting: Waiting) -> None:
        """Call it before anything is resumed."""
        if not is_wanted():
            self._alive, self._seen = {}, {}
            return
        ours = [run for run, _ in waiting.alive if run not in {run for run, _ in waiting.foreign}]
        alive = {run.path: (run, attempt) for run in ours if (attempt := _attempt_of(run))}
        gone = [ended for path, ended in self._alive.items() if alive.get(path) != ended]
        self._alive = alive
        gone += [(run, attempt) for run, _ in waiting.resumable if (attempt := _attempt_of(run))]
        for ended in gone:
            if ended not in self._done:
                self._seen.setdefault(ended, (time.monotonic(), _cause_of(ended)))
        for ended, (since, cause) in list(self._seen.items()):
            if time.monotonic() >= since + GRACE_SECONDS:
                del self._seen[ended]
                self._done.add(ended)
                if not _is_told(ended):
                    tell_end(*ended, cause)


def _attempt_of(run: RunFolder) -> int:
    """0: there is none, or it cannot be read."""
    try:
        attempt = run.latest_attempt()
    except (OSError, ValueError):
        return 0
    return attempt.number if attempt else 0


def _cause_of(ended: Ended) -> str:
    status = run_status(ended[0])
    return status.cause if status.phase is Phase.LOST else ""


def _is_told(ended: Ended) -> bool:
    run, attempt = ended
    folder = run.attempt(attempt)
    try:
        return folder.told.exists() or not folder.path.exists()
    except OSError:
        return True
