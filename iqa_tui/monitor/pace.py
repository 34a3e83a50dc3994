"""How fast a run goes, and so how long it has left.

Only what was seen in the current attempt counts: steps, and the pauses between epochs (evaluation, checkpoints).
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

RECENT_STEPS = 64
"""Reported steps that the pace is taken from: enough for a steady value, few enough to follow a change."""


def seconds_per_step(state: RunState) -> float | None:
    """Median over the latest reported steps of the current attempt, within epochs; None before two of them."""
    steps, times = _recent(state)
    return _median_rate(steps.tobytes(), times.tobytes(), state.steps_per_epoch)


@lru_cache(maxsize=256)
def _median_rate(steps: bytes, times: bytes, epoch_length: int) -> float | None:
    """Of columns of doubles. It is remembered: a screen asks for it five times before a run's next step."""
    points = zip(memoryview(steps).cast("d"), memoryview(times).cast("d"), strict=True)
    rates = [
        (t1 - t0) / (s1 - s0)
        for (s0, t0), (s1, t1) in pairwise(points)
        if t1 >= t0 and not _epoch_ends_between(s0, s1, epoch_length)
    ]
    return median(rates) if rates else None


def seconds_between_epochs(state: RunState) -> float | None:
    """Median pause from an epoch's last step to the next one's first; None before the first such pause."""
    if not state.steps_per_epoch:
        return None
    first = state.first_step_index
    steps, times = state.curve.steps, state.curve.times
    pauses = []
    ends_of_epochs = range(state.steps_per_epoch, state.step, state.steps_per_epoch)
    # No more than there are points: a senseless epoch length may give billions of epochs.
    for last_step in ends_of_epochs[-len(steps) :] if steps else ():
        at = bisect_left(steps, last_step + 1)
        if first < at < len(steps) and steps[at] == last_step + 1:
            pauses.append(max(0.0, times[at] - times[at - 1]))
    return median(pauses) if pauses else None


def time_left(state: RunState, now: float) -> float | None:
    """Seconds until the last epoch is evaluated, at the pace seen so far; None if too little is known.

    Early stopping may end it sooner. Never negative: a run that takes longer than expected has 0 left.
    """
    pace = seconds_per_step(state)
    if pace is None or not state.phase.is_alive or not state.epochs or not state.steps_per_epoch:
        return None
    steps_left = max(0, state.epochs * state.steps_per_epoch - state.step)
    pauses_left = max(0, state.epochs - state.epoch + 1)
    left = steps_left * pace + pauses_left * (seconds_between_epochs(state) or 0.0)
    since = 0.0 if state.status.host else max(0.0, now - state.updated)  # another host's clock may differ from ours
    return max(0.0, left - since)


def _recent(state: RunState) -> tuple[memoryview, memoryview]:
    first = max(state.first_step_index, len(state.curve.steps) - RECENT_STEPS)
    return state.curve.steps[first:], state.curve.times[first:]


def _epoch_ends_between(step: float, later_step: float, epoch_length: int) -> bool:
    return epoch_length > 0 and (step - 1) // epoch_length != (later_step - 1) // epoch_length
