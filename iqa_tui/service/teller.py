"""Tells the user's own command how one attempt ended, once.

    python -m iqa_tui.service.teller RUN_FOLDER ATTEMPT CAUSE

The command is the settings file's, never anything that stands in a folder of runs. What it prints is in `notify.log` of
the state folder.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.told_event import is_wanted, told_event
from iqa_tui.processes.hook import run_hook
from iqa_tui.service.telling import notify_log
from iqa_tui.settings.file import read_settings
from iqa_tui.trust.ownership import is_ours
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_shown_record, read_spec
from training.runfolder.schema import ExitRecord, ProcessRecord, Result
from training.runfolder.spec import Spec
from training.runfolder.status import STATES_OF_ENDS
from training.runfolder.text import plain


def main(argv: list[str]) -> int:
    run, attempt, cause = RunFolder(Path(argv[0])), RunFolder(Path(argv[0])).attempt(int(argv[1])), argv[2]
    notify = read_settings().settings.notify
    if not notify.command or not is_ours(run):
        return 0
    state = ended_state(run, attempt, cause)
    if not is_wanted(state.phase, notify.when) or not claim(attempt):
        return 0
    event = told_event(state, attempt.number)
    run_hook(notify.command, event, notify.timeout_seconds, notify_log(), f"{state.run_id} {state.phase.value}")
    return 0


def ended_state(run: RunFolder, attempt: AttemptFolder, cause: str) -> RunState:
    """How that attempt ended, though there may be a newer one by now.

    Raises:
        RunFolderError: a record cannot be read.
    """
    ended = read_shown_record(attempt.exit, ExitRecord)
    result = read_shown_record(run.result, Result)
    if result is not None:
        status = Status(Phase.FINISHED, attempt=attempt.number)
    elif ended is not None:
        phase = STATES_OF_ENDS.get(ended.kind, Phase.FAILED)
        status = Status(phase, ended.cause, attempt.number, exit_kind=ended.kind)
    else:
        status = Status(Phase.LOST, plain(cause), attempt.number)
    process = read_shown_record(attempt.process, ProcessRecord)
    return RunState(run, status, _spec(run), process=process, exit=ended, result=result)


def _spec(run: RunFolder) -> Spec | None:
    try:
        return read_spec(run)
    except RunFolderError:
        return None


def claim(attempt: AttemptFolder) -> bool:
    """True for the one process that tells this end. If that cannot be known, as on a full disk, it is told."""
    try:
        os.close(os.open(attempt.told, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644))
    except FileExistsError:
        return False
    except FileNotFoundError:  # the folder was deleted
        return False
    except OSError:
        return True
    return True


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (LaunchError, RunFolderError, OSError) as error:
        sys.exit(f"error: {error}")
