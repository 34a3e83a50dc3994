"""Gives devices to queued runs, one after the other, and exits when nothing waits.

    python -m iqa_tui.service.dispatcher RUNS_DIR

One a user, host and folder of runs, by a lock. A program that queues a run starts it, and one that finds queued runs
and no dispatcher starts it again, so that it may be killed at any time. It decides; supervisors do the work. It stays
while runs are alive: a run that is lost without a fault of its own is queued again.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from iqa_tui.devices.gpus.free import SETTLE_SECONDS
from iqa_tui.devices.survey import Surveyor
from iqa_tui.errors import LaunchError
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.periods import DISPATCHER_SECONDS
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatcher_files import take_dispatching, write_trouble
from iqa_tui.service.dispatcher_words import say
from iqa_tui.service.look import Dispatcher
from iqa_tui.service.starts import ProgramGone
from iqa_tui.settings.read_only import ReadOnly, refuse_if_read_only
from training.runfolder.errors import LockHeld, RunFolderError
from training.runfolder.held import hold_folder_of_runs
from training.runfolder.text import speak_leniently

SETTLE_VARIABLE = "IQA_TUI_GPU_SETTLE_SECONDS"
"""How long a GPU must look idle before it is taken, for users who know their machine better."""
SAY_AGAIN_SECONDS = 600.0
"""A trouble that comes again and again is said again only after this."""
REST = 3.0
"""Pause after a look, in times of what the look took: however many runs there are, it costs a quarter of a core."""


def dispatch(runs_dir: Path, surveyor: Surveyor) -> None:
    """Hold our lock of the folder and work until nothing waits. Returns at once if another dispatcher of ours has it.

    Raises:
        LaunchError: the user's state folder cannot be used.
        OSError: there is no such folder of runs.
    """
    while True:
        try:
            locks = take_dispatching(runs_dir)
        except LockHeld:
            return
        say(f"works on {runs_dir} as pid {os.getpid()}")
        try:
            _work(Dispatcher(runs_dir, surveyor), Trouble(runs_dir))
        except ProgramGone:  # the next command or app starts another one, with its own Python
            return
        finally:
            for lock in locks:
                os.close(lock)
        # A run may have been queued after our last look, by a program that found the lock still held.
        waiting = Backlog(runs_dir, own_only=True).read()
        if not waiting.queued and not waiting.resumable:
            return


class Trouble:
    """Why nothing can be started, written into a file for the rows of the queued runs, and once into the log."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._told: str | None = None
        """None: nothing yet, and an earlier dispatcher may have left words."""
        self._said: dict[str, float] = {}
        """Words to when they were said last, in seconds of the monotonic clock."""

    def is_now(self, words: str) -> None:
        """Empty: all is well."""
        if words == self._told:
            return
        self._told = words
        write_trouble(self._runs_dir, words)
        now = time.monotonic()
        if words and now >= self._said.get(words, -SAY_AGAIN_SECONDS) + SAY_AGAIN_SECONDS:
            self._said[words] = now
            say(f"error: {words}")


def _work(dispatcher: Dispatcher, trouble: Trouble) -> None:
    while True:
        began = time.process_time()
        try:
            goes_on = dispatcher.step()
        except ProgramGone as gone:
            trouble.is_now(str(gone))
            raise
        except (LaunchError, RunFolderError, OSError) as error:  # a full disk, a folder that is being moved: it passes
            trouble.is_now(_words(error))
        else:
            trouble.is_now(dispatcher.trouble)
            if not goes_on:
                return
        time.sleep(max(DISPATCHER_SECONDS, REST * (time.process_time() - began)))


def _words(error: Exception) -> str:
    return no_process_words(error) if isinstance(error, OSError) and is_no_process(error) else str(error)


def _settle_seconds() -> float:
    text = os.environ.get(SETTLE_VARIABLE, "")
    try:
        return float(text) if text else SETTLE_SECONDS
    except ValueError:
        say(f"error: {SETTLE_VARIABLE}={text!r} is no number of seconds; {SETTLE_SECONDS:g} are used")
        return SETTLE_SECONDS


def main(argv: list[str]) -> int:
    speak_leniently()
    try:
        refuse_if_read_only("dispatches nothing")
    except ReadOnly as refusal:
        say(f"error: {refusal}")
        return 1
    runs_dir = hold_folder_of_runs(Path(argv[0]).absolute())  # if it is renamed, its runs go on, and so do we
    os.chdir("/")  # or the user could not unmount the file system
    settle_seconds = _settle_seconds()
    # A run's spec says which GPUs it may use; the mask of the shell that started us holds for no other launch.
    surveyor = Surveyor(settle_seconds=settle_seconds, honour_mask=False, all_cpu_slots=True, records_xids=True)
    try:
        dispatch(runs_dir, surveyor)
    except (LaunchError, OSError) as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
