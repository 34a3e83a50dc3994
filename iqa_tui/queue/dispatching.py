"""Starting a dispatcher for the user's queued runs, unless one works already."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.start import gone_words, is_whole, program, start_detached
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatcher_files import dispatcher_log, is_dispatching
from iqa_tui.queue.submitting import see_to, see_to_in_a_thread
from iqa_tui.settings.read_only import is_read_only, refuse_if_read_only
from iqa_tui.slurm.ask import has_slurm
from iqa_tui.trust.state_folder import state_folder
from training.runfolder.errors import RunFolderError


def ensure_dispatcher(runs_dir: Path) -> None:
    """Start a dispatcher of our own for this folder unless one works on it.

    Raises:
        LaunchError: it cannot be started; the text says why.
        ReadOnly: it is not started.
    """
    runs_dir = runs_dir.absolute()
    if is_dispatching(runs_dir):
        return
    refuse_if_read_only("starts no dispatcher")
    state_folder()
    try:
        log = dispatcher_log(runs_dir)
        start_detached(program("iqa_tui.service.dispatcher", str(runs_dir)), log)
    except OSError as error:
        raise LaunchError(f"no dispatcher can be started: {_start_words(runs_dir, error)}.") from error


def _start_words(runs_dir: Path, error: OSError) -> str:
    if is_no_process(error):
        return no_process_words(error)
    if not is_whole():
        return gone_words()
    return f"{runs_dir}: {error.strerror or error}"


def revive_dispatcher(runs_dir: Path, backlog: Backlog | None = None) -> bool:
    """Start a dispatcher if runs of ours are queued, or are to be, and none is there; see to our runs of Slurm.

    Also if a reboot may have ended a run: only a process that looks again and again can tell by its beat, whatever the
    clocks say.

    Args:
        backlog: of our own runs in this folder, if the caller looks again and again.

    Returns:
        Whether one had to be started.

    Raises:
        LaunchError: as `ensure_dispatcher`.
    """
    runs_dir = runs_dir.absolute()
    if is_dispatching(runs_dir) and not has_slurm():
        return False
    waiting = (backlog or Backlog(runs_dir, own_only=True)).read()
    if (waiting.unsubmitted or waiting.asked_to_stop) and not is_read_only():
        see = see_to if backlog is None else see_to_in_a_thread
        see([run for run, _ in waiting.unsubmitted], [run for run, _ in waiting.asked_to_stop])
    if is_dispatching(runs_dir):
        return False
    if not waiting.queued and not waiting.resumable and not waiting.unsure:
        return False
    ensure_dispatcher(runs_dir)
    return True


def revive_in_words(runs_dir: Path) -> str:
    """As `revive_dispatcher`, for commands that are about something else: what was done, or why it cannot be done."""
    try:
        return "Runs wait and no dispatcher sees to them: one is started." * revive_dispatcher(runs_dir)
    except (LaunchError, RunFolderError, OSError) as error:
        return f"Queued runs get no devices: {error}"
