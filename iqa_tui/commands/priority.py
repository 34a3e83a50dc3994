"""`iqa-tui priority`: let queued runs start before others, or after them."""

from __future__ import annotations

import argparse
from functools import partial

from iqa_tui.commands.orders import give_order
from iqa_tui.queue.hold import prioritise_run
from training.runfolder.phase import Phase


def run(options: argparse.Namespace) -> int:
    return give_order(
        options.runs_dir,
        options.runs,
        partial(prioritise_run, priority=options.priority),
        lambda state: state.phase is Phase.QUEUED,
    )
