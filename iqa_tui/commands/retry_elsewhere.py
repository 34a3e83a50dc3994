"""`iqa-tui retry --from-elsewhere`: go on here with runs of another host that is gone."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.choose import NoSuchRun, choose_run
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.elsewhere import Takeover, refuse_living, take_over, takeover_of


def run(options: argparse.Namespace) -> int:
    if not options.runs or options.missing:
        raise NoSuchRun("--from-elsewhere takes the names of runs: say which of them to take over.")
    states = Catalog(options.runs_dir, events=Events.NONE).refresh()
    takeovers: list[Takeover] = []
    code = ALL_WELL
    for state in [choose_run(states, text, _fits) for text in options.runs]:
        try:
            takeovers.append(takeover_of(state.run))
        except (LaunchError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            code = A_RUN_FAILED
    if not takeovers:
        return code
    for takeover in takeovers:
        print("\n".join(takeover.lines), flush=True)
    if not options.yes and not _agrees(takeovers):
        print("Nothing was taken over.", file=sys.stderr)
        return A_RUN_FAILED
    for takeover in takeovers:
        try:
            if not options.yes:
                refuse_living(takeover)
            print(take_over(takeover))
        except LaunchError as error:
            print(f"error: {error}", file=sys.stderr)
            code = A_RUN_FAILED
    return code


def _fits(state: RunState) -> bool:
    return state.phase.is_alive or state.phase.can_be_retried


def _agrees(takeovers: list[Takeover]) -> bool:
    """Ask on the terminal.

    Raises:
        PlanError: there is none.
    """
    if not sys.stdin.isatty():
        raise PlanError("Nothing was taken over: there is no terminal to ask on. Read the above, then add --yes.")
    hosts = " and ".join(dict.fromkeys(takeover.host for takeover in takeovers))
    what = "this run" if len(takeovers) == 1 else f"these {len(takeovers)} runs"
    answer = input(f"Does nothing on {hosts} work on {what} any more? Go on here? [y/N] ")
    return answer.strip().lower() in ("y", "yes")
