"""`iqa-tui retry`: queue runs again that failed, were stopped or lost."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.choose import choose_run
from iqa_tui.commands.outcome import A_RUN_FAILED, ALL_WELL
from iqa_tui.launch.errors import LaunchError
from iqa_tui.launch.stop import retry_run
from iqa_tui.monitor.catalog import Catalog


def run(options: argparse.Namespace) -> int:
    states = Catalog(options.runs_dir).refresh()
    code = ALL_WELL
    for state in [choose_run(states, text) for text in options.runs]:
        try:
            print(retry_run(state.run))
        except LaunchError as error:
            print(f"error: {error}", file=sys.stderr)
            code = A_RUN_FAILED
    return code
