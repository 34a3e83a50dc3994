"""Progress in lines, for a launch without a screen; at its end the table."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL, INTERRUPTED, NO_DEVICE_IN_TIME
from iqa_tui.commands.text_table import MOST_CELLS, padded, shortened, width_of
from iqa_tui.devices.survey import Surveyor
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.run_words import (
    epoch_words,
    loss_words,
    progress_words,
    run_names,
    srcc_words,
    step_words,
    time_words,
)
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.attempts import may_resume
from iqa_tui.queue.dispatching import revive_in_words
from iqa_tui.queue.waits import waits_of_states
from iqa_tui.results.export import render
from iqa_tui.results.table import build_table
from iqa_tui.words.states import status_words, told_state
from iqa_tui.words.waits import Wait
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase

POLL_SECONDS = 0.5
SURVEY_SECONDS = 2.0
STEP_SECONDS = 5.0
"""Between two lines of a run that only say that it went on."""
STEP_SECONDS_IN_A_FILE = 30.0


def follow(runs: list[RunFolder], wait_seconds: float | None = None) -> int:
    """Print what these runs of one folder do until all are over, then their table.

    Leaving changes nothing: the runs go on.

    Args:
        wait_seconds: how long to wait for the first of them to get a device; None: for ever.

    Returns:
        The command's exit code.
    """
    try:
        states = _follow_to_the_end(runs, wait_seconds)
    except KeyboardInterrupt:
        _say_how_to_go_on(runs, "The runs go on without this program.")
        return INTERRUPTED
    if not states:
        print("The folders of these runs are gone: they were deleted or moved.", file=sys.stderr)
        return A_RUN_FAILED
    if any(_is_held_unasked(state) for state in states) and all(map(_says_its_last, states)):
        group = shlex.quote(states[0].group)
        held = [state for state in states if _is_held_unasked(state)]
        why = held[0].place.why if held[0].place else ""
        _say_how_to_go_on(
            runs,
            f"{len(held)} runs are held: {why}. Mend that; then `iqa-tui release --group {group}` lets them start.",
        )
        return A_RUN_FAILED
    if not all(state.phase.is_over for state in states):
        _say_how_to_go_on(runs, f"No run got a device within {wait_seconds:g} s. They stay queued.")
        return NO_DEVICE_IN_TIME
    group = states[0].group
    print(f"\n{render(build_table(runs[0].runs_dir, group), 'markdown')}", end="", flush=True)
    failed = [state for state in states if state.phase is not Phase.FINISHED]
    names = run_names(states)
    for state in failed:
        attempt = state.run.attempt(state.status.attempt)
        where = f" Its output: {attempt.output}" if attempt.output.is_file() else ""
        print(f"{names[state.run_id]}: {status_words(state.status)}.{where}", file=sys.stderr)
    return ALL_WELL if all(state.is_trial for state in failed) else A_RUN_FAILED  # some values of a grid are too large


def _follow_to_the_end(runs: list[RunFolder], wait_seconds: float | None) -> list[RunState]:
    """The last states: all over or held by the dispatcher, or all queued if the wait for a device was too long."""
    runs_dir = runs[0].runs_dir
    place = {run.run_id: number for number, run in enumerate(runs)}
    catalog, surveyor, reporter = Catalog(runs_dir), Surveyor(), Reporter(print_line)
    deadline = None if wait_seconds is None else time.monotonic() + wait_seconds
    surveyed = float("-inf")
    waits: dict[str, Wait] = {}
    while True:
        everything = catalog.refresh()
        states = sorted((s for s in everything if s.run_id in place), key=lambda state: place[state.run_id])
        queued = [state for state in states if state.phase is Phase.QUEUED]
        resumed = [state for state in states if _is_to_be_resumed(state)]
        if (queued or resumed) and time.monotonic() >= surveyed + SURVEY_SECONDS:
            surveyed = time.monotonic()
            waits = waits_of_states(everything, surveyor.survey())
            revive_in_words(runs_dir)
        reporter.report(states, waits)
        if not resumed and all(map(_says_its_last, states)):
            return states
        if deadline is not None and len(queued) < len(states):
            deadline = None
        if deadline is not None and time.monotonic() >= deadline:
            return states
        time.sleep(POLL_SECONDS)


def _says_its_last(state: RunState) -> bool:
    """It does not go on unless a user wants it to."""
    return state.phase.is_over or _is_held_unasked(state)


def _is_held_unasked(state: RunState) -> bool:
    """The dispatcher holds it, because its plan fails."""
    return state.status.held and state.place is not None and bool(state.place.why)


def _is_to_be_resumed(state: RunState) -> bool:
    """It is over, but not for long."""
    return state.spec is not None and state.phase.is_over and may_resume(state.run, state.spec, state.status)


def print_line(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)


@dataclass
class _Said:
    """What was last said of a run."""

    news: str = ""
    detail: str = ""
    at: float = float("-inf")


@dataclass
class Reporter:
    """Says what is new: a state, an epoch, an evaluation at once; steps and reasons for waiting now and then."""

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    step_seconds: float = field(default_factory=lambda: STEP_SECONDS if sys.stdout.isatty() else STEP_SECONDS_IN_A_FILE)
    _said: dict[str, _Said] = field(default_factory=dict)

    def report(self, states: list[RunState], waits: dict[str, Wait]) -> None:
        """Of the queued ones only the first goes on saying what it waits for; the others wait for that too."""
        names = run_names(states)
        names = {run_id: shortened(name, MOST_CELLS) for run_id, name in names.items()}
        width = max(map(width_of, names.values()), default=0)
        next_queued = next((state.run_id for state in states if state.phase is Phase.QUEUED), "")
        for state in states:
            said = self._said.setdefault(state.run_id, _Said())
            news, detail = _news(state), _detail(state, waits)
            is_due = self.clock() >= said.at + self.step_seconds
            goes_on = state.phase is not Phase.QUEUED or state.run_id == next_queued or not said.detail
            if news != said.news or (detail != said.detail and is_due and goes_on):
                said.news, said.detail, said.at = news, detail, self.clock()
                self.say("  ".join(part for part in (padded(names[state.run_id], width), news, detail) if part))


def _news(state: RunState) -> str:
    """What is worth a line at once."""
    parts = [told_state(state.status)]
    if state.phase.is_alive:
        parts += [f"on {state.device_label}" if state.device_label else ""]
        parts += [f"epoch {epoch_words(state)}" if state.epoch else ""]
        parts += [f"val SRCC {srcc_words(state.val_srcc)}" if state.val_srcc is not None else ""]
    elif state.test_srcc is not None:
        parts += [f"test SRCC {srcc_words(state.test_srcc)}"]
    return "  ".join(part for part in parts if part)


def _detail(state: RunState, waits: dict[str, Wait]) -> str:
    """What changes all the time."""
    if state.phase is Phase.QUEUED:
        wait = waits.get(state.run_id)
        return wait.words if wait else ""
    step = f"step {step_words(state)}" if state.phase.is_alive and state.step else ""
    loss = f"loss {loss_words(state.loss)}" if state.phase.is_alive and state.loss is not None else ""
    left = progress_words(state) or time_words(state, time.time())
    return "  ".join(part for part in (step, loss, left) if part)


def _say_how_to_go_on(runs: list[RunFolder], words: str) -> None:
    runs_dir = runs[0].runs_dir
    print(
        f"\n{words}\n"
        f"  watch them:  iqa-tui --runs-dir {runs_dir}   or   iqa-tui status --runs-dir {runs_dir}\n"
        f"  stop them:   iqa-tui stop --all --runs-dir {runs_dir}",
        file=sys.stderr,
    )
