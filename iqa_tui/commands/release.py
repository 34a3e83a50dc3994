"""`iqa-tui release`: let held runs start again."""

from __future__ import annotations

import argparse
from pathlib import Path

from iqa_tui.commands.choose import NoSuchRun
from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.orders import give_order
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.hold import release_run
from iqa_tui.trust.ownership import is_ours


def run(options: argparse.Namespace) -> int:
    names = options.runs
    if options.all or options.group is not None:
        if names:
            raise NoSuchRun("Name the runs to release, or write --all or --group, not both.")
        names = _held_runs(options.runs_dir, options.group)
        if not names:
            print("No run is held.")
            return ALL_WELL
    elif not names:
        raise NoSuchRun("Name the runs to release, or write --all or --group. `iqa-tui status` lists them.")
    return give_order(options.runs_dir, names, release_run, lambda state: state.status.held)


def _held_runs(runs_dir: Path, group: str | None) -> list[str]:
    """Ids of this user's held runs, of one group if it is named.

    Raises:
        NoSuchRun: there is no such group.
    """
    states = Catalog(runs_dir, events=Events.NONE).refresh()
    groups = sorted({state.group for state in states if state.spec})
    if group is not None and group not in groups:
        raise NoSuchRun(f"There is no group {group!r}. There are {', '.join(map(repr, groups)) or 'none'}.")
    return [state.run_id for state in states if _is_meant(state, group)]


def _is_meant(state: RunState, group: str | None) -> bool:
    return state.status.held and is_ours(state.run) and group in (None, state.group)
