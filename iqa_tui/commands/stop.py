"""`iqa-tui stop`: ask runs to write a checkpoint and end."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.choose import NoSuchRun, choose_run
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.errors import LaunchError
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.enqueue import revive_in_words
from iqa_tui.queue.stop import stop_run
from training.runfolder.phase import Phase
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    states = Catalog(options.runs_dir).refresh()
    if options.all:
        chosen = [state for state in states if _can_stop(state)]
        if not chosen:
            print("No run is alive or queued.")
    elif options.runs:
        chosen = [choose_run(states, text, _can_stop) for text in options.runs]
    else:
        raise NoSuchRun("Name the runs to stop, or write --all. `iqa-tui status` lists them.")
    code = ALL_WELL
    # Queued ones first: the device of a run that ends must not go to one that is to be stopped as well.
    for state in sorted(chosen, key=lambda state: state.phase is not Phase.QUEUED):
        try:
            print(plain(stop_run(state.run, options.why, options.grace)))
        except (LaunchError, OSError) as error:
            print(f"error: {plain(str(error))}", file=sys.stderr)
            code = A_RUN_FAILED
    revive_in_words(options.runs_dir)
    return code


def _can_stop(state: RunState) -> bool:
    return state.phase is Phase.QUEUED or state.phase.is_alive
