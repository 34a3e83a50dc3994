"""The question before the app is left while something is under way."""

from __future__ import annotations

import time
from collections.abc import Iterable

from iqa_tui.monitor import run_words
from iqa_tui.monitor.state import RunState
from iqa_tui.screens.confirm import Choice, ConfirmScreen
from iqa_tui.words.durations import duration_words
from training.runfolder.phase import Phase

MOST_NAMED = 8
"""Runs that a question names one by one."""


def leave_question(runs: Iterable[RunState], *, launching: bool) -> ConfirmScreen:
    """Its answers: leave, stop (every run, then leave), stay.

    Args:
        launching: a launch is being checked. That cannot be taken back; its outcome is said in the shell.
    """
    known = list(runs)
    alive = [state for state in run_words.in_plan_order(known) if state.phase.is_alive]
    queued = sum(state.phase is Phase.QUEUED for state in known)
    lines = [_line(state, run_words.name_among(state, known), time.time()) for state in alive[:MOST_NAMED]]
    lines += [f"{len(alive) - MOST_NAMED} more"] if len(alive) > MOST_NAMED else []
    lines += [f"{queued} more queued" if alive else f"{queued} queued"] if queued else []
    if foreign := sorted({state.status.host for state in alive if state.status.is_foreign}):
        lines.append(f"On {', '.join(foreign)} a stop is only a file: it takes effect once that host reads it.")
    if launching:
        lines = ["It is launched if its flags are right; else the shell says why not.", *lines]
        choices = (Choice("stay", "Stay"), Choice("leave", "Leave"))
        return ConfirmScreen("A launch is being checked: leave?", lines, choices)
    title = f"{run_words.summary_words(alive)}: leave?" if alive else "Runs are queued: leave?"
    leave, stop = Choice("leave", "Leave them running", "primary"), Choice("stop", "Stop them", "error")
    return ConfirmScreen(title, lines, (leave, stop, Choice("stay", "Stay")), safe="stay")


def _line(state: RunState, name: str, now: float) -> str:
    """`F3 SRCC · GPU 1 · has run for 6 min`."""
    elapsed = state.elapsed_seconds(now)
    since = f"has run for {duration_words(elapsed)}" if elapsed is not None else ""
    parts = (name, state.device_label or "no device yet", since)
    return " · ".join(part for part in parts if part)
