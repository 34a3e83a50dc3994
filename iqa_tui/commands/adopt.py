"""`iqa-tui adopt`: queue runs here that came from elsewhere, after a look at what they would run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from iqa_tui.commands.choose import NoSuchRun, choose_run
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.adopt import Adoption, adopt_run, adoption_of
from training.runfolder.phase import Phase


def run(options: argparse.Namespace) -> int:
    states = Catalog(options.runs_dir, events=Events.NONE).refresh()
    adoptions: list[Adoption] = []
    code = ALL_WELL
    for state in _chosen(states, options):
        try:
            adoptions.append(adoption_of(state.run))
        except (LaunchError, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            code = A_RUN_FAILED
    if not adoptions:
        return code
    for adoption in adoptions:
        print("\n".join(adoption.lines))
    if not options.yes and not _agrees(len(adoptions)):
        print("Nothing was adopted.", file=sys.stderr)
        return A_RUN_FAILED
    for adoption in adoptions:
        try:
            print(adopt_run(adoption))
        except LaunchError as error:
            print(f"error: {error}", file=sys.stderr)
            code = A_RUN_FAILED
    return code


def _chosen(states: Sequence[RunState], options: argparse.Namespace) -> list[RunState]:
    if options.runs:
        return [choose_run(states, text, _may_be) for text in options.runs]
    if options.group is None:
        raise NoSuchRun("adopt what? Name runs, or all of a group with --group.")
    group = [state for state in states if state.group == options.group]
    if not group:
        groups = ", ".join(dict.fromkeys(repr(state.group) for state in states if state.group)) or "none"
        raise NoSuchRun(f"{options.runs_dir} has no group {options.group!r}. It has {groups}.")
    return [state for state in group if state.status.elsewhere]


def _may_be(state: RunState) -> bool:
    return state.phase is Phase.QUEUED or state.phase.can_be_retried


def _agrees(count: int) -> bool:
    """Ask on the terminal.

    Raises:
        PlanError: there is none.
    """
    if not sys.stdin.isatty():
        raise PlanError("Nothing was adopted: there is no terminal to ask on. Read the above, then add --yes.")
    what = "this run" if count == 1 else f"these {count} runs"
    return input(f"Queue {what} here, in your name? [y/N] ").strip().lower() in ("y", "yes")
