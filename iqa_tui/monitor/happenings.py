"""What happened to runs between two looks at them: which ended, and how. What ended before the first is not told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from iqa_tui.monitor.run_words import in_plan_order, run_names, srcc_words
from iqa_tui.monitor.state import RunState
from iqa_tui.words.states import SIGNS, status_words
from training.runfolder.phase import Phase

MOST_NAMED = 3
"""Runs that are told one by one; of more only how many, and the first that is in trouble."""
TROUBLE = (Phase.FAILED, Phase.LOST, Phase.UNREADABLE)
IN_TITLE = (Phase.RUNNING, Phase.QUEUED, *TROUBLE, Phase.FINISHED)

Known = Mapping[str, tuple[Phase, int]]
"""Run id to its phase and its newest attempt."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One run that ended."""

    phase: Phase
    words: str
    """`F3 SRCC failed: exit 1: …`."""

    @property
    def is_trouble(self) -> bool:
        """It ended otherwise than was asked."""
        return self.phase in TROUBLE


def known_of(states: Iterable[RunState]) -> Known:
    return {state.run_id: (state.phase, state.status.attempt) for state in states}


def happenings(before: Known, states: Sequence[RunState]) -> list[Happening]:
    """The runs that were under way and are over, in plan order.

    Args:
        before: as it was at the last look. A run that is not in it may have ended long ago.
        states: all of them, as they are now.
    """
    ended = [state for state in states if state.run_id in before and _has_ended(before[state.run_id], state)]
    if not ended:
        return []
    names = run_names(states)
    return [Happening(state.phase, ended_words(state, names[state.run_id])) for state in in_plan_order(ended)]


def _has_ended(before: tuple[Phase, int], state: RunState) -> bool:
    phase, attempt = before
    return state.phase.is_over and (not phase.is_over or state.status.attempt != attempt)


def ended_words(state: RunState, name: str) -> str:
    """`F3 SRCC finished, test SRCC 0.9361`, `F1 L1 is lost`, `F2 L2 stopped by ann, 14:02`."""
    if state.phase is Phase.FINISHED:
        score = f"test SRCC {srcc_words(state.test_srcc)}" if state.test_srcc is not None else ""
        score = score or (f"val SRCC {srcc_words(state.val_srcc)}" if state.val_srcc is not None else "")
        return f"{name} finished{', ' if score else ''}{score}"
    words = status_words(state.status)
    return f"{name} is {words}" if state.phase in (Phase.LOST, Phase.UNREADABLE) else f"{name} {words}"


def told_words(told: Sequence[Happening]) -> str:
    """One line for what one look found; of many runs their number."""
    if len(told) <= MOST_NAMED:
        return " · ".join(f"{SIGNS[each.phase][0]} {each.words}" for each in told)
    counts = Counter(each.phase for each in told)
    kinds = ", ".join(f"{count} {phase.value}" for phase, count in counts.items())
    first = next((each for each in told if each.is_trouble), None)
    return f"{len(told)} runs ended: {kinds}" + (f"; {first.words}" if first else "")


def title_words(states: Iterable[RunState]) -> str:
    """For the terminal's title: `iqa-tui: 3 running, 1 failed`. Numbers alone, no text from a file."""
    launched = (state.phase for state in states if not state.status.recorded)
    counts = Counter(Phase.RUNNING if phase.is_alive else phase for phase in launched)
    parts = [f"{counts[phase]} {phase.value}" for phase in IN_TITLE if counts[phase]]
    return f"iqa-tui: {', '.join(parts)}" if parts else "iqa-tui"
