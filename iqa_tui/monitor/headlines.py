"""How far groups of runs are, in one line each: the row of a group, and the first line of every screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from iqa_tui.monitor.group import group_progress, starting_next
from iqa_tui.monitor.run_words import in_plan_order
from iqa_tui.monitor.scores import best_of
from iqa_tui.monitor.trainer_code import code_note
from iqa_tui.words.durations import duration_words
from training.runfolder.phase import Phase

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.words.waits import Wait

ALWAYS_COUNTED = (Phase.RUNNING, Phase.STARTING, Phase.STOPPING, Phase.QUEUED)
ENDED_BADLY = (Phase.FAILED, Phase.LOST, Phase.STOPPED, Phase.UNREADABLE)
SECONDS_PER_DAY = 86_400
MOST_SEEDS = 5
"""That are named one by one."""


def group_words(members: Sequence[RunState], waiting: Mapping[str, Wait], now: float) -> list[tuple[str, str]]:
    """Name of the group, and ` · 10 splits, seeds 1 2 3 · 7 of 15 finished, 2 running, 2.3 h left · trainer code
    differs`, in the ways to say it from the longest to the shortest.

    Args:
        members: the runs of one group, at least one.
        waiting: run id to why it waits.
        now: Unix seconds.
    """
    progress = group_progress(members, now, starting_next(members, waiting))
    over = progress.alive == progress.queued == 0 and _ended(members)
    age = age_words(now - over) if over else ""
    tuning = progress.tuning_words if progress.is_tuning else ""
    code = "trainer code differs" if code_note(members) else ""
    name = members[0].group or ("started by hand" if any(state.spec for state in members) else "unreadable")
    forms = (
        (_repetitions(members), progress.words, tuning, code, age),
        (_repetitions(members), progress.words, code, age),
        ("", progress.words, code, age),
        ("", progress.short_words, code, age),
        ("", progress.short_words, code, ""),
        ("", progress.short_words, code and "code differs", ""),
        ("", f"{progress.finished} of {progress.total}", "", ""),
    )
    return [(name, "".join(f" · {part}" for part in parts if part)) for parts in forms]


def _repetitions(members: Iterable[RunState]) -> str:
    """`seeds 1 2 3`, `10 splits, seed 1`; empty if all have one seed and one split."""
    specs = [state.spec for state in members if state.spec and not (state.is_recorded or state.is_trial)]
    seeds, splits = sorted({spec.seed for spec in specs}), {spec.split_seed for spec in specs}
    if len(splits) < 2 and len(seeds) < 2:
        return ""
    named = f"seed{'s' if len(seeds) > 1 else ''} {' '.join(map(str, seeds))}"
    counted = named if len(seeds) <= MOST_SEEDS else f"{len(seeds)} seeds"
    return f"{len(splits)} splits, {counted}" if len(splits) > 1 else counted


def headline_words(runs: Iterable[RunState], waiting: Mapping[str, Wait], now: float) -> list[str]:
    """`best F3 val 0.9361`, `3 running`, `1 queued`, `48 min left`, the last to be left out first; [] without a run.

    The best, by validation SRCC, and the time are those of the newest group.

    Args:
        waiting: run id to why it waits.
        now: Unix seconds.
    """
    ordered = in_plan_order(runs)
    members = [state for state in ordered if state.group == ordered[0].group]
    parts = []
    if best := best_of(members):
        state, score = best
        parts.append(f"best {state.experiment or state.label} val {score.mean:.4f}")
    counts = Counter(state.phase for state in ordered if not state.status.recorded)
    parts += [f"{counts[phase]} {phase.value}" for phase in ALWAYS_COUNTED if counts[phase]]
    if members:
        progress = group_progress(members, now, starting_next(members, waiting))
        parts += [f"{duration_words(progress.seconds_left)} left"] if progress.seconds_left is not None else []
        parts += [progress.tuning_words] if progress.is_tuning else []
    over = Counter(state.phase for state in ordered if not (state.status.recorded or state.is_trial))
    ended = (*ENDED_BADLY, Phase.FINISHED)
    return parts + [f"{over[phase]} {phase.value}" for phase in ended if over[phase]]


def age_words(seconds: float) -> str:
    """`3.2 h ago`, `yesterday`, `4 d ago`: how long ago a group ended."""
    if SECONDS_PER_DAY <= seconds < 2 * SECONDS_PER_DAY:
        return "yesterday"
    if seconds >= 2 * SECONDS_PER_DAY:
        return f"{seconds / SECONDS_PER_DAY:.0f} d ago"
    return f"{duration_words(max(0.0, seconds))} ago"


def _ended(members: Iterable[RunState]) -> float:
    """When the last of them ended; 0 if no record says it."""
    ends = [state.result.finished if state.result else state.exit.ended if state.exit else 0.0 for state in members]
    return max(ends, default=0.0)
