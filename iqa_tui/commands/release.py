"""`iqa-tui release`: let held runs start again."""

from __future__ import annotations

import argparse

from iqa_tui.commands.orders import give_order
from iqa_tui.launch.places import release_run


def run(options: argparse.Namespace) -> int:
    return give_order(options.runs_dir, options.runs, release_run, lambda state: state.status.held)
