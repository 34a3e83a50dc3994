"""`iqa-tui stop`: ask runs to stop; our trainer writes a checkpoint first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from itertools import repeat
from pathlib import Path

from iqa_tui.commands.choose import NoSuchRun, choose_run
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.dispatching import revive_in_words
from iqa_tui.queue.stop import Stopped, can_stop, stop_all
from training.runfolder.errors import is_disk_trouble
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    try:
        states = Catalog(options.runs_dir, events=Events.NONE).refresh()
    except OSError as error:
        if not options.runs or not is_disk_trouble(error):
            raise
        return _tell(stop_all(map(_unseen, options.runs, repeat(options.runs_dir)), options.why, options.grace))
    if options.all:
        chosen = [state for state in states if can_stop(state)]
        if not chosen:
            print("No run is alive or queued.")
    elif options.runs:
        chosen = [choose_run(states, text, can_stop) for text in options.runs]
    else:
        raise NoSuchRun("Name the runs to stop, or write --all. `iqa-tui status` lists them.")
    code = _tell(stop_all(chosen, options.why, options.grace))
    revive_in_words(options.runs_dir)
    return code


def _unseen(name: str, runs_dir: Path) -> RunState:
    """A run in a folder that cannot be listed, by its whole id: Slurm may know its job."""
    if Path(name).name != name:
        raise NoSuchRun(f"There is no run {name!r}.")
    return RunState(RunFolder(runs_dir / name), Status(Phase.UNREADABLE))


def _tell(done: Iterable[Stopped]) -> int:
    code = ALL_WELL
    for stopped in done:
        if stopped.is_refused:
            print(f"error: {plain(stopped.words)}", file=sys.stderr)
            code = A_RUN_FAILED
        else:
            print(plain(stopped.words))
    return code
