"""What the commands share that order something of runs: each is told what became of it, whatever the others say."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from iqa_tui.commands.choose import choose_run
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.errors import LaunchError
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.dispatching import revive_in_words
from iqa_tui.trust.state_folder import state_folder
from training.runfolder.layout import RunFolder
from training.runfolder.text import plain


def give_order(
    runs_dir: Path, names: Sequence[str], order: Callable[[RunFolder], str], fits: Callable[[RunState], bool]
) -> int:
    """Give the order to each run that is named.

    Args:
        runs_dir: the folder of all runs.
        names: from the command line.
        order: says what became of it.
        fits: whether a run can be given this order; it tells which run of an experiment is meant.

    Returns:
        The command's exit code.

    Raises:
        NoSuchRun: a name means none, or several; then nothing is ordered.
        LaunchError: the user's state folder cannot be used, so no dispatcher could be started; nothing is ordered.
    """
    state_folder()
    states = Catalog(runs_dir, events=Events.NONE).refresh()
    code = ALL_WELL
    for state in [choose_run(states, text, fits) for text in names]:
        try:
            print(plain(order(state.run)))
        except (LaunchError, OSError) as error:  # a dispatcher that cannot be started
            print(f"error: {plain(str(error))}", file=sys.stderr)
            code = A_RUN_FAILED
    revive_in_words(runs_dir)
    return code
