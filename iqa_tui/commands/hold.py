"""`iqa-tui hold`: keep queued runs from starting until they are released."""

from __future__ import annotations

import argparse

from iqa_tui.commands.orders import give_order
from iqa_tui.queue.hold import hold_run
from training.runfolder.phase import Phase


def run(options: argparse.Namespace) -> int:
    return give_order(
        options.runs_dir, options.runs, hold_run, lambda state: state.phase is Phase.QUEUED and not state.status.held
    )
