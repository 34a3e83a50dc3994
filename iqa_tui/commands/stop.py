"""`iqa-tui stop`: ask runs to stop; our trainer writes a checkpoint first."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.choose import NoSuchRun, choose_run
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.queue.dispatching import revive_in_words
from iqa_tui.queue.stop import can_stop, stop_all
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    states = Catalog(options.runs_dir, events=Events.NONE).refresh()
    if options.all:
        chosen = [state for state in states if can_stop(state)]
        if not chosen:
            print("No run is alive or queued.")
    elif options.runs:
        chosen = [choose_run(states, text, can_stop) for text in options.runs]
    else:
        raise NoSuchRun("Name the runs to stop, or write --all. `iqa-tui status` lists them.")
    code = ALL_WELL
    for stopped in stop_all(chosen, options.why, options.grace):
        if stopped.is_refused:
            print(f"error: {plain(stopped.words)}", file=sys.stderr)
            code = A_RUN_FAILED
        else:
            print(plain(stopped.words))
    revive_in_words(options.runs_dir)
    return code
