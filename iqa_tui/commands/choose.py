"""Which run a user means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iqa_tui.errors import PlanError
from iqa_tui.monitor.state import RunState

MOST_NAMED = 8


class NoSuchRun(PlanError):
    """A RUN argument that names no run, or several."""


def choose_run(states: Sequence[RunState], text: str, fits: Callable[[RunState], bool]) -> RunState:
    """The run of this id, or of this experiment (its newest), or the one whose id begins with or holds the text.

    An experiment never means one of its tuning runs.

    Args:
        states: of one folder, oldest first.
        text: from the command line.
        fits: what can be asked of a run; of several runs of an experiment the one that fits is meant.

    Raises:
        NoSuchRun: none, or several.
    """
    experiment = [state for state in states if state.experiment.lower() == text.lower()]
    experiment = [state for state in experiment if not state.is_trial]
    experiment = [state for state in experiment if not state.is_recorded] or experiment  # what was launched is meant
    for matches in (
        [state for state in states if text in (state.run_id, state.run.path.name)],
        [state for state in experiment if fits(state)],
        experiment[-1:],
        [state for state in states if state.run_id.startswith(text)],
        [state for state in states if text in state.run_id],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise NoSuchRun(f"{text!r} means {len(matches)} runs: {_named(matches)}. Write more of the one you mean.")
    if not states:
        raise NoSuchRun(f"There is no run {text!r}: there are no runs here yet. Look elsewhere with --runs-dir.")
    raise NoSuchRun(f"There is no run {text!r}. There are {_named(states[::-1])}.")


def _named(states: Sequence[RunState]) -> str:
    names = ", ".join(state.run_id for state in states[:MOST_NAMED])
    return names + (f" and {len(states) - MOST_NAMED} more" if len(states) > MOST_NAMED else "")
