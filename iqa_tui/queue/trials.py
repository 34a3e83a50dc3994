"""Tuning runs of a group that need not be trained again: the same command was tried, or is being tried."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.listing import read_run, specs_in
from iqa_tui.trust.ownership import is_ours
from training.runfolder.phase import Phase

Command = tuple[str, ...]


def known_trials(runs_dir: Path, group: str) -> dict[Command, str]:
    """Command to the run id of this user's tuning run that finished, or is queued or alive; what finished comes first.

    One that ended without a result is left out: a new one is launched in its place.
    """
    finished: dict[Command, str] = {}
    under_way: dict[Command, str] = {}
    for run, spec in specs_in(runs_dir):
        if spec is None or not spec.trial or spec.group != group or not is_ours(run):
            continue
        phase = read_run(run, spec).phase
        if phase is Phase.FINISHED:
            finished[tuple(spec.argv)] = run.run_id
        elif phase is Phase.QUEUED or phase.is_alive:
            under_way[tuple(spec.argv)] = run.run_id
    return under_way | finished
