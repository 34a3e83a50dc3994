"""What the dispatcher does in the folder of a run that is not alive: it resumes the run, or gives it up."""

from __future__ import annotations

import os
import time

from iqa_tui.queue.attempts import MOST_AUTOMATIC, automatic_attempts, queue_again
from iqa_tui.service.dispatcher_words import say
from iqa_tui.service.telling import tell_end
from iqa_tui.words.states import status_words
from training.runfolder.errors import LockHeld, RunFolderError
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.schema import ExitRecord
from training.runfolder.status import run_status
from training.runfolder.write import write_record


def came_up(run: RunFolder) -> bool:
    """Whether its supervisor recorded its trainer, which may have ended since."""
    try:
        attempt = run.latest_attempt()
    except (OSError, RunFolderError):  # a file in a folder's place: no supervisor comes up there
        return False
    return attempt is not None and attempt.process.exists()


def resume(run: RunFolder) -> None:
    """Queue a run again that ended by no fault of its own."""
    why = status_words(run_status(run))
    queue_again(run, why, automatic=True)
    say(f"{run.run_id}: {why}: queued again, {automatic_attempts(run)} of at most {MOST_AUTOMATIC} times")


def give_up(run: RunFolder, cause: str) -> None:
    """Say in the run's own folder why it will not be started again, unless another process has the run by now."""
    try:
        lock = take_lock(run.alive_lock)
    except LockHeld:
        return
    try:
        attempt = run.latest_attempt() or run.attempt(1)
        if not attempt.process.exists() and not attempt.exit.exists():
            write_record(attempt.exit, ExitRecord(ExitKind.NOT_STARTED, cause, time.time(), 0.0))
            say(f"{run.run_id}: {cause}")
            tell_end(run, attempt.number)
    finally:
        os.close(lock)
