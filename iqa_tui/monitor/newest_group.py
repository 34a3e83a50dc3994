"""How far the newest group is, in words for a title."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iqa_tui.monitor.group import group_progress, starting_next
from iqa_tui.monitor.run_words import in_plan_order
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.trainer_code import code_note
from iqa_tui.words.waits import Wait


def newest_group_words(runs: Iterable[RunState], waiting: Mapping[str, Wait], now: float, *, short: bool) -> str:
    """`7 of 15 finished, 2 running, 2.3 h left · trainer code differs`; empty if there is no run.

    Args:
        runs: of all groups.
        waiting: run id to why it waits.
        now: Unix seconds.
        short: without the numbers of runs that run and wait.
    """
    ordered = in_plan_order(runs)
    members = [state for state in ordered if state.group == ordered[0].group]
    if not members:
        return ""
    progress = group_progress(members, now, starting_next(members, waiting))
    note = " · trainer code differs" if code_note(members) else ""
    return f"{progress.short_words if short else progress.words}{note}"
