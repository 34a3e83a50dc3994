"""`iqa-tui retry`: queue runs again that failed, were stopped or lost."""

from __future__ import annotations

import argparse

from iqa_tui.commands import retry_elsewhere, retry_missing
from iqa_tui.commands.choose import NoSuchRun
from iqa_tui.commands.orders import give_order
from iqa_tui.queue.retry import retry_run


def run(options: argparse.Namespace) -> int:
    if options.from_elsewhere:
        return retry_elsewhere.run(options)
    if options.missing:
        return retry_missing.run(options)
    if not options.runs:
        raise NoSuchRun("retry what? Name runs, or say --missing for all that a group has no result of.")
    return give_order(options.runs_dir, options.runs, retry_run, lambda state: state.phase.can_be_retried)
